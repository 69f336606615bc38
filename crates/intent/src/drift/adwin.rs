//! ADWIN: a window that grows while its mean stays the same and drops its past when it does not.

use crate::numbers::ln;
use std::collections::VecDeque;

/// How many buckets of one size there are at most.
const BUCKETS: usize = 5;
/// How often cuts are tried: every so many values.
const CLOCK: u64 = 32;
/// Windows of fewer values are not cut.
const GRACE: u64 = 10;
/// Each side of a cut has this many values at least.
const SHORTEST: f64 = 5.0;

/// Values that were put together: their sum, and the sum of squared distances from their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bucket {
    sum: f64,
    spread: f64,
}

/// Bifet and Gavaldà's second algorithm ("Learning from time-changing data with adaptive windowing",
/// 2007), with the clock, grace and shortest side of the library river, whose answers it equals.
#[derive(Clone, Debug, PartialEq)]
pub struct Adwin {
    delta: f64,
    /// Row `i` holds buckets of `2^i` values, oldest first; the oldest values are in the last row.
    rows: Vec<VecDeque<Bucket>>,
    width: u64,
    sum: f64,
    spread: f64,
    seen: u64,
}

/// A cut that two means are too far apart for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The distance between the means before and after.
    pub distance: f64,
    /// The most that chance explains.
    pub limit: f64,
}

impl Adwin {
    /// An empty window; `delta` is the chance of a false cut at one look (river's default is 0.002).
    pub fn new(delta: f64) -> Self {
        let rows = vec![VecDeque::new()];
        Self { delta, rows, width: 0, sum: 0.0, spread: 0.0, seen: 0 }
    }

    /// How many values the window holds.
    pub const fn width(&self) -> u64 {
        self.width
    }

    /// The mean of the window; nothing while it is empty.
    pub fn mean(&self) -> Option<f64> {
        (self.width > 0).then(|| self.sum / self.width as f64)
    }

    /// Adds a value; the first cut that it led to, if any. After a cut the window keeps the newer side.
    pub fn add(&mut self, value: f64) -> Option<Cut> {
        self.insert(value);
        self.seen += 1;
        if !self.seen.is_multiple_of(CLOCK) || self.width <= GRACE {
            return None;
        }
        let first = self.cut();
        if first.is_some() {
            self.drop_oldest();
            while self.cut().is_some() {
                self.drop_oldest();
            }
        }
        first
    }

    fn insert(&mut self, value: f64) {
        if self.width > 0 {
            let before = self.width as f64;
            let distance = value - self.sum / before;
            self.spread += before * distance * distance / (before + 1.0);
        }
        self.width += 1;
        self.sum += value;
        let mut carried = Some(Bucket { sum: value, spread: 0.0 });
        let mut size = 1.0;
        for row in &mut self.rows {
            let Some(bucket) = carried.take() else { break };
            row.push_back(bucket);
            if row.len() > BUCKETS
                && let (Some(one), Some(other)) = (row.pop_front(), row.pop_front())
            {
                carried = Some(merged(one, other, size));
            }
            size *= 2.0;
        }
        if let Some(bucket) = carried {
            self.rows.push(VecDeque::from([bucket]));
        }
    }

    /// The first place, from the oldest value on, where the means of both sides differ too much.
    fn cut(&self) -> Option<Cut> {
        let (mut old, mut old_sum) = (0.0, 0.0);
        let width = self.width as f64;
        let doubt = ln(2.0 * ln(width) / self.delta);
        let variance = self.spread.max(0.0) / width;
        let mut size = exp2(self.rows.len().saturating_sub(1));
        for row in self.rows.iter().rev() {
            for bucket in row {
                old += size;
                old_sum += bucket.sum;
                let new = width - old;
                if old < SHORTEST || new < SHORTEST {
                    continue;
                }
                let inverse = 1.0 / (old - SHORTEST + 1.0) + 1.0 / (new - SHORTEST + 1.0);
                let limit = (2.0 * inverse * variance * doubt).sqrt() + 2.0 / 3.0 * doubt * inverse;
                let distance = (old_sum / old - (self.sum - old_sum) / new).abs();
                if distance > limit {
                    return Some(Cut { distance, limit });
                }
            }
            size /= 2.0;
        }
        None
    }

    fn drop_oldest(&mut self) {
        let size = exp2(self.rows.len().saturating_sub(1));
        let Some(row) = self.rows.last_mut() else { return };
        let Some(Bucket { sum, spread }) = row.pop_front() else { return };
        let empty = row.is_empty() && self.rows.len() > 1;
        if empty {
            self.rows.pop();
        }
        self.width = self.width.saturating_sub(size as u64);
        self.sum -= sum;
        let left = self.width as f64;
        if left > 0.0 {
            let distance = sum / size - self.sum / left;
            self.spread -= spread + size * left * distance * distance / (size + left);
        }
    }
}

/// Two buckets of `size` values each as one (Babcock and others 2003).
fn merged(one: Bucket, other: Bucket, size: f64) -> Bucket {
    let distance = (one.sum - other.sum) / size;
    let spread = one.spread + other.spread + size * distance * distance / 2.0;
    Bucket { sum: one.sum + other.sum, spread }
}

/// Two to a small power.
fn exp2(power: usize) -> f64 {
    (0..power).fold(1.0, |size, _| size * 2.0)
}
