//! Whether probabilities can be taken at their word, and whether they tell the cases apart.
//!
//! - In: probabilities with what happened; for several categories, which was said and which was true.
//! - Out: figures for people, `None` where there is nothing to say.
//! - Never: hides how few cases a figure stands on; draws without a seed.

mod bootstrap;
mod brier;
mod classes;
mod coverage;
mod diagram;

pub use bootstrap::{bootstrap, ece_interval};
pub use brier::{Brier, brier};
pub use classes::{macro_f1, per_class};
pub use coverage::{Coverage, Point};
pub use diagram::{BINS, Bin, diagram, ece, ece_debiased};

/// A probability and whether it came about. For the reading of a text: how sure it was, and whether it
/// was right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// From 0 to 1.
    pub probability: f64,
    /// Whether it came about.
    pub happened: bool,
}

/// The mean negative logarithm of what was given to the truth (natural units). Probabilities are kept
/// within 1e-12 of their ends, so one sure mistake costs 27.6 and not everything.
pub fn nll(forecasts: &[Forecast]) -> Option<f64> {
    let one = |forecast: &Forecast| {
        let given = forecast.probability.clamp(1e-12, 1.0 - 1e-12);
        if forecast.happened { -libm::log(given) } else { -libm::log1p(-given) }
    };
    mean(forecasts.iter().map(one))
}

/// The area under the receiver operating characteristic: the chance that a case that came about has the
/// higher probability of two, ties counting half (Mann and Whitney 1947, by mid-ranks). Nothing unless
/// both outcomes occur.
pub fn auroc(forecasts: &[Forecast]) -> Option<f64> {
    let mut sorted = forecasts.to_vec();
    sorted.sort_by(|one, other| one.probability.total_cmp(&other.probability));
    let (mut below, mut pairs) = (0_u64, 0.0);
    for tied in sorted.chunk_by(|one, other| one.probability == other.probability) {
        let happened = tied.iter().filter(|forecast| forecast.happened).count() as u64;
        let not = tied.len() as u64 - happened;
        pairs += happened as f64 * (below as f64 + not as f64 / 2.0);
        below += not;
    }
    let happened = forecasts.len() as u64 - below;
    (happened > 0 && below > 0).then(|| pairs / (happened as f64 * below as f64))
}

/// The mean of some numbers, summed in their order.
fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = numbers.len();
    (count > 0).then(|| numbers.sum::<f64>() / count as f64)
}

#[cfg(test)]
mod tests;
