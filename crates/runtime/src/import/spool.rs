//! Rows in the order of their signals' instants: in memory while they fit, sealed in the store after.
//!
//! The key of a row is its signal's instant, then the file, the row and the signal's place in it, so
//! the order is total and the same on every run.

use crate::error::DriveError;
use crate::keys::{KeyError, Secret};
use bellwether_core::Timestamp;
use bellwether_store::Store;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// Which signal of an import: ordered as they are fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SpoolKey {
    pub(crate) at: Timestamp,
    pub(crate) file: u16,
    pub(crate) row: u64,
    pub(crate) nth: u16,
}

impl SpoolKey {
    /// Bytes that sort as the key does.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(20);
        bytes.extend_from_slice(&(self.at.micros() as u64 ^ 1 << 63).to_be_bytes());
        bytes.extend_from_slice(&self.file.to_be_bytes());
        bytes.extend_from_slice(&self.row.to_be_bytes());
        bytes.extend_from_slice(&self.nth.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (file, rest) = rest.split_first_chunk::<2>()?;
        let (row, rest) = rest.split_first_chunk::<8>()?;
        Some(Self {
            at: Timestamp::from_micros((u64::from_be_bytes(*at) ^ 1 << 63) as i64),
            file: u16::from_be_bytes(*file),
            row: u64::from_be_bytes(*row),
            nth: u16::from_be_bytes(rest.try_into().ok()?),
        })
    }
}

/// Rows that wait to be fed in order.
pub(crate) struct Spool {
    import: u64,
    budget: usize,
    held: Vec<(SpoolKey, Vec<u8>)>,
    held_bytes: usize,
    spilled: bool,
    count: u64,
    cipher: XChaCha20Poly1305,
}

/// How many spilled rows are read at a time.
const PAGE: usize = 4096;

impl Spool {
    /// An empty spool. What does not fit into `budget` bytes goes to the store, sealed under a key
    /// that only this spool has.
    pub(crate) fn new(import: u64, budget: usize, key: &Secret) -> Self {
        let cipher = XChaCha20Poly1305::new(key.bytes().into());
        Self { import, budget, held: Vec::new(), held_bytes: 0, spilled: false, count: 0, cipher }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn push(
        &mut self,
        store: &mut Store,
        key: SpoolKey,
        row: Vec<u8>,
    ) -> Result<(), DriveError> {
        self.held_bytes += row.len() + std::mem::size_of::<(SpoolKey, Vec<u8>)>();
        self.held.push((key, row));
        self.count += 1;
        if self.held_bytes > self.budget { self.spill(store) } else { Ok(()) }
    }

    fn spill(&mut self, store: &mut Store) -> Result<(), DriveError> {
        if !self.spilled {
            store.drop_spill(self.import)?;
        }
        self.spilled = true;
        self.held_bytes = 0;
        let held = std::mem::take(&mut self.held);
        let mut sealed = Vec::with_capacity(held.len());
        for (key, row) in held {
            let key = key.to_bytes();
            let payload = Payload { msg: &row, aad: &key };
            let body = self.cipher.encrypt(&nonce(&key), payload);
            sealed.push((key, body.map_err(|_| DriveError::Spool)?));
        }
        Ok(store.spill(self.import, &sealed)?)
    }

    /// Everything is in: from here on the rows come out in order.
    pub(crate) fn finish(mut self, store: &mut Store) -> Result<Sorted, DriveError> {
        if self.spilled {
            self.spill(store)?;
        }
        self.held.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        let (import, cipher, spilled) = (self.import, self.cipher, self.spilled);
        Ok(Sorted { import, cipher, spilled, held: self.held, after: Vec::new() })
    }
}

/// Rows in order.
pub(crate) struct Sorted {
    import: u64,
    cipher: XChaCha20Poly1305,
    spilled: bool,
    /// The next rows, last first.
    held: Vec<(SpoolKey, Vec<u8>)>,
    after: Vec<u8>,
}

impl Sorted {
    /// The next row.
    pub(crate) fn next(
        &mut self,
        store: &Store,
    ) -> Result<Option<(SpoolKey, Vec<u8>)>, DriveError> {
        if self.held.is_empty() && self.spilled {
            let page = store.spilled(self.import, &self.after, PAGE)?;
            if let Some((key, _)) = page.last() {
                self.after.clone_from(key);
            }
            for (key, body) in page.into_iter().rev() {
                let payload = Payload { msg: &body, aad: &key };
                let row = self.cipher.decrypt(&nonce(&key), payload);
                let row = row.map_err(|_| DriveError::Spool)?;
                self.held.push((SpoolKey::from_bytes(&key).ok_or(DriveError::Spool)?, row));
            }
        }
        Ok(self.held.pop())
    }
}

/// A key for one run: what is spilled under it is worthless afterwards.
pub(crate) fn fresh_key() -> Result<Secret, DriveError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| KeyError::Randomness)?;
    Ok(Secret::new(key))
}

/// Each row has a key of its own, and each spool a cipher key of its own: no nonce comes twice.
fn nonce(key: &[u8]) -> XNonce {
    let mut bytes = [0u8; 24];
    for (to, from) in bytes.iter_mut().zip(key) {
        *to = *from;
    }
    bytes.into()
}
