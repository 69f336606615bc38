//! How far a figure may lie from the truth: Efron's bootstrap.

use super::{Forecast, ece, ece_debiased};
use crate::quality::Interval;
use bellwether_core::SplitMix;

/// The 95% percentile interval of a figure (Efron 1979): cases are drawn anew, with repetition, `rounds`
/// times; a draw for which the figure is nothing is left out. Nothing when all are. Equal seeds give
/// equal intervals. For calibration errors use [`ece_interval`].
pub fn bootstrap<T: Clone>(
    cases: &[T],
    seed: u64,
    rounds: u32,
    figure: impl Fn(&[T]) -> Option<f64>,
) -> Option<Interval> {
    ends(redrawn(cases, &mut SplitMix::new(seed), rounds, figure))
}

/// A 95% interval of the calibration error around [`ece_debiased`].
///
/// A percentile interval would never reach zero, because every draw adds chance to a figure that only
/// knows one direction. So the draws are compared with the plain error of the cases they come from, which
/// is the truth they are drawn from; and the lower end is zero when outcomes drawn by the probabilities
/// themselves look as bad in more than 2.5% of `rounds` (consistency resampling, Bröcker and Smith 2007).
pub fn ece_interval(forecasts: &[Forecast], seed: u64, rounds: u32) -> Option<Interval> {
    let (found, truth) = (ece_debiased(forecasts)?, ece(forecasts)?);
    let mut random = SplitMix::new(seed);
    let drawn = ends(redrawn(forecasts, &mut random, rounds, ece_debiased))?;
    let perfect = (0..rounds).filter_map(|_| {
        let outcome = |forecast: &Forecast| Forecast {
            happened: random.unit() < forecast.probability,
            ..*forecast
        };
        ece_debiased(&forecasts.iter().map(outcome).collect::<Vec<_>>())
    });
    let usual = ends(perfect.collect())?;
    let low = if found <= usual.high { 0.0 } else { (found - (drawn.high - truth)).max(0.0) };
    Some(Interval { low, high: (found - (drawn.low - truth)).max(found) })
}

/// The figure of each draw.
fn redrawn<T: Clone>(
    cases: &[T],
    random: &mut SplitMix,
    rounds: u32,
    figure: impl Fn(&[T]) -> Option<f64>,
) -> Vec<f64> {
    let mut drawn = Vec::with_capacity(cases.len());
    let mut figures = Vec::new();
    for _ in 0..rounds {
        drawn.clear();
        drawn
            .extend((0..cases.len()).filter_map(|_| cases.get(random.below(cases.len())).cloned()));
        figures.extend(figure(&drawn));
    }
    figures
}

/// The points that a fortieth lies beyond on either side.
fn ends(mut figures: Vec<f64>) -> Option<Interval> {
    figures.sort_by(f64::total_cmp);
    let beyond = figures.len() / 40;
    let low = *figures.get(beyond)?;
    let high = *figures.get(figures.len().checked_sub(1 + beyond)?)?;
    Some(Interval { low, high })
}
