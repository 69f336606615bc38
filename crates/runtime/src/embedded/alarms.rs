//! Alarms: when each stream in memory has to be looked at, so that the passing of time costs nothing
//! for those that wait.
//!
//! - In: the instants at which timers of a stream may be due, as they are set or read.
//! - Out: the streams to look at by an instant; too many rather than too few, since a timer may be gone.
//! - Never: forgets a stream that was not looked at.

use bellwether_core::{StreamId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The earliest instant of each stream.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    by_stream: BTreeMap<StreamId, Timestamp>,
    by_time: BTreeSet<(Timestamp, StreamId)>,
}

impl Alarms {
    /// A timer of a stream may be due then; an earlier alarm stays.
    pub(super) fn note(&mut self, stream: StreamId, due: Timestamp) {
        if self.by_stream.get(&stream).is_none_or(|known| due < *known) {
            self.set(stream, Some(due));
        }
    }

    /// A stream was looked at, and its next timer is due then, if it has any.
    pub(super) fn set(&mut self, stream: StreamId, due: Option<Timestamp>) {
        let before = match due {
            Some(due) => self.by_stream.insert(stream, due),
            None => self.by_stream.remove(&stream),
        };
        if let Some(before) = before {
            self.by_time.remove(&(before, stream));
        }
        self.by_time.extend(due.map(|due| (due, stream)));
    }

    /// The streams to look at by an instant.
    pub(super) fn due(&self, until: Timestamp) -> Vec<StreamId> {
        let due = self.by_time.iter().take_while(|(at, _)| *at <= until);
        due.map(|(_, stream)| *stream).collect()
    }

    /// No stream is in memory any more: their timers stand in the store.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::{AccountId, Id};

    #[test]
    fn the_earliest_counts_until_the_stream_was_looked_at() {
        let stream = |nth| StreamId::account(AccountId(Id::from_bits(nth)));
        let at = Timestamp::from_secs;
        let mut alarms = Alarms::default();
        alarms.note(stream(1), at(9));
        alarms.note(stream(1), at(5));
        alarms.note(stream(1), at(7));
        alarms.note(stream(2), at(6));
        assert_eq!(alarms.due(at(4)), []);
        assert_eq!(alarms.due(at(5)), [stream(1)]);
        assert_eq!(alarms.due(at(9)), [stream(1), stream(2)]);
        alarms.set(stream(1), Some(at(7)));
        assert_eq!(alarms.due(at(6)), [stream(2)]);
        alarms.set(stream(2), None);
        assert_eq!(alarms.due(at(9)), [stream(1)]);
        alarms.clear();
        assert_eq!(alarms.due(at(9)), []);
    }
}
