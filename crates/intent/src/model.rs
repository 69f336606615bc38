//! A linear model over hashed n-grams: multinomial logistic regression.
//!
//! - In: a text.
//! - Out: a score per label (a logit), and exactly what each word added to it.
//! - Never: learns (see [`crate::train`]); keeps a text or a word.
//!
//! Weights are kept as eight-bit whole numbers with a scale per feature: a quarter of the memory, and
//! the sum of contributions is the score itself, not an estimate of it.

mod file;
mod index;

pub use file::ModelError;
pub(crate) use file::{VERSION, checked, table};

use crate::gram::{self, Block, Gram};
use crate::text;
use index::Index;

/// What was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    labels: Vec<String>,
    /// Ascending; the row of a key is its position.
    keys: Vec<u32>,
    /// How telling a feature is: its inverse document frequency.
    idf: Vec<f32>,
    /// What a unit of the row's whole numbers weighs.
    scales: Vec<f32>,
    /// Row by row, a weight per label.
    weights: Vec<i8>,
    bias: Vec<f32>,
    index: Index,
}

/// A feature of a text that the model knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) row: usize,
    pub(crate) value: f32,
}

/// The scores of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// A logit per label, in the model's order.
    pub logits: Vec<f32>,
    /// How many different features the text has; 0 where it has no words.
    pub features: usize,
    /// Share of them that the model has seen, from 0 to 1; 0 for an empty text.
    pub known: f32,
}

/// What one word of a text added to a label's score.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// Which word, from 0, as [`text::words`] counts them.
    pub word: usize,
    /// In logits. What two neighbours add together is shared between them.
    pub added: f32,
}

/// Weights before they are made whole numbers.
pub(crate) struct Trained {
    pub(crate) labels: Vec<String>,
    pub(crate) keys: Vec<u32>,
    pub(crate) idf: Vec<f32>,
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Model {
    pub(crate) fn new(trained: Trained) -> Self {
        let Trained { labels, keys, idf, weights, bias } = trained;
        let mut scales = Vec::with_capacity(keys.len());
        let mut whole = Vec::with_capacity(weights.len());
        for row in weights.chunks(labels.len().max(1)) {
            let largest = row.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
            let scale = largest / f32::from(i8::MAX);
            scales.push(scale);
            let unit = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            whole.extend(row.iter().map(|weight| rounded(weight * unit)));
        }
        let index = Index::new(&keys);
        Self { labels, keys, idf, scales, weights: whole, bias, index }
    }

    /// The labels, in the order of scores.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// How many features it knows.
    pub fn features(&self) -> usize {
        self.keys.len()
    }

    /// The scores of a text. An empty or unknown text has the bias alone and `known` 0.
    pub fn scores(&self, text: &str) -> Scores {
        self.scores_of(&gram::grams(text))
    }

    pub(crate) fn scores_of(&self, grams: &[Gram]) -> Scores {
        let known = self.known(grams);
        let mut logits = self.bias.clone();
        for Known { row, value } in &known {
            let (weights, scale) = self.row(*row);
            let unit = value * scale;
            for (logit, weight) in logits.iter_mut().zip(weights) {
                *logit += unit * f32::from(*weight);
            }
        }
        let share = known.len() as f32 / grams.len().max(1) as f32;
        Scores { logits, features: grams.len(), known: share }
    }

    /// What each word added to the score of the label at `label`; with the bias they sum up to it
    /// (but for the rounding of floats). Words that added nothing are left out.
    pub fn contributions(&self, text: &str, label: usize) -> Vec<Contribution> {
        let words = text::words(text);
        let grams = gram::grams(text);
        let known = self.known(&grams);
        // What one occurrence of a key adds: its whole contribution shared among its occurrences.
        let per_occurrence = |key: u32| {
            let row = self.index.row(&self.keys, key)?;
            let at = known.iter().find(|known| known.row == row)?;
            let count = grams.iter().find(|gram| gram.key == key)?.count;
            let (weights, scale) = self.row(row);
            let weight = f32::from(*weights.get(label)?);
            Some(at.value * scale * weight / count as f32)
        };
        let mut added = vec![0.0_f32; words.len()];
        gram::each(&words, |key, _, word, share_with| {
            let Some(part) = per_occurrence(key) else { return };
            let share = if share_with.is_some() { part / 2.0 } else { part };
            for word in [Some(word), share_with].into_iter().flatten() {
                if let Some(sum) = added.get_mut(word) {
                    *sum += share;
                }
            }
        });
        let all = added.into_iter().enumerate();
        all.map(|(word, added)| Contribution { word, added })
            .filter(|one| one.added != 0.0)
            .collect()
    }

    /// The bias of a label: its score before a word is read.
    pub fn bias(&self, label: usize) -> Option<f32> {
        self.bias.get(label).copied()
    }

    fn row(&self, row: usize) -> (&[i8], f32) {
        let width = self.labels.len();
        let weights = self.weights.get(row * width..(row + 1) * width).unwrap_or_default();
        (weights, self.scales.get(row).copied().unwrap_or_default())
    }

    fn known(&self, grams: &[Gram]) -> Vec<Known> {
        weighed(grams, |key| {
            let row = self.index.row(&self.keys, key)?;
            Some((row, self.idf.get(row).copied().unwrap_or_default()))
        })
    }
}

/// The known features with their values: (1 + ln count) x idf, each block scaled to length one
/// (sublinear tf-idf with cosine normalisation, Salton and Buckley 1988).
pub(crate) fn weighed(grams: &[Gram], row: impl Fn(u32) -> Option<(usize, f32)>) -> Vec<Known> {
    let mut known = Vec::with_capacity(grams.len());
    let mut blocks = Vec::with_capacity(grams.len());
    let mut lengths = [0.0_f32; 3];
    for gram in grams {
        let Some((row, idf)) = row(gram.key) else { continue };
        let often = if gram.count == 1 { 1.0 } else { 1.0 + libm::logf(gram.count as f32) };
        let value = often * idf;
        *block(&mut lengths, gram.block) += value * value;
        known.push(Known { row, value });
        blocks.push(gram.block);
    }
    lengths = lengths.map(|squared| if squared > 0.0 { 1.0 / squared.sqrt() } else { 0.0 });
    for (known, of) in known.iter_mut().zip(blocks) {
        known.value *= *block(&mut lengths, of);
    }
    known
}

fn block([words, pieces, phrases]: &mut [f32; 3], of: Block) -> &mut f32 {
    match of {
        Block::Words => words,
        Block::Pieces => pieces,
        Block::Phrases => phrases,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "from -127 to 127 by the choice of the scale")]
fn rounded(weight: f32) -> i8 {
    weight.round() as i8
}

#[cfg(test)]
mod tests;
