//! Terms: a condition as alternatives, each a list of conditions that must all hold.

use crate::catalogue::Slot;
use crate::node::{Node, Op};
use crate::program::Program;
use crate::slots::Slots;
use crate::tri::Tri;

/// The most alternatives of one condition; one that needs more stays in one piece.
const MAX_TERMS: usize = 8;

/// A condition that is not taken apart further.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// The only fact it reads, where a table of that fact's values can hold it.
    pub(crate) slot: Option<Slot>,
    pub(crate) program: Program,
    node: Node,
}

impl Leaf {
    fn new(node: &Node) -> Self {
        Self { slot: only_slot(node), program: Program::new(node), node: node.clone() }
    }

    pub(crate) fn truth(&self, slots: &Slots) -> Tri {
        self.program.truth(slots)
    }

    /// The values from which on its truth may differ.
    pub(crate) fn starts(&self) -> Vec<i64> {
        let mut starts = Vec::new();
        self.node.walk(&mut |node| {
            let Node::Test(test) = node else { return };
            if !matches!(test.op, Op::Gt | Op::Le) {
                starts.push(test.limit);
            }
            if !matches!(test.op, Op::Ge | Op::Lt) {
                starts.extend(test.limit.checked_add(1));
            }
        });
        starts
    }
}

/// The alternatives of a condition.
pub(crate) fn terms(node: &Node) -> Vec<Vec<Leaf>> {
    split(node).unwrap_or_else(|| vec![vec![Leaf::new(node)]])
}

/// Nothing when there would be too many.
fn split(node: &Node) -> Option<Vec<Vec<Leaf>>> {
    let few = |terms: Vec<Vec<Leaf>>| (terms.len() <= MAX_TERMS).then_some(terms);
    match node {
        Node::Any(parts) if only_slot(node).is_none() => {
            let alternatives: Option<Vec<_>> = parts.iter().map(split).collect();
            few(alternatives?.concat())
        }
        Node::All(parts) if only_slot(node).is_none() => {
            let mut terms = vec![Vec::new()];
            for part in parts {
                // A part that would multiply the terms too far stays in one piece.
                let alternatives = split(part)
                    .filter(|more| more.len() * terms.len() <= MAX_TERMS)
                    .unwrap_or_else(|| vec![vec![Leaf::new(part)]]);
                let joined = terms.iter().flat_map(|term| {
                    alternatives.iter().map(|more| [term.as_slice(), more.as_slice()].concat())
                });
                terms = joined.collect();
            }
            Some(terms)
        }
        _ => Some(vec![vec![Leaf::new(node)]]),
    }
}

/// The fact, if the condition joins nothing but tests of one fact with constants, or asks whether
/// that fact is known.
fn only_slot(node: &Node) -> Option<Slot> {
    match node {
        Node::Test(test) => Some(test.slot),
        Node::Known { slot, .. } => Some(*slot),
        Node::All(parts) | Node::Any(parts) => {
            let first = only_slot(parts.first()?)?;
            parts.iter().all(|part| only_slot(part) == Some(first)).then_some(first)
        }
        _ => None,
    }
}
