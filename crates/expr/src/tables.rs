//! Tables: which terms of a block one fact's value rules out.

use crate::catalogue::Slot;
use crate::slots::Slots;
use crate::terms::Leaf;
use crate::tri::Tri;

/// What a block asks of one fact.
#[derive(Clone, Debug)]
pub(crate) struct Table<R> {
    slot: Slot,
    rows: R,
    /// The terms that a missing value rules out.
    missing: u64,
    /// The terms that a missing value leaves open.
    open: u64,
}

/// Rows by the lowest value of each but the first.
pub(crate) trait Rows {
    /// The terms that a value rules out.
    fn row(&self, value: i64) -> u64;
}

const FEW: usize = 4;

/// At most five rows, found without a branch: a value's row is the number of starts up to it.
/// Unused starts are the largest number, and unused rows repeat the last.
#[derive(Clone, Debug)]
pub(crate) struct Narrow {
    starts: [i64; FEW],
    rejects: [u64; 2 * FEW],
}

/// Any number of rows, found by bisection.
#[derive(Clone, Debug)]
pub(crate) struct Wide {
    starts: Box<[i64]>,
    rejects: Box<[u64]>,
}

impl Rows for Narrow {
    #[inline]
    fn row(&self, value: i64) -> u64 {
        let row: usize = self.starts.iter().map(|start| usize::from(*start <= value)).sum();
        self.rejects.get(row % (2 * FEW)).copied().unwrap_or(u64::MAX)
    }
}

impl Rows for Wide {
    #[inline]
    fn row(&self, value: i64) -> u64 {
        let row = self.starts.partition_point(|start| *start <= value);
        self.rejects.get(row).copied().unwrap_or(u64::MAX)
    }
}

impl<R: Rows> Table<R> {
    pub(crate) const fn slot(&self) -> Slot {
        self.slot
    }

    /// What the fact rules out, where it is known.
    #[inline]
    pub(crate) fn known(&self, values: &[i64]) -> u64 {
        values.get(usize::from(self.slot)).map_or(u64::MAX, |value| self.rows.row(*value))
    }

    /// Adds what the fact rules out, and what its absence leaves open.
    #[inline]
    pub(crate) fn look(&self, slots: &Slots, rejected: &mut u64, open: &mut u64) {
        match slots.get(self.slot) {
            Some(value) => *rejected |= self.rows.row(value),
            None => {
                *rejected |= self.missing;
                *open |= self.open;
            }
        }
    }
}

impl Table<Wide> {
    /// Asks every leaf about one value of each row, and about none.
    pub(crate) fn new(slot: Slot, asked: &[(Leaf, u64)]) -> Self {
        let mut starts: Vec<i64> = asked.iter().flat_map(|(leaf, _)| leaf.starts()).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut slots = Slots::new(usize::from(slot) + 1);
        let with = |slots: &Slots, truth: Tri| {
            let such = asked.iter().filter(|(leaf, _)| leaf.truth(slots) == truth);
            such.fold(0, |terms, (_, term)| terms | term)
        };
        let (missing, open) = (with(&slots, Tri::False), with(&slots, Tri::Unknown));
        let values = std::iter::once(i64::MIN).chain(starts.iter().copied());
        let rejects = values.map(|value| {
            slots.set(slot, value);
            with(&slots, Tri::False)
        });
        let rejects = rejects.collect();
        Self { slot, rows: Wide { starts: starts.into(), rejects }, missing, open }
    }

    /// The same table in its faster form, if its rows are few.
    pub(crate) fn narrowed(&self) -> Option<Table<Narrow>> {
        let last = *self.rows.rejects.last()?;
        let mut narrow = Narrow { starts: [i64::MAX; FEW], rejects: [last; 2 * FEW] };
        narrow.starts.get_mut(..self.rows.starts.len())?.copy_from_slice(&self.rows.starts);
        narrow.rejects.get_mut(..self.rows.rejects.len())?.copy_from_slice(&self.rows.rejects);
        Some(Table { slot: self.slot, rows: narrow, missing: self.missing, open: self.open })
    }
}
