//! From a model file to weights that can be multiplied.
//!
//! - In: the shape, a precision, the stream of `model.safetensors`.
//! - Out: the [`Weights`], quantised row by row while they are read, so that the 32-bit ones are never in
//!   memory together.
//! - Never: a model with a tensor missing or of another shape than `config.json` says.

use crate::matrix::{Matrix, Precision, to_i8};
use crate::safetensors;
use crate::shape::Shape;
use bellwether_core::Problem;
use std::collections::BTreeMap;
use std::io::Read;

/// Everything that was learned.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(crate) words: Table,
    /// What a token gains by its place, its kind included.
    pub(crate) places: Vec<f32>,
    pub(crate) first: Norm,
    pub(crate) layers: Vec<Layer>,
}

/// One layer.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) query: Matrix,
    pub(crate) key: Matrix,
    pub(crate) value: Matrix,
    pub(crate) mix: Matrix,
    pub(crate) after_mix: Norm,
    pub(crate) widen: Matrix,
    pub(crate) narrow: Matrix,
    pub(crate) after_narrow: Norm,
}

/// What layer normalisation multiplies with and adds.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// One row a word.
#[derive(Debug)]
pub(crate) enum Table {
    Float(Vec<f32>),
    Int { values: Vec<i8>, scales: Vec<f32> },
}

impl Table {
    fn new(shape: &Shape, precision: Precision) -> Self {
        let size = shape.words * shape.hidden;
        match precision {
            Precision::Float32 => Self::Float(Vec::with_capacity(size)),
            Precision::Int8 => Self::Int {
                values: Vec::with_capacity(size),
                scales: Vec::with_capacity(shape.words),
            },
        }
    }

    /// Adds the row of a word to `out`, whose length is that of a row.
    pub(crate) fn add(&self, word: u32, out: &mut [f32]) {
        let columns = out.len().max(1);
        match self {
            Self::Float(values) => {
                let row = values.chunks_exact(columns).nth(word as usize).unwrap_or_default();
                for (place, value) in out.iter_mut().zip(row) {
                    *place += value;
                }
            }
            Self::Int { values, scales } => {
                let row = values.chunks_exact(columns).nth(word as usize).unwrap_or_default();
                let scale = scales.get(word as usize).copied().unwrap_or_default();
                for (place, value) in out.iter_mut().zip(row) {
                    *place += f32::from(*value) * scale;
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Float(values) => values.is_empty(),
            Self::Int { values, .. } => values.is_empty(),
        }
    }

    fn push(&mut self, row: &[f32]) {
        match self {
            Self::Float(values) => values.extend(row),
            Self::Int { values, scales } => {
                let (row, scale) = to_i8(row);
                values.extend(row);
                scales.push(scale);
            }
        }
    }
}

/// What a tensor becomes.
#[derive(Clone, Copy)]
enum Kind {
    Values,
    Words,
    Matrix,
}

/// The tensors read so far, to be taken by name.
struct Parts<'a> {
    values: BTreeMap<String, Vec<f32>>,
    matrices: BTreeMap<String, Matrix>,
    words: Table,
    file: &'a str,
}

impl Weights {
    /// Reads all of a model file.
    pub(crate) fn read(
        shape: &Shape,
        precision: Precision,
        reader: &mut dyn Read,
        file: &str,
    ) -> Result<Self, Problem> {
        let wanted = wanted(shape);
        let (values, matrices) = (BTreeMap::new(), BTreeMap::new());
        let mut parts = Parts { values, matrices, words: Table::new(shape, precision), file };
        for entry in safetensors::header(reader, file)? {
            let Some((sizes, kind)) = wanted.get(&entry.name) else {
                entry.skip(reader, file)?;
                continue;
            };
            if entry.shape != *sizes {
                let what = format!(
                    "holds `{}` of the shape {:?}; by its `config.json` it is {sizes:?}",
                    entry.name, entry.shape
                );
                return Err(misfit(file, &what));
            }
            let columns = sizes.last().copied().unwrap_or(1);
            let rows = sizes.iter().rev().nth(1).copied().unwrap_or(1);
            match kind {
                Kind::Values => {
                    let mut values = Vec::with_capacity(rows * columns);
                    entry.rows(reader, columns, file, |_, row| values.extend(row))?;
                    parts.values.insert(entry.name, values);
                }
                Kind::Words => entry.rows(reader, columns, file, |_, row| parts.words.push(row))?,
                Kind::Matrix => {
                    let mut matrix = Matrix::new(rows, columns, precision);
                    entry.rows(reader, columns, file, |number, row| matrix.set_row(number, row))?;
                    parts.matrices.insert(entry.name, matrix);
                }
            }
        }
        safetensors::end(reader, file)?;
        parts.weights(shape)
    }
}

/// Every tensor that the shape needs, by name.
fn wanted(shape: &Shape) -> BTreeMap<String, (Vec<usize>, Kind)> {
    let (hidden, inner) = (shape.hidden, shape.intermediate);
    let mut all = BTreeMap::new();
    let mut want = |name: String, sizes: &[usize], kind| all.insert(name, (sizes.to_vec(), kind));
    want(WORDS.to_owned(), &[shape.words, hidden], Kind::Words);
    want(PLACES.to_owned(), &[shape.positions, hidden], Kind::Values);
    want(KINDS.to_owned(), &[shape.kinds, hidden], Kind::Values);
    let mut norms = vec![FIRST.to_owned()];
    for layer in 0..shape.layers {
        let prefix = prefix(layer);
        for (name, rows, columns) in [
            ("attention.self.query", hidden, hidden),
            ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden),
            ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", inner, hidden),
            ("output.dense", hidden, inner),
        ] {
            want(format!("{prefix}.{name}.weight"), &[rows, columns], Kind::Matrix);
            want(format!("{prefix}.{name}.bias"), &[rows], Kind::Values);
        }
        norms.push(format!("{prefix}.attention.output.LayerNorm"));
        norms.push(format!("{prefix}.output.LayerNorm"));
    }
    for norm in norms {
        want(format!("{norm}.weight"), &[hidden], Kind::Values);
        want(format!("{norm}.bias"), &[hidden], Kind::Values);
    }
    all
}

const WORDS: &str = "embeddings.word_embeddings.weight";
const PLACES: &str = "embeddings.position_embeddings.weight";
const KINDS: &str = "embeddings.token_type_embeddings.weight";
const FIRST: &str = "embeddings.LayerNorm";

fn prefix(layer: usize) -> String {
    format!("encoder.layer.{layer}")
}

impl Parts<'_> {
    fn weights(mut self, shape: &Shape) -> Result<Weights, Problem> {
        if self.words.is_empty() {
            return Err(self.lacks(WORDS));
        }
        let mut places = self.values(PLACES)?;
        let kinds = self.values(KINDS)?;
        for place in places.chunks_exact_mut(shape.hidden) {
            for (place, kind) in place.iter_mut().zip(&kinds) {
                *place += kind;
            }
        }
        let first = self.norm(FIRST)?;
        let layers = (0..shape.layers).map(|layer| self.layer(&prefix(layer)));
        let layers = layers.collect::<Result<_, _>>()?;
        Ok(Weights { words: self.words, places, first, layers })
    }

    fn layer(&mut self, prefix: &str) -> Result<Layer, Problem> {
        Ok(Layer {
            query: self.matrix(&format!("{prefix}.attention.self.query"))?,
            key: self.matrix(&format!("{prefix}.attention.self.key"))?,
            value: self.matrix(&format!("{prefix}.attention.self.value"))?,
            mix: self.matrix(&format!("{prefix}.attention.output.dense"))?,
            after_mix: self.norm(&format!("{prefix}.attention.output.LayerNorm"))?,
            widen: self.matrix(&format!("{prefix}.intermediate.dense"))?,
            narrow: self.matrix(&format!("{prefix}.output.dense"))?,
            after_narrow: self.norm(&format!("{prefix}.output.LayerNorm"))?,
        })
    }

    fn norm(&mut self, name: &str) -> Result<Norm, Problem> {
        let weight = self.values(&format!("{name}.weight"))?;
        Ok(Norm { weight, bias: self.values(&format!("{name}.bias"))? })
    }

    fn matrix(&mut self, name: &str) -> Result<Matrix, Problem> {
        let bias = self.values(&format!("{name}.bias"))?;
        let name = format!("{name}.weight");
        let mut matrix = self.matrices.remove(&name).ok_or_else(|| self.lacks(&name))?;
        matrix.set_bias(&bias);
        Ok(matrix)
    }

    fn values(&mut self, name: &str) -> Result<Vec<f32>, Problem> {
        self.values.remove(name).ok_or_else(|| self.lacks(name))
    }

    fn lacks(&self, name: &str) -> Problem {
        misfit(self.file, &format!("lacks the tensor `{name}`"))
    }
}

fn misfit(file: &str, what: &str) -> Problem {
    Problem::new("encoder-model", format!("`{file}` {what}"))
        .help("model and `config.json` must come from the same release; install the model again")
}
