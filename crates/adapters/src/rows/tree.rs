//! A JSON document as a tree whose numbers are still the text that was written: amounts stay exact.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    Null,
    /// A number, `true` or `false`, as written.
    Bare(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Reads a document, whose depth the caller has checked. `None` where it is not JSON.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let text = text.trim_ascii();
        match text.as_bytes().first()? {
            b'{' => {
                let Entries(entries) = serde_json::from_str(text).ok()?;
                let entries = entries.into_iter().map(|(key, raw)| Some((key, Self::read(raw)?)));
                entries.collect::<Option<_>>().map(Self::Object)
            }
            b'[' => {
                let items: Vec<&'a RawValue> = serde_json::from_str(text).ok()?;
                let items = items.into_iter().map(|raw| Self::read(raw.get()));
                items.collect::<Option<_>>().map(Self::List)
            }
            b'"' => {
                let Word(word) = serde_json::from_str(text).ok()?;
                Some(Self::Text(word))
            }
            b'n' => (text == "null").then_some(Self::Null),
            _ => {
                let raw: &'a RawValue = serde_json::from_str(text).ok()?;
                Some(Self::Bare(raw.get()))
            }
        }
    }

    /// The value of a key; of a repeated key the last, as everywhere.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => {
                entries.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text of a single value.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Bare(text) => Some(text),
            Self::Text(text) => Some(text),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }
}

/// A string, borrowed where nothing is escaped.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Word<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The entries of an object in order, values unread.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EntryReader)
    }
}

struct EntryReader;

impl<'de> Visitor<'de> for EntryReader {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some((Word(key), value)) = map.next_entry::<Word<'de>, &'de RawValue>()? {
            entries.push((key, value.get()));
        }
        Ok(Entries(entries))
    }
}

/// Whether a text nests deeper than `limit`; brackets inside of strings do not count.
pub(crate) fn deeper_than(limit: usize, text: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}
