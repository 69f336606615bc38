//! What cannot be used: refused rows go to quarantine, each sealed under a key of its own, with
//! the reason; of a batch that failed nothing is left.

use super::{Embedded, guarded};
use crate::edge::{Standing, Taken};
use crate::error::DriveError;
use crate::seal::{self, Context};
use bellwether_adapters::Refusal;
use bellwether_core::{Personal, Purpose, StreamId, Timestamp};
use bellwether_store::{Access, Account, Identity, Import, NewImport, Quarantined};

impl Embedded {
    /// Forgets everything that was taken since the last commit.
    pub(crate) fn drop_batch(&mut self) {
        self.edge.rollback();
        self.owners.rollback();
        self.behind.forget_pending();
        if let Some((active, canary)) = self.pending.rules.take() {
            self.edge.share(canary.as_ref().map(|canary| canary.share));
            (self.active, self.canary) = (active, canary);
        }
        for stream in std::mem::take(&mut self.pending.touched) {
            self.streams.remove(&stream);
            self.known.forget(stream);
            self.evicted.insert(stream);
        }
        self.pending.batch = bellwether_store::Batch::new(self.pending.batch.at);
    }

    /// What the next commit writes beside a signal that was taken.
    pub(super) fn note_arrivals(&mut self, taken: &Taken, at: Timestamp) {
        let batch = &mut self.pending.batch;
        batch.at = batch.at.max(at);
        batch.tallies.extend(taken.standing.map(guarded));
        batch.accounts.extend(taken.accounts.iter().map(|account| Account {
            slot: account.slot,
            id: account.id,
            name_sealed: account.name_sealed.clone(),
        }));
        batch.identities.extend(taken.learnt.iter().map(|(blind, slot, how)| Identity {
            blind: blind.0.to_vec(),
            slot: *slot,
            how: how.as_str().to_owned(),
            since: at,
        }));
    }

    /// The event that was stepped last belongs to a trace (W3C `traceparent`), and so do its effects.
    pub(crate) fn trace_last(&mut self, trace: Option<String>) {
        if let Some(entry) = self.pending.batch.entries.last_mut() {
            entry.trace = trace;
        }
    }

    /// Begins an import, or finds where it was interrupted.
    pub(crate) fn begin_import(&mut self, what: &NewImport) -> Result<Import, DriveError> {
        Ok(self.store.begin_import(what)?)
    }

    /// Keeps a refused row, sealed under a key of its own, so that each can be erased apart; durable
    /// after the next commit. `source` is the mapping that read it. A row with the address of somebody
    /// who was erased is only counted.
    ///
    /// # Errors
    /// [`DriveError`] when no key can be had.
    pub fn quarantine(
        &mut self,
        refusal: &Refusal,
        source: &str,
        import: u64,
        at: Timestamp,
    ) -> Result<(), DriveError> {
        let row = refusal.row.reveal(Purpose::Seal);
        if self.edge.tells_of_erased(row) {
            self.pending.batch.tallies.push(super::guarded(Standing::Erased));
            return Ok(());
        }
        let slot = self.edge.vault_mut().take_slot()?;
        let sealed = self.edge.vault_mut().sealer(&[slot])?.seal(&context(import), row)?;
        let place = refusal.problem.place.as_ref().map(ToString::to_string).unwrap_or_default();
        self.pending.batch.quarantine.push(Quarantined {
            code: refusal.problem.code.to_owned(),
            place,
            reason: refusal.problem.message.clone(),
            source: source.to_owned(),
            import: Some(import),
            at,
            subject: slot,
            sealed,
        });
        Ok(())
    }

    /// Opens a quarantined row.
    ///
    /// # Errors
    /// [`DriveError`] when its key is gone or it is damaged.
    pub fn open_quarantined(&self, row: &Quarantined) -> Result<Personal<Vec<u8>>, DriveError> {
        let import = row.import.unwrap_or_default();
        Ok(seal::open(self.edge.vault(), &context(import), &row.sealed)?)
    }

    /// Records that sealed data is about to be opened by hand.
    ///
    /// # Errors
    /// [`DriveError`] when it cannot be written; then nothing may be shown.
    pub fn note_access(&mut self, access: &Access) -> Result<(), DriveError> {
        Ok(self.store.put_access(access)?)
    }

    /// Forgets that the files of an import were held back.
    ///
    /// # Errors
    /// [`DriveError`] when it cannot be written.
    pub fn forget_held(&mut self, import: u64) -> Result<u64, DriveError> {
        Ok(self.store.drop_gate_results(import)?)
    }

    /// Removes quarantined rows for ever: their keys first, then the rows. Says how many there were.
    ///
    /// # Errors
    /// [`DriveError`] when it could not be done whole; then do it again.
    pub fn drop_quarantined(
        &mut self,
        rows: &[(u64, Quarantined)],
        at: Timestamp,
    ) -> Result<u64, DriveError> {
        let (ids, slots): (Vec<_>, Vec<_>) =
            rows.iter().map(|(id, row)| (*id, row.subject)).unzip();
        self.store.keys()?.destroy_all(&slots, at)?;
        self.edge.forget();
        Ok(self.store.release(&ids)?)
    }
}

/// Where a refused row is sealed. No part of a signal can be called so.
fn context(import: u64) -> Context<'static> {
    Context { stream: StreamId::SYSTEM, event: import, field: "~refused" }
}
