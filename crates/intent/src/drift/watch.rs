//! The watch: each figure in windows of its own, against the cases that the certificate was earned on.

use super::psi::{QuantileBins, most_grown, psi, psi_limit};
use super::{Adwin, Cusum, Figure, Left};

use bellwether_core::Ppm;

/// What was read of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// The place of its category; nothing when the readers did not know.
    pub class: Option<usize>,
    /// The calibrated confidence.
    pub confidence: Ppm,
    /// Whether the readers differed.
    pub disagreed: bool,
    /// Whether a person declined what was proposed; nothing when nobody was asked.
    pub declined: Option<bool>,
}

/// How the watch is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// How many cases a window holds. Windows do not overlap.
    pub window: u64,
    /// The share of windows that may leave their limit by chance.
    pub exceeded: Ppm,
    /// How often the reference is drawn anew for a limit.
    pub rounds: u32,
    /// The seed of those draws.
    pub seed: u64,
    /// See [`Adwin::new`].
    pub adwin_delta: f64,
    /// The odds ratio of [`Cusum::new`].
    pub audit_ratio: f64,
    /// The limit of [`Cusum::new`].
    pub audit_limit: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: 100,
            exceeded: Ppm::new(500),
            rounds: 4_000,
            seed: 1,
            adwin_delta: 1e-4,
            audit_ratio: 8.0,
            audit_limit: 5.0,
        }
    }
}

/// How many bins the confidences fall into.
const CONFIDENCE_BINS: usize = 10;

/// A histogram under way, and where it should be.
#[derive(Clone, Debug, PartialEq)]
struct Gauge {
    figure: Figure,
    reference: Vec<u64>,
    limit: f64,
    window: Vec<u64>,
    seen: u64,
}

impl Gauge {
    fn new(figure: Figure, reference: Vec<u64>, limits: &Limits) -> Self {
        let Limits { window, exceeded, rounds, seed, .. } = *limits;
        let limit = psi_limit(&reference, window, exceeded, rounds, seed ^ figure as u64);
        let window = vec![0; reference.len()];
        Self { figure, reference, limit, window, seen: 0 }
    }

    /// Counts one case into a bin; at the end of a window, whether it left its limit.
    fn add(&mut self, bin: usize, window: u64) -> Option<Left> {
        // A bin that the reference never saw counts with the last one, which is kept for that.
        let last = self.window.len().saturating_sub(1);
        *self.window.get_mut(bin.min(last))? += 1;
        self.seen += 1;
        if self.seen < window {
            return None;
        }
        let value = psi(&self.reference, &self.window);
        let class = self.most_grown();
        self.window.fill(0);
        self.seen = 0;
        let Self { figure, limit, .. } = *self;
        (value > limit).then_some(Left { figure, value, limit, class })
    }

    /// The category that grew most.
    fn most_grown(&self) -> Option<usize> {
        let classes = self.reference.len().checked_sub(2)?;
        let grown = most_grown(&self.reference, &self.window)?;
        (self.figure == Figure::ClassMix && grown < classes).then_some(grown)
    }
}

/// Compares what is read now with the cases behind a certificate.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    limits: Limits,
    bins: QuantileBins,
    mix: Gauge,
    abstention: Gauge,
    disagreement: Gauge,
    declines: Gauge,
    confidence: Gauge,
    mean: Adwin,
    audits: Cusum,
}

impl Watch {
    /// From the cases that a certificate was earned on, of `classes` categories.
    pub fn new(reference: &[Case], classes: usize, limits: Limits) -> Self {
        let confidences: Vec<f64> = reference.iter().map(share).collect();
        let bins = QuantileBins::new(&confidences, CONFIDENCE_BINS);
        let mut mix = vec![0; classes + 2];
        for case in reference {
            if let Some(count) = mix.get_mut(mix_bin(case, classes)) {
                *count += 1;
            }
        }
        let gauge = |figure, counts| Gauge::new(figure, counts, &limits);
        let halves = |said: fn(&Case) -> Option<bool>| {
            let count = |wanted| reference.iter().filter(|c| said(c) == Some(wanted)).count();
            vec![count(false) as u64, count(true) as u64]
        };
        Self {
            mix: gauge(Figure::ClassMix, mix),
            abstention: gauge(Figure::Abstention, halves(|case| Some(case.class.is_none()))),
            disagreement: gauge(Figure::Disagreement, halves(|case| Some(case.disagreed))),
            declines: gauge(Figure::Declines, halves(|case| case.declined)),
            confidence: gauge(Figure::Confidence, bins.count(&confidences)),
            mean: Adwin::new(limits.adwin_delta),
            audits: Cusum::new(limits.audit_ratio, limits.audit_limit),
            bins,
            limits,
        }
    }

    /// One more case; the figures that left their limits with it.
    pub fn case(&mut self, case: &Case) -> Vec<Left> {
        let window = self.limits.window;
        let classes = self.mix.reference.len().saturating_sub(2);
        let confidence = share(case);
        let declined = case.declined.and_then(|said| self.declines.add(said.into(), window));
        let gauges = [
            self.mix.add(mix_bin(case, classes), window),
            self.abstention.add(case.class.is_none().into(), window),
            self.disagreement.add(case.disagreed.into(), window),
            declined,
            self.confidence.add(self.bins.bin(confidence), window),
        ];
        let cut = self.mean.add(confidence).map(|cut| Left {
            figure: Figure::MeanConfidence,
            value: cut.distance,
            limit: cut.limit,
            class: None,
        });
        gauges.into_iter().flatten().chain(cut).collect()
    }

    /// One more audit: the confidence that was announced and whether it was right.
    pub fn audit(&mut self, confidence: Ppm, right: bool) -> Option<Left> {
        let value = self.audits.add(confidence.get() as f64 / 1e6, right)?;
        let (figure, limit) = (Figure::Calibration, self.audits.limit());
        Some(Left { figure, value, limit, class: None })
    }
}

fn share(case: &Case) -> f64 {
    case.confidence.get() as f64 / 1e6
}

/// Categories first, then "no answer", then categories that the reference does not have.
fn mix_bin(case: &Case, classes: usize) -> usize {
    match case.class {
        Some(class) if class < classes => class,
        Some(_) => classes + 1,
        None => classes,
    }
}
