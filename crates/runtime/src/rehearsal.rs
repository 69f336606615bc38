//! Rehearsal: history through rules under a virtual clock, in memory, without effects.
//!
//! The same edge and the same `step` as the real path, with seeded keys; nothing is written. Backtests
//! and simulations watch every step through a callback.

mod asks;
mod retelling;
mod staff;
mod streams;

pub use asks::{Asks, Left, Looked, Matter, Standing};
pub use retelling::{LeftOut, Retelling};
pub use staff::{Conduct, Staff};

use crate::edge::{Edge, Stamp};
use crate::error::DriveError;
use crate::identity::MemoryIdentities;
use crate::owners::{Heard, Owners, Said};
use bellwether_core::record::Status;
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
    owners: Owners,
}

impl Rehearsal {
    /// An empty world under some rules.
    ///
    /// # Errors
    /// [`DriveError`] when keys cannot be derived.
    pub fn new(rules: Arc<Rules>, seed: u64) -> Result<Self, DriveError> {
        let (edge, identities) = crate::wiring::seeded_edge(seed)?;
        Ok(Self { edge, identities, streams: Streams::new(rules), owners: Owners::default() })
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
        let stamp = self.streams.stamp(raw.at, Origin::History);
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
        let heard = Heard::of(&taken, &raw.kind);
        let status = self.streams.step(&taken.envelope, &mut watch)?.status;
        if let Some(heard) = heard {
            self.heed(heard, status, stamp, &mut watch)?;
        }
        Ok(stream)
    }

    /// Accounts hear of their owners as they do of the real driver.
    fn heed(
        &mut self,
        heard: Heard,
        status: Status,
        stamp: Stamp,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        let always = Timestamp::MAX;
        let mut owed = Vec::new();
        if let Some(tenure) = heard.tenure {
            self.edge.tenures_mut().note(tenure);
            let tenures = self.edge.tenures();
            owed = self.owners.owed(tenure.person, tenures, always, None, usize::MAX)?;
        }
        if let Some(owned) = heard.owned
            && matches!(status, Status::Applied | Status::Late)
        {
            owed.extend(self.owners.own(owned, self.edge.tenures(), always, None)?);
        }
        let lateness = self.streams.rules().policy().meta().lateness;
        for owed in owed {
            let stream = StreamId::account(owed.place.account);
            let state = self.streams.states().get(&stream);
            let Some(time) = state.map(|state| state.time) else { continue };
            let notice = owed.notice(owed.place.account, owed.at(time, lateness));
            self.streams.fire(stream, notice.at, watch)?;
            let (_, mut event) = self.edge.notice(&notice, stamp);
            let Some(signal) = Streams::signal(&event) else { continue };
            if let Some(said) = Said::of(signal, Some(owed.cause.person)) {
                self.owners.note(owed.place.clone(), said);
            }
            if let Some(seen) = self.streams.look_up(stream, signal) {
                event = self.edge.notice(&notice, Stamp { seen, ..stamp }).1;
            }
            self.streams.step(&event, watch)?;
        }
        self.owners.commit();
        Ok(())
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
