//! A reader from examples: trained on most, calibrated on what is held back, then trained on all.

use super::{Reader, best};
use crate::calibrate::{Case, Temperature, temperature};
use crate::gate::{Gate, Signs};
use crate::model::{Model, Scores};
use crate::train::{Example, Options, TrainError, train};
use bellwether_core::{Ppm, SplitMix};

/// One in so many examples is held back to calibrate by.
const HELD_BACK: usize = 10;

/// A reader, and how its forerunner read what it had not seen.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// The reader, trained on all examples.
    pub reader: Reader,
    /// What it said of each example that was held back.
    pub held: Vec<Held>,
}

/// What a reader said of an example it had not learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The position of the example.
    pub at: usize,
    /// The confidence given.
    pub confidence: Ppm,
    /// Whether the label was right.
    pub right: bool,
}

/// Learns a reader: one in ten examples is held back to calibrate by, then all are learnt from.
/// `outside` are texts that belong to no label, to learn not to know by; there may be none. Below
/// `least` the reader abstains.
///
/// # Errors
/// As [`train`].
pub fn learn(
    examples: &[Example<'_>],
    outside: &[&str],
    least: Ppm,
    options: &Options,
) -> Result<Learnt, TrainError> {
    let mut order: Vec<usize> = (0..examples.len()).collect();
    SplitMix::new(options.seed ^ 0x6865_6c64).shuffle(&mut order);
    let (held, kept) = order.split_at(order.len() / HELD_BACK);
    let pick = |order: &[usize]| -> Vec<Example<'_>> {
        order.iter().filter_map(|at| examples.get(*at).copied()).collect()
    };
    let mut learnt = learn_by(&pick(kept), &pick(held), outside, least, options)?;
    learnt.reader.model = train(examples, options)?;
    for (of, at) in learnt.held.iter_mut().zip(held) {
        of.at = *at;
    }
    Ok(learnt)
}

/// Learns a reader from some examples and calibrates it by others.
///
/// # Errors
/// As [`train`].
pub fn learn_by(
    examples: &[Example<'_>],
    held: &[Example<'_>],
    outside: &[&str],
    least: Ppm,
    options: &Options,
) -> Result<Learnt, TrainError> {
    let model = train(examples, options)?;
    let scores: Vec<Scores> = held.iter().map(|example| model.scores(example.text)).collect();
    let temperature = fitted(&model, held, &scores);
    let gate = gate(&model, held, &scores, outside);
    let reader = Reader { model, temperature, gate, least };
    let judged = held.iter().zip(&scores).enumerate().map(|(at, (example, scores))| {
        let reading = reader.reading(scores);
        let label = reader.model.labels().get(reading.best);
        let right = label.is_some_and(|label| label == example.label);
        Held { at, confidence: reading.confidence, right }
    });
    let held = judged.collect();
    Ok(Learnt { reader, held })
}

/// The temperature of what was held back; labels that the model never saw cannot be its truth.
fn fitted(model: &Model, held: &[Example<'_>], scores: &[Scores]) -> Temperature {
    let case = |(example, scores): (&Example<'_>, &Scores)| {
        let truth = model.labels().iter().position(|label| label == example.label)?;
        Some(Case { logits: scores.logits.iter().map(|logit| f64::from(*logit)).collect(), truth })
    };
    let cases: Vec<Case> = held.iter().zip(scores).filter_map(case).collect();
    // Too few to fit by: the scores stay as they are.
    temperature(&cases).unwrap_or(Temperature::ONE)
}

fn gate(
    model: &Model,
    held: &[Example<'_>],
    scores: &[Scores],
    outside: &[&str],
) -> Option<Gate> {
    let outside: Vec<Scores> = outside.iter().map(|text| model.scores(text)).collect();
    let right = held.iter().zip(scores).map(|(example, scores)| {
        let logits: Vec<f64> = scores.logits.iter().map(|logit| f64::from(*logit)).collect();
        model.labels().get(best(&logits)).is_some_and(|label| label == example.label)
    });
    let right: Vec<bool> = right.chain(outside.iter().map(|_| false)).collect();
    let signs: Vec<Signs> = scores.iter().chain(&outside).map(Signs::of).collect();
    Gate::fit(&signs, &right)
}
