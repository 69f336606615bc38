//! The Brier score and its parts.

use super::{Forecast, diagram::BINS, diagram::diagram, mean};

/// The mean squared error of probabilities, and where it comes from (Murphy 1973):
/// `score = reliability - resolution + uncertainty + within`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brier {
    /// The score; 0 is perfect, and 0.25 is what "one half" for everything gets.
    pub score: f64,
    /// How far announced and observed shares lie apart; a calibrator removes it.
    pub reliability: f64,
    /// How far the groups' observed shares lie from the overall share: what is known.
    pub resolution: f64,
    /// How much there was to know: the variance of the outcome.
    pub uncertainty: f64,
    /// What grouping into bins leaves over (Stephenson, Coelho and Jolliffe 2008); zero when every
    /// group holds one probability only.
    pub within: f64,
}

/// The score and its parts: by distinct probabilities if there are at most `BINS * 2` of them, by
/// [`BINS`] equally wide bins otherwise. Nothing without forecasts.
pub fn brier(forecasts: &[Forecast]) -> Option<Brier> {
    let squared = |forecast: &Forecast| {
        let off = forecast.probability - outcome(forecast);
        off * off
    };
    let score = mean(forecasts.iter().map(squared))?;
    let overall = mean(forecasts.iter().map(outcome))?;
    let (mut reliability, mut resolution) = (0.0, 0.0);
    for (announced, observed, count) in groups(forecasts) {
        let share = count / forecasts.len() as f64;
        reliability += share * (announced - observed) * (announced - observed);
        resolution += share * (observed - overall) * (observed - overall);
    }
    let uncertainty = overall * (1.0 - overall);
    let within = score - (reliability - resolution + uncertainty);
    Some(Brier { score, reliability, resolution, uncertainty, within })
}

fn outcome(forecast: &Forecast) -> f64 {
    f64::from(u8::from(forecast.happened))
}

/// Announced share, observed share and count of each group.
fn groups(forecasts: &[Forecast]) -> Vec<(f64, f64, f64)> {
    let mut sorted = forecasts.to_vec();
    sorted.sort_by(|one, other| one.probability.total_cmp(&other.probability));
    let equal = || sorted.chunk_by(|one, other| one.probability == other.probability);
    if equal().count() > 2 * BINS {
        let bins = diagram(forecasts, BINS);
        let group = |bin: &super::Bin| {
            Some((bin.announced?, bin.happened.value()?, bin.happened.of as f64))
        };
        return bins.iter().filter_map(group).collect();
    }
    let group = |same: &[Forecast]| {
        let announced = same.first()?.probability;
        Some((announced, mean(same.iter().map(outcome))?, same.len() as f64))
    };
    equal().filter_map(group).collect()
}
