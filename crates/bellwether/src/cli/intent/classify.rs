//! One collection of labelled texts: learn from one part, choose by another, be judged by the third.
//!
//! - In: a [`Set`], a seed.
//! - Out: [`Judged`]: figures with their counts.
//! - Never: looks at the judged part before everything is chosen.

use super::sets::{Labelled, Set};
use crate::table::thousands;
use anyhow::{Context as _, Result};
use bellwether_core::SplitMix;
use bellwether_intent::calibrate::Temperature;
use bellwether_intent::gate::{Gate, Signs};
use bellwether_intent::model::{Model, Scores};
use bellwether_intent::train::{Example, Options, train};
use bellwether_measure::reliability;
use serde_json::{Value, json};

/// The share of the examples that is held back to calibrate by, where the collection has no part for it.
const HELD_BACK: usize = 10;

/// How well one collection was read.
pub(super) struct Judged {
    name: &'static str,
    learnt: usize,
    repeated: usize,
    labels: usize,
    read: usize,
    /// Share of texts whose best label is right.
    accuracy: f64,
    /// Expected calibration error, 15 bins of equal width.
    ece: f64,
    brier: f64,
    outside: Option<Outside>,
}

/// Telling texts that belong to no label.
struct Outside {
    count: usize,
    /// Share of texts outside that were told.
    told: f64,
    /// Share of texts inside that were kept and right.
    kept: f64,
    auroc: f64,
}

/// A read text.
struct Reading {
    signs: Signs,
    right: bool,
    /// Calibrated probability of the best label.
    probability: f64,
}

pub(super) fn judge(set: &Set, seed: u64) -> Result<Judged> {
    let (temperature, chosen) = choose(set, seed)?;
    let model = learn(&set.train)?;
    let read = |rows: &[Labelled]| -> Vec<Reading> {
        rows.iter().map(|row| reading(&model, &temperature, row)).collect()
    };
    let test = read(&set.test);
    let right: Vec<bool> = test.iter().map(|reading| reading.right).collect();
    let said: Vec<f64> = test.iter().map(|reading| reading.probability).collect();
    let outside = chosen.map(|chosen| judge_outside(&model, &temperature, &chosen, set, &test));
    let hits = right.iter().filter(|right| **right).count();
    Ok(Judged {
        name: set.name,
        learnt: set.train.len(),
        repeated: set.repeated,
        labels: model.labels().len(),
        read: test.len(),
        accuracy: hits as f64 / test.len().max(1) as f64,
        ece: reliability::ece(&said, &right),
        brier: reliability::brier(&said, &right),
        outside,
    })
}
