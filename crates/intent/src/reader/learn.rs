//! A reader from examples: trained on most, calibrated on what is held back, then trained on all.

use super::{Fused, Reader, Said, best, floats};
use crate::calibrate::{Case, Temperature, temperature};
use crate::gate::{Gate, energy};
use crate::head::Head;
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
/// `outside` are texts, with their vectors, that belong to no label, to learn not to know by; there may be none. Below
/// `least` the reader abstains.
///
/// # Errors
/// As [`train`].
pub fn learn(
    examples: &[Example<'_>],
    outside: &[(&str, &[f32])],
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
    let model = train(examples, options)?;
    if let Some(fused) = &mut learnt.reader.fused
        && let Some(head) = Head::learn(examples, model.labels(), options)
    {
        fused.head = head;
    }
    learnt.reader.model = model;
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
    outside: &[(&str, &[f32])],
    least: Ppm,
    options: &Options,
) -> Result<Learnt, TrainError> {
    let model = train(examples, options)?;
    let scores: Vec<Scores> = held.iter().map(|example| model.scores(example.text)).collect();
    let truths: Vec<Option<usize>> = held
        .iter()
        .map(|example| model.labels().iter().position(|label| label == example.label))
        .collect();
    let fused = fused(&model, examples, held, &scores, &truths, options);
    let one = Temperature::ONE;
    let mut reader = Reader { model, fused, temperature: one, gate: None, least };
    let said: Vec<Said> =
        held.iter().zip(&scores).map(|(one, scores)| reader.say(scores, one.vector)).collect();
    reader.temperature = fitted(said.iter().map(|said| said.logits.clone()).zip(&truths));
    let right = said.iter().zip(&truths).map(|(said, truth)| Some(best(&said.logits)) == *truth);
    let right: Vec<bool> = right.chain(outside.iter().map(|_| false)).collect();
    let outside =
        outside.iter().map(|(text, vector)| reader.say(&reader.model.scores(text), vector));
    let signs: Vec<_> =
        said.iter().map(|said| said.signs).chain(outside.map(|said| said.signs)).collect();
    reader.gate = Gate::fit(&signs, &right);
    let held = said.iter().zip(&right).enumerate();
    let held = held.map(|(at, (said, right))| Held {
        at,
        confidence: reader.reading(said).confidence,
        right: *right,
    });
    let held = held.collect();
    Ok(Learnt { reader, held })
}

/// The temperature of what was held back; a text whose label the model never saw says nothing of it.
fn fitted<'a>(cases: impl Iterator<Item = (Vec<f64>, &'a Option<usize>)>) -> Temperature {
    let cases = cases.filter_map(|(logits, truth)| Some(Case { logits, truth: (*truth)? }));
    // Where there are none, the scores stay as they are.
    temperature(&cases.collect::<Vec<_>>()).unwrap_or(Temperature::ONE)
}

/// With fewer examples per label the words know too little to have a say beside an encoder.
const FEW_PER_LABEL: usize = 30;

/// A head, if every example has a vector, with the weight under which what was held back is most likely.
fn fused(
    model: &Model,
    examples: &[Example<'_>],
    held: &[Example<'_>],
    scores: &[Scores],
    truths: &[Option<usize>],
    options: &Options,
) -> Option<Fused> {
    let head = Head::learn(examples, model.labels(), options)?;
    let own: Vec<Vec<f64>> = scores.iter().map(|scores| floats(&scores.logits)).collect();
    let theirs: Option<Vec<Vec<f64>>> =
        held.iter().map(|example| Some(floats(&head.logits(example.vector)?))).collect();
    let theirs = theirs?;
    let each = |logits: &[Vec<f64>]| fitted(logits.iter().cloned().zip(truths));
    let mut fused = Fused { head, temperatures: [each(&own), each(&theirs)], weight: 1.0 };
    if examples.len() < FEW_PER_LABEL * model.labels().len() {
        return Some(fused);
    }
    let loss = |fused: &Fused| -> f64 {
        let of = own.iter().zip(&theirs).zip(truths).filter_map(|((own, theirs), truth)| {
            let joined = fused.join(own, theirs);
            Some(energy(&joined) - joined.get((*truth)?)?)
        });
        of.sum()
    };
    let tried = (0..=10_u8).map(|tenths| {
        fused.weight = f64::from(tenths) / 10.0;
        (loss(&fused), fused.weight)
    });
    let least = tried.min_by(|one, other| one.0.total_cmp(&other.0))?;
    fused.weight = least.1;
    Some(fused)
}
