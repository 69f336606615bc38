//! Written decimals, exactly: no float ever stands between a cell and an amount.

use std::cmp::Ordering;

/// A number as digits and places: `mantissa` / 10^`places`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    mantissa: i128,
    places: u32,
    /// Whether places beyond the last were cut off: floats that were printed have many.
    cut: bool,
}

/// The most digits a number may have.
const MAX_DIGITS: usize = 18;

impl Decimal {
    /// Reads `-1234.50`, `1,234.50` (groups of three only), `1e-3`; with `comma`, `1.234,50`.
    pub(crate) fn parse(text: &str, comma: bool) -> Option<Self> {
        // Most numbers are a few digits and nothing else.
        if text.len() <= MAX_DIGITS && !text.is_empty() && all_digits(text) {
            return text.parse().ok().map(|mantissa| Self { mantissa, places: 0, cut: false });
        }
        if let Some(plain) = Self::plain(text.as_bytes(), if comma { b',' } else { b'.' }) {
            return Some(plain);
        }
        let (group, point) = if comma { ('.', ',') } else { (',', '.') };
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, exponent.parse::<i8>().ok()?),
            None => (text, 0),
        };
        let (whole, places) = text.split_once(point).unwrap_or((text, ""));
        let mut digits = ungroup(whole, group)?;
        digits.push_str(places);
        if digits.is_empty() || digits.len() > 2 * MAX_DIGITS || !all_digits(&digits) {
            return None;
        }
        let mut mantissa: i128 = digits.parse().ok()?;
        let mut scale = i64::try_from(places.len()).ok()? - i64::from(exponent);
        while scale > 0 && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        let cut = scale > MAX_DIGITS as i64;
        while scale > MAX_DIGITS as i64 && mantissa > 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        if mantissa == 0 {
            scale = 0;
        }
        while scale < 0 {
            (mantissa, scale) = (mantissa.checked_mul(10)?, scale + 1);
        }
        let places = u32::try_from(scale).ok()?;
        let fits = mantissa < 10i128.pow(MAX_DIGITS as u32);
        fits.then_some(Self { mantissa: if negative { -mantissa } else { mantissa }, places, cut })
    }

    /// Reads digits with a point among them and nothing else but a sign; `None` for all other shapes.
    fn plain(text: &[u8], point: u8) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        if !(2..=MAX_DIGITS).contains(&text.len()) {
            return None;
        }
        let (mut mantissa, mut places) = (0u64, None);
        for byte in text {
            match byte {
                b'0'..=b'9' => {
                    mantissa = mantissa * 10 + u64::from(byte - b'0');
                    places = places.map(|places: u32| places + 1);
                }
                _ if *byte == point && places.is_none() => places = Some(0),
                _ => return None,
            }
        }
        let mut places = places?;
        while places > 0 && mantissa % 10 == 0 {
            (mantissa, places) = (mantissa / 10, places - 1);
        }
        let mantissa = i128::from(mantissa);
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, places, cut: false })
    }

    /// This number times 10^`shift`, if that is whole.
    pub(crate) fn exact(self, shift: u32) -> Option<i64> {
        let scaled = self.mantissa.checked_mul(10i128.checked_pow(shift)?)?;
        let unit = 10i128.checked_pow(self.places)?;
        (scaled % unit == 0 && !self.cut).then(|| i64::try_from(scaled / unit).ok())?
    }

    /// This number times `factor`, cut towards zero.
    pub(crate) fn times(self, factor: i64) -> Option<i64> {
        let scaled = self.mantissa.checked_mul(i128::from(factor))?;
        i64::try_from(scaled / 10i128.checked_pow(self.places)?).ok()
    }

    /// A hundredth of it.
    pub(super) fn percent(self) -> Self {
        Self { places: self.places + 2, ..self }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // 18 digits and at most 20 places: the products stay below 10^38, which i128 holds.
        let left = self.mantissa.saturating_mul(10i128.saturating_pow(other.places));
        left.cmp(&other.mantissa.saturating_mul(10i128.saturating_pow(self.places)))
    }
}

/// The digits without their separators, which must stand before every third digit.
fn ungroup(whole: &str, group: char) -> Option<String> {
    let mut parts = whole.split(group);
    let first = parts.next().unwrap_or_default();
    let mut digits = first.to_owned();
    for part in parts {
        if part.len() != 3 || first.is_empty() || first.len() > 3 {
            return None;
        }
        digits.push_str(part);
    }
    Some(digits)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
