//! The right edge: all that appending needs, however large the tree.
//!
//! It holds one hash for each bit set in the size. [`Edge::push`] names every subtree that an entry
//! completes, so that whoever stores hashes stores each exactly once.

use super::{Head, Node, empty_root, node_hash};
use bellwether_core::Digest;

/// The complete subtrees at the right edge, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    peaks: Vec<Digest>,
}

/// Stored hashes that cannot be the right edge of a tree of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the right edge of a tree of {size} entries has {expected} hashes, not {found}")]
pub struct BadEdge {
    /// Entries in the tree.
    pub size: u64,
    /// How many hashes that takes.
    pub expected: u32,
    /// How many there were.
    pub found: usize,
}

impl BadEdge {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        "log-edge"
    }
}

impl Edge {
    /// Takes up a tree where it was left.
    ///
    /// # Errors
    /// [`BadEdge`] when the number of hashes does not fit the size.
    pub fn new(size: u64, peaks: Vec<Digest>) -> Result<Self, BadEdge> {
        let (expected, found) = (size.count_ones(), peaks.len());
        if found as u64 == u64::from(expected) {
            Ok(Self { size, peaks })
        } else {
            Err(BadEdge { size, expected, found })
        }
    }

    pub(super) fn of_peaks(size: u64, peaks: Vec<Digest>) -> Self {
        Self { size, peaks }
    }

    /// The tree over some leaf hashes.
    pub fn over<'a>(leaves: impl IntoIterator<Item = &'a Digest>) -> Self {
        let mut edge = Self::default();
        for leaf in leaves {
            edge.push(*leaf, |_, _| {});
        }
        edge
    }

    /// How many entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What [`Edge::new`] takes: the hashes from the left, the largest subtree first.
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// Appends a leaf's hash. `completed` is told of the leaf itself and of every subtree that it
    /// completes, from below.
    pub fn push(&mut self, leaf: Digest, mut completed: impl FnMut(Node, Digest)) {
        let (mut node, mut hash) = (Node { level: 0, index: self.size }, leaf);
        completed(node, hash);
        while node.index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node_hash(&left, &hash);
            node = Node { level: node.level + 1, index: node.index >> 1 };
            completed(node, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The size and the root.
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root() }
    }

    /// The root over everything appended so far.
    pub fn root(&self) -> Digest {
        let folded =
            self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        folded.unwrap_or_else(empty_root)
    }
}
