//! The ways through a graph: how a node is entered, and what time that costs.
//!
//! - In: a graph.
//! - Out: for each node the slowest way to it: nodes in order, each with the offset at which it is entered.
//! - Never: a way through a person; what people do there is not known before.

use super::Step;
use crate::graph::{Graph, NodeKind};
use bellwether_core::Duration;

/// How a node is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// What passed before, in order.
    pub(super) steps: Vec<Step>,
    /// How long after the decision the node is entered.
    pub(super) after: Duration,
}

/// Where a node leads: the node, what is said of the way, and what it costs.
pub(super) fn leads(graph: &Graph, at: usize) -> Vec<(usize, String, Duration)> {
    let Some(node) = graph.nodes().get(at) else { return Vec::new() };
    // Whoever must approve first is asked first, by the node or by an override while it holds; and the
    // boundaries may say that others must, or no.
    let doors = |to: usize, said: String, cost: Duration| {
        let mut doors = graph.doors(to);
        for added in 0..graph.overrides().len() {
            let first = graph.entries_under(to, Some(added)).next().map_or(to, |(first, _)| first);
            if first != to && !doors.contains(&first) {
                doors.push(first);
            }
        }
        doors.into_iter().map(move |door| (door, said.clone(), cost))
    };
    match &node.kind {
        NodeKind::Decide { unknown } => {
            let rules = graph.rules().iter().filter(|rule| rule.from == at);
            let taken =
                |to, by: &str| doors(to, format!("`{}` decides: {by}", node.name), Duration::ZERO);
            let rules = rules.flat_map(|rule| taken(rule.to, &format!("rule `{}`", rule.id)));
            rules.chain(taken(*unknown, "a rule is unknown")).collect()
        }
        NodeKind::Discover { within, then, ready } => {
            let said = format!("`{}` finds out more for {within}", node.name);
            let known = format!("`{}` has what it waits for", node.name);
            let ready = ready.iter();
            let ready = ready.flat_map(|ready| doors(ready.node, known.clone(), Duration::ZERO));
            doors(*then, said, *within).chain(ready).collect()
        }
        NodeKind::Human(human) => {
            let said = |what: &str| format!("`{}` is {what}", node.name);
            let given = graph.given(at).into_iter();
            let given = given.map(|next| (next, said("given"), Duration::ZERO));
            let refused = human.approves.and(human.refused);
            let refused = refused.map(|to| (to, said("refused"), Duration::ZERO));
            given.chain(refused).collect()
        }
        NodeKind::End => Vec::new(),
    }
}

/// The slowest way to each node; nothing for nodes that are never entered.
pub(super) fn slowest(graph: &Graph) -> Vec<Option<Way>> {
    let mut ways = vec![None; graph.nodes().len()];
    if let Some(start) = ways.get_mut(graph.start()) {
        *start = Some(Way { steps: Vec::new(), after: Duration::ZERO });
    }
    // Decide nodes and discoveries form no circles, so that as many rounds as nodes suffice.
    for _ in graph.nodes() {
        let mut moved = false;
        for at in 0..graph.nodes().len() {
            let Some(Some(way)) = ways.get(at).cloned() else { continue };
            for (to, text, cost) in leads(graph, at) {
                let after = Duration::from_micros(way.after.micros().saturating_add(cost.micros()));
                let known = ways.get(to).and_then(Option::as_ref);
                if known.is_none_or(|known| known.after < after) {
                    let steps = way.steps.iter().cloned();
                    let steps = steps.chain([Step { after: way.after, text }]).collect();
                    if let Some(known) = ways.get_mut(to) {
                        *known = Some(Way { steps, after });
                        moved = true;
                    }
                }
            }
        }
        if !moved {
            break;
        }
    }
    ways
}
