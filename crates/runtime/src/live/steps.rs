//! Deliveries become steps: all that are ready in one transaction, or each alone if that fails.
//!
//! - In: deliveries in the order of the inbox.
//! - Out: committed entries, with what could not be counted kept apart; counters and spans.
//! - Never: lets one delivery that fails hold up the others, or drops one.

use super::delivery::{Arrived, Parcel};
use super::drive::Drive;
use super::intake::Ready;
use super::spans;
use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::trace::Span;
use bellwether_adapters::Refusal;
use bellwether_core::record::Status;
use bellwether_core::{Origin, Problem};
use std::ops::DerefMut;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// How often a delivery is tried alone before it is kept apart.
const TRIES: usize = 3;

/// What one pass did, for the counters.
#[derive(Default)]
struct Pass {
    statuses: Vec<(Status, u64)>,
    effects: u64,
    quarantined: u64,
    spans: Vec<Span>,
}

impl<D: DerefMut<Target = Embedded>> Drive<D> {
    pub(super) fn step_all(&mut self, ready: Vec<Ready>) -> Result<(), DriveError> {
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
        let count: u64 = ready.iter().map(|ready| ready.signals() as u64).sum();
        self.shared.stepped(count, last);
        self.count(&ready, &pass);
        if let Some(spans) = self.spans.get() {
            let until = self.last;
            pass.spans.into_iter().for_each(|span| spans.ended(Span { until, ..span }));
        }
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
            self.stats.decided.add(micros, ready.signals() as u64);
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
        if let Some(problem) = &ready.understood.refused {
            self.keep_apart(&ready.parcel, problem.clone());
            pass.quarantined += 1;
        }
        for Arrived { signal, trace } in &ready.understood.signals {
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
            let effects = taken.step.effects.len() as u64;
            pass.effects += effects;
            let kept = trace.as_ref().filter(|_| self.spans.get().is_some());
            let span = kept.and_then(|trace| spans::decision(trace, ready, status, effects));
            if effects > 0 {
                let next = span.as_ref().map(|span| span.context.to_string());
                self.driver.trace_last(next.or_else(|| trace.clone()));
            }
            pass.spans.extend(span);
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
                    pass.spans.append(&mut own.spans);
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
}

/// Whether it lies with what was delivered, not with the disk or the keys.
fn is_of_the_data(error: &DriveError) -> bool {
    !matches!(error, DriveError::Store(_) | DriveError::Keys(_) | DriveError::Log(_))
}
