//! Overrides of actions: conditions beside the boundaries.
//!
//! - In: overrides as they were read, and the actions with their subjects.
//! - Out: [`Ruling`]s, each with its condition and its time as one guard.
//! - Never: a fact that the subject of the action does not have; a loosening, for they only forbid or ask more.

use super::{About, Draft};
use crate::actions::{Action, Actions};
use crate::scope::condition;
use bellwether_core::Problem;
use bellwether_expr::{Catalogue, Expr, FactDef, Scope, Slots, Tri};

/// An override of an action, ready to be looked at.
pub(crate) struct Ruling {
    /// Its position among the overrides.
    pub(crate) at: usize,
    /// The name of the action.
    pub(crate) action: String,
    /// Its condition and its time.
    pub(crate) guard: Expr,
}

impl Ruling {
    /// Whether it holds, or may hold: what cannot be told is taken as the stricter of the two.
    pub(crate) fn may_hold(&self, slots: &Slots) -> bool {
        self.guard.truth(slots) != Tri::False
    }
}

/// Compiles the overrides of actions; those of unknown actions are left out, and were reported.
pub(crate) fn rulings(
    drafts: &[Draft],
    actions: &Actions,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<Ruling> {
    let mut rulings = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let About::Action(name) = &draft.one.about else { continue };
        let Some(action) = actions.find(name) else { continue };
        let before = problems.len();
        if let Some(when) = &draft.when {
            let wrong = |fact: &FactDef, subject| wrong_scope(fact, action, subject);
            condition(when, Some(action.subject), catalogue, problems, wrong);
        }
        if problems.len() > before {
            continue;
        }
        let text = draft.one.condition();
        match Expr::compile_bool(&text, catalogue, draft.one.place.clone()) {
            Ok(guard) => rulings.push(Ruling { at, action: name.clone(), guard }),
            Err(found) => problems.extend(found),
        }
    }
    rulings
}

/// The problem of a fact that the subject of an action does not have.
fn wrong_scope(fact: &FactDef, action: &Action, subject: Scope) -> Problem {
    let (of, to) = (fact.scope.as_str(), subject.as_str());
    let message =
        format!("`{}` belongs to one {of}, but `{}` is done to the {to}", fact.name, action.name);
    let problem = Problem::new("policy-fact-scope", message);
    problem.help("use a fact of the account or of the action's subject")
}
