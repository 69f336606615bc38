//! Learning marks from texts that bear them.
//!
//! A long text bears a mark because of one of its sentences, and nobody says which. So a first model
//! learns from short texts alone, points out the loudest sentence of each long one, and a second learns
//! from those too (multiple instances: Andrews, Tsochantaridis and Hofmann 2003). No sentence of a text
//! without the mark bears it.

use super::{MarkReader, Marks, NO, SHORT, YES, features, parts, score};
use crate::calibrate::{Labelled, Map, Method};
use crate::gram::Gram;
use crate::lexicon::Lexicon;
use crate::model::Model;
use crate::numbers::sigmoid;
use crate::text;
use crate::train::{Options, TrainError, train_grams};
use bellwether_core::{Ppm, SplitMix};
use std::collections::{BTreeMap, BTreeSet};

/// Every so manieth text is read by a model that did not learn from it.
const FOLDS: usize = 5;

/// A text and its marks.
#[derive(Clone, Copy, Debug)]
pub struct Marked<'a> {
    /// What was written.
    pub text: &'a str,
    /// What it says; a text may have none.
    pub marks: &'a [&'a str],
}

/// A text taken apart.
struct Parted<'a> {
    marks: &'a [&'a str],
    short: bool,
    /// Features of each part.
    parts: Vec<Vec<Gram>>,
}

/// Learns a reader for each mark that occurs. `least` says from which probability on a mark applies;
/// one half for marks that it does not name.
///
/// # Errors
/// As [`crate::train::train`].
pub fn learn(
    texts: &[Marked<'_>],
    lexicon: Lexicon,
    least: &BTreeMap<&str, Ppm>,
    options: &Options,
) -> Result<Marks, TrainError> {
    let parted: Vec<Parted<'_>> = texts
        .iter()
        .map(|marked| Parted {
            marks: marked.marks,
            short: text::words(marked.text).len() <= SHORT,
            parts: parts(marked.text).into_iter().map(|part| features(&lexicon, part)).collect(),
        })
        .collect();
    let marks: BTreeSet<&str> =
        texts.iter().flat_map(|marked| marked.marks.iter().copied()).collect();
    let reader = |mark: &&str| {
        Ok(MarkReader {
            mark: (*mark).to_owned(),
            map: calibrated(&parted, mark, options)?,
            model: model(&parted.iter().collect::<Vec<_>>(), mark, options)?,
            least: least.get(mark).copied().unwrap_or(Ppm::new(500_000)),
        })
    };
    let readers = marks.iter().map(reader).collect::<Result<_, TrainError>>()?;
    Ok(Marks { lexicon, readers })
}

/// The map from scores to probabilities, from texts that the scoring model had not learnt from.
fn calibrated(texts: &[Parted<'_>], mark: &str, options: &Options) -> Result<Map, TrainError> {
    let mut order: Vec<usize> = (0..texts.len()).collect();
    SplitMix::new(options.seed ^ 0x666f_6c64).shuffle(&mut order);
    let mut labels = Vec::with_capacity(texts.len());
    for fold in 0..FOLDS {
        let (held, kept): (Vec<_>, Vec<_>) =
            order.iter().enumerate().partition(|(place, _)| place % FOLDS == fold);
        let pick = |of: Vec<(usize, &usize)>| -> Vec<&Parted<'_>> {
            of.into_iter().filter_map(|(_, at)| texts.get(*at)).collect()
        };
        let model = model(&pick(kept), mark, options)?;
        labels.extend(pick(held).into_iter().map(|text| Labelled {
            score: sigmoid(loudest(&model, text).0),
            right: text.marks.contains(&mark),
        }));
    }
    // Scores of texts without a word are minus infinity: probability zero, as it should be.
    Map::fit_as(Method::Platt, &labels).map_err(|_| TrainError::NoFeatures)
}

fn model(texts: &[&Parted<'_>], mark: &str, options: &Options) -> Result<Model, TrainError> {
    let bears = |text: &&&Parted<'_>| text.marks.contains(&mark);
    let mut rows: Vec<(&[Gram], &str)> = Vec::new();
    for text in texts.iter().filter(|text| !bears(text)) {
        rows.extend(text.parts.iter().map(|part| (&part[..], NO)));
    }
    // The last part of a short text is all of it.
    let short = texts.iter().filter(|text| bears(text) && text.short);
    rows.extend(short.filter_map(|text| Some((&text.parts.last()?[..], YES))));
    let first = train_grams(&rows, options)?;
    for text in texts.iter().filter(bears) {
        let part = text.parts.get(loudest(&first, text).1);
        rows.extend(part.map(|part| (&part[..], YES)));
    }
    train_grams(&rows, options)
}

/// The score of the loudest part, and which it is.
fn loudest(model: &Model, text: &Parted<'_>) -> (f64, usize) {
    let scores = text.parts.iter().enumerate().map(|(at, part)| (score(model, part), at));
    scores.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((f64::NEG_INFINITY, 0))
}
