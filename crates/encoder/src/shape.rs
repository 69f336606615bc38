//! The shape of a model, from its `config.json`.
//!
//! - In: the file's bytes.
//! - Out: a [`Shape`] that the forward pass can compute, every number within bounds.
//! - Never: a guess. What this crate does not compute is refused by name.

use bellwether_core::Problem;
use serde::Deserialize;

/// The widest layer that exact sums of 32 bits have room for (see [`crate::matrix`]).
pub(crate) const WIDEST: usize = 2048;

/// The sizes of a BERT encoder.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Shape {
    /// Values a token has between layers, and a sentence at the end.
    #[serde(rename = "hidden_size")]
    pub(crate) hidden: usize,
    /// Layers.
    #[serde(rename = "num_hidden_layers")]
    pub(crate) layers: usize,
    /// Attention heads in a layer.
    #[serde(rename = "num_attention_heads")]
    pub(crate) heads: usize,
    /// Values a token has inside a layer.
    #[serde(rename = "intermediate_size")]
    pub(crate) intermediate: usize,
    /// Words in the vocabulary.
    #[serde(rename = "vocab_size")]
    pub(crate) words: usize,
    /// The longest text in tokens that positions were learned for.
    #[serde(rename = "max_position_embeddings")]
    pub(crate) positions: usize,
    /// Kinds of segment; texts here are all of the first.
    #[serde(rename = "type_vocab_size")]
    pub(crate) kinds: usize,
    /// What layer normalisation adds to the variance.
    #[serde(rename = "layer_norm_eps")]
    pub(crate) epsilon: f32,
    model_type: String,
    hidden_act: String,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl Shape {
    /// Reads `config.json`; `file` names it in problems.
    pub(crate) fn read(bytes: &[u8], file: &str) -> Result<Self, Problem> {
        let shape: Self = serde_json::from_slice(bytes)
            .map_err(|error| refused(file, &format!("cannot be read: {error}")))?;
        let Self { hidden, layers, heads, intermediate, words, positions, kinds, .. } = shape;
        for (name, value, most) in [
            ("hidden_size", hidden, WIDEST),
            ("num_hidden_layers", layers, 48),
            ("num_attention_heads", heads, 64),
            ("intermediate_size", intermediate, WIDEST),
            ("vocab_size", words, 1 << 18),
            ("max_position_embeddings", positions, 1 << 16),
            ("type_vocab_size", kinds, 16),
        ] {
            if value == 0 || value > most {
                return Err(refused(file, &format!("`{name}` is {value}; 1 to {most} is fine")));
            }
        }
        if !hidden.is_multiple_of(heads) {
            let what = format!("`hidden_size` {hidden} cannot be shared by {heads} heads");
            return Err(refused(file, &what));
        }
        if positions < 2 {
            return Err(refused(file, "has no room for a text between its two end marks"));
        }
        if !(shape.epsilon > 0.0 && shape.epsilon < 1.0) {
            return Err(refused(file, "`layer_norm_eps` must be over 0 and under 1"));
        }
        for (name, value, known) in [
            ("model_type", &shape.model_type, "bert"),
            ("hidden_act", &shape.hidden_act, "gelu"),
            ("position_embedding_type", &shape.position_embedding_type, "absolute"),
        ] {
            if value != known {
                return Err(refused(file, &format!("`{name}` is `{value}`, not `{known}`")));
            }
        }
        Ok(shape)
    }
}

fn refused(file: &str, what: &str) -> Problem {
    Problem::new("encoder-model", format!("`{file}` {what}"))
        .help("install the model all-MiniLM-L6-v2, or another BERT encoder of the same kind")
}
