"""An independent forward pass in numpy, and what the Rust tests compare themselves with.

    oracle.py tiny OUT_DIR                    writes the tables tests/data/tiny.tsv and tests/data/tokens.tsv
    oracle.py compare MODEL IN.csv A.f32 B.f32  cosines: numpy with A (float32), A with B (int8)

Needs numpy, and for tokens the library `tokenizers`. The tiny model is made on both sides from one seed:
a 64-bit multiplicative generator whose top 24 bits become a number in [-0.5, 0.5). `tests/tiny/mod.rs`
holds the same recipe.
"""

import csv
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np

LAYERS, HIDDEN, HEADS, INNER, WORDS, PLACES = 2, 8, 2, 16, 40, 32


def tensors(path):
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    found = {}
    for name, about in header.items():
        start, end = about["data_offsets"]
        if about["dtype"] == "F32":
            raw = data[8 + length + start : 8 + length + end]
            found[name] = np.frombuffer(raw, "<f4").reshape(about["shape"])
    return found


def tiny():
    """The tensors of the tiny model, in the order in which the generator fills them."""
    state = 20261122

    def numbers(shape, scale, add=0.0):
        nonlocal state
        values = []
        for _ in range(math.prod(shape)):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            values.append(np.float32((state >> 40) / 2**24 - 0.5) * np.float32(scale) + np.float32(add))
        return np.array(values, "f4").reshape(shape)

    made = {}

    def norm(name):
        made[name + ".weight"] = numbers([HIDDEN], 0.5, 1.0)
        made[name + ".bias"] = numbers([HIDDEN], 0.5)

    made["embeddings.word_embeddings.weight"] = numbers([WORDS, HIDDEN], 2.0)
    made["embeddings.position_embeddings.weight"] = numbers([PLACES, HIDDEN], 1.0)
    made["embeddings.token_type_embeddings.weight"] = numbers([2, HIDDEN], 1.0)
    norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        for name, rows, columns in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INNER, HIDDEN),
            ("output.dense", HIDDEN, INNER),
        ]:
            made[prefix + name + ".weight"] = numbers([rows, columns], 2.0)
            made[prefix + name + ".bias"] = numbers([rows], 0.5)
        norm(prefix + "attention.output.LayerNorm")
        norm(prefix + "output.LayerNorm")
    return made


def forward(weights, tokens, heads):
    """In 64 bits, step by step as the paper has it."""
    get = lambda name: weights[name].astype("f8")
    linear = lambda x, name: x @ get(name + ".weight").T + get(name + ".bias")
    erf = np.vectorize(math.erf)

    def normalise(x, name):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + 1e-12) * get(name + ".weight") + get(name + ".bias")

    x = (
        get("embeddings.word_embeddings.weight")[tokens]
        + get("embeddings.position_embeddings.weight")[: len(tokens)]
        + get("embeddings.token_type_embeddings.weight")[0]
    )
    x = normalise(x, "embeddings.LayerNorm")
    layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}."
        split = lambda y: y.reshape(len(tokens), heads, -1).transpose(1, 0, 2)
        q, k, v = (split(linear(x, prefix + "attention.self." + n)) for n in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ v).transpose(1, 0, 2).reshape(len(tokens), -1)
        x = normalise(linear(mixed, prefix + "attention.output.dense") + x, prefix + "attention.output.LayerNorm")
        inner = linear(x, prefix + "intermediate.dense")
        inner = inner * 0.5 * (1.0 + erf(inner / math.sqrt(2.0)))
        x = normalise(linear(inner, prefix + "output.dense") + x, prefix + "output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def compare(model, texts, float32, int8):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    weights = tensors(Path(model) / "model.safetensors")
    texts = [row["text"] for row in csv.DictReader(open(texts, newline=""))]
    rows = [np.fromfile(file, "<f4").reshape(len(texts), -1).astype("f8") for file in (float32, int8)]
    every = max(1, len(texts) // 400)
    chosen = range(0, len(texts), every)
    ours = np.array([rows[0][i] @ forward(weights, tokenizer.encode(texts[i]).ids, 12) for i in chosen])
    print(f"float32 with numpy, {len(ours)} texts: 1 - cosine at most {1 - ours.min():.1e}, mean {1 - ours.mean():.1e}")
    both = (rows[0] * rows[1]).sum(1)
    print(f"int8 with float32, {len(both)} texts: cosine least {both.min():.6f}, mean {both.mean():.6f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["compare"]:
        compare(*sys.argv[2:6])
