//! An explanation for people and for programs.

use super::origins::{Origins, links_json, write_links};
use super::staff::Staff;
use crate::cli::names::Names;
use crate::table::Table;
use bellwether_core::{Code, DocKey, Escalation, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_engine::explain::{Explained, ExplainedDecision, ExplainedFact};
use bellwether_runtime::lineage::Past;
use bellwether_store::StoredEntry;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Records in which a decision about the subject changed: those that keep evidence.
pub(super) fn changed(rows: &[StoredEntry], doc: Option<DocKey>) -> Vec<u64> {
    let about = |row: &&StoredEntry| {
        member(row, "decisions").iter().any(|decision| {
            decision.get("evidence").is_some()
                && doc.is_none_or(|doc| text_of(decision, "doc") == doc.to_string())
        })
    };
    rows.iter().filter(about).map(|row| row.seq).collect()
}

/// The record that answers "who got this and why": the newest change that asks somebody, or else the
/// newest change.
pub(super) fn newest(rows: &[StoredEntry], changed: &[u64]) -> Option<u64> {
    let asks = |seq: &&u64| {
        let row = rows.iter().find(|row| row.seq == **seq);
        row.is_some_and(|row| {
            member(row, "decisions").iter().any(|decision| {
                decision.get("evidence").is_some() && text_of(decision, "outcome") != "none"
            })
        })
    };
    changed.iter().rev().find(asks).or(changed.last()).copied()
}

/// One record that was derived again, with what is needed to tell of it.
pub(super) struct Told<'a> {
    pub(super) stream: StreamId,
    pub(super) explained: &'a Explained,
    pub(super) row: &'a StoredEntry,
    pub(super) rules: &'a Rules,
    pub(super) origins: &'a Origins<'a>,
    pub(super) names: &'a Names,
    pub(super) staff: &'a Staff,
}

impl Told<'_> {
    /// The explanation of one record, for people.
    pub(super) fn text(&self) -> String {
        let (mut out, explained) = (String::new(), self.explained);
        let _ = writeln!(
            out,
            "{}#{}{} at {}",
            self.stream,
            explained.seq,
            self.names.called(self.stream).map_or_else(String::new, |name| format!(" ({name})")),
            explained.event.at
        );
        out.push_str(&write_links(self.origins, |stream| self.called(stream)));
        let gone = self.origins.gone(self.row);
        let gone = gone.map_or_else(String::new, |gone| format!("; its words are {gone}"));
        let _ = writeln!(out, "because of: {}{gone}", describe(&event(self.row)));
        if explained.status.as_str() != "applied" {
            let _ = writeln!(out, "the event was {}", explained.status.as_str().replace('_', " "));
        }
        for decision in &explained.decisions {
            let doc = decision.decided.doc;
            let id = self.names.source_id(self.stream, doc).filter(|_| doc != DocKey::Account);
            let id = id.map_or_else(String::new, |id| format!(" ({id})"));
            out.push('\n');
            let _ = writeln!(out, "about {}{id}", short(&doc.to_string()));
            out.push_str(&decision.explanation.render());
            let _ = writeln!(out, "after this record: {}", self.stands(decision));
            if let Some(seq) = decision.decided.supersedes {
                let _ = writeln!(out, "it replaces record {seq}: the signal came late");
            }
            self.write_facts(&mut out, decision);
        }
        out
    }

    fn called(&self, stream: StreamId) -> String {
        match self.names.called(stream) {
            Some(name) => format!("{stream} ({name})"),
            None => stream.to_string(),
        }
    }

    /// The facts with their signals: those that decided first.
    fn write_facts(&self, out: &mut String, decision: &ExplainedDecision) {
        let mut table = Table::new(&["fact", ">value", "as of", "trust", "from"]);
        for fact in sorted(decision) {
            let name =
                if fact.decided { format!("* {}", fact.name) } else { format!("  {}", fact.name) };
            let value = match (&fact.value, fact.stale) {
                (Some(value), _) => value.clone(),
                (None, true) => "(too old)".to_owned(),
                (None, false) => "(missing)".to_owned(),
            };
            let as_of = fact.as_of.map_or_else(String::new, |at| at.to_string());
            table.row([&name, &value, &as_of, fact.trust.as_str(), &self.signals(fact, decision)]);
        }
        let share = decision.completeness as f64 / 10_000.0;
        let _ = writeln!(
            out,
            "facts (* = read by the deciding rule; {share:.0}% of the required known):"
        );
        out.push_str(&table.render());
    }

    /// The signals of a fact, the oldest first.
    fn from(&self, fact: &ExplainedFact, decision: &ExplainedDecision) -> Vec<&Past> {
        self.origins.of(self.rules, &fact.name, decision.decided.doc, self.stream_time())
    }

    fn stream_time(&self) -> Timestamp {
        let record: Value = serde_json::from_slice(&self.row.record).unwrap_or_default();
        time_of(&record)
    }

    /// The newest signals of a fact, by record and kind.
    fn signals(&self, fact: &ExplainedFact, decision: &ExplainedDecision) -> String {
        let from = self.from(fact, decision);
        let newest = from.iter().rev().take(3).map(|past| self.origins.word(past, self.names));
        let shown = newest.collect::<Vec<_>>().join(", ");
        match from.len().saturating_sub(3) {
            0 => shown,
            more => format!("{shown} and {more} more"),
        }
    }

    /// The same for programs, with every signal.
    pub(super) fn json(&self) -> Value {
        let explained = self.explained;
        let decisions = explained.decisions.iter().map(|decision| {
            let facts = sorted(decision).into_iter().map(|fact| {
                let from = self.from(fact, decision).into_iter();
                json!({
                    "fact": fact.name, "value": fact.value, "decided": fact.decided,
                    "as_of": fact.as_of.map(|at| at.to_string()),
                    "known_at": fact.known_at.map(|at| at.to_string()),
                    "trust": fact.trust.as_str(), "stale": fact.stale,
                    "from": Value::from_iter(from.map(|past| self.origins.json(past))),
                })
            });
            let rule = decision.explanation.decided.as_ref();
            let mut value = json!({
                "graph": decision.explanation.graph, "doc": decision.decided.doc.to_string(),
                "outcome": decision.explanation.outcome.as_str(), "path": decision.explanation.path,
                "rule": rule.map(|rule| &rule.id), "reason": rule.map(|rule| &rule.reason),
                "doubt": decision.explanation.doubt, "completeness_ppm": decision.completeness,
                "supersedes": decision.decided.supersedes, "facts": Value::from_iter(facts),
                "stands": self.stands(decision), "text": decision.explanation.render(),
            });
            self.names.add(&mut value, self.stream, decision.decided.doc);
            value
        });
        let event = event(self.row);
        json!({
            "stream": self.stream.to_string(), "links": links_json(self.origins),
            "seq": explained.seq, "at": explained.event.at.to_string(),
            "status": explained.status.as_str(), "because": describe(&event), "event": event,
            "decisions": Value::from_iter(decisions),
        })
    }

    fn stands(&self, decision: &ExplainedDecision) -> String {
        let word = |code: Code| match self.rules.word(code) {
            Some(word) => word.to_owned(),
            None => code.to_string(),
        };
        stands(decision.escalation, &|code| self.staff.of(&word(code)))
    }
}

/// Facts that decided first, then by name.
fn sorted(decision: &ExplainedDecision) -> Vec<&ExplainedFact> {
    let mut facts: Vec<&ExplainedFact> = decision.facts.iter().collect();
    facts.sort_by_key(|fact| (!fact.decided, fact.name.clone()));
    facts
}

/// Where an escalation stands, in words.
fn stands(escalation: Option<Escalation>, word: &dyn Fn(Code) -> String) -> String {
    match escalation {
        None => "nobody is asked".to_owned(),
        Some(Escalation::Discovering { due, .. }) => format!("finding out more until {due}"),
        Some(Escalation::Asked { person, due: Timestamp::MAX, .. }) => {
            format!("nobody answered in history; {} was the last in line", word(person))
        }
        Some(Escalation::Asked { person, due, .. }) => {
            format!("{} stands to be asked, until {due}", word(person))
        }
        Some(Escalation::Accepted { person, at, .. }) => {
            format!("{} took it at {at}", word(person))
        }
        Some(Escalation::Closed { at, how }) => {
            format!("closed at {at} ({})", how.as_str().replace('_', " "))
        }
    }
}

/// What an event is, in a few words.
fn describe(event: &Value) -> String {
    match text_at(event, &["body", "type"]).as_str() {
        "signal" => {
            let (kind, source) =
                (text_at(event, &["body", "kind"]), text_at(event, &["body", "source"]));
            let matched = text_at(event, &["body", "matched_by"]);
            format!("{kind} from {source} (account found by {matched})")
        }
        "timer" => match text_at(event, &["body", "timer"]).as_str() {
            "reevaluate" => "time passed, and a condition changed by it".to_owned(),
            "deadline" => "a deadline passed without an answer".to_owned(),
            _ => "a question that was put off came back".to_owned(),
        },
        "folded" => {
            let other = text_at(event, &["body", "other"]);
            match text_at(event, &["body", "cause"]).as_str() {
                "link" => format!("a link with {other}: signals were counted anew"),
                "unlink" => format!("the link with {other} was undone: signals were counted anew"),
                "backfill" => "what new definitions lacked was counted from the journal".to_owned(),
                _ => "everything was counted anew from the journal".to_owned(),
            }
        }
        "subject.erased" => format!("{} was erased", text_at(event, &["body", "subject"])),
        other => other.to_owned(),
    }
}

pub(super) fn event(row: &StoredEntry) -> Value {
    serde_json::from_slice(&row.event).unwrap_or_default()
}

pub(super) fn member(row: &StoredEntry, name: &str) -> Vec<Value> {
    let record: Value = serde_json::from_slice(&row.record).unwrap_or_default();
    record.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// When a record stands in its stream.
pub(super) fn time_of(record: &Value) -> Timestamp {
    let micros = record.get("stream_time").or_else(|| record.get("at")).and_then(Value::as_str);
    Timestamp::from_micros(micros.and_then(|micros| micros.parse().ok()).unwrap_or_default())
}

/// Who was asked because of a decision, if somebody was.
pub(super) fn asked(decision: &Value, moves: &[Value]) -> String {
    let own = |moved: &&Value| {
        let same = |key: &str| moved.get(key) == decision.get(key);
        moved.get("cause").is_some() && same("graph") && same("doc")
    };
    moves.iter().find(own).map_or_else(String::new, |moved| text_of(moved, "person"))
}

/// The first characters of a document's id are enough for a table.
pub(super) fn short(doc: &str) -> String {
    match doc.split_once(':') {
        Some((kind, id)) => format!("{kind} {}", id.chars().take(8).collect::<String>()),
        None => doc.to_owned(),
    }
}

pub(super) fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn text_at(value: &Value, path: &[&str]) -> String {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}
