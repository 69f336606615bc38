//! The ring: a tenant's root and wrapping keys, wrapped under the master key; and rotating it.
//!
//! - In: a master key, the rows that the key database keeps of it.
//! - Out: tenant keys; after [`rotate`] every subject key wrapped anew, under a wrapping key that no
//!   earlier master key opens.
//! - Never: destroys the old way in before the new one is durable, so a rotation that was cut short is
//!   taken up again, and the directory opens meanwhile.
//!
//! A tenant that never rotated has no rows: its root is derived from the master key. The root outlives
//! rotations, because blind indexes and the ids of signals are made with keys below it.

use super::{KeyError, KeyProvider, KeyStore, Prf, Secret, Slot, StoredKey, TenantKeys, tenant};
use bellwether_core::{SubjectId, Timestamp};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

const NONCE: usize = 24;
const ROOT: &str = "root";
const WRAPPING: &str = "wrapping";

/// How many keys are wrapped anew in one transaction.
const PIECE: Slot = 4_096;

/// A tenant key as the key database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingKey {
    /// Fingerprint of the master key that opens it.
    pub master: [u8; 8],
    /// `root` or `wrapping`.
    pub what: String,
    /// Counts rotations.
    pub version: u64,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Counts rotations, from 1.
    pub version: u64,
    /// Keys that this run wrapped anew.
    pub rewrapped: u64,
    /// It had been cut short, and went on where it was.
    pub resumed: bool,
}

/// A tenant's keys with every wrapping key that still wraps something.
pub(super) struct Ring {
    pub(super) tenant: TenantKeys,
    /// What the tenant's keys are derived from.
    root: Secret,
    /// The newest first.
    wrapping: Vec<Secret>,
    /// Counts rotations; 0 before the first.
    pub(super) version: u64,
}

/// Names a master key without telling anything of it.
pub fn fingerprint(master: &Secret) -> [u8; 8] {
    let hash = Prf::new(master).of(&[b"bellwether/master-fingerprint/1"]);
    hash.first_chunk().copied().unwrap_or_default()
}

impl Ring {
    /// Opens the rows of a master key; without any, the keys that are derived from it.
    pub(super) fn open(master: &Secret, name: &str, rows: &[RingKey]) -> Result<Self, KeyError> {
        let mark = fingerprint(master);
        let mut own: Vec<&RingKey> = rows.iter().filter(|row| row.master == mark).collect();
        own.sort_by_key(|row| std::cmp::Reverse(row.version));
        let (mut root, mut wrapping, mut version) = (None, Vec::new(), 0);
        for row in own {
            version = version.max(row.version);
            let key = unwrap(master, &bound(row), &row.wrapped).ok_or(KeyError::WrongMaster)?;
            if row.what == ROOT { root = root.or(Some(key)) } else { wrapping.push(key) }
        }
        let root = root.unwrap_or_else(|| tenant::root(master, name));
        let mut tenant = TenantKeys::of_root(&root);
        match wrapping.first() {
            Some(newest) => tenant.wrapping = newest.clone(),
            None => wrapping.push(tenant.wrapping.clone()),
        }
        Ok(Self { tenant, root, wrapping, version })
    }

    /// Whether keys may still be wrapped under an earlier wrapping key.
    pub(super) fn is_turning(&self) -> bool {
        self.wrapping.len() > 1
    }

    /// Wraps a subject's key under the newest wrapping key.
    pub(super) fn wrap(&self, slot: Slot, id: SubjectId, key: &Secret, nonce: &Secret) -> Vec<u8> {
        seal(&self.tenant.wrapping, &name(slot, id), key.bytes(), nonce)
    }

    /// A subject's key; `None` once it is destroyed.
    pub(super) fn unwrap(
        &self,
        slot: Slot,
        stored: &StoredKey,
    ) -> Result<Option<Secret>, KeyError> {
        let Some(wrapped) = &stored.wrapped else { return Ok(None) };
        let bound = name(slot, stored.id);
        let opened = self.wrapping.iter().find_map(|key| unwrap(key, &bound, wrapped));
        opened.map(Some).ok_or(KeyError::Damaged { slot })
    }

    /// Seals a secret of the tenant under the newest wrapping key.
    pub(super) fn seal_secret(&self, what: &str, bytes: &[u8], nonce: &Secret) -> Vec<u8> {
        seal(&self.tenant.wrapping, &label(what), bytes, nonce)
    }

    /// A secret of the tenant.
    pub(super) fn open_secret(
        &self,
        what: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let opened = self.wrapping.iter().find_map(|key| unseal(key, &label(what), sealed));
        opened.ok_or_else(|| KeyError::SecretDamaged { what: what.to_owned() })
    }

    /// Whether a key is wrapped under the newest wrapping key.
    fn is_new(&self, slot: Slot, stored: &StoredKey) -> bool {
        let wrapped = stored.wrapped.as_deref().unwrap_or_default();
        unseal(&self.tenant.wrapping, &name(slot, stored.id), wrapped).is_some()
    }
}

/// Puts another master key in the place of the present one, and wraps every subject key anew. Nobody else
/// may have the key database open meanwhile.
///
/// # Errors
/// `key-no-next` when the provider has no other master key; `key-wrong-master`, `key-damaged`, and what
/// provider and store say. Run it again: it goes on where it was.
pub fn rotate(
    provider: &dyn KeyProvider,
    store: &mut dyn KeyStore,
    name: &str,
    at: Timestamp,
) -> Result<Rotation, KeyError> {
    let present = provider.master()?;
    let mut rows = store.ring()?;
    let mut ring = Ring::open(&present, name, &rows)?;
    let (mut master, mut resumed) = (present, ring.is_turning());
    if !resumed {
        let next = provider.next()?;
        resumed = rows.iter().any(|row| row.master == fingerprint(&next));
        if !resumed {
            check(&ring, store)?;
            rows = turned(&ring, &next, provider)?;
            store.put_ring(&rows, at)?;
        }
        ring = Ring::open(&next, name, &rows)?;
        provider.adopt()?;
        master = next;
    }
    let rewrapped = rewrap(&ring, provider, store)?;
    reseal(&ring, provider, store, at)?;
    store.keep_ring(fingerprint(&master), ring.version)?;
    Ok(Rotation { version: ring.version, rewrapped, resumed })
}

/// The rows of the next master key: the root and the present wrapping key, and a fresh one.
fn turned(
    ring: &Ring,
    next: &Secret,
    provider: &dyn KeyProvider,
) -> Result<Vec<RingKey>, KeyError> {
    let version = ring.version + 1;
    let fresh = provider.fresh("wrapping", version)?;
    let keys = [
        (ROOT, version, &ring.root),
        (WRAPPING, ring.version, &ring.tenant.wrapping),
        (WRAPPING, version, &fresh),
    ];
    let mut rows = Vec::new();
    for (what, version, key) in keys {
        let nonce = provider.fresh("ring", version)?;
        let mut row = RingKey {
            master: fingerprint(next),
            what: what.to_owned(),
            version,
            wrapped: Vec::new(),
        };
        row.wrapped = seal(next, &bound(&row), key.bytes(), &nonce);
        rows.push(row);
    }
    Ok(rows)
}

/// The present master key must open what is there: else everything would be lost with it.
fn check(ring: &Ring, store: &dyn KeyStore) -> Result<(), KeyError> {
    for slot in 1..store.next_free_slot()? {
        let stored = store.key(slot)?.ok_or(KeyError::Unknown { slot })?;
        let opened = ring.unwrap(slot, &stored);
        match opened {
            Ok(_) => {}
            Err(_) if slot == 1 => return Err(KeyError::WrongMaster),
            Err(error) => return Err(error),
        }
    }
    for (what, sealed) in store.secrets()? {
        ring.open_secret(&what, &sealed)?;
    }
    Ok(())
}

fn rewrap(
    ring: &Ring,
    provider: &dyn KeyProvider,
    store: &mut dyn KeyStore,
) -> Result<u64, KeyError> {
    let (mut from, end, mut done) = (1, store.next_free_slot()?, 0);
    while from < end {
        let to = end.min(from + PIECE);
        let mut block = Vec::new();
        for slot in from..to {
            let Some(stored) = store.key(slot)? else { continue };
            if stored.wrapped.is_none() || ring.is_new(slot, &stored) {
                continue;
            }
            if let Some(key) = ring.unwrap(slot, &stored)? {
                let nonce = provider.fresh("nonce", slot)?;
                block.push((slot, ring.wrap(slot, stored.id, &key, &nonce)));
            }
        }
        if !block.is_empty() {
            store.rewrap(&block)?;
        }
        done += block.len() as u64;
        from = to;
    }
    Ok(done)
}

/// Seals every secret anew, whether it is old or new: there are few of them.
fn reseal(
    ring: &Ring,
    provider: &dyn KeyProvider,
    store: &mut dyn KeyStore,
    at: Timestamp,
) -> Result<(), KeyError> {
    let mut secrets = store.secrets()?;
    for (what, sealed) in &mut secrets {
        let nonce = provider.fresh("secret nonce", ring.version)?;
        *sealed = ring.seal_secret(what, &ring.open_secret(what, sealed)?, &nonce);
    }
    if secrets.is_empty() { Ok(()) } else { Ok(store.put_secrets(&secrets, at)?) }
}

fn seal(under: &Secret, aad: &[u8], msg: &[u8], nonce: &Secret) -> Vec<u8> {
    let nonce: [u8; NONCE] = nonce.bytes().first_chunk().copied().unwrap_or_default();
    let cipher = XChaCha20Poly1305::new(under.bytes().into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg, aad });
    // The cipher refuses only what is longer than 256 GiB.
    [&nonce[..], &sealed.unwrap_or_default()].concat()
}

fn unseal(under: &Secret, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, msg) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(under.bytes().into());
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok().map(Zeroizing::new)
}

fn unwrap(under: &Secret, aad: &[u8], wrapped: &[u8]) -> Option<Secret> {
    let opened = unseal(under, aad, wrapped)?;
    Some(Secret::new(<[u8; 32]>::try_from(&opened[..]).ok()?))
}

/// What a row of the ring is bound to.
fn bound(row: &RingKey) -> Vec<u8> {
    [b"ring/", row.what.as_bytes(), b"/", &row.version.to_be_bytes()[..]].concat()
}

/// What a secret is bound to.
fn label(what: &str) -> Vec<u8> {
    [b"secret/", what.as_bytes()].concat()
}

/// What a wrapped key is bound to, so that rows cannot be exchanged.
fn name(slot: Slot, id: SubjectId) -> [u8; 24] {
    let mut name = [0; 24];
    let bytes = slot.to_be_bytes().into_iter().chain(id.0.to_bytes());
    name.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    name
}
