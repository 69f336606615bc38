//! An explanation for people, and reading what records and events say.

use super::told::{Told, ToldDecision, ToldFact, ToldLinks, ToldSignal};
use crate::cli::names::Names;
use crate::table::Table;
use bellwether_core::{AccountId, Code, DocKey, Escalation, StreamId, Timestamp};
use bellwether_store::StoredEntry;
use serde_json::Value;
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

impl Told {
    /// The explanation of one record, for people.
    pub(super) fn write(&self, names: &Names) -> String {
        let called = |stream: StreamId| match names.called(stream) {
            Some(name) => format!("{stream} ({name})"),
            None => stream.to_string(),
        };
        let mut out = String::new();
        let name = names.called(self.of).map_or_else(String::new, |name| format!(" ({name})"));
        let _ = writeln!(out, "{}#{}{name} at {}", self.stream, self.seq, self.at);
        out.push_str(&write_links(&self.links, called));
        let gone = self.gone.map_or_else(String::new, |gone| format!("; its words are {gone}"));
        let _ = writeln!(out, "because of: {}{gone}", self.because);
        if self.status != "applied" {
            let _ = writeln!(out, "the event was {}", self.status.replace('_', " "));
        }
        super::permits::write(&self.permits, &mut out);
        for decision in &self.decisions {
            let doc = decision.about;
            let id = names.source_id(self.of, doc).filter(|_| doc != DocKey::Account);
            let id = id.map_or_else(String::new, |id| format!(" ({id})"));
            out.push('\n');
            let _ = writeln!(out, "about {}{id}", short(&decision.doc));
            out.push_str(&decision.text);
            let _ = writeln!(out, "after this record: {}", decision.stands);
            if let Some(seq) = decision.supersedes {
                let _ = writeln!(out, "it replaces record {seq}: the signal came late");
            }
            self.write_facts(&mut out, decision, names);
        }
        out
    }

    /// The facts with their signals: those that decided first.
    fn write_facts(&self, out: &mut String, decision: &ToldDecision, names: &Names) {
        let mut table = Table::new(&["fact", ">value", "as of", "trust", "from"]);
        for fact in &decision.facts {
            let name =
                if fact.decided { format!("* {}", fact.fact) } else { format!("  {}", fact.fact) };
            let as_of = fact.as_of.clone().unwrap_or_default();
            table.row([
                name,
                fact.shown().to_owned(),
                as_of,
                fact.trust.clone(),
                self.from(fact, names),
            ]);
        }
        let share = decision.completeness_ppm as f64 / 10_000.0;
        let _ = writeln!(
            out,
            "facts (* = read by the deciding rule; {share:.0}% of the required known):"
        );
        out.push_str(&table.render());
    }

    /// The newest signals of a fact, by record and kind.
    fn from(&self, fact: &ToldFact, names: &Names) -> String {
        let newest = fact.from.iter().rev().take(3).map(|signal| signal.word(self.of, names));
        let shown = newest.collect::<Vec<_>>().join(", ");
        match fact.from.len().saturating_sub(3) {
            0 => shown,
            more => format!("{shown} and {more} more"),
        }
    }

    /// Adds names and ids of sources, where they are open.
    pub(crate) fn with_names(mut self, names: &Names) -> Self {
        for decision in &mut self.decisions {
            decision.account_name = names.account(self.of);
            decision.source_id = names.source_id(self.of, decision.about);
        }
        self
    }
}

impl ToldFact {
    /// Its value, or why there is none.
    pub(crate) fn shown(&self) -> &str {
        match (&self.value, self.stale) {
            (Some(value), _) => value,
            (None, true) => "(too old)",
            (None, false) => "(missing)",
        }
    }
}

impl ToldSignal {
    /// In a few words: its record, its kind, and where it came from if that is elsewhere.
    fn word(&self, of: StreamId, names: &Names) -> String {
        let gone = if self.words == "kept" { String::new() } else { format!(", {}", self.words) };
        let (stream, home) = self.place;
        let called =
            |stream: StreamId| names.called(stream).unwrap_or_else(|| first(AccountId(stream.id)));
        match (stream == of, home == AccountId(of.id)) {
            (true, true) => format!("{} {}{gone}", self.seq, self.kind),
            // It lies here because a link led it here.
            (true, false) => {
                format!("{} {}{gone} (of {})", self.seq, self.kind, called(StreamId::account(home)))
            }
            (false, _) => format!("{} {}{gone} (in {})", self.seq, self.kind, called(stream)),
        }
    }
}

/// The first characters of an id are enough beside the whole one.
fn first(account: AccountId) -> String {
    account.to_string().chars().take(12).collect()
}

/// The links of an account, a line each.
pub(super) fn write_links(links: &ToldLinks, called: impl Fn(StreamId) -> String) -> String {
    let (survivor, others) = &links.streams;
    let rests = survivor.map(|to| format!("linked: its signals count for {}\n", called(to)));
    let more = others.iter().map(|other| format!("linked: also counts {}\n", called(*other)));
    rests.into_iter().chain(more).collect()
}

/// Where an escalation stands, in words.
pub(super) fn stands(escalation: Option<Escalation>, word: &dyn Fn(Code) -> String) -> String {
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
pub(crate) fn describe(event: &Value) -> String {
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

pub(crate) fn event(row: &StoredEntry) -> Value {
    serde_json::from_slice(&row.event).unwrap_or_default()
}

pub(super) fn member(row: &StoredEntry, name: &str) -> Vec<Value> {
    let record: Value = serde_json::from_slice(&row.record).unwrap_or_default();
    record.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// When a record stands in its stream.
pub(crate) fn time_of(record: &Value) -> Timestamp {
    let micros = record.get("stream_time").or_else(|| record.get("at")).and_then(Value::as_str);
    Timestamp::from_micros(micros.and_then(|micros| micros.parse().ok()).unwrap_or_default())
}

/// Who was asked because of a decision, if somebody was.
pub(crate) fn asked(decision: &Value, moves: &[Value]) -> String {
    let own = |moved: &&Value| {
        let same = |key: &str| moved.get(key) == decision.get(key);
        moved.get("cause").is_some() && same("graph") && same("doc")
    };
    moves.iter().find(own).map_or_else(String::new, |moved| text_of(moved, "person"))
}

/// The first characters of a document's id are enough for a table.
pub(crate) fn short(doc: &str) -> String {
    match doc.split_once(':') {
        Some((kind, id)) => format!("{kind} {}", id.chars().take(8).collect::<String>()),
        None => doc.to_owned(),
    }
}

pub(crate) fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(crate) fn text_at(value: &Value, path: &[&str]) -> String {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}
