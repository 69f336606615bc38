//! The desk: knows everything that waits, and gives out what may go next.

use super::Shared;
use super::attempt::{Hand, Known, Next};
use super::effect::read_effect;
use super::queue::{Entry, Id, Queue};
use super::record::ALL;
use bellwether_core::{Code, DocKey, StreamId, Timestamp};
use bellwether_store::{OutboxRow, StoreError, View};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError};
use std::sync::{Arc, PoisonError};

/// How many effects are known at once; what comes after them waits on disk until some are done.
const HELD: usize = 100_000;
/// How many rows are read at once.
const READ: usize = 1_000;

/// An effect for one of the hands.
pub(super) type Job = (Id, Option<Box<Known>>);
/// What it came to.
pub(super) type Ended = (Id, Next);

/// Who performs what the desk gives out.
pub(super) enum Crew {
    /// One hand, while the desk waits.
    #[cfg(test)]
    Own(Box<Hand>),
    /// Threads.
    Threads {
        /// To whoever is free.
        jobs: SyncSender<Job>,
        /// From them.
        ended: Receiver<Ended>,
    },
}

/// Everything that waits, and who performs it.
pub(super) struct Desk {
    pub(super) shared: Arc<Shared>,
    view: View,
    queue: Queue,
    crew: Crew,
    /// Up to where the outbox was read.
    seen: Id,
    /// Something may go that could not before.
    stirred: bool,
}

impl Desk {
    /// A desk that knows what is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn new(shared: Arc<Shared>, view: View, crew: Crew) -> Result<Self, StoreError> {
        let last = view.last_pos()?;
        let open = view.open_effects(HELD)?;
        let seen = match open.last().filter(|_| open.len() >= HELD) {
            Some(row) => (row.pos, row.nth),
            None => (last, 255),
        };
        let mut desk = Self { shared, view, queue: Queue::default(), crew, seen, stirred: true };
        open.into_iter().try_for_each(|row| desk.add(&row))?;
        Ok(desk)
    }

    fn add(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        let id = (row.pos, row.nth);
        let stream = self.view.stream_at(row.pos)?.unwrap_or(StreamId::SYSTEM);
        let effect = read_effect(&row.body).map(|(_, effect)| effect);
        let (doc, _) = effect.as_ref().map_or((DocKey::Account, Code::default()), |e| e.about());
        let person = effect.map_or(Code::default(), |effect| effect.person());
        let via = Some(row.via.clone()).filter(|via| !via.is_empty());
        let (tried, busy, known) = (row.attempts > 0, false, None);
        self.queue
            .add(id, Entry { case: (stream, doc), person, due: row.due, tried, busy, via, known });
        self.stirred = true;
        Ok(())
    }

    /// Does what can be done now. Gives when there is more to do, if nothing else happens before.
    pub(super) fn turn(&mut self) -> Option<Timestamp> {
        if let Err(error) = self.read() {
            tracing::warn!(code = error.code(), "The outbox could not be read: {error}");
        }
        self.gather();
        self.give_out();
        let now = self.shared.live.now();
        let stats = &self.shared.stats;
        stats.waiting.store(self.queue.len() as u64, Relaxed);
        let oldest =
            self.queue.oldest().map_or(0, |due| now.since(due).micros().max(0).unsigned_abs());
        stats.oldest.store(oldest, Relaxed);
        self.queue.next_due(now)
    }

    /// What came since, and what a person wants tried again.
    fn read(&mut self) -> Result<(), StoreError> {
        let again = {
            let mut again = self.shared.again.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *again)
        };
        for (pos, nth) in again {
            if let Some(row) = self.view.effect(pos, nth)?.filter(|row| row.status.is_open()) {
                self.add(&row)?;
            }
        }
        while self.queue.len() < HELD {
            let rows = self.view.effects_after(self.seen, READ)?;
            for row in rows.iter().filter(|row| row.status.is_open()) {
                self.add(row)?;
            }
            let Some(last) = rows.last() else { break };
            self.seen = (last.pos, last.nth);
        }
        Ok(())
    }

    fn gather(&mut self) {
        loop {
            #[cfg_attr(
                not(test),
                expect(irrefutable_let_patterns, reason = "tests have a crew of one")
            )]
            let Crew::Threads { ended, .. } = &self.crew else { return };
            let Ok((id, next)) = ended.try_recv() else { return };
            self.apply(id, next);
        }
    }

    fn apply(&mut self, id: Id, next: Next) {
        self.stirred = true;
        match next {
            Next::Over => self.queue.remove(id),
            Next::At(due, via) => self.queue.put_back(id, due, |entry| {
                entry.tried = true;
                entry.via = via.filter(|via| !via.is_empty());
            }),
            Next::Record(due, known) => self.queue.put_back(id, due, |entry| {
                (entry.tried, entry.known) = (true, Some(known));
            }),
        }
    }

    fn give_out(&mut self) {
        let stopped = self.is_stopped();
        self.shared.stats.stopped.store(stopped, Relaxed);
        if stopped {
            return;
        }
        let now = self.shared.live.now();
        // What waits for the hour strikes without a sound.
        self.stirred |= self.queue.oldest().is_some_and(|due| due <= now);
        while std::mem::take(&mut self.stirred) {
            while let Some((id, known)) = self.take(now) {
                match &self.crew {
                    #[cfg(test)]
                    Crew::Own(hand) => {
                        let next = hand.perform(id, known);
                        self.apply(id, next);
                    }
                    Crew::Threads { jobs, .. } => {
                        if let Err(
                            TrySendError::Full((id, known))
                            | TrySendError::Disconnected((id, known)),
                        ) = jobs.try_send((id, known))
                        {
                            self.queue.put_back(id, now, |entry| entry.known = known);
                            return;
                        }
                    }
                }
            }
        }
    }

    fn take(&mut self, now: Timestamp) -> Option<Job> {
        let shared = &self.shared;
        self.queue.take(now, |via| shared.health(via, |health| health.has_room(shared.at_once)))
    }

    /// Whether the stop switch is on; each attempt looks once more when it is written down.
    fn is_stopped(&self) -> bool {
        match self.view.gates() {
            Ok(gates) => gates.iter().any(|gate| gate.name == ALL && gate.closed),
            Err(error) => {
                tracing::warn!(code = error.code(), "The stop switch could not be read: {error}");
                true
            }
        }
    }
}

/// What a thread does: takes what is given, one after the other.
pub(super) fn work(hand: &Hand, jobs: &std::sync::Mutex<Receiver<Job>>, ended: &Sender<Ended>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((id, known)) = job else { return };
        // Nothing that the closure touched is looked at after it broke off.
        let worked = std::panic::AssertUnwindSafe(|| hand.perform(id, known));
        let next = std::panic::catch_unwind(worked).unwrap_or_else(|_| hand.pick_up(id));
        if ended.send((id, next)).is_err() {
            return;
        }
        hand.shared.live.bell().ring();
    }
}
