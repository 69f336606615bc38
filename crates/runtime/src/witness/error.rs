//! Why a witness did not co-sign: what its answer means for this log.

use super::ProofFailure;
use crate::transport::TransportError;
use bellwether_ledger::note::{BadCheckpoint, NoteError};

/// Why there is no co-signature.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// The witness could not be asked.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The note to co-sign is no checkpoint.
    #[error(transparent)]
    Checkpoint(BadCheckpoint),
    /// The proof could not be made.
    #[error("the proof that the log continues could not be made: {0}")]
    Proof(ProofFailure),
    /// The witness does not co-sign for this log.
    #[error("the witness does not know this log")]
    UnknownLog,
    /// The witness does not believe any key that signed the checkpoint.
    #[error("the witness does not trust the key of this log")]
    LogKey,
    /// The witness has seen more of this log than there is: it was rolled back, or restored.
    #[error(
        "the witness has co-signed {witnessed} entries and this log has {size}: it was rolled back"
    )]
    Rollback {
        /// Entries co-signed.
        witnessed: u64,
        /// Entries in the checkpoint.
        size: u64,
    },
    /// The witness has co-signed another tree of the same size.
    #[error("the witness has co-signed another root at {size} entries: the log was rewritten")]
    Fork {
        /// Entries in both.
        size: u64,
    },
    /// The witness has co-signed another beginning.
    #[error("the witness has co-signed another beginning of this log: it was rewritten")]
    Inconsistent,
    /// The witness stood elsewhere each time it was asked.
    #[error("the witness was asked from {asked} entries and stands at {stands}")]
    Moving {
        /// Where it was asked from.
        asked: u64,
        /// Where it stands.
        stands: u64,
    },
    /// The answer is none of the protocol.
    #[error("the witness's answer cannot be read: {what}")]
    Answer {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The witness does not work, or is none.
    #[error("the witness answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The signature does not hold.
    #[error("the witness's signature: {0}")]
    Signature(NoteError),
}

impl CosignError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.code(),
            Self::Checkpoint(error) => error.code(),
            Self::Proof(_) => "witness-proof",
            Self::UnknownLog => "witness-unknown-log",
            Self::LogKey => "witness-log-key",
            Self::Rollback { .. } => "witness-rollback",
            Self::Fork { .. } => "witness-fork",
            Self::Inconsistent => "witness-inconsistent",
            Self::Moving { .. } => "witness-behind",
            Self::Answer { .. } => "witness-answer",
            Self::Status { .. } => "witness-unavailable",
            Self::Signature(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.help(),
            Self::Checkpoint(_) => "this is a fault of the program; please report it",
            Self::Proof(_) => "`bellwether log verify` names what differs",
            Self::UnknownLog => "on the witness: `bellwether witness trust --log VKEY`",
            Self::LogKey => "if the key was changed: `bellwether witness trust --log VKEY` there",
            Self::Rollback { .. } | Self::Fork { .. } | Self::Inconsistent => {
                "after a restore begin a new epoch; else compare with an auditor's copy of the log"
            }
            Self::Moving { .. } => "see that only one process publishes this log, then ask again",
            Self::Answer { .. } => "check that the address is the witness's",
            Self::Status { .. } => "look at the witness's own log; ask again later",
            Self::Signature(_) => "check the witness's key; it prints it with `witness status`",
        }
    }

    /// Whether the witness says that this is not the log it knows: somebody must look before anything
    /// goes on. Everything else mends itself or is a matter of configuration.
    pub fn is_alarm(&self) -> bool {
        matches!(self, Self::Rollback { .. } | Self::Fork { .. } | Self::Inconsistent)
    }
}
