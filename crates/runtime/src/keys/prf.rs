//! HMAC-SHA-256 as a keyed function: the key is worked in once, then many messages are hashed.

use super::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The bytes that SHA-256 takes at a time; a shorter HMAC key is filled up with zeros (RFC 2104).
const SHA_256_BLOCK: usize = 64;

/// A keyed function of bytes.
#[derive(Clone)]
pub(crate) struct Prf(Hmac<Sha256>);

/// A message that is being hashed.
pub(crate) struct Message(Hmac<Sha256>);

impl Prf {
    /// Works a key in.
    pub(crate) fn new(key: &Secret) -> Self {
        let mut block = zeroize::Zeroizing::new([0u8; SHA_256_BLOCK]);
        for (slot, byte) in block.iter_mut().zip(key.bytes()) {
            *slot = *byte;
        }
        Self(Hmac::new(&(*block).into()))
    }

    /// HKDF-SHA-256 (RFC 5869) for one block: extract with a salt, expand with a label.
    pub(crate) fn derive(salt: &Secret, material: &[&[u8]], label: &[&[u8]]) -> Secret {
        let extracted = Secret::new(Self::new(salt).of(material));
        let mut expand = Self::new(&extracted).message();
        label.iter().for_each(|part| expand.raw(part));
        expand.raw(&[1]);
        Secret::new(expand.end())
    }

    /// Hashes parts that stand one after the other; the caller keeps them apart.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut message = self.message();
        parts.iter().for_each(|part| message.raw(part));
        message.end()
    }

    /// Starts a message.
    pub(crate) fn message(&self) -> Message {
        Message(self.0.clone())
    }
}

impl Message {
    /// Adds bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds bytes, led by their length, so that neighbours cannot run into each other.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.raw(&(bytes.len() as u64).to_be_bytes());
        self.raw(bytes);
    }

    /// The hash.
    pub(crate) fn end(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }

    /// The first 16 bytes of the hash.
    pub(crate) fn end_short(self) -> [u8; 16] {
        self.end().first_chunk().copied().unwrap_or_default()
    }

    /// The first 64 bits of the hash.
    pub(crate) fn end_u64(self) -> u64 {
        self.end().first_chunk().copied().map_or(0, u64::from_be_bytes)
    }
}
