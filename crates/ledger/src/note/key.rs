//! Keys and signatures of notes: Ed25519, plain (a log's) and with a time (a witness's).
//!
//! A verifier key is written `name+id+base64(scheme || public key)`; the id is the first four bytes
//! of SHA-256(name || "\n" || scheme || public key) (c2sp.org/signed-note).

use super::text::{base64, from_base64};
use bellwether_core::{Digest, Timestamp};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use std::fmt;
use std::str::FromStr;

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Scheme {
    /// Ed25519 over the text: what a log uses.
    Plain = 1,
    /// Ed25519 over `cosignature/v1`, a time and the text: what a witness uses.
    Cosignature = 4,
}

/// A text that is no verifier key, or a name that no key may have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key: {what}")]
pub struct BadKey {
    /// What is wrong with it.
    pub what: &'static str,
}

impl BadKey {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        "note-key"
    }
}

/// A public key with a name: enough to check signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    scheme: Scheme,
    key: VerifyingKey,
    id: u32,
}

/// A secret key with a name. It is erased from memory when dropped, and cannot be printed.
pub struct Signer {
    key: SigningKey,
    public: VerifierKey,
}

/// One line under a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: u32,
    bytes: Vec<u8>,
}

/// What a signature begins its line with.
const DASH: &str = "\u{2014} ";

fn is_name(name: &str) -> bool {
    let fits = |c: char| c != '+' && !c.is_whitespace() && !c.is_control();
    !name.is_empty() && name.chars().all(fits)
}

/// Whether a text is or holds a secret key, so that no error repeats it: 32 bytes as one word of base64url,
/// as `policy keygen` writes them, or what is said to be private (`PRIVATE+KEY+`, PEM).
pub fn is_secret(text: &str) -> bool {
    // Digests have the same length and text form as keys.
    text.contains("PRIVATE") || text.trim().parse::<Digest>().is_ok()
}

impl VerifierKey {
    /// A key by its parts.
    ///
    /// # Errors
    /// [`BadKey`] for a name with spaces or pluses, and for bytes that are no point of the curve.
    pub fn new(name: &str, scheme: Scheme, public: &[u8; 32]) -> Result<Self, BadKey> {
        if !is_name(name) {
            return Err(BadKey { what: "a name has no spaces and no `+`, and is not empty" });
        }
        let wrong = |_| BadKey { what: "the bytes are no Ed25519 key" };
        let key = VerifyingKey::from_bytes(public).map_err(wrong)?;
        let mut bytes = format!("{name}\n").into_bytes();
        bytes.push(scheme as u8);
        bytes.extend(public);
        let [a, b, c, d, ..] = *Digest::of(&bytes).as_bytes();
        let id = u32::from_be_bytes([a, b, c, d]);
        Ok(Self { name: name.to_owned(), scheme, key, id })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it signs.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The short id that stands in its signatures.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether one secret is behind both, whatever they are called.
    pub fn is_same_secret(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// `Some` when this key made the signature over that text; inside, when, if the scheme says so.
    pub(super) fn verify(&self, text: &str, signature: &Signature) -> Option<Option<Timestamp>> {
        let bytes = signature.bytes.as_slice();
        let check = |message: &[u8], bytes: &[u8]| {
            let signature = ed25519_dalek::Signature::from_slice(bytes).ok()?;
            self.key.verify_strict(message, &signature).ok()
        };
        match self.scheme {
            Scheme::Plain => check(text.as_bytes(), bytes).map(|()| None),
            Scheme::Cosignature => {
                let (time, bytes) = bytes.split_first_chunk()?;
                let seconds = i64::try_from(u64::from_be_bytes(*time)).ok()?;
                check(cosigned(seconds, text).as_bytes(), bytes)?;
                Some(seconds.checked_mul(1_000_000).map(Timestamp::from_micros))
            }
        }
    }
}

/// What a witness signs (c2sp.org/tlog-cosignature).
fn cosigned(seconds: i64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.scheme as u8];
        bytes.extend(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, base64(bytes))
    }
}

impl FromStr for VerifierKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let wrong = |what| BadKey { what };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("it is written name+id+base64"));
        };
        let bytes = from_base64(key).ok_or_else(|| wrong("its last part is not base 64"))?;
        let (scheme, public) = match bytes.split_first() {
            Some((1, public)) => (Scheme::Plain, public),
            Some((4, public)) => (Scheme::Cosignature, public),
            _ => return Err(wrong("its algorithm is not Ed25519 (1) or a cosignature (4)")),
        };
        let public = public.try_into().map_err(|_| wrong("an Ed25519 key has 32 bytes"))?;
        let key = Self::new(name, scheme, public)?;
        let hex = id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u32::from_str_radix(id, 16) {
            Ok(id) if hex && id == key.id => Ok(key),
            _ => Err(wrong("its id does not belong to its name and key")),
        }
    }
}

impl Signer {
    /// From 32 secret bytes, which the caller keeps.
    ///
    /// # Errors
    /// [`BadKey`] for a name with spaces or pluses.
    pub fn new(name: &str, scheme: Scheme, seed: &[u8; 32]) -> Result<Self, BadKey> {
        let key = SigningKey::from_bytes(seed);
        let public = VerifierKey::new(name, scheme, key.verifying_key().as_bytes())?;
        Ok(Self { key, public })
    }

    /// What checks its signatures.
    pub fn verifier(&self) -> &VerifierKey {
        &self.public
    }

    /// Signs a text. The time goes, in seconds, into a cosignature; a plain signature has none.
    pub fn sign(&self, text: &str, at: Timestamp) -> Signature {
        let mut bytes = Vec::with_capacity(72);
        let message = match self.public.scheme {
            Scheme::Plain => text.to_owned(),
            Scheme::Cosignature => {
                let seconds = at.micros().div_euclid(1_000_000).max(0);
                bytes.extend(seconds.to_be_bytes());
                cosigned(seconds, text)
            }
        };
        bytes.extend(self.key.sign(message.as_bytes()).to_bytes());
        Signature { name: self.public.name.clone(), id: self.public.id, bytes }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public)
    }
}

impl Signature {
    /// The name of the key that is said to have made it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it says that it is by that key.
    pub fn names(&self, key: &VerifierKey) -> bool {
        self.id == key.id && self.name == key.name
    }

    pub(super) fn is_by_the_key_of(&self, other: &Self) -> bool {
        self.id == other.id && self.name == other.name
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend(&self.bytes);
        write!(f, "{DASH}{} {}", self.name, base64(bytes))
    }
}

impl FromStr for Signature {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        let (name, base64) =
            line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(())?;
        let bytes = from_base64(base64).ok_or(())?;
        let (id, bytes) = bytes.split_first_chunk().ok_or(())?;
        let (id, bytes) = (u32::from_be_bytes(*id), bytes.to_vec());
        let fine = is_name(name) && !bytes.is_empty();
        fine.then(|| Self { name: name.to_owned(), id, bytes }).ok_or(())
    }
}
