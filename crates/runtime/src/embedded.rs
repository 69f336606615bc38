//! The embedded driver: one process, one SQLite store, every stream in memory that is in use.
//!
//! - In: signals from an adapter, answers, the passing of time.
//! - Out: committed events and records; timers and effects that wait.
//! - Never: keeps a state whose record is not committed. A failed commit forgets every stream of its
//!   batch, and they are derived again from what was committed.

mod alarms;
mod intake;
mod known;
mod owners;
mod recover;
pub mod refold;
mod ruling;
mod timers;
mod trim;

pub use recover::{Tenancy, active_rules, read_rules};
pub(crate) use timers::{next_due, plain_event, timer_event};
pub use trim::Trimmed;

use crate::edge::{self, Edge, Stamp, Standing, Taken};
use crate::error::DriveError;
use crate::owners::{Heard, Owners};
use crate::rollout::Canary;
use crate::wiring::Links;
use bellwether_core::event::Seen;
use bellwether_core::record::Status;
use bellwether_core::signal::RawSignal;
use bellwether_core::{Body, Envelope, Origin, StreamId, Timestamp};
use bellwether_engine::{
    ReplayError, RuleBook, Rules, Scratch, Step, StepError, StreamState, may_be_forgotten,
    needs_journal, step,
};
use bellwether_ledger::{DecodeError, decode_event, mark_failed, write_effect};
use bellwether_store::{Batch, Entry, NewEffect, Payload, Store, Tally};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The family under which signals of guarded people are counted.
pub const GUARDED: &str = "guarded";

/// How many entries are put together before they must be committed.
pub const BATCH: usize = 1024;

/// A driver over one data directory.
pub struct Embedded {
    /// Before the store: a reader that closes last leaves the write-ahead log behind.
    edge: Edge,
    store: Store,
    links: Links,
    kin: refold::Kin,
    book: RuleBook,
    active: Arc<Rules>,
    /// Rules that decide for a share of the accounts.
    canary: Option<Canary>,
    epoch: u64,
    streams: BTreeMap<StreamId, StreamState>,
    frozen: BTreeMap<StreamId, ReplayError>,
    scratch: Scratch,
    pending: Pending,
    behind: timers::Behind,
    alarms: alarms::Alarms,
    /// Streams whose timers are due, and have not fired yet.
    due: BTreeSet<StreamId>,
    /// Streams that a failed batch took out of memory.
    evicted: BTreeSet<StreamId>,
    known: known::Known,
    owners: Owners,
    clock: owners::Clock,
    /// The step of the event with this digest breaks off.
    #[cfg(test)]
    breaks: Option<bellwether_core::Digest>,
}

/// What waits for the next commit.
struct Pending {
    batch: Batch,
    touched: BTreeSet<StreamId>,
    /// The rules that held before this batch changed them.
    rules: Option<(Arc<Rules>, Option<Canary>)>,
}

/// What became of one signal.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// The step that it caused.
    pub step: Step,
    /// Timers of the stream that fired before it.
    pub fired: usize,
    /// How somebody whom it names stands, if they are treated apart.
    pub standing: Option<Standing>,
}

impl Embedded {
    /// The rules that hold for new events.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.active
    }

    /// Every set of rules that a kept event names.
    pub fn book(&self) -> &RuleBook {
        &self.book
    }

    /// Reading access to what was committed.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Writing access, for whoever keeps something beside the journal.
    pub(crate) fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Who is who.
    pub fn edge(&mut self) -> &mut Edge {
        &mut self.edge
    }

    /// Who is who, for reading.
    pub fn edge_ref(&self) -> &Edge {
        &self.edge
    }

    /// Streams whose records could not be derived again from their events, as far as they were read, and
    /// the first thing that was wrong with each; they take no events.
    pub fn frozen(&self) -> impl Iterator<Item = (StreamId, &ReplayError)> {
        self.frozen.iter().map(|(stream, why)| (*stream, why))
    }

    /// Takes a signal in and steps its stream; it is durable after the next [`Embedded::commit`]. For
    /// history, timers of the stream that were due before it fire first.
    ///
    /// # Errors
    /// [`DriveError`]; unless it is a refusal the batch is then dropped, and nothing of it is kept.
    pub fn take(
        &mut self,
        raw: &RawSignal,
        origin: Origin,
        at: Timestamp,
    ) -> Result<Counted, DriveError> {
        self.guarded(|driver| driver.take_unguarded(raw, origin, at))?.map_err(DriveError::Frozen)
    }

    /// As [`Embedded::take`]; a stream that is frozen is given back, and nothing of the signal is left.
    fn take_unguarded(
        &mut self,
        raw: &RawSignal,
        origin: Origin,
        at: Timestamp,
    ) -> Result<Result<Counted, StreamId>, DriveError> {
        let stamp = self.stamp(at, origin);
        self.pass(origin, at)?;
        let mut taken = self.edge.take(raw, stamp)?;
        let stream = taken.envelope.stream;
        if !taken.new {
            self.load(stream)?;
        }
        if self.frozen.contains_key(&stream) {
            self.edge.untake();
            return Ok(Err(stream));
        }
        let fired = match origin {
            Origin::History => self.fire_stream(stream, at, origin)?,
            Origin::Live => 0,
        };
        let seen = match self.look_around(&taken) {
            Err(DriveError::Frozen(stream)) => {
                self.edge.untake();
                return Ok(Err(stream));
            }
            seen => seen?,
        };
        if let Some(seen) = seen {
            taken = self.edge.take_again(taken, raw, Stamp { seen, ..stamp })?;
        }
        self.note_arrivals(&taken, at);
        let payloads = taken.payloads.iter().map(to_row).collect();
        let unlisted = taken.unlisted.as_ref().map(to_row);
        let (heard, standing) = (Heard::of(&taken, &raw.kind), taken.standing);
        let step = self.step(&taken.envelope, taken.bytes, payloads)?;
        let repeated = matches!(step.status, Status::Duplicate | Status::Conflict);
        if let Some(entry) = self.pending.batch.entries.last_mut().filter(|_| !repeated) {
            entry.unlisted = unlisted;
        }
        if let Some(heard) = heard {
            self.heed(heard, step.status, origin, at)?;
        }
        Ok(Ok(Counted { stream, step, fired, standing }))
    }

    /// What the driver knows about a signal's key that the stream's memory does not.
    fn look_around(&mut self, taken: &Taken) -> Result<Option<Seen>, DriveError> {
        let stream = taken.envelope.stream;
        let Body::Signal(signal) = &taken.envelope.body else { return Ok(None) };
        if let Some(seen) = self.absorbed(stream, signal)? {
            return Ok(Some(seen));
        }
        let Some(state) = self.streams.get(&stream) else { return Ok(None) };
        let must = needs_journal(state, signal);
        if !must && !may_be_forgotten(state, signal) {
            return Ok(None);
        }
        // That it is new needs no stamp where the stream could tell so by itself.
        let seen = self.look_in_journal(stream, signal)?;
        Ok(Some(seen).filter(|seen| must || *seen != Seen::New))
    }

    /// Gives any other event to a stream: an answer, a fold. Durable after the next commit.
    ///
    /// # Errors
    /// [`DriveError`]; the batch is then dropped.
    pub fn give(
        &mut self,
        stream: StreamId,
        body: &Body,
        origin: Origin,
        at: Timestamp,
    ) -> Result<Step, DriveError> {
        self.guarded(|driver| driver.give_unguarded(stream, body, origin, at))
    }

    fn give_unguarded(
        &mut self,
        stream: StreamId,
        body: &Body,
        origin: Origin,
        at: Timestamp,
    ) -> Result<Step, DriveError> {
        self.load(stream)?;
        self.pending.batch.at = self.pending.batch.at.max(at);
        let (bytes, envelope) =
            timers::plain_event(stream, body, self.stamp_of(stream, at, origin));
        self.step(&envelope, bytes, Vec::new())
    }

    fn step(
        &mut self,
        event: &Envelope,
        bytes: Vec<u8>,
        payloads: Vec<Payload>,
    ) -> Result<Step, DriveError> {
        let stream = event.stream;
        if self.frozen.contains_key(&stream) {
            return Err(DriveError::Frozen(stream));
        }
        let (bytes, done) = match self.try_step(event) {
            Some(done) => (bytes, done?),
            None => self.step_failed(event, &bytes)?,
        };
        if let Body::Signal(signal) = &event.body {
            self.known.note(stream, signal);
        }
        self.pending.touched.insert(stream);
        self.behind.note(stream, &done.timers);
        if let Some(due) = done.timers.iter().map(|timer| timer.due).min() {
            self.alarms.note(stream, due);
        }
        let rules = self.book.get(&event.rules).unwrap_or(&self.active);
        let mut entry = Entry::new(stream, done.seq, bytes, done.record.clone());
        entry.payloads = payloads;
        entry.evidence = (!done.evidence.is_empty()).then(|| done.evidence.join(&b'\n'));
        entry.effects = done
            .effects
            .iter()
            .map(|(key, effect)| {
                let mut body = Vec::new();
                write_effect(key, effect, &|code| rules.word(code), &mut body);
                NewEffect { key: key.0, body, due: event.at }
            })
            .collect();
        self.pending.batch.entries.push(entry);
        Ok(done)
    }

    /// What is stamped on a signal taken in now; the edge chooses the rules once it knows the stream.
    fn stamp(&self, at: Timestamp, origin: Origin) -> Stamp {
        let (rules, epoch, seen) = (self.active.digest(), self.epoch, Seen::Unasked);
        Stamp { at, origin, rules, epoch, seen }
    }

    /// Steps an event. `None`: the step broke off, and the stream's state means nothing any more.
    fn try_step(&mut self, event: &Envelope) -> Option<Result<Step, StepError>> {
        let stream = event.stream;
        let state = self.streams.entry(stream).or_insert_with(|| StreamState::new(stream));
        let (book, scratch) = (&self.book, &mut self.scratch);
        #[cfg(test)]
        let breaks = self.breaks == Some(event.digest);
        // Nothing that the closure touched is looked at after it broke off.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            #[cfg(test)]
            assert!(!breaks, "a fault of the test");
            step(state, event, book, scratch)
        }))
        .ok()
    }

    /// Records an event whose step broke off as undecided, so that a person hears of it; the stream is
    /// derived again from its records first. The event says that it failed: no replay tries it again.
    fn step_failed(
        &mut self,
        event: &Envelope,
        bytes: &[u8],
    ) -> Result<(Vec<u8>, Step), DriveError> {
        let stream = event.stream;
        tracing::error!(code = "step-failed", %stream, "A step broke off; a person is asked.");
        self.streams.remove(&stream);
        self.scratch = Scratch::default();
        self.load(stream)?;
        if let Some(why) = self.frozen.get(&stream) {
            return Err(why.clone().into());
        }
        let failed = mark_failed(bytes).ok_or(DecodeError::NotJson)?;
        let event = decode_event(&failed)?;
        let state = self.streams.entry(stream).or_insert_with(|| StreamState::new(stream));
        let done = step(state, &event, &self.book, &mut self.scratch)?;
        Ok((failed, done))
    }

    /// How many entries wait for a commit.
    pub fn waiting(&self) -> usize {
        self.pending.batch.entries.len()
    }

    /// What else the next commit writes: refusals, counts, an import's progress.
    pub fn batch(&mut self) -> &mut Batch {
        &mut self.pending.batch
    }

    /// Makes everything that was taken durable.
    ///
    /// # Errors
    /// [`DriveError`] when it could not be written; then nothing of it is kept, here or on disk.
    pub fn commit(&mut self) -> Result<(), DriveError> {
        self.guarded(|driver| {
            let batch = std::mem::replace(&mut driver.pending.batch, Batch::new(Timestamp::MIN));
            driver.pending.batch.at = batch.at;
            driver.store.commit(&batch)?;
            driver.edge.commit();
            driver.owners.commit();
            driver.behind.written(std::mem::take(&mut driver.pending.touched));
            driver.pending.rules = None;
            Ok(())
        })?;
        // What is written behind is a cache, and keys can be minted later: the commit stands whatever becomes
        // of them.
        if let Err(error) = self.edge.vault_mut().mint_ahead() {
            tracing::warn!(code = error.code(), "Keys could not be minted ahead.");
        }
        if let Err(error) = self.write_behind_if_due() {
            tracing::warn!(
                code = error.code(),
                "Snapshots could not be written; the next start reads more."
            );
        }
        Ok(())
    }

    /// Runs a part of a batch; if it fails, the whole batch is forgotten, unless the edge refused a signal.
    fn guarded<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<T, DriveError>,
    ) -> Result<T, DriveError> {
        let result = run(self);
        let refused =
            |error: &DriveError| matches!(error, DriveError::Edge(edge) if edge.is_refusal());
        if result.as_ref().is_err_and(|error| !refused(error)) {
            self.drop_batch();
        }
        result
    }
}

/// What is counted of a signal or row about somebody who is treated apart.
fn guarded(standing: Standing) -> Tally {
    Tally { family: GUARDED, name: standing.as_str().to_owned(), by: 1 }
}

/// A sealed part as the store keeps it: its name, then the sealed bytes, which name their slots.
fn to_row(payload: &edge::Payload) -> Payload {
    let mut sealed = Vec::with_capacity(payload.part.len() + payload.sealed.len() + 1);
    sealed.extend_from_slice(payload.part.as_bytes());
    sealed.push(0);
    sealed.extend_from_slice(&payload.sealed);
    Payload { subject: payload.slots.first().copied().unwrap_or_default(), sealed }
}

#[cfg(test)]
pub(crate) mod tests;
