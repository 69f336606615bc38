//! Wait nodes: the facts that are waited for, as a guard.
//!
//! - In: a [`DraftGraph`] and the catalogue.
//! - Out: a guard for each wait node that holds when all of its facts are known.
//! - Never: a fact that the subject does not have.

use super::draft::{DraftGraph, DraftKind};
use crate::scope::{is_visible, wrong_scope};
use bellwether_core::Problem;
use bellwether_expr::{Catalogue, Expr};

/// Of each wait node: its position, the facts, and the guard that holds when all of them are known.
pub(super) fn read_waits(
    draft: &DraftGraph,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<(usize, Vec<String>, Expr)> {
    let mut waits = Vec::new();
    for (at, node) in draft.nodes.iter().enumerate() {
        let Some(DraftKind::Discover { wait: Some(wait), .. }) = &node.kind else { continue };
        let before = problems.len();
        for word in &wait.facts {
            match (catalogue.slot(&word.text).and_then(|slot| catalogue.fact(slot)), draft.subject)
            {
                (None, _) => {
                    let message = format!("there is no fact `{}`", word.text);
                    let problem = Problem::new("policy-unknown-fact", message);
                    let known = catalogue.iter().map(|(_, fact)| fact.name.as_str());
                    let help = "facts.yaml and features.yaml define what can be waited for";
                    let problem = problem.at(word.place.clone()).help(help);
                    problems.push(problem.nearest(&word.text, known));
                }
                (Some(fact), Some(subject)) if !is_visible(fact.scope, subject) => {
                    let problem = wrong_scope(fact, subject);
                    problems.push(problem.at(word.place.clone()));
                }
                _ => {}
            }
        }
        let facts: Vec<_> = wait.facts.iter().map(|word| word.text.clone()).collect();
        if facts.is_empty() {
            let message = format!("the wait `{}` waits for no fact", node.name.text);
            let problem = Problem::new("policy-wait-nothing", message).at(node.name.place.clone());
            problems.push(problem.help("name the facts under `for`, or use a discover node"));
        }
        if problems.len() > before {
            continue;
        }
        let known: Vec<_> = facts.iter().map(|fact| format!("has({fact})")).collect();
        match Expr::compile_bool(&known.join(" && "), catalogue, node.name.place.clone()) {
            Ok(guard) => waits.push((at, facts, guard)),
            Err(found) => problems.extend(found),
        }
    }
    waits
}
