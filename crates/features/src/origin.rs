//! Where a number comes from: when, by which signals, how trusted.

use bellwether_core::{Signal, Trust};

/// When, by which signal, how trusted: what a signal leaves beside a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) key: u64,
    pub(crate) origin: Origin,
}

impl Stamp {
    /// The stamp of a signal. What claims to come from the future is taken as happening now.
    pub(crate) fn of(signal: &Signal, now: i64) -> Self {
        let (as_of, known_at) = (signal.at.micros().min(now), signal.known_at.micros());
        Self { key: signal.key, origin: Origin { as_of, known_at, trust: signal.trust } }
    }
}

/// The joined stamps of everything that went into a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The newest signal that counted; `i64::MIN` before the first.
    pub(crate) as_of: i64,
    /// The latest that any of them became known; `i64::MIN` before the first.
    pub(crate) known_at: i64,
    /// The lowest of them.
    pub(crate) trust: Trust,
}

impl Origin {
    pub(crate) const NONE: Self =
        Self { as_of: i64::MIN, known_at: i64::MIN, trust: Trust::System };

    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            as_of: self.as_of.max(other.as_of),
            known_at: self.known_at.max(other.known_at),
            trust: self.trust.min(other.trust),
        }
    }
}
