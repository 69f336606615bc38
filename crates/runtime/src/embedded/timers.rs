//! Timers and snapshots: what is written behind the journal, and firing what is due.

use super::Embedded;
use crate::edge::Stamp;
use crate::error::DriveError;
use bellwether_core::effect::{Timer, TimerKind};
use bellwether_core::record::ENGINE;
use bellwether_core::{Body, Digest, Envelope, Origin, StreamId, Timestamp};
use bellwether_engine::StreamState;
use bellwether_ledger::{DraftBody, EventDraft, encode_event};
use bellwether_store::{Behind as Rows, Snapshot, TimerRow};
use std::collections::BTreeSet;

/// After how many committed entries snapshots are written.
const EVERY: usize = 50_000;

/// The most streams that stay in memory after snapshots were written.
const KEPT: usize = 100_000;

/// What has changed since the last pass behind the journal.
#[derive(Default)]
pub(super) struct Behind {
    changed: BTreeSet<StreamId>,
    /// Streams that may have rows behind the index.
    unindexed: BTreeSet<StreamId>,
    timers: Vec<TimerRow>,
    committed: usize,
    entries: usize,
}

impl Behind {
    pub(super) fn note(&mut self, stream: StreamId, timers: &[Timer]) {
        self.changed.insert(stream);
        self.entries += 1;
        self.timers.extend(timers.iter().map(|timer| TimerRow { stream, timer: *timer }));
    }

    /// The start found so many rows behind the snapshots: they count as if they had been written since, or whoever is
    /// killed again and again would have more to read at each start.
    pub(super) fn found(&mut self, rows: usize) {
        self.entries = self.entries.max(rows);
    }

    /// How many entries the next start would have to read.
    pub(super) const fn entries(&self) -> usize {
        self.entries
    }

    /// Rows of these streams were written to the journal.
    pub(super) fn written(&mut self, streams: BTreeSet<StreamId>) {
        self.unindexed.extend(streams);
    }

    /// Whether the index knows every row of a stream.
    pub(super) fn is_indexed(&self, stream: StreamId) -> bool {
        !self.unindexed.contains(&stream)
    }

    /// What was noted so far is committed.
    pub(super) fn committed(&mut self) {
        self.committed = self.timers.len();
    }

    /// Timers of a batch that failed were never set; changed streams are merely written once more.
    pub(super) fn forget_pending(&mut self) {
        self.timers.truncate(self.committed);
    }
}

/// The event of a timer that goes off.
pub(crate) fn timer_event(stream: StreamId, timer: &Timer, stamp: Stamp) -> (Vec<u8>, Envelope) {
    let Timer { doc, kind, graph, generation, due } = *timer;
    plain_event(stream, &Body::Timer { doc, kind, graph, generation, due }, stamp)
}

/// The event of a body that has no words of its own.
pub(crate) fn plain_event(stream: StreamId, body: &Body, stamp: Stamp) -> (Vec<u8>, Envelope) {
    let Stamp { at, origin, rules, epoch, seen } = stamp;
    let (failed, via, body) = (false, None, DraftBody::Plain(body));
    encode_event(&EventDraft { stream, at, rules, origin, epoch, seen, failed, via, body })
}

/// The next timer of a stream that is due by an instant, when it fires and as what: in history at the
/// instant it was due. History does not unmake what is real: a stream that has counted something live goes
/// on so, and so does what somebody was really asked about.
pub(crate) fn next_due(
    state: &StreamState,
    until: Timestamp,
    origin: Origin,
) -> Option<(Timer, Timestamp, Origin)> {
    let timer = state.next_timer().filter(|timer| timer.due <= until)?;
    let origin = if state.live || state.is_asked(&timer) { Origin::Live } else { origin };
    let at = if origin == Origin::History { timer.due } else { until };
    Some((timer, at, origin))
}

/// Whether a step has just woken a document of its own stream.
fn wakes_next(state: &StreamState) -> bool {
    let next = after(state.time);
    let woken = |timer: Timer| timer.kind == TimerKind::Reevaluate && timer.due == next;
    state.next_timer().is_some_and(woken)
}

fn after(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(1))
}

impl Embedded {
    /// Fires every timer of one stream that is due by an instant, in order. A case that is looked at wakes
    /// the next one a microsecond later: all that are to be told are told at once.
    pub(super) fn fire_stream(
        &mut self,
        stream: StreamId,
        until: Timestamp,
        origin: Origin,
    ) -> Result<usize, DriveError> {
        let (mut fired, mut until) = (0, until);
        let mut cases = self.streams.get(&stream).map_or(0, |state| state.subs.len());
        while let Some(state) = self.streams.get(&stream) {
            if fired > 0 && cases > 0 && wakes_next(state) {
                (cases, until) = (cases - 1, until.max(after(state.time)));
            }
            let Some((timer, at, origin)) = next_due(state, until, origin) else { break };
            let (bytes, event) = timer_event(stream, &timer, self.stamp_of(stream, at, origin));
            self.step(&event, bytes, Vec::new())?;
            fired += 1;
        }
        Ok(fired)
    }

    /// Fires every timer that is due by an instant, and commits. Returns how many fired.
    ///
    /// # Errors
    /// [`DriveError`] when a commit fails.
    pub fn tick(&mut self, until: Timestamp, origin: Origin) -> Result<usize, DriveError> {
        let mut fired = 0;
        loop {
            let (more, is_done) = self.tick_some(until, origin)?;
            fired += more;
            if is_done {
                return Ok(fired);
            }
        }
    }

    /// As [`Embedded::tick`], for about as many timers as fit into one commit: how many fired, and whether
    /// these were all.
    ///
    /// # Errors
    /// As [`Embedded::tick`]; what was not fired is found again.
    pub fn tick_some(
        &mut self,
        until: Timestamp,
        origin: Origin,
    ) -> Result<(usize, bool), DriveError> {
        if self.due.is_empty() {
            self.guarded(|driver| driver.pass(origin, until))?;
            self.tell_rest(origin, until)?;
            self.due = self.streams_due(until)?;
        }
        let mut fired = 0;
        while self.waiting() < super::BATCH
            && let Some(stream) = self.due.pop_first()
        {
            // Should it fail, it is found again by its alarm or its row, and the others go on.
            self.load(stream)?;
            // One damaged stream keeps no other one waiting; `frozen` names it.
            if !self.frozen.contains_key(&stream) {
                fired += self.guarded(|driver| driver.fire_stream(stream, until, origin))?;
                self.pending.batch.at = self.pending.batch.at.max(until);
            }
            let next = self.streams.get(&stream).and_then(StreamState::next_timer);
            self.alarms.set(stream, next.map(|timer| timer.due));
        }
        self.commit()?;
        Ok((fired, self.due.is_empty()))
    }

    fn streams_due(&mut self, until: Timestamp) -> Result<BTreeSet<StreamId>, DriveError> {
        // Streams that a failed batch evicted have their newest timers only in their records.
        while let Some(stream) = self.evicted.first().copied() {
            self.load(stream)?;
            self.evicted.remove(&stream);
        }
        let mut streams = BTreeSet::new();
        for stream in self.alarms.due(until) {
            let next = self.streams.get(&stream).and_then(StreamState::next_timer);
            match next.filter(|timer| timer.due <= until) {
                Some(_) => drop(streams.insert(stream)),
                None => self.alarms.set(stream, next.map(|timer| timer.due)),
            }
        }
        debug_assert!(
            self.streams.values().all(|state| streams.contains(&state.stream)
                || state.next_timer().is_none_or(|timer| timer.due > until)),
            "a stream in memory has no alarm"
        );
        let kept = self.store.due_timers(until, usize::MAX >> 1)?.into_iter();
        let elsewhere = kept.map(|row| row.stream);
        streams.extend(elsewhere.filter(|stream| !self.streams.contains_key(stream)));
        Ok(streams)
    }

    pub(super) fn write_behind_if_due(&mut self) -> Result<(), DriveError> {
        self.behind.committed();
        if self.behind.entries() >= EVERY { self.write_committed() } else { Ok(()) }
    }

    /// Commits what waits, then writes snapshots of every changed stream and the timers, so that the next
    /// start reads little.
    ///
    /// # Errors
    /// As [`Embedded::commit`]; [`DriveError`] when they cannot be written: nothing is lost then, the next
    /// start reads more.
    pub fn write_behind(&mut self) -> Result<(), DriveError> {
        self.commit()?;
        self.write_committed()
    }

    /// The same when nothing waits: a snapshot must not hold what may yet be dropped.
    fn write_committed(&mut self) -> Result<(), DriveError> {
        let mut snapshots = Vec::with_capacity(self.behind.changed.len());
        let covered_pos = self.store.last_pos()?;
        let evicted =
            self.behind.changed.iter().filter(|stream| !self.streams.contains_key(stream));
        for stream in evicted.copied().collect::<Vec<_>>() {
            self.load(stream)?;
        }
        for stream in &self.behind.changed {
            // A snapshot would hide what is wrong with a frozen stream from the next start.
            let thawed = self.streams.get(stream).filter(|_| !self.frozen.contains_key(stream));
            let Some(state) = thawed else { continue };
            snapshots.push(Snapshot {
                stream: *stream,
                seq: state.seq,
                pos: covered_pos,
                head: state.head,
                tag: self.snapshot_tag(state.rules),
                state: state.to_bytes(&self.book)?,
            });
        }
        self.owners.write(&mut self.store, covered_pos)?;
        let rows = Rows { snapshots: &snapshots, timers: &self.behind.timers, covered_pos };
        self.store.put_behind(&rows)?;
        self.behind.changed.clear();
        self.behind.timers.clear();
        self.index()?;
        (self.behind.committed, self.behind.entries) = (0, 0);
        if self.streams.len() > KEPT {
            self.streams.clear();
            self.alarms.clear();
        }
        Ok(())
    }

    /// Indexes every row of the journal.
    pub(super) fn index(&mut self) -> Result<(), DriveError> {
        while self.store.index_behind(BATCH_INDEX)? {}
        self.behind.unindexed.clear();
        Ok(())
    }

    /// Indexes the journal once searching what lies behind the index takes longer than that.
    pub(super) fn index_if_far(&mut self) -> Result<(), DriveError> {
        let far = self.store.last_pos()? - self.store.indexed_pos()? > FAR;
        if far { self.index() } else { Ok(()) }
    }

    /// What a snapshot depends on: the number of the engine that made it and the layout of the features.
    pub(super) fn snapshot_tag(&self, rules: Option<Digest>) -> Digest {
        let rules = rules.and_then(|digest| self.book.get(&digest));
        let layout = rules.map_or(Digest::ZERO, |rules| rules.features().digest());
        let engine = rules.map_or(ENGINE, |rules| rules.engine()).to_be_bytes();
        Digest::of_parts([b"snapshot".as_slice(), &engine, layout.as_bytes()])
    }
}

/// How many rows behind the index are searched rather than indexed.
const FAR: u64 = 4 * super::BATCH as u64;

/// How many entries are indexed in one transaction.
pub(super) const BATCH_INDEX: u64 = 20_000;
