//! Small measures that every report is made of: ratios with intervals, spreads, histograms.
//!
//! - In: whole counts and whole numbers (a lead in microseconds, say).
//! - Out: figures for people; only `+ - * /` and the square root, so every machine agrees.
//! - Never: invents a figure; a ratio of nothing is `None`, not zero.

mod matrix;
mod spread;

pub use matrix::Matrix;
pub use spread::{Histogram, Spread, quantile};

/// The 97.5% point of the normal distribution: two-sided 95% intervals.
const Z: f64 = 1.959_963_984_540_054;

/// The ends of a 95% interval, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the two share a point.
    pub fn overlaps(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// A share with its counts: `hits` out of `of`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// How many did.
    pub hits: u64,
    /// How many could have.
    pub of: u64,
}

impl Ratio {
    /// `hits` out of `of`.
    pub const fn new(hits: u64, of: u64) -> Self {
        Self { hits, of }
    }

    /// The share, from 0 to 1; nothing when it is of nothing.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// Its 95% interval (see [`wilson`]).
    pub fn interval(self) -> Option<Interval> {
        wilson(self.hits as f64, self.of as f64)
    }
}

/// The 95% score interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927): honest for few cases and
/// near 0 and 1, where the textbook interval is not. Takes expected, so possibly broken, counts.
/// Nothing when `of` is not positive or `hits` does not lie within it.
pub fn wilson(hits: f64, of: f64) -> Option<Interval> {
    if of <= 0.0 || !(0.0..=of).contains(&hits) {
        return None;
    }
    let (share, squared) = (hits / of, Z * Z);
    let centre = share + squared / (2.0 * of);
    let reach = Z * (share * (1.0 - share) / of + squared / (4.0 * of * of)).sqrt();
    let scale = 1.0 + squared / of;
    // At 0 and at all hits the formula gives the bound exactly; rounding must not move it.
    let low = if hits == 0.0 { 0.0 } else { ((centre - reach) / scale).max(0.0) };
    let high = if hits == of { 1.0 } else { ((centre + reach) / scale).min(1.0) };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests;
