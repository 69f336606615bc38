//! A key database in memory, for tests, the demo and simulations. Clones share what they hold.

use super::{KeyStore, RingKey, Slot, StoreFault, StoredKey};
use bellwether_core::{SubjectId, Timestamp};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Wrapped keys in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryKeys(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    keys: Vec<StoredKey>,
    ring: Vec<RingKey>,
    secrets: BTreeMap<String, Vec<u8>>,
}

impl MemoryKeys {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(slot: Slot) -> usize {
    usize::try_from(slot).map_or(usize::MAX, |slot| slot.wrapping_sub(1))
}

impl KeyStore for MemoryKeys {
    fn next_free_slot(&self) -> Result<Slot, StoreFault> {
        Ok(self.held().keys.len() as Slot + 1)
    }

    fn mint_block(&mut self, block: &[(SubjectId, Vec<u8>)]) -> Result<Range<Slot>, StoreFault> {
        let first = self.next_free_slot()?;
        let stored = |(id, wrapped): &(SubjectId, Vec<u8>)| StoredKey {
            id: *id,
            wrapped: Some(wrapped.clone()),
        };
        self.held().keys.extend(block.iter().map(stored));
        Ok(first..first + block.len() as Slot)
    }

    fn key(&self, slot: Slot) -> Result<Option<StoredKey>, StoreFault> {
        Ok(self.held().keys.get(place(slot)).cloned())
    }

    fn destroy(&mut self, slot: Slot, _at: Timestamp) -> Result<bool, StoreFault> {
        Ok(self.held().keys.get_mut(place(slot)).is_some_and(|key| key.wrapped.take().is_some()))
    }

    fn ring(&self) -> Result<Vec<RingKey>, StoreFault> {
        Ok(self.held().ring.clone())
    }

    fn put_ring(&mut self, keys: &[RingKey], _at: Timestamp) -> Result<(), StoreFault> {
        self.held().ring.extend_from_slice(keys);
        Ok(())
    }

    fn keep_ring(&mut self, master: [u8; 8], version: u64) -> Result<(), StoreFault> {
        self.held().ring.retain(|row| row.master == master && row.version == version);
        Ok(())
    }

    fn rewrap(&mut self, block: &[(Slot, Vec<u8>)]) -> Result<(), StoreFault> {
        let mut held = self.held();
        for (slot, wrapped) in block {
            let key = held.keys.get_mut(place(*slot));
            if let Some(old) = key.and_then(|key| key.wrapped.as_mut()) {
                old.clone_from(wrapped);
            }
        }
        Ok(())
    }

    fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, StoreFault> {
        Ok(self.held().secrets.clone().into_iter().collect())
    }

    fn put_secrets(
        &mut self,
        secrets: &[(String, Vec<u8>)],
        _at: Timestamp,
    ) -> Result<(), StoreFault> {
        self.held().secrets.extend(secrets.iter().cloned());
        Ok(())
    }
}
