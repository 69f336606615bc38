//! The log: its state, its newest checkpoint, and proofs that stand alone.

use super::Desk;
use crate::cli::log::checkpoint::quorum;
use crate::cli::log::prove::proof_of;
use crate::cli::log::show::{Key, Signed, epochs, keys};
use crate::serve::problem::Refused;
use bellwether_runtime::log::published;
use serde::Serialize;
use utoipa::ToSchema;

/// The log as it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LogState {
    /// Its epochs, the oldest first; each is a tree of its own.
    pub(crate) epochs: Vec<Signed>,
    /// Public keys that sign or signed it, as signed notes write them.
    pub(crate) keys: Vec<Key>,
    /// How many witnesses must have signed what is published.
    pub(crate) quorum: usize,
}

/// The state of the log.
///
/// # Errors
/// What the store says.
pub(crate) fn state(desk: &Desk<'_>) -> Result<LogState, Refused> {
    let quorum = quorum(desk.context())?;
    Ok(LogState { epochs: epochs(desk.view)?, keys: keys(desk.view)?, quorum })
}

/// The newest checkpoint that may be shown, as a signed note.
///
/// # Errors
/// `log-no-checkpoint` before the first; what the store says.
pub(crate) fn checkpoint(desk: &Desk<'_>) -> Result<Vec<u8>, Refused> {
    let epoch = desk.view.epoch()?;
    Ok(published(desk.view, epoch.number, quorum(desk.context())?)?.note)
}

/// The bytes of a record, as its proof is about them.
///
/// # Errors
/// `http-not-found`; what the store says.
pub(crate) fn record(desk: &Desk<'_>, pos: u64) -> Result<Vec<u8>, Refused> {
    let entry = desk.view.entry(pos)?;
    let entry = entry.ok_or_else(|| Refused::not_found("there is no such record"))?;
    Ok(entry.record)
}

/// The proof of a record.
pub(crate) struct Proof {
    /// The proof file (c2sp.org/tlog-proof).
    pub(crate) file: String,
    /// The record's place in its tree, and the size of the tree under the checkpoint.
    pub(crate) index: u64,
    pub(crate) size: u64,
}

/// The proof that a record is in the log.
///
/// # Errors
/// `http-not-found`; `log-not-covered` for one that no checkpoint covers yet.
pub(crate) fn proof(desk: &Desk<'_>, pos: u64) -> Result<Proof, Refused> {
    record(desk, pos)?;
    let (_, kept, proof) = proof_of(desk.view, desk.context(), pos)?;
    let (index, size) = (proof.index, kept.head.size);
    Ok(Proof { file: proof.to_string(), index, size })
}
