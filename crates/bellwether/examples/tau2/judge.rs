//! A bundle asked about one request: what its graph says, then what its boundaries say.
//!
//! - In: a bundle's folder; an action, its parameters and the facts about it.
//! - Out: a [`Route`] with the rules or policies that decided.
//! - Never: an action that the bundle does not declare, or one that lacks a fact: both are refused.

use crate::tau2::data::{Reading, files, problems};
use anyhow::{Result, anyhow, bail};
use bellwether_boundary::Answer;
use bellwether_core::{Ppm, Type};
use bellwether_engine::Rules;
use bellwether_engine::permit::{Permit, Wish, permit};
use bellwether_expr::{Slots, literal};
use bellwether_policy::{Action, Masks};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Facts and parameters by name.
pub(crate) type Facts = BTreeMap<String, Value>;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The agent does it.
    Act(String),
    /// The agent does not.
    Refuse(String),
    /// A person takes it.
    Transfer(String),
}

/// A bundle, ready to be asked.
pub(crate) struct Judge {
    rules: Rules,
}

impl Judge {
    /// Reads a bundle's folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let rules = Rules::compose(files(folder)?).map_err(|found| problems(&found))?;
        Ok(Self { rules })
    }

    /// The bundle's own tests: those that failed, and how many there are.
    pub(crate) fn own_tests(&self) -> (Vec<String>, usize) {
        let outcomes = bellwether_engine::trial::run_tests(&self.rules);
        let failed = outcomes.iter().filter(|outcome| !outcome.passed());
        let told =
            failed.map(|outcome| format!("{}: {}", outcome.name, outcome.failures.join("; ")));
        (told.collect(), outcomes.len())
    }

    fn action(&self, name: &str) -> Option<&Action> {
        self.rules.policy().actions().iter().find(|action| action.name == name)
    }

    /// Whether an action is one that changes something: declared, and no hand-over.
    pub(crate) fn is_write(&self, action: &str) -> bool {
        self.action(action)
            .is_some_and(|action| !action.groups.iter().any(|group| group == "handover"))
    }

    /// What becomes of a request.
    pub(crate) fn judge(&self, action: &str, facts: &Facts) -> Result<Route> {
        let slots = self.slots(action, facts)?;
        let (node, rule) = self.decide(&slots)?;
        if node.starts_with("transfer") {
            return Ok(Route::Transfer(rule));
        }
        match self.action(action) {
            Some(action) => self.ask(action, facts, &slots),
            None => Ok(Route::Refuse("no such action".to_owned())),
        }
    }

    /// Facts in the bundle's slots.
    fn slots(&self, action: &str, facts: &Facts) -> Result<Slots> {
        let catalogue = self.rules.catalogue();
        let mut slots = Slots::new(catalogue.len());
        let asked = [("request.action".to_owned(), Value::String(action.to_owned()))];
        for (name, value) in asked.iter().map(|(name, value)| (name, value)).chain(facts) {
            let Some(slot) = catalogue.slot(name) else { continue };
            let Some(fact) = catalogue.fact(slot) else { continue };
            match raw(fact.kind, &fact.values, value) {
                Some(raw) => slots.set(slot, raw),
                None if value.is_null() => {}
                None => bail!("`{value}` is no value of `{name}`"),
            }
        }
        Ok(slots)
    }

    /// The node that the graph reaches, and the rule that led there.
    fn decide(&self, slots: &Slots) -> Result<(String, String)> {
        let graph = self.rules.policy().graphs().first();
        let graph = graph.ok_or_else(|| anyhow!("the bundle has no graph"))?;
        let verdict = graph.decide(slots, &mut Masks::default());
        let node = graph.nodes().get(verdict.node).map_or("", |node| &node.name).to_owned();
        let rule = verdict.rule.and_then(|rule| graph.rules().get(rule));
        let doubt = if verdict.doubt { " (doubt)" } else { "" };
        Ok((node, format!("{}{doubt}", rule.map_or("", |rule| &rule.id))))
    }

    /// What the boundaries say; a parameter that nobody gave is refused like a fact that is missing.
    fn ask(&self, action: &Action, facts: &Facts, slots: &Slots) -> Result<Route> {
        let mut parameters = Vec::new();
        for parameter in &action.parameters {
            let given =
                facts.get(&parameter.name).and_then(|value| raw(parameter.kind, &[], value));
            let Some(given) = given else {
                return Ok(Route::Refuse(format!("`{}` is missing", parameter.name)));
            };
            parameters.push(given);
        }
        let wish = Wish {
            action,
            parameters: &parameters,
            approvals: &[],
            confidence: Ppm::ONE,
            calibrated: true,
            // Whatever is asked was said by somebody outside.
            tainted: true,
        };
        Ok(match permit(&self.rules, &wish, slots) {
            Permit::Missing(facts) => Route::Refuse(format!("missing: {}", facts.join(", "))),
            Permit::Answered(Answer::Allow { by }) => Route::Act(by.join(", ")),
            Permit::Answered(Answer::NeedsApproval { denied_by, .. }) => {
                Route::Refuse(denied_by.join(", "))
            }
            Permit::Answered(Answer::Deny { by, errors }) => {
                Route::Refuse(match (by.is_empty(), errors.is_empty()) {
                    (_, false) => errors.join(", "),
                    (true, true) => "no permit".to_owned(),
                    (false, true) => by.join(", "),
                })
            }
        })
    }
}

/// A value as a slot holds it. Money is given in cents.
fn raw(kind: Type, values: &[String], value: &Value) -> Option<i64> {
    match (kind, value) {
        (_, Value::Null) => None,
        (Type::Money | Type::Int | Type::Ratio, value) => value.as_i64(),
        (kind, value) => literal(&value.words(), kind, values),
    }
}
