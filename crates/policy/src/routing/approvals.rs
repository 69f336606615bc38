//! Approvals as nodes: whoever must approve is asked at a node of its own, before the node that needs it.
//!
//! - In: the approvals that a node, its permit or an override asks for.
//! - Out: nodes behind the written ones, each leading to the next.
//! - Never: a node that decides; whether a boundary wants an approval is known when somebody is to be asked.

use super::check::Shape;
use super::draft::{DraftApproval, DraftGraph, DraftKind};
use crate::graph::{Human, Node, NodeKind, NodePermit};
use crate::people::People;
use bellwether_core::{Code, Duration, Place};

/// Appends a node for each approval that a node needs or that its boundaries may want: whoever decides for
/// the node asks there first.
pub(super) fn add_approvals(
    draft: &DraftGraph,
    shape: &Shape,
    people: &People,
    nodes: &mut Vec<Node>,
) -> Option<()> {
    for (at, (written, refused)) in draft.nodes.iter().zip(&shape.refused).enumerate() {
        let Some(DraftKind::Human(human)) = &written.kind else { continue };
        let asked: Vec<_> = human.approvals.iter().map(Approval::of).collect();
        let first = add_chain(nodes, people, (at, at), (&asked, *refused), "approval");
        let permit = match &human.permit {
            None => None,
            Some(permit) => {
                let mut asks = Vec::new();
                for one in &permit.approvals {
                    let one = [Approval::of(one)];
                    asks.push(add_chain(nodes, people, (at, at), (&one, *refused), "permit")?);
                }
                let denied = shape.denied.get(at).copied().flatten()?;
                Some(NodePermit { action: permit.action.as_ref()?.text.clone(), asks, denied })
            }
        };
        if let Some(Node { kind: NodeKind::Human(human), .. }) = nodes.get_mut(at) {
            (human.approval, human.permit) = (first, permit);
        }
    }
    Some(())
}

/// One approval that is to be asked for.
pub(super) struct Approval<'a> {
    pub(super) role: &'a str,
    pub(super) fallback: Vec<String>,
    pub(super) ack: Option<Duration>,
    pub(super) place: &'a Place,
}

impl<'a> Approval<'a> {
    fn of(one: &'a DraftApproval) -> Self {
        Self {
            role: &one.role.text,
            fallback: one.fallback.iter().map(|word| word.text.clone()).collect(),
            ack: one.ack,
            place: &one.role.place,
        }
    }
}

/// Appends approvals that lead to each other and at last to a node. Gives the position of the first.
pub(super) fn add_chain(
    nodes: &mut Vec<Node>,
    people: &People,
    (target, then): (usize, usize),
    (asked, refused): (&[Approval<'_>], Option<usize>),
    what: &str,
) -> Option<usize> {
    let (name, outcome, human) = {
        let node = nodes.get(target)?;
        (node.name.clone(), node.outcome, node.human()?.clone())
    };
    let first = nodes.len();
    for (nth, one) in asked.iter().enumerate() {
        let roles = [one.role].into_iter().chain(one.fallback.iter().map(String::as_str));
        let next = if nth + 1 < asked.len() { first + nth + 1 } else { then };
        let kind = NodeKind::Human(Human {
            role: one.role.to_owned(),
            fallback: one.fallback.clone(),
            ack: one.ack.unwrap_or(human.ack),
            approves: Some(next),
            approval: None,
            refused,
            permit: None,
            steps: Vec::new(),
            chain: people.chain_of(roles),
            ..human
        });
        let name = format!("{name}/{what}:{}", one.role);
        let (code, place) = (Code::of(&name), one.place.clone());
        nodes.push(Node { name, code, kind, outcome, place });
    }
    (!asked.is_empty()).then_some(first)
}
