//! Values: what a fact or a signal field may hold, each one number wide.

use crate::{Code, Duration, Money, Ppm, Timestamp};
use std::fmt;

/// The type of a fact, a signal field or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Yes or no; 1 or 0 in a slot.
    Bool,
    /// A whole number.
    Int,
    /// A ratio in parts per million.
    Ratio,
    /// Minor units of the bundle's currency.
    Money,
    /// Microseconds UTC.
    Time,
    /// Microseconds.
    Duration,
    /// A word of an enumeration or a short code.
    Code,
}

impl Type {
    /// All types.
    pub const ALL: [Self; 7] =
        [Self::Bool, Self::Int, Self::Ratio, Self::Money, Self::Time, Self::Duration, Self::Code];

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Ratio => "ratio",
            Self::Money => "money",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Code => "code",
        }
    }

    /// The type of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value as a signal brings it. In a slot it is one `i64`; see [`Value::raw`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A ratio.
    Ratio(Ppm),
    /// An amount with its own currency; converted before it enters a slot.
    Money(Money),
    /// An instant.
    Time(Timestamp),
    /// A span.
    Duration(Duration),
    /// A short word.
    Code(Code),
}

impl Value {
    /// What type it has.
    pub const fn kind(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Ratio(_) => Type::Ratio,
            Self::Money(_) => Type::Money,
            Self::Time(_) => Type::Time,
            Self::Duration(_) => Type::Duration,
            Self::Code(_) => Type::Code,
        }
    }

    /// The number that stands in a slot. Money gives its own minor units, whatever the currency.
    pub const fn raw(&self) -> i64 {
        match self {
            Self::Bool(yes) => *yes as i64,
            Self::Int(number) => *number,
            Self::Ratio(ratio) => ratio.get(),
            Self::Money(money) => money.minor(),
            Self::Time(time) => time.micros(),
            Self::Duration(span) => span.micros(),
            Self::Code(code) => code.raw(),
        }
    }
}

/// How a slot's number is written for people. Codes are written by whoever knows their words.
pub fn show_raw(kind: Type, raw: i64) -> String {
    match kind {
        Type::Bool => (raw != 0).to_string(),
        Type::Int => raw.to_string(),
        Type::Ratio => Ppm::new(raw).to_string(),
        Type::Money => {
            let sign = if raw < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", raw.unsigned_abs() / 100, raw.unsigned_abs() % 100)
        }
        Type::Time => Timestamp::from_micros(raw).to_string(),
        Type::Duration => Duration::from_micros(raw).to_string(),
        Type::Code => Code::from_raw(raw).to_string(),
    }
}
