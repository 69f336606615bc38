//! Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei 2021): thresholds are tested one after
//! the other in an order fixed before a label is seen, so that no price is paid for trying many.

use crate::numbers::error_bound;
use bellwether_core::Ppm;
use std::fmt;

/// A case with its confidence and what turned out to be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The calibrated confidence.
    pub confidence: Ppm,
    /// Whether acting on it would have been right.
    pub right: bool,
}

/// What a certificate promises: among the acted on at most a share `alpha` is wrong, with confidence
/// 1 - `delta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    alpha: Ppm,
    delta: Ppm,
}

impl Promise {
    /// Refused unless both lie strictly between 0 and 1.
    pub fn new(alpha: Ppm, delta: Ppm) -> Option<Self> {
        let within = |share: Ppm| share > Ppm::new(0) && share < Ppm::ONE;
        (within(alpha) && within(delta)).then_some(Self { alpha, delta })
    }

    /// The share of the acted on that may be wrong.
    pub const fn alpha(self) -> Ppm {
        self.alpha
    }

    /// The share of samples that may mislead.
    pub const fn delta(self) -> Ppm {
        self.delta
    }

    /// How many acted cases without one error prove it: 45 for 5% and 10%. Fewer never do.
    pub fn needed(self) -> u64 {
        let alpha = share(self.alpha);
        let guess = crate::numbers::ln(share(self.delta)) / crate::numbers::ln_1p(-alpha);
        let guess = (guess as u64).saturating_sub(1).max(1);
        // The logarithms may round either way; the bound itself decides.
        (guess..).find(|&n| error_bound(0, n, share(self.delta)) <= alpha).unwrap_or(u64::MAX)
    }
}

/// What a passed test found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The loosest threshold that passed: confidences from here on may act.
    pub threshold: Ppm,
    /// How many labelled cases there were.
    pub labelled: u64,
    /// How many of them reach the threshold.
    pub acted: u64,
    /// How many of those were wrong.
    pub errors: u64,
    /// The upper bound of the error among the acted on, rounded up.
    pub bound: Ppm,
}

/// Why there is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCertificate {
    /// No threshold has enough cases to be tested.
    TooFew {
        /// The most cases that any threshold has.
        acted: u64,
        /// How many one needs.
        needed: u64,
    },
    /// The first threshold that has enough cases does not keep the promise.
    TooManyErrors {
        /// That threshold.
        threshold: Ppm,
        /// How many cases reach it.
        acted: u64,
        /// How many of those were wrong.
        errors: u64,
        /// What the error may be as high as.
        bound: Ppm,
        /// What was promised.
        alpha: Ppm,
    },
}

impl fmt::Display for NoCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { acted, needed } => write!(
                f,
                "no certificate: {acted} labelled cases are confident enough to be acted on, and \
                 {needed} are needed: send more cases to people and label them"
            ),
            Self::TooManyErrors { threshold, acted, errors, bound, alpha } => write!(
                f,
                "no certificate: {errors} of {acted} cases with confidence {threshold} or more were \
                 wrong, so the error may be as high as {bound}, above the promised {alpha}: improve \
                 the model, or promise less"
            ),
        }
    }
}

impl std::error::Error for NoCertificate {}

/// The thresholds, strict to loose: by thousandths down to 0.995, then by half hundredths to one half.
fn thresholds() -> impl Iterator<Item = Ppm> {
    let fine = (996..=999).rev().map(|thousandths| thousandths * 1_000);
    fine.chain((0..100).map(|step| 995_000 - step * 5_000)).map(Ppm::new)
}

/// The loosest threshold whose acted cases keep the promise, tested from strict to loose by the bound of
/// Clopper and Pearson, up to the first that fails.
///
/// A start among few cases ends at the first error. So the first threshold tested is the first that
/// enough cases reach: [`Promise::needed`] at least, of a larger sample a fifth up to four times as many,
/// of a very large one a tenth. How many cases reach a threshold depends on confidences and not on
/// labels, so the order stays fixed in advance.
pub fn learn_then_test(sample: &[Outcome], promise: Promise) -> Result<Found, NoCertificate> {
    let mut sorted = sample.to_vec();
    sorted.sort_by_key(|outcome| std::cmp::Reverse(outcome.confidence));
    let labelled = sorted.len() as u64;
    let needed = promise.needed();
    let needed = needed.max(labelled / 10).max((labelled / 5).min(needed.saturating_mul(4)));
    let mut rest = sorted.iter().peekable();
    let (mut acted, mut errors) = (0_u64, 0_u64);
    let mut passed: Option<Found> = None;
    for threshold in thresholds() {
        while let Some(outcome) = rest.next_if(|outcome| outcome.confidence >= threshold) {
            acted += 1;
            errors += u64::from(!outcome.right);
        }
        if acted < needed {
            continue;
        }
        let bound = rounded_up(error_bound(errors, acted, share(promise.delta)));
        if bound <= promise.alpha {
            passed = Some(Found { threshold, labelled, acted, errors, bound });
            continue;
        }
        let alpha = promise.alpha;
        let failed = NoCertificate::TooManyErrors { threshold, acted, errors, bound, alpha };
        return passed.ok_or(failed);
    }
    passed.ok_or(NoCertificate::TooFew { acted, needed })
}

fn share(ppm: Ppm) -> f64 {
    ppm.get() as f64 / 1e6
}

fn rounded_up(share: f64) -> Ppm {
    Ppm::new((share * 1e6).ceil() as i64)
}
