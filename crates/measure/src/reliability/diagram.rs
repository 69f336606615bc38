//! The reliability diagram and what is summed up from it.

use super::Forecast;
use crate::quality::Ratio;

/// How many equally wide bins a calibration error is computed over.
pub const BINS: usize = 15;

/// The forecasts whose probability lies from `from` to below `to` (the last bin holds 1 as well).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The lower edge.
    pub from: f64,
    /// The upper edge.
    pub to: f64,
    /// The mean probability; nothing in an empty bin.
    pub announced: Option<f64>,
    /// How many came about, out of how many there are.
    pub happened: Ratio,
}

impl Bin {
    /// How far the announced and the observed share lie apart; nothing in an empty bin.
    pub fn gap(&self) -> Option<f64> {
        Some((self.happened.value()? - self.announced?).abs())
    }
}

/// Forecasts in equally wide bins, with counts (Murphy and Winkler 1977).
pub fn diagram(forecasts: &[Forecast], bins: usize) -> Vec<Bin> {
    let mut sums = vec![(0.0, Ratio::default()); bins];
    for forecast in forecasts {
        let bin = (forecast.probability * bins as f64) as usize;
        if let Some((sum, happened)) = sums.get_mut(bin.min(bins.saturating_sub(1))) {
            *sum += forecast.probability;
            happened.hits += u64::from(forecast.happened);
            happened.of += 1;
        }
    }
    let edge = |at: usize| at as f64 / bins as f64;
    let bin = |(at, (sum, happened)): (usize, (f64, Ratio))| Bin {
        from: edge(at),
        to: edge(at + 1),
        announced: (happened.of > 0).then(|| sum / happened.of as f64),
        happened,
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// The expected calibration error over 15 bins: the mean gap, weighted by cases (Naeini, Cooper and
/// Hauskrecht 2015). Too high for few cases: see [`ece_debiased`].
pub fn ece(forecasts: &[Forecast]) -> Option<f64> {
    weighted(forecasts, |bin| bin.gap())
}

/// The same less what chance alone adds: for each bin twice the gap minus the gap that is expected when
/// the observed share is drawn anew around itself (Kumar, Liang and Ma 2019, section 5, with the mean of
/// the folded normal distribution instead of draws). Never below zero.
pub fn ece_debiased(forecasts: &[Forecast]) -> Option<f64> {
    let corrected = |bin: &Bin| {
        let (gap, share) = (bin.gap()?, bin.happened.value()?);
        let spread = (share * (1.0 - share) / bin.happened.of as f64).sqrt();
        Some(2.0 * gap - folded_mean(gap, spread))
    };
    weighted(forecasts, corrected).map(|error| error.max(0.0))
}

fn weighted(forecasts: &[Forecast], figure: impl Fn(&Bin) -> Option<f64>) -> Option<f64> {
    if forecasts.is_empty() {
        return None;
    }
    let bins = diagram(forecasts, BINS);
    let parts = bins.iter().filter_map(|bin| Some(bin.happened.of as f64 * figure(bin)?));
    Some(parts.sum::<f64>() / forecasts.len() as f64)
}

/// The mean of |x| for x normal around `gap` (Leone, Nelson and Nottingham 1961).
fn folded_mean(gap: f64, spread: f64) -> f64 {
    if spread == 0.0 {
        return gap;
    }
    let ratio = gap / spread;
    let tail = (2.0 / std::f64::consts::PI).sqrt() * libm::exp(-ratio * ratio / 2.0);
    spread * tail + gap * libm::erf(ratio / std::f64::consts::SQRT_2)
}
