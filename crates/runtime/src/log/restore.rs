//! After a restore: the log goes on in a new epoch, and says from where.
//!
//! A tree that was signed once cannot be continued from an earlier point: others hold checkpoints that
//! it would contradict. So the restored records stay the old tree, and a new one begins.

use super::{LogError, own_trust};
use bellwether_core::Timestamp;
use bellwether_ledger::note::Note;
use bellwether_store::{Checkpoint, Epoch, Keys, NewEpoch, Options, Store};
use std::path::Path;

/// A note that goes into a record; the record has 16 KiB.
const LONGEST_NOTE: usize = 8 << 10;

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

/// Begins a new epoch in restored data, in one transaction. Its first leaf is written when the directory
/// is opened for work. `data` is the folder of `data.db`, which may still stand apart from its keys;
/// `known` is the newest checkpoint that somebody else kept.
///
/// # Errors
/// [`LogError::ForeignCheckpoint`] for a checkpoint that this log did not sign; [`LogError`] when the
/// data cannot be opened for work.
pub fn begin_epoch(
    data: &Path,
    keys: &Keys,
    known: Option<&[u8]>,
    at: Timestamp,
) -> Result<Restored, LogError> {
    let mut store = Store::open(data, &Options::default())?;
    let epoch = store.epoch()?;
    let known = known.map(|note| believed(&store, note, at)).transpose()?;
    let kept = store.last_checkpoint(epoch.number)?;
    let last = keys.signed()?.into_iter().chain(known).chain(kept);
    let last = last.max_by_key(|checkpoint| (checkpoint.epoch, checkpoint.head.size));
    let number = last.as_ref().map_or(0, |last| last.epoch).max(epoch.number) + 1;
    let origin = later_origin(&epoch, number);
    let before = last.as_ref().map(|last| last.note.as_slice());
    // Co-signatures may make a note long; whom it is of and what it says stands in its first lines.
    let before = before.filter(|note| note.len() <= LONGEST_NOTE).unwrap_or_default();
    let slots_taken = keys.next_free_slot()? - 1;
    let new = NewEpoch { number, origin: &origin, before, at, slots_taken };
    let unknown = store.begin_epoch(&new)?;
    // A restore moves `data.db` alone to its place. Only where it is in place already can somebody who
    // reads it keep its write-ahead log beside it.
    store.fold_log()?;
    let signed = last.as_ref().filter(|last| last.epoch >= epoch.number);
    let signed = signed.map_or(0, |last| last.head.size);
    Ok(Restored { epoch: number, origin, records: epoch.size, signed, unknown })
}

/// A checkpoint that was brought along, if a key of this log signed it for one of its epochs.
fn believed(store: &Store, bytes: &[u8], at: Timestamp) -> Result<Checkpoint, LogError> {
    let foreign = |why: String| LogError::ForeignCheckpoint { why };
    if bytes.len() > LONGEST_NOTE {
        return Err(foreign("it is longer than 8 KiB".to_owned()));
    }
    let note = Note::parse(bytes).map_err(|error| foreign(error.to_string()))?;
    let mut why = "it names another log".to_owned();
    for epoch in store.epochs()? {
        match own_trust(store, &epoch)?.open(&note) {
            Ok(opened) => {
                let (head, note) = (opened.checkpoint.head, bytes.to_vec());
                return Ok(Checkpoint { epoch: epoch.number, head, note, cosigned: 0, at });
            }
            Err(error) if note.text().lines().next() == Some(epoch.origin.as_str()) => {
                why = error.to_string();
            }
            Err(_) => {}
        }
    }
    Err(foreign(why))
}

/// `bellwether/eu/acme/1a2b` -> `bellwether/eu/acme/1a2b/e2` -> `bellwether/eu/acme/1a2b/e3`.
fn later_origin(epoch: &Epoch, number: u64) -> String {
    let own = format!("/e{}", epoch.number);
    let base = Some(epoch.origin.as_str()).filter(|_| epoch.number > 1);
    let base = base.and_then(|origin| origin.strip_suffix(&own)).unwrap_or(&epoch.origin);
    format!("{base}/e{number}")
}
