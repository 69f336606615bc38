//! Values: what one fact may be, as ranges of numbers and whether it may be missing.
//!
//! - In: comparisons with constants.
//! - Out: sets under intersection, union and difference, exact over all of `i64`.
//! - Never: overflows, or holds two ranges that touch.

use crate::node::Op;

/// Numbers in ranges, both ends included, sorted and apart; and whether the fact may be missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Values {
    missing: bool,
    ranges: Vec<(i64, i64)>,
}

impl Values {
    /// Anything, known or not.
    pub fn anything() -> Self {
        Self { missing: true, ranges: vec![(i64::MIN, i64::MAX)] }
    }

    /// Any number.
    pub fn known() -> Self {
        Self { missing: false, ..Self::anything() }
    }

    /// Missing, and nothing else.
    pub fn missing() -> Self {
        Self { missing: true, ranges: Vec::new() }
    }

    /// One number, or missing.
    pub fn point(value: Option<i64>) -> Self {
        value.map_or_else(Self::missing, |value| Self::between(value, value))
    }

    /// The numbers from `low` to `high`, both included; none where they stand the wrong way round.
    pub fn between(low: i64, high: i64) -> Self {
        let ranges = if low <= high { vec![(low, high)] } else { Vec::new() };
        Self { missing: false, ranges }
    }

    /// The numbers for which a comparison with `limit` holds.
    pub fn such(op: Op, limit: i64) -> Self {
        let below = || limit.checked_sub(1).map(|high| (i64::MIN, high));
        let above = || limit.checked_add(1).map(|low| (low, i64::MAX));
        let ranges = match op {
            Op::Eq => vec![(limit, limit)],
            Op::Ne => below().into_iter().chain(above()).collect(),
            Op::Lt => below().into_iter().collect(),
            Op::Le => vec![(i64::MIN, limit)],
            Op::Gt => above().into_iter().collect(),
            Op::Ge => vec![(limit, i64::MAX)],
        };
        Self { missing: false, ranges }
    }

    /// The same, or missing.
    #[must_use]
    pub fn or_missing(mut self) -> Self {
        self.missing = true;
        self
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        !self.missing && self.ranges.is_empty()
    }

    /// Whether the fact may be missing.
    pub const fn may_be_missing(&self) -> bool {
        self.missing
    }

    /// The ranges of numbers, sorted, both ends included.
    pub fn ranges(&self) -> &[(i64, i64)] {
        &self.ranges
    }

    /// Whether a number, or a missing one, is among them.
    pub fn holds(&self, value: Option<i64>) -> bool {
        match value {
            None => self.missing,
            Some(value) => self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&value)),
        }
    }

    /// What both hold.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        for (low, high) in &self.ranges {
            for (from, to) in &other.ranges {
                let (low, high) = (*low.max(from), *high.min(to));
                if low <= high {
                    ranges.push((low, high));
                }
            }
        }
        Self { missing: self.missing && other.missing, ranges }
    }

    /// What either holds.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut all: Vec<_> = self.ranges.iter().chain(&other.ranges).copied().collect();
        all.sort_unstable();
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for (low, high) in all {
            match ranges.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => ranges.push((low, high)),
            }
        }
        Self { missing: self.missing || other.missing, ranges }
    }

    /// What this holds and the other does not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = Self { missing: true, ranges: Vec::new() };
        let mut next = Some(i64::MIN);
        for (low, high) in &other.ranges {
            if let Some(from) = next
                && let Some(to) = low.checked_sub(1).filter(|to| from <= *to)
            {
                rest.ranges.push((from, to));
            }
            next = high.checked_add(1);
        }
        rest.ranges.extend(next.map(|from| (from, i64::MAX)));
        rest.missing = !other.missing;
        self.and(&rest)
    }

    /// Whether everything here is also there.
    pub fn within(&self, other: &Self) -> bool {
        // No two ranges touch, so a range that is covered is covered by one.
        let covered = |(low, high): &(i64, i64)| {
            other.ranges.iter().any(|(from, to)| from <= low && high <= to)
        };
        (!self.missing || other.missing) && self.ranges.iter().all(covered)
    }

    /// One of them that people can read: an end of a range, 0 where there is none; missing only where
    /// nothing else is left. `None` when nothing is left at all.
    pub fn example(&self) -> Option<Option<i64>> {
        let ended = self.ranges.iter().find(|(low, high)| *low != i64::MIN || *high != i64::MAX);
        match (ended, self.ranges.first()) {
            (Some((low, high)), _) => Some(Some(if *low == i64::MIN { *high } else { *low })),
            (None, Some(_)) => Some(Some(0)),
            (None, None) => self.missing.then_some(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_agree_with_their_members() {
        let edges = [i64::MIN, i64::MIN + 1, -2, -1, 0, 1, 2, i64::MAX - 1, i64::MAX];
        let mut sets = vec![Values::anything(), Values::known(), Values::missing()];
        for limit in edges {
            sets.extend(Op::ALL.map(|op| Values::such(op, limit)));
            sets.push(Values::such(Op::Le, limit).or_missing());
        }
        for limit in edges {
            for op in Op::ALL {
                for value in edges {
                    let holds = op.holds(value, limit);
                    assert_eq!(Values::such(op, limit).holds(Some(value)), holds);
                }
            }
        }
        for a in &sets {
            for b in &sets {
                for value in edges.map(Some).into_iter().chain([None]) {
                    let (x, y) = (a.holds(value), b.holds(value));
                    assert_eq!(a.and(b).holds(value), x && y, "{a:?} and {b:?}: {value:?}");
                    assert_eq!(a.or(b).holds(value), x || y, "{a:?} or {b:?}: {value:?}");
                    assert_eq!(a.without(b).holds(value), x && !y, "{a:?} - {b:?}: {value:?}");
                }
                assert_eq!(a.within(b), a.and(b) == *a, "{a:?} in {b:?}");
                assert!(a.example().is_none_or(|value| a.holds(value)));
                assert_eq!(a.example().is_none(), a.is_empty());
            }
        }
    }
}
