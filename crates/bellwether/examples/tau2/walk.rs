//! One task: its annotation walked request by request, each asked about and, if allowed, carried out.
//!
//! - In: an annotation, the database, a bundle.
//! - Out: [`Step`]s in the order of asking.
//! - Never: sees what the ground truth says.

use crate::tau2::airline::{Airline, Overlay};
use crate::tau2::banking::Bank;
use crate::tau2::data::Reading;
use crate::tau2::judge::{Facts, Judge, Route};
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A request, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The request as annotated, with the ids it stands for.
    pub(crate) request: Value,
    /// What became of it.
    pub(crate) route: Route,
}

impl Step {
    /// The action it asks for.
    pub(crate) fn action(&self) -> String {
        self.request.at("action").words()
    }
}

/// A database that answers, and changes with what is allowed.
pub(crate) enum World<'a> {
    /// The airline's.
    Airline(&'a Airline, Overlay),
    /// The bank's.
    Bank(Bank),
}

impl World<'_> {
    fn facts(&self, annotation: &Value, request: &Value) -> Facts {
        match self {
            Self::Airline(airline, now) => airline.facts(annotation, request, now),
            Self::Bank(bank) => bank.facts(annotation, request),
        }
    }

    fn done(&mut self, annotation: &Value, request: &Value) {
        match self {
            Self::Airline(airline, now) => now.done(airline, request),
            Self::Bank(bank) => bank.done(annotation, request),
        }
    }

    /// A request for each row that it stands for.
    fn each(&self, annotation: &Value, request: &Value) -> Vec<Value> {
        let Self::Bank(bank) = self else { return vec![request.clone()] };
        let Some(ids) = bank.each(annotation, request) else { return vec![request.clone()] };
        ids.into_iter().map(|id| with(request, "transaction_id", &id)).collect()
    }

    /// Whether an id was made during the walk.
    pub(crate) fn made(&self, id: &str) -> bool {
        matches!(self, Self::Bank(bank) if bank.made.iter().any(|made| made == id))
    }
}

fn with(request: &Value, name: &str, value: &Value) -> Value {
    let mut request = request.clone();
    if let Some(members) = request.as_object_mut() {
        members.insert(name.to_owned(), value.clone());
    }
    request
}

/// Walks an annotation.
pub(crate) fn walk(judge: &Judge, world: &mut World<'_>, annotation: &Value) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    go(judge, world, annotation, annotation.at("requests").items(), &mut steps)?;
    Ok(steps)
}

fn go(
    judge: &Judge,
    world: &mut World<'_>,
    annotation: &Value,
    requests: &[Value],
    steps: &mut Vec<Step>,
) -> Result<()> {
    for written in requests {
        for request in world.each(annotation, written) {
            let action = request.at("action").words();
            let facts = world.facts(annotation, &request);
            let route = judge.judge(&action, &facts).with_context(|| request.to_string())?;
            let allowed = matches!(route, Route::Act(_));
            steps.push(Step { request: request.clone(), route });
            if allowed {
                world.done(annotation, &request);
            }
            let next = request.at(if allowed { "then" } else { "if_refused" });
            // What follows is about the same row unless it says another.
            let next: Vec<_> = next.items().iter().map(|next| inherit(next, &request)).collect();
            go(judge, world, annotation, &next, steps)?;
        }
    }
    Ok(())
}

fn inherit(next: &Value, from: &Value) -> Value {
    match (next.at("transaction_id"), from.at("transaction_id")) {
        (Value::Null, id) if id != &Value::Null => with(next, "transaction_id", &json!(id)),
        _ => next.clone(),
    }
}
