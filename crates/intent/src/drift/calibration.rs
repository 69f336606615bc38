//! Whether audits are wrong more often than their confidences announced.

use crate::numbers::{ln, ln_1p};

/// A cumulative sum of evidence that errors are more common than announced (Page 1954; adjusted for the
/// risk of each case by Steiner, Cook, Farewell and Treasure 2000).
///
/// Each audit adds the log likelihood ratio between "the odds of an error are `ratio` times what was
/// announced" and "as announced"; the sum never falls below zero. While all is as announced it takes at
/// least e^`limit` audits on average to reach `limit` (Lorden 1971).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cusum {
    ratio: f64,
    limit: f64,
    sum: f64,
}

impl Cusum {
    /// From the odds ratio to look for (above 1) and the limit in nats.
    pub fn new(ratio: f64, limit: f64) -> Self {
        Self { ratio: ratio.max(1.0), limit, sum: 0.0 }
    }

    /// The limit.
    pub const fn limit(&self) -> f64 {
        self.limit
    }

    /// Adds an audit: the confidence that was announced and whether it was right. The evidence, when it
    /// reaches the limit; then the sum begins anew.
    pub fn add(&mut self, confidence: f64, right: bool) -> Option<f64> {
        let risk = 1.0 - confidence.clamp(0.0, 1.0);
        let announced = ln_1p(risk * (self.ratio - 1.0));
        let evidence = if right { -announced } else { ln(self.ratio) - announced };
        self.sum = (self.sum + evidence).max(0.0);
        let reached = (self.sum >= self.limit).then_some(self.sum);
        if reached.is_some() {
            self.sum = 0.0;
        }
        reached
    }
}

/// The Brier score of audits against the one that their confidences announced (Spiegelhalter 1986).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BrierTest {
    count: u64,
    score: f64,
    announced: f64,
    variance: f64,
}

impl BrierTest {
    /// Adds an audit.
    pub fn add(&mut self, confidence: f64, right: bool) {
        let (p, y) = (confidence.clamp(0.0, 1.0), f64::from(u8::from(right)));
        let own = p * (1.0 - p);
        self.count += 1;
        self.score += (y - p) * (y - p);
        self.announced += own;
        self.variance += (1.0 - 2.0 * p) * (1.0 - 2.0 * p) * own;
    }

    /// The mean Brier score so far; nothing without an audit.
    pub fn score(&self) -> Option<f64> {
        (self.count > 0).then(|| self.score / self.count as f64)
    }

    /// How many standard deviations the score lies above the announced one; nothing while it cannot
    /// vary. Positive means worse than announced.
    pub fn z(&self) -> Option<f64> {
        (self.variance > 0.0).then(|| (self.score - self.announced) / self.variance.sqrt())
    }
}
