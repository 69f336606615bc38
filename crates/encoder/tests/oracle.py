"""An independent forward pass in numpy, and what the Rust tests compare themselves with.

    oracle.py tables MODEL DATA                 writes what stands in tests/data, given the real model
    oracle.py compare MODEL IN.csv A.f32 B.f32  cosines: numpy with A (float32), A with B (int8)

Needs numpy and the library `tokenizers`. The tiny model is made on both sides from one seed:
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

LAYERS, HIDDEN, HEADS, INNER, PLACES = 2, 8, 2, 16, 32

PIECES = """[PAD] [UNK] [CLS] [SEP] [MASK] hel ##lo refund ##s ##ed i want my money back cafe naive uber
un ##able ! . , ' ? - [ ] $ sep cls \u4e2d \u6587 a ##b ##ab e ##mail 1 ##2 istanbul ##i zero ##width ##\u0438
\u0627 \u0928 ##\u0926 \u1112 ##\u1161 \U0001f600 nbsp""".split()
WORDS = len(PIECES)

# How often, and what.
TEXTS = [
    (1, ""),
    (1, " \t\r\n"),
    (1, "Hello, REFUNDS!"),
    (1, "I want my money back."),
    (1, "Caf\u00e9 NA\u00cfVE \u00fcber cafe\u0301 \u00dcBER"),
    (1, "\u0130stanbul \u03a3\u0391\u03a3 \u00df \u1e9e \ufb01"),
    (1, "\u4e2d\u6587ab\u4e2d refund\u6587s \U00020000 \uf900 \u3042"),
    (1, "un-refundable unable unknowable"),
    (1, "\U0001f600 hello\U0001f600 \U0001f44d\U0001f3fd \u2764\ufe0f"),
    (1, "zero\u200bwidth hel\u200dlo \ufeff\u2060 \u00adrefund"),
    (1, "\u0000hello\u0007 \u001brefund\u0085s \ufffd"),
    (1, "nbsp\u00a0hello\u2003my\u2028money\u3000back"),
    (1, "\u0627\u064e\u0628 \u0928\u093f\u0926 \ud558 \uff11\uff12 \u0438\u0306"),
    (1, "$12'a-b?[x]{y}\u00bf\u2014\u3002\u00b6~^`|+<=>"),
    (1, "e-mail email e\u2011mail a" + "b" * 99 + " a" + "b" * 100),
    (300, "refunds! "),
    (131072, "refund! "),
    (1048576, "a"),
    (349526, "\u200b"),
    (524288, "\u0301"),
    (262144, "\U0001f600"),
]
SENTENCES = [text for _, text in TEXTS[:12]]


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


def tokenizer(model):
    from tokenizers import Tokenizer

    read = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    read.no_padding()
    read.enable_truncation(256)
    return read


def tables(model, out):
    from tokenizers import models

    out, real = Path(out), tokenizer(model)
    (out / "vocab.txt").write_text("".join(piece + "\n" for piece in PIECES))
    small = tokenizer(model)
    small.model = models.WordPiece({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]")
    from tokenizers.processors import BertProcessing

    small.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    row = lambda cells: "\t".join(str(cell) for cell in cells) + "\n"
    ids = lambda which, text: " ".join(map(str, which.encode(text).ids))
    with open(out / "tokens.tsv", "w") as file:
        file.write(row(["times", "text", "tiny", "real"]))
        for times, text in TEXTS:
            whole = text * times
            file.write(row([times, json.dumps(text), ids(small, whole), ids(real, whole)]))
    made, weights = tiny(), tensors(Path(model) / "model.safetensors")
    for name, which, of, heads, shown in [("tiny", small, made, HEADS, 8), ("real", real, weights, 12, 16)]:
        with open(out / f"{name}.tsv", "w") as file:
            file.write(row(["text", "vector"]))
            for text in SENTENCES:
                vector = forward(of, which.encode(text).ids[:PLACES], heads)[:shown]
                file.write(row([json.dumps(text), " ".join(f"{value:.8f}" for value in vector)]))


def compare(model, texts, float32, int8):
    cut = tokenizer(model)
    weights = tensors(Path(model) / "model.safetensors")
    texts = [row["text"] for row in csv.DictReader(open(texts, newline=""))]
    rows = [np.fromfile(file, "<f4").reshape(len(texts), -1).astype("f8") for file in (float32, int8)]
    every = max(1, len(texts) // 400)
    chosen = range(0, len(texts), every)
    ours = np.array([rows[0][i] @ forward(weights, cut.encode(texts[i]).ids, 12) for i in chosen])
    print(f"float32 with numpy, {len(ours)} texts: 1 - cosine at most {1 - ours.min():.1e}, mean {1 - ours.mean():.1e}")
    both = (rows[0] * rows[1]).sum(1)
    print(f"int8 with float32, {len(both)} texts: cosine least {both.min():.6f}, mean {both.mean():.6f}")


if __name__ == "__main__":
    {"tables": tables, "compare": compare}[sys.argv[1]](*sys.argv[2:])
