//! Where a number comes from: when, by which signals, how trusted.
//!
//! - In: signals as they are folded; later the states and the reading of them.
//! - Out: a [`Stamp`] for each signal; [`Origins`] of the facts of a reading, looked up when asked for.
//! - Never: an origin of states that have moved on since they were read.

use crate::plan::Source;
use crate::read::Reading;
use crate::set::FeatureSet;
use crate::state::DocState;
use bellwether_core::{Signal, Timestamp, Trust};
use bellwether_expr::Slot;

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
pub struct Origin {
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

    /// When the newest signal that went into the number happened.
    pub fn as_of(self) -> Option<Timestamp> {
        (self.as_of != i64::MIN).then(|| Timestamp::from_micros(self.as_of))
    }

    /// When the last of what went into it could first be known.
    pub fn known_at(self) -> Option<Timestamp> {
        (self.known_at != i64::MIN).then(|| Timestamp::from_micros(self.known_at))
    }

    /// The lowest trust of what went into it; of a default, the system's.
    pub fn trust(self) -> Trust {
        self.trust
    }

    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            as_of: self.as_of.max(other.as_of),
            known_at: self.known_at.max(other.known_at),
            trust: self.trust.min(other.trust),
        }
    }
}

/// Where the facts of a reading come from, made by [`FeatureSet::origins`].
#[derive(Clone, Copy, Debug)]
pub struct Origins<'a> {
    set: &'a FeatureSet,
    account: &'a DocState,
    sub: Option<&'a DocState>,
    reading: &'a Reading,
}

impl FeatureSet {
    /// Where the facts of a reading come from; the states are those that it was made of, as they were.
    pub fn origins<'a>(
        &'a self,
        account: &'a DocState,
        sub: Option<&'a DocState>,
        reading: &'a Reading,
    ) -> Origins<'a> {
        Origins { set: self, account, sub, reading }
    }
}

impl Origins<'_> {
    /// Where one fact comes from.
    pub fn of(&self, slot: Slot) -> Origin {
        match self.set.inputs.get(usize::from(slot)) {
            Some(inputs) if !inputs.is_empty() => {
                inputs.iter().map(|slot| self.own(*slot)).fold(Origin::NONE, Origin::join)
            }
            _ => self.own(slot),
        }
    }

    /// Of a fact that is not computed.
    fn own(&self, slot: Slot) -> Origin {
        let at = usize::from(slot);
        let Some(plan) = self.set.slots.get(at) else { return Origin::NONE };
        let origin = match plan.source {
            Source::Part(part) => {
                let docs = std::iter::once(self.account).chain(self.sub);
                let mut docs = docs.filter(|doc| doc.scope as usize == plan.scope);
                docs.next().and_then(|doc| doc.origins.get(usize::from(part)))
            }
            _ => self.reading.origins.get(at),
        };
        origin.copied().unwrap_or(Origin::NONE)
    }
}
