//! How many approvals are asked for on one way: each makes people wait.
//!
//! - In: a graph that has been built, and how many are allowed.
//! - Out: a problem for each node that may need more, with the way to it.
//! - Never: the usual case: what an override adds and all that a boundary may want count.

use crate::graph::Graph;
use bellwether_core::Problem;
use std::collections::{BTreeMap, VecDeque};

/// How many approvals are asked for one after the other on a way.
pub(crate) fn check_checkpoints(graph: &Graph, most: usize, problems: &mut Vec<Problem>) {
    for (at, node) in graph.nodes.iter().enumerate() {
        let added = (0..graph.overrides.len()).map(Some).chain([None]);
        let approvals =
            |added| graph.entries_under(at, added).filter(|(_, node)| node.approval().is_some());
        // At worst the boundaries want all the approvals that the node lists.
        let wanted = graph.permit(at).map(|permit| permit.asks.as_slice()).unwrap_or_default();
        let counted = added.map(|added| (approvals(added).count() + wanted.len(), added)).max();
        let Some((needed, added)) = counted.filter(|_| node.approval().is_none()) else { continue };
        if needed <= most {
            continue;
        }
        let mut way = way_to(graph, at);
        way.extend(approvals(added).map(|(_, node)| node.name.as_str()));
        let wanted = wanted.iter().chain([&at]).filter_map(|at| graph.nodes.get(*at));
        way.extend(wanted.map(|node| node.name.as_str()));
        let way = way.join(" -> ");
        let message = format!("{needed} approvals on one way, at most {most} are allowed: {way}");
        let problem = Problem::new("policy-too-many-checkpoints", message).at(node.place.clone());
        let help = "leave one out, or raise `checkpoints` in bundle.yaml; each makes people wait";
        problems.push(problem.help(help));
    }
}

/// The names of the nodes from the start to one, without it, on a shortest way.
fn way_to(graph: &Graph, goal: usize) -> Vec<&str> {
    let mut from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut open = VecDeque::from([graph.start]);
    while let Some(at) = open.pop_front() {
        let rules = graph.rules.iter().filter(|rule| rule.from == at).map(|rule| rule.to);
        for to in rules.chain(graph.other_edges(at)) {
            if to != graph.start && !from.contains_key(&to) {
                from.insert(to, at);
                open.push_back(to);
            }
        }
    }
    let back = std::iter::successors(from.get(&goal), |at| from.get(at)).take(graph.nodes.len());
    let mut way: Vec<_> =
        back.filter_map(|at| graph.nodes.get(*at)).map(|node| &*node.name).collect();
    way.reverse();
    way
}
