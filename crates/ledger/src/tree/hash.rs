//! The three hashes of RFC 6962, section 2.1, and what they end in.

use bellwether_core::Digest;
use sha2::{Digest as _, Sha256};

/// A tree at one moment: how many entries, and the hash that stands for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

impl Head {
    /// The tree without entries.
    pub fn empty() -> Self {
        Self { size: 0, root: empty_root() }
    }
}

/// The hash of an entry's bytes: SHA-256(0x00 || entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(entry);
    Digest::from_bytes(hash.finalize().into())
}

/// The hash of two subtrees side by side: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.as_bytes());
    hash.update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}

/// The root of a tree without entries: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}
