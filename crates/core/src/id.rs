//! Ids: 128 random bits, never derived from a person's data, shown with a prefix.
//!
//! Text form: prefix, underscore, 26 characters of lower-case Crockford base32 (`acc_0c9...`).

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CHARACTERS: u32 = 26;

/// 128 bits that name something and say nothing about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id(u128);

impl Id {
    /// An id from its bits; randomness is the caller's business.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Big-endian bytes, the form that is stored and hashed.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The 26 characters.
    fn text(self) -> [u8; CHARACTERS as usize] {
        let mut text = [0u8; CHARACTERS as usize];
        for (place, slot) in (0..CHARACTERS).rev().zip(text.iter_mut()) {
            let five = (self.0 >> (place * 5)) as usize & 31;
            *slot = ALPHABET.get(five).copied().unwrap_or(b'0');
        }
        text
    }

    /// Writes the 26 characters to the end of a buffer.
    pub fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text());
    }

    /// The reverse of [`Id::to_bytes`].
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected {expected} and 26 characters of 0-9, a-z without i, l, o, u")]
pub struct NotAnId {
    /// The prefix that was expected, with its underscore, or "no prefix".
    pub expected: &'static str,
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let refuse = NotAnId { expected: "no prefix" };
        if text.len() != CHARACTERS as usize {
            return Err(refuse);
        }
        let mut bits = 0u128;
        for (nth, byte) in text.bytes().enumerate() {
            let five = ALPHABET.iter().position(|known| *known == byte).ok_or(refuse.clone())?;
            if nth == 0 && five > 7 {
                return Err(refuse);
            }
            bits = bits << 5 | five as u128;
        }
        Ok(Self(bits))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub Id);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let refuse = NotAnId { expected: concat!($prefix, "_") };
                let bare = text.strip_prefix(concat!($prefix, "_")).ok_or(refuse.clone())?;
                bare.parse().map(Self).map_err(|_| refuse)
            }
        }
    )*};
}

ids! {
    /// A prospect or customer: the stream that holds its deals, cases and escalations.
    AccountId = "acc";
    /// Somebody or some company whose data is sealed under a key of its own.
    SubjectId = "sub";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for bits in [0, 1, 31, 32, u128::MAX, 0x0123_4567_89ab_cdef_u128 << 60] {
            let id = AccountId(Id::from_bits(bits));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for wrong in
            ["", "acc_", "sub_00000000000000000000000000", "acc_80000000000000000000000000"]
        {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
    }
}
