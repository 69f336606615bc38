//! The log: checkpoints over what is committed, its export, and checking all of it.
//!
//! Flow: commit -> **log** -> checkpoint -> auditors and witnesses, with tools of their own
//!
//! - In: a data directory, or a folder that was exported from one; whom to trust.
//! - Out: signed checkpoints, folders of C2SP tiles, proofs of single entries, findings.
//! - Never: signs a tree that does not continue the one it signed before; publishes a checkpoint that
//!   is not stored yet.

mod complete;
mod folder;
mod restore;
mod sign;
mod start;

pub use complete::{Incomplete, complete};
pub use folder::{CHECKPOINT, Exported, Folder, KEYS, export};
pub use restore::{Restored, begin_epoch};
pub use sign::{OVERLAP, prove, prove_growth};
pub use start::{check_signed, check_start};

use bellwether_ledger::note::{BadKey, NoteError, Trust, VerifierKey};
use bellwether_ledger::tree::{ProofError, Tile, TileError};
use bellwether_store::{Checkpoint, Epoch, StoreError, View};
use std::path::PathBuf;

/// Why the log cannot be written, signed or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The records do not lead to the root that was signed.
    #[error("the first {size} records of epoch {epoch} do not lead to the root that was signed")]
    Root {
        /// Which tree.
        epoch: u64,
        /// Entries that were signed.
        size: u64,
    },
    /// More was signed than is there: the data is a copy from before.
    #[error(
        "the log has {found} records in epoch {epoch}; {signed} were signed in epoch {signed_epoch}"
    )]
    RolledBack {
        /// The epoch of the data.
        epoch: u64,
        /// Records it has there.
        found: u64,
        /// The newest epoch that was signed.
        signed_epoch: u64,
        /// Entries that were signed there.
        signed: u64,
    },
    /// A checkpoint that is to be believed is not one of this log.
    #[error("the checkpoint is not one that this log signed: {why}")]
    ForeignCheckpoint {
        /// What does not hold.
        why: String,
    },
    /// Somebody keeps a checkpoint that this log does not continue.
    #[error("the {size} records do not continue the {seen} that were signed before")]
    NotContinued {
        /// Entries under the checkpoint that was kept.
        seen: u64,
        /// Entries of the log.
        size: u64,
    },
    /// A checkpoint that was signed is not kept any more.
    #[error(
        "a checkpoint over {signed} records was signed; the newest that is kept is over {kept}"
    )]
    CheckpointGone {
        /// Entries under the one that was signed.
        signed: u64,
        /// Entries under the newest that is kept.
        kept: u64,
    },
    /// Nothing was signed yet.
    #[error("no checkpoint of the log was signed yet")]
    NoCheckpoint,
    /// The entry came after the newest checkpoint.
    #[error("entry {index} is not under the newest checkpoint, which is over {size} entries")]
    NotCovered {
        /// The entry, from 0.
        index: u64,
        /// Entries under the checkpoint.
        size: u64,
    },
    /// The secret of the newest key is not in the key database.
    #[error("the secret of the log's key {key} is gone")]
    KeyGone {
        /// The public key.
        key: String,
    },
    /// A kept key cannot be read.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// A kept checkpoint cannot be read, or a new one cannot be written.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A proof cannot be made.
    #[error(transparent)]
    Proof(#[from] ProofError<TileError<TileFault>>),
    /// The folder holds another log, or one that this log does not continue.
    #[error("{path} holds another log, or entries that this log does not have")]
    OtherFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file of a folder cannot be read or written.
    #[error("{path} cannot be read or written")]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A tile could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TileFault {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not there.
    #[error("{0} is missing")]
    Missing(Tile),
}

impl LogError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Root { .. } => "log-root-differs",
            Self::RolledBack { .. } => "log-rolled-back",
            Self::ForeignCheckpoint { .. } => "log-foreign-checkpoint",
            Self::NotContinued { .. } => "log-not-continued",
            Self::CheckpointGone { .. } => "log-checkpoint-gone",
            Self::NoCheckpoint => "log-no-checkpoint",
            Self::NotCovered { .. } => "log-not-covered",
            Self::KeyGone { .. } => "log-key-gone",
            Self::Key(error) => error.code(),
            Self::Note(error) => error.code(),
            Self::Proof(error) => error.code(),
            Self::OtherFolder { .. } => "log-other-folder",
            Self::File { .. } => "log-file",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Store(error) => error.help(),
            Self::Root { .. } => {
                "nothing is written any more; `bellwether log verify` names what was changed; keep a \
                 copy of the data directory, then restore the last backup"
            }
            Self::RolledBack { .. } => {
                "this data is an older copy: `bellwether restore --in-place` goes on from it in a new \
                 epoch, and says so in the log"
            }
            Self::ForeignCheckpoint { .. } => {
                "bring the newest checkpoint of this very log, or restore without one"
            }
            Self::NotContinued { .. } => {
                "keep both checkpoints: together they show that this log was rewritten or set back"
            }
            Self::CheckpointGone { .. } => {
                "`bellwether log checkpoint` signs again; find out who could write to the file"
            }
            Self::NoCheckpoint | Self::NotCovered { .. } => {
                "`bellwether log checkpoint` signs what is there now"
            }
            Self::KeyGone { .. } => {
                "restore the newest backup of keys.db; if there is none, `bellwether log rotate-key --yes` \
                 makes another key"
            }
            Self::Key(_) | Self::Note(_) | Self::Proof(_) => {
                "`bellwether log verify` names what is damaged; restore the last backup"
            }
            Self::OtherFolder { .. } => "name an empty folder",
            Self::File { .. } => "check the path, the disk and who may write there",
        }
    }
}

/// What a data directory itself says about who signs an epoch of its log. Whoever doubts the directory
/// brings keys of their own.
///
/// # Errors
/// [`LogError`] when a kept key cannot be read.
pub fn own_trust(view: &View, epoch: &Epoch) -> Result<Trust, LogError> {
    let keys = view.log_keys()?.into_iter().filter(|key| key.epoch <= epoch.number);
    let log_keys: Result<Vec<VerifierKey>, BadKey> = keys.map(|key| key.vkey.parse()).collect();
    let (origin, witnesses) = (epoch.origin.clone(), Vec::new());
    Ok(Trust { origin, log_keys: log_keys?, witnesses, needed: 0 })
}

/// The checkpoint of an epoch to show to others: the newest that so many witnesses signed, or, where
/// they never did, the newest of all.
///
/// # Errors
/// [`LogError::NoCheckpoint`], or what the store says.
pub fn published(view: &View, epoch: u64, witnesses: usize) -> Result<Checkpoint, LogError> {
    let cosigned = view.last_cosigned(epoch, witnesses as u64)?;
    let newest = || view.last_checkpoint(epoch);
    cosigned.map_or_else(newest, |kept| Ok(Some(kept)))?.ok_or(LogError::NoCheckpoint)
}
