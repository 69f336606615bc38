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
    /// For each held-back example: its position, the confidence given, and whether the label was right.
    pub held: Vec<(usize, Ppm, bool)>,
}

/// Learns a reader. `outside` are texts that belong to no label, to learn not to know by; there may be
/// none. Below `least` the reader abstains.
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
    let forerunner = train(&pick(kept), options)?;
    let held_examples = pick(held);
    let scores: Vec<Scores> =
        held_examples.iter().map(|example| forerunner.scores(example.text)).collect();
    let temperature = fitted(&forerunner, &held_examples, &scores);
    let gate = gate(&forerunner, &held_examples, &scores, outside);
    let mut reader = Reader { model: forerunner, temperature, gate, least };
    let judged = held.iter().zip(&held_examples).zip(&scores).map(|((at, example), scores)| {
        let reading = reader.reading(scores);
        let label = reader.model.labels().get(reading.best);
        (*at, reading.confidence, label.is_some_and(|label| label == example.label))
    });
    let held = judged.collect();
    reader.model = train(examples, options)?;
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
