//! Rows: what a record says about each of its decisions, borrowed from the record's bytes.

use anyhow::{Context as _, Result};
use bellwether_core::{Ppm, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// The names of the columns, in their order.
pub(crate) const COLUMNS: [&str; 18] = [
    "at",
    "stream",
    "seq",
    "graph",
    "doc",
    "outcome",
    "node",
    "rule",
    "asked",
    "completeness",
    "trust",
    "changed",
    "supersedes",
    "status",
    "origin",
    "rules",
    "source_id",
    "account_name",
];

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub(crate) at: Timestamp,
    pub(crate) stream: Cow<'a, str>,
    pub(crate) seq: u64,
    pub(crate) graph: Cow<'a, str>,
    pub(crate) doc: Cow<'a, str>,
    pub(crate) outcome: Cow<'a, str>,
    pub(crate) node: Cow<'a, str>,
    /// Empty when no rule held.
    pub(crate) rule: Cow<'a, str>,
    /// The handles of those who were asked, or would have been, in imported history.
    pub(crate) asked: Vec<Cow<'a, str>>,
    pub(crate) completeness: Ppm,
    pub(crate) trust: Cow<'a, str>,
    pub(crate) changed: bool,
    pub(crate) supersedes: Option<u64>,
    pub(crate) status: Cow<'a, str>,
    pub(crate) origin: Cow<'a, str>,
    pub(crate) rules: Cow<'a, str>,
    /// What its source calls the subject, where names were asked for.
    pub(crate) source_id: Option<String>,
    /// The account's name, where names were asked for.
    pub(crate) account_name: Option<String>,
}

impl Row<'_> {
    /// The values in the order of [`COLUMNS`].
    fn values(&self) -> [Value; 18] {
        let ratio = self.completeness.get() as f64 / Ppm::ONE.get() as f64;
        [
            self.at.to_string().into(),
            (&*self.stream).into(),
            self.seq.into(),
            (&*self.graph).into(),
            (&*self.doc).into(),
            (&*self.outcome).into(),
            (&*self.node).into(),
            (&*self.rule).into(),
            Value::from_iter(self.asked.iter().map(|person| &**person)),
            ratio.into(),
            (&*self.trust).into(),
            self.changed.into(),
            self.supersedes.into(),
            (&*self.status).into(),
            (&*self.origin).into(),
            (&*self.rules).into(),
            self.source_id.as_deref().into(),
            self.account_name.as_deref().into(),
        ]
    }

    /// The cells of a table.
    pub(crate) fn cells(&self) -> [String; 18] {
        self.values().map(|value| cell(&value))
    }

    /// The same as a JSON object; numbers are numbers there.
    pub(crate) fn json(&self) -> Value {
        let members = COLUMNS.iter().zip(self.values());
        members.map(|(name, value)| ((*name).to_owned(), value)).collect()
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(all) => all.iter().map(cell).collect::<Vec<_>>().join(" "),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => whole.to_string(),
            None => number.as_f64().map(|ratio| ratio.to_string()).unwrap_or_default(),
        },
        Value::Null | Value::Object(_) => String::new(),
    }
}

/// A record as far as it is exported. Numbers that may be large are written as texts there.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(borrow)]
    seq: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(borrow)]
    rules: Cow<'a, str>,
    #[serde(borrow, default)]
    decisions: Vec<Decision<'a>>,
    #[serde(borrow, default)]
    moves: Vec<Move<'a>>,
}

#[derive(Deserialize)]
struct Decision<'a> {
    #[serde(borrow)]
    graph: Cow<'a, str>,
    #[serde(borrow)]
    doc: Cow<'a, str>,
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    #[serde(borrow)]
    node: Cow<'a, str>,
    #[serde(borrow, default)]
    rule: Cow<'a, str>,
    completeness: i64,
    #[serde(borrow)]
    trust: Cow<'a, str>,
    /// Evidence is kept exactly when a decision changed.
    #[serde(borrow)]
    evidence: Option<Cow<'a, str>>,
    #[serde(borrow)]
    supersedes: Option<Cow<'a, str>>,
}

/// A move of an escalation; it has a cause where it asks somebody.
#[derive(Deserialize)]
struct Move<'a> {
    #[serde(borrow)]
    cause: Option<Cow<'a, str>>,
    #[serde(borrow)]
    graph: Cow<'a, str>,
    #[serde(borrow)]
    doc: Cow<'a, str>,
    #[serde(borrow)]
    person: Option<Cow<'a, str>>,
}

/// The instant of a record and a row for each of its decisions.
pub(crate) fn rows(record: &[u8]) -> Result<(Timestamp, Vec<Row<'_>>)> {
    let Record { at, stream, seq, status, origin, rules, decisions, moves } =
        serde_json::from_slice(record).context("a record cannot be read")?;
    let at = Timestamp::from_micros(at.parse().context("a record's instant is no number")?);
    let seq = seq.parse().context("a record's seq is no number")?;
    let mut rows = Vec::with_capacity(decisions.len());
    for decision in decisions {
        let asked = asked(&decision, &moves);
        let supersedes = decision.supersedes.map(|seq| seq.parse()).transpose();
        rows.push(Row {
            at,
            stream: stream.clone(),
            seq,
            graph: decision.graph,
            doc: decision.doc,
            outcome: decision.outcome,
            node: decision.node,
            rule: decision.rule,
            asked,
            completeness: Ppm::new(decision.completeness),
            trust: decision.trust,
            changed: decision.evidence.is_some(),
            supersedes: supersedes.context("a superseded seq is no number")?,
            status: status.clone(),
            origin: origin.clone(),
            rules: rules.clone(),
            source_id: None,
            account_name: None,
        });
    }
    Ok((at, rows))
}

/// Whoever the escalation was moved to by asking; imported history moves it too, though nobody is
/// really asked.
fn asked<'a>(decision: &Decision<'a>, moves: &[Move<'a>]) -> Vec<Cow<'a, str>> {
    let own = |moved: &&Move<'_>| {
        moved.cause.is_some() && moved.graph == decision.graph && moved.doc == decision.doc
    };
    moves.iter().filter(own).filter_map(|moved| moved.person.clone()).collect()
}
