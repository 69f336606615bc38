//! Which facts a subject has, and conditions that read no others.
//!
//! - In: a condition as written, what it is about, the catalogue of facts.
//! - Out: the condition, compiled; what is wrong with it becomes a problem.
//! - Never: a fact of another subject: a deal is not known at a case.

use crate::read::Word;
use bellwether_core::Problem;
use bellwether_expr::{Catalogue, Expr, FactDef, Scope};

/// Compiles a condition and checks that the subject has every fact it reads; `wrong` words that it does not.
pub(crate) fn condition(
    word: &Word,
    subject: Option<Scope>,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
    wrong: impl Fn(&FactDef, Scope) -> Problem,
) -> Option<Expr> {
    let expr = match Expr::compile_bool(&word.text, catalogue, word.place.clone()) {
        Ok(expr) => expr,
        Err(found) => {
            problems.extend(found);
            return None;
        }
    };
    let subject = subject?;
    for fact in expr.slots().iter().filter_map(|slot| catalogue.fact(*slot)) {
        if !is_visible(fact.scope, subject) {
            let place = word.place_at(word.text.find(&fact.name).unwrap_or(0));
            problems.push(wrong(fact, subject).at(place));
        }
    }
    Some(expr)
}

/// A subject sees its own facts and those of its account.
pub(crate) fn is_visible(fact: Scope, subject: Scope) -> bool {
    fact == subject || fact == Scope::Account
}

/// The problem of a graph's fact that belongs to another subject.
pub(crate) fn wrong_scope(fact: &FactDef, subject: Scope) -> Problem {
    let (name, scope, subject) = (&fact.name, fact.scope.as_str(), subject.as_str());
    let message =
        format!("`{name}` belongs to one {scope}, but this graph decides about the {subject}");
    let help = match subject {
        "account" => format!("use a fact of the account, or a graph with `subject: {scope}`"),
        _ => format!(
            "use a fact of the account or the {subject}, or a graph with `subject: {scope}`"
        ),
    };
    Problem::new("policy-fact-scope", message).help(help)
}
