//! Signals: one thing that happened around an account.
//!
//! A [`RawSignal`] is what an adapter understood: names are words and the personal parts are open.
//! The edge resolves who it is about, seals the personal parts and writes the event's bytes; what
//! the engine then reads from those bytes is a [`Signal`]: numbers only.

use crate::{Code, DocKey, Duration, Money, Personal, Ppm, SubjectId, Timestamp, Trust, Value};

/// A field of a signal as an adapter understood it.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A ratio.
    Ratio(Ppm),
    /// An amount in its own currency.
    Money(Money),
    /// An instant.
    Time(Timestamp),
    /// A span.
    Duration(Duration),
    /// A short word, at most [`MAX_WORD`] bytes; not personal.
    Word(String),
}

/// The kinds under which signals are kept that no rule may read, because their person is restricted or has
/// objected: they are counted as having come, and nothing is decided after them.
pub const HELD_KINDS: [&str; 2] = ["subject.objected", "subject.restricted"];

/// Their codes, so that no signal pays for hashing them; a test compares.
const HELD_CODES: [Code; 2] =
    [Code::from_raw(0x06afbdee52b09742), Code::from_raw(0x63ad427f013b5c61)];

/// The longest word a field may hold, in bytes.
pub const MAX_WORD: usize = 64;

impl RawValue {
    /// The value as the engine reads it.
    pub fn value(&self) -> Value {
        match self {
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Int(number) => Value::Int(*number),
            Self::Ratio(ratio) => Value::Ratio(*ratio),
            Self::Money(money) => Value::Money(*money),
            Self::Time(time) => Value::Time(*time),
            Self::Duration(span) => Value::Duration(*span),
            Self::Word(word) => Value::Code(Code::of(word)),
        }
    }
}

/// A way to find the account that a signal is about, tried in the order given.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountHint {
    /// The account's id in a system: (system, id).
    External(String, Personal<String>),
    /// A company's mail or web domain, lower case.
    Domain(Personal<String>),
    /// The domain of somebody's mail address, lower case: a company's, or a mail provider's.
    DomainOf(Personal<String>),
    /// A contact's mail address, lower case; free-mail domains say nothing about a company.
    Contact(Personal<String>),
    /// A company's name as written; the weakest way, tried last.
    Name(Personal<String>),
}

/// What an adapter understood of one row, message or delivery.
#[derive(Clone, Debug)]
pub struct RawSignal {
    /// The system it came from; ids are unique within it.
    pub source: String,
    /// The id within the source: the same id is the same signal.
    pub id: String,
    /// The canonical kind, such as `ticket.opened`.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// When it could first be known, where that differs from `at`.
    pub known_at: Option<Timestamp>,
    /// Who could have written it.
    pub trust: Trust,
    /// Ways to find the account.
    pub account: Vec<AccountHint>,
    /// The person it is about or from.
    pub contact: Option<Personal<String>>,
    /// Whoever of ours answers for it, by mail address or by an id in the source; empty where the
    /// source says that nobody does.
    pub owner: Option<Personal<String>>,
    /// The case it belongs to, by the source's number.
    pub case: Option<String>,
    /// The deal it belongs to, by the source's number.
    pub deal: Option<String>,
    /// The system whose case and deal numbers these are, where it is not the source.
    pub numbers: Option<String>,
    /// Typed fields that rules may read.
    pub fields: Vec<(String, RawValue)>,
    /// Personal parts, to be sealed: (field, text).
    pub personal: Vec<(String, Personal<String>)>,
    /// What only a keyed digest, or nobody, may see.
    pub hidden: Hidden,
}

/// Words that no event holds: the edge puts keyed digests in their place, or seals them.
#[derive(Clone, Debug, Default)]
pub struct Hidden {
    /// Parts of the id that may name somebody.
    pub id: Vec<Personal<String>>,
    /// Fields that rules may compare with each other, but not read.
    pub fields: Vec<HiddenField>,
    /// What the mapping does not list, as a JSON object; kept sealed for a short time.
    pub unknown: Option<Personal<String>>,
}

/// A field whose word becomes a digest.
#[derive(Clone, Debug)]
pub struct HiddenField {
    /// The field's name.
    pub name: String,
    /// The word.
    pub word: Personal<String>,
    /// Whether it is personal: then erasing any of the signal's subjects makes the digest meaningless,
    /// else erasing its account does.
    pub personal: bool,
}

/// One field as the engine reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The code of the field's name.
    pub name: Code,
    /// Its value.
    pub value: Value,
}

/// How the edge found the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedBy {
    /// The account's id in the source.
    External,
    /// The mail or web domain.
    Domain,
    /// A known contact.
    Contact,
    /// The company's name, without its legal form.
    Name,
    /// A link that somebody made.
    Link,
    /// Nothing was known: a new account.
    New,
    /// Nothing to go by: the signal stands for itself.
    Nobody,
}

impl MatchedBy {
    /// All ways.
    pub const ALL: [Self; 7] = [
        Self::External,
        Self::Domain,
        Self::Contact,
        Self::Name,
        Self::Link,
        Self::New,
        Self::Nobody,
    ];

    /// The word in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Domain => "domain",
            Self::Contact => "contact",
            Self::Name => "name",
            Self::Link => "link",
            Self::New => "new",
            Self::Nobody => "nobody",
        }
    }

    /// The way of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == word)
    }
}

/// One thing that happened, as numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// First 64 bits of the edge's keyed hash of (source, id): equal for the same signal.
    pub key: u64,
    /// First 64 bits of the edge's keyed hash of the content: differs when the same id says something
    /// else.
    pub content: u64,
    /// Code of the source's name.
    pub source: Code,
    /// Code of the kind.
    pub kind: Code,
    /// When it happened.
    pub at: Timestamp,
    /// When it could first be known.
    pub known_at: Timestamp,
    /// Who could have written it.
    pub trust: Trust,
    /// The case or deal it belongs to.
    pub doc: Option<DocKey>,
    /// The person it is about.
    pub contact: Option<SubjectId>,
    /// How the account was found.
    pub matched_by: MatchedBy,
    /// Fields, in the order of their names as text.
    pub fields: Box<[Field]>,
}

impl Signal {
    /// Whether it is of one of the [`HELD_KINDS`].
    pub fn is_held(&self) -> bool {
        HELD_CODES.contains(&self.kind)
    }

    /// The value of a field.
    pub fn field(&self, name: Code) -> Option<Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_kinds() {
        assert_eq!(HELD_KINDS.map(Code::of), HELD_CODES);
    }
}
