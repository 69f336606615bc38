//! Calibration: from a score to how often that score was right.
//!
//! - In: scores with what turned out to be true. Equal input gives an equal result, bit for bit.
//! - Out: a [`Calibrator`], which is a few plain numbers, and confidences in parts per million.
//! - Never: turns the order of two scores round; is surer than its labels allow.
//!
//! Below a thousand labels two parameters are all that the evidence carries (temperature, Platt);
//! above, beta calibration; with a thousand of both outcomes, isotonic regression.

mod isotonic;
mod logistic;
mod recent;
mod segments;
mod shift;
mod temperature;
mod wire;

pub use isotonic::Steps;
pub use recent::{Dated, Window, recalibrate};
pub use segments::{SEGMENT_LABELS, Segments};
pub use shift::Shift;
pub use temperature::{Case, Temperature, softmax, temperature};
pub use wire::NotACalibrator;

use crate::numbers::{ln, logit, sigmoid};
use bellwether_core::Ppm;
use std::fmt;

/// From how many labels on a map may have more than two parameters.
pub const MANY_LABELS: usize = 1_000;

/// How many of the rarer outcome the three parameters of beta calibration need: ten each.
const RARE_LABELS: usize = 30;

/// A score with what turned out to be true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// What the reader said: a probability.
    pub score: f64,
    /// Whether it was so.
    pub right: bool,
}

/// The kinds of map from a score to a confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A line on the log odds.
    Platt,
    /// A curve with its own slope at each end.
    Beta,
    /// Steps that only rise.
    Isotonic,
}

impl Method {
    /// What this many labels carry.
    pub fn for_labels(labels: &[Labelled]) -> Self {
        let right = labels.iter().filter(|label| label.right).count();
        let rarer = right.min(labels.len() - right);
        if labels.len() < MANY_LABELS || rarer < RARE_LABELS {
            Self::Platt
        } else if rarer < MANY_LABELS {
            Self::Beta
        } else {
            Self::Isotonic
        }
    }
}

/// A map from a score to a confidence, both from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Map {
    /// `sigmoid(slope * logit(s) + level)` (Platt 1999, with his smoothed targets).
    Platt {
        /// Never negative.
        slope: f64,
        /// The log odds at a score of one half.
        level: f64,
    },
    /// `sigmoid(a ln s - b ln(1 - s) + c)` (Kull, Silva Filho and Flach 2017).
    Beta {
        /// The slope at low scores, never negative.
        a: f64,
        /// The slope at high scores, never negative.
        b: f64,
        /// The level.
        c: f64,
    },
    /// Isotonic regression (Zadrozny and Elkan 2002).
    Isotonic(Steps),
}

/// Why no calibrator can be made of some labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotCalibrate {
    /// There are none.
    NoLabels,
    /// The label at this place has a score that is not a probability, or a truth outside its scores.
    NotAScore(usize),
}

impl fmt::Display for CannotCalibrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLabels => f.write_str("there is no label to calibrate with"),
            Self::NotAScore(at) => write!(f, "label {at} has a score that is no probability"),
        }
    }
}

impl std::error::Error for CannotCalibrate {}

impl Map {
    /// The map that the labels carry (see [`Method::for_labels`]).
    pub fn fit(labels: &[Labelled]) -> Result<Self, CannotCalibrate> {
        Self::fit_as(Method::for_labels(labels), labels)
    }

    /// The map of one kind that the labels make most likely.
    pub fn fit_as(method: Method, labels: &[Labelled]) -> Result<Self, CannotCalibrate> {
        if labels.is_empty() {
            return Err(CannotCalibrate::NoLabels);
        }
        let wrong = labels.iter().position(|label| !(0.0..=1.0).contains(&label.score));
        if let Some(at) = wrong {
            return Err(CannotCalibrate::NotAScore(at));
        }
        Ok(match method {
            Method::Platt => logistic::platt(labels),
            Method::Beta => logistic::beta(labels),
            Method::Isotonic => Self::Isotonic(Steps::fit(labels)),
        })
    }

    /// The confidence of a score.
    pub fn apply(&self, score: f64) -> f64 {
        match self {
            Self::Platt { slope, level } => sigmoid(slope * logit(score) + level),
            Self::Beta { a, b, c } => {
                let (low, high) = beta_features(score);
                sigmoid(a * low + b * high + c)
            }
            Self::Isotonic(steps) => steps.apply(score),
        }
    }
}

/// `ln s` and `-ln(1 - s)`, with `s` kept within 1e-12 of its ends.
fn beta_features(score: f64) -> (f64, f64) {
    let score = score.clamp(1e-12, 1.0 - 1e-12);
    (ln(score), -ln(1.0 - score))
}

/// Everything between the scores of a reader and a confidence that may be acted on.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrator {
    temperature: Temperature,
    map: Option<Map>,
    shift: Shift,
    labels: u64,
}

impl Calibrator {
    /// From logits with their true class: a temperature, and from a thousand cases on also a map of
    /// the highest probability.
    pub fn of_logits(cases: &[Case]) -> Result<Self, CannotCalibrate> {
        let temperature = temperature(cases)?;
        let map = if cases.len() < MANY_LABELS {
            None
        } else {
            let label = |case: &Case| {
                let (said, score) = top(&temperature.apply(&case.logits))?;
                Some(Labelled { score, right: said == case.truth })
            };
            Some(Map::fit(&cases.iter().filter_map(label).collect::<Vec<_>>())?)
        };
        Ok(Self { temperature, map, shift: Shift::NONE, labels: cases.len() as u64 })
    }

    /// From probabilities with what turned out to be true.
    pub fn of_scores(labels: &[Labelled]) -> Result<Self, CannotCalibrate> {
        let map = Some(Map::fit(labels)?);
        let labels = labels.len() as u64;
        Ok(Self { temperature: Temperature::ONE, map, shift: Shift::NONE, labels })
    }

    /// With another shift of the base rate.
    #[must_use]
    pub fn shifted(mut self, shift: Shift) -> Self {
        self.shift = shift;
        self
    }

    /// How many labels it was fitted on.
    pub fn labels(&self) -> u64 {
        self.labels
    }

    /// The class with the highest logit and its confidence; nothing without logits.
    pub fn read(&self, logits: &[f64]) -> Option<(usize, Ppm)> {
        let (said, score) = top(&self.temperature.apply(logits))?;
        Some((said, self.confidence(score)))
    }

    /// The confidence of a score as a float; for figures.
    pub fn apply(&self, score: f64) -> f64 {
        let mapped = self.map.as_ref().map_or(score, |map| map.apply(score));
        // Laplace's rule: n labels that were all right still leave one case in n + 2.
        let least = 1.0 / (self.labels as f64 + 2.0);
        self.shift.apply(mapped).clamp(least, 1.0 - least)
    }

    /// The confidence of a score (the highest probability after the temperature), rounded down.
    pub fn confidence(&self, score: f64) -> Ppm {
        Ppm::new((self.apply(score) * 1e6) as i64)
    }
}

/// The first class with the highest probability.
fn top(probabilities: &[f64]) -> Option<(usize, f64)> {
    probabilities.iter().copied().enumerate().reduce(
        |best, next| {
            if next.1 > best.1 { next } else { best }
        },
    )
}

#[cfg(test)]
mod tests;
