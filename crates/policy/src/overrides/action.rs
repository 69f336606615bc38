//! Overrides of actions: conditions beside the boundaries.
//!
//! - In: overrides as they were read, and the actions with their subjects.
//! - Out: [`Ruling`]s, each with its condition and its time as one guard.
//! - Never: a fact that the subject of the action does not have; a loosening, for they only forbid or ask more.

use super::{About, Draft};
use crate::actions::Action;
use crate::read::Word;
use crate::routing::is_visible;
use bellwether_core::Problem;
use bellwether_expr::{Catalogue, Expr, Slots, Tri};

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
    actions: &[Action],
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<Ruling> {
    let mut rulings = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let About::Action(name) = &draft.one.about else { continue };
        let Some(action) = actions.iter().find(|action| action.name == *name) else { continue };
        let before = problems.len();
        if let Some(when) = &draft.when {
            check_when(when, action, catalogue, problems);
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

/// A condition reads what is known of the subject of its action, or of the account.
fn check_when(when: &Word, action: &Action, catalogue: &Catalogue, problems: &mut Vec<Problem>) {
    let read = match Expr::compile_bool(&when.text, catalogue, when.place.clone()) {
        Ok(read) => read,
        Err(found) => {
            problems.extend(found);
            return;
        }
    };
    for fact in read.slots().iter().filter_map(|slot| catalogue.fact(*slot)) {
        if !is_visible(fact.scope, action.subject) {
            let (of, to) = (fact.scope.as_str(), action.subject.as_str());
            let message = format!(
                "`{}` belongs to one {of}, but `{}` is done to the {to}",
                fact.name, action.name
            );
            let place = when.place_at(when.text.find(&fact.name).unwrap_or(0));
            let problem = Problem::new("policy-fact-scope", message).at(place);
            problems.push(problem.help("use a fact of the account or of the action's subject"));
        }
    }
}
