//! Ratios as parts per million: exact, ordered, safe to hash.

use std::fmt;

/// A ratio in parts per million. Scores from -1 to 1 fit as well; probabilities use
/// [`Ppm::probability`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ppm(i64);

impl Ppm {
    /// One.
    pub const ONE: Self = Self(1_000_000);

    /// Any ratio.
    pub const fn new(ppm: i64) -> Self {
        Self(ppm)
    }

    /// A probability: refused outside of 0 to 1.
    pub fn probability(ppm: i64) -> Option<Self> {
        (0..=1_000_000).contains(&ppm).then_some(Self(ppm))
    }

    /// Parts per million.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads a decimal such as `0.85`, `-.4` or `85%` exactly; more than six places are cut.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (text, shift) = match text.strip_suffix('%') {
            Some(percent) => (percent.trim_end(), 4),
            None => (text, 6),
        };
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() && places.is_empty() {
            return None;
        }
        let kept: String = places.chars().take(shift).collect();
        if !whole.bytes().chain(places.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let ppm: i64 = format!("{whole}{kept:0<shift$}").parse().ok()?;
        Some(Self(if negative { -ppm } else { ppm }))
    }
}

impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let places = format!("{rest:06}");
        match places.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            places => write!(f, "{sign}{whole}.{places}"),
        }
    }
}

impl fmt::Debug for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_read_and_print() {
        for (text, shown) in
            [("0.85", "0.85"), ("-.4", "-0.4"), ("85%", "0.85"), ("1", "1"), ("12.5%", "0.125")]
        {
            assert_eq!(Ppm::parse(text).unwrap().to_string(), shown);
        }
        for wrong in ["", ".", "x", "1e3", "--1"] {
            assert_eq!(Ppm::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Ppm::probability(1_000_001), None);
    }
}
