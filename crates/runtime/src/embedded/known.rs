//! Known keys: whether a stream has a signal that its own memory is too short to tell.
//!
//! - In: a stream and a signal's key, when the engine cannot say whether it is new.
//! - Out: [`Seen`], from every row of the stream, committed or waiting.
//! - Never: a second reading of the same rows for the next old signal: a stream that was asked about is
//!   kept, up to a bound over all streams, and grows with what it takes.
//!
//! Nothing is kept until somebody asks, and no commit pays for it: most streams are never asked about.

use super::Embedded;
use crate::error::DriveError;
use bellwether_core::event::Seen;
use bellwether_core::{Body, Signal, StreamId};
use bellwether_ledger::decode_event;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

/// How many keys are kept in all: about 30 bytes each. One longer stream is kept alone.
const MOST: usize = 4_000_000;

/// The keys of the streams that were asked about lately.
#[derive(Debug)]
pub(super) struct Known {
    streams: BTreeMap<StreamId, Keys>,
    /// How many keys all of them have.
    held: usize,
    most: usize,
    /// Counts the questions.
    turn: u64,
}

#[derive(Debug, Default)]
struct Keys {
    /// Contents by key; of two events with one key the first counts.
    contents: HashMap<u64, u64>,
    /// When it was asked about last.
    asked: u64,
}

impl Default for Known {
    fn default() -> Self {
        Self { streams: BTreeMap::new(), held: 0, most: MOST, turn: 0 }
    }
}

impl Known {
    /// What a kept stream says of a signal; `None` for a stream that is not kept.
    fn seen(&mut self, stream: StreamId, signal: &Signal) -> Option<Seen> {
        self.turn += 1;
        let keys = self.streams.get_mut(&stream)?;
        keys.asked = self.turn;
        Some(match keys.contents.get(&signal.key) {
            None => Seen::New,
            Some(content) if *content == signal.content => Seen::Same,
            Some(_) => Seen::Other,
        })
    }

    /// A stream took a signal.
    pub(super) fn note(&mut self, stream: StreamId, signal: &Signal) {
        if let Some(keys) = self.streams.get_mut(&stream) {
            let before = keys.contents.len();
            keys.contents.entry(signal.key).or_insert(signal.content);
            self.held += keys.contents.len() - before;
        }
    }

    /// Keeps a stream; those that were not asked about for longest give way.
    fn keep(&mut self, stream: StreamId, contents: HashMap<u64, u64>) {
        self.forget(stream);
        while self.held + contents.len() > self.most
            && let Some((oldest, _)) = self.streams.iter().min_by_key(|(_, keys)| keys.asked)
        {
            self.forget(*oldest);
        }
        self.held += contents.len();
        self.streams.insert(stream, Keys { contents, asked: self.turn });
    }

    /// Drops a stream: what was noted of it may not be true.
    pub(super) fn forget(&mut self, stream: StreamId) {
        let gone = self.streams.remove(&stream);
        self.held -= gone.map_or(0, |keys| keys.contents.len());
    }
}

impl Embedded {
    /// Whether the journal has a signal with this key in a stream, and with the same content.
    pub(super) fn look_in_journal(
        &mut self,
        stream: StreamId,
        signal: &Signal,
    ) -> Result<Seen, DriveError> {
        if let Some(seen) = self.known.seen(stream, signal) {
            return Ok(seen);
        }
        self.index_if_far()?;
        let mut contents = HashMap::new();
        let mut note = |event: &[u8]| -> Result<(), DriveError> {
            // What retention trimmed has no key any more; it is older than anything that may count.
            if !event.is_empty()
                && let Body::Signal(known) = decode_event(event)?.body
            {
                contents.entry(known.key).or_insert(known.content);
            }
            Ok(())
        };
        let mut read = Ok(());
        self.rows_of(stream, 1, |row| {
            read = note(row.event);
            if read.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        read?;
        for entry in self.pending.batch.entries.iter().filter(|entry| entry.stream == stream) {
            note(&entry.event)?;
        }
        self.known.keep(stream, contents);
        Ok(self.known.seen(stream, signal).unwrap_or(Seen::New))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::signal::MatchedBy;
    use bellwether_core::{AccountId, Code, Id, Timestamp, Trust};

    fn stream(nth: u128) -> StreamId {
        StreamId::account(AccountId(Id::from_bits(nth)))
    }

    fn signal(key: u64, content: u64) -> Signal {
        let at = Timestamp::from_secs(1);
        let (source, kind) = (Code::of("a"), Code::of("b"));
        let (doc, contact, matched_by) = (None, None, MatchedBy::New);
        let (trust, fields, known_at) = (Trust::System, Box::default(), at);
        Signal { key, content, source, kind, at, known_at, trust, doc, contact, matched_by, fields }
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_longest_unasked_gives_way() {
        let mut known = Known { most: 10, ..Known::default() };
        let keys = |from: u64, count: u64| (from..from + count).map(|key| (key, 0)).collect();
        known.keep(stream(1), keys(0, 4));
        known.keep(stream(2), keys(10, 4));
        assert_eq!(known.seen(stream(2), &signal(10, 0)), Some(Seen::Same));
        assert_eq!(known.seen(stream(1), &signal(0, 1)), Some(Seen::Other));
        assert_eq!(known.seen(stream(1), &signal(9, 0)), Some(Seen::New));
        known.note(stream(1), &signal(9, 5));
        known.note(stream(1), &signal(9, 6));
        known.note(stream(7), &signal(1, 1));
        assert_eq!((known.held, known.seen(stream(1), &signal(9, 5))), (9, Some(Seen::Same)));
        known.keep(stream(3), keys(20, 3));
        assert_eq!((known.held, known.streams.len()), (8, 2), "the second one gave way");
        assert_eq!(known.seen(stream(2), &signal(10, 0)), None);
        known.keep(stream(4), keys(30, 50));
        assert_eq!((known.held, known.streams.len()), (50, 1), "a long one is kept alone");
        known.forget(stream(4));
        assert_eq!((known.held, known.seen(stream(4), &signal(30, 0))), (0, None));
    }
}
