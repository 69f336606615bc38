//! Whether a certificate's promise is kept.

use crate::certificate::{Outcome, Promise, learn_then_test, risk_control};
use crate::numbers::SplitMix;
use bellwether_core::Ppm;
use std::fmt;

/// By how much the reader of this world is too sure.
const TOO_SURE: f64 = 0.01;

/// The joint risk that conformal risk control is asked for.
const JOINT: Ppm = Ppm::new(20_000);

/// What became of the promise over many runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// How many labelled cases each run had.
    pub cases: usize,
    /// How many runs there were.
    pub runs: u32,
    /// In how many the true error among the acted lies above the promise.
    pub broken: u32,
    /// The same when the loosest threshold with few enough observed errors is taken instead.
    pub broken_by_hand: u32,
    /// In how many no certificate was given.
    pub none: u32,
    /// The mean share of cases acted on.
    pub coverage: f64,
    /// The share that one who knew the truth would act on.
    pub oracle: f64,
    /// The mean true joint risk under conformal risk control at 2%.
    pub joint: f64,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, runs, broken, broken_by_hand, none, coverage, oracle, joint } = self;
        write!(
            f,
            "{cases} labels: promise broken in {broken} of {runs} runs (by hand in \
             {broken_by_hand}), no certificate in {none}, coverage {coverage:.3} of {oracle:.3}, \
             joint risk {joint:.4}"
        )
    }
}

/// Certifies anew on `runs` samples of `cases` labels each.
pub fn promise(promise: Promise, cases: usize, runs: u32, seed: u64) -> Kept {
    let alpha = promise.alpha().get() as f64 / 1e6;
    let oracle = coverage(1.0 - 3.0 * (alpha - TOO_SURE).max(0.0));
    let mut random = SplitMix::new(seed);
    let mut kept = Kept {
        cases,
        runs,
        broken: 0,
        broken_by_hand: 0,
        none: 0,
        coverage: 0.0,
        oracle,
        joint: 0.0,
    };
    for _ in 0..runs {
        let sample: Vec<Outcome> = (0..cases).map(|_| draw(&mut random)).collect();
        let broken = |threshold: Ppm| u32::from(risk(share(threshold)) > alpha);
        match learn_then_test(&sample, promise) {
            Ok(found) => {
                kept.broken += broken(found.threshold);
                kept.coverage += coverage(share(found.threshold)) / f64::from(runs);
            }
            Err(_) => kept.none += 1,
        }
        kept.broken_by_hand += by_hand(sample.clone(), alpha).map_or(0, broken);
        if let Some(threshold) = risk_control(&sample, JOINT) {
            let threshold = share(threshold).clamp(0.5, 1.0);
            kept.joint += coverage(threshold) * risk(threshold) / f64::from(runs);
        }
    }
    kept
}

fn share(ppm: Ppm) -> f64 {
    ppm.get() as f64 / 1e6
}

/// Confidence is `1 - doubt^2 / 2` for a uniform doubt, and right by that chance less [`TOO_SURE`].
fn draw(random: &mut SplitMix) -> Outcome {
    let doubt = random.unit();
    let confidence = Ppm::new(((1.0 - doubt * doubt / 2.0) * 1e6) as i64);
    let right = random.unit() < share(confidence) - TOO_SURE;
    Outcome { confidence, right }
}

/// The share of cases at or above a threshold: those with `doubt^2 / 2 <= 1 - threshold`.
fn coverage(threshold: f64) -> f64 {
    (2.0 * (1.0 - threshold)).sqrt().min(1.0)
}

/// The error among them: the mean of `doubt^2 / 2` up to a largest doubt is a third of its own.
fn risk(threshold: f64) -> f64 {
    (1.0 - threshold.max(0.5)) / 3.0 + TOO_SURE
}

/// The loosest threshold whose observed error, over as many cases as a test would ask for, keeps alpha.
fn by_hand(mut sample: Vec<Outcome>, alpha: f64) -> Option<Ppm> {
    sample.sort_by_key(|outcome| std::cmp::Reverse(outcome.confidence));
    let (mut errors, mut loosest) = (0_u32, None);
    for (acted, outcome) in (1_u32..).zip(&sample) {
        errors += u32::from(!outcome.right);
        if acted >= 45 && f64::from(errors) <= alpha * f64::from(acted) {
            loosest = Some(outcome.confidence);
        }
    }
    loosest
}
