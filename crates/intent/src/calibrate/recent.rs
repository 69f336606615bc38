//! Recalibration on what happened lately.

use super::{Calibrator, CannotCalibrate, Labelled, Shift};
use bellwether_core::{Duration, Timestamp};

/// A label and when it became known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dated {
    /// When the outcome became known.
    pub at: Timestamp,
    /// The score and the outcome.
    pub label: Labelled,
}

/// Which labels count as recent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How far back labels shape the map.
    pub span: Duration,
    /// How many of the newest set the base rate; with fewer than 30 of them it is left alone.
    pub newest: usize,
}

/// Fewer labels than this say nothing of a base rate.
const FEWEST: usize = 30;

/// A calibrator of the labels known at `now` and not older than the window, whose base rate is that of
/// the newest of them. Labels may come in any order; of equal instants the later in the list is newer.
pub fn recalibrate(
    labels: &[Dated],
    now: Timestamp,
    window: Window,
) -> Result<Calibrator, CannotCalibrate> {
    let from = now.minus(window.span);
    let mut recent: Vec<Dated> =
        labels.iter().filter(|dated| dated.at > from && dated.at <= now).copied().collect();
    recent.sort_by_key(|dated| dated.at);
    let known: Vec<Labelled> = recent.iter().map(|dated| dated.label).collect();
    let calibrator = Calibrator::of_scores(&known)?;
    let newest = known.len().saturating_sub(window.newest);
    let newest: Vec<(f64, bool)> = known
        .iter()
        .skip(newest)
        .map(|label| (calibrator.apply(label.score), label.right))
        .collect();
    if newest.len() < FEWEST {
        return Ok(calibrator);
    }
    let shift = Shift::from_labels(&newest);
    Ok(calibrator.shifted(shift))
}
