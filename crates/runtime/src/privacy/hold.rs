//! Restricting and objecting: who is held back from decisions, until that is lifted.

use super::{PrivacyError, Subject};
use crate::edge::Standing;
use crate::embedded::Embedded;
use crate::error::DriveError;
use bellwether_core::Timestamp;
use bellwether_store::{Guard, StoreError, View};
use std::collections::BTreeSet;

impl Embedded {
    /// Guards somebody, also one of whom nothing is kept yet. Says whether that changed anything.
    ///
    /// # Errors
    /// `privacy-unknown` if there is nothing to tell them by; what the store says.
    pub fn hold(
        &mut self,
        subject: &Subject,
        standing: Standing,
        at: Timestamp,
    ) -> Result<bool, DriveError> {
        let slot = subject.slots.keys().next().copied();
        let guard = |hash: &[u8; 16]| Guard {
            hash: *hash,
            kind: standing.as_str().to_owned(),
            at,
            erasure: None,
            slot,
        };
        let guards: Vec<_> = subject.hashes.iter().map(guard).collect();
        if guards.is_empty() {
            return Err(PrivacyError::Unknown.into());
        }
        let changed = self.store_mut().put_guards(&guards)?;
        self.edge().guard_anew()?;
        Ok(changed > 0)
    }

    /// Lifts a guard: what comes from here on counts again. An erased person may be learnt anew. Says
    /// whether there was one.
    ///
    /// # Errors
    /// What the store says.
    pub fn lift(&mut self, subject: &Subject, standing: Standing) -> Result<bool, DriveError> {
        let hashes: Vec<_> = subject.hashes.iter().copied().collect();
        let lifted = self.store_mut().drop_guards(standing.as_str(), &hashes)?;
        if standing == Standing::Erased {
            self.store().keys()?.drop_erased(&hashes)?;
        }
        self.edge().guard_anew()?;
        Ok(lifted > 0)
    }
}

/// Key slots of whom nothing may be shown.
///
/// # Errors
/// What the store says.
pub fn restricted(store: &View) -> Result<BTreeSet<u64>, StoreError> {
    let guards = store.guards()?.into_iter();
    let held = guards.filter(|guard| guard.kind == Standing::Restricted.as_str());
    Ok(held.filter_map(|guard| guard.slot).collect())
}
