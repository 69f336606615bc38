//! Rehearsal: history through rules under a virtual clock, in memory, without effects.
//!
//! The same edge and the same `step` as the real path, with seeded keys; nothing is written. Backtests
//! and simulations watch every step through a callback.

use crate::edge::{Edge, Stamp};
use crate::embedded::timer_event;
use crate::error::DriveError;
use crate::identity::MemoryIdentities;
use crate::owners::{Heard, Owners, Said};
use bellwether_core::event::Seen;
use bellwether_core::record::{FIRST_EPOCH, Status};
use bellwether_core::signal::RawSignal;
use bellwether_core::{Body, Envelope, Origin, StreamId, Timestamp};
use bellwether_engine::{RuleBook, Rules, Scratch, Step, StreamState, needs_journal, step};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Streams in memory, moved by history.
pub struct Rehearsal {
    edge: Edge,
    identities: MemoryIdentities,
    book: RuleBook,
    rules: Arc<Rules>,
    streams: BTreeMap<StreamId, StreamState>,
    /// Keys of everything that was ever counted, for signals below a stream's memory.
    seen: BTreeMap<(StreamId, u64), u64>,
    owners: Owners,
    scratch: Scratch,
}

impl Rehearsal {
    /// An empty world under some rules.
    ///
    /// # Errors
    /// [`DriveError`] when keys cannot be derived.
    pub fn new(rules: Arc<Rules>, seed: u64) -> Result<Self, DriveError> {
        let (edge, identities) = crate::wiring::seeded_edge(seed)?;
        Ok(Self {
            edge,
            identities,
            book: RuleBook::of(Arc::clone(&rules)),
            rules,
            streams: BTreeMap::new(),
            seen: BTreeMap::new(),
            owners: Owners::default(),
            scratch: Scratch::default(),
        })
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
        let (origin, rules, epoch) = (Origin::History, self.rules.digest(), FIRST_EPOCH);
        let stamp = Stamp { at: raw.at, origin, rules, epoch, seen: Seen::Unasked };
        let mut taken = self.edge.take(raw, stamp)?;
        let highest = taken.learnt.iter().map(|(_, slot, _)| *slot).max().unwrap_or(0);
        self.identities.keep(&taken.learnt, highest);
        self.edge.commit();
        let stream = taken.envelope.stream;
        self.fire(stream, raw.at, &mut watch)?;
        if let Body::Signal(signal) = &taken.envelope.body {
            let (key, content) = ((stream, signal.key), signal.content);
            if self.streams.get(&stream).is_some_and(|state| needs_journal(state, signal)) {
                let seen = match self.seen.get(&key) {
                    None => Seen::New,
                    Some(known) if *known == content => Seen::Same,
                    Some(_) => Seen::Other,
                };
                taken = self.edge.take_again(taken, raw, Stamp { seen, ..stamp })?;
            }
            self.seen.entry(key).or_insert(content);
        }
        let heard = Heard::of(&taken, &raw.kind);
        let status = self.step(&taken.envelope, &mut watch)?;
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
        let lateness = self.rules.policy().meta().lateness;
        for owed in owed {
            let stream = StreamId::account(owed.place.account);
            let Some(time) = self.streams.get(&stream).map(|state| state.time) else { continue };
            let notice = owed.notice(owed.place.account, owed.at(time, lateness));
            self.fire(stream, notice.at, watch)?;
            let (_, mut event) = self.edge.notice(&notice, stamp);
            let Body::Signal(signal) = &event.body else { continue };
            if let Some(said) = Said::of(signal, Some(owed.cause.person)) {
                self.owners.note(owed.place.clone(), said);
            }
            if self.streams.get(&stream).is_some_and(|state| needs_journal(state, signal)) {
                event = self.edge.notice(&notice, Stamp { seen: Seen::New, ..stamp }).1;
            }
            self.step(&event, watch)?;
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
        let streams: BTreeSet<_> = self.streams.keys().copied().collect();
        streams.into_iter().try_for_each(|stream| self.fire(stream, until, &mut watch))
    }

    fn fire(
        &mut self,
        stream: StreamId,
        until: Timestamp,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        while let Some(timer) = self.streams.get(&stream).and_then(|state| state.next_timer())
            && timer.due <= until
        {
            let (at, origin) = (timer.due, Origin::History);
            let (rules, epoch, seen) = (self.rules.digest(), FIRST_EPOCH, Seen::Unasked);
            let stamp = Stamp { at, origin, rules, epoch, seen };
            let (_, envelope) = timer_event(stream, &timer, stamp);
            self.step(&envelope, watch)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        event: &Envelope,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<Status, DriveError> {
        let stream = event.stream;
        let state = self.streams.entry(stream).or_insert_with(|| StreamState::new(stream));
        let done = step(state, event, &self.book, &mut self.scratch)?;
        watch(event, &done);
        Ok(done.status)
    }

    /// The streams as they stand.
    pub fn streams(&self) -> &BTreeMap<StreamId, StreamState> {
        &self.streams
    }
}
