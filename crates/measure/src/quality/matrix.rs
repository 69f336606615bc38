//! The four cells of right and wrong, and what follows from them.

use super::{Interval, Ratio, wilson};
use std::ops::AddAssign;

/// How many subjects were escalated or not, and met the outcome or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Escalated, and the outcome happened.
    pub true_positive: u64,
    /// Escalated, and it did not happen: somebody was called for nothing.
    pub false_positive: u64,
    /// Not escalated, and it happened: nobody was called who should have been.
    pub false_negative: u64,
    /// Not escalated, and it did not happen.
    pub true_negative: u64,
}

impl Matrix {
    /// One subject's cell.
    pub const fn one(escalated: bool, happened: bool) -> Self {
        Self {
            true_positive: (escalated && happened) as u64,
            false_positive: (escalated && !happened) as u64,
            false_negative: (!escalated && happened) as u64,
            true_negative: (!escalated && !happened) as u64,
        }
    }

    /// All subjects.
    pub const fn total(&self) -> u64 {
        self.escalated() + self.false_negative + self.true_negative
    }

    /// Those that were escalated.
    pub const fn escalated(&self) -> u64 {
        self.true_positive + self.false_positive
    }

    /// Those whose outcome happened.
    pub const fn happened(&self) -> u64 {
        self.true_positive + self.false_negative
    }

    /// How many of the escalated were right.
    pub const fn precision(&self) -> Ratio {
        Ratio::new(self.true_positive, self.escalated())
    }

    /// How many of those that happened were escalated.
    pub const fn recall(&self) -> Ratio {
        Ratio::new(self.true_positive, self.happened())
    }

    /// How many of those that did not happen were left in peace.
    pub const fn specificity(&self) -> Ratio {
        Ratio::new(self.true_negative, self.false_positive + self.true_negative)
    }

    /// How many happened at all: the precision of calling blindly.
    pub const fn base_rate(&self) -> Ratio {
        Ratio::new(self.happened(), self.total())
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(&self) -> Option<f64> {
        self.overlap().value().map(harmonic)
    }

    /// The 95% interval of [`Matrix::f1`]: F1 is `2j / (1 + j)` of the overlap `j`, which is a share and
    /// so has a Wilson interval; the formula rises with `j`, so the ends carry over.
    pub fn f1_interval(&self) -> Option<Interval> {
        let Ratio { hits, of } = self.overlap();
        let Interval { low, high } = wilson(hits as f64, of as f64)?;
        Some(Interval { low: harmonic(low), high: harmonic(high) })
    }

    /// Escalated and happened, out of escalated or happened (Jaccard).
    const fn overlap(&self) -> Ratio {
        Ratio::new(self.true_positive, self.escalated() + self.false_negative)
    }
}

fn harmonic(overlap: f64) -> f64 {
    2.0 * overlap / (1.0 + overlap)
}

impl AddAssign for Matrix {
    fn add_assign(&mut self, other: Self) {
        self.true_positive += other.true_positive;
        self.false_positive += other.false_positive;
        self.false_negative += other.false_negative;
        self.true_negative += other.true_negative;
    }
}
