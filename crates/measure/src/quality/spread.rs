//! How numbers spread: quantiles and histograms of whole numbers.

use super::Ratio;
use bellwether_core::Ppm;

/// The value below which a share of sorted numbers lies, between two neighbours by their distance
/// (Hyndman and Fan's type 7, the default of R, NumPy and pandas). Nothing when there are no numbers.
pub fn quantile(sorted: &[i64], share: Ppm) -> Option<f64> {
    let last = u128::try_from(sorted.len().checked_sub(1)?).ok()?;
    let share = u128::try_from(share.get().clamp(0, Ppm::ONE.get())).ok()?;
    let (whole, rest) = (last * share / 1_000_000, last * share % 1_000_000);
    let at = usize::try_from(whole).ok()?;
    let low = *sorted.get(at)?;
    let high = sorted.get(at + 1).copied().unwrap_or(low);
    Some(low as f64 + (high as f64 - low as f64) * (rest as f64 / 1_000_000.0))
}

/// Where numbers lie, in their own unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// How many there are.
    pub count: u64,
    /// A tenth lies below.
    pub p10: Option<f64>,
    /// Half lies below.
    pub median: Option<f64>,
    /// Nine tenths lie below.
    pub p90: Option<f64>,
    /// How many are above zero.
    pub positive: Ratio,
}

impl Spread {
    /// The spread of sorted numbers.
    pub fn of(sorted: &[i64]) -> Self {
        let count = sorted.len() as u64;
        let at_most_zero = sorted.partition_point(|&number| number <= 0) as u64;
        Self {
            count,
            p10: quantile(sorted, Ppm::new(100_000)),
            median: quantile(sorted, Ppm::new(500_000)),
            p90: quantile(sorted, Ppm::new(900_000)),
            positive: Ratio::new(count - at_most_zero, count),
        }
    }
}

/// Counts of equally wide steps; each holds its lower edge and not its upper one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// The lower edge of the first step.
    pub from: i64,
    /// How wide a step is; at least 1.
    pub width: i64,
    /// How many numbers each step holds.
    pub counts: Vec<u64>,
    /// How many lie below the first step.
    pub below: u64,
    /// How many lie above the last.
    pub above: u64,
}

impl Histogram {
    /// Counts numbers into `steps` steps of `width` (at least 1).
    pub fn of(numbers: &[i64], from: i64, width: i64, steps: usize) -> Self {
        let width = width.max(1);
        let mut made = Self { from, width, counts: vec![0; steps], below: 0, above: 0 };
        for &number in numbers {
            let step = (i128::from(number) - i128::from(from)).div_euclid(i128::from(width));
            let slot = usize::try_from(step).ok().and_then(|step| made.counts.get_mut(step));
            match slot {
                Some(count) => *count += 1,
                None if number < from => made.below += 1,
                None => made.above += 1,
            }
        }
        made
    }

    /// The lower edge and the count of each step.
    pub fn steps(&self) -> impl Iterator<Item = (i64, u64)> {
        let edges = (0i64..).map(|step| self.from.saturating_add(self.width.saturating_mul(step)));
        edges.zip(self.counts.iter().copied())
    }

    /// All numbers counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.below + self.above
    }
}
