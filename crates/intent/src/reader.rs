//! A reader: a model, how sure it may be, and when it says nothing.
//!
//! - In: examples and a seed, once; then texts.
//! - Out: a [`Reading`]: the label with its calibrated probability, or an abstention with its reason.
//! - Never: a label for a text of which it knows nothing.

mod file;
mod learn;

pub use learn::{Held, Learnt, learn, learn_by};

use crate::calibrate::Temperature;
use crate::gate::{self, Gate, Second, Signs};
use crate::head::Head;
use crate::model::{Contribution, Model, Scores};
use crate::numbers::ln;
use bellwether_core::Ppm;

/// Below this share of known features a text says nothing to the model, whatever its scores.
const LEAST_KNOWN: f32 = 0.15;

/// What was learnt from examples, with what their held-back part says about how sure it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Reader {
    pub(crate) model: Model,
    /// By the vectors of a sentence encoder, where there was one.
    pub(crate) fused: Option<Fused>,
    pub(crate) temperature: Temperature,
    /// None where the held-back part had no mistakes to learn from.
    pub(crate) gate: Option<Gate>,
    /// Readings below this probability of being right are abstentions.
    pub(crate) least: Ppm,
}

/// A second opinion, and how much it counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fused {
    pub(crate) head: Head,
    /// Of the model, then of the head.
    pub(crate) temperatures: [Temperature; 2],
    /// The weight of the head's log probabilities, from 0 to 1; the model has the rest.
    pub(crate) weight: f64,
}

/// What a reader's parts say of one text.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Of the parts together, per label.
    pub(crate) logits: Vec<f64>,
    pub(crate) signs: Signs,
    features: usize,
    known: f32,
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

    /// Reads a text by its words alone.
    pub fn read(&self, text: &str) -> Reading {
        self.read_with(text, &[])
    }

    /// Reads a text, with its vector by the encoder that the reader learnt with; without one, or with one
    /// of another width, by its words alone.
    pub fn read_with(&self, text: &str, vector: &[f32]) -> Reading {
        self.reading(&self.say(&self.model.scores(text), vector))
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

    /// What the parts say, before it is made a probability.
    pub(crate) fn say(&self, scores: &Scores, vector: &[f32]) -> Said {
        let own = floats(&scores.logits);
        let known = f64::from(scores.known);
        let both = self.fused.as_ref().and_then(|fused| Some((fused, fused.head.logits(vector)?)));
        let (logits, signs) = match both {
            None => {
                let signs = Signs::of(&own, known);
                (own, signs)
            }
            Some((fused, theirs)) => {
                let theirs = floats(&theirs);
                let logits = fused.join(&own, &theirs);
                let agree = f64::from(u8::from(best(&own) == best(&theirs)));
                let near = f64::from(fused.head.near(vector));
                let second = Some(Second { agree, energy: gate::energy(&theirs), near });
                // How strongly the words speak is a sign of its own; joined logits have sum one.
                let energy = gate::energy(&own);
                let signs = Signs { energy, second, ..Signs::of(&logits, known) };
                (logits, signs)
            }
        };
        Said { logits, signs, features: scores.features, known: scores.known }
    }

    pub(crate) fn reading(&self, said: &Said) -> Reading {
        let shares = self.temperature.apply(&said.logits);
        let best = best(&shares);
        let share = shares.get(best).copied().unwrap_or_default();
        let confidence =
            ppm(self.gate.as_ref().map_or(share, |gate| gate.probability(&said.signs)));
        let doubt = || self.gate.as_ref().map_or("largest", |gate| gate.doubt(&said.signs));
        let abstains = if said.features == 0 {
            Some(Abstains::Empty)
        } else if said.known < LEAST_KNOWN {
            Some(Abstains::Unknown)
        } else {
            (confidence < self.least).then(|| Abstains::Unsure(doubt()))
        };
        Reading { best, confidence, shares, abstains }
    }
}

impl Fused {
    /// The weighed mean of log probabilities, each under its own temperature.
    pub(crate) fn join(&self, own: &[f64], theirs: &[f64]) -> Vec<f64> {
        let [first, second] = self.temperatures;
        let log = |share: f64| ln(share.max(1e-12));
        let both = first.apply(own).into_iter().zip(second.apply(theirs));
        both.map(|(own, theirs)| (1.0 - self.weight) * log(own) + self.weight * log(theirs))
            .collect()
    }
}

pub(crate) fn floats(logits: &[f32]) -> Vec<f64> {
    logits.iter().map(|logit| f64::from(*logit)).collect()
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
