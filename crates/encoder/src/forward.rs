//! The forward pass of BERT (Devlin and others 2018), ending in mean pooling and a length of one.
//!
//! - In: the tokens of one text. Texts together were measured to be no faster: a text of a dozen tokens
//!   already uses each weight that is read as often as the registers allow.
//! - Out: its vector.
//! - Never: padding.

use crate::level::Level;
use crate::matrix::{Matrix, Packed, Precision};
use crate::numbers::{dot, gelu, normalise, softmax};
use crate::shape::Shape;
use crate::weights::{Layer, Norm, Weights};
use std::ops::Range;

/// A model that can compute.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) shape: Shape,
    pub(crate) precision: Precision,
    pub(crate) weights: Weights,
    pub(crate) level: Level,
}

impl Model {
    /// The vector of a text, given as its tokens.
    pub(crate) fn forward(&self, tokens: &[u32]) -> Vec<f32> {
        let mut states = self.embed(tokens);
        for layer in &self.weights.layers {
            self.layer(layer, &mut states);
        }
        pool(&states, self.shape.hidden)
    }

    fn embed(&self, tokens: &[u32]) -> Vec<f32> {
        let places = self.weights.places.chunks_exact(self.shape.hidden).take(tokens.len());
        let mut states: Vec<f32> = places.flatten().copied().collect();
        for (state, word) in states.chunks_exact_mut(self.shape.hidden).zip(tokens) {
            self.weights.words.add(*word, state);
        }
        self.normalise(&mut states, &self.weights.first);
        states
    }

    fn layer(&self, layer: &Layer, states: &mut [f32]) {
        let input = self.packed(states, self.shape.hidden);
        let [queries, keys, values] = [&layer.query, &layer.key, &layer.value]
            .map(|matrix| self.product(matrix, &input, states.len() / self.shape.hidden));
        let mixed = self.attend(&queries, &keys, &values);
        self.add(&layer.mix, &mixed, states, &layer.after_mix);
        let input = self.packed(states, self.shape.hidden);
        let mut inner = self.product(&layer.widen, &input, states.len() / self.shape.hidden);
        gelu(self.level, &mut inner);
        self.add(&layer.narrow, &inner, states, &layer.after_narrow);
    }

    fn packed(&self, values: &[f32], columns: usize) -> Packed {
        Packed::new(self.level, self.precision, values, columns)
    }

    fn product(&self, matrix: &Matrix, input: &Packed, tokens: usize) -> Vec<f32> {
        let mut out = vec![0.0; tokens * matrix.rows()];
        matrix.multiply(self.level, input, &mut out);
        out
    }

    /// `states = normalise(states + matrix * values)`.
    fn add(&self, matrix: &Matrix, values: &[f32], states: &mut [f32], norm: &Norm) {
        let tokens = states.len() / self.shape.hidden;
        let input = self.packed(values, values.len() / tokens.max(1));
        for (state, value) in states.iter_mut().zip(self.product(matrix, &input, tokens)) {
            *state += value;
        }
        self.normalise(states, norm);
    }

    fn normalise(&self, states: &mut [f32], norm: &Norm) {
        self.level.run(
            #[inline(always)]
            || {
                for state in states.chunks_exact_mut(self.shape.hidden) {
                    normalise(state, &norm.weight, &norm.bias, self.shape.epsilon);
                }
            },
        );
    }

    /// Attention of the tokens to each other, head by head.
    fn attend(&self, queries: &[f32], keys: &[f32], values: &[f32]) -> Vec<f32> {
        let (hidden, width) = (self.shape.hidden, self.shape.hidden / self.shape.heads);
        let scale = 1.0 / libm::sqrtf(width as f32);
        let mut out = vec![0.0; queries.len()];
        let mut scores = vec![0.0; queries.len() / hidden];
        self.level.run(
            #[inline(always)]
            || {
                for head in 0..self.shape.heads {
                    let range = head * width..(head + 1) * width;
                    for (query, place) in
                        of_head(queries, hidden, &range).zip(out.chunks_exact_mut(hidden))
                    {
                        for (score, key) in scores.iter_mut().zip(of_head(keys, hidden, &range)) {
                            *score = dot(query, key) * scale;
                        }
                        softmax(&mut scores);
                        let place = place.get_mut(range.clone()).unwrap_or_default();
                        for (score, value) in scores.iter().zip(of_head(values, hidden, &range)) {
                            for (place, value) in place.iter_mut().zip(value) {
                                *place += score * value;
                            }
                        }
                    }
                }
            },
        );
        out
    }
}

/// What belongs to one head, token by token.
#[inline(always)]
fn of_head<'a>(
    all: &'a [f32],
    hidden: usize,
    range: &Range<usize>,
) -> impl Iterator<Item = &'a [f32]> {
    all.chunks_exact(hidden).map(|token| token.get(range.clone()).unwrap_or_default())
}

/// The mean of a text's states, made one long.
fn pool(states: &[f32], hidden: usize) -> Vec<f32> {
    let mut vector = vec![0.0f32; hidden];
    for state in states.chunks_exact(hidden) {
        for (sum, value) in vector.iter_mut().zip(state) {
            *sum += value;
        }
    }
    let count = (states.len() / hidden.max(1)) as f32;
    vector.iter_mut().for_each(|value| *value /= count);
    // As sentence-transformers does: a vector of nothing stays nothing.
    let length = libm::sqrtf(dot(&vector, &vector)).max(1e-12);
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}
