//! Digests: SHA-256, written as base64url without padding (RFC 4648 section 5).

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// 32 bytes of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest([u8; 32]);

/// A text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: expected 43 characters of base64url")]
pub struct NotADigest;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Digest {
    /// All zeros: the head of a stream that has no record yet.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// SHA-256 over parts, each led by its length, so that parts cannot run into each other.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Writes the 43 characters to the end of a buffer.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let symbol = |six: u32| ALPHABET.get(six as usize & 63).copied().unwrap_or(b'A');
        let mut text = [0u8; 44];
        for (four, three) in text.chunks_exact_mut(4).zip(self.0.chunks(3)) {
            let bits = match *three {
                [a, b, c] => u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c),
                [a, b] => u32::from(a) << 16 | u32::from(b) << 8,
                _ => 0,
            };
            for (to, shift) in four.iter_mut().zip([18, 12, 6, 0]) {
                *to = symbol(bits >> shift);
            }
        }
        out.extend(text.iter().take(43));
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(43);
        self.write_to(&mut text);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        if text.len() != 43 {
            return Err(NotADigest);
        }
        let mut bytes = Vec::with_capacity(33);
        let (mut bits, mut held) = (0u32, 0u32);
        for symbol in text.bytes() {
            let six = ALPHABET.iter().position(|known| *known == symbol).ok_or(NotADigest)?;
            bits = bits << 6 | six as u32;
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held) as u8);
            }
        }
        if bits & ((1 << held) - 1) != 0 {
            return Err(NotADigest);
        }
        bytes.try_into().map(Self).map_err(|_| NotADigest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1".parse::<Digest>().is_err());
        assert!("short".parse::<Digest>().is_err());
    }
}
