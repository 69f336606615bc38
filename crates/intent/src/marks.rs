//! Marks: what a text says beside its topic, such as a wish for a person, a threat, or despair.
//!
//! - In: a text.
//! - Out: for each mark a calibrated probability and the sentence that says it the loudest.
//! - Never: reads what is said of others, denied or over as if it were said now (where it can tell).
//!
//! A wish is often one sentence in the middle of a long mail, so sentences are read one by one and the
//! loudest counts. Each reading joins phrases that people wrote down ([`Lexicon`]) with n-grams: the
//! phrases are features of the same linear model, so their weights were learnt too.

mod learn;

pub use learn::{Marked, learn};

use crate::calibrate::Map;
use crate::gram::{self, Gram};
use crate::lexicon::Lexicon;
use crate::model::Model;
use crate::{numbers, text};
use bellwether_core::Ppm;

/// Texts of so many words or fewer are also read whole.
const SHORT: usize = 40;

/// The label of a mark that applies; [`NO`] is the other.
const YES: &str = "yes";
const NO: &str = "no";

/// Readers of marks.
#[derive(Clone, Debug)]
pub struct Marks {
    lexicon: Lexicon,
    readers: Vec<MarkReader>,
}

#[derive(Clone, Debug)]
struct MarkReader {
    mark: String,
    model: Model,
    map: Map,
    least: Ppm,
}

/// What a text says of one mark.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkReading<'a> {
    /// The mark.
    pub mark: &'a str,
    /// How probable it is that it applies.
    pub confidence: Ppm,
    /// Whether that is enough.
    pub applies: bool,
    /// The bytes of the text that say it the loudest.
    pub loudest: std::ops::Range<usize>,
}

impl Marks {
    /// The marks that are read, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.readers.iter().map(|reader| reader.mark.as_str())
    }

    /// Reads a text.
    pub fn read(&self, text: &str) -> Vec<MarkReading<'_>> {
        let parts: Vec<_> = parts(text)
            .into_iter()
            .map(|part| (range(text, part), features(&self.lexicon, part)))
            .collect();
        self.readers.iter().map(|reader| reader.read(&parts)).collect()
    }
}

impl MarkReader {
    fn read(&self, parts: &[(std::ops::Range<usize>, Vec<Gram>)]) -> MarkReading<'_> {
        let scored = parts.iter().map(|(range, grams)| (score(&self.model, grams), range.clone()));
        let (score, loudest) = scored
            .max_by(|one, other| one.0.total_cmp(&other.0))
            .unwrap_or((f64::NEG_INFINITY, 0..0));
        let confidence = Ppm::new(if score.is_finite() {
            ppm(self.map.apply(numbers::sigmoid(score)))
        } else {
            0
        });
        MarkReading { mark: &self.mark, confidence, applies: confidence >= self.least, loudest }
    }
}

/// The parts of a text that are read: its sentences, and all of it where it is short.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = text::sentences(text);
    if parts.len() > 1 && text::words(text).len() <= SHORT {
        parts.push(text);
    }
    parts
}

/// N-grams and phrases; the whole text is one range of its own.
fn features(lexicon: &Lexicon, part: &str) -> Vec<Gram> {
    let mut grams = gram::grams(part);
    let mut marks: Vec<&str> = lexicon.hits(part).iter().map(|hit| hit.mark).collect();
    marks.sort_unstable();
    marks.dedup();
    grams.extend(marks.into_iter().map(gram::phrase));
    grams
}

/// How much more is said for the mark than against it, in log odds.
fn score(model: &Model, grams: &[Gram]) -> f64 {
    match model.scores_of(grams).logits[..] {
        // In order of the labels: no, yes.
        [no, yes] => f64::from(yes) - f64::from(no),
        _ => f64::NEG_INFINITY,
    }
}

/// Where a part of a text lies in it.
fn range(text: &str, part: &str) -> std::ops::Range<usize> {
    let from = part.as_ptr().addr() - text.as_ptr().addr();
    from..from + part.len()
}

#[expect(clippy::cast_possible_truncation, reason = "from 0 to a million")]
fn ppm(probability: f64) -> i64 {
    (probability.clamp(0.0, 1.0) * 1e6).round() as i64
}

#[cfg(test)]
mod tests;
