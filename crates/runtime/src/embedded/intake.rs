//! What cannot be used: refused rows go to quarantine, sealed, with their reason.

use super::Embedded;
use crate::error::DriveError;
use crate::keys::Slot;
use crate::seal::Context;
use bellwether_adapters::Refusal;
use bellwether_core::{Digest, Purpose, StreamId, Timestamp};
use bellwether_store::{Import, NewImport, Quarantined, View};

/// The note that holds the slot under which refused rows are sealed.
const REFUSED_SLOT: &str = "refused-slot";

/// The slot that refused rows are sealed under, if one was taken.
pub(super) fn refused_slot(store: &View) -> Result<Option<Slot>, DriveError> {
    let note = store.note(REFUSED_SLOT)?;
    Ok(note.and_then(|bytes| bytes.try_into().ok()).map(Slot::from_be_bytes))
}

impl Embedded {
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
            Some(slot) => slot,
            None => {
                let slot = self.edge.vault_mut().take_slot()?;
                self.store.put_note(REFUSED_SLOT, &slot.to_be_bytes())?;
                self.refused = Some(slot);
                slot
            }
        };
        let row = refusal.row.reveal(Purpose::Seal);
        let first = Digest::of(row).as_bytes().first_chunk::<8>().copied().unwrap_or_default();
        let field = refusal.problem.code;
        let context = Context { stream: StreamId::SYSTEM, event: u64::from_be_bytes(first), field };
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
