//! From a checked draft to the graph that decides: guards are compiled, names become positions.
//!
//! - In: a [`DraftGraph`], the people, the catalogue.
//! - Out: a [`Graph`], if nothing is wrong with it.
//! - Never: a guard that reads a fact of another subject; a deal is not known at a case.

use super::approvals::{Approval, add_approvals, add_chain};
use super::check::{Shape, check};
use super::draft::{DraftGraph, DraftHuman, DraftKind, DraftNode};
use super::permit::check_permits;
use super::wait::read_waits;
use crate::actions::Actions;
use crate::graph::{
    AGAIN, Graph, Human, Node, NodeKind, Outcome, Overrules, Overruling, Ready, Rule,
};
use crate::overrides::{About, Draft};
use crate::people::People;
use crate::read::Word;
use crate::scope::{condition, wrong_scope};
use bellwether_core::{Code, Problem, Severity};
use bellwether_expr::{Catalogue, Expr, GuardSet};
use std::collections::BTreeMap;

/// Checks a draft and builds its graph. `None` when there is at least one error in it.
pub(crate) fn build(
    draft: &DraftGraph,
    people: Option<&People>,
    catalogue: &Catalogue,
    (actions, overrides): (&Actions, &[Draft]),
    problems: &mut Vec<Problem>,
) -> Option<Graph> {
    let before = problems.len();
    let shape = check(draft, people, problems);
    check_permits(draft, &shape, actions, problems);
    let closed_when =
        draft.closed_when.as_ref().and_then(|word| guard(draft, word, catalogue, problems));
    let name = draft.name.as_ref().map(|name| name.text.as_str());
    let own = |one: &&Draft| matches!(&one.one.about, About::Graph(about) if name == Some(about));
    let overrides: Vec<&Draft> = overrides.iter().filter(own).collect();
    let conditions = read_overrides(draft, &overrides, catalogue, problems);
    let waits = read_waits(draft, catalogue, problems);
    let mut guards = read_guards(draft, catalogue, problems);
    let broken = problems.iter().skip(before).any(|problem| problem.severity == Severity::Error);
    if broken || guards.len() != draft.rules.len() {
        return None;
    }
    let name = name?.to_owned();
    let mut nodes = build_nodes(draft, (people?, &shape), waits, &mut guards)?;
    let mut overruling = Vec::new();
    for (one, condition) in overrides.iter().zip(conditions) {
        let guard = guards.len();
        guards.push(condition?);
        let what = overrules(draft, one, (people?, &shape), &mut nodes)?;
        let (id, reason) = (one.one.id.clone(), one.one.reason.clone());
        overruling.push(Overruling { id, reason, guard, what });
    }
    let rules = build_rules(draft, &shape)?;
    let guards = GuardSet::new(guards);
    let own = own_rules(nodes.len(), &rules, guards.words());
    Some(Graph {
        code: Code::of(&name),
        name,
        subject: draft.subject?,
        owner: draft.owner.as_ref()?.text.clone(),
        place: draft.place.clone(),
        start: shape.start?,
        closed_when,
        nodes,
        rules,
        guards,
        overrides: overruling,
        own,
    })
}

/// The guards of the rules in their order; fewer where one of them is wrong.
fn read_guards(
    draft: &DraftGraph,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<Expr> {
    let always = Word { text: "true".to_owned(), place: draft.place.clone() };
    let read = draft.rules.iter().filter_map(|rule| {
        let word = if rule.otherwise { Some(&always) } else { rule.when.as_ref() };
        guard(draft, word?, catalogue, problems)
    });
    read.collect()
}

/// Compiles a guard of a graph.
fn guard(
    draft: &DraftGraph,
    word: &Word,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Expr> {
    condition(word, draft.subject, catalogue, problems, wrong_scope)
}

/// Checks the overrides of a graph and compiles their conditions; `None` for one that cannot be used.
fn read_overrides(
    draft: &DraftGraph,
    overrides: &[&Draft],
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<Option<Expr>> {
    let mut conditions = Vec::new();
    for (nth, one) in overrides.iter().enumerate() {
        let before = problems.len();
        // Only one of them adds approvals at a time: two would not know of each other.
        let both = |other: &&&Draft| {
            let adds = !one.approvals.is_empty() && !other.approvals.is_empty();
            adds && one.one.from < other.one.until && other.one.from < one.one.until
        };
        if let Some(other) = overrides.iter().take(nth).find(both) {
            let message =
                format!("`{}` and `{}` add approvals at the same time", other.one.id, one.one.id);
            let problem =
                Problem::new("policy-override-overlap", message).at(one.one.place.clone());
            problems.push(problem.help("put the roles into one override"));
        }
        if let Some(when) = &one.when {
            guard(draft, when, catalogue, problems);
        }
        if let Some(signs) = &one.owner_signs
            && draft.owner.as_ref().is_some_and(|owner| owner.text != signs.text)
        {
            let message = format!("`{}` does not own the graph of this override", signs.text);
            let problem = Problem::new("policy-override-owner", message).at(signs.place.clone());
            problems
                .push(problem.help("name the `owner` of the graph, or leave `owner_signs` out"));
        }
        if let Some(route) = &one.route {
            check_route(draft, one, route, problems);
        }
        let fine = problems.len() == before;
        let text = one.one.condition();
        let compiled = Expr::compile_bool(&text, catalogue, one.one.place.clone());
        conditions.push(match compiled {
            Ok(condition) => Some(condition).filter(|_| fine),
            Err(found) => {
                problems.extend(found.into_iter().filter(|_| fine));
                None
            }
        });
    }
    conditions
}

fn check_route(draft: &DraftGraph, one: &Draft, route: &Word, problems: &mut Vec<Problem>) {
    let names = draft.nodes.iter().map(|node| node.name.text.as_str());
    let Some(node) = draft.nodes.iter().find(|node| node.name.text == route.text) else {
        let message = format!("there is no node `{}`", route.text);
        let problem = Problem::new("policy-unknown-node", message).at(route.place.clone());
        let help = format!("nodes of this graph: {}", names.clone().collect::<Vec<_>>().join(", "));
        problems.push(problem.help(help).nearest(&route.text, names));
        return;
    };
    let fine = match &node.kind {
        Some(DraftKind::Human(_)) | None => true,
        Some(DraftKind::End) => one.owner_signs.is_some(),
        Some(DraftKind::Decide { .. } | DraftKind::Discover { .. }) => false,
    };
    if !fine {
        let message = format!("the override leads to `{}`", route.text);
        let problem = Problem::new("policy-override-route", message).at(route.place.clone());
        let help = "name a human node, or with `owner_signs` an end node: an override can only tighten by itself";
        problems.push(problem.help(help));
    }
}

/// What an override does; approvals become nodes before every node that asks people.
fn overrules(
    draft: &DraftGraph,
    one: &Draft,
    (people, shape): (&People, &Shape),
    nodes: &mut Vec<Node>,
) -> Option<Overrules> {
    if let Some(route) = &one.route {
        let node = draft.nodes.iter().position(|node| node.name.text == route.text)?;
        return Some(Overrules::Route { node, signed: one.owner_signs.is_some() });
    }
    let asked = one.approvals.iter().map(|role| Approval {
        role: &role.text,
        fallback: Vec::new(),
        ack: None,
        place: &role.place,
    });
    let (asked, what) = (asked.collect::<Vec<_>>(), format!("override:{}/approval", one.one.id));
    let mut first = BTreeMap::new();
    for at in 0..draft.nodes.len() {
        let Some(human) = nodes.get(at).and_then(Node::human) else { continue };
        let (then, refused) =
            (human.approval.unwrap_or(at), shape.refused.get(at).copied().flatten());
        let entry = add_chain(nodes, people, (at, then), (&asked, refused), &what)?;
        first.insert(at, entry);
    }
    Some(Overrules::Approvals(first))
}

/// The nodes as written, and those for the approvals that they need. What waits wait for becomes guards.
fn build_nodes(
    draft: &DraftGraph,
    (people, shape): (&People, &Shape),
    waits: Vec<(usize, Vec<String>, Expr)>,
    guards: &mut Vec<Expr>,
) -> Option<Vec<Node>> {
    let nodes = draft.nodes.iter().zip(&shape.other);
    let nodes: Option<Vec<Node>> =
        nodes.map(|(node, other)| build_node(node, *other, people)).collect();
    let mut nodes = nodes?;
    for (at, facts, guard) in waits {
        let ready = shape.ready.get(at).copied().flatten()?;
        if let Some(Node { kind: NodeKind::Discover { ready: wait, .. }, .. }) = nodes.get_mut(at) {
            *wait = Some(Ready { facts, guard: guards.len(), node: ready });
            guards.push(guard);
        }
    }
    add_approvals(draft, shape, people, &mut nodes)?;
    Some(nodes)
}

fn build_node(draft: &DraftNode, other: Option<usize>, people: &People) -> Option<Node> {
    let (kind, outcome) = match draft.kind.as_ref()? {
        DraftKind::Decide { .. } => (NodeKind::Decide { unknown: other? }, Outcome::None),
        DraftKind::Discover { within, .. } => {
            let (within, then, ready) = ((*within)?, other?, None);
            (NodeKind::Discover { within, then, ready }, Outcome::Discover)
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
    let steps = draft.steps.iter().map(|word| word.text.clone()).collect();
    let (level, approves, approval, refused, permit) = (draft.level, None, None, None, None);
    Some(Human {
        role,
        fallback,
        level,
        ack,
        act,
        again,
        reach: draft.reach,
        approves,
        approval,
        refused,
        permit,
        steps,
        chain,
    })
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
