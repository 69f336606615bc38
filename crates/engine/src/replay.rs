//! Replay: deriving every record again from the events alone, and comparing bytes.

use crate::rules::RuleBook;
use crate::state::StreamState;
use crate::step::{Scratch, Step, StepError, step};
use bellwether_core::{Digest, Envelope, StreamId};
use bellwether_ledger::{DecodeError, decode_event};
use std::collections::BTreeMap;

/// Why a record could not be derived again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The event's bytes cannot be read.
    #[error(transparent)]
    Event(#[from] DecodeError),
    /// The event could not be stepped.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The derived record differs from the kept one.
    #[error("record {seq} of {stream} differs from the one derived from its event, at byte {byte}")]
    Differs {
        /// The stream.
        stream: StreamId,
        /// Position within the stream.
        seq: u64,
        /// The first byte that differs.
        byte: usize,
        /// What was derived.
        derived: Vec<u8>,
    },
}

impl ReplayError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Event(error) => error.code(),
            Self::Step(error) => error.code(),
            Self::Differs { .. } => "replay-differs",
        }
    }
}

/// Streams that are derived anew from their events.
pub struct Replay<'a> {
    book: &'a RuleBook,
    streams: BTreeMap<StreamId, StreamState>,
    scratch: Scratch,
}

impl<'a> Replay<'a> {
    /// Nothing derived yet.
    pub fn new(book: &'a RuleBook) -> Self {
        Self { book, streams: BTreeMap::new(), scratch: Scratch::default() }
    }

    /// Continues from a known state instead of from the beginning.
    pub fn start_from(&mut self, state: StreamState) {
        self.streams.insert(state.stream, state);
    }

    /// Derives the record of the next event of a stream and compares it with the kept one. A stream
    /// whose record differs goes on from the kept one's digest, so that every difference is named.
    ///
    /// # Errors
    /// [`ReplayError`] when the event cannot be read or stepped, or the record differs.
    pub fn check(&mut self, event: &[u8], record: &[u8]) -> Result<(Envelope, Step), ReplayError> {
        let (envelope, derived) = self.derive(event, record)?;
        if derived.record == record {
            return Ok((envelope, derived));
        }
        let same = derived.record.iter().zip(record).take_while(|(ours, kept)| ours == kept);
        let (byte, seq, stream) = (same.count(), derived.seq, envelope.stream);
        Err(ReplayError::Differs { stream, seq, byte, derived: derived.record })
    }

    /// As [`Replay::check`], and gives what was derived also where it differs.
    ///
    /// # Errors
    /// [`ReplayError`] when the event cannot be read or stepped.
    pub fn derive(&mut self, event: &[u8], record: &[u8]) -> Result<(Envelope, Step), ReplayError> {
        let envelope = decode_event(event)?;
        let stream = envelope.stream;
        let state = self.streams.entry(stream).or_insert_with(|| StreamState::new(stream));
        let derived = step(state, &envelope, self.book, &mut self.scratch)?;
        if derived.record != record {
            state.head = Digest::of(record);
        }
        Ok((envelope, derived))
    }

    /// The state of a stream as derived so far.
    pub fn state(&self, stream: StreamId) -> Option<&StreamState> {
        self.streams.get(&stream)
    }

    /// All streams as derived so far.
    pub fn into_states(self) -> BTreeMap<StreamId, StreamState> {
        self.streams
    }
}
