//! One temperature for all logits (Guo, Pleiss, Sun and Weinberger 2017).

use super::CannotCalibrate;
use crate::numbers::exp;

/// The logits of one case and its true class.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// One logit a class.
    pub logits: Vec<f64>,
    /// The true class.
    pub truth: usize,
}

/// What logits are divided by before they become probabilities. Never changes which is highest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temperature(f64);

impl Temperature {
    /// Leaves logits as they are.
    pub const ONE: Self = Self(1.0);
    /// The lowest and the highest that are believed: beyond them the labels only lack errors.
    pub const BOUNDS: (f64, f64) = (0.05, 20.0);

    /// A temperature within its bounds.
    pub fn new(value: f64) -> Option<Self> {
        (Self::BOUNDS.0..=Self::BOUNDS.1).contains(&value).then_some(Self(value))
    }

    /// Its value.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Probabilities of logits.
    pub fn apply(self, logits: &[f64]) -> Vec<f64> {
        softmax(logits, 1.0 / self.0)
    }
}

/// Probabilities of `scale * logits`, without overflow.
pub fn softmax(logits: &[f64], scale: f64) -> Vec<f64> {
    let highest = logits.iter().fold(f64::NEG_INFINITY, |most, &logit| most.max(logit));
    let raised: Vec<f64> = logits.iter().map(|logit| exp(scale * (logit - highest))).collect();
    let sum: f64 = raised.iter().sum();
    raised.into_iter().map(|part| part / sum).collect()
}

/// The temperature under which the truth is most likely. The loss is convex in the inverse of the
/// temperature, so Newton's method inside a shrinking bracket finds it.
pub fn temperature(cases: &[Case]) -> Result<Temperature, CannotCalibrate> {
    if cases.is_empty() {
        return Err(CannotCalibrate::NoLabels);
    }
    let broken = |case: &Case| {
        case.truth >= case.logits.len() || !case.logits.iter().all(|logit| logit.is_finite())
    };
    if let Some(at) = cases.iter().position(broken) {
        return Err(CannotCalibrate::NotAScore(at));
    }
    let (mut low, mut high) = (1.0 / Temperature::BOUNDS.1, 1.0 / Temperature::BOUNDS.0);
    let mut scale = 1.0;
    for _ in 0..200 {
        let (slope, bend) = slope_and_bend(cases, scale);
        if slope > 0.0 {
            high = scale;
        } else {
            low = scale;
        }
        let step = scale - slope / bend;
        let next = if step > low && step < high { step } else { (low * high).sqrt() };
        if (next - scale).abs() <= 1e-14 * scale {
            break;
        }
        scale = next;
    }
    Ok(Temperature((1.0 / scale).clamp(Temperature::BOUNDS.0, Temperature::BOUNDS.1)))
}

/// The first and second derivative of the loss by the scale: mean and variance of the logits under
/// their own probabilities.
fn slope_and_bend(cases: &[Case], scale: f64) -> (f64, f64) {
    let (mut slope, mut bend) = (0.0, 0.0);
    for case in cases {
        let shares = softmax(&case.logits, scale);
        let weighed = || case.logits.iter().zip(&shares);
        let mean: f64 = weighed().map(|(logit, share)| logit * share).sum();
        bend += weighed().map(|(z, share)| share * (z - mean) * (z - mean)).sum::<f64>();
        slope += mean - case.logits.get(case.truth).copied().unwrap_or(mean);
    }
    (slope, bend)
}

/// The mean negative log likelihood of the truth at a temperature.
#[cfg(test)]
pub(super) fn loss(cases: &[Case], at: Temperature) -> f64 {
    let sum: f64 =
        cases.iter().map(|case| -crate::numbers::ln(at.apply(&case.logits)[case.truth])).sum();
    sum / cases.len() as f64
}
