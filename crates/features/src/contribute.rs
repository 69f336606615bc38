//! Contributions: which signals made a number.
//!
//! - In: a fact, the signals of its document that had been folded, the instant of the reading.
//! - Out: the positions of those that are in the number.
//! - Never: state. It is worked out from the signals alone, and agrees with what folding keeps.

use crate::buckets::{FULL, Window};
use crate::decay::Decay;
use crate::fold::Registers;
use crate::plan::{Keeps, Part, ScopePlan, Source};
use crate::set::FeatureSet;
use crate::values::Fold;
use bellwether_core::{Rates, Signal, Timestamp};
use bellwether_expr::{Slot, Tri};
use std::collections::{BTreeMap, BTreeSet};

/// A signal that a part has taken.
#[derive(Clone, Copy, Debug)]
struct Taken {
    time: i64,
    key: u64,
    value: i64,
    position: usize,
}

impl FeatureSet {
    /// The positions of the signals that are in a fact's number at `now`, in order. `signals` are those of
    /// the fact's document that had been folded; their order does not matter. Of a value that leaves
    /// the present signal out (`previous`), both candidates are named.
    pub fn contributions(
        &self,
        slot: Slot,
        signals: &[Signal],
        now: Timestamp,
        rates: &Rates,
    ) -> Vec<usize> {
        let inputs = self.inputs.get(usize::from(slot)).map_or(&[][..], |inputs| inputs);
        let (mut all, mut registers) = (BTreeSet::new(), self.registers());
        for slot in std::iter::once(&slot).chain(inputs) {
            let Some(plan) = self.slots.get(usize::from(*slot)) else { continue };
            let Some(scope) = self.scopes.get(plan.scope) else { continue };
            let newest = match plan.source {
                Source::Previous(_) | Source::Since { previous: true, .. } => 2,
                _ => 1,
            };
            for part in plan.source.parts().into_iter().flatten() {
                let Some(part) = scope.parts.get(usize::from(part)) else { continue };
                let taken = taken(scope, part, signals, now.micros(), rates, &mut registers);
                all.extend(counted(scope, part.keeps, &taken, now.micros(), newest));
            }
        }
        all.into_iter().collect()
    }
}

fn taken(
    scope: &ScopePlan,
    part: &Part,
    signals: &[Signal],
    now: i64,
    rates: &Rates,
    registers: &mut Registers,
) -> Vec<Taken> {
    let mut all = Vec::new();
    for (position, signal) in signals.iter().enumerate() {
        let Some(input) = part.inputs.iter().find(|input| input.kind == signal.kind) else {
            continue;
        };
        let Some(plan) = scope.kind(signal.kind) else { continue };
        if signal.trust < part.trust {
            continue;
        }
        plan.load(signal, rates, registers);
        let value = match input.register {
            None => Some(0),
            Some(register) => registers
                .slots
                .get(register)
                .or_else(|| registers.is_unrated(part.keeps, register).then_some(0)),
        };
        if let (Tri::True, Some(value)) = (registers.truth(input.filter), value) {
            let time = signal.at.micros().min(now);
            all.push(Taken { time, key: signal.key, value, position });
        }
    }
    all.sort_unstable_by_key(|taken| (taken.time, taken.key));
    all
}

/// Those of the taken, oldest first, that are in the number.
fn counted(
    scope: &ScopePlan,
    keeps: Keeps,
    taken: &[Taken],
    now: i64,
    newest: usize,
) -> Vec<usize> {
    let positions = |kept: &[Taken]| kept.iter().map(|taken| taken.position).collect();
    match keeps {
        Keeps::Total | Keeps::Sum | Keeps::Distinct => positions(taken),
        Keeps::Counter { ring, bit } => {
            let window = scope.rings.get(ring).and_then(|plan| plan.window(bit));
            window.map_or_else(Vec::new, |window| positions(&live(taken, window, now)))
        }
        Keeps::Min => extreme(taken, |value, best| value < best),
        Keeps::Max => extreme(taken, |value, best| value > best),
        Keeps::Newest => {
            positions(taken.get(taken.len().saturating_sub(newest)..).unwrap_or_default())
        }
        Keeps::Decay(half_life) => {
            let last = taken.last().map_or(now, |last| last.time);
            let kept = taken.iter().filter(|one| Decay::keeps(last, one.time, half_life));
            kept.map(|one| one.position).collect()
        }
        Keeps::Windowed(fold, window) => {
            let live = live(taken, window, now);
            match fold {
                Fold::Sum | Fold::Distinct => positions(&live),
                Fold::Min => extreme(&live, |value, best| value < best),
                Fold::Max => extreme(&live, |value, best| value > best),
            }
        }
    }
}

/// The newest of those with the best value.
fn extreme(taken: &[Taken], better: fn(i64, i64) -> bool) -> Vec<usize> {
    let mut best: Option<&Taken> = None;
    for one in taken {
        if best.is_none_or(|best| !better(best.value, one.value)) {
            best = Some(one);
        }
    }
    best.map(|best| best.position).into_iter().collect()
}

/// Those within the window; of a bucket that is too full, all until its end has left.
fn live(taken: &[Taken], window: Window, now: i64) -> Vec<Taken> {
    let mut buckets: BTreeMap<i64, usize> = BTreeMap::new();
    for one in taken {
        *buckets.entry(window.bucket(one.time)).or_default() += 1;
    }
    let floor = window.floor(now);
    let alive = |one: &&Taken| {
        let bucket = window.bucket(one.time);
        match buckets.get(&bucket) {
            Some(count) if *count > FULL => window.end(bucket) > floor,
            _ => one.time > floor,
        }
    };
    taken.iter().filter(alive).copied().collect()
}
