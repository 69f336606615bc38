//! Trying the policy: what the rules in force would decide. Nothing is kept, nobody is asked.
//!
//! - In: facts for one graph, or one event in an empty world.
//! - Out: the verdict, the way to it, and who would be asked.
//! - Never: touches the journal, or reads what is known of a real account.

pub(crate) mod act;

use super::Desk;
use crate::cli::explain::stood::{ToldClause, clauses};
use crate::cli::export::row::rows;
use crate::serve::problem::Refused;
use act::{Judged, TriedAct};
use axum::http::StatusCode;
use bellwether_core::problem::nearest;
use bellwether_core::signal::{AccountHint, Hidden, RawSignal, RawValue};
use bellwether_core::{Currency, Duration, Money, Personal, Ppm, Problem, Timestamp, Trust, Type};
use bellwether_engine::Rules;
use bellwether_expr::{Slots, literal};
use bellwether_features::Kinds;
use bellwether_policy::{Graph, Masks};
use bellwether_runtime::rehearsal::Rehearsal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most facts or fields of one trial.
const MOST: usize = 256;

/// What to try: facts for a graph, or one event.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Trying {
    /// What a graph decides when this is known.
    Facts(TriedFacts),
    /// What all graphs decide when this happens.
    Event(TriedEvent),
}

/// Facts for a graph.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedFacts {
    /// The graph that decides; it may be left out where an action is tried.
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) graph: Option<String>,
    /// What is known; a fact that is not given is missing.
    pub(crate) facts: BTreeMap<String, Literal>,
    /// When; now if it is not said. It tells who is there.
    #[schema(format = DateTime, pattern = "^(19[7-9][0-9]|2[01][0-9]{2})-")]
    pub(crate) at: Option<String>,
    /// An action that the boundaries are asked about.
    pub(crate) act: Option<TriedAct>,
}

/// One event of an account of which nothing else is known.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedEvent {
    /// The event.
    pub(crate) signal: TriedSignal,
    /// When it happens; now if it is not said.
    #[schema(format = DateTime, pattern = "^(19[7-9][0-9]|2[01][0-9]{2})-")]
    pub(crate) at: Option<String>,
}

/// A value as rules write it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Literal {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A word, an amount, an instant or a span.
    Text(String),
}

/// An event to try.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedSignal {
    /// Its kind, such as `ticket.opened`.
    #[schema(max_length = 64)]
    pub(crate) kind: String,
    /// Its typed fields.
    pub(crate) fields: Option<BTreeMap<String, Literal>>,
    /// The number of its case.
    #[schema(max_length = 64)]
    pub(crate) case: Option<String>,
    /// The number of its deal.
    #[schema(max_length = 64)]
    pub(crate) deal: Option<String>,
}

/// What would be decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Verdicts {
    /// One for each graph that decides.
    pub(crate) verdicts: Vec<Verdict>,
    /// What the boundaries say, where an action is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) boundary: Option<Judged>,
}

/// What a graph would decide.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// The graph.
    pub(crate) graph: String,
    /// `cxo`, `sponsor`, `person`, `discover` or `none`.
    pub(crate) outcome: String,
    /// The nodes from the start to the one that is reached; for an event, that one alone.
    pub(crate) path: Vec<String>,
    /// The rule that decides; empty when none holds.
    pub(crate) rule: String,
    /// Its author's reason.
    pub(crate) reason: String,
    /// Whether it cannot be evaluated, so that doubt decides.
    pub(crate) doubt: bool,
    /// Its conditions, with what was found and by what margin.
    pub(crate) clauses: Vec<ToldClause>,
    /// The handles of those who would be asked, first to last.
    pub(crate) asks: Vec<String>,
    /// All of it for people.
    pub(crate) text: String,
}

/// Tries it.
///
/// # Errors
/// `try-unknown` for what the rules in force do not know; what the store says.
pub(crate) fn run(desk: &Desk<'_>, tried: &Trying) -> Result<Verdicts, Refused> {
    let rules = desk.rules()?;
    let when = |at: &Option<String>| match at {
        None => Ok(desk.now()),
        Some(at) => crate::cli::context::read_time(at).map_err(|_| {
            Refused::wrong("at", "this is no instant", "such as 2026-11-21T09:00:00Z")
        }),
    };
    match tried {
        Trying::Facts(tried) => {
            let at = when(&tried.at)?;
            let graph = match &tried.act {
                Some(_) => tried.graph.as_deref(),
                None => Some(tried.graph.as_deref().unwrap_or_default()),
            };
            let slots = known(&rules, &tried.facts, at)?;
            let verdict = graph.map(|graph| by_facts(&rules, graph, &slots, at));
            let boundary = tried.act.as_ref().map(|act| act::judged(&rules, act, &slots));
            let verdicts = verdict.transpose()?.into_iter().collect();
            Ok(Verdicts { verdicts, boundary: boundary.transpose()? })
        }
        Trying::Event(tried) => by_signal(&rules, &tried.signal, when(&tried.at)?),
    }
}

/// The rules in force do not know what was given.
pub(crate) fn unknown(place: &str, message: impl Into<String>, help: impl Into<String>) -> Refused {
    let problem = Problem::new("try-unknown", message).help(help);
    Refused::new(StatusCode::CONFLICT, problem).at(place)
}

/// What a graph decides when these facts are known.
///
/// # Errors
/// `try-unknown` for what the rules do not know.
pub(crate) fn by_facts(
    rules: &Rules,
    name: &str,
    slots: &Slots,
    at: Timestamp,
) -> Result<Verdict, Refused> {
    let graphs = rules.policy().graphs();
    let graph = graphs.iter().find(|graph| graph.name() == name).ok_or_else(|| {
        let known: Vec<_> = graphs.iter().map(Graph::name).collect();
        unknown("graph", "there is no such graph", known.join(", "))
    })?;
    Ok(decided(rules, graph, slots, at))
}

/// Facts as the rules hold them; `now` is `at` where the facts do not say otherwise, so that exceptions end.
///
/// # Errors
/// `try-unknown` for what the rules do not know.
pub(crate) fn known(
    rules: &Rules,
    facts: &BTreeMap<String, Literal>,
    at: Timestamp,
) -> Result<Slots, Refused> {
    let catalogue = rules.catalogue();
    let mut slots = Slots::new(catalogue.len());
    if let Some(now) = catalogue.slot("now") {
        slots.set(now, at.micros());
    }
    if facts.len() > MOST {
        return Err(unknown("facts", "these are too many facts", "256 at most"));
    }
    for (name, value) in facts {
        let Some(slot) = catalogue.slot(name) else {
            let known = catalogue.iter().map(|(_, fact)| fact.name.as_str());
            let help = nearest(name, known).map_or_else(
                || "`/v1/facts` lists them".to_owned(),
                |close| format!("did you mean `{close}`?"),
            );
            return Err(unknown("facts", "there is no such fact", help));
        };
        let Some(fact) = catalogue.fact(slot) else { continue };
        let Some(raw) = literal(&value.text(), fact.kind, &fact.values) else {
            let message = format!("this is no value of `{}`, which is {}", fact.name, fact.kind);
            return Err(unknown("facts", message, fact.values.join(", ")));
        };
        slots.set(slot, raw);
    }
    // Thresholds follow from the facts that are given.
    rules.features().choose(&mut slots);
    Ok(slots)
}

fn decided(rules: &Rules, graph: &Graph, slots: &Slots, at: Timestamp) -> Verdict {
    let verdict = graph.decide(slots, &mut Masks::default());
    let told = graph.explain(slots, rules.catalogue(), &verdict);
    let people = rules.policy().people();
    let chain = graph.nodes().get(verdict.node).map(|node| people.chain(node, at));
    let asks = chain.unwrap_or_default().into_iter().filter_map(|code| people.person(code));
    let rule = told.decided.as_ref();
    Verdict {
        graph: graph.name().to_owned(),
        outcome: told.outcome.as_str().to_owned(),
        path: told.path.clone(),
        rule: rule.map_or_else(String::new, |rule| rule.id.clone()),
        reason: rule.map_or_else(String::new, |rule| rule.reason.clone()),
        doubt: told.doubt,
        clauses: rule.map(clauses).unwrap_or_default(),
        asks: asks.map(|person| person.key.clone()).collect(),
        text: told.render(),
    }
}

impl Literal {
    /// As it would be written in a file of rules.
    fn text(&self) -> String {
        match self {
            Self::Flag(yes) => yes.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

fn by_signal(rules: &Arc<Rules>, tried: &TriedSignal, at: Timestamp) -> Result<Verdicts, Refused> {
    let (raw, mut verdicts) = (raw(tried, at)?, Vec::new());
    let mut rehearsal = Rehearsal::new(Arc::clone(rules), 0)?;
    let mut fault = None;
    rehearsal.take(&raw, |_, step| match rows(&step.record) {
        Ok((_, found)) => verdicts.extend(found.iter().map(|row| Verdict {
            graph: row.graph.to_string(),
            outcome: row.outcome.to_string(),
            path: vec![row.node.to_string()],
            rule: row.rule.to_string(),
            reason: reason(rules, &row.graph, &row.rule),
            doubt: false,
            clauses: Vec::new(),
            asks: row.asked.iter().map(ToString::to_string).collect(),
            text: String::new(),
        })),
        Err(error) => fault = Some(error),
    })?;
    match fault {
        Some(error) => Err(error.into()),
        None => Ok(Verdicts { verdicts, boundary: None }),
    }
}

fn reason(rules: &Rules, graph: &str, rule: &str) -> String {
    let graphs = rules.policy().graphs().iter().filter(|known| known.name() == graph);
    let found = graphs.flat_map(|known| known.rules()).find(|known| known.id == rule);
    found.map_or_else(String::new, |known| known.reason.clone())
}

fn raw(tried: &TriedSignal, at: Timestamp) -> Result<RawSignal, Refused> {
    let kinds = Kinds::canonical();
    let Some(kind) = kinds.kind(&tried.kind) else {
        let help = nearest(&tried.kind, kinds.names()).map_or_else(
            || "such as `ticket.opened`".to_owned(),
            |close| format!("did you mean `{close}`?"),
        );
        return Err(unknown("signal.kind", "there is no such kind of signal", help));
    };
    let mut fields = Vec::new();
    for (name, value) in tried.fields.iter().flatten().take(MOST) {
        let Some(field) = kind.field(name) else {
            let known: Vec<_> = kind.fields.iter().map(|field| field.name.as_str()).collect();
            let message = format!("`{}` has no such field", tried.kind);
            return Err(unknown("signal.fields", message, known.join(", ")));
        };
        let value = typed(&value.text(), field.kind).ok_or_else(|| {
            let message = format!("this is no value of `{}`, which is {}", field.name, field.kind);
            unknown("signal.fields", message, "")
        })?;
        fields.push((name.clone(), value));
    }
    Ok(RawSignal {
        source: "trial".to_owned(),
        id: "1".to_owned(),
        kind: tried.kind.clone(),
        at,
        known_at: None,
        trust: Trust::Operator,
        account: vec![AccountHint::External("trial".to_owned(), Personal::new("1".to_owned()))],
        contact: None,
        owner: None,
        case: tried.case.clone().filter(|case| !case.is_empty()),
        deal: tried.deal.clone().filter(|deal| !deal.is_empty()),
        numbers: None,
        fields,
        personal: Vec::new(),
        hidden: Hidden::default(),
    })
}

fn typed(text: &str, kind: Type) -> Option<RawValue> {
    let raw = literal(text, kind, &[])?;
    Some(match kind {
        Type::Bool => RawValue::Bool(raw == 1),
        Type::Int => RawValue::Int(raw),
        Type::Ratio => RawValue::Ratio(Ppm::new(raw)),
        Type::Money => {
            let currency: Currency = "EUR".parse().ok()?;
            RawValue::Money(Money::parse(text, currency)?)
        }
        Type::Time => RawValue::Time(Timestamp::from_micros(raw)),
        Type::Duration => RawValue::Duration(Duration::from_micros(raw)),
        Type::Code => RawValue::Word((text.len() <= 64).then(|| text.to_owned())?),
    })
}
