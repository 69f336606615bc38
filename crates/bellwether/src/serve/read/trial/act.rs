//! Trying an action: what the boundaries of some rules say to it.
//!
//! - In: an action with its parameters as somebody wrote them, and what is known.
//! - Out: allowed, needs approval and whose, denied, or not asked because something is not known.
//! - Never: does it.

use super::{Literal, like, unknown};
use crate::serve::problem::Refused;
use bellwether_core::Ppm;
use bellwether_core::problem::nearest;
use bellwether_engine::Rules;
use bellwether_engine::trial::judge;
use bellwether_expr::{Slots, literal};
use bellwether_policy::{Act, Action, Parameter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An action that an agent would take.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = TriedAction)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedAct {
    /// The action, as `actions.yaml` calls it.
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) action: String,
    /// Its parameters.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, Literal>,
    /// The roles that have approved.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub(crate) approved: Vec<String>,
    /// How sure the agent is, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) confidence: Option<f64>,
    /// Whether that confidence is calibrated.
    #[serde(default)]
    pub(crate) calibrated: bool,
    /// Whether somebody outside could have written what is used.
    #[serde(default)]
    pub(crate) tainted: bool,
}

/// What the boundaries say.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BoundaryAnswer)]
pub(crate) struct Judged {
    /// The action.
    pub(crate) action: String,
    /// `allow`, `approval`, `deny` or `doubt`.
    pub(crate) decision: &'static str,
    /// The ids of the policies that decide.
    pub(crate) by: Vec<String>,
    /// Sets of roles each of which suffices, the cheapest first.
    pub(crate) approvals: Vec<Vec<String>>,
    /// Facts that are missing, or what could not be evaluated.
    pub(crate) errors: Vec<String>,
}

/// What the boundaries say to an action, with what is known.
///
/// # Errors
/// `try-unknown` for what the rules do not know.
pub(crate) fn judged(rules: &Rules, tried: &TriedAct, slots: &Slots) -> Result<Judged, Refused> {
    let act = wish(rules, tried)?;
    let judged = judge(rules, &act, slots);
    let judged = judged.ok_or_else(|| unknown("act", "there is no such action", ""))?;
    Ok(Judged {
        action: tried.action.clone(),
        decision: judged.decision.as_str(),
        by: judged.by,
        approvals: judged.approvals,
        errors: judged.errors,
    })
}

fn wish(rules: &Rules, tried: &TriedAct) -> Result<Act, Refused> {
    let actions = rules.policy().actions();
    let found = actions.iter().enumerate().find(|(_, action)| action.name == tried.action);
    let Some((at, action)) = found else {
        let names: Vec<_> = actions.iter().map(|action| action.name.as_str()).collect();
        let help = nearest(&tried.action, names.iter().copied()).map_or_else(
            || format!("known: {}", names.join(", ")),
            |close| format!("did you mean `{close}`?"),
        );
        return Err(unknown("act", "there is no such action", help));
    };
    let roles = || rules.policy().people().roles_as_written();
    if tried.approved.iter().any(|role| !roles().any(|known| known == role)) {
        let known: Vec<_> = roles().collect();
        return Err(unknown("approved", "there is no such role", known.join(", ")));
    }
    let confidence = tried.confidence.map(|ratio| {
        let ratio = Ppm::parse(&ratio.to_string());
        ratio.filter(|ratio| Ppm::probability(ratio.get()).is_some()).ok_or_else(|| {
            Refused::wrong("confidence", "this is no ratio from 0 to 1", "such as 0.9")
        })
    });
    Ok(Act {
        action: at,
        parameters: parameters(action, &tried.parameters)?,
        approvals: tried.approved.clone(),
        confidence: confidence.transpose()?.unwrap_or_default(),
        calibrated: tried.calibrated,
        tainted: tried.tainted,
    })
}

fn parameters(action: &Action, set: &BTreeMap<String, Literal>) -> Result<Vec<i64>, Refused> {
    let declared = &action.parameters;
    if set.keys().any(|name| !declared.iter().any(|one| one.name == *name)) {
        let known: Vec<_> = declared.iter().map(|one| one.name.as_str()).collect();
        let message = format!("`{}` has no such parameter", action.name);
        return Err(unknown("set", message, known.join(", ")));
    }
    let value = |one: &Parameter| {
        let given = set.get(&one.name).ok_or_else(|| {
            let help = format!("add `--set {}=VALUE`, or the member of `parameters`", one.name);
            unknown("set", format!("`{}` needs its parameter `{}`", action.name, one.name), help)
        })?;
        literal(&given.text(), one.kind, &[]).ok_or_else(|| {
            let message = format!("this is no value of `{}`, which is {}", one.name, one.kind);
            unknown("set", message, like(one.kind, &[]))
        })
    };
    declared.iter().map(value).collect()
}

impl Judged {
    /// For people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let act = &self.action;
        let mut lines = vec![match self.decision {
            "allow" => format!("{act}: allowed by {}", self.by.join(", ")),
            "doubt" => {
                let missing = self.errors.join(", ");
                format!("{act}: not asked, a person looks; not known: {missing}")
            }
            decision => {
                let by = match self.by.as_slice() {
                    [] => "no permit allows it".to_owned(),
                    by => format!("forbidden by {}", by.join(", ")),
                };
                let word = if decision == "deny" { "denied" } else { "needs approval" };
                format!("{act}: {word}; {by}")
            }
        }];
        let sets = self.approvals.iter();
        lines.extend(sets.map(|set| format!("  with the approval of {}", set.join(" and "))));
        if self.decision == "deny" {
            let errors = self.errors.iter();
            lines.extend(errors.map(|error| format!("  it could not be told: {error}")));
        }
        lines
    }
}
