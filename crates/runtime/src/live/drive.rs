//! The driver's thread: whatever is ready becomes one transaction, time passes, the log is signed.

use super::delivery::{Cover, Parcel, Understood};
use super::intake::{Ready, Shared};
use super::{Bell, Clock, LiveError, Reader, Sink, Stats};
use crate::embedded::{BATCH, Embedded};
use crate::error::DriveError;
use bellwether_core::event::Note;
use bellwether_core::{Body, Duration, Origin, Personal, Problem, StreamId, Timestamp};
use bellwether_store::{Delivery, Inbox, StoreError};
use std::ops::DerefMut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

/// How often timers are looked at, and the log is signed if it has grown.
const TICK: Duration = Duration::from_micros(500_000);
const SIGN: Duration = Duration::from_secs(1);
/// What fills one transaction of deliveries, by weight.
const FULL: u64 = BATCH as u64;
/// The shortest time from one transaction of deliveries to the next, unless they fill one.
const PACE: std::time::Duration = std::time::Duration::from_millis(4);
/// How far the clock may run from the machine's own count before that is written down.
const JUMP: Duration = Duration::from_secs(5);
/// How many calls run in one transaction.
const CALLS: usize = 256;
/// Deliveries read from the inbox at once.
const READ: usize = 64;

/// A step of a call.
pub(super) enum CallStep<'a> {
    /// Do the work.
    Run(&'a mut Embedded, Timestamp),
    /// What was done is durable, or is not.
    Done(Result<(), LiveError>),
}

pub(super) type Call = Box<dyn FnMut(CallStep<'_>) -> Result<(), DriveError> + Send>;

/// What the driver is asked.
pub(super) enum Task {
    /// Something is durable and waits.
    Ready,
    /// Work of somebody else's.
    Call(Call),
    /// The end.
    End,
}

pub(super) struct Drive<D> {
    pub(super) driver: D,
    pub(super) reader: Reader,
    pub(super) clock: Clock,
    pub(super) cover: Arc<Cover>,
    /// The inbox, to read what memory does not hold.
    pub(super) waits: Inbox,
    pub(super) shared: Arc<Shared>,
    /// The number of the next delivery to step.
    pub(super) next: u64,
    pub(super) bell: Arc<Bell>,
    pub(super) stats: Arc<Stats>,
    pub(super) failed: Arc<AtomicBool>,
    pub(super) spans: Sink,
    /// The newest instant that was given.
    pub(super) last: Timestamp,
    pub(super) signed: Timestamp,
    pub(super) ticked: Timestamp,
    /// Timers are due that have not fired yet.
    pub(super) fires: bool,
}

impl<D: DerefMut<Target = Embedded>> Drive<D> {
    pub(super) fn run(mut self, tasks: &Receiver<Task>) {
        let (mut began, mut wall) = (Instant::now(), (self.clock)());
        loop {
            let Ok(first) = self.next_task(tasks, began) else { break };
            self.shared.looked();
            let (calls, ends) = gather(first, tasks);
            if let Err(error) = self.pass(calls) {
                tracing::error!(code = error.code(), "The driver cannot go on: {error}");
                if self.must_end(&error) {
                    self.failed.store(true, Ordering::Release);
                    return;
                }
                // A full disk may empty: what waits is in the inbox.
                std::thread::sleep(std::time::Duration::from_millis(250));
            }
            let (now, count) = ((self.clock)(), Instant::now());
            self.heed_clock(wall, now, count - began);
            (began, wall) = (count, now);
            if ends {
                break;
            }
        }
        self.finish();
    }

    /// Waits for something to do. Deliveries that come one after the other are stepped together, since each
    /// transaction has its price; a call does not wait for them.
    fn next_task(
        &self,
        tasks: &Receiver<Task>,
        last: Instant,
    ) -> Result<Option<Task>, RecvTimeoutError> {
        let rest = || PACE.saturating_sub(last.elapsed());
        // What is not held in memory is a backlog on disk.
        let is_full = matches!(self.shared.held(), 0 | FULL..);
        let mut wait = match self.shared.reaches(self.next) {
            _ if self.fires => std::time::Duration::ZERO,
            true if is_full => std::time::Duration::ZERO,
            true => rest(),
            false => std::time::Duration::from_micros(TICK.micros().unsigned_abs()),
        };
        loop {
            match tasks.recv_timeout(wait) {
                Ok(Task::Ready) if !rest().is_zero() => wait = rest(),
                Ok(task) => return Ok(Some(task)),
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(ended) => return Err(ended),
            }
        }
    }

    /// Time that never runs backwards, whatever the machine's clock does.
    pub(super) fn now(&mut self) -> Timestamp {
        self.last = self.last.max((self.clock)());
        self.last
    }

    fn pass(&mut self, calls: Vec<Call>) -> Result<(), DriveError> {
        self.answer(calls);
        let ready = self.gather_ready()?;
        self.step_all(&ready)?;
        let now = self.now();
        if self.fires || self.ticked.plus(TICK) <= now {
            self.ticked = now;
            // Signals and calls have their turn between the timers of a long night.
            let (fired, is_done) = self.driver.tick_some(now, Origin::Live)?;
            self.fires = !is_done;
            if fired > 0 {
                self.stats.timers.fetch_add(fired as u64, Ordering::Relaxed);
                self.bell.ring();
            }
        }
        if self.signed.plus(SIGN) <= now {
            self.signed = now;
            self.driver.checkpoint(now)?;
        }
        Ok(())
    }

    /// Runs calls in one transaction; if one of them fails, each in its own.
    fn answer(&mut self, mut calls: Vec<Call>) {
        if calls.is_empty() {
            return;
        }
        let now = self.now();
        let driver = &mut *self.driver;
        let ran = calls.iter_mut().try_for_each(|call| call(CallStep::Run(driver, now)));
        let together = commit_or_drop(driver, ran);
        for call in &mut calls {
            let outcome = match &together {
                Ok(()) => Ok(()),
                Err(_) => {
                    let ran = call(CallStep::Run(driver, now));
                    commit_or_drop(driver, ran)
                }
            };
            drop(call(CallStep::Done(outcome.map_err(LiveError::from))));
        }
        self.stats.commits.fetch_add(1, Ordering::Relaxed);
        self.bell.ring();
    }

    /// Deliveries in their order, up to about a batch by weight: from memory, or else from the inbox.
    fn gather_ready(&mut self) -> Result<Vec<Ready>, DriveError> {
        let (mut ready, mut weight, mut next) = (Vec::new(), 0, self.next);
        while weight < FULL && self.shared.reaches(next) {
            if let Some(held) = self.shared.ready(next) {
                weight += held.weight;
                next += 1;
                ready.push(held);
                continue;
            }
            let rows = self.waits.from(next, READ)?;
            let Some(last) = rows.last().map(|row| row.seq) else { break };
            next = last + 1;
            for row in rows {
                if weight >= FULL {
                    next = row.seq;
                    break;
                }
                weight += row.weight;
                ready.push(self.read_again(row));
            }
        }
        self.next = next;
        Ok(ready)
    }

    /// A delivery that waited on disk. What cannot be read any more is kept apart, with the reason.
    fn read_again(&self, row: Delivery) -> Ready {
        let Delivery { seq, at, weight, sealed, .. } = row;
        let unread = |problem| Understood { signals: Vec::new(), refused: Some(problem) };
        match self.cover.open(seq, at, &sealed) {
            Ok(parcel) => {
                let understood = (self.reader)(&parcel).unwrap_or_else(unread);
                Ready { seq, at, weight, parcel, understood }
            }
            Err(error) => {
                tracing::error!(code = error.code(), seq, "A delivery of the inbox is damaged.");
                let problem = Problem::new(error.code(), error.to_string()).help(error.help());
                let (source, form) = ("inbox".to_owned(), String::new());
                let body = Personal::new(sealed);
                let parcel = Parcel { source, form, at, trace: None, body, once: None };
                Ready { seq, at, weight, parcel, understood: unread(problem) }
            }
        }
    }

    /// Writes down a clock that jumped, since it moves deadlines.
    fn heed_clock(&mut self, before: Timestamp, now: Timestamp, passed: std::time::Duration) {
        let passed = Duration::from_micros(i64::try_from(passed.as_micros()).unwrap_or(i64::MAX));
        let off = now.since(before.plus(passed)).micros();
        if off.abs() < JUMP.micros() {
            return;
        }
        tracing::warn!(seconds = off / 1_000_000, "The machine's clock jumped.");
        let members = vec![("by_us".to_owned(), off.to_string())];
        let body = Body::Noted { note: Note::ClockJump, members, tell: None };
        let at = self.now();
        let written = self.driver.give(StreamId::SYSTEM, &body, Origin::Live, at);
        if let Err(error) = written.and_then(|_| self.driver.commit()) {
            tracing::warn!(code = error.code(), "A jump of the clock could not be written down.");
        }
    }

    /// Whether only a new start helps.
    fn must_end(&self, error: &DriveError) -> bool {
        match error {
            // A full disk may empty, and whoever keeps the file busy may end.
            DriveError::Store(error) => {
                !matches!(error, StoreError::Full { .. } | StoreError::Busy)
            }
            DriveError::Log(_) | DriveError::Keys(_) => true,
            _ => false,
        }
    }

    fn finish(&mut self) {
        let now = self.now();
        let ended = self.driver.write_behind().and_then(|()| self.driver.checkpoint(now).map(drop));
        if let Err(error) = ended {
            tracing::warn!(code = error.code(), "The next start will take longer: {error}");
        }
    }
}

/// What failed leaves nothing, whatever it had done before.
fn commit_or_drop(driver: &mut Embedded, ran: Result<(), DriveError>) -> Result<(), DriveError> {
    if ran.is_err() {
        driver.drop_batch();
    }
    ran.and_then(|()| driver.commit())
}

fn gather(first: Option<Task>, tasks: &Receiver<Task>) -> (Vec<Call>, bool) {
    let (mut calls, mut next) = (Vec::new(), first);
    while let Some(task) = next {
        match task {
            Task::Call(call) => calls.push(call),
            Task::Ready => {}
            Task::End => return (calls, true),
        }
        next = if calls.len() < CALLS { tasks.try_recv().ok() } else { None };
    }
    (calls, false)
}
