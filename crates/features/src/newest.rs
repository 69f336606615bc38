//! The two newest: what was said last, and what was said before that.
//!
//! - In: values with their stamps, in any order.
//! - Out: the newest, or the newest that a given signal did not bring.
//! - Never: a result that depends on the order of arrival. Equal times are ordered by key.

use crate::head::Stamp;
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
        (self.stamp.time, self.stamp.key)
    }
}

/// At most two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) first: Option<Seen>,
    pub(crate) second: Option<Seen>,
}

impl Newest {
    pub(crate) fn take(&mut self, seen: Seen) {
        let newer = |other: Option<Seen>| other.is_none_or(|other| other.place() < seen.place());
        if newer(self.first) {
            self.second = self.first.replace(seen);
        } else if newer(self.second) && self.first.map(|first| first.place()) != Some(seen.place())
        {
            self.second = Some(seen);
        }
    }

    /// The newest that the signal with this key did not bring.
    pub(crate) fn without(&self, key: Option<u64>) -> Option<Seen> {
        match self.first {
            Some(first) if Some(first.stamp.key) == key => self.second,
            first => first,
        }
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        let both = || self.first.iter().chain(&self.second);
        out.count(both().count());
        for seen in both() {
            out.int(seen.stamp.time);
            out.fixed(seen.stamp.key);
            out.int(seen.stamp.known_at);
            out.byte(seen.stamp.trust as u8);
            out.int(seen.value);
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let mut newest = Self::default();
        for _ in 0..from.count()? {
            let (time, key, known_at) = (from.int()?, from.fixed()?, from.int()?);
            let stamp = Stamp { time, key, known_at, trust: read_trust(from)? };
            newest.take(Seen { stamp, value: from.int()? });
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
        let stamp = Stamp { time, key, known_at: time + 1, trust: Trust::Partner };
        Seen { stamp, value: time * 100 }
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
            let mut newest = Newest::default();
            order.into_iter().for_each(|one| newest.take(one));
            assert_eq!((newest.first, newest.second), (Some(all[1]), Some(all[0])), "{turn}");
            assert_eq!(newest.without(Some(2)), Some(all[0]));
            assert_eq!(newest.without(Some(1)), Some(all[1]));
            assert_eq!(newest.without(None), Some(all[1]));
            let mut bytes = Vec::new();
            newest.write(&mut Writer(&mut bytes));
            assert_eq!(Newest::read(&mut Reader(&bytes)), Ok(newest));
        }
    }
}
