//! How soon a watch sees that a world has changed, and how often it is wrong about one that has not.

use crate::calibrate::Shift;
use crate::drift::{Case, Left, Limits, Watch};
use crate::numbers::SplitMix;
use bellwether_core::Ppm;
use std::fmt;

/// One case in twenty is audited.
const AUDITED: f64 = 0.05;

/// How many categories this world has.
const CLASSES: usize = 5;

/// A reader in operation.
#[derive(Clone, Copy, Debug)]
struct World {
    /// The share of cases of the first category.
    first: f64,
    /// Confidence is `1 - doubt u^2` for a uniform `u`.
    doubt: f64,
    abstains: f64,
    differs: f64,
    declines: f64,
    /// The true log odds of being right less the announced ones.
    truth: f64,
}

const QUIET: World =
    World { first: 0.3, doubt: 0.3, abstains: 0.05, differs: 0.08, declines: 0.06, truth: 0.0 };

/// Ways in which it changes, and within how many cases that should be seen. When only the truth
/// changes there is nothing to see but the audits, of which about 25 fall into 500 cases.
const DRIFTS: [(&str, World, u64); 8] = [
    ("a category takes over", World { first: 0.7, ..QUIET }, 200),
    ("a category is no longer read", World { first: 0.02, ..QUIET }, 200),
    ("confidences fall", World { doubt: 0.9, ..QUIET }, 200),
    ("the readers stop knowing", World { abstains: 0.3, ..QUIET }, 200),
    ("the readers differ", World { differs: 0.35, ..QUIET }, 200),
    ("people decline", World { declines: 0.3, ..QUIET }, 200),
    ("sure and wrong", World { truth: -3.0, ..QUIET }, 500),
    ("often sure and wrong", World { truth: -2.0, ..QUIET }, 1_500),
];

impl World {
    /// A case, and whether its reading is right.
    fn draw(&self, random: &mut SplitMix) -> (Case, bool) {
        let u = random.unit();
        let confidence = 1.0 - self.doubt * u * u;
        let other = 1 + random.below(CLASSES - 1);
        let class = if random.unit() < self.first { 0 } else { other };
        let known = random.unit() >= self.abstains;
        let case = Case {
            class: known.then_some(class),
            confidence: Ppm::new((confidence * 1e6) as i64),
            disagreed: random.unit() < self.differs,
            declined: Some(random.unit() < self.declines),
        };
        let truth = Shift::new(self.truth).unwrap_or(Shift::NONE);
        (case, random.unit() < truth.apply(confidence))
    }
}

/// How soon one kind of drift was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// What changed.
    pub what: &'static str,
    /// After how many cases half of the runs saw it.
    pub median: u64,
    /// After how many cases the last did.
    pub last: u64,
    /// Within how many cases it should be seen.
    pub within: u64,
    /// How many runs were later than that.
    pub late: u64,
    /// How many there were.
    pub runs: u64,
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, median, last, within, late, runs } = self;
        write!(
            f,
            "{what}: seen after {median} cases in half of {runs} runs, after {last} in all, later \
             than {within} in {late}"
        )
    }
}

/// A watch in a world that may change.
#[derive(Clone, Debug)]
pub struct Rehearsal(Watch);

impl Rehearsal {
    /// A watch set up on so many quiet cases.
    pub fn new(limits: Limits, reference: u32) -> Self {
        let mut random = SplitMix::new(limits.seed);
        let reference: Vec<Case> = (0..reference).map(|_| QUIET.draw(&mut random).0).collect();
        Self(Watch::new(&reference, CLASSES, limits))
    }

    /// Lets the world change in each way, `runs` times.
    pub fn drifts(&self, runs: u64) -> Vec<Delay> {
        let one = |(what, world, within): (&'static str, World, u64)| {
            let mut delays: Vec<u64> = (0..runs).map(|seed| self.delay(world, seed)).collect();
            delays.sort_unstable();
            let median = delays.get(delays.len() / 2).copied().unwrap_or(0);
            let last = delays.last().copied().unwrap_or(0);
            let late = delays.iter().filter(|delay| **delay > within).count() as u64;
            Delay { what, median, last, within, late, runs }
        };
        DRIFTS.into_iter().map(one).collect()
    }

    /// How often in 10,000 quiet cases the watch would stop for nothing, on average over `runs`. It goes
    /// on after each stop.
    pub fn false_stops(&self, runs: u32) -> f64 {
        let mut stops = 0;
        for seed in 0..runs {
            let (mut watch, mut random) = (self.0.clone(), SplitMix::new(u64::from(seed) << 32));
            stops +=
                (0..10_000).filter(|_| !next(&mut watch, QUIET, &mut random).is_empty()).count();
        }
        stops as f64 / f64::from(runs)
    }

    /// After how many cases of a changed world the watch sees it; 5,000 where it never does. The change
    /// comes after a few hundred quiet cases, anywhere within a window.
    fn delay(&self, world: World, seed: u64) -> u64 {
        let (mut watch, mut random) = (self.0.clone(), SplitMix::new(seed));
        for _ in 0..300 + random.below(200) {
            next(&mut watch, QUIET, &mut random);
        }
        let seen = |_: &u64| !next(&mut watch, world, &mut random).is_empty();
        (1..5_000).find(seen).unwrap_or(5_000)
    }
}

/// One case, and its audit if it is audited.
fn next(watch: &mut Watch, world: World, random: &mut SplitMix) -> Vec<Left> {
    let (case, right) = world.draw(random);
    let mut left = watch.case(&case);
    if random.unit() < AUDITED {
        left.extend(watch.audit(case.confidence, right));
    }
    left
}
