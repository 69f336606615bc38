//! A linear model over the vectors of a sentence encoder, and how near a text lies to known ones.
//!
//! - In: vectors of length 1, all of one width.
//! - Out: a score per label; the mean cosine to the nearest examples.
//! - Never: knows a text, or how vectors are made.

use crate::model::Known;
use crate::train::{Example, Fitted, Options, Row, fit};

/// Vectors of length 1 are scaled up so that the first steps of learning fit them.
const SCALE: f32 = 3.0;

/// Rounds through the examples at least; below about 16 the model has not converged, and two points of
/// accuracy are lost.
const ROUNDS: u32 = 16;

/// What 1 is in whole numbers; parts above 127 / 360 are rare and cut.
const UNIT: f32 = 360.0;

/// How many nearest examples count.
const NEAREST: usize = 10;

/// A learnt head.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub(crate) labels: usize,
    /// Dimension by dimension, a weight per label.
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    /// The vectors learnt from, in whole numbers ([`UNIT`] is 1), one after another.
    pub(crate) examples: Vec<i8>,
    pub(crate) width: usize,
}

impl Head {
    /// Learns from the vectors of examples whose labels are among `labels` (sorted). `None` unless all
    /// have a vector of one width.
    pub(crate) fn learn(
        examples: &[Example<'_>],
        labels: &[String],
        options: &Options,
    ) -> Option<Self> {
        let width =
            examples.first().map(|example| example.vector.len()).filter(|width| *width > 0)?;
        if examples.iter().any(|example| example.vector.len() != width) {
            return None;
        }
        let row = |example: &Example<'_>| {
            let label = labels.iter().position(|label| label == example.label)?;
            let known = example.vector.iter().enumerate();
            let known = known.map(|(row, value)| Known { row, value: value * SCALE }).collect();
            Some(Row { known, label })
        };
        let rows: Vec<Row> = examples.iter().filter_map(row).collect();
        let options = Options { rounds: options.rounds.max(ROUNDS), ..*options };
        let Fitted { weights, bias } = fit(&rows, width, labels.len(), &options);
        let examples =
            examples.iter().flat_map(|example| example.vector).map(|v| whole(*v)).collect();
        Some(Self { labels: labels.len(), weights, bias, examples, width })
    }

    /// A logit per label; nothing for a vector of another width.
    pub fn logits(&self, vector: &[f32]) -> Option<Vec<f32>> {
        (vector.len() == self.width).then_some(())?;
        let mut logits = self.bias.clone();
        for (value, weights) in vector.iter().zip(self.weights.chunks(self.labels.max(1))) {
            let value = value * SCALE;
            for (logit, weight) in logits.iter_mut().zip(weights) {
                *logit += value * weight;
            }
        }
        Some(logits)
    }

    /// The mean cosine to the nearest examples, from -1 to 1.
    pub fn near(&self, vector: &[f32]) -> f32 {
        let own: Vec<i8> = vector.iter().map(|value| whole(*value)).collect();
        let product = |(one, other): (&i8, &i8)| i32::from(*one) * i32::from(*other);
        let cosine = |other: &[i8]| own.iter().zip(other).map(product).sum::<i32>();
        let mut all: Vec<i32> = self.examples.chunks(self.width.max(1)).map(cosine).collect();
        let count = NEAREST.min(all.len());
        if count == 0 {
            return 0.0;
        }
        all.select_nth_unstable_by(count - 1, |one, other| other.cmp(one));
        let sum: i32 = all.iter().take(count).sum();
        sum as f32 / (count as f32 * UNIT * UNIT)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "cut to what the type holds")]
fn whole(value: f32) -> i8 {
    (value * UNIT).round().clamp(-127.0, 127.0) as i8
}
