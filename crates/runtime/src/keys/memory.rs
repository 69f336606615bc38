//! A key database in memory, for tests, the demo and simulations. Clones share what they hold.

use super::{KeyStore, RingKey, Slot, StoreFault, StoredKey};
use bellwether_core::{SubjectId, Timestamp};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Wrapped keys in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryKeys(Arc<Mutex<Vec<StoredKey>>>, Arc<Mutex<Vec<RingKey>>>);

impl MemoryKeys {
    fn keys(&self) -> MutexGuard<'_, Vec<StoredKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self) -> MutexGuard<'_, Vec<RingKey>> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(slot: Slot) -> usize {
    usize::try_from(slot).map_or(usize::MAX, |slot| slot.wrapping_sub(1))
}

impl KeyStore for MemoryKeys {
    fn next_free_slot(&self) -> Result<Slot, StoreFault> {
        Ok(self.keys().len() as Slot + 1)
    }

    fn mint_block(&mut self, block: &[(SubjectId, Vec<u8>)]) -> Result<Range<Slot>, StoreFault> {
        let first = self.next_free_slot()?;
        let stored = |(id, wrapped): &(SubjectId, Vec<u8>)| StoredKey {
            id: *id,
            wrapped: Some(wrapped.clone()),
        };
        self.keys().extend(block.iter().map(stored));
        Ok(first..first + block.len() as Slot)
    }

    fn key(&self, slot: Slot) -> Result<Option<StoredKey>, StoreFault> {
        Ok(self.keys().get(place(slot)).cloned())
    }

    fn destroy(&mut self, slot: Slot, _at: Timestamp) -> Result<bool, StoreFault> {
        let mut keys = self.keys();
        Ok(keys.get_mut(place(slot)).is_some_and(|key| key.wrapped.take().is_some()))
    }

    fn ring(&self) -> Result<Vec<RingKey>, StoreFault> {
        Ok(self.rows().clone())
    }

    fn put_ring(&mut self, keys: &[RingKey], _at: Timestamp) -> Result<(), StoreFault> {
        self.rows().extend_from_slice(keys);
        Ok(())
    }

    fn keep_ring(&mut self, master: [u8; 8], version: u64) -> Result<(), StoreFault> {
        self.rows().retain(|row| row.master == master && row.version == version);
        Ok(())
    }

    fn rewrap(&mut self, block: &[(Slot, Vec<u8>)]) -> Result<(), StoreFault> {
        for (slot, wrapped) in block {
            if let Some(old) =
                self.keys().get_mut(place(*slot)).and_then(|key| key.wrapped.as_mut())
            {
                old.clone_from(wrapped);
            }
        }
        Ok(())
    }
}
