//! Proofs: that an entry is in a tree, and that one tree begins with another.
//!
//! Making follows RFC 6962, sections 2.1.1 and 2.1.2; checking follows the algorithms of RFC 9162,
//! sections 2.1.3.2 and 2.1.4.2, which walk the same hashes from below.

use super::node::{Nodes, range_root};
use super::{Head, LARGEST_TREE, empty_root, node_hash};
use bellwether_core::Digest;

/// No proof has more hashes: a tree has at most 63 levels.
pub const LONGEST_PROOF: usize = 63;

/// A proof that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// There is no such entry.
    #[error("a log of {size} entries has no entry {index}")]
    NoEntry {
        /// The entry asked for.
        index: u64,
        /// Entries in the tree.
        size: u64,
    },
    /// The sizes are not in order, or too large to be a tree's.
    #[error("a log of {new} entries does not begin with one of {old}")]
    Sizes {
        /// The size that should come first.
        old: u64,
        /// The size that should hold it.
        new: u64,
    },
    /// The storage did not lend a hash.
    #[error("a hash of the tree could not be read: {0}")]
    Read(E),
}

impl<E> ProofError<E> {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEntry { .. } | Self::Sizes { .. } => "log-proof-range",
            Self::Read(_) => "log-hash-unreadable",
        }
    }
}

/// Why a proof does not prove what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// The entry or the sizes cannot be.
    #[error("the proof is about an entry or a size that the tree does not have")]
    Range,
    /// Too many or too few hashes.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root than the checkpoint's")]
    Root,
    /// The hashes lead to another earlier root.
    #[error("the proof leads to another root than the earlier checkpoint's")]
    OldRoot,
}

impl BadProof {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        "log-proof-invalid"
    }
}

/// The hashes that prove entry `index` in the tree of `size` entries, from the leaf's sibling up.
///
/// # Errors
/// [`ProofError`] when there is no such entry, or what the storage says.
pub fn prove_inclusion<N: Nodes + ?Sized>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, ProofError<N::Error>> {
    if index >= size || size > LARGEST_TREE {
        return Err(ProofError::NoEntry { index, size });
    }
    let mut proof = Vec::with_capacity(LONGEST_PROOF);
    let (mut from, mut to) = (0, size);
    while let Some(middle) = middle(from, to) {
        let (left, right) = ((from, middle), (middle, to));
        let (inside, beside) = if index < middle { (left, right) } else { (right, left) };
        proof.push(range_root(nodes, beside.0, beside.1).map_err(ProofError::Read)?);
        (from, to) = inside;
    }
    proof.reverse();
    Ok(proof)
}

/// The hashes that prove that the tree of `new` entries begins with the tree of `old`.
///
/// # Errors
/// [`ProofError`] when `old` is larger than `new`, or what the storage says.
pub fn prove_consistency<N: Nodes + ?Sized>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Vec<Digest>, ProofError<N::Error>> {
    if old > new || new > LARGEST_TREE {
        return Err(ProofError::Sizes { old, new });
    }
    let mut proof = Vec::with_capacity(LONGEST_PROOF);
    if old == 0 || old == new {
        return Ok(proof);
    }
    let root = |from, to| range_root(nodes, from, to).map_err(ProofError::Read);
    let (mut from, mut to) = (0, new);
    while let Some(middle) = middle(from, to).filter(|_| old != to) {
        if old <= middle {
            proof.push(root(middle, to)?);
            to = middle;
        } else {
            proof.push(root(from, middle)?);
            from = middle;
        }
    }
    // The old root itself is known to who asks; a part of it is not.
    if from > 0 {
        proof.push(root(from, to)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Where RFC 6962 splits a range: after the largest power of two smaller than it.
fn middle(from: u64, to: u64) -> Option<u64> {
    let last = to.checked_sub(from)?.checked_sub(1)?;
    Some(from + (1 << last.checked_ilog2()?))
}

/// Checks that an entry with this leaf hash stands at `index` in the tree of that size and root.
///
/// # Errors
/// [`BadProof`] says in what way it does not.
pub fn check_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), BadProof> {
    if index >= size || size > LARGEST_TREE {
        return Err(BadProof::Range);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in proof {
        if last == 0 {
            return Err(BadProof::Length);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(beside, &hash);
            // At the right edge a node may be its own parent for some levels.
            let skipped = at.trailing_zeros();
            (at, last) = (at >> skipped, last >> skipped);
        } else {
            hash = node_hash(&hash, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(BadProof::Root),
        _ => Err(BadProof::Length),
    }
}

/// Checks that the tree of `new` entries begins with the tree of `old`. Nothing is proved by, and
/// no hash belongs to, a step from an empty tree or to the same size.
///
/// # Errors
/// [`BadProof`] says in what way it does not.
pub fn check_consistency(old: &Head, new: &Head, proof: &[Digest]) -> Result<(), BadProof> {
    let (Head { size: old_size, root: old_root }, Head { size: new_size, root: new_root }) =
        (*old, *new);
    if old_size > new_size || new_size > LARGEST_TREE {
        return Err(BadProof::Range);
    }
    if old_size == 0 || old_size == new_size {
        return match () {
            () if !proof.is_empty() => Err(BadProof::Length),
            () if old_size == 0 && old_root != empty_root() => Err(BadProof::OldRoot),
            () if old_size == new_size && old_root != new_root => Err(BadProof::Root),
            () => Ok(()),
        };
    }
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    let skipped = at.trailing_ones();
    (at, last) = (at >> skipped, last >> skipped);
    // A complete old tree is itself the first hash; otherwise the proof brings it.
    let known = old_size.is_power_of_two().then_some(&old.root);
    let mut hashes = known.into_iter().chain(proof);
    let first = *hashes.next().ok_or(BadProof::Length)?;
    let (mut before, mut after) = (first, first);
    for beside in hashes {
        if last == 0 {
            return Err(BadProof::Length);
        }
        if at & 1 == 1 || at == last {
            before = node_hash(beside, &before);
            after = node_hash(beside, &after);
            let skipped = at.trailing_zeros();
            (at, last) = (at >> skipped, last >> skipped);
        } else {
            after = node_hash(&after, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match (last, before == old_root, after == new_root) {
        (0, true, true) => Ok(()),
        (0, false, _) => Err(BadProof::OldRoot),
        (0, true, false) => Err(BadProof::Root),
        _ => Err(BadProof::Length),
    }
}
