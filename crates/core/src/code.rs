//! Codes: short words as numbers.
//!
//! Names of signal kinds and fields, and values such as a tier or a status, are compared often and
//! read seldom. A [`Code`] is the first 63 bits of the word's SHA-256: equal words are equal numbers
//! on every machine, there is no table to keep, and no word of a customer stands in state.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// A word, as the first 63 bits of its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Code(i64);

impl Code {
    /// The code of a word.
    pub fn of(word: &str) -> Self {
        let hash = Sha256::digest(word.as_bytes());
        let first = hash.iter().take(8).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        Self((first >> 1) as i64)
    }

    /// A code from its number, as it stands in a slot.
    pub const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// The number that stands in a slot; never negative.
    pub const fn raw(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:016x}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_are_equal_everywhere() {
        assert_eq!(Code::of("abc").to_string(), "#5d3c0b5fc780e7f5");
        assert_ne!(Code::of("email"), Code::of("Email"));
    }
}
