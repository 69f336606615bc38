//! Rehearsal: history through rules under a virtual clock, in memory, without effects.
//!
//! The same edge and the same `step` as the real path, with seeded keys; nothing is written. Backtests
//! and simulations watch every step through a callback.

mod retelling;
mod streams;

pub use retelling::{LeftOut, Retelling};

use crate::edge::{Edge, Stamp};
use crate::error::DriveError;
use crate::identity::MemoryIdentities;
use bellwether_core::event::Seen;
use bellwether_core::signal::RawSignal;
use bellwether_core::{Envelope, Origin, StreamId, Timestamp};
use bellwether_engine::{Rules, Step, StreamState};
use std::collections::BTreeMap;
use std::sync::Arc;
use streams::Streams;

/// Streams in memory, moved by history.
pub struct Rehearsal {
    edge: Edge,
    identities: MemoryIdentities,
    streams: Streams,
}

impl Rehearsal {
    /// An empty world under some rules.
    ///
    /// # Errors
    /// [`DriveError`] when keys cannot be derived.
    pub fn new(rules: Arc<Rules>, seed: u64) -> Result<Self, DriveError> {
        let (edge, identities) = crate::wiring::seeded_edge(seed)?;
        Ok(Self { edge, identities, streams: Streams::new(rules) })
    }

    /// Takes in one signal; the caller gives them in the order of their instants. Timers of the stream
    /// that were due before fire first; `watch` sees every step.
    ///
    /// # Errors
    /// [`DriveError`] when the signal cannot be taken in or stepped.
    pub fn take(
        &mut self,
        raw: &RawSignal,
        mut watch: impl FnMut(&Envelope, &Step),
    ) -> Result<StreamId, DriveError> {
        let (origin, rules) = (Origin::History, self.streams.digest());
        let stamp = Stamp { at: raw.at, origin, rules, seen: Seen::Unasked };
        let mut taken = self.edge.take(raw, stamp)?;
        let highest = taken.learnt.iter().map(|(_, slot, _)| *slot).max().unwrap_or(0);
        self.identities.keep(&taken.learnt, highest);
        self.edge.commit();
        let stream = taken.envelope.stream;
        self.streams.fire(stream, raw.at, &mut watch)?;
        let seen = Streams::signal(&taken.envelope)
            .and_then(|signal| self.streams.look_up(stream, signal));
        if let Some(seen) = seen {
            taken = self.edge.take_again(taken, raw, Stamp { seen, ..stamp })?;
        }
        self.streams.step(&taken.envelope, &mut watch)?;
        Ok(stream)
    }

    /// Lets the time until an instant pass in every stream.
    ///
    /// # Errors
    /// [`DriveError`] when a timer cannot be stepped.
    pub fn pass(
        &mut self,
        until: Timestamp,
        mut watch: impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        self.streams.pass(until, &mut watch)
    }

    /// The streams as they stand.
    pub fn streams(&self) -> &BTreeMap<StreamId, StreamState> {
        self.streams.states()
    }
}
