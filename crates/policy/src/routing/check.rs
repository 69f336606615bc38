//! Checks of a graph's structure, before any fact is looked at.
//!
//! - In: a [`DraftGraph`] and the people.
//! - Out: [`Shape`]: every name resolved to a position; everything wrong becomes a problem.
//! - Never: a second report of the same mistake; a name that is not known counts as leading nowhere.

use super::cycles::cycles;
use super::draft::{DraftApproval, DraftGraph, DraftHuman, DraftKind, DraftRule, DraftWait};
use crate::people::{People, unknown_role};
use crate::read::Word;
use bellwether_core::{Place, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// The most nodes of a graph.
pub(crate) const MAX_NODES: usize = 1_024;
/// The most rules of a graph.
pub(crate) const MAX_RULES: usize = 4_096;

/// Where everything leads, as positions; `None` where a name is missing or not known.
pub(crate) struct Shape {
    pub(crate) start: Option<usize>,
    /// Of each rule: the node it belongs to and the node it leads to.
    pub(crate) rules: Vec<(Option<usize>, Option<usize>)>,
    /// Of each node: `unknown` of a decide node, `then` of a discovery.
    pub(crate) other: Vec<Option<usize>>,
    /// Of each node: `ready` of a wait node.
    pub(crate) ready: Vec<Option<usize>>,
    /// Of each node: `refused` of a human node.
    pub(crate) refused: Vec<Option<usize>>,
    /// Of each node: where its permit leads when the boundaries say no.
    pub(crate) denied: Vec<Option<usize>>,
}

/// Resolves every name and checks the structure.
pub(crate) fn check(
    draft: &DraftGraph,
    people: Option<&People>,
    problems: &mut Vec<Problem>,
) -> Shape {
    check_size(draft, problems);
    check_ids(draft, problems);
    let shape = resolve(draft, problems);
    check_start(draft, &shape, problems);
    check_rules(draft, &shape, problems);
    check_doubt(draft, &shape, problems);
    check_cycles(draft, &shape, problems);
    check_refused(draft, &shape, problems);
    check_ready(draft, &shape, problems);
    check_reached(draft, &shape, problems);
    if let Some(people) = people {
        check_roles(draft, people, problems);
    }
    shape
}

fn check_size(draft: &DraftGraph, problems: &mut Vec<Problem>) {
    for (what, count, most) in
        [("nodes", draft.nodes.len(), MAX_NODES), ("rules", draft.rules.len(), MAX_RULES)]
    {
        if count > most {
            let message = format!("a graph of {count} {what}; it may have {most}");
            let problem = Problem::new("policy-too-large", message).at(draft.place.clone());
            problems.push(problem.help("split it into several graphs"));
        }
    }
}

fn check_ids(draft: &DraftGraph, problems: &mut Vec<Problem>) {
    let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
    for id in draft.rules.iter().filter_map(|rule| rule.id.as_ref()) {
        if let Some(before) = first.get(id.text.as_str()) {
            let message = format!("two rules have the id `{}`", id.text);
            let problem = Problem::new("policy-duplicate-rule", message).at(id.place.clone());
            let help = format!("the first stands in line {}; give this one its own", before.line);
            problems.push(problem.help(help));
        } else {
            first.insert(&id.text, &id.place);
        }
    }
}

fn resolve(draft: &DraftGraph, problems: &mut Vec<Problem>) -> Shape {
    let names: Vec<&str> = draft.nodes.iter().map(|node| node.name.text.as_str()).collect();
    let positions: BTreeMap<&str, usize> = names.iter().copied().zip(0..).collect();
    let mut find = |word: Option<&Word>| {
        let word = word?;
        let found = positions.get(word.text.as_str()).copied();
        if found.is_none() {
            let message = format!("there is no node `{}`", word.text);
            let problem = Problem::new("policy-unknown-node", message).at(word.place.clone());
            let help = format!("nodes of this graph: {}", names.join(", "));
            problems.push(problem.help(help).nearest(&word.text, names.iter().copied()));
        }
        found
    };
    let start = find(draft.start.as_ref());
    let other = draft.nodes.iter().map(|node| match &node.kind {
        Some(DraftKind::Decide { unknown }) => find(unknown.as_ref()),
        Some(DraftKind::Discover { then, .. }) => find(then.as_ref()),
        _ => None,
    });
    let other = other.collect();
    let ready = draft.nodes.iter().map(|node| match &node.kind {
        Some(DraftKind::Discover { wait: Some(wait), .. }) => find(wait.ready.as_ref()),
        _ => None,
    });
    let ready = ready.collect();
    let refused = draft.nodes.iter().map(|node| match &node.kind {
        Some(DraftKind::Human(human)) => find(human.refused.as_ref()),
        _ => None,
    });
    let refused = refused.collect();
    let denied = draft.nodes.iter().map(|node| match &node.kind {
        Some(DraftKind::Human(human)) => find(human.permit.as_ref()?.denied.as_ref()),
        _ => None,
    });
    let denied = denied.collect();
    let rules = draft.rules.iter();
    let rules = rules.map(|rule| (find(rule.from.as_ref()), find(rule.to.as_ref()))).collect();
    Shape { start, rules, other, ready, refused, denied }
}

/// The kind of a node, where it could be read.
pub(super) fn kind(draft: &DraftGraph, at: Option<usize>) -> Option<&DraftKind> {
    draft.nodes.get(at?)?.kind.as_ref()
}

fn check_start(draft: &DraftGraph, shape: &Shape, problems: &mut Vec<Problem>) {
    let (Some(start), Some(kind)) = (&draft.start, kind(draft, shape.start)) else { return };
    if !matches!(kind, DraftKind::Decide { .. }) {
        let message = format!("the graph starts at the {} node `{}`", kind.as_str(), start.text);
        let problem = Problem::new("policy-start", message).at(start.place.clone());
        problems.push(problem.help("start at a decide node, whose rules choose where to go"));
    }
}

/// A decide node has exactly one `otherwise`, and it comes last.
fn check_rules(draft: &DraftGraph, shape: &Shape, problems: &mut Vec<Problem>) {
    let mut otherwise: BTreeMap<usize, &DraftRule> = BTreeMap::new();
    for (rule, (from, _)) in draft.rules.iter().zip(&shape.rules) {
        let (Some(at), Some(kind)) = (*from, kind(draft, *from)) else { continue };
        let name = draft.nodes.get(at).map_or("", |node| &node.name.text);
        let place = rule.from.as_ref().map_or(&rule.place, |from| &from.place).clone();
        if !matches!(kind, DraftKind::Decide { .. }) {
            let message = format!("a rule starts at the {} node `{name}`", kind.as_str());
            let problem = Problem::new("policy-rule-from", message).at(place);
            problems.push(problem.help("only decide nodes have rules"));
            continue;
        }
        let Some(before) = otherwise.get(&at) else {
            if rule.otherwise {
                otherwise.insert(at, rule);
            }
            continue;
        };
        let line = before.place.line;
        let place = rule.place.clone();
        problems.push(if rule.otherwise {
            let message = format!("`{name}` has a second `otherwise`");
            let problem = Problem::new("policy-two-otherwise", message).at(place);
            problem.help(format!("the first stands in line {line}; keep one of them"))
        } else {
            let message = format!("this rule never decides: `{name}` is decided before it");
            let problem = Problem::new("policy-dead-rule", message).at(place);
            problem.help(format!("move it before the `otherwise` in line {line}"))
        });
    }
    for (at, node) in draft.nodes.iter().enumerate() {
        if matches!(node.kind, Some(DraftKind::Decide { .. })) && !otherwise.contains_key(&at) {
            let message =
                format!("`{}` does not say what happens when no rule holds", node.name.text);
            let problem = Problem::new("policy-missing-otherwise", message);
            let help = format!(
                "add a last rule `{{id: ..., from: {}, to: ..., otherwise: true}}`",
                node.name.text
            );
            problems.push(problem.at(node.name.place.clone()).help(help));
        }
    }
}

/// Doubt, and the end of a discovery, go to a person or to a discovery that ends at one.
fn check_doubt(draft: &DraftGraph, shape: &Shape, problems: &mut Vec<Problem>) {
    for (node, other) in draft.nodes.iter().zip(&shape.other) {
        let Some(target) = kind(draft, *other) else { continue };
        if matches!(target, DraftKind::Human(_) | DraftKind::Discover { .. }) {
            continue;
        }
        let (key, word) = match &node.kind {
            Some(DraftKind::Decide { unknown: Some(word) }) => ("unknown", word),
            Some(DraftKind::Discover { then: Some(word), .. }) => ("then", word),
            _ => continue,
        };
        let (name, to) = (&node.name.text, &word.text);
        let message = format!("`{key}` of `{name}` leads to the {} node `{to}`", target.as_str());
        let problem = Problem::new("policy-no-person", message).at(word.place.clone());
        let help = "name a human node, or a discover node whose `then` leads to one";
        problems.push(problem.help(help));
    }
}

fn check_cycles(draft: &DraftGraph, shape: &Shape, problems: &mut Vec<Problem>) {
    let is_decide = |at: usize| matches!(kind(draft, Some(at)), Some(DraftKind::Decide { .. }));
    let is_discover = |at: usize| matches!(kind(draft, Some(at)), Some(DraftKind::Discover { .. }));
    let mut decides = vec![Vec::new(); draft.nodes.len()];
    // A wait is walked through once its facts are known, also when doubt leads there.
    let ready = |at: usize| shape.ready.get(at).copied().flatten();
    let walks = |at: usize| is_decide(at) || ready(at).is_some();
    let doubt = shape.other.iter().enumerate().map(|(at, to)| (is_decide(at).then_some(at), *to));
    let doubt = doubt.filter(|(_, to)| to.is_some_and(|to| ready(to).is_some()));
    let waits = shape.ready.iter().enumerate().map(|(at, to)| (Some(at), *to));
    for (from, to) in shape.rules.iter().copied().chain(doubt).chain(waits) {
        if let (Some(from), Some(to)) = (from, to)
            && walks(from)
            && walks(to)
            && let Some(edges) = decides.get_mut(from)
        {
            edges.push(to);
        }
    }
    for cycle in cycles(draft.nodes.len(), |at| decides.get(at).cloned().unwrap_or_default()) {
        let (way, place) = way(draft, &cycle);
        let message = format!("rules go round in a circle: {way}");
        let problem = Problem::new("policy-cycle", message).at(place);
        problems.push(problem.help("let one of these rules lead to a human or end node"));
    }
    let then = |at: usize| shape.other.get(at).copied().flatten();
    for cycle in cycles(draft.nodes.len(), |at| {
        then(at).filter(|to| is_discover(at) && is_discover(*to)).into_iter().collect()
    }) {
        let (way, place) = way(draft, &cycle);
        let message = format!("a discovery that never reaches a person: {way}");
        let problem = Problem::new("policy-endless-discovery", message).at(place);
        problems.push(problem.help("let one `then` lead to a human node"));
    }
}

/// A cycle as people read it, and the place of its first node.
fn way(draft: &DraftGraph, cycle: &[usize]) -> (String, Place) {
    let round = cycle.iter().chain(cycle.first());
    let names: Vec<_> =
        round.filter_map(|at| draft.nodes.get(*at)).map(|node| &node.name).collect();
    let place = names.first().map_or(&draft.place, |name| &name.place).clone();
    let texts: Vec<_> = names.iter().map(|name| name.text.as_str()).collect();
    (texts.join(" -> "), place)
}

/// Every node is reached from the start. Not asked while a name or kind cannot be read, or the start
/// is wrong: what leads where is not known then.
fn check_reached(draft: &DraftGraph, shape: &Shape, problems: &mut Vec<Problem>) {
    let whole = draft.nodes.iter().zip(&shape.other).all(|(node, other)| match &node.kind {
        None => false,
        Some(DraftKind::Discover { wait: Some(wait), .. }) => {
            other.is_some() && wait.ready.as_ref().is_some_and(|ready| named(draft, ready))
        }
        Some(DraftKind::Decide { .. } | DraftKind::Discover { .. }) => other.is_some(),
        Some(DraftKind::Human(_) | DraftKind::End) => true,
    });
    let whole = whole && shape.rules.iter().all(|(from, to)| from.is_some() && to.is_some());
    let starts = matches!(kind(draft, shape.start), Some(DraftKind::Decide { .. }));
    let (Some(start), true) = (shape.start, whole && starts) else { return };
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        if reached.insert(at) {
            let rules = shape.rules.iter().filter(|(from, _)| *from == Some(at));
            open.extend(rules.filter_map(|(_, to)| *to));
            open.extend(shape.other.get(at).copied().flatten());
            open.extend(shape.ready.get(at).copied().flatten());
            open.extend(shape.refused.get(at).copied().flatten());
            open.extend(shape.denied.get(at).copied().flatten());
        }
    }
    for (at, node) in draft.nodes.iter().enumerate() {
        if !reached.contains(&at) {
            let message = format!("nothing leads to the node `{}`", node.name.text);
            let problem = Problem::new("policy-unreachable-node", message);
            let problem = problem.at(node.name.place.clone());
            problems.push(problem.help("add a rule that leads to it, or remove it"));
        }
    }
}

/// The roles exist, and nobody approves what they are asked themselves.
fn check_roles(draft: &DraftGraph, people: &People, problems: &mut Vec<Problem>) {
    for node in &draft.nodes {
        let Some(DraftKind::Human(human)) = &node.kind else { continue };
        let approving = || human.approvals.iter().chain(human.wanted());
        let roles = approving().flat_map(|one| [&one.role].into_iter().chain(&one.fallback));
        for role in human.role.iter().chain(&human.fallback).chain(roles) {
            if !people.roles.contains_key(&role.text) {
                problems.push(unknown_role(people, role));
            }
        }
        for approval in approving() {
            check_second(human, approval, people, problems);
        }
    }
}

/// An approval by the one person who is asked afterwards is none.
fn check_second(
    human: &DraftHuman,
    approval: &DraftApproval,
    people: &People,
    problems: &mut Vec<Problem>,
) {
    let Some(role) = &human.role else { return };
    let of = |role: &Word| people.roles.get(&role.text).map(|role| role.members.as_slice());
    if let (Some([asked]), Some([approver])) = (of(role), of(&approval.role))
        && asked == approver
        && approval.fallback.is_empty()
    {
        let (by, role) = (&approval.role.text, &role.text);
        let message = format!("`{by}` approves what `{role}` is asked, and both are one person");
        let problem = Problem::new("policy-approves-own", message).warning();
        let help = "let another role approve, or add a second person to one of them";
        problems.push(problem.at(approval.role.place.clone()).help(help));
    }
}

/// Whether a graph has a node of a name.
fn named(draft: &DraftGraph, word: &Word) -> bool {
    draft.nodes.iter().any(|node| node.name.text == word.text)
}

/// What was waited for leads to a decision or to a person.
fn check_ready(draft: &DraftGraph, shape: &Shape, problems: &mut Vec<Problem>) {
    for (node, to) in draft.nodes.iter().zip(&shape.ready) {
        let Some(DraftKind::Discover { wait: Some(DraftWait { ready: Some(word), .. }), .. }) =
            &node.kind
        else {
            continue;
        };
        if let Some(target @ (DraftKind::Discover { .. } | DraftKind::End)) = kind(draft, *to) {
            let (name, to, kind) = (&node.name.text, &word.text, target.as_str());
            let message = format!("`ready` of `{name}` leads to the {kind} node `{to}`");
            let problem = Problem::new("policy-wait-ready", message).at(word.place.clone());
            problems.push(problem.help("name a decide or a human node"));
        }
    }
}

/// A refusal ends at a person who needs no approval, or ends the escalation.
fn check_refused(draft: &DraftGraph, shape: &Shape, problems: &mut Vec<Problem>) {
    for (node, to) in draft.nodes.iter().zip(&shape.refused) {
        let fine = match kind(draft, *to) {
            None | Some(DraftKind::End) => true,
            Some(DraftKind::Human(human)) => human.is_free(),
            Some(DraftKind::Decide { .. } | DraftKind::Discover { .. }) => false,
        };
        if let (false, Some(DraftKind::Human(DraftHuman { refused: Some(word), .. }))) =
            (fine, &node.kind)
        {
            let message = format!("`refused` of `{}` leads to `{}`", node.name.text, word.text);
            let problem = Problem::new("policy-refused-node", message).at(word.place.clone());
            problems.push(problem.help("name an end node, or a human node that needs no approval"));
        }
    }
}
