//! Random audits: a share of what would be done alone goes to people, so that labels stay unbiased.
//!
//! - In: a secret seed, the name of a case and a rate.
//! - Out: whether that case is audited, always the same; and weights that undo the choosing.
//! - Never: can be foretold without the seed.

use bellwether_core::{Digest, Ppm};

/// Whether a case is chosen, by a keyed hash: the first 64 bits of SHA-256 over seed, purpose and case
/// as a share of all 64-bit numbers.
pub fn chosen(seed: &Digest, case: &[u8], rate: Ppm) -> bool {
    let hash = Digest::of_parts([seed.as_bytes().as_slice(), b"audit".as_slice(), case]);
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    let drawn = u128::from(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
    let rate = u128::try_from(rate.get()).unwrap_or(0);
    (drawn * 1_000_000) >> 64 < rate
}

/// A labelled case and how likely it was to be labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Whether the reading was right.
    pub right: bool,
    /// How likely it was to get a label: the rate of audits, or one where every case gets one.
    pub propensity: Ppm,
}

impl Sampled {
    /// The inverse of its propensity; nothing for one that could not have been chosen.
    pub fn weight(self) -> Option<f64> {
        let within = self.propensity > Ppm::new(0) && self.propensity <= Ppm::ONE;
        within.then(|| 1e6 / self.propensity.get() as f64)
    }
}

/// An error rate over cases that were chosen unevenly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    /// The weighted share of wrong ones (Hájek 1971).
    pub errors: f64,
    /// How many evenly chosen cases tell as much: `(sum w)^2 / sum w^2` (Kish 1965).
    pub effective: f64,
}

/// The error rate of all cases from the labelled ones. Cases without a propensity are left out;
/// nothing when none is left.
pub fn weighted_errors(samples: &[Sampled]) -> Option<Weighted> {
    let (mut sum, mut squares, mut wrong) = (0.0, 0.0, 0.0);
    for sample in samples {
        let Some(weight) = sample.weight() else { continue };
        sum += weight;
        squares += weight * weight;
        wrong += if sample.right { 0.0 } else { weight };
    }
    (sum > 0.0).then(|| Weighted { errors: wrong / sum, effective: sum * sum / squares })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_and_the_choice_is_stable() {
        let seed = Digest::of(b"secret");
        for (rate, low, high) in [(0, 0, 0), (30_000, 510, 690), (1_000_000, 20_000, 20_000)] {
            let rate = Ppm::new(rate);
            let count =
                || (0..20_000_u32).filter(|case| chosen(&seed, &case.to_be_bytes(), rate)).count();
            assert!((low..=high).contains(&count()), "{rate}: {}", count());
            assert_eq!(count(), count());
        }
        let with = |seed: &[u8]| {
            let seed = Digest::of(seed);
            (0..200_u32)
                .map(|case| chosen(&seed, &case.to_be_bytes(), Ppm::new(500_000)))
                .collect::<Vec<_>>()
        };
        assert_ne!(with(b"one"), with(b"two"), "another seed chooses others");
    }

    #[test]
    fn a_higher_rate_keeps_all_that_a_lower_one_chose() {
        let seed = Digest::of(b"secret");
        for case in 0..5_000_u32 {
            let at = |rate| chosen(&seed, &case.to_be_bytes(), Ppm::new(rate));
            assert!(!at(20_000) || at(50_000), "case {case}");
        }
    }

    #[test]
    fn weights_undo_the_choosing() {
        // 1,000 sure cases with 10 errors, of which 1 in 50 is audited; 100 doubtful ones with 40
        // errors, all labelled by people.
        let one = |right, propensity| Sampled { right, propensity: Ppm::new(propensity) };
        let mut samples = vec![one(true, 20_000); 18];
        samples.extend([one(false, 20_000); 2]);
        samples.extend([one(true, 1_000_000); 60]);
        samples.extend([one(false, 1_000_000); 40]);
        samples.push(one(false, 0));
        let Weighted { errors, effective } = weighted_errors(&samples).unwrap();
        assert!((errors - (2.0 * 50.0 + 40.0) / 1_100.0).abs() < 1e-12, "{errors}");
        assert!((effective - 1_100.0 * 1_100.0 / (20.0 * 2_500.0 + 100.0)).abs() < 1e-9);
        assert_eq!(weighted_errors(&[one(true, 0)]), None);
    }
}
