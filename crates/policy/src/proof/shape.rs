//! The shape of a compiled graph: no circle without a deadline, no dead end.
//!
//! - In: a graph that has been built.
//! - Out: one proof a property.
//! - Never: trust in the checks of loading; it looks at what was built.

use super::ways::{leads, slowest};
use super::{Proof, Property, Step};
use crate::graph::{Graph, NodeKind};
use crate::routing::cycles;
use bellwether_core::Duration;

/// Both properties of a graph's shape.
pub(super) fn prove(graph: &Graph) -> [Proof; 2] {
    let broken = |property, path: Option<Vec<String>>| Proof {
        property,
        about: graph.name().to_owned(),
        holds: path.is_none(),
        path: path.into_iter().flatten().map(step).collect(),
        clock: None,
    };
    [broken(Property::Deadline, circle(graph)), broken(Property::LeadsOn, dead_end(graph))]
}

fn step(text: String) -> Step {
    Step { after: Duration::ZERO, text }
}

/// A circle in which no time passes.
fn circle(graph: &Graph) -> Option<Vec<String>> {
    let at_once = |at: usize| {
        let leads = leads(graph, at).into_iter();
        leads.filter(|(_, _, cost)| *cost == Duration::ZERO).map(|(to, ..)| to).collect()
    };
    let circle = cycles(graph.nodes().len(), at_once).into_iter().next()?;
    let name = |at: &usize| graph.nodes().get(*at).map(|node| format!("`{}`", node.name));
    Some(circle.iter().chain(circle.first()).filter_map(name).collect())
}

/// A node that is entered and, in some outcome, leads nowhere: no rule holds and there is no `otherwise`;
/// the next node is not there; doubt or the end of a discovery asks nobody; nobody can be asked.
fn dead_end(graph: &Graph) -> Option<Vec<String>> {
    for (at, (node, way)) in graph.nodes().iter().zip(slowest(graph)).enumerate() {
        let Some(way) = way else { continue };
        let next = leads(graph, at);
        let nowhere = next.iter().find(|(to, ..)| *to >= graph.nodes().len());
        let wrong = match &node.kind {
            _ if nowhere.is_some() => Some("leads to a node that is not there"),
            NodeKind::Decide { unknown } if ends(graph, *unknown) => Some("lets doubt ask nobody"),
            NodeKind::Decide { .. } => {
                let last = graph.rules().iter().rfind(|rule| rule.from == at);
                let open = last.is_none_or(|rule| !rule.otherwise);
                open.then_some("leads nowhere when no rule holds")
            }
            NodeKind::Discover { then, .. } if ends(graph, *then) => {
                Some("asks nobody when its time is over")
            }
            NodeKind::Human(human) if human.chain.is_empty() => Some("has nobody to ask"),
            NodeKind::Discover { .. } | NodeKind::Human(_) | NodeKind::End => None,
        };
        if let Some(wrong) = wrong {
            let steps = way.steps.into_iter().map(|step| step.text);
            return Some(steps.chain([format!("`{}` {wrong}", node.name)]).collect());
        }
    }
    None
}

fn ends(graph: &Graph, at: usize) -> bool {
    graph
        .nodes()
        .get(at)
        .is_none_or(|node| matches!(node.kind, NodeKind::End | NodeKind::Decide { .. }))
}
