//! What a running driver counts: numbers only, for whoever exports them.

use bellwether_core::record::Status;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper ends of the latency buckets, in microseconds; one more bucket holds the rest.
pub const BOUNDS: [u64; 12] = [
    500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
    30_000_000,
];

/// How long things took, in buckets.
#[derive(Debug, Default)]
pub struct Latency {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
}

impl Latency {
    /// Counts so many things that took so long.
    pub fn add(&self, micros: u64, times: u64) {
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(times, Relaxed);
        }
        self.sum.fetch_add(micros.saturating_mul(times), Relaxed);
    }

    /// The counts of the buckets, each for itself, and the sum of all in microseconds.
    pub fn read(&self) -> ([u64; BOUNDS.len() + 1], u64) {
        (
            std::array::from_fn(|at| self.buckets.get(at).map_or(0, |one| one.load(Relaxed))),
            self.sum.load(Relaxed),
        )
    }
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Stats {
    /// From the acceptance of a signal to the commit of its record.
    pub decided: Latency,
    /// From an offer to its being durable.
    pub taken: Latency,
    /// Signals that became records, by what was done with them: in the order of [`Stats::STATUSES`].
    pub signals: [AtomicU64; Self::STATUSES.len()],
    /// Signals that were kept apart, because they could not be counted.
    pub quarantined: AtomicU64,
    /// Timers that fired.
    pub timers: AtomicU64,
    /// Effects that were written down.
    pub effects: AtomicU64,
    /// Transactions of the journal.
    pub commits: AtomicU64,
}

impl Stats {
    /// What can be done with a signal.
    pub const STATUSES: [Status; 6] = [
        Status::Applied,
        Status::Late,
        Status::TooLate,
        Status::Duplicate,
        Status::Conflict,
        Status::Undecided,
    ];

    pub(super) fn signal(&self, status: Status) {
        let at = Self::STATUSES.iter().position(|known| *known == status);
        if let Some(count) = at.and_then(|at| self.signals.get(at)) {
            count.fetch_add(1, Relaxed);
        }
    }
}
