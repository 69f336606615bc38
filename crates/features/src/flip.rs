//! Flips: the next instant at which time alone may change what guards see.
//!
//! - In: the states, the last reading, and what the guards of a subject watch.
//! - Out: the earliest such instant; [`Timestamp::MAX`] if only a new signal can change anything.
//! - Never: later than the change. It may be too early where facts are composed; then nothing has
//!   changed yet, and asking again gives the next instant.

use crate::plan::{Keeps, Source};
use crate::read::Reading;
use crate::set::FeatureSet;
use crate::state::{Cell, DocState};
use bellwether_core::Timestamp;
use bellwether_expr::{Op, Slot};
use std::collections::BTreeSet;

/// What the guards of a subject read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Facts beside a constant.
    pub comparisons: Vec<(Slot, Op, i64)>,
    /// Facts that are read in any other way.
    pub loose: Vec<Slot>,
}

/// How a fact is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Compared(Op, i64),
    Loose,
    /// Only whether it is there.
    Asked,
}

const DAY: i64 = 86_400_000_000;

/// How many instants of a windowed value are tried before it is simply looked at again.
const TRIES: usize = 64;

impl FeatureSet {
    /// The next instant after `now` at which a re-evaluation without a signal may see something else;
    /// [`Timestamp::MAX`] is never. Exact for comparisons of windowed counts, spans and `now`, and for
    /// freshness; otherwise the next change of a part, whole days of a span, and midnight UTC for `now`.
    pub fn next_flip(
        &self,
        account: &DocState,
        sub: Option<&DocState>,
        reading: &Reading,
        now: Timestamp,
        watched: &Watched,
    ) -> Timestamp {
        let now = now.micros();
        let compared =
            watched.comparisons.iter().map(|(slot, op, limit)| (*slot, Use::Compared(*op, *limit)));
        let loose = watched.loose.iter().map(|slot| (*slot, Use::Loose));
        let mut open: Vec<_> = compared.chain(loose).collect();
        let (mut seen, mut soonest) = (BTreeSet::new(), i64::MAX);
        while let Some((slot, used)) = open.pop() {
            if !seen.insert((slot, used)) {
                continue;
            }
            let Some(plan) = self.slots.get(usize::from(slot)) else { continue };
            if let (Some(freshness), Some(as_of)) = (plan.freshness, reading.as_of(slot)) {
                soonest = soonest.min(after(as_of.micros().saturating_add(freshness), now));
            }
            match plan.source {
                Source::Computed => self.parts_of(slot, &mut open),
                Source::Completeness => {
                    let required = self.scopes.iter().flat_map(|scope| &scope.required);
                    open.extend(required.map(|slot| (*slot, Use::Asked)));
                }
                Source::Now => soonest = soonest.min(clock(now, used)),
                source => {
                    let mut docs = std::iter::once(account).chain(sub);
                    if let Some(doc) = docs.find(|doc| doc.scope as usize == plan.scope) {
                        soonest = soonest.min(self.folded(source, doc, now, used));
                    }
                }
            }
        }
        Timestamp::from_micros(soonest)
    }

    /// What an expression reads, and how.
    fn parts_of(&self, slot: Slot, open: &mut Vec<(Slot, Use)>) {
        let found = self.computed.iter().find(|(computed, _)| *computed == slot);
        let Some((_, Some(expr))) = found else { return };
        let compared = expr.comparisons().iter();
        open.extend(compared.map(|c| (c.slot, Use::Compared(c.op, c.limit))));
        open.extend(expr.loose_slots().iter().map(|slot| (*slot, Use::Loose)));
        open.extend(expr.has_slots().iter().map(|slot| (*slot, Use::Asked)));
    }

    fn folded(&self, source: Source, doc: &DocState, now: i64, used: Use) -> i64 {
        let scope = self.scope(doc.scope);
        match source {
            Source::Part(part) => self.part_flip(part, doc, now, used),
            Source::Since { part, .. } => match scope.seen(doc, part, None) {
                Some(seen) => span(seen.stamp.time, now, used),
                None => i64::MAX,
            },
            Source::Rate { short, long, .. } => {
                let flip = |part| self.part_flip(part, doc, now, Use::Loose);
                flip(short).min(flip(long))
            }
            _ => i64::MAX,
        }
    }

    fn part_flip(&self, part: u16, doc: &DocState, now: i64, used: Use) -> i64 {
        let (scope, at) = (self.scope(doc.scope), usize::from(part));
        let Some(plan) = scope.parts.get(at) else { return i64::MAX };
        match plan.keeps {
            Keeps::Counter { ring, bit } => {
                let (Some(ring), Some(plan)) = (doc.rings.get(ring), scope.rings.get(ring)) else {
                    return i64::MAX;
                };
                count(&ring.leaving(plan, bit, now), used)
            }
            Keeps::Windowed(fold, window) => {
                let cell = at.checked_sub(scope.counters).and_then(|at| doc.cells.get(at));
                let Some(Cell::Values(values)) = cell else { return i64::MAX };
                let truth = |at: i64| {
                    let number = values.number_at(fold, window, at);
                    match used {
                        Use::Compared(op, limit) => number.map(|number| op.holds(number, limit)),
                        Use::Loose | Use::Asked => None,
                    }
                };
                let leaving = values.leaving(window, now);
                let today = truth(now);
                let changes =
                    |at: &&i64| !matches!(used, Use::Compared(..)) || truth(**at) != today;
                let tried = leaving.iter().take(TRIES);
                let last = leaving.get(TRIES);
                tried.clone().find(changes).or(last).copied().unwrap_or(i64::MAX)
            }
            _ => i64::MAX,
        }
    }
}

/// An instant, if it lies ahead.
fn after(instant: i64, now: i64) -> i64 {
    if instant > now { instant } else { i64::MAX }
}

/// When a count changes its answer as its entries leave.
fn count(leaving: &[(i64, i64)], used: Use) -> i64 {
    let mut left: i64 = leaving.iter().map(|(_, count)| *count).sum();
    let first = leaving.first().map_or(i64::MAX, |(when, _)| *when);
    let (op, limit) = match used {
        Use::Compared(op, limit) => (op, limit),
        Use::Loose => return first,
        Use::Asked => return i64::MAX,
    };
    let today = op.holds(left, limit);
    for (at, (when, count)) in leaving.iter().enumerate() {
        left -= count;
        // Entries of the same instant leave together.
        let together = leaving.get(at + 1).is_some_and(|(next, _)| next == when);
        if !together && op.holds(left, limit) != today {
            return *when;
        }
    }
    i64::MAX
}

/// When the span since an instant changes its answer.
fn span(since: i64, now: i64, used: Use) -> i64 {
    match used {
        Use::Compared(op, limit) => steady(now.saturating_sub(since), op, limit)
            .map_or(i64::MAX, |next| after(since.saturating_add(next), now)),
        Use::Loose => {
            let days = now.saturating_sub(since).div_euclid(DAY).saturating_add(1);
            after(since.saturating_add(days.saturating_mul(DAY)), now)
        }
        Use::Asked => i64::MAX,
    }
}

/// When stream time itself changes its answer.
fn clock(now: i64, used: Use) -> i64 {
    match used {
        Use::Compared(op, limit) => steady(now, op, limit).unwrap_or(i64::MAX),
        Use::Loose => now.div_euclid(DAY).saturating_add(1).saturating_mul(DAY),
        Use::Asked => i64::MAX,
    }
}

/// The next number at which a comparison of a steadily growing one changes.
fn steady(number: i64, op: Op, limit: i64) -> Option<i64> {
    let today = op.holds(number, limit);
    let next = [limit, limit.saturating_add(1)];
    next.into_iter().find(|next| *next > number && op.holds(*next, limit) != today)
}

#[cfg(test)]
#[path = "flip_tests.rs"]
mod tests;
