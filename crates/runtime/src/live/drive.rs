//! The driver's thread: whatever is ready becomes one transaction, time passes, the log is signed.

use super::delivery::{Arrived, Cover, Parcel};
use super::intake::{Ready, Shared};
use super::{Bell, Clock, LiveError, Reader, Stats};
use crate::embedded::{BATCH, Embedded};
use crate::error::DriveError;
use bellwether_adapters::Refusal;
use bellwether_core::event::Note;
use bellwether_core::record::Status;
use bellwether_core::{Body, Duration, Origin, Problem, StreamId, Timestamp};
use bellwether_store::Inbox;
use std::ops::DerefMut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

/// How often timers are looked at, and the log is signed if it has grown.
const TICK: Duration = Duration::from_micros(500_000);
const SIGN: Duration = Duration::from_secs(1);
/// How far the clock may run from the machine's own count before that is written down.
const JUMP: Duration = Duration::from_secs(5);
/// How many calls run in one transaction.
const CALLS: usize = 256;
/// Deliveries read from the inbox at once.
const READ: usize = 64;
/// How often a delivery is tried alone before it is kept apart.
const TRIES: usize = 3;

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
    /// The newest instant that was given.
    pub(super) last: Timestamp,
    pub(super) signed: Timestamp,
    pub(super) ticked: Timestamp,
}

/// What one pass did, for the counters.
#[derive(Default)]
struct Pass {
    statuses: Vec<(Status, u64)>,
    effects: u64,
    quarantined: u64,
}

impl<D: DerefMut<Target = Embedded>> Drive<D> {
    pub(super) fn run(mut self, tasks: &Receiver<Task>) {
        let (mut began, mut wall) = (Instant::now(), (self.clock)());
        loop {
            let more = self.shared.reaches(self.next);
            let wait = if more { Duration::from_micros(0) } else { TICK };
            let wait = std::time::Duration::from_micros(wait.micros().unsigned_abs());
            let first = match tasks.recv_timeout(wait) {
                Ok(task) => Some(task),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
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

    /// Time that never runs backwards, whatever the machine's clock does.
    fn now(&mut self) -> Timestamp {
        self.last = self.last.max((self.clock)());
        self.last
    }

    fn pass(&mut self, calls: Vec<Call>) -> Result<(), DriveError> {
        self.answer(calls);
        let ready = self.gather_ready()?;
        if !ready.is_empty() {
            self.step_all(ready)?;
        }
        let now = self.now();
        if self.ticked.plus(TICK) <= now {
            self.ticked = now;
            let fired = self.driver.tick(now, Origin::Live)?;
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
        let mut run = |calls: &mut [Call]| {
            let ran = calls.iter_mut().try_for_each(|call| call(CallStep::Run(driver, now)));
            let done = ran.and_then(|()| driver.commit());
            if done.is_err() {
                // What a call took before it failed must not be committed with the next one.
                driver.forget();
            }
            done
        };
        let together = run(&mut calls);
        for call in &mut calls {
            let outcome = match &together {
                Ok(()) => Ok(()),
                Err(_) => run(std::slice::from_mut(call)),
            };
            drop(call(CallStep::Done(outcome.map_err(LiveError::from))));
        }
        self.stats.commits.fetch_add(1, Ordering::Relaxed);
        self.bell.ring();
    }

    /// Deliveries in their order, up to about a batch of signals: from memory, or else from the inbox.
    fn gather_ready(&mut self) -> Result<Vec<Ready>, DriveError> {
        let (mut ready, mut signals) = (Vec::new(), 0);
        while signals < BATCH && self.shared.reaches(self.next) {
            if let Some(next) = self.shared.ready(self.next) {
                signals += next.signals.len().max(1);
                self.next += 1;
                ready.push(next);
                continue;
            }
            let rows = self.waits.from(self.next, READ)?;
            let Some(last) = rows.last().map(|row| row.seq) else { break };
            for row in rows {
                let read = self.read_again(row.seq, row.at, &row.sealed);
                signals += read.signals.len().max(1);
                ready.push(read);
            }
            self.next = last + 1;
        }
        Ok(ready)
    }

    /// A delivery that waited on disk. What cannot be read any more is kept apart, with the reason.
    fn read_again(&mut self, seq: u64, at: Timestamp, sealed: &[u8]) -> Ready {
        let opened = self.cover.open(seq, at, sealed);
        let Ok(parcel) = opened else {
            tracing::error!(code = "live-damaged", seq, "A delivery of the inbox is damaged.");
            let body = bellwether_core::Personal::new(sealed.to_vec());
            let (source, form, trace) = ("inbox".to_owned(), String::new(), None);
            return Ready {
                seq,
                at,
                parcel: Parcel { source, form, at, trace, body },
                signals: Vec::new(),
            };
        };
        match (self.reader)(&parcel) {
            Ok(signals) => Ready { seq, at, parcel, signals },
            Err(problem) => {
                self.keep_apart(&parcel, problem);
                Ready { seq, at, parcel, signals: Vec::new() }
            }
        }
    }

    fn step_all(&mut self, ready: Vec<Ready>) -> Result<(), DriveError> {
        let began = Instant::now();
        let mut pass = Pass::default();
        let Some(last) = ready.last().map(|ready| ready.seq) else { return Ok(()) };
        let together = ready.iter().try_for_each(|ready| self.step(ready, &mut pass));
        let committed = together.and_then(|()| self.commit(last));
        if let Err(error) = committed {
            if !is_of_the_data(&error) {
                self.next = ready.first().map_or(self.next, |first| first.seq);
                return Err(error);
            }
            pass = Pass::default();
            for one in &ready {
                self.step_alone(one, &mut pass)?;
            }
        }
        let count: u64 = ready.iter().map(|ready| ready.signals.len() as u64).sum();
        self.shared.stepped(count, last);
        self.count(&ready, &pass);
        let spent = began.elapsed().as_micros().max(1);
        if count >= 64 {
            let pace = u128::from(count) * 1_000_000 / spent;
            self.shared.pace.store(u64::try_from(pace).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        Ok(())
    }

    fn count(&mut self, ready: &[Ready], pass: &Pass) {
        let now = self.now();
        for ready in ready {
            let micros = now.since(ready.at).micros().unsigned_abs();
            self.stats.decided.add(micros, ready.signals.len() as u64);
        }
        for (status, times) in &pass.statuses {
            (0..*times).for_each(|_| self.stats.signal(*status));
        }
        self.stats.quarantined.fetch_add(pass.quarantined, Ordering::Relaxed);
        self.stats.effects.fetch_add(pass.effects, Ordering::Relaxed);
        if pass.effects > 0 {
            self.bell.ring();
        }
    }

    fn commit(&mut self, seq: u64) -> Result<(), DriveError> {
        let now = self.now();
        let batch = self.driver.batch();
        batch.at = batch.at.max(now);
        batch.inbox = Some(seq);
        self.driver.commit()?;
        self.stats.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn step(&mut self, ready: &Ready, pass: &mut Pass) -> Result<(), DriveError> {
        let at = ready.at.max(self.last);
        self.last = at;
        for Arrived { signal, trace } in &ready.signals {
            let taken = match self.driver.take(signal, Origin::Live, at) {
                Err(error) if error.is_refusal() => {
                    let problem = Problem::new(error.code(), error.to_string()).help(error.help());
                    self.keep_apart(&ready.parcel, problem);
                    pass.quarantined += 1;
                    continue;
                }
                taken => taken?,
            };
            let status = taken.step.status;
            match pass.statuses.iter_mut().find(|(known, _)| *known == status) {
                Some((_, times)) => *times += 1,
                None => pass.statuses.push((status, 1)),
            }
            if status == Status::Conflict {
                let message =
                    format!("a signal of `{}` came twice and says something else", signal.source);
                let help = "find out which one is right; the first one counts";
                self.keep_apart(&ready.parcel, Problem::new("signal-conflict", message).help(help));
                pass.quarantined += 1;
            }
            if !taken.step.effects.is_empty() {
                pass.effects += taken.step.effects.len() as u64;
                self.driver.trace_last(trace.clone());
            }
        }
        Ok(())
    }

    /// A delivery by itself. One that fails again and again is kept apart, so that the others go on.
    fn step_alone(&mut self, ready: &Ready, pass: &mut Pass) -> Result<(), DriveError> {
        for _ in 0..TRIES {
            let mut own = Pass::default();
            let done = self.step(ready, &mut own).and_then(|()| self.commit(ready.seq));
            match done {
                Ok(()) => {
                    pass.statuses.append(&mut own.statuses);
                    pass.effects += own.effects;
                    pass.quarantined += own.quarantined;
                    return Ok(());
                }
                Err(error) if is_of_the_data(&error) => {
                    tracing::error!(code = error.code(), seq = ready.seq, "A delivery failed.");
                }
                Err(error) => return Err(error),
            }
        }
        let help = "report it with the version; `quarantine list` shows what it was";
        let problem = Problem::new("live-poison", "a delivery failed again and again").help(help);
        self.keep_apart(&ready.parcel, problem);
        pass.quarantined += 1;
        self.commit(ready.seq)
    }

    /// Keeps the bytes of a parcel with what is wrong with them; durable with the next commit.
    fn keep_apart(&mut self, parcel: &Parcel, problem: Problem) {
        let refusal = Refusal { problem: Box::new(problem), row: parcel.body.clone() };
        let kept = self.driver.quarantine(&refusal, &parcel.source, 0, parcel.at);
        if let Err(error) = kept {
            tracing::error!(code = error.code(), "A refused delivery could not be kept.");
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
        matches!(error, DriveError::Store(error) if error.code() != "store-full")
            || matches!(error, DriveError::Log(_) | DriveError::Keys(_))
    }

    fn finish(&mut self) {
        let now = self.now();
        let ended = self.driver.write_behind().and_then(|()| self.driver.checkpoint(now).map(drop));
        if let Err(error) = ended {
            tracing::warn!(code = error.code(), "The next start will take longer: {error}");
        }
    }
}

/// Whether it lies with what was delivered, not with the disk or the keys.
fn is_of_the_data(error: &DriveError) -> bool {
    !matches!(error, DriveError::Store(_) | DriveError::Keys(_) | DriveError::Log(_))
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
