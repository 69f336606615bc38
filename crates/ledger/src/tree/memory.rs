//! A tree whose every hash is in memory: proofs without reading anything, at 64 bytes an entry.

use super::{Edge, Node, Nodes};
use bellwether_core::Digest;

/// All complete subtrees of a log.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    edge: Edge,
    levels: Vec<Vec<Digest>>,
}

/// A hash that the tree is too small to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree has no node {index} at level {level}")]
pub struct NotStored {
    /// Level, 0 for leaves.
    pub level: u8,
    /// Index within the level.
    pub index: u64,
}

impl MemoryTree {
    /// Appends a leaf's hash.
    pub fn push(&mut self, leaf: Digest) {
        let levels = &mut self.levels;
        self.edge.push(leaf, |node, hash| match levels.get_mut(usize::from(node.level)) {
            Some(level) => level.push(hash),
            None => levels.push(vec![hash]),
        });
    }

    /// The right edge: the size and the root.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }
}

impl Nodes for MemoryTree {
    type Error = NotStored;

    fn node(&self, node: Node) -> Result<Digest, NotStored> {
        let level = self.levels.get(usize::from(node.level));
        let at = usize::try_from(node.index).ok();
        let hash = level.zip(at).and_then(|(level, at)| level.get(at));
        hash.copied().ok_or(NotStored { level: node.level, index: node.index })
    }
}
