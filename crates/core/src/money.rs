//! Money: whole minor units and a currency that never mix in silence.

use std::fmt;
use std::str::FromStr;

/// An ISO 4217 code: three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text that is not a currency code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a currency: expected three letters such as EUR")]
pub struct NotACurrency(pub String);

impl Currency {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimal places the minor unit has (ISO 4217; most have two).
    pub fn decimals(&self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"CLP" | b"VND" | b"ISK" | b"UGX" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        match text.trim().as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|x| x.is_ascii_alphabetic()) => {
                Ok(Self([a, b, c].map(|letter| letter.to_ascii_uppercase())))
            }
            _ => Err(NotACurrency(text.chars().take(12).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in minor units. Two currencies never mix in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// How an amount is written, for errors.
    pub const WRITTEN: &str =
        "write 500.00: a point before the cents, commas only between thousands";

    /// An amount from its minor units (cents).
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Minor units (cents).
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum, unless the currencies differ or it overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor)?;
        (self.currency == other.currency).then_some(Self { minor, ..self })
    }

    /// Reads a written decimal such as `1,234.50` or `-3` exactly: no more places than the currency
    /// has (further zeros are fine), commas only between groups of three digits.
    pub fn parse(text: &str, currency: Currency) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let whole = ungroup(whole)?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(&whole) || !digits(places) {
            return None;
        }
        let decimals = currency.decimals() as usize;
        let (kept, dropped) = places.split_at_checked(decimals).unwrap_or((places, ""));
        if dropped.bytes().any(|b| b != b'0') {
            return None;
        }
        let minor: i64 = format!("{whole}{kept:0<decimals$}").parse().ok()?;
        Some(Self { minor: if negative { -minor } else { minor }, currency })
    }
}

/// Whole digits without their commas; nothing where a comma does not lead exactly three of them, such as
/// the decimal comma of `500,00`.
fn ungroup(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || !(1..=3).contains(&first.len()) {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10u64.pow(self.currency.decimals());
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, rest) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        match self.currency.decimals() as usize {
            0 => write!(f, "{sign}{whole} {}", self.currency),
            places => write!(f, "{sign}{whole}.{rest:0places$} {}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, code, shown) in [
            ("1,234.5", "EUR", Some("1234.50 EUR")),
            ("-3", "usd", Some("-3.00 USD")),
            ("700", "JPY", Some("700 JPY")),
            ("1.2340", "KWD", Some("1.234 KWD")),
            ("1.005", "EUR", None),
            ("1,234,567.89", "EUR", Some("1234567.89 EUR")),
            ("1.500", "EUR", Some("1.50 EUR")),
            ("500,00", "EUR", None),
            ("1,50", "EUR", None),
            ("1,2345", "EUR", None),
            ("1234,567", "EUR", None),
            (",500", "EUR", None),
            ("1,,234", "EUR", None),
            ("1,234,", "EUR", None),
            ("1.234,50", "EUR", None),
            ("1e3", "EUR", None),
            ("", "EUR", None),
            ("99999999999999999999", "EUR", None),
        ] {
            let read = Money::parse(text, code.parse().unwrap()).map(|money| money.to_string());
            assert_eq!(read.as_deref(), shown, "{text}");
        }
        assert!("EURO".parse::<Currency>().is_err());
    }

    #[test]
    fn currencies_do_not_mix() {
        let eur = Money::from_minor(100, "EUR".parse().unwrap());
        let usd = Money::from_minor(100, "USD".parse().unwrap());
        assert_eq!(eur.checked_add(usd), None);
        assert_eq!(eur.checked_add(eur).unwrap().minor(), 200);
    }
}
