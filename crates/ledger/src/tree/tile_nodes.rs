//! The bytes of hash tiles: written from stored hashes, and read as a source of hashes for proofs.

use super::{Node, Nodes, Tile, node_hash};
use bellwether_core::Digest;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Bytes in a hash.
const HASH: usize = 32;

/// A tile that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The storage did not lend it.
    #[error("{tile} could not be read: {source}")]
    Read {
        /// Which one.
        tile: Tile,
        /// Why.
        source: E,
    },
    /// It has another length than its name says.
    #[error("{tile} has {found} bytes; its name says {expected}")]
    Length {
        /// Which one.
        tile: Tile,
        /// Bytes by its name.
        expected: usize,
        /// Bytes it has.
        found: usize,
    },
    /// The tree is too small to have that hash.
    #[error("a tree of {size} entries has no node {index} at level {level}")]
    NoNode {
        /// Level, 0 for leaves.
        level: u8,
        /// Index within the level.
        index: u64,
        /// Entries in the tree.
        size: u64,
    },
}

impl<E> TileError<E> {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "log-hash-unreadable",
            Self::Length { .. } => "tile-length",
            Self::NoNode { .. } => "log-proof-range",
        }
    }
}

/// The bytes of a tile of hashes; empty for a bundle, which [`super::write_entry`] writes.
///
/// # Errors
/// What the storage says.
pub fn write_tile<N: Nodes + ?Sized>(nodes: &N, tile: Tile) -> Result<Vec<u8>, N::Error> {
    let mut bytes = Vec::with_capacity(usize::from(tile.width()) * HASH);
    for node in tile.nodes() {
        bytes.extend(nodes.node(node)?.as_bytes());
    }
    Ok(bytes)
}

/// The hashes in a tile's bytes, as many as are whole.
pub fn read_tile(bytes: &[u8]) -> Vec<Digest> {
    let (hashes, _) = bytes.as_chunks::<HASH>();
    hashes.iter().map(|hash| Digest::from_bytes(*hash)).collect()
}

/// How many tiles are kept: 16 KiB each with the hashes between.
const KEPT: usize = 4096;

/// Hashes read from tiles. Tiles once read are kept with the hashes between their levels, so that many
/// proofs read and hash each tile once.
///
/// Nothing is believed: a wrong tile gives a proof that does not check.
pub struct TileNodes<F> {
    size: u64,
    read: F,
    kept: RefCell<BTreeMap<Tile, Vec<Vec<Digest>>>>,
}

/// The hashes of a tile and of every complete subtree within it, by level.
fn grow(hashes: Vec<Digest>) -> Vec<Vec<Digest>> {
    let mut levels = vec![hashes];
    while let Some(below) = levels.last().filter(|below| below.len() > 1) {
        let (pairs, _) = below.as_chunks();
        levels.push(pairs.iter().map(|[left, right]| node_hash(left, right)).collect());
    }
    levels
}

impl<F> TileNodes<F> {
    /// The tiles of a tree of `size` entries; `read` gives a tile's bytes.
    pub fn new(size: u64, read: F) -> Self {
        Self { size, read, kept: RefCell::new(BTreeMap::new()) }
    }
}

impl<E, F: Fn(Tile) -> Result<Vec<u8>, E>> TileNodes<F> {
    fn tile(&self, tile: Tile) -> Result<Vec<Digest>, TileError<E>> {
        let bytes = (self.read)(tile).map_err(|source| TileError::Read { tile, source })?;
        let (expected, found) = (usize::from(tile.width()) * HASH, bytes.len());
        if expected != found {
            return Err(TileError::Length { tile, expected, found });
        }
        Ok(read_tile(&bytes))
    }
}

impl<E, F: Fn(Tile) -> Result<Vec<u8>, E>> Nodes for TileNodes<F> {
    type Error = TileError<E>;

    fn node(&self, node: Node) -> Result<Digest, TileError<E>> {
        let Node { level, index } = node;
        let none = || TileError::NoNode { level, index, size: self.size };
        let (tile_level, inside) = (level / 8, level % 8);
        let hashes = 1 << inside;
        let last = index.checked_mul(hashes).and_then(|first| first.checked_add(hashes - 1));
        let held = last.and_then(|last| Tile::holding(tile_level, last, self.size));
        let (tile, last) = held.ok_or_else(none)?;
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT && !kept.contains_key(&tile) {
            kept.clear();
        }
        let levels = match kept.entry(tile) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(grow(self.tile(tile)?)),
        };
        let level = levels.get(usize::from(inside)).ok_or_else(none)?;
        level.get(last >> inside).copied().ok_or_else(none)
    }
}
