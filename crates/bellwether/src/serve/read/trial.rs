//! Trying the policy: what the rules in force would decide. Nothing is kept, nobody is asked.
//!
//! - In: facts for one graph, or one event in an empty world.
//! - Out: the verdict, the way to it, and who would be asked.
//! - Never: touches the journal, or reads what is known of a real account.

use super::Desk;
use crate::cli::explain::told::{ToldClause, clauses};
use crate::cli::export::row::rows;
use crate::serve::problem::Refused;
use bellwether_core::problem::nearest;
use bellwether_core::signal::{AccountHint, Hidden, RawSignal, RawValue};
use bellwether_core::{Currency, Duration, Money, Personal, Ppm, Timestamp, Trust, Type};
use bellwether_engine::Rules;
use bellwether_expr::{Slots, literal};
use bellwether_features::Kinds;
use bellwether_policy::{Graph, Masks};
use bellwether_runtime::rehearsal::Rehearsal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most facts or fields of one trial.
const MOST: usize = 256;

/// What to try: `graph` with `facts`, or `signal`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trying {
    /// The graph that decides, for `facts`.
    #[schema(max_length = 64)]
    pub(crate) graph: Option<String>,
    /// What is known; a fact that is not given is missing.
    #[schema(value_type = Option<BTreeMap<String, Object>>, additional_properties)]
    pub(crate) facts: Option<BTreeMap<String, Value>>,
    /// One event of an account of which nothing else is known.
    pub(crate) signal: Option<TriedSignal>,
    /// When; now if it is not said. It tells who is there.
    #[schema(format = DateTime)]
    pub(crate) at: Option<String>,
}

/// An event to try.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedSignal {
    /// Its kind, such as `ticket.opened`.
    #[schema(max_length = 64)]
    pub(crate) kind: String,
    /// Its typed fields.
    #[schema(value_type = Option<BTreeMap<String, Object>>, additional_properties)]
    pub(crate) fields: Option<BTreeMap<String, Value>>,
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
/// `http-value` for what the rules do not know; what the store says.
pub(crate) fn run(desk: &Desk<'_>, tried: &Trying) -> Result<Verdicts, Refused> {
    let rules = desk.rules()?;
    let at = match &tried.at {
        None => desk.now(),
        Some(at) => crate::cli::context::read_time(at).map_err(|_| {
            Refused::wrong("at", "this is no instant", "such as 2026-11-21T09:00:00Z")
        })?,
    };
    match (&tried.graph, &tried.facts, &tried.signal) {
        (Some(graph), facts, None) => {
            let none = BTreeMap::new();
            let verdict = by_facts(&rules, graph, facts.as_ref().unwrap_or(&none), at)?;
            Ok(Verdicts { verdicts: vec![verdict] })
        }
        (None, None, Some(signal)) => by_signal(&rules, signal, at),
        _ => {
            let help = "give `graph` with `facts`, or `signal`";
            Err(Refused::wrong("graph", "it is not clear what to try", help))
        }
    }
}

fn by_facts(
    rules: &Rules,
    name: &str,
    facts: &BTreeMap<String, Value>,
    at: Timestamp,
) -> Result<Verdict, Refused> {
    let graphs = rules.policy().graphs();
    let graph = graphs.iter().find(|graph| graph.name() == name).ok_or_else(|| {
        let known: Vec<_> = graphs.iter().map(Graph::name).collect();
        Refused::wrong("graph", "there is no such graph", known.join(", "))
    })?;
    let catalogue = rules.catalogue();
    let mut slots = Slots::new(catalogue.len());
    if facts.len() > MOST {
        return Err(Refused::wrong("facts", "these are too many facts", "256 at most"));
    }
    for (name, value) in facts {
        let Some(slot) = catalogue.slot(name) else {
            let known = catalogue.iter().map(|(_, fact)| fact.name.as_str());
            let help = nearest(name, known).map_or_else(
                || "`/v1/facts` lists them".to_owned(),
                |close| format!("did you mean `{close}`?"),
            );
            return Err(Refused::wrong("facts", "there is no such fact", help));
        };
        let Some(fact) = catalogue.fact(slot) else { continue };
        let raw = text(value).and_then(|text| literal(&text, fact.kind, &fact.values));
        let Some(raw) = raw else {
            let message = format!("this is no value of `{}`, which is {}", fact.name, fact.kind);
            return Err(Refused::wrong("facts", message, fact.values.join(", ")));
        };
        slots.set(slot, raw);
    }
    let verdict = graph.decide(&slots, &mut Masks::default());
    let told = graph.explain(&slots, catalogue, &verdict);
    let people = rules.policy().people();
    let chain = graph.nodes().get(verdict.node).map(|node| people.chain(node, at));
    let asks = chain.unwrap_or_default().into_iter().filter_map(|code| people.person(code));
    let rule = told.decided.as_ref();
    Ok(Verdict {
        graph: graph.name().to_owned(),
        outcome: told.outcome.as_str().to_owned(),
        path: told.path.clone(),
        rule: rule.map_or_else(String::new, |rule| rule.id.clone()),
        reason: rule.map_or_else(String::new, |rule| rule.reason.clone()),
        doubt: told.doubt,
        clauses: rule.map(clauses).unwrap_or_default(),
        asks: asks.map(|person| person.key.clone()).collect(),
        text: told.render(),
    })
}

/// A JSON value as it would be written in a file of rules.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn by_signal(rules: &Arc<Rules>, tried: &TriedSignal, at: Timestamp) -> Result<Verdicts, Refused> {
    let (raw, mut verdicts) = (raw(rules, tried, at)?, Vec::new());
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
        None => Ok(Verdicts { verdicts }),
    }
}

fn reason(rules: &Rules, graph: &str, rule: &str) -> String {
    let graphs = rules.policy().graphs().iter().filter(|known| known.name() == graph);
    let found = graphs.flat_map(|known| known.rules()).find(|known| known.id == rule);
    found.map_or_else(String::new, |known| known.reason.clone())
}

fn raw(rules: &Rules, tried: &TriedSignal, at: Timestamp) -> Result<RawSignal, Refused> {
    let _ = rules;
    let kinds = Kinds::canonical();
    let Some(kind) = kinds.kind(&tried.kind) else {
        let help = nearest(&tried.kind, kinds.names()).map_or_else(
            || "such as `ticket.opened`".to_owned(),
            |close| format!("did you mean `{close}`?"),
        );
        return Err(Refused::wrong("signal.kind", "there is no such kind of signal", help));
    };
    let mut fields = Vec::new();
    for (name, value) in tried.fields.iter().flatten().take(MOST) {
        let Some(field) = kind.field(name) else {
            let known: Vec<_> = kind.fields.iter().map(|field| field.name.as_str()).collect();
            let message = format!("`{}` has no such field", tried.kind);
            return Err(Refused::wrong("signal.fields", message, known.join(", ")));
        };
        let value = text(value).and_then(|text| typed(&text, field.kind)).ok_or_else(|| {
            let message = format!("this is no value of `{}`, which is {}", field.name, field.kind);
            Refused::wrong("signal.fields", message, "")
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
