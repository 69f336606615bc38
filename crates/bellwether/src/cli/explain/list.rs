//! The list of an account's decisions that changed, for people and for programs.

use super::origins::Origins;
use super::render::{asked, short, text_of, time_of, write_links};
use super::staff::Staff;
use crate::cli::names::Names;
use crate::table::Table;
use anyhow::Result;
use bellwether_core::{DocKey, StreamId, Timestamp};
use bellwether_ledger::whole_record;
use bellwether_store::{StoredEntry, View};
use serde_json::{Value, json};

/// One decision that changed.
pub(super) struct Row {
    seq: u64,
    at: Timestamp,
    decision: Value,
    /// Who was asked; empty if nobody was.
    asked: String,
}

/// A list under way.
pub(super) struct List<'a> {
    pub(super) stream: StreamId,
    pub(super) origins: &'a Origins<'a>,
    pub(super) names: &'a Names,
    pub(super) staff: &'a Staff,
    pub(super) rows: Vec<Row>,
}

/// Decisions that changed, about one document or all.
pub(super) fn rows(store: &View, kept: &[StoredEntry], doc: Option<DocKey>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for row in kept {
        let record = whole_record(&row.record, || store.evidence(row.pos))?;
        let record: Value = serde_json::from_slice(&record).unwrap_or_default();
        let list = |name: &str| record.get(name).and_then(Value::as_array).cloned();
        let (at, moves) = (time_of(&record), list("moves").unwrap_or_default());
        let wanted = |decision: &Value| {
            decision.get("evidence").is_some()
                && doc.is_none_or(|doc| text_of(decision, "doc") == doc.to_string())
        };
        for decision in list("decisions").unwrap_or_default().into_iter().filter(wanted) {
            let asked = asked(&decision, &moves);
            rows.push(Row { seq: row.seq, at, decision, asked });
        }
    }
    Ok(rows)
}

impl List<'_> {
    pub(super) fn text(&self) -> String {
        let titles = [">seq", "at (UTC)", "graph", "subject", "decided", "rule", "asked"];
        let mut table = Table::new(&titles);
        for Row { seq, at, decision, asked } in &self.rows {
            table.row([
                seq.to_string(),
                at.to_string(),
                text_of(decision, "graph"),
                self.subject(decision),
                text_of(decision, "outcome"),
                text_of(decision, "rule"),
                self.staff.of(asked),
            ]);
        }
        let called = |stream: StreamId| match self.names.called(stream) {
            Some(name) => format!("{stream} ({name})"),
            None => stream.to_string(),
        };
        let links = write_links(&self.origins.told_links(), called);
        format!("{}\n{links}{}", called(self.stream), table.render())
    }

    fn subject(&self, decision: &Value) -> String {
        let doc = text_of(decision, "doc");
        let known = doc.parse().ok().and_then(|doc| match doc {
            DocKey::Account => None,
            doc => self.names.source_id(self.stream, doc),
        });
        match (known, doc.split_once(':')) {
            (Some(id), Some((kind, _))) => format!("{kind} {id}"),
            _ => short(&doc),
        }
    }

    pub(super) fn json(&self) -> Value {
        let one = |Row { seq, at, decision, asked }: &Row| {
            let doc = text_of(decision, "doc");
            let mut value = json!({
                "seq": seq, "at": at.to_string(), "graph": text_of(decision, "graph"), "doc": doc,
                "outcome": text_of(decision, "outcome"), "rule": text_of(decision, "rule"),
                "asked": Some(asked).filter(|asked| !asked.is_empty()),
            });
            if let Ok(doc) = doc.parse() {
                self.names.add(&mut value, self.stream, doc);
            }
            value
        };
        json!({
            "stream": self.stream.to_string(), "links": self.origins.told_links(),
            "decisions": Value::from_iter(self.rows.iter().map(one)),
        })
    }
}
