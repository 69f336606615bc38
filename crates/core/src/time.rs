//! Time as integers: microseconds since 1970 in UTC, and spans of them.

use std::fmt;

/// An instant, in microseconds UTC since 1970. Only the edge may ask what time it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A span in microseconds; never negative when written by a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(i64);

/// The years that a signal may speak of: earlier or later ones are typing mistakes.
pub const PLAUSIBLE_YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

const SECOND: i64 = 1_000_000;

impl Timestamp {
    /// Before everything.
    pub const MIN: Self = Self(i64::MIN);
    /// After everything; also "never" for a flip instant.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since 1970, UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since 1970, UTC; saturates.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(SECOND))
    }

    /// Microseconds since 1970, UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant plus a span, saturating at the ends of time.
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant minus a span, saturating at the ends of time.
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The span since an earlier instant; zero if it is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        let span = self.0.saturating_sub(earlier.0);
        Duration(if span < 0 { 0 } else { span })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_) if self.0 < 0 => f.write_str("before all time"),
            Err(_) => f.write_str("never"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Units a person may write after a number, longest first, with their microseconds.
const UNITS: [(&str, i64); 7] = [
    ("ms", 1_000),
    ("us", 1),
    ("w", 7 * 86_400 * SECOND),
    ("d", 86_400 * SECOND),
    ("h", 3_600 * SECOND),
    ("m", 60 * SECOND),
    ("s", SECOND),
];

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds; saturates.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(SECOND))
    }

    /// From whole days of 24 hours; saturates.
    pub const fn from_days(days: i64) -> Self {
        Self(days.saturating_mul(86_400 * SECOND))
    }

    /// Microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads `90s`, `15m`, `4h`, `30d`, `2w`, and sums such as `1d12h`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut total = 0i64;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let (number, tail) = rest.split_at_checked(digits)?;
            let (unit, micros) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
            let number: i64 = number.parse().ok()?;
            total = total.checked_add(number.checked_mul(*micros)?)?;
            rest = tail.strip_prefix(unit)?;
        }
        Some(Self(total))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        if rest < 0 {
            f.write_str("-")?;
            rest = rest.saturating_abs();
        }
        for (unit, micros) in [
            ("d", 86_400 * SECOND),
            ("h", 3_600 * SECOND),
            ("m", 60 * SECOND),
            ("s", SECOND),
            ("us", 1),
        ] {
            if rest >= micros {
                write!(f, "{}{unit}", rest / micros)?;
                rest %= micros;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print() {
        for (text, shown) in [
            ("90s", "1m30s"),
            ("1d12h", "1d12h"),
            ("2w", "14d"),
            ("0s", "0s"),
            ("250ms", "250000us"),
        ] {
            assert_eq!(Duration::parse(text).unwrap().to_string(), shown);
        }
        for wrong in ["", "d", "5", "5y", "-3d", "99999999999d", "3d x"] {
            assert_eq!(Duration::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX.plus(Duration::from_days(1)), Timestamp::MAX);
        assert_eq!(Timestamp::from_secs(5).since(Timestamp::from_secs(9)), Duration::ZERO);
    }
}
