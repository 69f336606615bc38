//! Nodes: where a hash stands in the tree, and how it is read from wherever it is kept.

use super::{Edge, empty_root};
use bellwether_core::Digest;

/// No tree is larger: sizes stay inside the signed 64-bit integers that other programs use.
pub const LARGEST_TREE: u64 = i64::MAX as u64;

/// A complete subtree: it covers the entries from `index << level` on, `1 << level` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u8,
    /// From the left, from 0, among the nodes of its level.
    pub index: u64,
}

/// Lends the hashes of complete subtrees. A closure from [`Node`] to its hash is one.
pub trait Nodes {
    /// Why a hash cannot be read.
    type Error;

    /// The hash of a complete subtree.
    ///
    /// # Errors
    /// Whatever keeps the storage from answering.
    fn node(&self, node: Node) -> Result<Digest, Self::Error>;
}

impl<E, F: Fn(Node) -> Result<Digest, E>> Nodes for F {
    type Error = E;

    fn node(&self, node: Node) -> Result<Digest, E> {
        self(node)
    }
}

/// The root over the first `size` entries.
///
/// # Errors
/// What the storage says.
pub fn tree_root<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Digest, N::Error> {
    Ok(edge_at(nodes, size)?.root())
}

/// The right edge as it was when the tree had `size` entries; ready to append to.
///
/// # Errors
/// What the storage says.
pub fn edge_at<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Edge, N::Error> {
    let peaks = peaks(size).map(|node| nodes.node(node)).collect::<Result<_, _>>()?;
    Ok(Edge::of_peaks(size, peaks))
}

/// The root over the entries `from..to`; `from` must be where a subtree of that many can start, as
/// it is in proofs. An empty range has the empty root.
///
/// # Errors
/// What the storage says.
pub fn range_root<N: Nodes + ?Sized>(nodes: &N, from: u64, to: u64) -> Result<Digest, N::Error> {
    let (mut root, mut end): (Option<Digest>, u64) = (None, to);
    // From the right, where the smallest subtrees are.
    while let Some(count) = end.checked_sub(from).filter(|count| *count > 0) {
        let level = count.trailing_zeros();
        end -= 1 << level;
        let left = nodes.node(Node { level: level as u8, index: end >> level })?;
        root = Some(root.map_or(left, |right| super::node_hash(&left, &right)));
    }
    Ok(root.unwrap_or_else(empty_root))
}

/// The complete subtrees that make up a tree, from the left, the largest first.
fn peaks(size: u64) -> impl Iterator<Item = Node> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let level = (size - at).checked_ilog2()?;
        let node = Node { level: level as u8, index: at >> level };
        at += 1 << level;
        Some(node)
    })
}
