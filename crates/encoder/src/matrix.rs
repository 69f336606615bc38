//! A layer's matrix times the activations of some tokens, in one of two precisions.
//!
//! - In: rows of weights as the model file has them, one at a time; activations, one row a token.
//! - Out: `activations * weights^T + bias`, one row a token.
//!
//! Weights stand in panels of [`ROWS`] output rows, so that one value of a token meets sixteen weights at
//! once. At [`Precision::Int8`] a weight is `round(w * 127 / m)` where `m` is the largest of its output row,
//! and an activation `round(x * 8191 / m)` where `m` is the largest of its token: eight bits are what
//! memory has to carry, and the sixteen-bit lanes that multiply have room for fourteen.

use crate::level::{Level, Pair, ROWS};
use crate::shape::WIDEST;

/// How exactly a model computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point throughout: the reference. Four times the memory, several times the time.
    Float32,
    /// 8-bit weights, 14-bit activations, exact 32-bit sums.
    Int8,
}

/// The largest activation as an integer. `WIDEST * 127 * LARGEST` still fits a sum of 32 bits.
const LARGEST: f32 = 8191.0;
const _: () = assert!(WIDEST as i64 * 127 * LARGEST as i64 <= i32::MAX as i64);

/// Tokens in one tile at most: as many sums as sixteen registers can hold beside what they need.
const TILE: usize = 6;

#[derive(Debug)]
enum Panels {
    Float(Vec<[f32; ROWS]>),
    Int { pairs: Vec<Pair>, scales: Vec<f32> },
}

/// One layer's weights and bias.
#[derive(Debug)]
pub(crate) struct Matrix {
    rows: usize,
    columns: usize,
    panels: Panels,
    bias: Vec<f32>,
}

/// Activations as a [`Matrix`] wants them: tile by tile, in a tile column by column.
#[derive(Debug)]
pub(crate) enum Packed {
    Float { tokens: usize, values: Vec<f32> },
    Int { tokens: usize, values: Vec<[i16; 2]>, scales: Vec<f32> },
}

impl Matrix {
    /// A matrix of zeros to be filled by [`Matrix::set_row`].
    pub(crate) fn new(rows: usize, columns: usize, precision: Precision) -> Self {
        let panels = rows.div_ceil(ROWS);
        let panels = match precision {
            Precision::Float32 => Panels::Float(vec![[0.0; ROWS]; panels * columns]),
            Precision::Int8 => Panels::Int {
                pairs: vec![[0; 2 * ROWS]; panels * columns.div_ceil(2)],
                scales: vec![0.0; panels * ROWS],
            },
        };
        Self { rows, columns, panels, bias: vec![0.0; rows.next_multiple_of(ROWS)] }
    }

    /// Sets the weights of one output row.
    pub(crate) fn set_row(&mut self, row: usize, weights: &[f32]) {
        let (panel, lane) = (row / ROWS, row % ROWS);
        match &mut self.panels {
            Panels::Float(values) => {
                let panel = values.iter_mut().skip(panel * self.columns).take(self.columns);
                for (lanes, weight) in panel.zip(weights) {
                    if let Some(place) = lanes.get_mut(lane) {
                        *place = *weight;
                    }
                }
            }
            Panels::Int { pairs, scales } => {
                let (integers, scale) = to_i8(weights);
                let depth = self.columns.div_ceil(2);
                let panel = pairs.iter_mut().skip(panel * depth).take(depth);
                for (pair, two) in panel.zip(integers.chunks(2)) {
                    for (place, weight) in pair.iter_mut().skip(2 * lane).zip(two) {
                        *place = *weight;
                    }
                }
                if let Some(place) = scales.get_mut(row) {
                    *place = scale;
                }
            }
        }
    }

    /// Sets the bias.
    pub(crate) fn set_bias(&mut self, bias: &[f32]) {
        for (place, bias) in self.bias.iter_mut().zip(bias) {
            *place = *bias;
        }
    }

    /// Output rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The product, written over `out`, which holds [`Matrix::rows`] values a token.
    pub(crate) fn multiply(&self, level: Level, input: &Packed, out: &mut [f32]) {
        level.run(
            #[inline(always)]
            || match (&self.panels, input) {
                (Panels::Float(weights), Packed::Float { tokens, values }) => {
                    self.each_tile(*tokens, weights, values, out, FloatTile);
                }
                (Panels::Int { pairs, scales }, Packed::Int { tokens, values, scales: of }) => {
                    self.each_tile(
                        *tokens,
                        pairs,
                        values,
                        out,
                        IntTile { level, rows: scales, of },
                    );
                }
                // Both sides are made from the same model, which has one precision.
                _ => debug_assert!(false, "activations of another precision"),
            },
        );
    }

    #[inline(always)]
    fn each_tile<W, V>(
        &self,
        tokens: usize,
        weights: &[W],
        values: &[V],
        out: &mut [f32],
        kernel: impl Tile<W, V>,
    ) {
        let depth = (weights.len() * ROWS / self.bias.len().max(1)).max(1);
        for (number, panel) in weights.chunks_exact(depth).enumerate() {
            let bias = lanes(&self.bias, number);
            for (start, count) in tiles(tokens) {
                let Some(tile) = values.get(start * depth..(start + count) * depth) else { return };
                let at = (number, start);
                let results = match count {
                    1 => pad(kernel.product::<1>(panel, tile, at)),
                    2 => pad(kernel.product::<2>(panel, tile, at)),
                    3 => pad(kernel.product::<3>(panel, tile, at)),
                    4 => pad(kernel.product::<4>(panel, tile, at)),
                    5 => pad(kernel.product::<5>(panel, tile, at)),
                    _ => kernel.product::<TILE>(panel, tile, at),
                };
                let rows = out.chunks_exact_mut(self.rows).skip(start).take(count);
                for (row, result) in rows.zip(&results) {
                    let row = row.iter_mut().skip(number * ROWS);
                    for ((place, value), bias) in row.zip(result).zip(&bias) {
                        *place = value + bias;
                    }
                }
            }
        }
    }
}

/// The product of one panel with one tile of `M` tokens; `at` is the panel's number and the first token's.
trait Tile<W, V> {
    fn product<const M: usize>(
        &self,
        panel: &[W],
        tile: &[V],
        at: (usize, usize),
    ) -> [[f32; ROWS]; M];
}

struct FloatTile;

impl Tile<[f32; ROWS], f32> for FloatTile {
    #[inline(always)]
    fn product<const M: usize>(
        &self,
        panel: &[[f32; ROWS]],
        tile: &[f32],
        _: (usize, usize),
    ) -> [[f32; ROWS]; M] {
        let mut sums = [[0.0f32; ROWS]; M];
        for (weights, values) in panel.iter().zip(tile.as_chunks::<M>().0) {
            for (sums, value) in sums.iter_mut().zip(values) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
        }
        sums
    }
}

struct IntTile<'a> {
    level: Level,
    rows: &'a [f32],
    of: &'a [f32],
}

impl Tile<Pair, [i16; 2]> for IntTile<'_> {
    #[inline(always)]
    fn product<const M: usize>(
        &self,
        panel: &[Pair],
        tile: &[[i16; 2]],
        (number, start): (usize, usize),
    ) -> [[f32; ROWS]; M] {
        let sums = self.level.sums(panel, tile.as_chunks::<M>().0);
        let rows = lanes(self.rows, number);
        let mut results = [[0.0; ROWS]; M];
        let tokens = self.of.iter().skip(start);
        for ((result, sums), token) in results.iter_mut().zip(&sums).zip(tokens) {
            for ((place, sum), row) in result.iter_mut().zip(sums).zip(&rows) {
                *place = *sum as f32 * (row * token);
            }
        }
        results
    }
}

#[inline(always)]
fn lanes(values: &[f32], panel: usize) -> [f32; ROWS] {
    values.as_chunks().0.get(panel).copied().unwrap_or_default()
}

#[inline(always)]
fn pad<const M: usize>(results: [[f32; ROWS]; M]) -> [[f32; ROWS]; TILE] {
    let mut padded = [[0.0; ROWS]; TILE];
    for (place, result) in padded.iter_mut().zip(results) {
        *place = result;
    }
    padded
}

/// First token and number of tokens of each tile, as even as they can be.
fn tiles(tokens: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = tokens.div_ceil(TILE);
    (0..tiles).map(move |tile| {
        let (start, end) = (tile * tokens / tiles, (tile + 1) * tokens / tiles);
        (start, end - start)
    })
}

impl Packed {
    /// Packs activations, `columns` values a token.
    pub(crate) fn new(level: Level, precision: Precision, values: &[f32], columns: usize) -> Self {
        let tokens = values.len() / columns.max(1);
        level.run(
            #[inline(always)]
            || match precision {
                Precision::Float32 => {
                    let mut packed = Vec::with_capacity(values.len());
                    for (start, count) in tiles(tokens) {
                        for column in 0..columns {
                            let rows = values.iter().skip(start * columns + column);
                            packed.extend(rows.step_by(columns).take(count));
                        }
                    }
                    Self::Float { tokens, values: packed }
                }
                Precision::Int8 => Self::integers(tokens, values, columns),
            },
        )
    }

    #[inline(always)]
    fn integers(tokens: usize, values: &[f32], columns: usize) -> Self {
        let depth = columns.div_ceil(2);
        let mut packed = vec![[0i16; 2]; tokens * depth];
        // An odd last column has a zero beside it.
        let mut rounded = vec![0i16; 2 * depth];
        let mut scales = Vec::with_capacity(tokens);
        let mut rest = packed.as_mut_slice();
        for (start, count) in tiles(tokens) {
            let (tile, after) = rest.split_at_mut(count * depth);
            rest = after;
            let rows = values.chunks_exact(columns).skip(start).take(count);
            for (lane, row) in rows.enumerate() {
                let largest = largest(row);
                let factor = if largest > 0.0 { LARGEST / largest } else { 0.0 };
                scales.push(largest / LARGEST);
                // Rounding is a loop of its own, so that it runs eight values at a time.
                for (place, value) in rounded.iter_mut().zip(row) {
                    *place = nearest(value * factor) as i16;
                }
                let places = tile.iter_mut().skip(lane).step_by(count);
                for (place, two) in places.zip(rounded.as_chunks::<2>().0) {
                    *place = *two;
                }
            }
        }
        Self::Int { tokens, values: packed, scales }
    }
}

/// Symmetric eight-bit integers of some weights, and what one step is worth.
pub(crate) fn to_i8(weights: &[f32]) -> (Vec<i8>, f32) {
    let largest = largest(weights);
    let factor = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    (weights.iter().map(|weight| nearest(weight * factor) as i8).collect(), largest / 127.0)
}

#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0f32; 8];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if value.abs() > *lane { value.abs() } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(0.0, |most, value| most.max(value.abs()))
}

/// The nearest integer of a number below 2^22, ties to even. Adding 1.5 * 2^23 leaves no room for a
/// fraction, so that the hardware rounds; plain `round` is a call on processors without SSE 4.1.
#[inline(always)]
fn nearest(value: f32) -> i32 {
    const MAGIC: f32 = 12_582_912.0;
    ((value + MAGIC).to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32)
}
