//! Restricting and objecting: who is held back from decisions, until that is lifted.

use super::{PrivacyError, Subject};
use crate::edge::Standing;
use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::identity::Blind;
use crate::keys::Slot;
use bellwether_core::{AccountId, SubjectId, Timestamp};
use bellwether_store::{Guard, StoreError, View};
use std::collections::BTreeSet;

impl Embedded {
    /// Guards somebody, also one of whom nothing is kept yet: ask again once there is an account of
    /// theirs, for its name to be hidden. Says whether that changed anything.
    ///
    /// # Errors
    /// `privacy-unknown` if there is nothing to tell them by; what the store says.
    pub fn hold(
        &mut self,
        subject: &Subject,
        standing: Standing,
        at: Timestamp,
    ) -> Result<bool, DriveError> {
        let blinds: Vec<_> = subject.blinds.iter().collect();
        let named = self.store().find(&blinds.iter().map(|blind| blind.0).collect::<Vec<_>>())?;
        let own = |slot: &Slot| subject.slots.contains_key(slot);
        let slots: Vec<_> =
            named.into_iter().map(|one| one.map(|one| one.slot).filter(own)).collect();
        // Names are hidden by the slot of their account. What names nobody yet goes with the rest.
        let whole = |(slot, id): (&Slot, &SubjectId)| {
            subject.accounts.contains(&AccountId(id.0)).then_some(*slot)
        };
        let account = subject.slots.iter().find_map(whole);
        let any = account.or_else(|| slots.iter().flatten().next().copied());
        let guard = |(blind, slot): (&Blind, Option<Slot>)| Guard {
            hash: self.edge_ref().guard_hash(blind),
            kind: standing.as_str().to_owned(),
            at,
            erasure: None,
            slot: slot.or(any),
        };
        let guards: Vec<_> = blinds.into_iter().zip(slots).map(guard).collect();
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
