//! From the text of a cell to a typed value, or to the reason why not.

use super::condition::within;
use super::decimal::Decimal;
use super::field::{Field, Make, Number, Other, Unit};
use bellwether_core::civil::{self, BadTime};
use bellwether_core::signal::{MAX_WORD, RawValue};
use bellwether_core::{Currency, Duration, Money, Ppm, Problem, Timestamp};
use jiff::tz::TimeZone;

/// The value of a field; `None` where the field is left out on purpose.
///
/// `currency` is the text of the row's currency, `own` are our domains.
pub(super) fn convert(
    field: &Field,
    text: &str,
    currency: Option<&str>,
    own: &[String],
) -> Result<Option<RawValue>, Problem> {
    let name = field.name.as_str();
    Ok(Some(match &field.make {
        Make::Code { values, other, digest } => {
            return word(name, text, values, *other, *digest);
        }
        Make::Int(number) => {
            let value = decimal(name, text, number)?;
            RawValue::Int(value.exact(0).ok_or_else(|| bad_number(name, "a whole number"))?)
        }
        Make::Ratio { number, percent } => RawValue::Ratio(ratio(name, text, number, *percent)?),
        Make::Money { number, default, unit, .. } => {
            let currency = currency_of(name, currency, *default)?;
            RawValue::Money(money(name, text, number, currency, *unit)?)
        }
        Make::Words { values, other } => match truth(text, values) {
            Some(yes) => RawValue::Bool(yes),
            None if *other == Other::Drop => return Ok(None),
            None => return Err(unknown_word(name)),
        },
        Make::TrueWhen(condition) => {
            let holds = condition.holds(Some(text), own);
            RawValue::Bool(holds.ok_or_else(|| bad_number(name, "a number"))?)
        }
        Make::Mentions(phrases) => RawValue::Bool(mentions(text, phrases)),
        Make::Time { format, zone } => RawValue::Time(time(name, text, format, zone)?),
        Make::Duration { number, micros } => {
            let span = decimal(name, text, number)?.times(*micros);
            let span = span.ok_or_else(|| bad_number(name, "a span"))?;
            RawValue::Duration(Duration::from_micros(span))
        }
        Make::Span => {
            let span = Duration::parse(text);
            RawValue::Duration(span.ok_or_else(|| bad_number(name, "a span such as `1d12h`"))?)
        }
    }))
}

fn word(
    name: &str,
    text: &str,
    values: &[(String, String)],
    other: Other,
    digest: bool,
) -> Result<Option<RawValue>, Problem> {
    let known = values.iter().find(|(from, _)| from == text).map(|(_, to)| to.as_str());
    let word = match (known, other) {
        (Some(word), _) => word,
        (None, Other::Keep) => text,
        (None, Other::Drop) => return Ok(None),
        (None, Other::Refuse) => return Err(unknown_word(name)),
    };
    if word.len() > MAX_WORD && !digest {
        let message = format!("the word in `{name}` is longer than {MAX_WORD} bytes");
        return Err(Problem::new("row-word-too-long", message)
            .help("free text belongs under `personal`; long ids take `digest: true`"));
    }
    Ok(Some(RawValue::Word(word.to_owned())))
}

fn unknown_word(name: &str) -> Problem {
    Problem::new("row-unknown-word", format!("the mapping does not list the word in `{name}`"))
        .help("add it to `values`, or say `other: drop`")
}

fn decimal(name: &str, text: &str, number: &Number) -> Result<Decimal, Problem> {
    let value = Decimal::parse(text, number.comma).ok_or_else(|| bad_number(name, "a number"))?;
    in_range(name, value, number)
}

fn in_range(name: &str, value: Decimal, number: &Number) -> Result<Decimal, Problem> {
    if within(value, number.least, number.most) {
        return Ok(value);
    }
    let message = format!("the number in `{name}` is outside of `at_least` and `at_most`");
    Err(Problem::new("row-out-of-range", message)
        .help("mend it at its source, or widen the limits in the mapping"))
}

fn bad_number(name: &str, expected: &str) -> Problem {
    Problem::new("row-bad-number", format!("`{name}` is not {expected}"))
        .help("numbers look like 1234.50 or 1,234.50; for 1.234,50 say `decimal: comma`")
}

fn ratio(name: &str, text: &str, number: &Number, percent: bool) -> Result<Ppm, Problem> {
    let (digits, sign) = match text.strip_suffix('%') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let bad = || bad_number(name, "a ratio");
    let value = Decimal::parse(digits, number.comma).ok_or_else(bad)?;
    let value = if percent || sign { value.percent() } else { value };
    in_range(name, value, number)?.times(1_000_000).map(Ppm::new).ok_or_else(bad)
}

fn currency_of(
    name: &str,
    written: Option<&str>,
    default: Option<Currency>,
) -> Result<Currency, Problem> {
    match written {
        Some(text) => text.parse().map_err(|_| {
            Problem::new("row-bad-currency", format!("the currency of `{name}` is none"))
                .help("a currency is three letters, such as EUR")
        }),
        None => default.ok_or_else(|| {
            Problem::new("row-no-currency", format!("the amount in `{name}` has no currency"))
                .help("add `currency: EUR` to the mapping as the default, or fill the column")
        }),
    }
}

fn money(
    name: &str,
    text: &str,
    number: &Number,
    currency: Currency,
    unit: Unit,
) -> Result<Money, Problem> {
    let value = decimal(name, text, number)?;
    let shift = match unit {
        Unit::Minor => 0,
        Unit::Major(power) => power + currency.decimals(),
    };
    let minor = value.exact(shift);
    let bad = || bad_number(name, "an amount with no more places than its currency has");
    Ok(Money::from_minor(minor.ok_or_else(bad)?, currency))
}

fn truth(text: &str, values: &[(String, bool)]) -> Option<bool> {
    if let Some((_, yes)) = values.iter().find(|(word, _)| word == text) {
        return Some(*yes);
    }
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match values.is_empty() {
        true if is(&["true", "yes", "y", "t", "1"]) => Some(true),
        true if is(&["false", "no", "n", "f", "0"]) => Some(false),
        _ => None,
    }
}

/// Whether a text holds one of the phrases as whole words, whatever the case.
pub(super) fn mentions(text: &str, phrases: &[String]) -> bool {
    let text = text.to_lowercase();
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    phrases.iter().any(|phrase| {
        text.match_indices(phrase.as_str()).any(|(at, found)| {
            let before = text.get(..at).and_then(|part| part.chars().next_back());
            let after = text.get(at + found.len()..).and_then(|part| part.chars().next());
            !letter(before) && !letter(after)
        })
    })
}

/// Reads a time. What stood there is not quoted: a shifted column may be personal.
pub(super) fn time(
    name: &str,
    text: &str,
    format: &str,
    zone: &TimeZone,
) -> Result<Timestamp, Problem> {
    civil::read(text, format, zone).map_err(|error| match error {
        BadTime::Implausible { year } => {
            let message = format!("`{name}` lies in the year {year}, outside of 1970 to 2199");
            Problem::new("row-implausible-time", message)
                .help("mend the date at its source; list placeholder dates under `empty`")
        }
        BadTime::Unreadable { .. } | BadTime::UnknownZone { .. } => {
            let message = format!("`{name}` is not a time in the format `{format}`");
            Problem::new("row-bad-time", message)
                .help("say the format in the mapping, such as `format: \"%d/%m/%Y %H:%M\"`")
        }
    })
}
