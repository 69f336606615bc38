//! A reader: a model, how sure it may be, and when it says nothing.
//!
//! - In: examples and a seed, once; then texts.
//! - Out: a [`Reading`]: the label with its calibrated probability, or an abstention with its reason.
//! - Never: a label for a text of which it knows nothing.

mod file;
mod learn;

pub use learn::{Held, Learnt, learn, learn_by};

use crate::calibrate::Temperature;
use crate::gate::{Gate, Signs};
use crate::model::{Contribution, Model, Scores};
use bellwether_core::Ppm;

/// Below this share of known features a text says nothing to the model, whatever its scores.
const LEAST_KNOWN: f32 = 0.15;

/// What was learnt from examples, with what their held-back part says about how sure it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Reader {
    pub(crate) model: Model,
    pub(crate) temperature: Temperature,
    /// None where the held-back part had no mistakes to learn from.
    pub(crate) gate: Option<Gate>,
    /// Readings below this probability of being right are abstentions.
    pub(crate) least: Ppm,
}

/// Why a reader says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abstains {
    /// There are no words in the text.
    Empty,
    /// Too few of its words were ever seen: another language, perhaps, or noise.
    Unknown,
    /// It is not sure enough; the sign that spoke against it (one of [`crate::gate::SIGNS`]).
    Unsure(&'static str),
}

/// What one text says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The position of the best label in [`Model::labels`].
    pub best: usize,
    /// How probable it is that the best label is right.
    pub confidence: Ppm,
    /// Probabilities of all labels, calibrated.
    pub shares: Vec<f64>,
    /// Why the best label is not to be used, if it is not.
    pub abstains: Option<Abstains>,
}

impl Reader {
    /// What it scores by.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// From which confidence on it names a label.
    pub fn least(&self) -> Ppm {
        self.least
    }

    /// The same reader, abstaining below another confidence.
    #[must_use]
    pub fn with_least(mut self, least: Ppm) -> Self {
        self.least = least;
        self
    }

    /// Reads a text.
    pub fn read(&self, text: &str) -> Reading {
        self.reading(&self.model.scores(text))
    }

    /// A text's label by name, if there is one to give.
    pub fn label(&self, reading: &Reading) -> Option<&str> {
        let named = self.model.labels().get(reading.best).map(String::as_str);
        named.filter(|_| reading.abstains.is_none())
    }

    /// What each word added to the score of the best label.
    pub fn why(&self, text: &str, reading: &Reading) -> Vec<Contribution> {
        self.model.contributions(text, reading.best)
    }

    pub(crate) fn reading(&self, scores: &Scores) -> Reading {
        let logits: Vec<f64> = scores.logits.iter().map(|logit| f64::from(*logit)).collect();
        let shares = self.temperature.apply(&logits);
        let best = best(&shares);
        let signs = Signs::of(scores);
        let share = shares.get(best).copied().unwrap_or_default();
        let confidence = ppm(self.gate.as_ref().map_or(share, |gate| gate.probability(&signs)));
        let doubt = || self.gate.as_ref().map_or("largest", |gate| gate.doubt(&signs));
        let abstains = if scores.features == 0 {
            Some(Abstains::Empty)
        } else if scores.known < LEAST_KNOWN {
            Some(Abstains::Unknown)
        } else {
            (confidence < self.least).then(|| Abstains::Unsure(doubt()))
        };
        Reading { best, confidence, shares, abstains }
    }
}

/// The position of the largest; the first of equals.
pub(crate) fn best(shares: &[f64]) -> usize {
    let larger = |most: (usize, f64), (at, share): (usize, &f64)| {
        if *share > most.1 { (at, *share) } else { most }
    };
    shares.iter().enumerate().fold((0, f64::NEG_INFINITY), larger).0
}

#[expect(clippy::cast_possible_truncation, reason = "from 0 to a million")]
fn ppm(probability: f64) -> Ppm {
    Ppm::new((probability.clamp(0.0, 1.0) * 1e6).round() as i64)
}

#[cfg(test)]
mod tests;
