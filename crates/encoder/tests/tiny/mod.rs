//! A tiny BERT made from a seed by the recipe of `oracle.py`: two layers, eight wide, two heads.

use std::fs;
use std::path::Path;

pub(crate) const HIDDEN: usize = 8;
pub(crate) const VOCABULARY: &str = include_str!("../data/vocab.txt");

/// A tensor: name, shape, values.
pub(crate) type Tensor = (String, Vec<usize>, Vec<f32>);

/// The tensors, in the order in which the generator fills them.
pub(crate) fn tensors() -> Vec<Tensor> {
    let mut state = 20_261_122u64;
    let mut made = Vec::new();
    let mut tensor = |name: String, shape: &[usize], scale: f32, add: f32| {
        let values = (0..shape.iter().product()).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005);
            state = state.wrapping_add(1_442_695_040_888_963_407);
            (((state >> 40) as f64 / f64::from(1 << 24) - 0.5) as f32) * scale + add
        });
        made.push((name, shape.to_vec(), values.collect()));
    };
    let words = VOCABULARY.lines().count();
    for (name, rows, scale) in [("word", words, 2.0), ("position", 32, 1.0), ("token_type", 2, 1.0)]
    {
        tensor(format!("embeddings.{name}_embeddings.weight"), &[rows, HIDDEN], scale, 0.0);
    }
    tensor("embeddings.LayerNorm.weight".to_owned(), &[HIDDEN], 0.5, 1.0);
    tensor("embeddings.LayerNorm.bias".to_owned(), &[HIDDEN], 0.5, 0.0);
    for layer in 0..2 {
        let prefix = format!("encoder.layer.{layer}");
        for (name, rows, columns) in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", 16, HIDDEN),
            ("output.dense", HIDDEN, 16),
        ] {
            tensor(format!("{prefix}.{name}.weight"), &[rows, columns], 2.0, 0.0);
            tensor(format!("{prefix}.{name}.bias"), &[rows], 0.5, 0.0);
        }
        for name in ["attention.output", "output"] {
            tensor(format!("{prefix}.{name}.LayerNorm.weight"), &[HIDDEN], 0.5, 1.0);
            tensor(format!("{prefix}.{name}.LayerNorm.bias"), &[HIDDEN], 0.5, 0.0);
        }
    }
    made
}

/// The bytes of a model file.
pub(crate) fn safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::json!({ "__metadata__": { "format": "pt" } });
    let mut data = Vec::new();
    for (name, shape, values) in tensors {
        let start = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let offsets = [start, data.len()];
        header[name] =
            serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": offsets });
    }
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

/// `config.json`.
pub(crate) fn config() -> serde_json::Value {
    serde_json::json!({
        "model_type": "bert", "hidden_act": "gelu", "layer_norm_eps": 1e-12,
        "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": VOCABULARY.lines().count(),
        "max_position_embeddings": 32, "type_vocab_size": 2,
    })
}

/// Writes the model into a folder.
pub(crate) fn write(folder: &Path) {
    fs::write(folder.join("config.json"), config().to_string()).unwrap();
    fs::write(folder.join("vocab.txt"), VOCABULARY).unwrap();
    fs::write(folder.join("model.safetensors"), safetensors(&tensors())).unwrap();
}
