//! Wiring: the edge's traits over the store, and over memory for rehearsals.

use crate::edge::{Edge, Standing};
use crate::identity::{Blind, IdentityStore, MemoryIdentities};
use crate::keys::{
    KeyError, KeyProvider, KeyStore, MemoryKeys, RingKey, SeededKeys, Slot, StoreFault, StoredKey,
};
use crate::lineage::end_of;
use bellwether_core::{SubjectId, Timestamp};
use bellwether_store::{Guard, Keys, RingRow, Store, StoreError, View};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Which account's signals count for which other one; shared between the edge and the driver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links(Arc<Mutex<BTreeMap<Slot, Slot>>>);

impl Links {
    fn read(store: &View) -> Result<Self, StoreError> {
        let links = Self::default();
        // An undone link says nothing of one that was made later, or earlier by a clock that was set back.
        for link in store.links()?.iter().filter(|link| link.undone.is_none()) {
            links.set(link.slot, Some(link.survivor));
        }
        Ok(links)
    }

    /// Counts a slot for another one from now on, or for itself again.
    pub(crate) fn set(&self, slot: Slot, survivor: Option<Slot>) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match survivor {
            Some(survivor) => links.insert(slot, survivor),
            None => links.remove(&slot),
        };
    }

    /// The slot at the end of a slot's links.
    pub(crate) fn survivor(&self, slot: Slot) -> Slot {
        let links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        end_of(&links, slot)
    }
}

/// An edge over the store's key database and identities.
pub(crate) fn edge(
    store: &Store,
    provider: Box<dyn KeyProvider + Send>,
) -> Result<(Edge, Links), KeyError> {
    let fault = |error: StoreError| KeyError::from(StoreFault::from(error));
    let tenant = store.meta().map_err(fault)?.tenant;
    let keys = Box::new(StoredKeys(match store.keys() {
        Err(StoreError::Missing { .. }) => return Err(KeyError::DatabaseMissing),
        other => other.map_err(fault)?,
    }));
    let links = Links::read(store).map_err(fault)?;
    let view = store.view().map_err(fault)?;
    let reader = store.keys().map_err(fault)?;
    let identities = Box::new(StoredIdentities { view, keys: reader, links: links.clone() });
    let newest = store.newest_account().map_err(fault)?;
    let edge = Edge::open(provider, keys, identities, &tenant)?;
    if let Some((slot, account)) = newest
        && edge.vault().read_id(slot)?.0 != account.0
    {
        return Err(KeyError::Foreign { slot });
    }
    Ok((edge, links))
}

/// An edge that only looks up: over a store that was opened for reading, beside whoever writes.
///
/// # Errors
/// [`KeyError`] when the keys are not there, or are others.
pub fn reading_edge(
    store: &Store,
    provider: Box<dyn KeyProvider + Send>,
) -> Result<Edge, KeyError> {
    Ok(edge(store, provider)?.0)
}

/// An edge in memory whose keys and ids come from a seed.
pub(crate) fn seeded_edge(seed: u64) -> Result<(Edge, MemoryIdentities), KeyError> {
    let identities = MemoryIdentities::default();
    let held = Box::new(identities.clone());
    let keys = Box::new(MemoryKeys::default());
    Ok((Edge::open(Box::new(SeededKeys(seed)), keys, held, "rehearsal")?, identities))
}

impl From<StoreError> for StoreFault {
    fn from(error: StoreError) -> Self {
        Self { reason: error.code(), source: Box::new(error) }
    }
}

impl StoreFault {
    /// What to do about it: the store's own next step.
    pub fn help(&self) -> &'static str {
        let known = self.source.downcast_ref::<StoreError>();
        known.map_or(
            "run `bellwether doctor`: it says what is wrong with the store",
            StoreError::help,
        )
    }
}

/// The key database of a store. Opened for reading, it refuses whatever would change it.
pub struct StoredKeys(pub Keys);

impl KeyStore for StoredKeys {
    fn next_free_slot(&self) -> Result<Slot, StoreFault> {
        Ok(self.0.next_free_slot()?)
    }

    fn mint_block(&mut self, block: &[(SubjectId, Vec<u8>)]) -> Result<Range<Slot>, StoreFault> {
        Ok(self.0.mint_block(block)?)
    }

    fn key(&self, slot: Slot) -> Result<Option<StoredKey>, StoreFault> {
        let kept = self.0.key(slot)?;
        Ok(kept.map(|key| StoredKey { id: key.id, wrapped: key.wrapped }))
    }

    fn destroy(&mut self, slot: Slot, at: Timestamp) -> Result<bool, StoreFault> {
        Ok(self.0.destroy(slot, at)?)
    }

    fn ring(&self) -> Result<Vec<RingKey>, StoreFault> {
        let read = |row: RingRow| RingKey {
            master: row.master,
            what: row.what,
            version: row.version,
            wrapped: row.wrapped,
        };
        Ok(self.0.ring()?.into_iter().map(read).collect())
    }

    fn put_ring(&mut self, keys: &[RingKey], at: Timestamp) -> Result<(), StoreFault> {
        let row = |key: &RingKey| RingRow {
            master: key.master,
            what: key.what.clone(),
            version: key.version,
            wrapped: key.wrapped.clone(),
            at,
        };
        Ok(self.0.put_ring(&keys.iter().map(row).collect::<Vec<_>>())?)
    }

    fn keep_ring(&mut self, master: [u8; 8], version: u64) -> Result<(), StoreFault> {
        self.0.keep_ring(master, version)?;
        Ok(self.0.rewrite()?)
    }

    fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, StoreFault> {
        Ok(self.0.secrets()?)
    }

    fn put_secrets(
        &mut self,
        secrets: &[(String, Vec<u8>)],
        at: Timestamp,
    ) -> Result<(), StoreFault> {
        Ok(self.0.put_secrets(secrets, at)?)
    }

    fn rewrap(&mut self, block: &[(Slot, Vec<u8>)]) -> Result<(), StoreFault> {
        Ok(self.0.rewrap(block)?)
    }
}

struct StoredIdentities {
    view: View,
    keys: Keys,
    links: Links,
}

impl IdentityStore for StoredIdentities {
    fn find(&self, blind: &Blind) -> Result<Option<Slot>, StoreFault> {
        let found = self.view.find(&[blind.0])?;
        Ok(found.into_iter().next().flatten().map(|identity| identity.slot))
    }

    fn survivor(&self, slot: Slot) -> Result<Slot, StoreFault> {
        Ok(self.links.survivor(slot))
    }

    fn next_slot(&self) -> Result<Slot, StoreFault> {
        Ok(self.view.slots_taken()? + 1)
    }

    fn guards(&self) -> Result<Vec<([u8; 16], Standing)>, StoreFault> {
        let read = |guard: Guard| Some((guard.hash, Standing::from_word(&guard.kind)?));
        // Data from a backup does not know of the latest erasures; the key database does.
        let erased = self.keys.erased()?.into_iter().map(|hash| (hash, Standing::Erased));
        Ok(self.view.guards()?.into_iter().filter_map(read).chain(erased).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::EdgeError;

    #[test]
    fn a_fault_of_the_store_says_the_stores_next_step() {
        let help = StoreError::Uncertain.help();
        assert_eq!(EdgeError::from(StoreFault::from(StoreError::Uncertain)).help(), help);
        assert_eq!(KeyError::from(StoreFault::from(StoreError::Uncertain)).help(), help);
    }
}
