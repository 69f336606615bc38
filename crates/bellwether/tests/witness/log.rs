//! Logs to be witnessed: trees in memory, signed.

use bellwether_core::{Digest, Timestamp};
use bellwether_ledger::note::{Checkpoint, Note, Scheme, Signer};
use bellwether_ledger::tree::{Head, MemoryTree, leaf_hash, prove_consistency, tree_root};
use bellwether_ledger::witness::Request;

pub(crate) const ORIGIN: &str = "example.org/eu/acme/decisions";

/// A log by the name of its entries: two of them are two histories of one log.
pub(crate) struct Log(MemoryTree);

pub(crate) fn signer(secret: u8) -> Signer {
    Signer::new(ORIGIN, Scheme::Plain, &[secret; 32]).unwrap()
}

impl Log {
    pub(crate) fn of(name: &str, size: u64) -> Self {
        let mut tree = MemoryTree::default();
        (0..size).for_each(|number| tree.push(leaf_hash(format!("{name} {number}").as_bytes())));
        Self(tree)
    }

    pub(crate) fn checkpoint(&self, size: u64) -> Note {
        self.signed(ORIGIN, size, &signer(1))
    }

    pub(crate) fn signed(&self, origin: &str, size: u64, signer: &Signer) -> Note {
        let head = Head { size, root: tree_root(&self.0, size).unwrap() };
        Checkpoint::new(origin, head).sign(&[signer], Timestamp::from_secs(0)).unwrap()
    }

    pub(crate) fn proof(&self, old: u64, new: u64) -> Vec<Digest> {
        prove_consistency(&self.0, old, new).unwrap()
    }

    pub(crate) fn request(&self, old: u64, new: u64) -> String {
        self.request_with(old, new, self.checkpoint(new))
    }

    pub(crate) fn request_with(&self, old: u64, new: u64, checkpoint: Note) -> String {
        Request { old_size: old, proof: self.proof(old.min(new), new), checkpoint }.to_string()
    }
}
