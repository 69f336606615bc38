//! Fields of a signal: where a value comes from and what it must be.

use super::FieldSchema;
use super::check::refuse;
use super::condition::{Condition, limits, words};
use super::decimal::Decimal;
use super::read::Reading;
use bellwether_core::authored::{Fields, Kind, Node};
use bellwether_core::{Currency, Place, Problem, value::Type};
use jiff::tz::TimeZone;

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// It is always the same.
    Const(String),
    /// The first of these paths that has a value.
    First(Vec<usize>),
}

impl Source {
    /// The paths it reads.
    pub(super) fn paths(&self) -> &[usize] {
        match self {
            Self::Const(_) => &[],
            Self::First(paths) => paths,
        }
    }
}

/// Where a time comes from and how it is written.
#[derive(Clone, Debug)]
pub(super) struct Times {
    pub(super) from: Source,
    pub(super) format: String,
    pub(super) zone: TimeZone,
    /// Counts up among rows that share an instant: microseconds added to it.
    pub(super) order: Option<Source>,
}

/// A field of a signal.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) from: Source,
    pub(super) make: Make,
    pub(super) required: bool,
    /// Whether it is read from what is personal in this entry.
    pub(super) personal: bool,
    known_at_close: bool,
    place: Place,
}

/// What becomes of the text.
#[derive(Clone, Debug)]
pub(super) enum Make {
    Code {
        values: Vec<(String, String)>,
        other: Other,
        digest: bool,
    },
    Int(Number),
    Ratio {
        number: Number,
        percent: bool,
    },
    Money {
        number: Number,
        currency: Option<Source>,
        default: Option<Currency>,
        unit: Unit,
    },
    Words {
        values: Vec<(String, bool)>,
        other: Other,
    },
    TrueWhen(Condition),
    Mentions(Vec<String>),
    Time {
        format: String,
        zone: TimeZone,
    },
    Duration {
        number: Number,
        micros: i64,
    },
    /// A span with its units, such as `1d12h`.
    Span,
}

/// What a number may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Number {
    pub(super) least: Option<Decimal>,
    pub(super) most: Option<Decimal>,
    /// Whether the comma separates the decimals.
    pub(super) comma: bool,
}

/// What happens to a word that `values` does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    Keep,
    Refuse,
    Drop,
}

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Cents, or whatever the currency's smallest part is.
    Minor,
    /// The currency itself, times ten to this power.
    Major(u32),
}

const UNITS: [(&str, Unit); 4] = [
    ("minor", Unit::Minor),
    ("major", Unit::Major(0)),
    ("thousand", Unit::Major(3)),
    ("million", Unit::Major(6)),
];

const SPANS: [(&str, i64); 6] = [
    ("millisecond", 1_000),
    ("second", 1_000_000),
    ("minute", 60_000_000),
    ("hour", 3_600_000_000),
    ("day", 86_400_000_000),
    ("week", 604_800_000_000),
];

impl Field {
    pub(super) fn schema(&self, kind: &str) -> FieldSchema {
        let (kind, field) = (kind.to_owned(), self.name.clone());
        let (known_at_close, place) = (self.known_at_close, self.place.clone());
        FieldSchema { kind, field, value: self.make.kind(), known_at_close, place }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Whether only a digest of its word reaches the event.
    pub(super) fn is_digest(&self) -> bool {
        matches!(self.make, Make::Code { digest: true, .. })
    }

    /// Whether it carries words of the row as they are.
    pub(super) fn copies_words(&self) -> bool {
        match &self.make {
            Make::Code { other, digest, .. } => *other == Other::Keep && !digest,
            _ => false,
        }
    }

    /// Reads a field as written.
    pub(super) fn read(
        name: &str,
        place: Place,
        fields: &mut Fields<'_>,
        node: &Node,
        reading: &mut Reading,
    ) -> Option<Self> {
        let document = fields.document();
        let mut inner = Fields::new(document, node, fields.problems());
        let constant = inner.text("const").map(|text| Source::Const(text.to_owned()));
        let from = inner.node("from").map(|node| reading.source(&mut inner, node));
        let kind = inner.word("type", &Type::ALL.map(Type::as_str), Type::from_word);
        let known = inner.word("known", &["close"], |word| (word == "close").then_some(()));
        let required = inner.flag("required").unwrap_or(false);
        let make = make(kind.unwrap_or(Type::Code), &mut inner, reading);
        let from = match (constant, from) {
            (Some(one), None) | (None, Some(one)) => Some(one),
            _ => {
                let message = format!("the field `{name}` has no source, or two");
                let help = "write `from: PATH` or `const: WORD`";
                refuse("mapping-field", &mut inner, node, message, help);
                None
            }
        };
        if kind.is_none() && matches!(from, Some(Source::First(_))) {
            let message = format!("the field `{name}` does not say its type");
            let problem = Problem::new("mapping-field", message).at(inner.place());
            let known = Type::ALL.map(Type::as_str).join(", ");
            inner.problems().push(problem.help(format!("add `type:` with one of: {known}")));
        }
        inner.finish();
        let known_at_close = known.is_some();
        Some(Self {
            name: name.to_owned(),
            from: from?,
            make: make?,
            required,
            personal: false,
            known_at_close,
            place,
        })
    }
}

impl Make {
    fn kind(&self) -> Type {
        match self {
            Self::Code { .. } => Type::Code,
            Self::Int(_) => Type::Int,
            Self::Ratio { .. } => Type::Ratio,
            Self::Money { .. } => Type::Money,
            Self::Words { .. } | Self::TrueWhen(_) | Self::Mentions(_) => Type::Bool,
            Self::Time { .. } => Type::Time,
            Self::Duration { .. } | Self::Span => Type::Duration,
        }
    }
}

/// Reads the options of a type; those of other types stay unasked and are reported.
fn make(kind: Type, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Make> {
    Some(match kind {
        Type::Code => {
            let values = pairs(fields, "values");
            let other = other(fields).unwrap_or(Other::Keep);
            Make::Code { values, other, digest: fields.flag("digest").unwrap_or(false) }
        }
        Type::Int => Make::Int(number(fields)),
        Type::Ratio => {
            let percent =
                fields.word("unit", &["percent"], |word| (word == "percent").then_some(()));
            Make::Ratio { number: number(fields), percent: percent.is_some() }
        }
        Type::Money => {
            let currency = fields.node("currency").map(|node| reading.source(fields, node));
            let known = UNITS.map(|(word, _)| word);
            let unit = fields.word("unit", &known, |word| lookup(&UNITS, word));
            let (number, unit) = (number(fields), unit.unwrap_or(Unit::Major(0)));
            Make::Money { number, currency, default: reading.currency, unit }
        }
        Type::Bool => return bool_of(fields),
        Type::Time => {
            let (format, zone) = reading.written_time(fields);
            Make::Time { format, zone }
        }
        Type::Duration => {
            let known = SPANS.map(|(word, _)| word);
            match fields.word("unit", &known, |word| lookup(&SPANS, word)) {
                Some(micros) => Make::Duration { number: number(fields), micros },
                None => Make::Span,
            }
        }
    })
}

fn bool_of(fields: &mut Fields<'_>) -> Option<Make> {
    let condition = fields.node("true_when").map(|node| Condition::read(fields, node));
    let phrases = fields.node("mentions").map(|node| words(fields, node));
    let values = fields.node("values").is_some();
    let ways = [condition.is_some(), phrases.is_some(), values];
    if ways.iter().filter(|way| **way).count() > 1 {
        let message = "`true_when`, `mentions` and `values` are three ways; use one";
        let place = fields.place();
        let problem = Problem::new("mapping-field", message).at(place);
        fields.problems().push(problem.help("write the field twice under two names"));
    }
    if let Some(condition) = condition {
        return Some(Make::TrueWhen(condition?));
    }
    if let Some(phrases) = phrases {
        return Some(Make::Mentions(phrases.iter().map(|phrase| phrase.to_lowercase()).collect()));
    }
    let other = other(fields).unwrap_or(Other::Refuse);
    let mut values = Vec::new();
    for (key, node) in fields.entries("values") {
        match &node.kind {
            Kind::Scalar { text, .. } if text == "true" => values.push((key.text.clone(), true)),
            Kind::Scalar { text, .. } if text == "false" => values.push((key.text.clone(), false)),
            _ => {
                let message = "this is neither true nor false";
                refuse("mapping-field", fields, node, message, "write `values: {closed: true}`");
            }
        }
    }
    Some(Make::Words { values, other })
}

fn number(fields: &mut Fields<'_>) -> Number {
    let (least, most) = limits(fields);
    let comma = fields.word("decimal", &["point", "comma"], |word| match word {
        "comma" => Some(true),
        "point" => Some(false),
        _ => None,
    });
    Number { least, most, comma: comma.unwrap_or(false) }
}

fn other(fields: &mut Fields<'_>) -> Option<Other> {
    fields.word("other", &["keep", "refuse", "drop"], |word| match word {
        "keep" => Some(Other::Keep),
        "refuse" => Some(Other::Refuse),
        "drop" => Some(Other::Drop),
        _ => None,
    })
}

fn pairs<'a>(fields: &mut Fields<'a>, name: &'a str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, node) in fields.entries(name) {
        match &node.kind {
            Kind::Scalar { text, .. } => found.push((key.text.clone(), text.clone())),
            _ => {
                let help = "write `values: {word of the export: word for rules}`";
                refuse("mapping-field", fields, node, "this is not a word", help);
            }
        }
    }
    found
}

fn lookup<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}
