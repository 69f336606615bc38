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

/// What time alone may change of what guards watch: facts taken apart, made once by
/// [`FeatureSet::flips`].
#[derive(Clone, Debug, Default)]
pub struct Flips {
    /// Facts that grow stale, and after how long.
    fresh: Vec<(Slot, i64)>,
    clock: Vec<Use>,
    /// By scope: parts that are no windowed counts.
    folded: Vec<(usize, Source, Use)>,
    rings: Vec<Counters>,
}

/// Windowed counts of one ring: their bits, and how they are read.
#[derive(Clone, Debug)]
struct Counters {
    scope: usize,
    ring: usize,
    uses: Vec<(u32, Use)>,
}

/// How many entries must leave before a count changes its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    Never,
    After(u32),
    /// It depends on how many leave at once.
    Look,
}

const DAY: i64 = 86_400_000_000;

/// How many instants of a windowed value are tried before it is simply looked at again.
const TRIES: usize = 64;

impl FeatureSet {
    /// Takes what guards watch apart, down to what time can change.
    pub fn flips(&self, watched: &Watched) -> Flips {
        let compared =
            watched.comparisons.iter().map(|(slot, op, limit)| (*slot, Use::Compared(*op, *limit)));
        let loose = watched.loose.iter().map(|slot| (*slot, Use::Loose));
        let mut open: Vec<_> = compared.chain(loose).collect();
        let (mut seen, mut flips) = (BTreeSet::new(), Flips::default());
        while let Some((slot, used)) = open.pop() {
            if !seen.insert((slot, used)) {
                continue;
            }
            let Some(plan) = self.slots.get(usize::from(slot)) else { continue };
            flips.fresh.extend(plan.freshness.map(|freshness| (slot, freshness)));
            match plan.source {
                Source::Computed => self.parts_of(slot, &mut open),
                Source::Completeness => {
                    let required = self.scopes.iter().flat_map(|scope| &scope.required);
                    open.extend(required.map(|slot| (*slot, Use::Asked)));
                }
                Source::Now => flips.clock.push(used),
                Source::Rate { short, long, .. } => {
                    for part in [short, long] {
                        self.watch(&mut flips, plan.scope, Source::Part(part), Use::Loose);
                    }
                }
                source => self.watch(&mut flips, plan.scope, source, used),
            }
        }
        flips.fresh.sort_unstable();
        flips.fresh.dedup();
        flips
    }

    fn watch(&self, flips: &mut Flips, scope: usize, source: Source, used: Use) {
        let part = match source {
            Source::Part(part) => {
                self.scopes.get(scope).and_then(|s| s.parts.get(usize::from(part)))
            }
            _ => None,
        };
        let Some(Keeps::Counter { ring, bit }) = part.map(|part| part.keeps) else {
            flips.folded.push((scope, source, used));
            return;
        };
        match flips.rings.iter_mut().find(|known| (known.scope, known.ring) == (scope, ring)) {
            Some(known) => known.uses.push((bit, used)),
            None => flips.rings.push(Counters { scope, ring, uses: vec![(bit, used)] }),
        }
    }

    /// The next instant after `now` at which a re-evaluation without a signal may see something else;
    /// [`Timestamp::MAX`] is never. Exact for comparisons of windowed counts, spans and `now`, and for
    /// freshness; otherwise the next change of a part, whole days of a span, and midnight UTC for `now`.
    pub fn next_flip(
        &self,
        account: &DocState,
        sub: Option<&DocState>,
        reading: &Reading,
        now: Timestamp,
        flips: &Flips,
    ) -> Timestamp {
        let now = now.micros();
        let doc = |scope| std::iter::once(account).chain(sub).find(|d| d.scope as usize == scope);
        let mut soonest = i64::MAX;
        for (slot, freshness) in &flips.fresh {
            if let Some(as_of) = self.origins(account, sub, reading).of(*slot).as_of() {
                soonest = soonest.min(after(as_of.micros().saturating_add(*freshness), now));
            }
        }
        for used in &flips.clock {
            soonest = soonest.min(clock(now, *used));
        }
        for (scope, source, used) in &flips.folded {
            if let Some(doc) = doc(*scope) {
                soonest = soonest.min(self.folded(*source, doc, now, *used));
            }
        }
        for counters in &flips.rings {
            if let Some(doc) = doc(counters.scope) {
                soonest = soonest.min(self.counted(counters, doc, now, soonest));
            }
        }
        Timestamp::from_micros(soonest)
    }

    /// When the first of a ring's counts changes its answer, if that is before `bound`.
    fn counted(&self, counters: &Counters, doc: &DocState, now: i64, bound: i64) -> i64 {
        let plan = self.scope(doc.scope).rings.get(counters.ring);
        let (Some(ring), Some(plan)) = (doc.rings.get(counters.ring), plan) else {
            return i64::MAX;
        };
        let current = ring.is_at(now);
        let (mut needed, mut waiting, mut soonest) = ([u32::MAX; 64], 0u64, bound);
        for (bit, used) in &counters.uses {
            let part = plan.parts.get(*bit as usize).copied().map(usize::from);
            let number = part.and_then(|part| doc.numbers.get(part)).filter(|_| current);
            let leave = number.map_or(Leave::Look, |number| leave(*number, *used));
            match (leave, needed.get_mut(*bit as usize)) {
                (Leave::After(count), Some(needed)) => {
                    *needed = (*needed).min(count);
                    waiting |= 1 << bit;
                }
                (Leave::Look, _) => {
                    soonest = soonest.min(count(&ring.leaving(plan, *bit, now), *used));
                }
                _ => {}
            }
        }
        ring.first_to_leave(plan, waiting, needed, soonest)
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
                Some(seen) => span(seen.stamp.origin.as_of, now, used),
                None => i64::MAX,
            },
            _ => i64::MAX,
        }
    }

    fn part_flip(&self, part: u16, doc: &DocState, now: i64, used: Use) -> i64 {
        let (scope, at) = (self.scope(doc.scope), usize::from(part));
        let Some(plan) = scope.parts.get(at) else { return i64::MAX };
        match plan.keeps {
            Keeps::Windowed(fold, window) => {
                let cell = plan.cell.and_then(|cell| doc.cells.get(usize::from(cell)));
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

fn leave(value: i64, used: Use) -> Leave {
    let count = match used {
        Use::Compared(Op::Ge | Op::Lt, limit) if value >= limit => {
            value.saturating_sub(limit).saturating_add(1)
        }
        Use::Compared(Op::Gt | Op::Le, limit) if value > limit => value.saturating_sub(limit),
        Use::Compared(Op::Eq | Op::Ne, limit) if value > limit => return Leave::Look,
        Use::Compared(Op::Eq | Op::Ne, limit) if value == limit => 1,
        Use::Loose => 1,
        Use::Compared(..) | Use::Asked => return Leave::Never,
    };
    u32::try_from(count).map_or(Leave::Never, Leave::After)
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
