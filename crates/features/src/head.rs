//! What every part of a document's state has in front: its number and where that came from.

use bellwether_core::{Signal, Trust};

/// When, by which signal, how trusted: what a signal leaves beside a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) time: i64,
    pub(crate) key: u64,
    pub(crate) known_at: i64,
    pub(crate) trust: Trust,
}

impl Stamp {
    /// The stamp of a signal. What claims to come from the future is taken as happening now.
    pub(crate) fn of(signal: &Signal, now: i64) -> Self {
        let time = signal.at.micros().min(now);
        Self { time, key: signal.key, known_at: signal.known_at.micros(), trust: signal.trust }
    }
}

/// The number of a part, and the joined stamps of everything that went into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Valid where `present`; of counters, as of the ring's cursor.
    pub(crate) value: i64,
    /// The newest signal that counted; `i64::MIN` before the first.
    pub(crate) as_of: i64,
    /// The latest that any of them became known; `i64::MIN` before the first.
    pub(crate) known_at: i64,
    /// How often its filter could not be evaluated.
    pub(crate) doubtful: u32,
    /// The lowest of them.
    pub(crate) trust: Trust,
    pub(crate) present: bool,
    /// Whether the document has been counted from its first signal on.
    pub(crate) complete: bool,
}

impl Head {
    pub(crate) const EMPTY: Self = Self {
        value: 0,
        as_of: i64::MIN,
        known_at: i64::MIN,
        doubtful: 0,
        trust: Trust::System,
        present: false,
        complete: true,
    };

    pub(crate) fn join(&mut self, stamp: Stamp) {
        self.as_of = self.as_of.max(stamp.time);
        self.known_at = self.known_at.max(stamp.known_at);
        self.trust = self.trust.min(stamp.trust);
    }

    /// The number, where there is one and it has been counted from the start.
    pub(crate) fn number(&self) -> Option<i64> {
        (self.present && self.complete).then_some(self.value)
    }
}
