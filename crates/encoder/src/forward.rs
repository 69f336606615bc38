//! The forward pass of BERT (Devlin and others 2018), ending in mean pooling and a length of one.
//!
//! - In: the tokens of some texts.
//! - Out: one vector a text. It depends on that text alone: texts of one call share the matrices that are
//!   read, and nothing else.
//! - Never: padding; a text attends to its own tokens only.

use crate::level::Level;
use crate::matrix::{Matrix, Packed, Precision};
use crate::numbers::{dot, gelu, normalise, softmax};
use crate::shape::Shape;
use crate::weights::{Layer, Norm, Weights};

/// A model that can compute.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) shape: Shape,
    pub(crate) precision: Precision,
    pub(crate) weights: Weights,
    pub(crate) level: Level,
}

impl Model {
    /// The vectors of some texts, each given as its tokens.
    pub(crate) fn forward(&self, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let mut states = self.embed(texts);
        for layer in &self.weights.layers {
            self.layer(layer, texts, &mut states);
        }
        let mut rest = states.as_slice();
        let vectors = texts.iter().map(|tokens| {
            let (own, after) = rest.split_at(tokens.len() * self.shape.hidden);
            rest = after;
            pool(own, self.shape.hidden)
        });
        vectors.collect()
    }

    fn embed(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        let hidden = self.shape.hidden;
        let mut states = Vec::new();
        for tokens in texts {
            for (word, place) in tokens.iter().zip(self.weights.places.chunks_exact(hidden)) {
                let mut state = place.to_vec();
                self.weights.words.add(*word, &mut state);
                states.extend(state);
            }
        }
        self.normalise(&mut states, &self.weights.first);
        states
    }

    fn layer(&self, layer: &Layer, texts: &[Vec<u32>], states: &mut [f32]) {
        let input = self.packed(states, self.shape.hidden);
        let [queries, keys, values] = [&layer.query, &layer.key, &layer.value]
            .map(|matrix| self.product(matrix, &input, states.len() / self.shape.hidden));
        let mixed = self.attend(texts, &queries, &keys, &values);
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

    /// Attention of every text's tokens to each other, head by head.
    fn attend(
        &self,
        texts: &[Vec<u32>],
        queries: &[f32],
        keys: &[f32],
        values: &[f32],
    ) -> Vec<f32> {
        let (hidden, width) = (self.shape.hidden, self.shape.hidden / self.shape.heads);
        let scale = 1.0 / libm::sqrtf(width as f32);
        let mut out = vec![0.0; queries.len()];
        let mut scores = Vec::new();
        self.level.run(
            #[inline(always)]
            || {
                let mut first = 0;
                for tokens in texts {
                    let count = tokens.len();
                    scores.resize(count, 0.0);
                    for head in 0..self.shape.heads {
                        let of = |all| rows(all, hidden, first, count, head * width, width);
                        let own = rows_mut(&mut out, hidden, first, count, head * width, width);
                        for (query, place) in of(queries).zip(own) {
                            for (score, key) in scores.iter_mut().zip(of(keys)) {
                                *score = dot(query, key) * scale;
                            }
                            softmax(&mut scores);
                            for (score, value) in scores.iter().zip(of(values)) {
                                for (place, value) in place.iter_mut().zip(value) {
                                    *place += score * value;
                                }
                            }
                        }
                    }
                    first += count;
                }
            },
        );
        out
    }
}

/// `count` rows from `first` on, of each the `width` values from `start` on.
#[inline(always)]
fn rows(
    all: &[f32],
    hidden: usize,
    first: usize,
    count: usize,
    start: usize,
    width: usize,
) -> impl Iterator<Item = &[f32]> {
    let rows = all.chunks_exact(hidden).skip(first).take(count);
    rows.map(move |row| row.get(start..start + width).unwrap_or_default())
}

/// [`rows`], to be written.
#[inline(always)]
fn rows_mut(
    all: &mut [f32],
    hidden: usize,
    first: usize,
    count: usize,
    start: usize,
    width: usize,
) -> impl Iterator<Item = &mut [f32]> {
    let rows = all.chunks_exact_mut(hidden).skip(first).take(count);
    rows.map(move |row| row.get_mut(start..start + width).unwrap_or_default())
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
