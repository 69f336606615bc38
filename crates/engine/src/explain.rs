//! Explain: deriving a stream up to one record again, and saying what decided and from which signals.

use crate::replay::{Replay, ReplayError};
use crate::rules::{RuleBook, Rules};
use crate::state::{StreamState, scope_of};
use crate::step::Decided;
use bellwether_core::record::{Permitted, Status};
use bellwether_core::value::show_raw;
use bellwether_core::{Body, Code, DocKey, Envelope, Escalation, Signal, Timestamp, Trust, Type};
use bellwether_expr::Slot;
use bellwether_features::{DocState, Origin, Reading};
use bellwether_policy::{Explanation, Masks};

/// What one record decided, and why.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The event.
    pub event: Envelope,
    /// Position of its record in the stream.
    pub seq: u64,
    /// What was done with it.
    pub status: Status,
    /// One entry per graph that decided.
    pub decisions: Vec<ExplainedDecision>,
    /// What the boundaries were asked before a node was entered, and said.
    pub permits: Vec<ExplainedPermit>,
}

/// What the boundaries were asked, and who answers for what they said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedPermit {
    /// What was asked and said, as the record has it.
    pub said: Permitted,
    /// Of each policy or override that decided: its id, who answers for it, and its reason.
    pub by: Vec<(String, String, String)>,
}

/// What one graph decided about one subject, and why.
#[derive(Clone, Debug)]
pub struct ExplainedDecision {
    /// In short.
    pub decided: Decided,
    /// The way through the graph, rule by rule.
    pub explanation: Explanation,
    /// The facts that the graph can read, by name.
    pub facts: Vec<ExplainedFact>,
    /// The graph's escalation after this record.
    pub escalation: Option<Escalation>,
    /// Share of the required facts that were known and fresh, in parts per million.
    pub completeness: i64,
}

/// One fact, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedFact {
    /// Its name.
    pub name: String,
    /// Its value for people; `None` when it was missing.
    pub value: Option<String>,
    /// The event time of the newest signal in it.
    pub as_of: Option<Timestamp>,
    /// When that could first be known.
    pub known_at: Option<Timestamp>,
    /// Who could have written it.
    pub trust: Trust,
    /// It was known once, but is too old.
    pub stale: bool,
    /// Whether the deciding rule read it.
    pub decided: bool,
    /// The signals in it: positions of their records in the stream.
    pub from: Vec<u64>,
}

/// Explains the record at `seq` of a stream, given its events and records from the first, or from the one
/// after `start`, a state that it is known to have had.
///
/// # Errors
/// [`ReplayError`] when a record on the way cannot be derived again.
pub fn explain<'a>(
    rows: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    seq: u64,
    book: &RuleBook,
    start: Option<StreamState>,
) -> Result<Option<Explained>, ReplayError> {
    let mut replay = Replay::new(book);
    start.into_iter().for_each(|state| replay.start_from(state));
    let mut counted: Vec<(u64, Signal)> = Vec::new();
    for (event, record) in rows {
        let (envelope, step) = replay.check(event, record)?;
        if let Body::Signal(signal) = &envelope.body
            && matches!(step.status, Status::Applied | Status::Late)
        {
            counted.push((step.seq, signal.clone()));
        }
        if step.seq != seq {
            continue;
        }
        let Some(rules) = book.get(&envelope.rules) else { return Ok(None) };
        let Some(state) = replay.state(envelope.stream) else { return Ok(None) };
        let teller = Teller { rules, state, event: &envelope, counted: &counted };
        let decisions = step.decided.into_iter().filter_map(|decided| teller.tell(decided));
        let decisions = decisions.collect();
        let permits = step.permits.into_iter().map(|said| who(rules, said)).collect();
        let status = step.status;
        return Ok(Some(Explained { seq, status, decisions, permits, event: envelope }));
    }
    Ok(None)
}

/// Who answers for what the boundaries said.
fn who(rules: &Rules, said: Permitted) -> ExplainedPermit {
    let of = |id: &String| {
        let policy = rules.boundaries().and_then(|known| known.boundary(id));
        let (owner, reason) = match policy {
            Some(policy) => (policy.owner.clone(), policy.reason.clone()),
            None => {
                let mut overrides = rules.policy().overrides().iter();
                let found = overrides.find(|one| one.id == *id);
                found.map(|one| (one.approver.clone(), one.reason.clone())).unwrap_or_default()
            }
        };
        (id.clone(), owner, reason)
    };
    let by = said.by.iter().map(of).collect();
    ExplainedPermit { said, by }
}

/// What is known of a subject at its stream's time, and the states that it was read from. `signal` is the
/// one that the stream counted last, if it is of this instant.
pub fn read(
    rules: &Rules,
    state: &StreamState,
    (doc, signal): (DocKey, Option<&Signal>),
) -> Option<(DocState, Option<DocState>, Reading)> {
    let mut account = state.account.as_ref()?.features.clone();
    let mut sub = match doc {
        DocKey::Account => None,
        sub => Some(state.subs.get(&sub)?.features.clone()),
    };
    let (features, rates) = (rules.features(), rules.policy().rates());
    let mut reading = features.reading();
    features.read(&mut account, sub.as_mut(), signal, state.time, rates, &mut reading);
    Some((account, sub, reading))
}

struct Teller<'a> {
    rules: &'a Rules,
    state: &'a StreamState,
    event: &'a Envelope,
    counted: &'a [(u64, Signal)],
}

impl Teller<'_> {
    fn tell(&self, decided: Decided) -> Option<ExplainedDecision> {
        let graphs = self.rules.policy().graphs();
        let (nth, graph) =
            graphs.iter().enumerate().find(|(_, graph)| graph.code() == decided.graph)?;
        let (account, sub, reading) = self.read(decided.doc)?;
        let origins = self.rules.features().origins(&account, sub.as_ref(), &reading);
        let verdict = graph.decide(&reading.slots, &mut Masks::default());
        let catalogue = self.rules.catalogue();
        let explanation = graph.explain(&reading.slots, catalogue, &verdict);
        let deciding = verdict.rule.and_then(|rule| graph.guard(rule));
        let deciding = deciding.map(|guard| guard.slots()).unwrap_or_default();
        let facts = self.rules.facts_of(nth).iter().map(|(name, slot)| {
            self.fact(
                name,
                *slot,
                decided.doc,
                (&reading, origins.of(*slot)),
                deciding.contains(slot),
            )
        });
        let facts = facts.collect();
        let held = self.state.doc(decided.doc).and_then(|doc| doc.graph(graph.code()));
        Some(ExplainedDecision {
            escalation: held.and_then(|held| held.escalation),
            completeness: reading.completeness().get(),
            decided,
            explanation,
            facts,
        })
    }

    fn read(&self, doc: DocKey) -> Option<(DocState, Option<DocState>, Reading)> {
        let signal = match &self.event.body {
            Body::Signal(signal) => Some(signal),
            _ => None,
        };
        read(self.rules, self.state, (doc, signal))
    }

    fn fact(
        &self,
        name: &str,
        slot: Slot,
        doc: DocKey,
        (reading, origin): (&Reading, Origin),
        decided: bool,
    ) -> ExplainedFact {
        let fact = self.rules.catalogue().fact(slot);
        let kind = fact.map_or(Type::Int, |fact| fact.kind);
        let of_account = fact.is_some_and(|fact| fact.scope == scope_of(DocKey::Account));
        let (seqs, signals): (Vec<u64>, Vec<Signal>) = self
            .counted
            .iter()
            .filter(|(_, signal)| of_account || signal.doc == Some(doc))
            .map(|(seq, signal)| (*seq, signal.clone()))
            .unzip();
        let rates = self.rules.policy().rates();
        let now = self.state.time;
        let from = self.rules.features().contributions(slot, &signals, now, rates);
        let from = from.into_iter().filter_map(|nth| seqs.get(nth).copied()).collect();
        ExplainedFact {
            name: name.to_owned(),
            value: reading.slots.get(slot).map(|raw| self.show(kind, raw)),
            as_of: origin.as_of(),
            known_at: origin.known_at(),
            trust: origin.trust(),
            stale: reading.stale(slot),
            decided,
            from,
        }
    }

    fn show(&self, kind: Type, raw: i64) -> String {
        match kind {
            Type::Code => match self.rules.word(Code::from_raw(raw)) {
                Some(word) => word.to_owned(),
                None => show_raw(kind, raw),
            },
            _ => show_raw(kind, raw),
        }
    }
}
