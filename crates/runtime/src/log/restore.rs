//! After a restore: the log goes on in a new epoch, and says from where.
//!
//! A tree that was signed once cannot be continued from an earlier point: others hold checkpoints that
//! it would contradict. So the restored records stay the old tree, and a new one begins.

use super::LogError;
use bellwether_core::Timestamp;
use bellwether_store::{Checkpoint, NewEpoch, Options, Store};
use std::path::Path;

/// What a restore found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The epoch that begins.
    pub epoch: u64,
    /// The first line of its checkpoints.
    pub origin: String,
    /// Records that the restored data has in the epoch before.
    pub records: u64,
    /// Records that were signed there: more than that are lost if this is larger.
    pub signed: u64,
    /// Effects that waited; whether they were performed since must be asked before any is sent.
    pub unknown: u64,
}

/// Begins a new epoch in a data directory whose `data.db` was restored. Its first leaf is written when
/// the directory is opened for work. `known` is the newest checkpoint that somebody else kept.
///
/// # Errors
/// [`LogError`] when the directory cannot be opened for work.
pub fn begin_epoch(
    dir: &Path,
    known: Option<Checkpoint>,
    at: Timestamp,
) -> Result<Restored, LogError> {
    let mut store = Store::open(dir, &Options::default())?;
    let keys = store.keys()?;
    let (epoch, signed) = (store.epoch()?, keys.signed()?);
    let kept = store.last_checkpoint(epoch.number)?;
    let last = [known, signed, kept].into_iter().flatten();
    let last = last.max_by_key(|checkpoint| (checkpoint.epoch, checkpoint.head.size));
    let number = last.as_ref().map_or(0, |last| last.epoch).max(epoch.number) + 1;
    let origin = later_origin(&epoch.origin, number);
    let before = last.as_ref().map(|last| last.note.as_slice()).unwrap_or_default();
    let slots_taken = keys.next_free_slot()? - 1;
    let new = NewEpoch { number, origin: &origin, before, at, slots_taken };
    let unknown = store.begin_epoch(&new)?;
    let signed = last.as_ref().filter(|last| last.epoch >= epoch.number);
    let signed = signed.map_or(0, |last| last.head.size);
    Ok(Restored { epoch: number, origin, records: epoch.size, signed, unknown })
}

/// `bellwether/eu/acme/1a2b` -> `bellwether/eu/acme/1a2b/e2` -> `bellwether/eu/acme/1a2b/e3`.
fn later_origin(origin: &str, number: u64) -> String {
    let base = match origin.rsplit_once("/e") {
        Some((base, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => base,
        _ => origin,
    };
    format!("{base}/e{number}")
}
