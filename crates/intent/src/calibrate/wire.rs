//! A calibrator as plain numbers, for files.

use super::{Calibrator, Map, Shift, Steps, Temperature};
use std::fmt;

/// Numbers that no calibrator was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACalibrator;

impl fmt::Display for NotACalibrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these numbers are not a calibrator: fit it again")
    }
}

impl std::error::Error for NotACalibrator {}

impl Calibrator {
    /// Temperature, shift, number of labels, kind of map (0 none, 1 Platt, 2 beta, 3 isotonic), and
    /// the numbers of that map.
    pub fn to_numbers(&self) -> Vec<f64> {
        let mut numbers = vec![self.temperature.get(), self.shift.get(), self.labels as f64];
        match &self.map {
            None => numbers.push(0.0),
            Some(Map::Platt { slope, level }) => numbers.extend([1.0, *slope, *level]),
            Some(Map::Beta { a, b, c }) => numbers.extend([2.0, *a, *b, *c]),
            Some(Map::Isotonic(steps)) => {
                numbers.push(3.0);
                numbers.extend(steps.points().iter().flat_map(|(score, value)| [*score, *value]));
            }
        }
        numbers
    }

    /// Reads them back, and refuses whatever [`Calibrator::to_numbers`] cannot have written.
    pub fn from_numbers(numbers: &[f64]) -> Result<Self, NotACalibrator> {
        let [temperature, shift, labels, kind, rest @ ..] = numbers else {
            return Err(NotACalibrator);
        };
        if !rest.iter().all(|number| number.is_finite()) {
            return Err(NotACalibrator);
        }
        let map = match (*kind, rest) {
            (0.0, []) => None,
            (1.0, [slope, level]) if *slope >= 0.0 => {
                Some(Map::Platt { slope: *slope, level: *level })
            }
            (2.0, [a, b, c]) if *a >= 0.0 && *b >= 0.0 => Some(Map::Beta { a: *a, b: *b, c: *c }),
            (3.0, points) => {
                let (pairs, []) = points.as_chunks::<2>() else { return Err(NotACalibrator) };
                let steps = Steps::new(pairs.iter().map(|[x, y]| (*x, *y)).collect());
                Some(Map::Isotonic(steps.ok_or(NotACalibrator)?))
            }
            _ => return Err(NotACalibrator),
        };
        let counts = (1.0..=9e15).contains(labels) && labels.fract() == 0.0;
        Ok(Self {
            temperature: Temperature::new(*temperature).ok_or(NotACalibrator)?,
            map,
            shift: Shift::new(*shift).ok_or(NotACalibrator)?,
            labels: counts.then_some(*labels as u64).ok_or(NotACalibrator)?,
        })
    }
}
