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
use bellwether_store::StoreError;
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
    pub(super) fn step_all(&mut self, ready: &[Ready]) -> Result<(), DriveError> {
        let began = Instant::now();
        let mut pass = Pass::default();
        let Some(last) = ready.last().map(|ready| ready.seq) else { return Ok(()) };
        match self.attempt(ready, last, &mut pass) {
            Ok(()) => {}
            Err(error) if is_of_the_data(&error) => {
                pass = Pass::default();
                for (nth, one) in ready.iter().enumerate() {
                    if let Err(error) = self.step_alone(one, &mut pass) {
                        let (before, _) = ready.split_at_checked(nth).unwrap_or_default();
                        self.next = one.seq;
                        self.stepped(before, pass);
                        return Err(error);
                    }
                }
            }
            Err(error) => {
                self.next = ready.first().map_or(self.next, |first| first.seq);
                return Err(error);
            }
        }
        self.stepped(ready, pass);
        let count: u64 = ready.iter().map(|ready| ready.signals() as u64).sum();
        let spent = began.elapsed().as_micros().max(1);
        if count >= 64 {
            let pace = u128::from(count) * 1_000_000 / spent;
            self.shared.pace.store(u64::try_from(pace).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Deliveries are in the journal.
    fn stepped(&mut self, ready: &[Ready], pass: Pass) {
        let Some(last) = ready.last().map(|ready| ready.seq) else { return };
        self.shared.stepped(ready.iter().map(|ready| ready.weight).sum(), last);
        self.count(ready, &pass);
        if let Some(spans) = self.spans.get() {
            let until = self.last;
            pass.spans.into_iter().for_each(|span| spans.ended(Span { until, ..span }));
        }
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

    /// Steps deliveries in one transaction; if it fails, nothing of it is left.
    fn attempt(&mut self, ready: &[Ready], last: u64, pass: &mut Pass) -> Result<(), DriveError> {
        let stepped = ready.iter().try_for_each(|ready| self.step(ready, pass));
        let done = stepped.and_then(|()| self.commit(last));
        if done.is_err() {
            self.driver.drop_batch();
        }
        done
    }

    fn step(&mut self, ready: &Ready, pass: &mut Pass) -> Result<(), DriveError> {
        let at = ready.at.max(self.last);
        self.last = at;
        // A parcel is kept once, whatever is wrong with how many of its signals.
        let mut apart: Option<(Problem, u64)> = None;
        let mut refuse = |problem: Problem| match &mut apart {
            Some((_, more)) => *more += 1,
            None => apart = Some((problem, 0)),
        };
        ready.understood.refused.iter().cloned().for_each(&mut refuse);
        for Arrived { signal, trace } in &ready.understood.signals {
            let taken = match self.driver.take(signal, Origin::Live, at) {
                Err(error) if error.is_refusal() => {
                    refuse(Problem::new(error.code(), error.to_string()).help(error.help()));
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
                refuse(Problem::new("signal-conflict", message).help(help));
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
        let Some((mut problem, more)) = apart else { return Ok(()) };
        if more > 0 {
            problem.message = format!("{} (and {more} more)", problem.message);
        }
        pass.quarantined += more + 1;
        self.keep_apart(&ready.parcel, problem)
    }

    /// A delivery by itself. One that fails again and again is kept apart, so that the others go on.
    fn step_alone(&mut self, ready: &Ready, pass: &mut Pass) -> Result<(), DriveError> {
        for _ in 0..TRIES {
            let mut own = Pass::default();
            match self.attempt(std::slice::from_ref(ready), ready.seq, &mut own) {
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
        let kept = self.keep_apart(&ready.parcel, problem).and_then(|()| self.commit(ready.seq));
        if kept.is_err() {
            self.driver.drop_batch();
        }
        pass.quarantined += 1;
        kept
    }

    /// Keeps the bytes of a parcel with what is wrong with them; durable with the next commit.
    fn keep_apart(&mut self, parcel: &Parcel, problem: Problem) -> Result<(), DriveError> {
        let refusal = Refusal { problem: Box::new(problem), row: parcel.body.clone() };
        self.driver.quarantine(&refusal, &parcel.source, 0, parcel.at)
    }
}

/// Whether it lies with what was delivered, not with the disk or the keys.
fn is_of_the_data(error: &DriveError) -> bool {
    match error {
        DriveError::Store(error) => {
            matches!(error, StoreError::Conflict { .. } | StoreError::TooLarge { .. })
        }
        DriveError::Edge(error) => error.is_refusal(),
        DriveError::Keys(_) | DriveError::Seal(_) | DriveError::Log(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::EdgeError;
    use crate::keys::KeyError;
    use crate::keys::StoreFault;

    #[test]
    fn only_what_lies_with_a_delivery_takes_it_out_of_the_way() {
        let conflict = || StoreError::Conflict { what: String::new() };
        for (error, expected) in [
            (DriveError::from(conflict()), true),
            (DriveError::from(StoreError::Uncertain), false),
            (DriveError::from(StoreError::Busy), false),
            (DriveError::from(EdgeError::NoId), true),
            (DriveError::from(EdgeError::from(StoreFault::from(conflict()))), false),
            (
                DriveError::from(EdgeError::from(KeyError::from(StoreFault::from(conflict())))),
                false,
            ),
            (DriveError::from(StoreError::Uncertain), false),
            (DriveError::Spool, true),
        ] {
            assert_eq!(is_of_the_data(&error), expected, "{error}");
        }
    }
}
