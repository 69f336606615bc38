//! Trimming: before old events go, the state that they led to is committed.
//!
//! - In: a position of the journal below which events are past their retention.
//! - Out: a `stream.base` record in every stream that loses some, then empty events; records stay.
//! - Never: trims an event that is needed to derive a later record.
//!
//! Cut short, it leaves bases that cover more than was trimmed; the next run goes on.

use super::{BATCH, Embedded};
use crate::base;
use crate::error::DriveError;
use bellwether_core::{Body, Digest, Origin, StreamId, Timestamp};
use bellwether_engine::{Replay, StreamState};
use bellwether_store::Base;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How many events are emptied in one transaction.
const PIECE: u64 = 10_000;

/// What a trimming did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Streams whose state was committed.
    pub bases: u64,
    /// Events that are gone.
    pub events: u64,
}

/// A base that has no position yet: the record that commits to it is given, and not yet committed.
struct Waiting {
    stream: StreamId,
    seq: u64,
    /// The number of that record in the stream.
    committed_by: u64,
    state: Vec<u8>,
}

impl Embedded {
    /// Trims the events below a position of the journal.
    ///
    /// # Errors
    /// `store-base-missing` names a stream that is frozen and can be given no base; nothing is trimmed
    /// then. What the store says: run it again.
    pub fn trim(&mut self, before: u64, at: Timestamp) -> Result<Trimmed, DriveError> {
        self.write_behind()?;
        let before = before.min(self.store.covered_pos()? + 1);
        let mut trimmed = Trimmed::default();
        let (mut last, committing) = (BTreeMap::new(), self.store.base_positions()?);
        self.store.scan(self.store.trimmed_pos()?.max(1), |row| {
            if row.pos >= before {
                return ControlFlow::Break(());
            }
            if row.stream != StreamId::SYSTEM && !committing.contains(&row.pos) {
                last.insert(row.stream, row.seq);
                trimmed.events += 1;
            }
            ControlFlow::Continue(())
        })?;
        let mut waiting = Vec::new();
        for (stream, seq) in last {
            let covered = self.store.base(stream)?.is_some_and(|base| base.seq >= seq);
            if covered || self.is_frozen(stream)? {
                continue;
            }
            waiting.push(self.give_base(stream, seq, at)?);
            trimmed.bases += 1;
            if waiting.len() >= BATCH {
                self.keep_bases(&mut waiting)?;
            }
        }
        self.keep_bases(&mut waiting)?;
        self.write_behind()?;
        while self.store.trim_events(before, PIECE)? {}
        Ok(trimmed)
    }

    /// Commits to the state of a stream after one of its records.
    fn give_base(
        &mut self,
        stream: StreamId,
        seq: u64,
        at: Timestamp,
    ) -> Result<Waiting, DriveError> {
        let state = self.state_after(stream, seq)?.to_bytes(&self.book)?;
        let body = Body::StreamBase { seq, state: Digest::of(&state) };
        let step = self.give(stream, &body, Origin::Live, at)?;
        Ok(Waiting { stream, seq, committed_by: step.seq, state })
    }

    fn keep_bases(&mut self, waiting: &mut Vec<Waiting>) -> Result<(), DriveError> {
        self.commit()?;
        let mut bases = Vec::with_capacity(waiting.len());
        for Waiting { stream, seq, committed_by, state } in waiting.drain(..) {
            let mut pos = 0;
            self.store.stream_events(stream, committed_by, |row| {
                pos = row.pos;
                ControlFlow::Break(())
            })?;
            bases.push(Base { stream, seq, pos, state });
        }
        self.store.put_bases(&bases)?;
        Ok(())
    }

    /// A stream as it stood after a record, derived from its base or its beginning.
    fn state_after(&self, stream: StreamId, seq: u64) -> Result<StreamState, DriveError> {
        let mut replay = Replay::new(&self.book);
        let mut from = 1;
        if let Some(state) = base::state_of(&self.store, stream, &self.book)? {
            from = state.seq + 1;
            replay.start_from(state);
        }
        let mut differs = false;
        self.rows_of(stream, from, |row| {
            if row.seq > seq {
                return ControlFlow::Break(());
            }
            differs |= replay.check(row.event, row.record).is_err();
            if differs { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let state = replay.into_states().remove(&stream);
        state.filter(|state| !differs && state.seq == seq).ok_or(DriveError::Frozen(stream))
    }
}

#[cfg(test)]
mod tests;
