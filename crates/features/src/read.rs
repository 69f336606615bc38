//! Reading: the facts of a subject at an instant.
//!
//! - In: the account's state and the case's or deal's, the present signal, the stream's time.
//! - Out: a [`Reading`]: slots, what is stale, how complete it is; [`Origins`](crate::Origins) on request.
//! - Never: a stale or incomplete fact in a slot. A default stands only where nothing was ever known,
//!   and does not count as known.

use crate::bits;
use crate::fold::visit;
use crate::newest::{NO_RATE, Seen};
use crate::origin::{Origin, Stamp};
use crate::plan::{Run, ScopePlan, Source};
use crate::set::FeatureSet;
use crate::state::{Cell, DocState};
use bellwether_core::{Code, Ppm, Rates, Signal, Timestamp};
use bellwether_expr::{Scope, Slot, Slots};

/// The facts of a subject at an instant. Made once by [`FeatureSet::reading`] and filled many times.
#[derive(Clone, Debug)]
pub struct Reading {
    /// One number a fact; what is missing or stale is absent.
    pub slots: Slots,
    /// Of facts of the present signal, and of those that are made of parts. Where the others come from
    /// stands in the states: most are never asked.
    pub(crate) origins: Vec<Origin>,
    stale: Vec<u64>,
    /// Facts that come from signals, not from defaults.
    known: Vec<u64>,
    completeness: Slot,
}

impl Reading {
    /// Share of the required facts of the subject's scopes that are known and fresh; 1 without any.
    pub fn completeness(&self) -> Ppm {
        self.slots.get(self.completeness).map_or(Ppm::ONE, Ppm::new)
    }

    /// Whether a fact was known and is too old to be used.
    pub fn stale(&self, slot: Slot) -> bool {
        bits::get(&self.stale, slot.into())
    }

    /// Whether a fact comes from signals, and not from a default.
    pub fn known(&self, slot: Slot) -> bool {
        bits::get(&self.known, slot.into())
    }

    fn put(&mut self, slot: Slot, value: Option<i64>, origin: Origin) {
        if let Some(value) = value {
            self.slots.set(slot, value);
        }
        if let Some(own) = self.origins.get_mut(usize::from(slot)) {
            *own = origin;
        }
    }

    /// Copies the numbers of parts that stand in a row.
    fn copy(&mut self, run: Run, state: &DocState) {
        let (part, len) = (usize::from(run.part), usize::from(run.len));
        if let Some(numbers) = state.numbers.get(part..part + len) {
            self.slots.fill(run.slot, numbers, state.shown.from(part));
        }
    }

    /// Takes a fact out that is not as fresh as it should be. `as_of` is `i64::MIN` if it never was.
    fn age(&mut self, slot: Slot, as_of: i64, freshness: i64, now: i64) {
        if as_of <= now.saturating_sub(freshness) {
            if as_of != i64::MIN {
                bits::put(&mut self.stale, slot.into(), true);
            }
            self.slots.unset(slot);
        }
    }
}

impl FeatureSet {
    /// Room for a reading of this set.
    pub fn reading(&self) -> Reading {
        let len = self.slots.len();
        Reading {
            slots: Slots::new(len),
            origins: vec![Origin::NONE; len],
            stale: vec![0; len.div_ceil(64)],
            known: vec![0; len.div_ceil(64)],
            completeness: self.completeness,
        }
    }

    /// Reads the facts of an account, or of one of its cases or deals. `now` is the stream's time;
    /// `current` the signal that is being counted, and has been folded. States move their cursors,
    /// nothing else.
    pub fn read(
        &self,
        account: &mut DocState,
        mut sub: Option<&mut DocState>,
        current: Option<&Signal>,
        now: Timestamp,
        rates: &Rates,
        out: &mut Reading,
    ) {
        let micros = now.micros();
        out.slots.clear();
        match account.scope {
            // The account's own are written in any case.
            Scope::Account => {
                self.passing.iter().for_each(|slot| out.put(*slot, None, Origin::NONE))
            }
            _ => out.origins.fill(Origin::NONE),
        }
        out.stale.fill(0);
        let key = current.map(|signal| signal.key);
        self.scope(account.scope).read(account, key, micros, out);
        if let Some(sub) = sub.as_deref_mut() {
            self.scope(sub.scope).read(sub, key, micros, out);
        }
        for (slot, freshness) in &self.fresh {
            let as_of = self.origins(account, sub.as_deref(), out).of(*slot).as_of;
            out.age(*slot, as_of, *freshness, micros);
        }
        out.slots.set(self.now, micros);
        if let Some(signal) = current {
            self.present(signal, rates, out);
        }
        out.known.clear();
        out.known.extend_from_slice(out.slots.present());
        for (slot, default) in &self.defaults {
            if out.slots.get(*slot).is_some() {
                continue;
            }
            self.fall_back(*slot, *default, account, sub.as_deref(), out);
        }
        let scopes = [Some(account.scope), sub.as_deref().map(|sub| sub.scope)];
        for (slot, expr) in &self.computed {
            match expr {
                Some(expr) => {
                    let value = expr.eval(&out.slots);
                    self.compute(*slot, value, micros, (account, sub.as_deref()), out);
                }
                None => self.complete_share(&scopes, out),
            }
        }
    }

    fn present(&self, signal: &Signal, rates: &Rates, out: &mut Reading) {
        let origin = Origin {
            as_of: signal.at.micros(),
            known_at: signal.known_at.micros(),
            trust: signal.trust,
        };
        let open = |slot: Slot| {
            let plan = self.slots.get(usize::from(slot));
            plan.is_some_and(|plan| plan.trust <= signal.trust)
        };
        for slot in self.kind_slots.iter().filter(|slot| open(**slot)) {
            out.put(*slot, Some(signal.kind.raw()), origin);
        }
        let found = self.presents.binary_search_by_key(&signal.kind, |(kind, _)| *kind);
        let Some((_, presents)) = found.ok().and_then(|at| self.presents.get(at)) else { return };
        visit(&presents.wanted, signal, rates, |at, value| {
            for slot in presents.slots.get(at).into_iter().flatten().filter(|slot| open(**slot)) {
                out.put(*slot, value, origin);
            }
        });
    }

    /// A default stands where nothing was ever known; not for what is stale or not yet folded.
    fn fall_back(
        &self,
        slot: Slot,
        default: i64,
        account: &DocState,
        sub: Option<&DocState>,
        out: &mut Reading,
    ) {
        let Some(plan) = self.slots.get(usize::from(slot)) else { return };
        if plan.source == Source::Computed || out.stale(slot) {
            return;
        }
        let doc = std::iter::once(account).chain(sub).find(|doc| doc.scope as usize == plan.scope);
        let folded =
            doc.is_some_and(|doc| doc.complete(plan.source) && !doc.is_unrated(plan.source));
        if folded || plan.source == Source::Current {
            out.slots.set(slot, default);
        }
    }

    fn compute(
        &self,
        slot: Slot,
        value: Option<i64>,
        now: i64,
        (account, sub): (&DocState, Option<&DocState>),
        out: &mut Reading,
    ) {
        if let Some(value) = value {
            out.slots.set(slot, value);
            bits::put(&mut out.known, slot.into(), true);
        }
        let Some(plan) = self.slots.get(usize::from(slot)) else { return };
        if let Some(freshness) = plan.freshness {
            let as_of = self.origins(account, sub, out).of(slot).as_of;
            out.age(slot, as_of, freshness, now);
        }
        if let (Some(default), None, false) = (plan.default, out.slots.get(slot), out.stale(slot)) {
            out.slots.set(slot, default);
        }
    }

    fn complete_share(&self, scopes: &[Option<bellwether_expr::Scope>], out: &mut Reading) {
        let required = || {
            let scopes = scopes.iter().flatten();
            scopes.flat_map(|scope| &self.scope(*scope).required)
        };
        let all = required().count() as i64;
        let there = required()
            .filter(|slot| {
                bits::get(&out.known, (**slot).into()) && out.slots.get(**slot).is_some()
            })
            .count() as i64;
        let share = if all == 0 { 1_000_000 } else { there * 1_000_000 / all };
        out.slots.set(self.completeness, share);
    }

    /// Whether a fact has been folded from its document's first signal on. Facts that are not folded
    /// always are; a document of another scope has nothing to say.
    pub fn complete(&self, state: &DocState, slot: Slot) -> bool {
        let one = |slot: Slot| match self.slots.get(usize::from(slot)) {
            Some(plan) => plan.scope != state.scope as usize || state.complete(plan.source),
            None => false,
        };
        let inputs = self.inputs.get(usize::from(slot)).map_or(&[][..], |inputs| inputs);
        one(slot) && inputs.iter().all(|slot| one(*slot))
    }

    /// How many signals could not be told by the fact's filter, because a field was missing.
    pub fn doubtful(&self, state: &DocState, slot: Slot) -> u32 {
        let Some(plan) = self.slots.get(usize::from(slot)) else { return 0 };
        let parts =
            if plan.scope == state.scope as usize { plan.source.parts() } else { [None; 2] };
        let doubtful = parts.iter().flatten().map(|part| state.doubtful(usize::from(*part)));
        doubtful.max().unwrap_or(0)
    }

    /// Whether signals of this kind mean anything to documents of some scope.
    pub fn knows(&self, kind: Code) -> bool {
        Scope::ALL.into_iter().any(|scope| self.knows_in(scope, kind))
    }

    /// Whether signals of this kind mean anything to documents of this scope.
    pub fn knows_in(&self, scope: Scope, kind: Code) -> bool {
        self.scope(scope).kind(kind).is_some()
    }
}

impl Source {
    pub(crate) fn parts(self) -> [Option<u16>; 2] {
        match self {
            Self::Part(part) | Self::Previous(part) | Self::Since { part, .. } => {
                [Some(part), None]
            }
            Self::Rate { short, long, .. } => [Some(short), Some(long)],
            Self::Current | Self::Computed | Self::Completeness | Self::Now => [None; 2],
        }
    }
}

impl DocState {
    /// Whether the newest that was said is an amount without a rate: it is missing, and no default.
    fn is_unrated(&self, source: Source) -> bool {
        let Source::Part(part) = source else { return false };
        let at = usize::from(part);
        !self.shown.get(at) && self.numbers.get(at) == Some(&NO_RATE)
    }

    pub(crate) fn complete(&self, source: Source) -> bool {
        source.parts().iter().flatten().all(|part| self.is_complete(usize::from(*part)))
    }
}

impl ScopePlan {
    /// Brings a document to the present and puts its facts into their slots.
    fn read(&self, state: &mut DocState, key: Option<u64>, now: i64, out: &mut Reading) {
        for (ring, plan) in state.rings.iter_mut().zip(&self.rings) {
            ring.advance(plan, now, &mut state.numbers);
        }
        for (part, fold, window) in &self.moving {
            let at = usize::from(*part);
            let cell = self.parts.get(at).and_then(|part| part.cell);
            let cell = cell.and_then(|cell| state.cells.get_mut(usize::from(cell)));
            if let (Some(Cell::Values(values)), Some(own)) = (cell, state.numbers.get_mut(at)) {
                let number = values.number(*fold, *window, now);
                *own = number.unwrap_or(0);
                state.show(at, number.is_some());
            }
        }
        for run in &self.runs {
            out.copy(*run, state);
        }
        for (slot, source) in &self.made {
            let (value, origin) = self.make(*source, state, key, now);
            out.put(*slot, value, origin);
        }
    }

    fn make(
        &self,
        source: Source,
        state: &DocState,
        key: Option<u64>,
        now: i64,
    ) -> (Option<i64>, Origin) {
        let own = |part: u16| {
            let at = usize::from(part);
            let number = state.numbers.get(at).filter(|_| state.is_complete(at))?;
            Some((*number, *state.origins.get(at)?))
        };
        match source {
            Source::Previous(part) => match self.seen(state, part, key) {
                Some(seen) => {
                    (Some(seen.value).filter(|value| *value != NO_RATE), seen.stamp.origin)
                }
                None => (None, Origin::NONE),
            },
            Source::Since { part, previous } => {
                match self.seen(state, part, key.filter(|_| previous)) {
                    Some(Seen { stamp: Stamp { origin, .. }, .. }) => {
                        (now.checked_sub(origin.as_of), origin)
                    }
                    None => (None, Origin::NONE),
                }
            }
            Source::Rate { short, long, window, baseline } => match (own(short), own(long)) {
                (Some((short, one)), Some((long, other))) => {
                    (rate(short, long, window, baseline), one.join(other))
                }
                _ => (None, Origin::NONE),
            },
            _ => (None, Origin::NONE),
        }
    }

    /// The newest entry of a part, or the newest that the signal with this key did not bring.
    pub(crate) fn seen(&self, state: &DocState, part: u16, key: Option<u64>) -> Option<Seen> {
        let at = usize::from(part);
        let (number, origin) = (*state.numbers.get(at)?, *state.origins.get(at)?);
        let cell = self.parts.get(at)?.cell.filter(|_| state.is_complete(at))?;
        match state.cells.get(usize::from(cell))? {
            Cell::Newest(newest) => newest.without(key, number, origin),
            _ => None,
        }
    }
}

/// (short / window) / (long / baseline) in parts per million; nothing when the baseline is empty.
pub(crate) fn rate(short: i64, long: i64, window: i64, baseline: i64) -> Option<i64> {
    let up = i128::from(short) * i128::from(baseline) * 1_000_000;
    i64::try_from(up.checked_div(i128::from(long) * i128::from(window))?).ok()
}
