//! Intent: what a text says, how sure that is, and when not to say anything.
//!
//! - In: a text from outside, or examples to learn from with a seed.
//! - Out: scores with what each word added to them, calibrated, or an abstention with its reason.
//! - Never: reads a clock, a file or randomness; keeps a text; decides anything.
//!
//! Exponentials and logarithms come from [`numbers`], whose last bits agree on every machine, so that a
//! model trained twice from the same examples has the same digest.

pub mod audit;
pub mod calibrate;
pub mod certificate;
pub mod drift;
pub mod gate;
pub mod gram;
pub mod head;
pub mod lexicon;
pub mod marks;
pub mod model;
pub mod numbers;
#[cfg(test)]
mod oracle;
pub mod reader;
pub mod simulate;
pub mod text;
pub mod train;
