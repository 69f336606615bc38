//! Measure: how good decisions were, as plain structs.
//!
//! - In: what was decided, to whom it went and when, and what became of each subject.
//! - Out: counts, ratios with their intervals, distributions, and a verdict in one sentence.
//! - Never: reads a clock, a file or randomness; renders nothing. Equal input gives an equal report.
//!
//! Floats appear only in figures that people read; nothing here is recorded or hashed.

pub mod backtest;
pub mod checkpoints;
pub mod comparison;
pub mod quality;
pub mod reliability;
