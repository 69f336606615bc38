//! Bases: deriving streams whose first events retention trimmed.
//!
//! - In: the journal, and the states that `stream.base` records committed.
//! - Out: for each row, what it derives to again, or that its event is purged.
//! - Never: starts from a state that its record does not name, or that does not lead to the record after
//!   which it says it stood.

use crate::error::DriveError;
use bellwether_core::{Body, Digest, Envelope, StreamId};
use bellwether_engine::{Replay, ReplayError, RuleBook, Step, StreamState};
use bellwether_ledger::decode_event;
use bellwether_store::{Base, Row, View};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Derives records again, from the first event that is there of each stream.
pub struct Retrace<'a> {
    view: &'a View,
    book: &'a RuleBook,
    replay: Replay<'a>,
    /// Up to which record events are not needed, by stream.
    purged: BTreeMap<StreamId, u64>,
}

/// What a row came to.
#[derive(Debug)]
pub enum Traced {
    /// Its record was derived again, byte for byte.
    Same(Box<(Envelope, Step)>),
    /// It lies before its stream's base: the record is there, its event is not needed or not kept.
    Purged,
}

/// Why a row could not be derived again.
#[derive(Debug, thiserror::Error)]
pub enum RetraceError {
    /// The record differs, or its event cannot be read or stepped.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The stream has no base to begin at.
    #[error(transparent)]
    Base(#[from] DriveError),
}

impl RetraceError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Replay(error) => error.code(),
            Self::Base(error) => error.code(),
        }
    }
}

impl<'a> Retrace<'a> {
    /// Nothing derived yet.
    pub fn new(view: &'a View, book: &'a RuleBook) -> Self {
        Self { view, book, replay: Replay::new(book), purged: BTreeMap::new() }
    }

    /// Derives the next row of a stream; the first one of each must be its first of all.
    ///
    /// # Errors
    /// [`RetraceError`]; after a difference the stream goes on from the kept record.
    pub fn check(&mut self, row: &Row<'_>) -> Result<Traced, RetraceError> {
        match self.is_purged(row)? {
            true => Ok(Traced::Purged),
            false => Ok(Traced::Same(Box::new(self.replay.check(row.event, row.record)?))),
        }
    }

    /// As [`Retrace::check`], and gives what was derived also where it differs; nothing for what is purged.
    ///
    /// # Errors
    /// [`RetraceError`].
    pub fn derive(&mut self, row: &Row<'_>) -> Result<Option<(Envelope, Step)>, RetraceError> {
        match self.is_purged(row)? {
            true => Ok(None),
            false => Ok(Some(self.replay.derive(row.event, row.record)?)),
        }
    }

    /// A stream as derived so far.
    pub fn state(&self, stream: StreamId) -> Option<&StreamState> {
        self.replay.state(stream)
    }

    fn is_purged(&mut self, row: &Row<'_>) -> Result<bool, DriveError> {
        let purged = match self.purged.get(&row.stream) {
            Some(purged) => *purged,
            None => self.begin(row)?,
        };
        Ok(row.seq <= purged)
    }

    fn begin(&mut self, row: &Row<'_>) -> Result<u64, DriveError> {
        let mut purged = 0;
        if row.event.is_empty() {
            let state = state_of(self.view, row.stream, self.book)?;
            let state = state.ok_or(DriveError::Trimmed(row.stream))?;
            purged = state.seq;
            self.replay.start_from(state);
        }
        self.purged.insert(row.stream, purged);
        Ok(purged)
    }
}

/// The state at a stream's base, if it has one.
///
/// # Errors
/// `drive-base` when it is not what its record committed; what the store says.
pub fn state_of(
    view: &View,
    stream: StreamId,
    book: &RuleBook,
) -> Result<Option<StreamState>, DriveError> {
    let Some(base) = view.base(stream)? else { return Ok(None) };
    let wrong = || DriveError::BadBase(stream);
    if !is_committed(view, &base)? {
        return Err(wrong());
    }
    let state = StreamState::from_bytes(&base.state, book).map_err(|_| wrong())?;
    let mut head = None;
    view.stream_events(stream, base.seq, |row| {
        head = Some((row.seq, Digest::of(row.record)));
        ControlFlow::Break(())
    })?;
    let stands = (state.stream, Some((state.seq, state.head)));
    if stands == (stream, head) && state.seq == base.seq { Ok(Some(state)) } else { Err(wrong()) }
}

/// Whether the record of a base names its event, and the event the state.
fn is_committed(view: &View, base: &Base) -> Result<bool, DriveError> {
    let Some(entry) = view.entry(base.pos)? else { return Ok(false) };
    let event = Digest::of(&entry.event).to_string();
    let named = entry.record.windows(event.len()).any(|part| part == event.as_bytes());
    let wanted = Body::StreamBase { seq: base.seq, state: Digest::of(&base.state) };
    let says = decode_event(&entry.event).is_ok_and(|event| event.body == wanted);
    Ok(named && says && entry.stream == base.stream)
}
