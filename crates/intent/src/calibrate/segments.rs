//! A calibrator of its own for each segment with enough labels.

use super::{Calibrator, CannotCalibrate, Labelled};
use std::collections::BTreeMap;

/// How many labels a segment needs for a calibrator of its own.
pub const SEGMENT_LABELS: usize = 300;

/// One calibrator for all, and those of the segments that have enough labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// For segments that have too few labels, or are new.
    pub whole: Calibrator,
    /// By the name of the segment.
    pub own: BTreeMap<String, Calibrator>,
}

impl Segments {
    /// From labels with the name of their segment.
    pub fn fit(labels: &[(&str, Labelled)]) -> Result<Self, CannotCalibrate> {
        let all: Vec<Labelled> = labels.iter().map(|(_, label)| *label).collect();
        let whole = Calibrator::of_scores(&all)?;
        let mut by_name: BTreeMap<&str, Vec<Labelled>> = BTreeMap::new();
        for (name, label) in labels {
            by_name.entry(name).or_default().push(*label);
        }
        let mut own = BTreeMap::new();
        for (name, labels) in by_name {
            if labels.len() >= SEGMENT_LABELS {
                own.insert(name.to_owned(), Calibrator::of_scores(&labels)?);
            }
        }
        Ok(Self { whole, own })
    }

    /// The calibrator of a segment.
    pub fn of(&self, segment: &str) -> &Calibrator {
        self.own.get(segment).unwrap_or(&self.whole)
    }
}
