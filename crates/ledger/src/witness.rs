//! Witness: whether to co-sign a log's newest checkpoint (c2sp.org/tlog-witness).
//!
//! - In: which log and keys are trusted, the tree last co-signed, and a request.
//! - Out: the tree to remember and the text to sign, or a refusal with its reason.
//! - Never: signs anything itself before the caller has stored what it accepted; forgets a tree.
//!
//! The caller stores the new tree **in the place of the one it read, atomically**, and only then
//! calls [`Accepted::cosign`]. Else two requests at once could make a witness roll a log back.

use crate::note::text::{base64, decimal, hash};
use crate::note::{Note, NoteError, Signature, Signer, Trust, TrustError};
use crate::tree::{BadProof, Head, LONGEST_PROOF, check_consistency};
use bellwether_core::{Digest, Timestamp};
use std::fmt;

/// The body of a request `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The size that the witness is thought to have co-signed last; 0 for none.
    pub old_size: u64,
    /// That the tree of that size begins the new one.
    pub proof: Vec<Digest>,
    /// The new checkpoint.
    pub checkpoint: Note,
}

/// A checkpoint that may be co-signed, once `head` is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    head: Head,
    text: String,
}

/// Why a checkpoint is not co-signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no request.
    #[error("not a request to co-sign: {what}")]
    Malformed {
        /// What is wrong with them.
        what: &'static str,
    },
    /// The checkpoint is no note, of another log, or not signed by it.
    #[error(transparent)]
    Checkpoint(#[from] TrustError),
    /// The log is smaller than it was: it was rolled back, or the checkpoint is an old one.
    #[error("the log has {new} entries in this checkpoint and had {stored}: it was rolled back")]
    Rollback {
        /// Entries in the tree last co-signed.
        stored: u64,
        /// Entries in the new one.
        new: u64,
    },
    /// The proof starts beyond its end.
    #[error("the request goes from {old} entries to {new}")]
    Backwards {
        /// The size it says it starts from.
        old: u64,
        /// The size of its checkpoint.
        new: u64,
    },
    /// The proof starts from another tree than the one last co-signed; ask again from there.
    #[error("the proof starts at {old} entries; the tree last co-signed has {stored}")]
    Behind {
        /// Entries in the tree last co-signed.
        stored: u64,
        /// The size it says it starts from.
        old: u64,
    },
    /// Two trees of one size: the log shows different people different entries. Keep both notes.
    #[error("the log has another root at {size} entries than the one co-signed: it forked")]
    Fork {
        /// Entries in both.
        size: u64,
    },
    /// The proof does not lead from the tree last co-signed to the new one.
    #[error("the checkpoint is not shown to continue the tree last co-signed: {0}")]
    Inconsistent(BadProof),
}

impl Refusal {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "witness-request",
            Self::Checkpoint(wrong) => wrong.code(),
            Self::Rollback { .. } => "witness-rollback",
            Self::Backwards { .. } => "witness-backwards",
            Self::Behind { .. } => "witness-behind",
            Self::Fork { .. } => "witness-fork",
            Self::Inconsistent(_) => "witness-inconsistent",
        }
    }

    /// The status of the HTTP answer. With 409 goes the size last co-signed, where it is known.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } | Self::Backwards { .. } => 400,
            Self::Checkpoint(TrustError::Origin { .. }) => 404,
            Self::Checkpoint(TrustError::Checkpoint(_)) => 400,
            Self::Checkpoint(TrustError::Note(NoteError::Format { .. })) => 400,
            Self::Checkpoint(_) => 403,
            Self::Rollback { .. } | Self::Behind { .. } | Self::Fork { .. } => 409,
            Self::Inconsistent(_) => 422,
        }
    }
}

/// Decides on a request, given the tree last co-signed for this log; `None` if there was none.
///
/// # Errors
/// [`Refusal`] says why the checkpoint must not be co-signed.
pub fn consider(
    trust: &Trust,
    stored: Option<Head>,
    request: &Request,
) -> Result<Accepted, Refusal> {
    let new = trust.open(&request.checkpoint)?.checkpoint.head;
    let stored = stored.unwrap_or_else(Head::empty);
    let old = request.old_size;
    if new.size < stored.size {
        return Err(Refusal::Rollback { stored: stored.size, new: new.size });
    }
    if old > new.size {
        return Err(Refusal::Backwards { old, new: new.size });
    }
    // At one size no proof is needed to know a fork, wherever the request says it starts.
    if new.size == stored.size && new.root != stored.root {
        return Err(Refusal::Fork { size: new.size });
    }
    if old != stored.size {
        return Err(Refusal::Behind { stored: stored.size, old });
    }
    check_consistency(&stored, &new, &request.proof).map_err(Refusal::Inconsistent)?;
    Ok(Accepted { head: new, text: request.checkpoint.text().to_owned() })
}

impl Accepted {
    /// What to store before signing.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The co-signature, one line of the answer.
    pub fn cosign(&self, signer: &Signer, at: Timestamp) -> Signature {
        signer.sign(&self.text, at)
    }
}

impl Request {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], or what is wrong with the note in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let wrong = |what| Refusal::Malformed { what };
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or_else(|| wrong("no line is empty"))?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let proof: Option<Vec<_>> = lines.map(hash).collect();
        let proof = proof.filter(|proof| proof.len() <= LONGEST_PROOF);
        Ok(Self {
            old_size: old_size.ok_or_else(|| wrong("its first line is not `old` and a size"))?,
            proof: proof.ok_or_else(|| wrong("a hash is not base 64, or there are over 63"))?,
            checkpoint: Note::parse(checkpoint.as_bytes()).map_err(TrustError::Note)?,
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        for hash in &self.proof {
            writeln!(f, "{}", base64(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests;
