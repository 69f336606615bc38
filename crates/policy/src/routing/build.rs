//! From a checked draft to the graph that decides: guards are compiled, names become positions.
//!
//! - In: a [`DraftGraph`], the people, the catalogue.
//! - Out: a [`Graph`], if nothing is wrong with it.
//! - Never: a guard that reads a fact of another subject; a deal is not known at a case.

use super::check::{Shape, check};
use super::draft::{DraftGraph, DraftHuman, DraftKind, DraftNode};
use crate::graph::{AGAIN, Graph, Human, Node, NodeKind, Outcome, Rule};
use crate::people::People;
use crate::read::Word;
use bellwether_core::{Code, Problem, Severity};
use bellwether_expr::{Catalogue, Expr, GuardSet, Scope};

/// Checks a draft and builds its graph. `None` when there is at least one error in it.
pub(crate) fn build(
    draft: &DraftGraph,
    people: Option<&People>,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Graph> {
    let before = problems.len();
    let shape = check(draft, people, problems);
    let closed_when =
        draft.closed_when.as_ref().and_then(|word| guard(word, draft.subject, catalogue, problems));
    let always = Word { text: "true".to_owned(), place: draft.place.clone() };
    let guards: Vec<Expr> = draft
        .rules
        .iter()
        .filter_map(|rule| {
            let word = if rule.otherwise { Some(&always) } else { rule.when.as_ref() };
            guard(word?, draft.subject, catalogue, problems)
        })
        .collect();
    let broken = problems.iter().skip(before).any(|problem| problem.severity == Severity::Error);
    if broken || guards.len() != draft.rules.len() {
        return None;
    }
    let name = draft.name.as_ref()?.text.clone();
    let nodes = draft.nodes.iter().zip(&shape.other);
    let nodes: Option<Vec<Node>> =
        nodes.map(|(node, other)| build_node(node, *other, people?)).collect();
    let rules = build_rules(draft, &shape)?;
    let guards = GuardSet::new(guards);
    let own = own_rules(draft.nodes.len(), &rules, guards.words());
    Some(Graph {
        code: Code::of(&name),
        name,
        subject: draft.subject?,
        owner: draft.owner.as_ref()?.text.clone(),
        place: draft.place.clone(),
        start: shape.start?,
        closed_when,
        nodes: nodes?,
        rules,
        guards,
        own,
    })
}

/// Compiles a guard and checks that the subject has every fact it reads.
fn guard(
    word: &Word,
    subject: Option<Scope>,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
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
            problems.push(wrong_scope(&fact.name, fact.scope, subject).at(place));
        }
    }
    Some(expr)
}

/// A subject sees its own facts and those of its account.
pub(crate) fn is_visible(fact: Scope, subject: Scope) -> bool {
    fact == subject || fact == Scope::Account
}

/// The problem of a fact that belongs to another subject.
pub(crate) fn wrong_scope(name: &str, scope: Scope, subject: Scope) -> Problem {
    let (scope, subject) = (scope.as_str(), subject.as_str());
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

fn build_node(draft: &DraftNode, other: Option<usize>, people: &People) -> Option<Node> {
    let (kind, outcome) = match draft.kind.as_ref()? {
        DraftKind::Decide { .. } => (NodeKind::Decide { unknown: other? }, Outcome::None),
        DraftKind::Discover { within, .. } => {
            (NodeKind::Discover { within: (*within)?, then: other? }, Outcome::Discover)
        }
        DraftKind::Human(human) => (NodeKind::Human(build_human(human, people)?), human.outcome),
        DraftKind::End => (NodeKind::End, Outcome::None),
    };
    let Word { text: name, place } = draft.name.clone();
    Some(Node { code: Code::of(&name), name, kind, outcome, place })
}

fn build_human(draft: &DraftHuman, people: &People) -> Option<Human> {
    let role = draft.role.as_ref()?.text.clone();
    let fallback: Vec<String> = draft.fallback.iter().map(|word| word.text.clone()).collect();
    let chain = people.chain_of([&role].into_iter().chain(&fallback).map(String::as_str));
    let again = draft.again.unwrap_or(AGAIN);
    let (ack, act) = (draft.ack?, draft.act.unwrap_or(again));
    Some(Human { role, fallback, level: draft.level, ack, act, again, reach: draft.reach, chain })
}

fn build_rules(draft: &DraftGraph, shape: &Shape) -> Option<Vec<Rule>> {
    let both = draft.rules.iter().zip(&shape.rules);
    both.map(|(rule, (from, to))| {
        Some(Rule {
            id: rule.id.as_ref()?.text.clone(),
            reason: rule.reason.clone(),
            from: (*from)?,
            to: (*to)?,
            otherwise: rule.otherwise,
            place: rule.place.clone(),
        })
    })
    .collect()
}

/// For each node, bits of the rules that belong to it.
fn own_rules(nodes: usize, rules: &[Rule], words: usize) -> Vec<Vec<u64>> {
    let mut own = vec![vec![0; words]; nodes];
    for (index, rule) in rules.iter().enumerate() {
        let word = own.get_mut(rule.from).and_then(|bits| bits.get_mut(index / 64));
        if let Some(word) = word {
            *word |= 1 << (index % 64);
        }
    }
    own
}
