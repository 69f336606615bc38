//! A mean in which old values weigh less: half as much for every half-life.
//!
//! - In: values with their times, in any order.
//! - Out: floor(sum of weighted values / sum of weights); the present instant cancels out.
//! - Never: a float, and never a result that depends on the order of arrival.
//!
//! Time is cut into half-lives counted from 1970. Within one, the weight of a value is 2^(its
//! fraction of the half-life) as Q32 and sums are exact; between them, sums are shifted, and only
//! when the mean is read. What lies [`KEPT`] half-lives or more behind the newest is dropped.

use crate::exp2::exp2;
use crate::wire::{Reader, StateError, Writer};

/// How many half-lives are kept.
const KEPT: i64 = 40;

/// Bits that a shifted sum may have, so that [`KEPT`] of them add up within 127.
const ROOM: u32 = 120;

/// A half-life, with what is needed to cut time by it without a division of long numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HalfLife {
    micros: i64,
    /// 2^96 / half-life.
    reciprocal: u128,
}

impl HalfLife {
    pub(crate) fn new(micros: i64) -> Self {
        let micros = micros.max(1);
        Self { micros, reciprocal: (1 << 96) / micros.unsigned_abs() as u128 }
    }

    /// The half-life that an instant lies in, and its weight there.
    pub(crate) fn place(self, time: i64) -> (i64, u64) {
        let bucket = time.div_euclid(self.micros);
        let within = time.rem_euclid(self.micros).unsigned_abs() as u128;
        (bucket, exp2(((within * self.reciprocal) >> 64) as u32))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bucket {
    index: i64,
    sum: i128,
    weight: i128,
}

/// The sums of one feature of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decay {
    /// Oldest first.
    buckets: Vec<Bucket>,
    /// Both sums over all buckets in units of the oldest, while they fit.
    total: Option<(i128, i128)>,
}

impl Decay {
    pub(crate) fn add(&mut self, half_life: HalfLife, time: i64, value: i64) {
        let (index, weight) = half_life.place(time);
        let (oldest, newest) = match (self.buckets.first(), self.buckets.last()) {
            (Some(first), Some(last)) => (first.index, last.index),
            _ => (index, index),
        };
        if index <= newest.saturating_sub(KEPT) {
            return;
        }
        let weight = i128::from(weight);
        let sum = i128::from(value) * weight;
        let found = match self.buckets.last() {
            Some(last) if last.index == index => Ok(self.buckets.len() - 1),
            _ => self.buckets.binary_search_by_key(&index, |bucket| bucket.index),
        };
        match found.map(|at| self.buckets.get_mut(at)) {
            Ok(Some(bucket)) => {
                bucket.sum += sum;
                bucket.weight += weight;
                let fits = bits(bucket.sum) + shift(index, oldest) <= ROOM;
                self.total = self.total.filter(|_| fits).map(|(sums, weights)| {
                    let by = shift(index, oldest);
                    // What wraps on the way comes back: the total of all buckets fits.
                    (sums.wrapping_add(sum << by), weights + (weight << by))
                });
            }
            Ok(None) => {}
            Err(at) => {
                self.buckets.insert(at, Bucket { index, sum, weight });
                let floor = newest.max(index).saturating_sub(KEPT);
                self.buckets.retain(|bucket| bucket.index > floor);
                self.total = None;
            }
        }
    }

    /// The mean; `None` before the first value.
    pub(crate) fn mean(&mut self) -> Option<i64> {
        let (sum, weight) = match self.total {
            Some(total) => total,
            None => self.sums()?,
        };
        let mean = sum.div_euclid(weight);
        i64::try_from(mean).ok()
    }

    /// Adds the buckets up, shifting the least that makes them fit.
    fn sums(&mut self) -> Option<(i128, i128)> {
        let oldest = self.buckets.first()?.index;
        let long = self
            .buckets
            .iter()
            .map(|bucket| bits(bucket.sum).max(bits(bucket.weight)) + shift(bucket.index, oldest));
        let spare = long.max()?.saturating_sub(ROOM);
        let scaled = |value: i128, by: u32| {
            if by >= spare { value << (by - spare) } else { value >> (spare - by) }
        };
        let mut total = (0, 0);
        for bucket in &self.buckets {
            let by = shift(bucket.index, oldest);
            total.0 += scaled(bucket.sum, by);
            total.1 += scaled(bucket.weight, by);
        }
        self.total = (spare == 0).then_some(total);
        Some(total)
    }

    /// Whether a value of this time still has any weight.
    pub(crate) fn keeps(newest: i64, time: i64, half_life: HalfLife) -> bool {
        half_life.place(time).0 > half_life.place(newest).0.saturating_sub(KEPT)
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        out.count(self.buckets.len());
        for bucket in &self.buckets {
            out.int(bucket.index);
            out.signed(bucket.sum);
            out.signed(bucket.weight);
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let mut buckets: Vec<Bucket> = Vec::new();
        for _ in 0..from.count()? {
            let bucket = Bucket { index: from.int()?, sum: from.signed()?, weight: from.signed()? };
            let rising = buckets.last().is_none_or(|last| last.index < bucket.index);
            let near =
                buckets.first().is_none_or(|first| bucket.index.saturating_sub(first.index) < KEPT);
            let fits = bits(bucket.sum) <= ROOM && (1..=1 << 80).contains(&bucket.weight);
            if !(rising && near && fits) {
                return Err(StateError::Damaged("a decayed mean"));
            }
            buckets.push(bucket);
        }
        Ok(Self { buckets, total: None })
    }
}

fn bits(number: i128) -> u32 {
    128 - number.unsigned_abs().leading_zeros()
}

fn shift(index: i64, oldest: i64) -> u32 {
    u32::try_from(index.saturating_sub(oldest)).unwrap_or(u32::MAX).min(KEPT as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400_000_000;

    fn fold(entries: &[(i64, i64)], half_life: i64) -> Decay {
        let mut decay = Decay::default();
        for (time, value) in entries {
            decay.add(HalfLife::new(half_life), *time, *value);
            decay.mean();
        }
        decay
    }

    fn bytes(decay: &Decay) -> Vec<u8> {
        let mut bytes = Vec::new();
        decay.write(&mut Writer(&mut bytes));
        bytes
    }

    #[test]
    fn equal_values_have_that_mean() {
        for value in [0, 7, -7, 400_000, 1 << 46, -(1 << 46)] {
            let entries: Vec<_> = (0..60).map(|n| (n * n * DAY / 7, value)).collect();
            assert_eq!(fold(&entries, 7 * DAY).mean(), Some(value));
        }
        assert_eq!(Decay::default().mean(), None);
    }

    #[test]
    fn one_half_life_halves_the_weight() {
        // (0 * 1 + 300 * 2) / 3
        assert_eq!(fold(&[(0, 0), (7 * DAY, 300)], 7 * DAY).mean(), Some(200));
        // What is 40 half-lives older has no weight.
        assert_eq!(fold(&[(0, 1 << 50), (280 * DAY, 5)], 7 * DAY).mean(), Some(5));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_101), ..ProptestConfig::default() })]

        #[test]
        fn order_does_not_matter(
            entries in prop::collection::vec((0..400 * DAY, -1_000_000i64..1_000_000), 1..60),
            turn in 0usize..60,
        ) {
            let mut other = entries.clone();
            other.rotate_left(turn % entries.len());
            other.reverse();
            let (mut one, mut two) = (fold(&entries, 5 * DAY), fold(&other, 5 * DAY));
            prop_assert_eq!(bytes(&one), bytes(&two));
            prop_assert_eq!(one.mean(), two.mean());
            let mut again = Decay::read(&mut Reader(&bytes(&one))).unwrap();
            prop_assert_eq!(again.mean(), one.mean());
        }

        #[test]
        #[expect(clippy::disallowed_methods, reason = "floats are the oracle")]
        fn the_same_as_floats_to_one_unit(
            entries in prop::collection::vec((0..100 * DAY, -1_000i64..1_000), 1..40),
        ) {
            let now = 100 * DAY;
            let weight = |time: i64| 2f64.powf((time - now) as f64 / (7 * DAY) as f64);
            let sum: f64 = entries.iter().map(|(time, value)| *value as f64 * weight(*time)).sum();
            let weights: f64 = entries.iter().map(|(time, _)| weight(*time)).sum();
            let ours = fold(&entries, 7 * DAY).mean().unwrap() as f64;
            prop_assert!((ours - sum / weights).abs() <= 1.000_001);
        }

        #[test]
        fn huge_values_stay_between_their_ends(
            entries in prop::collection::vec((0..300 * DAY, i64::MIN..i64::MAX), 1..40),
        ) {
            let mean = fold(&entries, 7 * DAY).mean().unwrap();
            let low = entries.iter().map(|entry| entry.1).min().unwrap();
            let high = entries.iter().map(|entry| entry.1).max().unwrap();
            let slack = 1 << 40;
            let range = low.saturating_sub(slack)..=high.saturating_add(slack);
            prop_assert!(range.contains(&mean), "{} {} {}", low, mean, high);
        }
    }
}
