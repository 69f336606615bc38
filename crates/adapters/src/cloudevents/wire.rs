//! The shapes of a CloudEvent and of our form of its data, read straight from the bytes.
//!
//! - In: JSON. - Out: borrowed parts, as typed as JSON can be.
//! - Never: takes a key twice, or a depth beyond [`MAX_DEPTH`]; copies a text that has no escapes.
//!
//! An error made here has a code as its message, and after a space what may be told about it.

use super::{MAX_BATCH, MAX_DEPTH, MAX_FIELDS};
use crate::rows::tree::Word;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What is told of a batch that is too long.
pub(super) const TOO_LONG: &str = "events in a batch: 1000";

const TWICE: &str = "intake-duplicate-key";

/// An event; an attribute that is missing, null or empty is an empty text.
#[derive(Default)]
pub(super) struct Event<'a> {
    pub(super) specversion: Cow<'a, str>,
    pub(super) id: Cow<'a, str>,
    pub(super) source: Cow<'a, str>,
    pub(super) kind: Cow<'a, str>,
    pub(super) time: Cow<'a, str>,
    pub(super) content_type: Cow<'a, str>,
    pub(super) trace_parent: Cow<'a, str>,
    pub(super) trace_state: Cow<'a, str>,
    pub(super) data: Data<'a>,
    /// How many attributes nobody reads.
    pub(super) unlisted: usize,
}

impl<'a> Event<'a> {
    /// Where an attribute is kept, if it is read.
    pub(super) fn attribute(&mut self, name: &str) -> Option<(u8, &mut Cow<'a, str>)> {
        Some(match name {
            "id" => (0, &mut self.id),
            "source" => (1, &mut self.source),
            "type" => (2, &mut self.kind),
            "specversion" => (3, &mut self.specversion),
            "time" => (4, &mut self.time),
            "datacontenttype" => (5, &mut self.content_type),
            "traceparent" => (6, &mut self.trace_parent),
            "tracestate" => (7, &mut self.trace_state),
            _ => return None,
        })
    }
}

/// Attributes of the standard that say nothing to us.
pub(super) const IGNORED: [&str; 2] = ["subject", "dataschema"];

impl<'de> Deserialize<'de> for Event<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EventReader)
    }
}

struct EventReader;

impl<'de> Visitor<'de> for EventReader {
    type Value = Event<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event<'de>, A::Error> {
        let (mut event, mut seen, mut others) = (Event::default(), 0u8, Vec::new());
        let mut data = None;
        while let Some(Word(key)) = map.next_key()? {
            if let Some((bit, attribute)) = event.attribute(&key) {
                if seen & (1 << bit) != 0 {
                    return Err(A::Error::custom(TWICE));
                }
                seen |= 1 << bit;
                if let Some(Word(text)) = map.next_value()? {
                    *attribute = text;
                }
            } else if key == "data" {
                if data.replace(map.next_value::<Option<Data<'de>>>()?).is_some() {
                    return Err(A::Error::custom(TWICE));
                }
            } else if key == "data_base64" {
                return Err(A::Error::custom("intake-base64"));
            } else {
                map.next_value_seed(Checked { left: MAX_DEPTH - 2 })?;
                event.unlisted += usize::from(!IGNORED.contains(&&*key));
                others.push(key);
            }
        }
        unique(&mut others)?;
        event.data = data.flatten().unwrap_or_default();
        Ok(event)
    }
}

/// The events of a batch, each given away with its place as soon as it is read.
pub(super) struct Batch<F>(pub(super) F);

impl<'de, F: FnMut(usize, Event<'de>)> DeserializeSeed<'de> for Batch<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(usize, Event<'de>)> Visitor<'de> for Batch<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(event) = items.next_element()? {
            if index == MAX_BATCH {
                return Err(A::Error::custom("more than a batch may have"));
            }
            (self.0)(index, event);
            index += 1;
        }
        Ok(())
    }
}

/// An object with these keys and no other, each at most once.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident<$a:lifetime> { $($key:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(super) struct $name<$a> { $(pub(super) $key: Option<$kind>),* }

        const _: () = {
            struct Reader;

            impl<$a> Visitor<$a> for Reader {
                type Value = $name<$a>;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: MapAccess<$a>>(self, mut map: A) -> Result<$name<$a>, A::Error> {
                    $(let mut $key: Option<Option<$kind>> = None;)*
                    while let Some(Word(key)) = map.next_key()? {
                        match &*key {
                            $(stringify!($key) => {
                                if $key.replace(map.next_value()?).is_some() {
                                    return Err(A::Error::custom(TWICE));
                                }
                            })*
                            _ => return Err(A::Error::custom(
                                concat!("intake-unknown-key", $(" ", stringify!($key)),*),
                            )),
                        }
                    }
                    Ok($name { $($key: $key.flatten()),* })
                }
            }

            impl<$a> Deserialize<$a> for $name<$a> {
                fn deserialize<D: Deserializer<$a>>(from: D) -> Result<Self, D::Error> {
                    from.deserialize_map(Reader)
                }
            }
        };
    };
}

object! {
    /// The data of an event in our form.
    Data<'a> {
        account: Account<'a>,
        contact: Word<'a>,
        owner: Word<'a>,
        case: Word<'a>,
        deal: Word<'a>,
        known_at: Word<'a>,
        fields: Named<'a, FieldValue<'a>>,
        text: Named<'a, Word<'a>>,
        unlisted: &'a RawValue,
    }
}

object! {
    /// Ways to find the account.
    Account<'a> {
        external: Word<'a>,
        system: Word<'a>,
        domain: Word<'a>,
        email: Word<'a>,
        name: Word<'a>,
    }
}

object! {
    /// A value that says its own type. Numbers are still the text that was written.
    Typed<'a> {
        ratio: &'a RawValue,
        money: &'a RawValue,
        currency: Word<'a>,
        time: Word<'a>,
        seconds: &'a RawValue,
        duration: Word<'a>,
    }
}

/// The value of a field.
pub(super) enum FieldValue<'a> {
    Bool(bool),
    Int(i64),
    Word(Cow<'a, str>),
    Typed(Box<Typed<'a>>),
}

impl<'de> Deserialize<'de> for FieldValue<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FieldReader)
    }
}

struct FieldReader;

impl<'de> Visitor<'de> for FieldReader {
    type Value = FieldValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a whole number, a word or an object that says the type")
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Bool(yes))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<FieldValue<'de>, E> {
        i64::try_from(number).map(FieldValue::Int).map_err(|_| E::custom("intake-number"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<FieldValue<'de>, E> {
        Err(E::custom("intake-number"))
    }

    fn visit_borrowed_str<E: Error>(self, word: &'de str) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Word(Cow::Borrowed(word)))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Word(Cow::Owned(word.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldValue<'de>, A::Error> {
        let typed = Typed::deserialize(MapAccessDeserializer::new(map))?;
        Ok(FieldValue::Typed(Box::new(typed)))
    }
}

/// An object whose keys are the sender's, each at most once; those that are null are left out.
pub(super) struct Named<'a, T>(pub(super) Vec<(Cow<'a, str>, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<'de, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(NamedReader(std::marker::PhantomData))
    }
}

struct NamedReader<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NamedReader<T> {
    type Value = Named<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<'de, T>, A::Error> {
        let (mut found, mut nulls) = (Vec::with_capacity(6), Vec::new());
        while let Some((Word(key), value)) = map.next_entry::<Word<'de>, Option<T>>()? {
            if found.len() + nulls.len() == MAX_FIELDS {
                return Err(A::Error::custom("intake-too-many names in an object: 128"));
            }
            if found.iter().any(|(known, _)| *known == key) || nulls.contains(&key) {
                return Err(A::Error::custom(TWICE));
            }
            match value {
                Some(value) => found.push((key, value)),
                None => nulls.push(key),
            }
        }
        Ok(Named(found))
    }
}

/// Any value, read only to see that it is not too deep and has no key twice.
pub(super) struct Checked {
    /// How many levels may still open.
    pub(super) left: usize,
}

impl Checked {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("intake-too-deep"))?;
        Ok(Self { left })
    }
}

impl<'de> DeserializeSeed<'de> for Checked {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper::<A::Error>()?.left;
        while items.next_element_seed(Self { left: inner })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper::<A::Error>()?.left;
        let mut keys = Vec::new();
        while let Some(Word(key)) = map.next_key()? {
            map.next_value_seed(Self { left: inner })?;
            keys.push(key);
        }
        unique(&mut keys)
    }
}

fn unique<E: Error>(keys: &mut [Cow<'_, str>]) -> Result<(), E> {
    keys.sort_unstable();
    match keys.windows(2).any(|two| matches!(two, [a, b] if a == b)) {
        true => Err(E::custom(TWICE)),
        false => Ok(()),
    }
}
