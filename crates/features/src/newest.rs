//! The two newest: what was said last, and what was said before that.
//!
//! - In: values with their stamps, in any order.
//! - Out: the newest, or the newest that a given signal did not bring.
//! - Never: a result that depends on the order of arrival. Equal times are ordered by key.
//!
//! The newest value and its origin are the part's own number and origin; only what was said before
//! lies elsewhere, because it is seldom asked for.

use crate::origin::{Origin, Stamp};
use crate::wire::{Reader, StateError, Writer};
use bellwether_core::Trust;

/// Stands for an amount that has no rate: it is newer than what was known, and cannot be read.
pub(crate) const NO_RATE: i64 = i64::MIN;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) stamp: Stamp,
    pub(crate) value: i64,
}

impl Seen {
    fn place(&self) -> (i64, u64) {
        (self.stamp.origin.as_of, self.stamp.key)
    }
}

/// What a part keeps beside its number and origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    /// Of the signal that brought the newest value.
    key: Option<u64>,
    older: Option<Box<Seen>>,
}

impl Newest {
    /// The newest value, as the part's number and origin have it.
    pub(crate) fn first(&self, value: i64, origin: Origin) -> Option<Seen> {
        self.key.map(|key| Seen { stamp: Stamp { key, origin }, value })
    }

    pub(crate) fn take(&mut self, seen: Seen, value: &mut i64, origin: &mut Origin) {
        let newer = |other: Option<Seen>| other.is_none_or(|other| other.place() < seen.place());
        let first = self.first(*value, *origin);
        let displaced = if newer(first) {
            self.key = Some(seen.stamp.key);
            (*value, *origin) = (seen.value, seen.stamp.origin);
            first
        } else if newer(self.older()) && first.map(|first| first.place()) != Some(seen.place()) {
            Some(seen)
        } else {
            None
        };
        match (&mut self.older, displaced) {
            (Some(older), Some(seen)) => **older = seen,
            (older @ None, Some(seen)) => *older = Some(Box::new(seen)),
            (_, None) => {}
        }
    }

    fn older(&self) -> Option<Seen> {
        self.older.as_deref().copied()
    }

    /// The newest that the signal with this key did not bring.
    pub(crate) fn without(&self, key: Option<u64>, value: i64, origin: Origin) -> Option<Seen> {
        if self.key == key { self.older() } else { self.first(value, origin) }
    }

    pub(crate) fn write(&self, value: i64, origin: Origin, out: &mut Writer<'_>) {
        let both = || self.first(value, origin).into_iter().chain(self.older());
        out.count(both().count());
        for seen in both() {
            out.int(seen.stamp.origin.as_of);
            out.fixed(seen.stamp.key);
            out.int(seen.stamp.origin.known_at);
            out.byte(seen.stamp.origin.trust as u8);
            out.int(seen.value);
        }
    }

    /// Reads what was written, the newest value into the part's number and origin.
    pub(crate) fn read(
        from: &mut Reader<'_>,
        value: &mut i64,
        origin: &mut Origin,
    ) -> Result<Self, StateError> {
        let mut newest = Self::default();
        for _ in 0..from.count()? {
            let (as_of, key, known_at) = (from.int()?, from.fixed()?, from.int()?);
            let stamp = Stamp { key, origin: Origin { as_of, known_at, trust: read_trust(from)? } };
            newest.take(Seen { stamp, value: from.int()? }, value, origin);
        }
        Ok(newest)
    }
}

pub(crate) fn read_trust(from: &mut Reader<'_>) -> Result<Trust, StateError> {
    let label = usize::from(from.byte()?);
    Trust::ALL.get(label).copied().ok_or(StateError::Damaged("a trust label"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(time: i64, key: u64) -> Seen {
        let origin = Origin { as_of: time, known_at: time + 1, trust: Trust::Partner };
        Seen { stamp: Stamp { key, origin }, value: time * 100 }
    }

    #[test]
    fn the_two_newest_in_any_order() {
        let all = [seen(3, 1), seen(3, 2), seen(1, 9), seen(-2, 4)];
        for turn in 0..24usize {
            let mut order = all.to_vec();
            let mut left = turn;
            for at in (1..order.len()).rev() {
                order.swap(at, left % (at + 1));
                left /= at + 1;
            }
            let (mut newest, mut value, mut origin) = (Newest::default(), 0, Origin::NONE);
            order.into_iter().for_each(|one| newest.take(one, &mut value, &mut origin));
            assert_eq!(newest.first(value, origin), Some(all[1]), "{turn}");
            assert_eq!(newest.older(), Some(all[0]), "{turn}");
            assert_eq!(newest.without(Some(2), value, origin), Some(all[0]));
            assert_eq!(newest.without(Some(1), value, origin), Some(all[1]));
            assert_eq!(newest.without(None, value, origin), Some(all[1]));
            let mut bytes = Vec::new();
            newest.write(value, origin, &mut Writer(&mut bytes));
            let (mut again, mut from) = (0, Origin::NONE);
            let read = Newest::read(&mut Reader(&bytes), &mut again, &mut from);
            assert_eq!((read, again, from), (Ok(newest), value, origin));
        }
    }
}
