//! The board: every escalation that is open, those that ended last, and when each source was last heard.
//!
//! - In: the records of the journal, in order, each read once.
//! - Out: rows for lists; nothing that the journal does not say.
//! - Never: forgets an open escalation; keeps more than [`MOST_CLOSED`] closed ones.

use crate::cli::explain::render::{text_of, time_of};
use crate::serve::problem::Refused;
use bellwether_core::{Digest, DocKey, StreamId, Timestamp};
use bellwether_ledger::whole_record;
use bellwether_store::{Row, View};
use memchr::memmem::Finder;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

/// How many closed escalations are listed, the newest; older ones stand in the decisions of their account.
const MOST_CLOSED: usize = 20_000;

/// What names an escalation: its stream, its document, its graph.
pub(crate) type Key = (StreamId, DocKey, String);

/// An escalation as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// `discovering`, `asked`, `accepted` or `closed`.
    pub(crate) state: String,
    /// The node it stands at; empty when it is closed.
    pub(crate) node: String,
    /// The handle of who has it.
    pub(crate) person: Option<String>,
    /// When it came to stand so.
    pub(crate) at: Timestamp,
    /// When it must be looked at again.
    pub(crate) due: Option<Timestamp>,
    /// The record that opened it.
    pub(crate) opened: u64,
    /// The record that moved it last.
    pub(crate) seq: u64,
    /// Why somebody is asked, or how it ended.
    pub(crate) why: String,
    /// Nobody was really asked: imported history, or rules that only watch.
    pub(crate) silent: bool,
    /// The key of the newest ask, which an answer names.
    pub(crate) ask: Option<String>,
    /// The rule that led here.
    pub(crate) rule: String,
    /// What it is for.
    pub(crate) outcome: String,
    /// The node that the rule decided for, the record in which it did, and the rules that it was one of: the
    /// escalation keeps their nodes while it is under way.
    pub(crate) decided: String,
    pub(crate) because: u64,
    pub(crate) rules: Digest,
}

/// What is known of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Signals that were committed.
    pub(crate) signals: u64,
    /// When the newest of them was taken, or happened, in history.
    pub(crate) last: Timestamp,
}

/// Escalations and sources up to a place in the journal.
#[derive(Debug)]
pub(crate) struct Board {
    pos: u64,
    cases: BTreeMap<Key, Standing>,
    /// Those that ended, the oldest first, each with the record that ended it.
    closed: VecDeque<(Key, u64)>,
    sources: BTreeMap<String, Heard>,
    moves: Finder<'static>,
    source: Finder<'static>,
    details: Finder<'static>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            pos: 0,
            cases: BTreeMap::new(),
            closed: VecDeque::new(),
            sources: BTreeMap::new(),
            moves: Finder::new("\"moves\":["),
            source: Finder::new("\"source\":\""),
            details: Finder::new("\"details\":\""),
        }
    }
}

impl Board {
    /// Reads what was committed since.
    ///
    /// # Errors
    /// What the store says; the next call goes on from there.
    pub(crate) fn follow(&mut self, view: &View) -> Result<(), Refused> {
        let mut fault = None;
        view.scan(self.pos + 1, |row| {
            if let Err(error) = self.note(view, row) {
                fault = Some(error);
                return ControlFlow::Break(());
            }
            self.pos = row.pos;
            ControlFlow::Continue(())
        })?;
        fault.map_or(Ok(()), Err)
    }

    /// Every escalation that is kept.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (&Key, &Standing)> {
        self.cases.iter()
    }

    /// One escalation.
    pub(crate) fn case(&self, key: &Key) -> Option<&Standing> {
        self.cases.get(key)
    }

    /// The escalations of one stream.
    pub(crate) fn of(&self, stream: StreamId) -> impl Iterator<Item = (&Key, &Standing)> {
        let from = (stream, DocKey::Account, String::new());
        self.cases.range(from..).take_while(move |((of, ..), _)| *of == stream)
    }

    /// Sources by name.
    pub(crate) fn sources(&self) -> &BTreeMap<String, Heard> {
        &self.sources
    }

    fn note(&mut self, view: &View, row: &Row<'_>) -> Result<(), Refused> {
        if let Some(name) = self.source_of(row.event) {
            let at = instant_of(row.record);
            let heard = self.sources.entry(name).or_default();
            heard.signals += 1;
            heard.last = if heard.signals == 1 { at } else { heard.last.max(at) };
        }
        let apart = self.details.find(row.record).is_some();
        if self.moves.find(row.record).is_none() && !apart {
            return Ok(());
        }
        let whole = whole_record(row.record, || view.evidence(row.pos))?;
        let record: Value = serde_json::from_slice(&whole).unwrap_or_default();
        for moved in list(&record, "moves") {
            let (doc, graph) = (text_of(moved, "doc"), text_of(moved, "graph"));
            let Ok(doc) = doc.parse::<DocKey>() else { continue };
            self.moved((row.stream, doc, graph), row.seq, &record, moved);
        }
        Ok(())
    }

    fn source_of(&self, event: &[u8]) -> Option<String> {
        let from = self.source.find(event)? + self.source.needle().len();
        let rest = event.get(from..)?;
        let end = rest.iter().position(|byte| *byte == b'"')?;
        Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
    }

    fn moved(&mut self, key: Key, seq: u64, record: &Value, moved: &Value) {
        let same = |one: &&Value| {
            let same = |name: &str| one.get(name) == moved.get(name);
            same("graph") && same("doc")
        };
        let before = self.cases.get(&key);
        let opened = number(moved, "opened");
        let before = before.filter(|before| before.opened == opened);
        let decision = list(record, "decisions").iter().find(same);
        let leads = |one: &&Value| {
            let decides =
                |before: &Standing| decides(&before.decided, &text_of(moved, "cause"), one);
            before.is_none_or(decides)
        };
        let decision = decision.filter(leads);
        let ask = list(record, "effects").iter().filter(same).find(|e| text_of(e, "kind") == "ask");
        let state = text_of(moved, "to");
        let now = || text_of(record, "rules").parse().unwrap_or(Digest::ZERO);
        let (rule, outcome, decided, because, rules) = match (decision, before) {
            (Some(one), _) => {
                (text_of(one, "rule"), text_of(one, "outcome"), text_of(one, "node"), seq, now())
            }
            (None, Some(before)) => {
                let Standing { rule, outcome, decided, because, rules, .. } = before.clone();
                (rule, outcome, decided, because, rules)
            }
            (None, None) => (String::new(), String::new(), String::new(), opened, now()),
        };
        // Only asking says whether it is meant; other moves are as what they move.
        let asks = !text_of(moved, "cause").is_empty();
        let watched = text_of(record, "origin") == "history" || text_of(record, "mode") == "shadow";
        let silent = match before.filter(|_| !asks) {
            Some(before) => before.silent,
            None => moved.get("silent").is_some() || (!asks && watched),
        };
        let why = [text_of(moved, "cause"), text_of(moved, "how")].concat();
        let asked = ask.map(|ask| text_of(ask, "key"));
        let standing = Standing {
            node: text_of(moved, "node"),
            person: moved.get("person").and_then(Value::as_str).map(str::to_owned),
            at: time_of(record),
            due: moved.get("due").map(|_| Timestamp::from_micros(number(moved, "due") as i64)),
            opened,
            seq,
            silent,
            ask: asked.or_else(|| before.and_then(|before| before.ask.clone())),
            why,
            rule,
            outcome,
            decided,
            because,
            rules,
            state,
        };
        if standing.state == "closed" {
            self.closed.push_back((key.clone(), seq));
        }
        self.cases.insert(key, standing);
        if self.closed.len() > MOST_CLOSED
            && let Some((oldest, seq)) = self.closed.pop_front()
            && self.cases.get(&oldest).is_some_and(|one| one.seq == seq)
        {
            self.cases.remove(&oldest);
        }
    }
}

/// Whether what a record decides leads on an escalation that stands by the decision for the node `before`: it
/// raises it, or leads it from its discovery to somebody. Where an approval is asked for first, or leave is
/// denied, the cause does not tell: there it does if it is for another node.
fn decides(before: &str, cause: &str, decision: &Value) -> bool {
    // Who is asked although nobody would be now was led to by what was decided before.
    let asks = !matches!(&*text_of(decision, "outcome"), "discover" | "none");
    match cause {
        "raised" | "decided" => asks,
        "approve" | "denied" => asks && text_of(decision, "node") != before,
        _ => false,
    }
}

fn list<'v>(record: &'v Value, name: &str) -> &'v [Value] {
    record.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The instant of a record, without reading all of it: records are canonical, so it has one form.
fn instant_of(record: &[u8]) -> Timestamp {
    let from = memchr::memmem::find(record, b"\"at\":\"").map(|at| at + 6);
    let digits = from.and_then(|from| record.get(from..)).unwrap_or_default();
    let end = digits.iter().position(|byte| *byte == b'"').unwrap_or(0);
    let digits = digits.get(..end).and_then(|digits| std::str::from_utf8(digits).ok());
    Timestamp::from_micros(digits.and_then(|digits| digits.parse().ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
