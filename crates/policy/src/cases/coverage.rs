//! Coverage: which ways through the graphs a bundle's tests take.
//!
//! - In: the policy and its tests.
//! - Out: how many rules, `unknown` edges and fallbacks there are, and which no test reaches.
//! - Never: counts a test that fails less than one that passes; what is expected is another question.

use super::Choose;
use crate::graph::{Graph, Masks, NodeKind, Passed};
use crate::policy::Policy;
use bellwether_expr::{Catalogue, Slots};
use std::collections::BTreeSet;

/// What the tests of a policy reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Rules, `unknown` edges and fallbacks that some test takes.
    pub reached: usize,
    /// How many there are.
    pub all: usize,
    /// Those that no test takes, in words, in the order of graphs and rules.
    pub missing: Vec<String>,
}

/// A way on from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Rule(usize),
    Unknown(usize),
    Fallback(usize),
}

/// Which rules, `unknown` edges and fallbacks the tests take. `choose` fills in what follows from the
/// facts of a test.
pub fn coverage(policy: &Policy, catalogue: &Catalogue, choose: Choose<'_>) -> Coverage {
    let mut taken: BTreeSet<(usize, Edge)> = BTreeSet::new();
    let (mut masks, mut slots) = (Masks::default(), Slots::new(catalogue.len()));
    for test in policy.tests() {
        let Some(graph) = policy.graphs().get(test.graph) else { continue };
        test.fill(catalogue, &mut slots, choose);
        graph.decide(&slots, &mut masks);
        let mut steps = Vec::new();
        let verdict = graph.walk(&masks, |passed| match passed {
            Passed::Rule(rule) => steps.push(rule),
            Passed::Wait(_) => {}
        });
        if verdict.doubt
            && let Some(rule) = steps.pop().and_then(|rule| graph.rules().get(rule))
        {
            taken.insert((test.graph, Edge::Unknown(rule.from)));
        }
        taken.extend(steps.into_iter().map(|rule| (test.graph, Edge::Rule(rule))));
        let Some(node) = graph.nodes().get(verdict.node) else { continue };
        let people = policy.people();
        let chain = people.chain(node, test.at).into_iter();
        let mut there = chain.filter_map(|code| people.person(code));
        let first = there.find(|person| !test.away.contains(&person.key));
        if let (Some(human), Some(first)) = (node.human(), first)
            && !people.members(&human.role).any(|member| member.key == first.key)
        {
            taken.insert((test.graph, Edge::Fallback(verdict.node)));
        }
    }
    let mut coverage = Coverage { reached: 0, all: 0, missing: Vec::new() };
    for (at, graph) in policy.graphs().iter().enumerate() {
        for edge in edges(graph) {
            coverage.all += 1;
            if taken.contains(&(at, edge)) {
                coverage.reached += 1;
            } else {
                coverage.missing.push(words(graph, edge));
            }
        }
    }
    coverage
}

fn edges(graph: &Graph) -> Vec<Edge> {
    let nodes = graph.nodes().iter().enumerate();
    let others = nodes.filter_map(|(at, node)| match &node.kind {
        NodeKind::Decide { .. } => Some(Edge::Unknown(at)),
        // A test ends at the node that is decided for, never at who must approve it.
        NodeKind::Human(human) if !human.fallback.is_empty() && human.approves.is_none() => {
            Some(Edge::Fallback(at))
        }
        _ => None,
    });
    (0..graph.rules().len()).map(Edge::Rule).chain(others).collect()
}

fn words(graph: &Graph, edge: Edge) -> String {
    let name = graph.name();
    let node = |at: usize| graph.nodes().get(at).map_or("", |node| node.name.as_str());
    match edge {
        Edge::Rule(rule) => {
            let id = graph.rules().get(rule).map_or("", |rule| rule.id.as_str());
            format!("{name}: rule {id}")
        }
        Edge::Unknown(at) => format!("{name}: doubt at {}", node(at)),
        Edge::Fallback(at) => format!("{name}: a fallback of {}", node(at)),
    }
}
