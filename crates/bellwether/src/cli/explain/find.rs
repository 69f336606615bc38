//! Finding a subject: by stream, by mail address, by what it is called in a source.

use super::super::context::Context;
use super::super::sources::known_sources;
use crate::exit::Failure;
use anyhow::Result;
use bellwether_core::{AccountId, DocKey, StreamId};
use bellwether_runtime::edge::Found;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::str::FromStr;

/// An account as a person writes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject(StreamId);

impl Subject {
    pub(super) fn stream(self) -> StreamId {
        self.0
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(stream) = text.parse() {
            return Ok(Self(stream));
        }
        let account: AccountId = text.parse().map_err(|_| {
            "expected account:... or acc_...; use --email or --id to look somebody up".to_owned()
        })?;
        Ok(Self(StreamId::account(account)))
    }
}

/// The accounts that a mail address leads to.
pub(super) fn by_email(context: &Context, email: &str) -> Result<Vec<(StreamId, Option<DocKey>)>> {
    let mut driver = context.open()?;
    let found = driver.edge().lookup_email(email);
    let found = found.map_err(|error| Failure::drive(error.into()))?;
    Ok(accounts(&found))
}

/// The accounts, cases and deals that are called so in some source.
pub(super) fn by_id(context: &Context, id: &str) -> Result<Vec<(StreamId, Option<DocKey>)>> {
    let (source, id) = match id.split_once('=') {
        Some((source, id)) => (Some(source), id),
        None => (None, id),
    };
    let sources: Vec<String> = match source {
        Some(source) => vec![source.to_owned()],
        None => known_sources(),
    };
    let mut driver = context.open()?;
    let mut found = Vec::new();
    let mut docs = BTreeSet::new();
    for source in &sources {
        let account = driver.edge().lookup_external(source, id);
        found.extend(accounts(&account.map_err(|error| Failure::drive(error.into()))?));
        docs.insert(driver.edge().case(source, id));
        docs.insert(driver.edge().deal(source, id));
    }
    if found.is_empty() {
        found = streams_with(driver.store(), &docs)?;
    }
    found.dedup();
    Ok(found)
}

fn accounts(found: &Found) -> Vec<(StreamId, Option<DocKey>)> {
    found.accounts.iter().map(|account| (StreamId::account(*account), None)).collect()
}

/// Cases and deals have no index by design (their ids are keyed hashes): the journal is read once.
fn streams_with(
    store: &bellwether_store::View,
    docs: &BTreeSet<DocKey>,
) -> Result<Vec<(StreamId, Option<DocKey>)>> {
    let wanted: Vec<_> = docs.iter().map(|doc| (*doc, format!("\"doc\":\"{doc}\""))).collect();
    let mut found = BTreeSet::new();
    store.scan(1, |row| {
        for (doc, text) in &wanted {
            if contains(row.event, text.as_bytes()) {
                found.insert((row.stream, Some(*doc)));
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(found.into_iter().collect())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
