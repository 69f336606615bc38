//! How far a figure may lie from the truth: Efron's bootstrap.

use crate::quality::Interval;
use bellwether_core::SplitMix;

/// The 95% percentile interval of a figure (Efron 1979): cases are drawn anew, with repetition, `rounds`
/// times; a draw for which the figure is nothing is left out. Nothing when all are. Equal seeds give
/// equal intervals.
pub fn bootstrap<T: Clone>(
    cases: &[T],
    seed: u64,
    rounds: u32,
    figure: impl Fn(&[T]) -> Option<f64>,
) -> Option<Interval> {
    let mut random = SplitMix::new(seed);
    let mut drawn = Vec::with_capacity(cases.len());
    let mut figures = Vec::new();
    for _ in 0..rounds {
        drawn.clear();
        drawn
            .extend((0..cases.len()).filter_map(|_| cases.get(random.below(cases.len())).cloned()));
        figures.extend(figure(&drawn));
    }
    figures.sort_by(f64::total_cmp);
    let beyond = figures.len() / 40;
    let low = *figures.get(beyond)?;
    let high = *figures.get(figures.len().checked_sub(1 + beyond)?)?;
    Some(Interval { low, high })
}
