//! An explanation for people and for programs.

use super::names::Names;
use crate::table::Table;
use bellwether_core::{Code, DocKey, Escalation, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_engine::explain::{Explained, ExplainedDecision, ExplainedFact};
use bellwether_store::StoredEntry;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;

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

/// One line for each record in which a decision changed.
pub(super) fn list(
    stream: StreamId,
    rows: &[StoredEntry],
    changed: &[u64],
    people: &Names,
) -> String {
    let mut table =
        Table::new(&[">seq", "at (UTC)", "graph", "subject", "decided", "rule", "asked"]);
    for row in rows.iter().filter(|row| changed.contains(&row.seq)) {
        let record: Value = serde_json::from_slice(&row.record).unwrap_or_default();
        let at = text_of(&record, "stream_time").parse().unwrap_or_default();
        let moves = member(row, "moves");
        for decision in member(row, "decisions") {
            if decision.get("evidence").is_none() {
                continue;
            }
            table.row([
                row.seq.to_string(),
                Timestamp::from_micros(at).to_string(),
                text_of(&decision, "graph"),
                short(&text_of(&decision, "doc")),
                text_of(&decision, "outcome"),
                text_of(&decision, "rule"),
                people.of(&asked(&decision, &moves)),
            ]);
        }
    }
    format!("{stream}\n{}", table.render())
}

/// The explanation of one record, for people.
pub(super) fn text(
    stream: StreamId,
    explained: &Explained,
    rows: &[StoredEntry],
    rules: Option<&Arc<Rules>>,
    people: &Names,
) -> String {
    let mut out = String::new();
    let event = event(rows, explained.seq);
    let _ = writeln!(out, "{stream}, record {} at {}", explained.seq, explained.event.at);
    let _ = writeln!(out, "because of: {}", describe(&event));
    if explained.status.as_str() != "applied" {
        let _ = writeln!(out, "the event was {}", explained.status.as_str().replace('_', " "));
    }
    for decision in &explained.decisions {
        out.push('\n');
        let _ = writeln!(out, "about {}", short(&decision.decided.doc.to_string()));
        out.push_str(&decision.explanation.render());
        let word = |code: Code| match rules.and_then(|rules| rules.word(code)) {
            Some(word) => word.to_owned(),
            None => code.to_string(),
        };
        let _ = writeln!(
            out,
            "after this record: {}",
            stands(decision.escalation, &|code| people.of(&word(code)))
        );
        if let Some(seq) = decision.decided.supersedes {
            let _ = writeln!(out, "it replaces record {seq}: the signal came late");
        }
        write_facts(&mut out, decision, rows);
    }
    out
}

/// The facts with their signals: those that decided first.
fn write_facts(out: &mut String, decision: &ExplainedDecision, rows: &[StoredEntry]) {
    let mut table = Table::new(&["fact", ">value", "as of", "trust", "from"]);
    let mut facts: Vec<&ExplainedFact> = decision.facts.iter().collect();
    facts.sort_by_key(|fact| (!fact.decided, fact.name.clone()));
    for fact in facts {
        let name =
            if fact.decided { format!("* {}", fact.name) } else { format!("  {}", fact.name) };
        let value = match (&fact.value, fact.stale) {
            (Some(value), _) => value.clone(),
            (None, true) => "(too old)".to_owned(),
            (None, false) => "(missing)".to_owned(),
        };
        let as_of = fact.as_of.map_or_else(String::new, |at| at.to_string());
        table.row([&name, &value, &as_of, fact.trust.as_str(), &signals(&fact.from, rows)]);
    }
    let share = decision.completeness as f64 / 10_000.0;
    let _ =
        writeln!(out, "facts (* = read by the deciding rule; {share:.0}% of the required known):");
    out.push_str(&table.render());
}

/// The newest signals of a fact, by record and kind.
fn signals(from: &[u64], rows: &[StoredEntry]) -> String {
    let newest = from.iter().rev().take(3).map(|seq| {
        let kind = text_at(&event(rows, *seq), &["body", "kind"]);
        format!("{seq} {kind}")
    });
    let shown = newest.collect::<Vec<_>>().join(", ");
    match from.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The explanation of one record, for programs.
pub(super) fn json(stream: StreamId, explained: &Explained, rows: &[StoredEntry]) -> Value {
    let decisions = explained.decisions.iter().map(|decision| {
        let facts = decision.facts.iter().map(|fact| {
            json!({
                "fact": fact.name, "value": fact.value, "decided": fact.decided,
                "as_of": fact.as_of.map(|at| at.to_string()),
                "known_at": fact.known_at.map(|at| at.to_string()),
                "trust": fact.trust.as_str(), "stale": fact.stale, "from": fact.from,
            })
        });
        let rule = decision.explanation.decided.as_ref();
        json!({
            "graph": decision.explanation.graph, "doc": decision.decided.doc.to_string(),
            "outcome": decision.explanation.outcome.as_str(), "path": decision.explanation.path,
            "rule": rule.map(|rule| &rule.id), "reason": rule.map(|rule| &rule.reason),
            "doubt": decision.explanation.doubt, "completeness_ppm": decision.completeness,
            "supersedes": decision.decided.supersedes, "facts": Value::from_iter(facts),
            "text": decision.explanation.render(),
        })
    });
    json!({
        "stream": stream.to_string(), "seq": explained.seq, "at": explained.event.at.to_string(),
        "status": explained.status.as_str(), "event": event(rows, explained.seq),
        "decisions": Value::from_iter(decisions),
    })
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
        other => other.to_owned(),
    }
}

fn event(rows: &[StoredEntry], seq: u64) -> Value {
    let row = rows.iter().find(|row| row.seq == seq);
    row.and_then(|row| serde_json::from_slice(&row.event).ok()).unwrap_or_default()
}

fn member(row: &StoredEntry, name: &str) -> Vec<Value> {
    let record: Value = serde_json::from_slice(&row.record).unwrap_or_default();
    record.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Who was asked because of a decision, if somebody was.
fn asked(decision: &Value, moves: &[Value]) -> String {
    let own = |moved: &&Value| {
        let same = |key: &str| moved.get(key) == decision.get(key);
        moved.get("cause").is_some() && same("graph") && same("doc")
    };
    moves.iter().find(own).map_or_else(String::new, |moved| text_of(moved, "person"))
}

/// The first characters of a document's id are enough for a table.
fn short(doc: &str) -> String {
    match doc.split_once(':') {
        Some((kind, id)) => format!("{kind} {}", id.chars().take(8).collect::<String>()),
        None => doc.to_owned(),
    }
}

fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn text_at(value: &Value, path: &[&str]) -> String {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}
