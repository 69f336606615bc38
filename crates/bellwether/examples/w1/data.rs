//! The benchmark's accounts and signals, as events.
//!
//! - In: the folder with the benchmark's files.
//! - Out: a [`World`]: each account is a stream, each line an event.
//! - Never: an event that its own bytes do not give back.

use anyhow::{Context, Result, ensure};
use bellwether_core::event::Seen;
use bellwether_core::record::FIRST_EPOCH;
use bellwether_core::signal::{MatchedBy, RawValue};
use bellwether_core::{AccountId, Envelope, Id, Origin, StreamId, Timestamp, Trust};
use bellwether_engine::{RuleBook, Rules};
use bellwether_ledger::{DraftBody, EventDraft, SignalDraft, decode_event, encode_event};
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;

/// The benchmark's world: the first event of each stream says what is known of its account.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) rules: Arc<Rules>,
    pub(crate) book: RuleBook,
    pub(crate) accounts: Arc<[Envelope]>,
    pub(crate) signals: Arc<[(usize, Envelope)]>,
    /// Of the signals.
    pub(crate) event_bytes: usize,
}

impl World {
    /// Reads the data; events are encoded as the edge does it, and read back.
    pub(crate) fn load(folder: &Path, rules: Arc<Rules>) -> Result<Self> {
        let (mut accounts, mut signals, mut event_bytes) = (Vec::new(), Vec::new(), 0);
        let mut start = None;
        for line in read(folder, "w1-signals.jsonl")?.lines() {
            let given = parse(line)?;
            let number = |name: &str| given.get(name).and_then(Json::as_i64).context("no number");
            let (account, key) = (number("account")? as usize, number("id")? as u64);
            let at = Timestamp::from_secs(number("ts")?);
            start.get_or_insert(at);
            let kind = given.get("kind").and_then(Json::as_str).context("a signal has no kind")?;
            let fields = fields(&given, &["id", "ts", "account", "kind"]);
            let (bytes, event) = event(&rules, account, key, kind, at, &fields);
            ensure!(decode_event(&bytes).as_ref() == Ok(&event), "an event reads back otherwise");
            event_bytes += bytes.len();
            signals.push((account, event));
        }
        let start = start.context("there are no signals")?;
        let before = Timestamp::from_micros(start.micros() - 1);
        for (account, line) in read(folder, "w1-accounts.jsonl")?.lines().enumerate() {
            let mut fields = fields(&parse(line)?, &["account", "base"]);
            fields.push(("start".to_owned(), RawValue::Time(start)));
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            let key = u64::MAX - account as u64;
            accounts.push(event(&rules, account, key, "account", before, &fields).1);
        }
        let book = RuleBook::of(Arc::clone(&rules));
        Ok(Self { rules, book, accounts: accounts.into(), signals: signals.into(), event_bytes })
    }

    /// The same events, with other rules in place of those that they name.
    pub(crate) fn under(&self, rules: Arc<Rules>) -> Self {
        Self { book: self.book.with_stand_in(&rules), rules, ..self.clone() }
    }
}

fn event(
    rules: &Rules,
    account: usize,
    key: u64,
    kind: &str,
    at: Timestamp,
    fields: &[(String, RawValue)],
) -> (Vec<u8>, Envelope) {
    let signal = SignalDraft {
        key,
        content: key,
        source: "w1",
        kind,
        at,
        known_at: at,
        trust: Trust::System,
        doc: None,
        contact: None,
        matched_by: MatchedBy::External,
        fields,
        commitments: &[],
    };
    encode_event(&EventDraft {
        stream: StreamId::account(AccountId(Id::from_bits(account as u128 + 1))),
        at,
        rules: rules.digest(),
        origin: Origin::Live,
        epoch: FIRST_EPOCH,
        seen: Seen::Unasked,
        failed: false,
        via: None,
        body: DraftBody::Signal(signal),
    })
}

fn fields(given: &Json, skip: &[&str]) -> Vec<(String, RawValue)> {
    let members = given.as_object().into_iter().flatten();
    let field = |(name, value): (&String, &Json)| {
        let value = match value {
            Json::Number(number) => RawValue::Int(number.as_i64()?),
            Json::String(word) => RawValue::Word(word.clone()),
            _ => return None,
        };
        (!skip.contains(&name.as_str())).then(|| (name.clone(), value))
    };
    let mut fields: Vec<_> = members.filter_map(field).collect();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    fields
}

pub(crate) fn read(folder: &Path, name: &str) -> Result<String> {
    std::fs::read_to_string(folder.join(name)).with_context(|| format!("cannot read {name}"))
}

pub(crate) fn parse(text: &str) -> Result<Json> {
    Ok(serde_json::from_str(text)?)
}
