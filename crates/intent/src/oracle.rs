//! Tables of `tests/oracles`, and the data they were made from.

use crate::calibrate::Labelled;
use crate::numbers::SplitMix;

/// The rows of one name.
pub(crate) fn rows(table: &str, name: &str) -> Vec<Vec<f64>> {
    let rows: Vec<Vec<f64>> = table
        .lines()
        .filter_map(|line| line.split_once('\t').filter(|(first, _)| *first == name))
        .map(|(_, rest)| rest.split('\t').map(|number| number.parse().unwrap()).collect())
        .collect();
    assert!(!rows.is_empty(), "no row `{name}`");
    rows
}

/// `scored` of `data.py`.
pub(crate) fn scored(seed: f64, count: f64, levels: f64) -> Vec<Labelled> {
    let mut random = SplitMix::new(seed as u64);
    let one = |_| {
        let mut s = random.unit();
        if levels > 0.0 {
            s = (s * levels).floor() / levels;
        }
        Labelled { score: s, right: random.unit() < s * s * (3.0 - 2.0 * s) }
    };
    (0..count as usize).map(one).collect()
}

/// Whether two numbers agree to so many digits of the larger.
pub(crate) fn agree(one: f64, other: f64, within: f64) -> bool {
    (one - other).abs() <= within * one.abs().max(other.abs())
}
