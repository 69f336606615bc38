//! Erasing again: what was cut short, and what a restored backup brought back.
//!
//! - In: the erasures that the data tells of, the keys that the key database says are destroyed.
//! - Out: receipts of what was left to do.
//! - Never: trusts one of the two databases alone: either may be older than the other.

use super::{Receipt, Subject};
use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::identity::Blind;
use crate::keys::Slot;
use bellwether_core::Timestamp;
use std::collections::BTreeSet;

impl Embedded {
    /// Finishes erasures that were cut short, and destroys keys of erased people that an older key
    /// database still has. For whoever opens a directory for work, before anything else.
    ///
    /// # Errors
    /// What the stores say; whatever is left is done the next time.
    pub fn finish_erasures(&mut self, at: Timestamp) -> Result<Vec<Receipt>, DriveError> {
        let mut finished = Vec::new();
        for erasure in self.store().erasures()? {
            if erasure.done.is_none() || self.has_keys(&erasure.slots)? {
                finished.push(self.finish_erasure(&erasure, None, at)?);
            }
        }
        Ok(finished)
    }

    /// After a restore, once an epoch: erases again whoever was erased since the backup. Nothing else may
    /// be done before it has succeeded.
    ///
    /// # Errors
    /// What the stores say; then run it again.
    pub fn settle_restore(&mut self, at: Timestamp) -> Result<Option<Receipt>, DriveError> {
        const SETTLED: &str = "restore_settled";
        let epoch = self.store().epoch()?.number;
        let mark = epoch.to_be_bytes();
        if epoch == 1 || self.store().note(SETTLED)?.as_deref() == Some(&mark[..]) {
            return Ok(None);
        }
        let receipt = self.erase_restored(at)?;
        self.store_mut().put_note(SETTLED, &mark)?;
        Ok(receipt)
    }

    /// Erases whoever the key database says is erased while the data still tells of them: for data from
    /// a backup that is older than the erasure. `None` when there is nobody.
    ///
    /// # Errors
    /// What the stores say; then run it again.
    pub fn erase_restored(&mut self, at: Timestamp) -> Result<Option<Receipt>, DriveError> {
        let known: BTreeSet<Slot> =
            self.store().erasures()?.into_iter().flat_map(|erasure| erasure.slots).collect();
        let mut subject = Subject::default();
        let named = self.store().slots_named()?;
        let keys = self.store().keys()?;
        for slot in keys.destroyed()? {
            if named.contains(&slot) && !known.contains(&slot) {
                self.add_slot(&mut subject, slot)?;
            }
        }
        // Also what leads to somebody else, such as an address to its company's account.
        let erased = keys.erased()?;
        self.store().each_blind(|blind| {
            if erased.contains(&self.edge_ref().guard_hash(&Blind(blind))) {
                subject.blinds.insert(Blind(blind));
            }
        })?;
        self.add_hashes(&mut subject);
        match subject.slots.is_empty() && subject.blinds.is_empty() {
            true => Ok(None),
            false => self.begin(&subject, at).map(Some),
        }
    }

    fn has_keys(&self, slots: &[Slot]) -> Result<bool, DriveError> {
        let keys = self.store().keys()?;
        for slot in slots {
            if keys.key(*slot)?.is_some_and(|key| key.wrapped.is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
