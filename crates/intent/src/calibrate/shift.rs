//! A moved base rate, as one number on the log odds.

use crate::numbers::{logit, sigmoid};

/// What is added to the log odds of every confidence because right has become more or less common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift(f64);

/// The largest shift: odds of e^20 to one.
const MOST: f64 = 20.0;

impl Shift {
    /// None.
    pub const NONE: Self = Self(0.0);

    /// A shift of the log odds; refused beyond 20 either way.
    pub fn new(log_odds: f64) -> Option<Self> {
        (-MOST..=MOST).contains(&log_odds).then_some(Self(log_odds))
    }

    /// Its log odds.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// A confidence under the new base rate (Saerens, Latinne and Decaestecker 2002, equation 2.4).
    pub fn apply(self, confidence: f64) -> f64 {
        if self.0 == 0.0 { confidence } else { sigmoid(logit(confidence) + self.0) }
    }

    /// From the base rate of the labels to another.
    pub fn between(old: f64, new: f64) -> Self {
        Self((logit(new) - logit(old)).clamp(-MOST, MOST))
    }

    /// The shift under which confidences agree on average with what turned out to be true
    /// (calibration in the large, Cox 1958); half a case is added to each outcome.
    pub fn from_labels(labels: &[(f64, bool)]) -> Self {
        if labels.is_empty() {
            return Self::NONE;
        }
        let right = labels.iter().filter(|(_, right)| *right).count() as f64;
        let wanted = (right + 0.5) / (labels.len() as f64 + 1.0);
        let (mut low, mut high) = (-MOST, MOST);
        for _ in 0..60 {
            let middle = Self(low + (high - low) / 2.0);
            if mean(labels.iter().map(|(confidence, _)| middle.apply(*confidence))) < wanted {
                low = middle.0;
            } else {
                high = middle.0;
            }
        }
        Self(low + (high - low) / 2.0)
    }

    /// The shift that recent confidences themselves make most likely, before any label of theirs has
    /// arrived, given the base rate of the labels behind them. By the expectation maximisation of
    /// Saerens and others (2002, section 2.2): it assumes that only the base rate moved.
    pub fn from_confidences(confidences: &[f64], base_rate: f64) -> Self {
        if confidences.is_empty() {
            return Self::NONE;
        }
        let mut rate = base_rate;
        for _ in 0..10_000 {
            let shift = Self::between(base_rate, rate);
            let next = mean(confidences.iter().map(|confidence| shift.apply(*confidence)));
            let still = (next - rate).abs() < 1e-13;
            rate = next;
            if still {
                break;
            }
        }
        Self::between(base_rate, rate)
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}
