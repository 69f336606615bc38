//! Proof files: one entry's proof and the checkpoint it leads to (c2sp.org/tlog-proof@v1).
//!
//! Whoever holds the entry's bytes, the file and the keys checks it alone, offline.

use super::text::{base64, decimal, from_base64, hash};
use super::{Note, Opened, Trust, TrustError};
use crate::tree::{BadProof, LONGEST_PROOF, check_inclusion};
use bellwether_core::Digest;
use std::fmt;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The content of a `.tlog-proof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// Whatever the writer added; nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The entry, from 0.
    pub index: u64,
    /// The hashes from the leaf's sibling up.
    pub hashes: Vec<Digest>,
    /// The signed checkpoint that they lead to, as it was issued.
    pub checkpoint: Note,
}

/// Why a proof file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// The bytes are no proof file.
    #[error("not a proof file: {what}")]
    Format {
        /// What is wrong with them.
        what: &'static str,
    },
    /// Its checkpoint does not pass.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The entry is not the one that stands there.
    #[error(transparent)]
    Proof(#[from] BadProof),
}

impl ProofFileError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format { .. } => "proof-file-format",
            Self::Trust(wrong) => wrong.code(),
            Self::Proof(wrong) => wrong.code(),
        }
    }
}

impl ProofFile {
    /// Reads a proof file.
    ///
    /// # Errors
    /// [`ProofFileError`] for bytes of another form; nothing is checked yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        let wrong = |what| ProofFileError::Format { what };
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or_else(|| wrong("no line is empty"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(wrong("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra ")).map(|line| {
            let extra = line.strip_prefix("extra ").and_then(from_base64);
            extra.ok_or_else(|| wrong("its extra data is not base 64"))
        });
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or_else(|| wrong("it has no line `index` with a number"))?;
        let hashes: Option<Vec<_>> = lines.map(hash).collect();
        let hashes = hashes.filter(|hashes| hashes.len() <= LONGEST_PROOF);
        Ok(Self {
            extra: extra.transpose()?,
            index,
            hashes: hashes.ok_or_else(|| wrong("a hash is not base 64, or there are over 63"))?,
            checkpoint: Note::parse(checkpoint.as_bytes()).map_err(TrustError::Note)?,
        })
    }

    /// Checks that the entry with this leaf hash is in the log, as far as the keys are trusted.
    ///
    /// # Errors
    /// [`ProofFileError`] names what does not hold.
    pub fn check<'k>(&self, leaf: &Digest, trust: &'k Trust) -> Result<Opened<'k>, ProofFileError> {
        let opened = trust.open(&self.checkpoint)?;
        let head = opened.checkpoint.head;
        check_inclusion(leaf, self.index, head.size, &head.root, &self.hashes)?;
        Ok(opened)
    }
}

impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", base64(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
