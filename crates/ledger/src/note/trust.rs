//! Trust: which log, which keys, how many witnesses; and what passes.

use super::{BadCheckpoint, Checkpoint, Note, NoteError, VerifierKey};
use bellwether_core::Timestamp;

/// What somebody believes before reading anything.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The log's name; another log's checkpoint is refused even with a good signature.
    pub origin: String,
    /// The log's keys; one must have signed. Several while a key is being changed.
    pub log_keys: Vec<VerifierKey>,
    /// Witnesses that count.
    pub witnesses: Vec<VerifierKey>,
    /// How many of them must have signed.
    pub needed: usize,
}

/// A key that signed, and when, where its scheme says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// When the witness signed, to the second.
    pub at: Option<Timestamp>,
}

/// A checkpoint that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'k> {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The log's keys that signed it.
    pub log: Vec<Signed<'k>>,
    /// The witnesses that signed it, each once.
    pub witnesses: Vec<Signed<'k>>,
}

/// Why a checkpoint does not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its text.
    #[error(transparent)]
    Checkpoint(#[from] BadCheckpoint),
    /// It is about another log.
    #[error("the checkpoint is of the log `{found}`, not of `{expected}`")]
    Origin {
        /// The log that is trusted.
        expected: String,
        /// The log it is of.
        found: String,
    },
    /// Too few witnesses.
    #[error("{found} of {needed} witnesses signed the checkpoint")]
    Unwitnessed {
        /// How many did.
        found: usize,
        /// How many must.
        needed: usize,
    },
}

impl TrustError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Note(wrong) => wrong.code(),
            Self::Checkpoint(wrong) => wrong.code(),
            Self::Origin { .. } => "checkpoint-origin",
            Self::Unwitnessed { .. } => "checkpoint-unwitnessed",
        }
    }
}

impl Trust {
    /// A log and its key, without witnesses.
    pub fn of(origin: impl Into<String>, key: VerifierKey) -> Self {
        let (log_keys, witnesses) = (vec![key], Vec::new());
        Self { origin: origin.into(), log_keys, witnesses, needed: 0 }
    }

    /// Reads a checkpoint and checks origin, signatures and witnesses, in this order.
    ///
    /// # Errors
    /// [`TrustError`] names the first that does not hold.
    pub fn open(&self, note: &Note) -> Result<Opened<'_>, TrustError> {
        let checkpoint: Checkpoint = note.text().parse()?;
        if checkpoint.origin != self.origin {
            let (expected, found) = (self.origin.clone(), checkpoint.origin);
            return Err(TrustError::Origin { expected, found });
        }
        let log = note.verify(&self.log_keys)?;
        let witnesses = match note.verify(&self.witnesses) {
            Err(NoteError::Unsigned) => Vec::new(),
            verified => verified?,
        };
        let (found, needed) = (witnesses.len(), self.needed);
        if found < needed {
            return Err(TrustError::Unwitnessed { found, needed });
        }
        Ok(Opened { checkpoint, log, witnesses })
    }
}
