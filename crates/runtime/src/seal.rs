//! Sealing: personal parts become bytes that only their subjects' keys open, and a commitment.
//!
//! - In: a part's bytes, the keys of everybody it names, and where it belongs ([`Context`]).
//! - Out: sealed bytes, and a commitment that may stand in the log for ever.
//! - Never: keeps anything that opens the bytes, or tests a guess, once one of the keys is gone.
//!
//! Commitment: r = HMAC(subject key, event key | field), c = HMAC(r, bytes); r is derived, not
//! stored, and may be disclosed for one part. Words that are only compared become digests under a key
//! derived from the subject key. Sealed: XChaCha20-Poly1305 under a key derived from
//! the subject key, with a nonce derived from everything that is sealed and bound (as in RFC 8452),
//! so that nothing repeats and a repeated run gives the same bytes. Several subjects: HKDF over all of
//! their keys stands for the subject key.
//!
//! Layout: version 1, number of slots, the slots (8 bytes each), nonce (24), ciphertext, tag (16).

use crate::keys::{KeyError, Prf, Secret, Slot, Vault};
use bellwether_core::{Digest, Personal, StreamId};
use chacha20poly1305::aead::{Aead as _, AeadInOut as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Changing one of these changes every sealed byte: they are part of the format. Their `/` keeps them
/// apart from the messages of commitments, which are eight bytes and a field's name.
const SALT: &[u8; 32] = b"bellwether sealing, all subjects";
const SEAL_LABEL: &[u8] = b"bellwether/seal/1";
const DIGEST_LABEL: &[u8] = b"bellwether/digest/1";
const NONCE_LABEL: &[u8] = b"bellwether/nonce/1";

/// Where a part belongs. Sealed bytes open nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The stream of its event.
    pub stream: StreamId,
    /// The key of its event; 0 for what belongs to the stream as a whole.
    pub event: u64,
    /// The name of the part.
    pub field: &'a str,
}

/// Why sealed bytes cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Somebody whom the part names was erased.
    #[error("somebody named here was erased")]
    Erased,
    /// The bytes are not what was sealed, or belong elsewhere.
    #[error("the sealed bytes are damaged or belong elsewhere")]
    Damaged,
    /// More bytes than the cipher takes.
    #[error("the part is too large to be sealed")]
    TooLarge,
    /// A key cannot be had for another reason.
    #[error(transparent)]
    Keys(KeyError),
}

impl SealError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Erased => "key-erased",
            Self::Damaged => "sealed-damaged",
            Self::TooLarge => "sealed-too-large",
            Self::Keys(error) => error.code(),
        }
    }

    /// The next step for the person who reads it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Erased => "nothing to mend: what was sealed for the subject is gone",
            Self::Damaged => "run `bellwether log verify`, then restore from a backup",
            Self::TooLarge => "split the part before it is sent",
            Self::Keys(error) => error.help(),
        }
    }
}

impl From<KeyError> for SealError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Erased { .. } => Self::Erased,
            other => Self::Keys(other),
        }
    }
}

/// Seals, opens and commits for a fixed set of subjects.
pub struct Sealer {
    slots: Vec<Slot>,
    /// What sealed bytes begin with: the version and the slots.
    header: Vec<u8>,
    root: Prf,
    nonce: Prf,
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// For at most 255 subjects in rising order of their slots, with their keys in the same order.
    pub(crate) fn new(slots: Vec<Slot>, keys: &[Secret]) -> Self {
        let root = match keys {
            [one] => Prf::new(one),
            all => {
                let material: Vec<&[u8]> = all.iter().map(|key| &key.bytes()[..]).collect();
                let salt = Secret::new(*SALT);
                Prf::new(&Prf::derive(&salt, &material, &[b"bellwether/subjects/1"]))
            }
        };
        let seal = Secret::new(root.of(&[SEAL_LABEL]));
        let nonce = Secret::new(root.of(&[NONCE_LABEL]));
        let cipher = XChaCha20Poly1305::new(seal.bytes().into());
        let mut header = vec![VERSION, slots.len() as u8];
        slots.iter().for_each(|slot| header.extend_from_slice(&slot.to_be_bytes()));
        Self { slots, header, nonce: Prf::new(&nonce), cipher, root }
    }

    /// Whose keys are needed, in rising order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The value r that proves one commitment: with it and the part's bytes anybody can recompute c.
    pub fn blinding(&self, at: &Context<'_>) -> Secret {
        Secret::new(self.root.of(&[&at.event.to_be_bytes(), at.field.as_bytes()]))
    }

    /// The commitment c to a part.
    pub fn commit(&self, at: &Context<'_>, bytes: &[u8]) -> Digest {
        commitment(&self.blinding(at), bytes)
    }

    /// A digest of a word for comparing: equal wherever the same word meets the same subjects.
    pub fn digest(&self, word: &[u8]) -> Digest {
        let key = Secret::new(self.root.of(&[DIGEST_LABEL]));
        Digest::from_bytes(Prf::new(&key).of(&[word]))
    }

    /// Seals a part.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above 256 GiB.
    pub fn seal(&self, at: &Context<'_>, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let aad = self.bound(at);
        let mut nonce = self.nonce.message();
        nonce.raw(b"nonce");
        nonce.part(&aad);
        nonce.raw(bytes);
        let nonce: [u8; NONCE] = nonce.end().first_chunk().copied().unwrap_or_default();
        let begin = self.header.len() + NONCE;
        let mut sealed = Vec::with_capacity(begin + bytes.len() + TAG);
        sealed.extend_from_slice(&self.header);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(bytes);
        let inside = sealed.get_mut(begin..).unwrap_or_default().into();
        let tag = self.cipher.encrypt_inout_detached(&XNonce::from(nonce), &aad, inside);
        sealed.extend_from_slice(&tag.map_err(|_| SealError::TooLarge)?);
        Ok(sealed)
    }

    /// Opens what this very set of subjects was sealed for.
    ///
    /// # Errors
    /// [`SealError::Damaged`] when a single bit differs, in the bytes or in where they belong.
    pub fn open(&self, at: &Context<'_>, sealed: &[u8]) -> Result<Personal<Vec<u8>>, SealError> {
        let rest = sealed.strip_prefix(&self.header[..]).ok_or(SealError::Damaged)?;
        let (nonce, msg) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Damaged)?;
        let aad = &self.bound(at)[..];
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad });
        opened.map(Personal::new).map_err(|_| SealError::Damaged)
    }

    /// What sealed bytes are bound to: header, stream, event and field.
    fn bound(&self, at: &Context<'_>) -> Vec<u8> {
        let mut bound = Vec::with_capacity(self.header.len() + at.field.len() + 40);
        bound.extend_from_slice(&self.header);
        bound.extend_from_slice(at.stream.kind.as_str().as_bytes());
        bound.push(b':');
        bound.extend_from_slice(&at.stream.id.to_bytes());
        bound.extend_from_slice(&at.event.to_be_bytes());
        bound.extend_from_slice(at.field.as_bytes());
        bound
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("slots", &self.slots).finish()
    }
}

/// The commitment to bytes under a disclosed r.
pub fn commitment(blinding: &Secret, bytes: &[u8]) -> Digest {
    Digest::from_bytes(Prf::new(blinding).of(&[bytes]))
}

/// Whose keys sealed bytes need, read from the bytes themselves.
pub fn slots_of(sealed: &[u8]) -> Option<Vec<Slot>> {
    let ([VERSION, count], rest) = sealed.split_first_chunk::<2>()? else { return None };
    let slots = rest.get(..usize::from(*count) * size_of::<Slot>())?;
    Some(slots.as_chunks().0.iter().map(|bytes| Slot::from_be_bytes(*bytes)).collect())
}

/// Opens sealed bytes with the keys they name.
///
/// # Errors
/// [`SealError::Erased`] when one of the subjects was erased, [`SealError::Damaged`] when the bytes
/// are not what was sealed there, else what the vault says.
pub fn open(
    vault: &Vault,
    at: &Context<'_>,
    sealed: &[u8],
) -> Result<Personal<Vec<u8>>, SealError> {
    let slots = slots_of(sealed).filter(|slots| !slots.is_empty()).ok_or(SealError::Damaged)?;
    match vault.opener(&slots) {
        Ok(sealer) => sealer.open(at, sealed),
        // A slot that was never minted cannot have been written by us.
        Err(KeyError::Unknown { .. }) => Err(SealError::Damaged),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
