//! Folding a signal into a document's state.
//!
//! - In: a signal, the stream's time, the allowed lateness, exchange rates.
//! - Out: the state with the signal in it, and how it landed.
//! - Never: a result that depends on the order of arrival within the allowed lateness. A signal that
//!   claims to come from the future is taken as happening now.

use crate::bits;
use crate::newest::{NO_RATE, Seen};
use crate::origin::Stamp;
use crate::plan::{Keeps, KindPlan, Step, Wanted};
use crate::set::FeatureSet;
use crate::state::{Cell, DocState};
use crate::values::{CODES, keep};
use bellwether_core::{Duration, Rates, Signal, Timestamp, Type, Value};
use bellwether_expr::{Slots, Tri};
use std::collections::BTreeSet;

/// How a signal landed. `ignored` counts its fields that could not be read: of another type than
/// declared, or an amount without a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is counted.
    Applied {
        /// Fields that could not be read.
        ignored: u16,
    },
    /// It is counted, although the document had seen a newer one.
    Late {
        /// Fields that could not be read.
        ignored: u16,
    },
    /// It is older than the allowed lateness and not counted.
    TooLate,
}

impl Counted {
    /// Fields that could not be read.
    pub const fn ignored(self) -> u16 {
        match self {
            Self::Applied { ignored } | Self::Late { ignored } => ignored,
            Self::TooLate => 0,
        }
    }
}

/// Room to read a signal's fields into; kept by the caller, so that folding allocates nothing.
#[derive(Clone, Debug)]
pub struct Registers {
    pub(crate) slots: Slots,
    pub(crate) truths: Vec<Tri>,
    /// Amounts that are there and have no rate: what was known before is not the newest any more.
    pub(crate) unrated: Vec<u16>,
}

/// A field's number, if it has the declared type and, for money, a rate.
pub(crate) fn number(value: Value, wanted: Wanted, at: Timestamp, rates: &Rates) -> Option<i64> {
    match value {
        Value::Money(money) if wanted.kind == Type::Money => rates.convert(money, at),
        other if other.kind() == wanted.kind => Some(other.raw()),
        _ => None,
    }
}

/// Visits the wanted fields that a signal has: (position, number or nothing). Both are in the order of
/// their names, so that each field is looked for where the last one was found.
pub(crate) fn visit(
    wanted: &[Wanted],
    signal: &Signal,
    rates: &Rates,
    mut found: impl FnMut(usize, Option<i64>),
) {
    let mut from = 0;
    for field in &signal.fields {
        let named = |wanted: &Wanted| wanted.name == field.name;
        let ahead = wanted.get(from..).unwrap_or_default();
        let at = match ahead.iter().position(named) {
            Some(at) => from + at,
            None => match wanted.iter().take(from).position(named) {
                Some(at) => at,
                None => continue,
            },
        };
        if let Some(wanted) = wanted.get(at) {
            found(at, number(field.value, *wanted, signal.at, rates));
            from = at + 1;
        }
    }
}

impl KindPlan {
    /// Reads fields and filters into the registers; says how many fields could not be read.
    pub(crate) fn load(&self, signal: &Signal, rates: &Rates, registers: &mut Registers) -> u16 {
        let mut ignored = 0;
        registers.slots.clear();
        registers.unrated.clear();
        visit(&self.wanted, signal, rates, |at, number| match number {
            Some(number) => registers.slots.set(at as u16, number),
            None => {
                ignored += 1;
                if self.wanted.get(at).is_some_and(|wanted| wanted.kind == Type::Money) {
                    registers.unrated.push(at as u16);
                }
            }
        });
        registers.slots.set(self.wanted.len() as u16, signal.kind.raw());
        registers.truths.clear();
        for filter in &self.filters {
            registers.truths.push(filter.truth(&registers.slots));
        }
        ignored
    }
}

impl Registers {
    /// Whether the newest value of a register is an amount without a rate.
    pub(crate) fn is_unrated(&self, keeps: Keeps, register: u16) -> bool {
        keeps == Keeps::Newest && self.unrated.contains(&register)
    }

    pub(crate) fn truth(&self, filter: Option<u16>) -> Tri {
        match filter {
            None => Tri::True,
            Some(at) => self.truths.get(usize::from(at)).copied().unwrap_or(Tri::Unknown),
        }
    }
}

impl FeatureSet {
    /// Room for [`FeatureSet::fold_with`].
    pub fn registers(&self) -> Registers {
        let plans = self.scopes.iter().flat_map(|scope| &scope.kinds);
        let most = plans.map(|(_, plan)| plan.wanted.len() + 1).max().unwrap_or(0);
        // Filters may also name fields that other kinds of the same feature have.
        let beyond = self.scopes.iter().flat_map(|scope| &scope.kinds);
        let slots = beyond.flat_map(|(_, plan)| &plan.filters).flat_map(|filter| filter.slots());
        let highest = slots.map(|slot| usize::from(*slot) + 1).max().unwrap_or(0);
        Registers { slots: Slots::new(most.max(highest)), truths: Vec::new(), unrated: Vec::new() }
    }

    /// [`FeatureSet::fold_with`] with room of its own: convenient, and slower.
    pub fn fold(
        &self,
        state: &mut DocState,
        signal: &Signal,
        stream_time: Timestamp,
        lateness: Duration,
        rates: &Rates,
    ) -> Counted {
        self.fold_with(&mut self.registers(), state, signal, stream_time, lateness, rates)
    }

    /// Takes a signal into a document's state. `stream_time` is the largest instant the stream has seen,
    /// this event included. Kinds that the set does not know change nothing. The caller makes sure
    /// that no signal is folded twice.
    pub fn fold_with(
        &self,
        registers: &mut Registers,
        state: &mut DocState,
        signal: &Signal,
        stream_time: Timestamp,
        lateness: Duration,
        rates: &Rates,
    ) -> Counted {
        if signal.at < stream_time.minus(lateness) {
            return Counted::TooLate;
        }
        let stamp = Stamp::of(signal, stream_time.micros());
        let late = stamp.origin.as_of < state.newest;
        let scope = self.scope(state.scope);
        let mut ignored = 0;
        if let Some(plan) = scope.kind(signal.kind) {
            state.newest = state.newest.max(stamp.origin.as_of);
            ignored = plan.load(signal, rates, registers);
            raise(scope, plan, registers, state, stamp);
            for step in &plan.steps {
                take(step, registers, state, stamp);
            }
        }
        if late { Counted::Late { ignored } } else { Counted::Applied { ignored } }
    }

    /// Folds a document's signals anew, in any order; all of them count. `now` bounds instants that
    /// claim to come from the future.
    pub fn refold<'a>(
        &self,
        scope: bellwether_expr::Scope,
        signals: impl IntoIterator<Item = &'a Signal>,
        now: Timestamp,
        rates: &Rates,
    ) -> DocState {
        let (mut state, mut registers) = (self.new_state(scope), self.registers());
        for signal in signals {
            let always = Duration::from_micros(i64::MAX);
            self.fold_with(&mut registers, &mut state, signal, now, always, rates);
        }
        state
    }
}

/// Counts a signal into the rings; who is trusted less than a counter asks for does not count there.
fn raise(
    scope: &crate::plan::ScopePlan,
    plan: &KindPlan,
    registers: &Registers,
    state: &mut DocState,
    stamp: Stamp,
) {
    for raise in &plan.raises {
        let Some(ring_plan) = scope.rings.get(raise.ring) else { continue };
        let (mut bits, mut doubtful) = (raise.always, 0);
        for (filter, raised) in &raise.filtered {
            match registers.truth(Some(*filter)) {
                Tri::True => bits |= raised,
                Tri::Unknown => doubtful |= raised,
                Tri::False => {}
            }
        }
        let open = raise.open_to(stamp.origin.trust);
        (bits, doubtful) = (bits & open, doubtful & open);
        let part = |bit: u32| usize::from(ring_plan.parts.get(bit as usize).copied().unwrap_or(0));
        bits::each(bits, |bit| {
            if let Some(origin) = state.origins.get_mut(part(bit)) {
                *origin = origin.join(stamp.origin);
            }
        });
        bits::each(doubtful, |bit| state.doubt(part(bit), 1));
        if bits != 0
            && let Some(ring) = state.rings.get_mut(raise.ring)
        {
            let entry = crate::ring::Entry { time: stamp.origin.as_of, key: stamp.key, bits };
            ring.insert(ring_plan, entry, state.newest, &mut state.numbers);
        }
    }
}

/// Folds one part that is no counter of a ring, unless the signal is trusted less than it asks for.
fn take(step: &Step, registers: &Registers, state: &mut DocState, stamp: Stamp) {
    let at = usize::from(step.part);
    if stamp.origin.trust < step.trust {
        return;
    }
    match registers.truth(step.filter) {
        Tri::True => {}
        Tri::False => return,
        Tri::Unknown => return state.doubt(at, 1),
    }
    let value = match step.register {
        None => 0,
        Some(register) => match registers.slots.get(register) {
            Some(value) => value,
            None if registers.is_unrated(step.keeps, register) => NO_RATE,
            None => return,
        },
    };
    let known = state.shown.get(at);
    let cell = step.cell.map(usize::from);
    let mut cell = cell.and_then(|cell| state.cells.get_mut(cell));
    let (Some(number), Some(origin)) = (state.numbers.get_mut(at), state.origins.get_mut(at))
    else {
        return;
    };
    if let (Keeps::Newest, Some(Cell::Newest(newest))) = (step.keeps, &mut cell) {
        newest.take(Seen { stamp, value }, number, origin);
        let rated = *number != NO_RATE;
        return state.show(at, rated);
    }
    *origin = origin.join(stamp.origin);
    let made = match (step.keeps, cell) {
        (Keeps::Total, _) => Some(number.saturating_add(1)),
        (Keeps::Min, _) => Some(if known { value.min(*number) } else { value }),
        (Keeps::Max, _) => Some(if known { value.max(*number) } else { value }),
        (Keeps::Decay(half_life), _) => {
            let cell = step.cell.map_or(0, usize::from);
            let Some(decay) = state.decays.get_mut(cell) else { return };
            decay.add(half_life, stamp.origin.as_of, value);
            decay.mean()
        }
        (Keeps::Sum, Some(Cell::Sum(sum))) => {
            **sum = sum.saturating_add(i128::from(value));
            i64::try_from(**sum).ok()
        }
        (Keeps::Distinct, Some(Cell::Distinct(different))) => {
            keep(&mut different.values, value, CODES, BTreeSet::pop_last);
            Some(different.values.len() as i64)
        }
        (Keeps::Windowed(fold, window), Some(Cell::Values(values))) => {
            let entry = (stamp.origin.as_of, stamp.key, value);
            // Its number is made when it is read.
            return values.insert(fold, window, entry, state.newest);
        }
        _ => return,
    };
    *number = made.unwrap_or(0);
    state.show(at, made.is_some());
}
