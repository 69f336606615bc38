//! A line of the benchmark's files: one account or one signal, as numbers.
//!
//! - In: a JSON object of whole numbers and words.
//! - Out: a [`Line`], filled anew for each; words become codes.
//! - Never: copies a word that was seen before.

use anyhow::{Context, Result};
use bellwether_core::Code;
use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// What the files name.
#[derive(Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Name {
    Id,
    Ts,
    Account,
    Kind,
    Seg,
    Tier,
    Region,
    Arr,
    Fit,
    Known,
    Strategic,
    Consent,
    Renew0,
    Overdue,
    Sentiment,
    Exec,
    Intent,
    Conf,
    Severity,
    Category,
    Reopened,
    SlaBreached,
    Meeting,
    Supervisor,
    Stage,
    DealValue,
    Procurement,
    #[serde(other)]
    Other,
}

const NAMES: usize = Name::Other as usize;

/// Where a line keeps what has this name.
pub(crate) fn place(name: &str) -> Option<usize> {
    let name = Name::deserialize(StrDeserializer::<serde::de::value::Error>::new(name)).ok()?;
    (name != Name::Other).then_some(name as usize)
}

/// One account, or one signal of it.
#[derive(Default)]
pub(crate) struct Line {
    pub(crate) account: Option<u32>,
    /// Of signals.
    pub(crate) id: u32,
    /// Of signals, in seconds since 1970.
    pub(crate) ts: i64,
    /// Of signals.
    pub(crate) kind: Option<Code>,
    /// Bits of the places that are filled.
    pub(crate) given: u32,
    /// Bits of those that hold the code of a word.
    pub(crate) coded: u32,
    values: [i64; NAMES],
    words: Words,
}

/// The words that were seen under each name, with their codes.
#[derive(Default)]
struct Words([Vec<(Box<str>, Code)>; NAMES]);

impl Line {
    /// Reads a text in place of what was read before.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<()> {
        (self.account, self.kind, self.given, self.coded) = (None, None, 0, 0);
        let mut from = serde_json::Deserializer::from_str(std::str::from_utf8(text)?);
        let read = (&mut *self).deserialize(&mut from).and_then(|()| from.end());
        read.with_context(|| format!("cannot read {}", String::from_utf8_lossy(text)))
    }

    pub(crate) fn value(&self, place: usize) -> i64 {
        self.values.get(place).copied().unwrap_or(0)
    }
}

impl Words {
    fn code(&mut self, name: Name, word: &str) -> Code {
        let Some(known) = self.0.get_mut(name as usize) else { return Code::of(word) };
        match known.iter().find(|(known, _)| **known == *word) {
            Some((_, code)) => *code,
            None => {
                let code = Code::of(word);
                known.push((word.into(), code));
                code
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Line {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Line {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of whole numbers and words")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Name>()? {
            match name {
                Name::Id => self.id = map.next_value()?,
                Name::Ts => self.ts = map.next_value()?,
                Name::Account => self.account = Some(map.next_value()?),
                Name::Kind => self.kind = Some(self.words.code(name, map.next_value()?)),
                Name::Other => drop(map.next_value::<IgnoredAny>()?),
                _ => {
                    let bit = 1 << name as usize;
                    let raw = match map.next_value()? {
                        Raw::Int(number) => number,
                        Raw::Word(word) => {
                            self.coded |= bit;
                            self.words.code(name, word).raw()
                        }
                    };
                    self.given |= bit;
                    if let Some(value) = self.values.get_mut(name as usize) {
                        *value = raw;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A whole number or a word.
enum Raw<'a> {
    Int(i64),
    Word(&'a str),
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
