//! How many are wrong among the surest so many.

use super::Forecast;
use crate::quality::Ratio;

/// The risk when the surest cases are acted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The lowest probability among them.
    pub from: f64,
    /// How many are acted on, out of all.
    pub coverage: Ratio,
    /// How many of those were wrong.
    pub risk: Ratio,
}

/// The risk-coverage curve (El-Yaniv and Wiener 2010) and the area under it (Geifman, Uziel and
/// El-Yaniv 2019).
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// From the surest on; cases with equal probability come together.
    pub points: Vec<Point>,
    /// The mean risk over all coverages; in a tie, over all orders of it.
    pub area: f64,
    /// What of it a perfect order of the same cases would not have.
    pub excess: f64,
}

impl Coverage {
    /// The curve of forecasts whose `happened` says "right". Nothing without forecasts.
    pub fn of(forecasts: &[Forecast]) -> Option<Self> {
        let mut sorted = forecasts.to_vec();
        sorted.sort_by(|one, other| other.probability.total_cmp(&one.probability));
        let all = sorted.len() as u64;
        let (mut acted, mut wrong, mut area) = (0_u64, 0_u64, 0.0);
        let mut points = Vec::new();
        for tied in sorted.chunk_by(|one, other| one.probability == other.probability) {
            let errors = tied.iter().filter(|forecast| !forecast.happened).count() as u64;
            let rate = errors as f64 / tied.len() as f64;
            let risk = |more: u64| (wrong as f64 + rate * more as f64) / (acted + more) as f64;
            area += (1..=tied.len() as u64).map(risk).sum::<f64>();
            acted += tied.len() as u64;
            wrong += errors;
            let from = tied.first()?.probability;
            let (coverage, risk) = (Ratio::new(acted, all), Ratio::new(wrong, acted));
            points.push(Point { from, coverage, risk });
        }
        if all == 0 {
            return None;
        }
        let right = all - wrong;
        let best: f64 = (1..=wrong).map(|errors| errors as f64 / (right + errors) as f64).sum();
        let (area, best) = (area / all as f64, best / all as f64);
        Some(Self { points, area, excess: area - best })
    }

    /// The most that can be acted on while the observed risk stays at or below a share.
    pub fn at_risk(&self, risk: f64) -> Option<Point> {
        let kept = |point: &&Point| point.risk.value().is_some_and(|value| value <= risk);
        self.points.iter().rev().find(kept).copied()
    }
}
