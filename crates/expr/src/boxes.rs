//! Boxes: where a condition is true, false or unknown, as products of ranges.
//!
//! - In: compiled conditions; a [`Catalogue`](crate::Catalogue).
//! - Out: [`Region`]s, within a limit of size: unions of [`Cell`]s, each a set of values for some facts.
//! - Never: a region that leaves out a point which belongs to it. Conditions that compare no fact with a
//!   constant, such as sums, are axes of their own whose truth may be anything, so a region may hold
//!   points that cannot happen: an empty one is a proof, another one is not.

mod space;
#[cfg(test)]
mod tests;
mod values;

pub use space::{Space, Truth};
pub use values::Values;

use crate::catalogue::Slot;

/// What a cell limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// A fact.
    Fact(Slot),
    /// The truth of a condition that is not taken apart, by its number in the [`Space`].
    Other(usize),
}

/// Points: each named axis has one of its values; all others have any.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell(Vec<(Axis, Values)>);

impl Cell {
    /// Every point whose axis has one of these values.
    pub fn of(axis: Axis, values: Values) -> Self {
        Self(vec![(axis, values)])
    }

    /// What it limits, sorted by axis.
    pub fn sides(&self) -> &[(Axis, Values)] {
        &self.0
    }

    /// The values of an axis, if it limits them.
    pub fn side(&self, axis: Axis) -> Option<&Values> {
        self.0.iter().find(|(known, _)| *known == axis).map(|(_, values)| values)
    }

    /// The points of both; nothing when there is none.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut sides = Vec::with_capacity(self.0.len().max(other.0.len()));
        loop {
            let next = match (left.peek(), right.peek()) {
                (None, None) => return Some(Self(sides)),
                (Some((a, x)), Some((b, y))) if a == b => {
                    let both = x.and(y);
                    if both.is_empty() {
                        return None;
                    }
                    let side = (*a, both);
                    left.next();
                    right.next();
                    side
                }
                (Some((a, _)), Some((b, _))) if a > b => right.next().cloned()?,
                (None, Some(_)) => right.next().cloned()?,
                _ => left.next().cloned()?,
            };
            sides.push(next);
        }
    }

    /// Whether both have a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.and(other).is_some()
    }

    /// Whether every point of it is one of the other's.
    pub fn within(&self, other: &Self) -> bool {
        let inside = |(axis, values): &(Axis, Values)| {
            self.side(*axis).is_some_and(|own| own.within(values))
        };
        other.0.iter().all(inside)
    }

    /// The points of this that the other does not have, as cells without a common point. An axis that
    /// this one does not limit counts as holding anything, known or not.
    pub fn without(&self, other: &Self) -> Vec<Self> {
        if !self.meets(other) {
            return vec![self.clone()];
        }
        let (mut left, mut rest) = (self.clone(), Vec::new());
        for (axis, values) in &other.0 {
            let own = left.side(*axis).cloned().unwrap_or_else(Values::anything);
            let outside = own.without(values);
            let (inside, beyond) = (left.with(*axis, own.and(values)), left.with(*axis, outside));
            rest.extend(beyond);
            match inside {
                Some(inside) => left = inside,
                None => break,
            }
        }
        rest
    }

    /// The same cell with other values on one axis; nothing when there are none.
    pub fn with(&self, axis: Axis, values: Values) -> Option<Self> {
        let mut sides: Vec<_> =
            self.0.iter().filter(|(known, _)| *known != axis).cloned().collect();
        let at = sides.partition_point(|(known, _)| *known < axis);
        let any = !values.is_empty();
        sides.insert(at, (axis, values));
        any.then_some(Self(sides))
    }
}

/// A union of cells, which may overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region(Vec<Cell>);

impl Region {
    /// No point.
    pub const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Every point.
    pub fn everything() -> Self {
        Self(vec![Cell::default()])
    }

    /// The points of one cell.
    pub fn of(cell: Cell) -> Self {
        let empty = cell.0.iter().any(|(_, values)| values.is_empty());
        if empty { Self::nothing() } else { Self(vec![cell]) }
    }

    /// Whether it has no point.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its cells.
    pub fn cells(&self) -> &[Cell] {
        &self.0
    }

    /// The points of either.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        other.0.into_iter().for_each(|cell| self.push(cell));
        self
    }

    /// The points of both; nothing when that takes more than `most` cells.
    pub fn and(&self, other: &Self, most: usize) -> Option<Self> {
        let mut both = Self::nothing();
        for a in &self.0 {
            for b in &other.0 {
                if let Some(cell) = a.and(b) {
                    both.push(cell);
                }
                if both.0.len() > most {
                    return None;
                }
            }
        }
        Some(both)
    }

    /// Whether both have a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().any(|a| other.0.iter().any(|b| a.meets(b)))
    }

    /// The points of this that the cell does not have; nothing when that takes more than `most` cells.
    pub fn without(&self, cell: &Cell, most: usize) -> Option<Self> {
        let rest: Vec<_> = self.0.iter().flat_map(|own| own.without(cell)).collect();
        (rest.len() <= most).then_some(Self(rest))
    }

    /// Adds a cell; what differs from a known one on a single axis widens that, and what is inside
    /// another is left out.
    fn push(&mut self, cell: Cell) {
        if self.0.iter().any(|known| cell.within(known)) {
            return;
        }
        self.0.retain(|known| !known.within(&cell));
        for known in &mut self.0 {
            if let Some(joined) = joined(known, &cell) {
                *known = joined;
                return;
            }
        }
        self.0.push(cell);
    }
}

/// Both as one cell, if they limit the same axes and differ on at most one.
fn joined(a: &Cell, b: &Cell) -> Option<Cell> {
    let alike = a.0.len() == b.0.len() && a.0.iter().zip(&b.0).all(|(x, y)| x.0 == y.0);
    let differing = || a.0.iter().zip(&b.0).filter(|(x, y)| x.1 != y.1);
    if !alike || differing().count() > 1 {
        return None;
    }
    let (axis, values) = differing().next().map(|(x, y)| (x.0, x.1.or(&y.1)))?;
    a.with(axis, values)
}
