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
    /// Apart from the others, because nearly every value falls into it.
    newest: Option<Bucket>,
    /// Oldest first.
    older: Vec<Bucket>,
    total: Option<Total>,
}

/// Both sums over all buckets in units of the oldest, while they fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Total {
    oldest: i64,
    sum: i128,
    weight: i128,
}

impl Total {
    /// With another value; nothing where it might not fit. `held` is the sum of the value's bucket.
    fn with(self, added: Bucket, held: i128) -> Option<Self> {
        let by = shift(added.index, self.oldest);
        let fits = added.index >= self.oldest && bits(held) + by <= ROOM;
        // What wraps on the way comes back: the total of all buckets fits.
        let sum = self.sum.wrapping_add(added.sum << by);
        fits.then(|| Self { sum, weight: self.weight + (added.weight << by), ..self })
    }
}

impl Decay {
    pub(crate) fn add(&mut self, half_life: HalfLife, time: i64, value: i64) {
        let (index, weight) = half_life.place(time);
        let weight = i128::from(weight);
        let added = Bucket { index, sum: i128::from(value) * weight, weight };
        let newest = self.newest.map_or(index, |newest| newest.index);
        if index <= newest.saturating_sub(KEPT) {
            return;
        }
        let held = self.held(added);
        self.total = self.total.and_then(|total| total.with(added, held));
        if index > newest {
            self.drop_before(index.saturating_sub(KEPT));
        }
    }

    /// Adds to the bucket that a value falls into; gives that bucket's sum.
    fn held(&mut self, added: Bucket) -> i128 {
        let bucket = match &mut self.newest {
            Some(newest) if newest.index == added.index => newest,
            Some(newest) if newest.index > added.index => {
                let found = self.older.binary_search_by_key(&added.index, |bucket| bucket.index);
                if let Err(at) = found {
                    self.older.insert(at, Bucket { sum: 0, weight: 0, ..added });
                }
                let (Ok(at) | Err(at)) = found;
                match self.older.get_mut(at) {
                    Some(bucket) => bucket,
                    None => newest,
                }
            }
            newest => {
                self.older.extend(newest.take());
                newest.insert(Bucket { sum: 0, weight: 0, ..added })
            }
        };
        bucket.sum += added.sum;
        bucket.weight += added.weight;
        bucket.sum
    }

    fn drop_before(&mut self, floor: i64) {
        let gone = self.older.partition_point(|bucket| bucket.index <= floor);
        if gone > 0 {
            self.older.drain(..gone);
            self.total = None;
        }
    }

    /// The mean; `None` before the first value.
    pub(crate) fn mean(&mut self) -> Option<i64> {
        let (sum, weight) = match self.total {
            Some(total) => (total.sum, total.weight),
            None => self.sums()?,
        };
        i64::try_from(quotient(sum, weight)).ok()
    }

    fn buckets(&self) -> impl Iterator<Item = &Bucket> + Clone {
        self.older.iter().chain(&self.newest)
    }

    /// Adds the buckets up, shifting the least that makes them fit.
    fn sums(&mut self) -> Option<(i128, i128)> {
        let oldest = self.buckets().next()?.index;
        let long = self
            .buckets()
            .map(|bucket| bits(bucket.sum).max(bits(bucket.weight)) + shift(bucket.index, oldest));
        let spare = long.max()?.saturating_sub(ROOM);
        let scaled = |value: i128, by: u32| {
            if by >= spare { value << (by - spare) } else { value >> (spare - by) }
        };
        let (mut sum, mut weight) = (0, 0);
        for bucket in self.buckets() {
            let by = shift(bucket.index, oldest);
            sum += scaled(bucket.sum, by);
            weight += scaled(bucket.weight, by);
        }
        self.total = (spare == 0).then_some(Total { oldest, sum, weight });
        Some((sum, weight))
    }

    /// Whether a value of this time still has any weight.
    pub(crate) fn keeps(newest: i64, time: i64, half_life: HalfLife) -> bool {
        half_life.place(time).0 > half_life.place(newest).0.saturating_sub(KEPT)
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        out.count(self.buckets().count());
        for bucket in self.buckets() {
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
        Ok(Self { newest: buckets.pop(), older: buckets, total: None })
    }
}

/// The quotient cut toward minus infinity, for a weight above zero. Most means are small: with the
/// weight cut to 31 bits one short division is off by at most one, and what is left over says so.
fn quotient(sum: i128, weight: i128) -> i128 {
    let by = bits(weight).saturating_sub(31);
    let near = match (i64::try_from(sum >> by), i64::try_from(weight >> by)) {
        (Ok(sum), Ok(weight)) => sum.checked_div(weight).map(i128::from),
        _ => None,
    };
    // Both numbers have less than 127 bits, and so has the product.
    match near.map(|near| (near, sum.wrapping_sub(near.wrapping_mul(weight)))) {
        Some((near, rest)) if (0..weight).contains(&rest) => near,
        Some((near, rest)) if (-weight..0).contains(&rest) => near - 1,
        Some((near, rest)) if (weight..weight << 1).contains(&rest) => near + 1,
        _ => sum.div_euclid(weight),
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
    fn quotients_are_exact() {
        let weights = [1i128, 2, 3, 7, (1 << 31) - 1, 1 << 31, (1 << 62) + 12_345, (1 << 119) - 1];
        let means = [0, 1, -1, 999, -999, 1 << 28, -(1 << 33), 1 << 50];
        for (weight, mean) in weights.into_iter().flat_map(|w| means.map(|mean| (w, mean))) {
            for off in [0, 1, weight / 2, weight - 1] {
                let Some(sum) = weight.checked_mul(mean).filter(|sum| bits(*sum) < 126) else {
                    continue;
                };
                assert_eq!(quotient(sum + off, weight), (sum + off).div_euclid(weight));
                assert_eq!(quotient(sum - off, weight), (sum - off).div_euclid(weight));
            }
        }
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
