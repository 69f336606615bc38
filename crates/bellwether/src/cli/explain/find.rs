//! Finding a subject: by stream, by mail address, by what it is called in a source.

use super::super::context::Context;
use super::super::sources::known_sources;
use crate::exit::Failure;
use crate::progress;
use anyhow::Result;
use bellwether_core::{AccountId, DocKey, StreamId};
use bellwether_runtime::edge::{Edge, Found};
use bellwether_store::Store;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::str::FromStr;

/// An account, and the case or deal in it that was meant.
pub(crate) type Place = (StreamId, Option<DocKey>);

/// An account as a person writes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject(StreamId);

impl Subject {
    pub(crate) fn stream(self) -> StreamId {
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
pub(super) fn by_email(context: &Context, email: &str) -> Result<Vec<Place>> {
    let edge = edge(context, &context.read()?)?;
    let found = edge.lookup_email(email);
    let found = found.map_err(|error| Failure::drive(error.into()))?;
    Ok(accounts(&found))
}

/// The accounts, cases and deals that are called so in some source.
pub(super) fn by_id(context: &Context, id: &str) -> Result<Vec<Place>> {
    let (source, id) = match id.split_once('=') {
        Some((source, id)) => (Some(source), id),
        None => (None, id),
    };
    let store = context.read()?;
    let edge = edge(context, &store)?;
    let (mut found, docs) = named(&edge, source, id)?;
    if found.is_empty() {
        found = streams_with(&store, &docs)?;
    }
    Ok(found)
}

/// The accounts that an id names in a source, or in any that a shipped mapping reads; and the cases and
/// deals that it could be the number of.
pub(crate) fn named(
    edge: &Edge,
    source: Option<&str>,
    id: &str,
) -> Result<(Vec<Place>, BTreeSet<DocKey>)> {
    let sources: Vec<String> = match source {
        Some(source) => vec![source.to_owned()],
        None => known_sources(),
    };
    let look_up = |system: &str| {
        let found = edge.lookup_external(system, id);
        Ok::<_, anyhow::Error>(accounts(&found.map_err(|error| Failure::drive(error.into()))?))
    };
    let mut found = Vec::new();
    let mut docs = BTreeSet::new();
    for source in &sources {
        found.extend(look_up(source)?);
        for (kind, doc) in [("case", edge.case(source, id)), ("deal", edge.deal(source, id))] {
            let accounts = look_up(&format!("{kind}:{source}"))?;
            found.extend(accounts.into_iter().map(|(stream, _)| (stream, Some(doc))));
            docs.insert(doc);
        }
    }
    found.dedup();
    Ok((found, docs))
}

/// The edge, for looking up beside whoever works in the directory.
fn edge(context: &Context, store: &Store) -> Result<Edge> {
    let edge = bellwether_runtime::reading_edge(store, context.keys()?);
    Ok(edge.map_err(|error| Failure::drive(error.into()))?)
}

pub(crate) fn accounts(found: &Found) -> Vec<Place> {
    found.accounts.iter().map(|account| (StreamId::account(*account), None)).collect()
}

/// Cases and deals that no signal of an account of its own has named stand in the journal alone: it is
/// read once.
fn streams_with(store: &Store, docs: &BTreeSet<DocKey>) -> Result<Vec<Place>> {
    let wanted: BTreeSet<_> = docs.iter().map(ToString::to_string).collect();
    let member = memchr::memmem::Finder::new("\"doc\":\"");
    let bar = progress::bar(store.last_pos()?, "records");
    let mut found = BTreeSet::new();
    store.scan(1, |row| {
        bar.inc(1);
        let named = member.find(row.event).and_then(|at| {
            let value = row.event.get(at + member.needle().len()..)?;
            let end = value.iter().position(|byte| *byte == b'"')?;
            std::str::from_utf8(value.get(..end)?).ok()
        });
        if let Some(doc) = named.filter(|doc| wanted.contains(*doc)) {
            found.insert((row.stream, doc.parse().ok()));
        }
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    Ok(found.into_iter().collect())
}
