//! The population stability index, with a limit that belongs to the size of the window.

use crate::numbers::ln;
use bellwether_core::{Ppm, SplitMix};

/// `sum (p - q) ln(p / q)` of two histograms over the same bins (Jeffreys' divergence; as an index,
/// Lewis 1994). An empty bin counts as half a case, so that it says "rare" and not "infinitely far".
/// Zero when either histogram is empty.
pub fn psi(reference: &[u64], window: &[u64]) -> f64 {
    shares(reference, window).map(|(p, q)| (p - q) * ln(p / q)).sum()
}

/// The bin that grew most, by its part in the index; nothing when none did.
pub(super) fn most_grown(reference: &[u64], window: &[u64]) -> Option<usize> {
    let grown = shares(reference, window).enumerate().filter(|(_, (p, q))| q > p);
    let parts = grown.map(|(bin, (p, q))| (bin, (q - p) * ln(q / p)));
    parts.reduce(|most, next| if next.1 > most.1 { next } else { most }).map(|(bin, _)| bin)
}

/// The shares of each bin in both histograms; equal ones where neither has a case.
fn shares(reference: &[u64], window: &[u64]) -> impl Iterator<Item = (f64, f64)> {
    let (all, now) = (reference.iter().sum::<u64>(), window.iter().sum::<u64>());
    let share = |count: u64, of: u64| (count as f64).max(0.5) / of as f64;
    reference.iter().zip(window).map(move |(&before, &after)| {
        let silent = before + after == 0 || all == 0 || now == 0;
        if silent { (1.0, 1.0) } else { (share(before, all), share(after, now)) }
    })
}

/// The index that chance alone exceeds in a share `exceeded` of windows of `window` cases: both
/// histograms are drawn anew `rounds` times from the reference (Efron's bootstrap), because a small
/// window, and a small reference, move by chance alone. The folklore limits 0.1 and 0.25 know neither.
pub fn psi_limit(reference: &[u64], window: u64, exceeded: Ppm, rounds: u32, seed: u64) -> f64 {
    let mut random = SplitMix::new(seed);
    let (all, ends) = (reference.iter().sum::<u64>(), ends(reference));
    let mut drawn: Vec<f64> = (0..rounds)
        .map(|_| {
            let before = redraw(&ends, all, &mut random);
            psi(&before, &redraw(&ends, window, &mut random))
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let beyond = u64::from(rounds) * u64::try_from(exceeded.get()).unwrap_or(0) / 1_000_000;
    let at = drawn.len().saturating_sub(1).saturating_sub(usize::try_from(beyond).unwrap_or(0));
    drawn.get(at).copied().unwrap_or(f64::INFINITY)
}

/// Where each bin ends when cases are drawn. Half a case is added to each, so that what the reference
/// did not meet stays possible.
fn ends(reference: &[u64]) -> Vec<u64> {
    let twice = reference.iter().map(|count| 2 * count + 1);
    twice
        .scan(0, |end, width| {
            *end += width;
            Some(*end)
        })
        .collect()
}

/// A histogram of `count` cases drawn from one with these ends.
fn redraw(ends: &[u64], count: u64, random: &mut SplitMix) -> Vec<u64> {
    let all = usize::try_from(ends.last().copied().unwrap_or(0)).unwrap_or(usize::MAX);
    let mut drawn = vec![0; ends.len()];
    for _ in 0..count {
        let case = random.below(all) as u64;
        if let Some(bin) = drawn.get_mut(ends.partition_point(|&end| end <= case)) {
            *bin += 1;
        }
    }
    drawn
}

/// Bins that hold equal shares of a reference; for confidences and other numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantileBins(Vec<f64>);

impl QuantileBins {
    /// The inner edges of `count` bins over a reference (quantiles as NumPy's default, type 7); equal
    /// edges become one, so a reference with many ties has fewer bins.
    pub fn new(reference: &[f64], count: usize) -> Self {
        let mut sorted = reference.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1) as f64;
        let edge = |step: usize| {
            let at = last * step as f64 / count as f64;
            let low = *sorted.get(at as usize)?;
            let high = sorted.get(at as usize + 1).copied().unwrap_or(low);
            Some(low + (high - low) * (at - at.floor()))
        };
        let mut edges: Vec<f64> = (1..count).filter_map(edge).collect();
        edges.dedup();
        Self(edges)
    }

    /// How many values each bin holds; an upper edge belongs to its bin.
    pub fn count(&self, values: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; self.0.len() + 1];
        for value in values {
            if let Some(count) = counts.get_mut(self.bin(*value)) {
                *count += 1;
            }
        }
        counts
    }

    /// The place of the bin that a value falls into.
    pub fn bin(&self, value: f64) -> usize {
        self.0.partition_point(|&edge| edge < value)
    }
}
