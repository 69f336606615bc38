//! Literals: written values as the number of a slot.

use crate::ast::Number;
use bellwether_core::{Code, Currency, Duration, Money, Ppm, Timestamp, Type, civil};

/// A YAML scalar as a slot's number: of a test, a default or a given fact. Money is in whole units
/// of a currency with two decimals; a word must be one of `values` unless that is empty.
pub fn literal(text: &str, kind: Type, values: &[String]) -> Option<i64> {
    let text = text.trim();
    match kind {
        Type::Bool => match text {
            "true" => Some(1),
            "false" => Some(0),
            _ => None,
        },
        Type::Int => text.replace('_', "").parse().ok(),
        Type::Ratio => Ppm::parse(text).map(Ppm::get),
        Type::Money => {
            let two_decimals: Currency = "EUR".parse().ok()?;
            Money::parse(&text.replace('_', ""), two_decimals).map(Money::minor)
        }
        Type::Time => instant(text).map(Timestamp::micros),
        Type::Duration => Duration::parse(text).map(Duration::micros),
        Type::Code => {
            let known = values.is_empty() || values.iter().any(|value| value == text);
            (known && !text.is_empty()).then(|| Code::of(text).raw())
        }
    }
}

/// RFC 3339, or a date or local time, which is UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    civil::read(text, "iso", &civil::zone("UTC").ok()?).ok()
}

/// A written number as a slot of this type; nothing if it does not fit exactly.
pub(crate) fn number(number: Number, kind: Type) -> Option<i64> {
    let unit = match kind {
        Type::Int => 1_000_000,
        Type::Money => 10_000,
        Type::Ratio => 1,
        _ => return None,
    };
    let whole = number.millionths % unit == 0;
    whole.then(|| i64::try_from(number.millionths / unit).ok()).flatten()
}
