//! Cover: sealing under one key of the tenant, for what belongs to no subject.
//!
//! - In: bytes, and where they belong; the key is among the tenant's secrets, by name.
//! - Out: the same bytes sealed (XChaCha20-Poly1305, a random nonce before them), or opened again.
//! - Never: opens them elsewhere than where they belong.

use crate::keys::{KeyError, Secret, Vault};
use bellwether_core::Timestamp;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const NONCE: usize = 24;

/// Seals and opens under one key.
pub(crate) struct Cover {
    cipher: XChaCha20Poly1305,
}

impl Cover {
    /// The cover of a tenant by the name of its secret; the key is made when there is none yet.
    ///
    /// # Errors
    /// `key-damaged`, `key-randomness`, and what the store says.
    pub(crate) fn of(
        vault: &mut Vault,
        name: &'static str,
        at: Timestamp,
    ) -> Result<Self, KeyError> {
        if let Some(cover) = Self::read(vault, name)? {
            return Ok(cover);
        }
        let fresh = vault.fresh(name, 0)?;
        vault.keep_secret(name, fresh.bytes(), at)?;
        Ok(Self::under(&fresh))
    }

    /// The same, if its key was ever made.
    ///
    /// # Errors
    /// `key-damaged`, and what the store says.
    pub(crate) fn read(vault: &Vault, name: &str) -> Result<Option<Self>, KeyError> {
        let Some(bytes) = vault.secret(name)? else { return Ok(None) };
        let damaged = |_| KeyError::SecretDamaged { what: name.to_owned() };
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(damaged)?;
        Ok(Some(Self::under(&Secret::new(key))))
    }

    fn under(key: &Secret) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.bytes().into()) }
    }

    /// Seals bytes where they belong.
    ///
    /// # Errors
    /// `key-randomness`.
    pub(crate) fn seal(&self, place: &[u8], bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| KeyError::Randomness)?;
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), Payload { msg: bytes, aad: place });
        // Only above 256 GiB.
        let sealed = sealed.map_err(|_| KeyError::Randomness)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what was sealed there; `None` when a single bit differs.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, msg) = sealed.split_first_chunk::<NONCE>()?;
        self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad: place }).ok()
    }
}
