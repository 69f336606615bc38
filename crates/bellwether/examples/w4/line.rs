//! A line of the benchmark's files: an object of whole numbers and words, borrowed.

use anyhow::{Context, Result};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;

/// The most fields of a line that are not named in [`Line`].
const FIELDS: usize = 12;

/// A whole number or a word.
#[derive(Clone, Copy)]
pub(crate) enum Raw<'a> {
    Int(i64),
    Word(&'a str),
}

/// One account or one signal.
pub(crate) struct Line<'a> {
    pub(crate) account: u32,
    /// Of signals.
    pub(crate) id: u32,
    /// Of signals, in seconds since 1970.
    pub(crate) ts: i64,
    /// Of signals.
    pub(crate) kind: Option<&'a str>,
    fields: [(&'a str, Raw<'a>); FIELDS],
    len: usize,
}

impl<'a> Line<'a> {
    pub(crate) fn read(text: &'a [u8]) -> Result<Self> {
        let told = || format!("cannot read {}", String::from_utf8_lossy(text));
        serde_json::from_slice(text).with_context(told)
    }

    pub(crate) fn field(&self, name: &str) -> Option<Raw<'a>> {
        let fields = self.fields.iter().take(self.len);
        fields.filter(|(known, _)| *known == name).map(|(_, raw)| *raw).next()
    }
}

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of whole numbers and words")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut line = Line {
            account: u32::MAX,
            id: u32::MAX,
            ts: 0,
            kind: None,
            fields: [("", Raw::Int(0)); FIELDS],
            len: 0,
        };
        while let Some(name) = map.next_key::<&str>()? {
            match name {
                "id" => line.id = map.next_value()?,
                "ts" => line.ts = map.next_value()?,
                "account" => line.account = map.next_value()?,
                "kind" => line.kind = Some(map.next_value()?),
                _ => {
                    let place = line.fields.get_mut(line.len);
                    *place.ok_or_else(|| A::Error::custom("too many fields"))? =
                        (name, map.next_value()?);
                    line.len += 1;
                }
            }
        }
        Ok(line)
    }
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Scalar)
    }
}

struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or a word")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Raw::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        i64::try_from(number).map(Raw::Int).map_err(E::custom)
    }

    fn visit_borrowed_str<E: Error>(self, word: &'de str) -> Result<Self::Value, E> {
        Ok(Raw::Word(word))
    }
}
