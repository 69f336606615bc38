//! Tree: one RFC 6962 Merkle tree over the log's entries, read and served as C2SP tiles.
//!
//! - In: the bytes of entries in their order, or hashes that were kept from earlier.
//! - Out: roots, the hashes to store, tiles, bundles, and proofs that other people's programs check.
//! - Never: reads or writes a file or a database; whoever stores hashes lends them by [`Nodes`].
//!
//! Leaf = SHA-256(0x00 || entry), node = SHA-256(0x01 || left || right), the root of an empty tree is
//! SHA-256 of nothing (RFC 6962, section 2.1). Tiles and bundles: c2sp.org/tlog-tiles.

mod bundle;
mod edge;
mod hash;
mod memory;
mod node;
mod proof;
mod tile;
mod tile_nodes;

pub use bundle::{BundleError, EntryError, FORMAT_LIMIT, LARGEST_ENTRY, read_bundle, write_entry};
pub use edge::{BadEdge, Edge};
pub use hash::{Head, empty_root, leaf_hash, node_hash};
pub use memory::{MemoryTree, NotStored};
pub use node::{LARGEST_TREE, Node, Nodes, edge_at, range_root, tree_root};
pub use proof::{
    BadProof, LONGEST_PROOF, ProofError, check_consistency, check_inclusion, prove_consistency,
    prove_inclusion,
};
pub use tile::{BadTilePath, TILE_HASHES, Tile, TileKind, new_tiles};
pub use tile_nodes::{TileError, TileNodes, read_tile, write_tile};

#[cfg(test)]
mod tests;
