//! Learning a model from examples: a pure function of the examples and a seed.
//!
//! - In: texts with their labels.
//! - Out: a [`Model`]; the same one from the same examples, on every machine.
//! - Never: learns from what it cannot tell apart (one label, no features): that is an error.

use crate::gram::{self, Gram};
use crate::model::{Known, Model, Trained, weighed};
use crate::numbers::{exp, ln};
use std::collections::{BTreeMap, BTreeSet};

/// A text and its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example<'a> {
    /// What was written.
    pub text: &'a str,
    /// What it is.
    pub label: &'a str,
    /// Its vector by a sentence encoder; empty where there is none.
    pub vector: &'a [f32],
}

impl<'a> Example<'a> {
    /// A text and its label, without a vector.
    pub const fn new(text: &'a str, label: &'a str) -> Self {
        Self { text, label, vector: &[] }
    }
}

/// How to learn. The defaults were chosen on held-back parts of training sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// A feature is kept when it occurs in at least so many texts.
    pub least_texts: u32,
    /// The step of the first update (AdaGrad).
    pub rate: f32,
    /// How often all examples are gone through at least; small sets are gone through more often.
    pub rounds: u32,
    /// The seed of the order of examples.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { least_texts: 2, rate: 0.1, rounds: 8, seed: 2026 }
    }
}

/// Why nothing could be learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Fewer than two labels.
    #[error("there is nothing to tell apart: the examples have fewer than two labels")]
    OneLabel,
    /// No text with a word that occurs twice.
    #[error("there is nothing to learn from: no word occurs in two of the texts")]
    NoFeatures,
}

/// About how many steps small sets are given, in examples gone through.
const STEPS: usize = 80_000;
const MOST_ROUNDS: u32 = 100;

/// A label whose probability is off by less is not moved: most labels of most texts, so this
/// spares nine tenths of the work.
const NEGLIGIBLE: f32 = 1e-4;

/// AdaGrad (Duchi, Hazan and Singer 2011) begins with this sum of squares.
const FIRST_SQUARES: f32 = 1e-2;

/// Learns multinomial logistic regression by AdaGrad, example by example.
///
/// # Errors
/// Fewer than two labels, or nothing that occurs in [`Options::least_texts`] texts.
pub fn train(examples: &[Example<'_>], options: &Options) -> Result<Model, TrainError> {
    let texts: Vec<_> = examples.iter().map(|example| gram::grams(example.text)).collect();
    let rows = texts.iter().zip(examples).map(|(grams, example)| (&grams[..], example.label));
    train_grams(&rows.collect::<Vec<_>>(), options)
}

/// Learns from the features of texts and their labels.
pub(crate) fn train_grams(
    examples: &[(&[Gram], &str)],
    options: &Options,
) -> Result<Model, TrainError> {
    let labels: BTreeSet<&str> = examples.iter().map(|(_, label)| *label).collect();
    if labels.len() < 2 {
        return Err(TrainError::OneLabel);
    }
    let labels: Vec<&str> = labels.into_iter().collect();
    let vocabulary = Vocabulary::of(examples.iter().map(|(grams, _)| *grams), options.least_texts);
    if vocabulary.keys.is_empty() {
        return Err(TrainError::NoFeatures);
    }
    let row = |(grams, label): &(&[Gram], &str)| {
        let label = labels.binary_search(label).ok()?;
        Some(Row { known: weighed(grams, |key| vocabulary.find(key)), label })
    };
    let rows: Vec<Row> = examples.iter().filter_map(row).collect();
    let Fitted { weights, bias } = fit(&rows, vocabulary.keys.len(), labels.len(), options);
    let labels = labels.into_iter().map(str::to_owned).collect();
    Ok(Model::new(Trained { labels, keys: vocabulary.keys, idf: vocabulary.idf, weights, bias }))
}

/// An example as features.
pub(crate) struct Row {
    pub(crate) known: Vec<Known>,
    pub(crate) label: usize,
}

/// What was learnt: a weight for each feature and label, feature by feature.
pub(crate) struct Fitted {
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// Goes through the rows in an order that depends on the seed, as often as small sets need.
pub(crate) fn fit(rows: &[Row], features: usize, labels: usize, options: &Options) -> Fitted {
    let mut learner = Learner::new(features, labels, options.rate);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut random = bellwether_core::SplitMix::new(options.seed);
    let rounds = u32::try_from(STEPS / rows.len().max(1)).unwrap_or(MOST_ROUNDS);
    for _ in 0..rounds.clamp(options.rounds, MOST_ROUNDS.max(options.rounds)) {
        random.shuffle(&mut order);
        for row in order.iter().filter_map(|at| rows.get(*at)) {
            learner.learn(row);
        }
    }
    Fitted { weights: learner.weights, bias: learner.bias }
}

/// The features that are kept, in order of their keys.
struct Vocabulary {
    keys: Vec<u32>,
    idf: Vec<f32>,
}

impl Vocabulary {
    fn of<'a>(texts: impl Iterator<Item = &'a [Gram]>, least: u32) -> Self {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        let mut all = 0.0;
        for grams in texts {
            all += 1.0;
            for gram in grams {
                *counts.entry(gram.key).or_default() += 1;
            }
        }
        counts.retain(|_, count| *count >= least);
        // Smoothed as by scikit-learn: ln((1 + n) / (1 + df)) + 1.
        let idf = |count: &u32| (ln((1.0 + all) / (1.0 + f64::from(*count))) + 1.0) as f32;
        Self { idf: counts.values().map(idf).collect(), keys: counts.into_keys().collect() }
    }

    fn find(&self, key: u32) -> Option<(usize, f32)> {
        let row = self.keys.binary_search(&key).ok()?;
        Some((row, self.idf.get(row).copied()?))
    }
}

struct Learner {
    width: usize,
    rate: f32,
    weights: Vec<f32>,
    squares: Vec<f32>,
    bias: Vec<f32>,
    /// By how much each label's probability is off, for the example at hand.
    off: Vec<f32>,
    /// The labels that are moved.
    moved: Vec<usize>,
}

impl Learner {
    fn new(features: usize, labels: usize, rate: f32) -> Self {
        Self {
            width: labels,
            rate,
            weights: vec![0.0; features * labels],
            squares: vec![FIRST_SQUARES; features * labels],
            bias: vec![0.0; labels],
            off: vec![0.0; labels],
            moved: Vec::with_capacity(labels),
        }
    }

    fn learn(&mut self, row: &Row) {
        let Self { width, rate, weights, squares, bias, off, moved } = self;
        off.copy_from_slice(bias);
        for Known { row, value } in &row.known {
            let weights = weights.get(row * *width..).unwrap_or_default();
            for (logit, weight) in off.iter_mut().zip(weights) {
                *logit += value * weight;
            }
        }
        softmax(off);
        if let Some(own) = off.get_mut(row.label) {
            *own -= 1.0;
        }
        moved.clear();
        moved.extend((0..*width).filter(|at| off.get(*at).is_some_and(|o| o.abs() > NEGLIGIBLE)));
        for Known { row, value } in &row.known {
            let from = row * *width;
            let weights = weights.get_mut(from..from + *width).unwrap_or_default();
            let squares = squares.get_mut(from..from + *width).unwrap_or_default();
            for at in &*moved {
                let (Some(off), Some(weight), Some(squares)) =
                    (off.get(*at), weights.get_mut(*at), squares.get_mut(*at))
                else {
                    continue;
                };
                let gradient = value * off;
                *squares += gradient * gradient;
                *weight -= *rate * gradient / squares.sqrt();
            }
        }
        for (bias, off) in bias.iter_mut().zip(off) {
            *bias -= 0.2 * *rate * *off;
        }
    }
}

/// Turns logits into probabilities, in place.
fn softmax(logits: &mut [f32]) {
    let most = logits.iter().fold(f32::NEG_INFINITY, |most, logit| most.max(*logit));
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = exp(f64::from(*logit - most)) as f32;
        sum += *logit;
    }
    for logit in logits.iter_mut() {
        *logit /= sum;
    }
}
