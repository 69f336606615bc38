//! The vault: subject keys, minted ahead in blocks, unwrapped when they are used.
//!
//! A key is durable before its slot is handed out, so a signal only takes a slot and a crash can
//! never leave data sealed under a key that nobody has. Slot 1 belongs to nobody: whether its key
//! opens tells whether the master key is the right one.

use super::ring::Ring;
use super::{KeyError, KeyProvider, KeyStore, Recent, Secret, Slot, TenantKeys};
use crate::seal::Sealer;
use bellwether_core::{Id, SubjectId, Timestamp};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How many keys are minted at a time.
pub const BLOCK: Slot = 1_024;

/// The slot whose key is only there to be opened.
const CHECK: Slot = 1;

/// How many unwrapped keys are kept in each of the cache's two generations.
const KEPT: usize = 32_768;

/// How many sealers are kept in each of the cache's two generations: most signals come from whoever
/// wrote before.
const KEPT_SEALERS: usize = 4_096;

#[derive(Clone)]
struct Open {
    id: SubjectId,
    /// `None` once destroyed.
    key: Option<Secret>,
}

/// Subject keys and tenant keys of one tenant.
pub struct Vault {
    provider: Box<dyn KeyProvider + Send>,
    store: Box<dyn KeyStore + Send>,
    ring: Ring,
    /// The slot that is handed out next.
    next: Slot,
    /// The first slot that has no key yet.
    end: Slot,
    open: Recent<Slot, Open>,
    /// By the lowest and the highest slot of one or two subjects.
    sealers: Recent<(Slot, Slot), Arc<Sealer>>,
}

impl Vault {
    /// Opens the vault of a tenant; `next` is the slot after the highest one that data names.
    ///
    /// # Errors
    /// `key-wrong-master`, `key-damaged`, `key-database-behind`, and what provider and store say.
    pub fn open(
        provider: Box<dyn KeyProvider + Send>,
        store: Box<dyn KeyStore + Send>,
        tenant: &str,
        next: Slot,
    ) -> Result<Self, KeyError> {
        let ring = Ring::open(&provider.master()?, tenant, &store.ring()?)?;
        let end = store.next_free_slot()?;
        if next > end.max(CHECK + 1) {
            // Also an empty one: keys minted anew would be other keys than those that sealed the data.
            return Err(KeyError::Behind { named: next - 1, minted: end - 1 });
        }
        let next = next.max(CHECK + 1);
        let (open, sealers) = (Recent::new(KEPT), Recent::new(KEPT_SEALERS));
        let mut vault = Self { provider, store, ring, next, end, open, sealers };
        if end == CHECK {
            vault.mint()?;
        } else {
            vault.check_master()?;
        }
        Ok(vault)
    }

    /// The slot that [`Vault::take_slot`] hands out next.
    pub fn next_slot(&self) -> Slot {
        self.next
    }

    /// Hands out a slot whose key is durable, and not destroyed: data from a backup may not know yet
    /// that somebody had the slot and was erased.
    ///
    /// # Errors
    /// As [`Vault::mint`] and [`Vault::id`].
    pub fn take_slot(&mut self) -> Result<Slot, KeyError> {
        loop {
            if self.next >= self.end {
                self.mint()?;
            }
            let slot = self.next;
            self.next += 1;
            if self.entry(slot)?.key.is_some() {
                return Ok(slot);
            }
        }
    }

    /// Takes slots back that nothing durable names; the same ones are handed out again.
    pub fn rewind(&mut self, next: Slot) {
        self.next = next.clamp(CHECK + 1, self.next);
    }

    /// Mints a block if less than half of one is left; call it when there is nothing else to do.
    ///
    /// # Errors
    /// As [`Vault::mint`].
    pub fn mint_ahead(&mut self) -> Result<(), KeyError> {
        if self.end.saturating_sub(self.next) < BLOCK / 2 { self.mint() } else { Ok(()) }
    }

    /// Mints a block of keys.
    ///
    /// # Errors
    /// `key-randomness`, and what the store says.
    pub fn mint(&mut self) -> Result<(), KeyError> {
        let first = self.end;
        let (mut block, mut fresh) = (Vec::new(), Vec::new());
        for slot in first..first + BLOCK {
            let id = self.provider.fresh("id", slot)?;
            let id = Id::from_bytes(id.bytes().first_chunk().copied().unwrap_or_default());
            let key = self.provider.fresh("key", slot)?;
            let nonce = self.provider.fresh("nonce", slot)?;
            block.push((SubjectId(id), self.ring.wrap(slot, SubjectId(id), &key, &nonce)));
            fresh.push((slot, Open { id: SubjectId(id), key: Some(key) }));
        }
        let minted = self.store.mint_block(&block)?;
        if minted.start != first {
            // Another process minted meanwhile: these wrapped keys name other slots than they got.
            return Err(KeyError::Damaged { slot: minted.start });
        }
        self.end = minted.end;
        fresh.into_iter().for_each(|(slot, open)| self.open.put(slot, open));
        Ok(())
    }

    /// The random id of a slot's subject; it outlives the key.
    ///
    /// # Errors
    /// `key-unknown`, `key-damaged`, and what the store says.
    pub fn id(&mut self, slot: Slot) -> Result<SubjectId, KeyError> {
        Ok(self.entry(slot)?.id)
    }

    /// The same; it asks the key database and keeps nothing.
    ///
    /// # Errors
    /// As [`Vault::id`].
    pub fn read_id(&self, slot: Slot) -> Result<SubjectId, KeyError> {
        Ok(self.read(slot)?.id)
    }

    /// What seals for all of these subjects at once: erasing any of them erases what it sealed.
    ///
    /// # Errors
    /// `key-unknown` for no slot at all, which everybody could open, and for more than 255;
    /// `key-erased`, `key-damaged`, and what the store says.
    pub fn sealer(&mut self, slots: &[Slot]) -> Result<Arc<Sealer>, KeyError> {
        let ends = match slots {
            [one] => Some((*one, *one)),
            [one, two] => Some((*one.min(two), *one.max(two))),
            _ => None,
        };
        if let Some(kept) = ends.and_then(|ends| self.sealers.get(&ends)) {
            return Ok(kept);
        }
        let sealer = Arc::new(sealer(slots, |slot| self.entry(slot))?);
        ends.into_iter().for_each(|ends| self.sealers.put(ends, Arc::clone(&sealer)));
        Ok(sealer)
    }

    /// The same for reading what was sealed: it asks the key database and keeps nothing.
    ///
    /// # Errors
    /// As [`Vault::sealer`].
    pub fn opener(&self, slots: &[Slot]) -> Result<Sealer, KeyError> {
        sealer(slots, |slot| self.read(slot))
    }

    /// Destroys a subject's key for ever: whatever was sealed for the subject can never be opened.
    ///
    /// # Errors
    /// What the store says; the key may then still be there, so call again.
    pub fn destroy(&mut self, slot: Slot, at: Timestamp) -> Result<bool, KeyError> {
        self.open.drop_one(&slot);
        self.sealers.clear();
        Ok(self.store.destroy(slot, at)?)
    }

    /// Drops unwrapped keys from memory, so that they do not stay there for long; they are unwrapped
    /// anew when used.
    pub fn forget(&mut self) {
        self.open.clear();
        self.sealers.clear();
    }

    /// Keeps a secret of the tenant by name, such as the key that signs its log, in the place of the one
    /// that had the name. It is sealed under the tenant's wrapping key, and a rotation seals it anew.
    ///
    /// # Errors
    /// `key-randomness`, and what the store says.
    pub fn keep_secret(&mut self, what: &str, bytes: &[u8], at: Timestamp) -> Result<(), KeyError> {
        let nonce = self.provider.fresh("secret nonce", at.micros().unsigned_abs())?;
        let sealed = self.ring.seal_secret(what, bytes, &nonce);
        Ok(self.store.put_secrets(&[(what.to_owned(), sealed)], at)?)
    }

    /// A secret of the tenant, if one is kept under the name.
    ///
    /// # Errors
    /// `key-damaged`, and what the store says.
    pub fn secret(&self, what: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        let kept = self.store.secrets()?.into_iter().find(|(name, _)| name == what);
        kept.map(|(name, sealed)| self.ring.open_secret(&name, &sealed)).transpose()
    }

    /// Fresh secret bytes, as the provider of the master key gives them: a seeded one gives the same
    /// again for the same number.
    ///
    /// # Errors
    /// `key-randomness` when the system has none.
    pub fn fresh(&self, what: &'static str, number: u64) -> Result<Secret, KeyError> {
        self.provider.fresh(what, number)
    }

    /// The tenant's keys.
    pub fn tenant(&self) -> &TenantKeys {
        &self.ring.tenant
    }

    fn entry(&mut self, slot: Slot) -> Result<Open, KeyError> {
        if let Some(open) = self.open.get(&slot) {
            return Ok(open);
        }
        let open = self.read(slot)?;
        self.open.put(slot, open.clone());
        Ok(open)
    }

    fn read(&self, slot: Slot) -> Result<Open, KeyError> {
        let stored = self.store.key(slot)?.ok_or(KeyError::Unknown { slot })?;
        let key = self.ring.unwrap(slot, &stored)?;
        Ok(Open { id: stored.id, key })
    }

    /// One damaged key is damage; all of the first keys failing is another master key.
    fn check_master(&mut self) -> Result<(), KeyError> {
        let mut damaged = None;
        for slot in CHECK..self.end.min(CHECK + 8) {
            match self.entry(slot).map(|open| open.key) {
                Ok(Some(_)) => return damaged.map_or(Ok(()), Err),
                Ok(None) => {}
                Err(error @ KeyError::Damaged { .. }) => damaged = damaged.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Err(KeyError::WrongMaster)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("next", &self.next).field("end", &self.end).finish()
    }
}

fn sealer(
    slots: &[Slot],
    mut entry: impl FnMut(Slot) -> Result<Open, KeyError>,
) -> Result<Sealer, KeyError> {
    let mut slots = slots.to_vec();
    slots.sort_unstable();
    slots.dedup();
    if !(1..=255).contains(&slots.len()) {
        return Err(KeyError::Unknown { slot: 0 });
    }
    let key = |slot: &Slot| entry(*slot)?.key.ok_or(KeyError::Erased { slot: *slot });
    let keys = slots.iter().map(key).collect::<Result<Vec<Secret>, KeyError>>()?;
    Ok(Sealer::new(slots, &keys))
}
