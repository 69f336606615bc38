//! One collection of labelled texts: learn from one part, choose by another, be judged by the third.
//!
//! - In: a [`Set`], a seed.
//! - Out: [`Judged`]: figures with their counts.
//! - Never: looks at the judged part before everything is chosen.

use super::sets::{Labelled, Set};
use crate::table::thousands;
use anyhow::Result;
use bellwether_core::Ppm;
use bellwether_intent::reader::{Reader, learn, learn_by};
use bellwether_intent::train::{Example, Options};
use bellwether_measure::quality::Ratio;
use bellwether_measure::reliability::{Forecast, auroc, brier, ece};
use serde_json::{Value, json};

/// How well one collection was read.
pub(super) struct Judged {
    name: &'static str,
    learnt: usize,
    repeated: usize,
    labels: usize,
    /// Share of texts whose best label is right.
    accuracy: Ratio,
    /// Expected calibration error of what it says of its best label.
    ece: Option<f64>,
    brier: Option<f64>,
    outside: Option<Outside>,
}

/// Telling texts that belong to no label.
struct Outside {
    /// Texts outside that it said nothing about.
    told: Ratio,
    /// Texts inside that it gave a label, and the right one.
    kept: Ratio,
    /// How well confidence alone tells the two apart.
    auroc: Option<f64>,
}

/// A judged text: how sure the reader was, and whether its best label was right.
type Said = Forecast;

/// Learns, chooses and judges.
///
/// # Errors
/// Nothing can be learnt from the collection.
pub(super) fn judge(set: &Set, seed: u64) -> Result<Judged> {
    let options = Options { seed, ..Options::default() };
    let (train, choose) = (examples(&set.train), examples(&set.choose));
    let outside = set.outside_choose.iter().map(|row| (row.text.as_str(), &row.vector[..]));
    let outside: Vec<(&str, &[f32])> = outside.collect();
    let learnt = if choose.is_empty() {
        learn(&train, &outside, Ppm::new(0), &options)?
    } else {
        learn_by(&train, &choose, &outside, Ppm::new(0), &options)?
    };
    let reader = learnt.reader;
    let said: Vec<Said> = set.test.iter().map(|row| said(&reader, row)).collect();
    let hits = said.iter().filter(|one| one.happened).count();
    let inside_chosen = learnt
        .held
        .iter()
        .map(|held| Said { probability: probability(held.confidence), happened: held.right });
    let outside = (!set.outside_test.is_empty()).then(|| {
        let least = least(inside_chosen.collect(), &sure(&reader, &set.outside_choose));
        judge_outside(&said, &sure(&reader, &set.outside_test), least)
    });
    Ok(Judged {
        name: set.name,
        learnt: set.train.len(),
        repeated: set.repeated,
        labels: reader.model().labels().len(),
        accuracy: Ratio::new(hits as u64, said.len() as u64),
        ece: ece(&said),
        brier: brier(&said).map(|brier| brier.score),
        outside,
    })
}

fn examples(rows: &[Labelled]) -> Vec<Example<'_>> {
    rows.iter()
        .map(|row| Example { text: &row.text, label: &row.label, vector: &row.vector })
        .collect()
}

fn said(reader: &Reader, row: &Labelled) -> Said {
    let reading = reader.read_with(&row.text, &row.vector);
    let label = reader.model().labels().get(reading.best);
    Said {
        probability: probability(reading.confidence),
        happened: label.is_some_and(|label| *label == row.label),
    }
}

/// How sure the reader is of its best label for texts that have none.
fn sure(reader: &Reader, rows: &[Labelled]) -> Vec<f64> {
    let read = |row: &Labelled| reader.read_with(&row.text, &row.vector).confidence;
    rows.iter().map(read).map(probability).collect()
}

fn probability(confidence: Ppm) -> f64 {
    confidence.get() as f64 / 1e6
}

/// The confidence below which to say nothing: where the most texts are treated rightly, those inside by
/// their label and those outside by silence (Larson et al. 2019).
fn least(mut inside: Vec<Said>, outside: &[f64]) -> f64 {
    inside.sort_by(|one, other| one.probability.total_cmp(&other.probability));
    let at = |least: f64| {
        let kept = inside.iter().filter(|one| one.probability >= least && one.happened).count();
        kept + outside.iter().filter(|sure| **sure < least).count()
    };
    let candidates = inside.iter().map(|one| one.probability).chain(outside.iter().copied());
    let better = |most: (usize, f64), least: f64| {
        let rightly = at(least);
        if rightly > most.0 { (rightly, least) } else { most }
    };
    candidates.fold((0, 0.0), better).1
}

fn judge_outside(inside: &[Said], outside: &[f64], least: f64) -> Outside {
    let kept = inside.iter().filter(|one| one.probability >= least && one.happened).count();
    let told = outside.iter().filter(|sure| **sure < least).count();
    let of = |probability: f64, happened: bool| Forecast { probability, happened };
    let both = inside.iter().map(|one| of(one.probability, true));
    let both: Vec<_> = both.chain(outside.iter().map(|sure| of(*sure, false))).collect();
    Outside {
        told: Ratio::new(told as u64, outside.len() as u64),
        kept: Ratio::new(kept as u64, inside.len() as u64),
        auroc: auroc(&both),
    }
}

/// A share in percent, or a dash where there is nothing to say.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn places(figure: Option<f64>) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.3}"))
}

impl Judged {
    /// One row of the table.
    pub(super) fn cells(&self) -> Vec<String> {
        let outside = self.outside.as_ref();
        vec![
            self.name.to_owned(),
            thousands(self.learnt as u64),
            self.labels.to_string(),
            thousands(self.accuracy.of),
            percent(self.accuracy.value()),
            places(self.ece),
            places(self.brier),
            percent(outside.and_then(|outside| outside.told.value())),
            percent(outside.and_then(|outside| outside.kept.value())),
            places(outside.and_then(|outside| outside.auroc)),
        ]
    }

    pub(super) fn json(&self) -> Value {
        let interval = self.accuracy.interval();
        let outside = self.outside.as_ref().map(|outside| {
            json!({
                "texts": outside.told.of, "told": outside.told.value(), "kept": outside.kept.value(),
                "auroc": outside.auroc,
            })
        });
        json!({
            "collection": self.name, "learnt_from": self.learnt, "left_out_as_repeated": self.repeated,
            "labels": self.labels, "read": self.accuracy.of, "accuracy": self.accuracy.value(),
            "accuracy_95": interval.map(|interval| [interval.low, interval.high]), "ece": self.ece,
            "brier": self.brier, "outside": outside,
        })
    }
}
