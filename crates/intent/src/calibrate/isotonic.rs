//! Isotonic regression by pooling adjacent violators (Ayer and others 1955).

use super::Labelled;

/// Points of a line that never falls: scores that rise, values that do not fall.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps(Vec<(f64, f64)>);

/// Neighbours that share one value.
struct Pool {
    first: f64,
    last: f64,
    right: f64,
    count: f64,
}

impl Steps {
    /// The line of least squares that never falls. Equal scores count as one with their mean, as in
    /// scikit-learn; between two pools the line is straight, beyond the outer ones it is flat.
    pub(super) fn fit(labels: &[Labelled]) -> Self {
        let mut sorted = labels.to_vec();
        sorted.sort_by(|one, other| one.score.total_cmp(&other.score));
        let mut pools: Vec<Pool> = Vec::new();
        for label in &sorted {
            let (score, right) = (label.score, f64::from(u8::from(label.right)));
            match pools.last_mut() {
                Some(pool) if pool.last == score => {
                    pool.right += right;
                    pool.count += 1.0;
                }
                _ => pools.push(Pool { first: score, last: score, right, count: 1.0 }),
            }
        }
        let mut rising: Vec<Pool> = Vec::new();
        for mut pool in pools {
            while let Some(before) =
                rising.pop_if(|before| before.right * pool.count >= pool.right * before.count)
            {
                pool.first = before.first;
                pool.right += before.right;
                pool.count += before.count;
            }
            rising.push(pool);
        }
        let mut points = Vec::with_capacity(2 * rising.len());
        for Pool { first, last, right, count } in rising {
            points.push((first, right / count));
            if last > first {
                points.push((last, right / count));
            }
        }
        Self(points)
    }

    /// From its points: at least one, scores rising strictly, values within 0 and 1 and never falling.
    pub fn new(points: Vec<(f64, f64)>) -> Option<Self> {
        let rising = points.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
        let within = |(score, value): &(f64, f64)| score.is_finite() && (0.0..=1.0).contains(value);
        (!points.is_empty() && rising && points.iter().all(within)).then_some(Self(points))
    }

    /// Its points.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.0
    }

    /// The value at a score.
    pub(super) fn apply(&self, score: f64) -> f64 {
        let after = self.0.partition_point(|point| point.0 <= score);
        match (after.checked_sub(1).and_then(|at| self.0.get(at)), self.0.get(after)) {
            (Some(low), Some(high)) => {
                low.1 + (high.1 - low.1) * ((score - low.0) / (high.0 - low.0))
            }
            (Some(only), None) | (None, Some(only)) => only.1,
            (None, None) => score,
        }
    }
}
