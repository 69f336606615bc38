//! From the value of a field as sent to the value that rules read; nothing passes through a float.

use super::fault::{Fault, fault};
use super::wire::{FieldValue, Typed};
use crate::mapping::decimal::Decimal;
use crate::rows::tree::Word;
use bellwether_core::signal::{MAX_WORD, RawValue};
use bellwether_core::{Currency, Duration, Money, Ppm, Timestamp, civil};
use jiff::{Span, SpanRelativeTo, tz::TimeZone};
use serde_json::value::RawValue as Written;

/// Reads a value.
pub(super) fn value(sent: FieldValue<'_>) -> Result<RawValue, Fault> {
    match sent {
        FieldValue::Bool(yes) => Ok(RawValue::Bool(yes)),
        FieldValue::Int(number) => Ok(RawValue::Int(number)),
        FieldValue::Word(word) if word.len() > MAX_WORD => {
            Err(fault("intake-word-too-long", format!("the word is longer than {MAX_WORD} bytes"))
                .help("free text belongs under `text`"))
        }
        FieldValue::Word(word) => Ok(RawValue::Word(word.into_owned())),
        FieldValue::Typed(typed) => of_type(*typed),
    }
}

fn of_type(typed: Typed<'_>) -> Result<RawValue, Fault> {
    match typed {
        Typed {
            ratio: Some(it),
            money: None,
            currency: None,
            time: None,
            seconds: None,
            duration: None,
        } => {
            let ratio = decimal(it).and_then(|number| number.times(1_000_000));
            ratio.map(|ppm| RawValue::Ratio(Ppm::new(ppm))).ok_or_else(bad_ratio)
        }
        Typed {
            money: Some(it),
            currency: Some(Word(currency)),
            ratio: None,
            time: None,
            seconds: None,
            duration: None,
        } => money(it, &currency).map(RawValue::Money),
        Typed {
            time: Some(Word(it)),
            ratio: None,
            money: None,
            currency: None,
            seconds: None,
            duration: None,
        } => instant(&it).map(RawValue::Time),
        Typed {
            seconds: Some(it),
            ratio: None,
            money: None,
            currency: None,
            time: None,
            duration: None,
        } => {
            let span = decimal(it).and_then(|number| number.times(1_000_000));
            span.map(|it| RawValue::Duration(Duration::from_micros(it))).ok_or_else(bad_span)
        }
        Typed {
            duration: Some(Word(it)),
            ratio: None,
            money: None,
            currency: None,
            time: None,
            seconds: None,
        } => span(&it).map(RawValue::Duration).ok_or_else(bad_span),
        _ => Err(fault("intake-wrong-type", "the object does not say one type")
            .help("one of `ratio`, `money` with `currency`, `time`, `seconds` or `duration`")),
    }
}

/// A number as it was written, in quotes or not.
fn decimal(written: &Written) -> Option<Decimal> {
    let text = written.get();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Decimal::parse(bare.unwrap_or(text), false)
}

fn money(written: &Written, currency: &str) -> Result<Money, Fault> {
    let currency: Currency = currency.parse().map_err(|_| {
        fault("intake-money", "the currency is none")
            .help("a currency is three letters, such as EUR")
    })?;
    let minor = decimal(written).and_then(|number| number.exact(currency.decimals()));
    let minor = minor.ok_or_else(|| {
        fault("intake-money", "this is no amount with at most as many places as its currency has")
            .help("amounts look like {\"money\": \"1200.50\", \"currency\": \"EUR\"}")
    })?;
    Ok(Money::from_minor(minor, currency))
}

/// An instant of RFC 3339; one without an offset would be a guess.
pub(super) fn instant(text: &str) -> Result<Timestamp, Fault> {
    let zoned = match text.as_bytes() {
        [.., b'Z' | b'z'] => true,
        [.., sign, _, _, b':', _, _] => matches!(sign, b'+' | b'-'),
        _ => false,
    };
    let bad = |what: &str| {
        fault("intake-time", what)
            .help("times look like 2026-11-21T09:30:00Z, between 1970 and 2199, with their offset")
    };
    if !zoned {
        return Err(bad("this is not a time with its offset"));
    }
    civil::read(text, "iso", &TimeZone::UTC).map_err(|error| match error {
        civil::BadTime::Implausible { .. } => bad("the year lies outside of 1970 to 2199"),
        civil::BadTime::Unreadable { .. } | civil::BadTime::UnknownZone { .. } => {
            bad("this is not a time")
        }
    })
}

/// A span of ISO 8601 of which the length is known: days have 24 hours, months and years have none.
fn span(text: &str) -> Option<Duration> {
    if !text.trim_start_matches('-').starts_with('P') {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(length.as_micros()).ok().map(Duration::from_micros)
}

/// A number that stands alone and is not whole, or too large.
pub(super) fn bare_number() -> Fault {
    fault("intake-number", "a bare number must be whole and within 64 bits")
        .help("write {\"ratio\": 0.25}, {\"money\": \"1200.50\", \"currency\": \"EUR\"} or {\"seconds\": 1.5}")
}

fn bad_ratio() -> Fault {
    fault("intake-number", "this is no ratio").help("ratios look like {\"ratio\": 0.25}")
}

fn bad_span() -> Fault {
    fault("intake-number", "this is no span of a known length").help(
        "spans look like {\"seconds\": 90} or {\"duration\": \"P1DT12H\"}; months and years vary",
    )
}
