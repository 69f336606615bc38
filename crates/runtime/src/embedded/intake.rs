//! What cannot be used: refused rows go to quarantine, sealed, with their reason.

use super::Embedded;
use crate::error::DriveError;
use crate::keys::Slot;
use crate::seal::Context;
use bellwether_adapters::Refusal;
use bellwether_core::{Purpose, StreamId, Timestamp};
use bellwether_store::{Import, NewImport, Quarantined, View};

/// The note that holds the slot under which refused rows are sealed.
const REFUSED_SLOT: &str = "refused-slot";

/// The slot that refused rows are sealed under. It is noted once a batch that uses it is committed: a
/// slot that was only taken may be given to an account after a crash.
#[derive(Clone, Copy, Debug)]
pub(super) struct RefusedSlot {
    slot: Slot,
    noted: bool,
}

/// The slot that refused rows are sealed under, if one was noted.
pub(super) fn refused_slot(store: &View) -> Result<Option<RefusedSlot>, DriveError> {
    let note = store.note(REFUSED_SLOT)?;
    let slot = note.and_then(|bytes| bytes.try_into().ok()).map(Slot::from_be_bytes);
    Ok(slot.map(|slot| RefusedSlot { slot, noted: true }))
}

impl Embedded {
    /// A batch was committed: the slot is taken for good.
    pub(super) fn note_refused_slot(&mut self) {
        if let Some(refused) = self.refused.as_mut().filter(|refused| !refused.noted) {
            refused.noted = self.store.put_note(REFUSED_SLOT, &refused.slot.to_be_bytes()).is_ok();
        }
    }

    /// A batch was dropped: a slot that only it used is free again.
    pub(super) fn forget_refused_slot(&mut self) {
        self.refused = self.refused.filter(|refused| refused.noted);
    }

    /// Begins an import, or finds where it was interrupted.
    pub(crate) fn begin_import(&mut self, what: &NewImport) -> Result<Import, DriveError> {
        Ok(self.store.begin_import(what)?)
    }

    /// Keeps a refused row, sealed; durable after the next commit.
    ///
    /// # Errors
    /// [`DriveError`] when no key can be had.
    pub fn quarantine(
        &mut self,
        refusal: &Refusal,
        import: u64,
        at: Timestamp,
    ) -> Result<(), DriveError> {
        let slot = match self.refused {
            Some(refused) => refused.slot,
            None => {
                let slot = self.edge.vault_mut().take_slot()?;
                self.refused = Some(RefusedSlot { slot, noted: false });
                slot
            }
        };
        let row = refusal.row.reveal(Purpose::Seal);
        let field = refusal.problem.code;
        let context = Context { stream: StreamId::SYSTEM, event: import, field };
        let sealed = self.edge.vault_mut().sealer(&[slot])?.seal(&context, row)?;
        let place = refusal.problem.place.as_ref().map(ToString::to_string).unwrap_or_default();
        self.pending.batch.quarantine.push(Quarantined {
            code: refusal.problem.code.to_owned(),
            place,
            source: String::new(),
            import: Some(import),
            at,
            subject: slot,
            sealed,
        });
        Ok(())
    }
}
