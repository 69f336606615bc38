//! What can go wrong while driving, with a code and the next step.

use crate::edge::EdgeError;
use crate::keys::KeyError;
use bellwether_core::StreamId;
use bellwether_engine::state::StateError;
use bellwether_engine::{ReplayError, StepError};
use bellwether_ledger::DecodeError;
use bellwether_store::StoreError;

/// Why the driver could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A signal could not be taken in.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The keys are not there, or are others.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// An event could not be read back.
    #[error(transparent)]
    Event(#[from] DecodeError),
    /// An event could not be stepped.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A part could not be sealed.
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    /// The log does not hold what was signed, or cannot be signed.
    #[error(transparent)]
    Log(#[from] crate::log::LogError),
    /// A state could not be written as a snapshot.
    #[error(transparent)]
    State(#[from] StateError),
    /// A stream's records could not be derived again in the midst of a batch.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The stream's records cannot be derived again from its events.
    #[error("the stream {0} is frozen: its records cannot be derived again from its events")]
    Frozen(StreamId),
    /// A spilled row cannot be read back.
    #[error("a row that waited on disk to be sorted cannot be read back")]
    Spool,
    /// Nobody, or more than one, is meant.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::PrivacyError),
    /// Two accounts cannot be linked or unlinked.
    #[error(transparent)]
    Link(#[from] crate::embedded::refold::LinkError),
    /// Events that would have to be counted anew are no longer kept.
    #[error("events of the stream {0} were trimmed: it cannot be counted anew")]
    Trimmed(StreamId),
    /// The state that a stream is to be derived from is not the one that its record committed.
    #[error("the base of the stream {0} is not what its record committed")]
    BadBase(StreamId),
    /// A change of the rules is refused.
    #[error(transparent)]
    Rollout(#[from] crate::rollout::RolloutError),
    /// No rules were activated yet.
    #[error("the data directory has no rules yet")]
    NoRules,
    /// Kept rules cannot be composed any more.
    #[error("the rules {digest} of the data directory cannot be read: {problem}")]
    BadRules {
        /// Which ones.
        digest: bellwether_core::Digest,
        /// The first problem.
        problem: String,
    },
}

impl DriveError {
    /// Of an error of [`crate::embedded::Embedded::take`]: whether the signal was refused before anything
    /// came of it, so that the batch goes on without it.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Edge(error) => error.is_refusal(),
            Self::Frozen(_) => true,
            _ => false,
        }
    }

    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Edge(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::Event(error) => error.code(),
            Self::Seal(error) => error.code(),
            Self::Step(error) => error.code(),
            Self::Replay(error) => error.code(),
            Self::Log(error) => error.code(),
            Self::State(_) => "drive-snapshot",
            Self::Frozen(_) => "drive-frozen",
            Self::Spool => "import-spool",
            Self::Link(error) => error.code(),
            Self::Privacy(error) => error.code(),
            Self::Rollout(error) => error.code(),
            Self::Trimmed(_) => "drive-trimmed",
            Self::BadBase(_) => "drive-base",
            Self::NoRules => "drive-no-rules",
            Self::BadRules { .. } => "drive-bad-rules",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Store(error) => error.help(),
            Self::Edge(error) => error.help(),
            Self::Keys(error) => error.help(),
            Self::Seal(error) => error.help(),
            Self::Link(error) => error.help(),
            Self::Log(error) => error.help(),
            Self::Privacy(error) => error.help(),
            Self::Rollout(error) => error.help(),
            Self::Trimmed(_) => {
                "its features stay as they are; keep events longer than windows reach"
            }
            Self::Event(_) | Self::BadBase(_) => {
                "keep a copy of the data directory and restore the last backup"
            }
            Self::Step(_) | Self::State(_) => "this is a fault of the program; please report it",
            Self::Frozen(_) | Self::Replay(_) => {
                "`bellwether replay --all` names the first record that differs"
            }
            Self::Spool => "check the disk, then run the import again: it goes on where it was",
            Self::NoRules => "`bellwether init --bundle NAME` activates a bundle",
            Self::BadRules { .. } => "run the version of the program that activated them",
        }
    }
}
