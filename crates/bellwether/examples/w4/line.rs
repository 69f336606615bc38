//! A line of the benchmark's files: one account or one signal, as numbers.
//!
//! - In: a JSON object of whole numbers and words.
//! - Out: a [`Line`], filled anew for each; words become codes.
//! - Never: copies a word that was seen before.

use anyhow::{Context, Result};
use bellwether_core::{Code, Type};
use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
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

impl Name {
    /// Whether it stands before a word; before a whole number otherwise.
    const fn is_word(self) -> bool {
        use Name::{Category, Intent, Meeting, Region, Seg, Tier};
        matches!(self, Seg | Tier | Region | Intent | Category | Meeting)
    }
}

/// Where a line keeps a field, if it is one of this name and type.
pub(crate) fn place(name: &str, kind: Type) -> Option<usize> {
    let name = Name::deserialize(StrDeserializer::<serde::de::value::Error>::new(name)).ok()?;
    let wanted = if name.is_word() { Type::Code } else { Type::Int };
    (name != Name::Other && kind == wanted).then_some(name as usize)
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
    values: [i64; NAMES],
    words: Words,
}

/// The words that were seen under each name, with their codes.
#[derive(Default)]
struct Words([Vec<(Box<str>, Code)>; NAMES]);

impl Line {
    /// Reads a text in place of what was read before.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<()> {
        (self.account, self.kind, self.given) = (None, None, 0);
        let mut from = serde_json::Deserializer::from_str(std::str::from_utf8(text)?);
        let read = (&mut *self).deserialize(&mut from).and_then(|()| from.end());
        read.with_context(|| format!("cannot read {}", String::from_utf8_lossy(text)))
    }

    fn keep(&mut self, name: Name, raw: i64) {
        self.given |= 1 << name as usize;
        if let Some(value) = self.values.get_mut(name as usize) {
            *value = raw;
        }
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
                word if word.is_word() => {
                    let code = self.words.code(name, map.next_value()?);
                    self.keep(name, code.raw());
                }
                _ => self.keep(name, map.next_value()?),
            }
        }
        Ok(())
    }
}
