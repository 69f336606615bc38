//! Streams in memory under one set of rules, moved by events and a virtual clock.

use crate::edge::Stamp;
use crate::embedded::{next_due, timer_event};
use crate::error::DriveError;
use bellwether_core::event::Seen;
use bellwether_core::record::FIRST_EPOCH;
use bellwether_core::{Body, Digest, Envelope, Origin, Signal, StreamId, Timestamp};
use bellwether_engine::{
    RuleBook, Rules, Scratch, Step, StreamState, may_be_forgotten, needs_journal, step,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Streams whose time passes only when it is told to.
pub(super) struct Streams {
    book: RuleBook,
    rules: Arc<Rules>,
    states: BTreeMap<StreamId, StreamState>,
    /// Keys of everything that was ever counted, for signals below a stream's memory.
    seen: BTreeMap<(StreamId, u64), u64>,
    scratch: Scratch,
}

impl Streams {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        Self {
            book: RuleBook::of(Arc::clone(&rules)),
            rules,
            states: BTreeMap::new(),
            seen: BTreeMap::new(),
            scratch: Scratch::default(),
        }
    }

    pub(super) fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    pub(super) fn digest(&self) -> Digest {
        self.rules.digest()
    }

    /// What is stamped on an event of these streams.
    pub(super) fn stamp(&self, at: Timestamp, origin: Origin) -> Stamp {
        let (rules, epoch, seen) = (self.digest(), FIRST_EPOCH, Seen::Unasked);
        Stamp { at, origin, rules, epoch, seen }
    }

    pub(super) fn states(&self) -> &BTreeMap<StreamId, StreamState> {
        &self.states
    }

    /// What is known about a signal's key that the stream's own memory does not hold any more, if it
    /// has to be known; the signal is remembered.
    pub(super) fn look_up(&mut self, stream: StreamId, signal: &Signal) -> Option<Seen> {
        let key = (stream, signal.key);
        let state = self.states.get(&stream);
        let must = state.is_some_and(|state| needs_journal(state, signal));
        let may = state.is_some_and(|state| may_be_forgotten(state, signal));
        let seen = (must || may).then(|| match self.seen.get(&key) {
            None => Seen::New,
            Some(known) if *known == signal.content => Seen::Same,
            Some(_) => Seen::Other,
        });
        self.seen.entry(key).or_insert(signal.content);
        seen.filter(|seen| must || *seen != Seen::New)
    }

    /// Fires the timers of a stream that are due by an instant, each at its own.
    pub(super) fn fire(
        &mut self,
        stream: StreamId,
        until: Timestamp,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        while let Some(state) = self.states.get(&stream)
            && let Some((timer, at, origin)) = next_due(state, until, Origin::History)
        {
            let (_, event) = timer_event(stream, &timer, self.stamp(at, origin));
            self.step(&event, watch)?;
        }
        Ok(())
    }

    /// Lets the time until an instant pass in every stream.
    pub(super) fn pass(
        &mut self,
        until: Timestamp,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        let streams: Vec<_> = self.states.keys().copied().collect();
        streams.into_iter().try_for_each(|stream| self.fire(stream, until, watch))
    }

    /// Steps a stream by one event.
    pub(super) fn step(
        &mut self,
        event: &Envelope,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<Step, DriveError> {
        let stream = event.stream;
        let state = self.states.entry(stream).or_insert_with(|| StreamState::new(stream));
        let done = step(state, event, &self.book, &mut self.scratch)?;
        watch(event, &done);
        Ok(done)
    }

    /// The signal of an event, where it has one.
    pub(super) fn signal(event: &Envelope) -> Option<&Signal> {
        match &event.body {
            Body::Signal(signal) => Some(signal),
            _ => None,
        }
    }
}
