//! The time buckets of a window: 64 to a window, counted from 1970.
//!
//! An entry leaves the window when it is as old as the window is long. It is kept until the whole
//! bucket has left, because a late entry may still make the bucket too full; that keeps what is
//! remembered a function of what arrived, and not of the order.

/// A bucket with more entries than this collapses into one aggregate.
pub(crate) const FULL: usize = 64;

/// A window and the width of its buckets, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) micros: i64,
    pub(crate) width: i64,
}

impl Window {
    pub(crate) fn new(micros: i64) -> Self {
        Self { micros, width: (micros / 64).max(1) }
    }

    /// The bucket of an instant.
    pub(crate) fn bucket(self, time: i64) -> i64 {
        time.div_euclid(self.width)
    }

    /// Where a bucket begins.
    pub(crate) fn start(self, bucket: i64) -> i64 {
        bucket.saturating_mul(self.width)
    }

    /// Where a bucket ends: the begin of the next.
    pub(crate) fn end(self, bucket: i64) -> i64 {
        self.start(bucket.saturating_add(1))
    }

    /// Entries at this instant or earlier have left.
    pub(crate) fn floor(self, now: i64) -> i64 {
        now.saturating_sub(self.micros)
    }

    /// Entries before this instant lie in buckets that have left as a whole.
    pub(crate) fn kept_from(self, horizon: i64) -> i64 {
        self.start(self.bucket(self.floor(horizon)))
    }
}
