//! One attempt: prepared, allowed, written down as under way, sent, and written down as what it came to.

use super::carry::Carried;
use super::effect::read_effect;
use super::health::{Denied, Leave, Verdict, span_id};
use super::outcome::{self, Heard};
use super::queue::Id;
use super::record::{self, Begun, Wanted};
use super::{Prepared, Route, Shared, Span, trace};
use crate::live::LiveError;
use bellwether_adapters::channel::{Card, Outcome, Reconciled, Request};
use bellwether_core::event::Performed;
use bellwether_core::{Duration, Personal, Timestamp};
use bellwether_store::{OutboxChange, OutboxRow, OutboxStatus, StoreError, View};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// After so long something that the driver did not take is offered to it again.
const AGAIN: Duration = Duration::from_secs(1);
/// A stopped effect is looked at again after so long; the bell rings before if sending goes on.
const STOPPED: Duration = Duration::from_secs(5);

/// What became of an effect, until it is written down.
#[derive(Debug)]
pub(super) struct Known {
    wanted: Wanted,
    change: OutboxChange,
    result: Option<Performed>,
}

/// What is to be done with an effect next.
#[derive(Debug)]
pub(super) enum Next {
    /// Nothing.
    Over,
    /// To look at it again, not before; by a channel if that is known.
    At(Timestamp, Option<String>),
    /// To write down what is known of it.
    Record(Timestamp, Box<Known>),
}

/// Where an unknown result leaves an effect, once it was asked about.
enum Cleared {
    /// It did not arrive: as if it had not been sent.
    No,
    /// It may be tried again under its key, by the channel it went by.
    Repeat,
    /// It is settled, or waits.
    Next(Next),
}

/// One of those who perform effects; each has a connection of its own for reading.
pub(super) struct Hand {
    pub(super) shared: Arc<Shared>,
    pub(super) view: View,
}

/// An effect under way.
struct Job {
    row: OutboxRow,
    wanted: Wanted,
    /// It may have arrived by the channel that the row names.
    unsure: bool,
}

impl<'a> Heard<'a> {
    /// Of a channel that was not asked, which counts as if it had been.
    fn not_asked(job: &Job, via: &'a str, outcome: &'a Outcome) -> Self {
        let tries = if via == job.row.via { job.row.tries } else { 0 };
        Self { via, tries: tries + 1, outcome, more: None, may_repeat: false }
    }
}

/// A way to a person: the channel's place in their list, and their address on it.
struct Way<'a> {
    route: &'a Route,
    to: &'a Personal<String>,
}

/// A leave that gives itself back.
struct Held<'a> {
    shared: &'a Shared,
    route: &'a str,
    leave: Leave,
    verdict: Verdict,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let (now, leave, verdict) = (self.shared.live.now(), self.leave, self.verdict);
        let open = self.shared.health(self.route, |health| {
            health.tell(leave, verdict, now);
            health.is_open(now)
        });
        self.shared.stats.of_channel(self.route, |stats| stats.open.store(open, Relaxed));
    }
}

impl Hand {
    /// Brings an effect one step on.
    pub(super) fn perform(&self, id: Id, known: Option<Box<Known>>) -> Next {
        if let Some(known) = known {
            return self.record(*known);
        }
        match self.try_perform(id) {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(code = error.code(), "An effect could not be read: {error}");
                Next::At(self.shared.live.now().plus(AGAIN), None)
            }
        }
    }

    fn try_perform(&self, id: Id) -> Result<Next, StoreError> {
        let Some(row) = self.view.effect(id.0, id.1)?.filter(|row| row.status.is_open()) else {
            return Ok(Next::Over);
        };
        let read = self.view.stream_at(id.0)?.zip(read_effect(&row.body));
        let Some((stream, (key, effect))) = read else {
            tracing::error!(code = "delivery-unreadable", pos = id.0, "An effect cannot be read.");
            return Ok(self.bury(row));
        };
        let unsure = row.status != OutboxStatus::Waiting;
        let wanted = Wanted { id, stream, key, effect };
        let mut job = Job { row, wanted, unsure };
        Ok(match (self.shared.render)(&job.row) {
            Err(problem) => {
                tracing::warn!(code = problem.code, "A card could not be prepared: {problem}");
                let outcome = Outcome::Later { after: None, why: "unprepared" };
                self.conclude(&job, Heard::not_asked(&job, &job.row.via, &outcome))
            }
            Ok(Prepared::Unwanted) if !job.unsure => self.finish(&job, Performed::Expired, ""),
            Ok(Prepared::Unwanted) => self.finish(&job, Performed::Unknown, ""),
            Ok(Prepared::Card { card, ways }) => {
                let ways: Vec<Way<'_>> = ways
                    .iter()
                    .filter_map(|(name, to)| Some(Way { route: self.shared.routes.get(name)?, to }))
                    .collect();
                self.go(&mut job, card, &ways)
            }
        })
    }

    /// An effect that is no effect stays where a person sees it.
    fn bury(&self, row: OutboxRow) -> Next {
        let now = self.shared.live.now();
        let change = OutboxChange {
            why: "unreadable".to_owned(),
            ..OutboxChange::new((row.pos, row.nth), OutboxStatus::GivenUp, row.attempts, now)
        };
        let written = self.shared.live.call(move |driver, _| {
            driver.batch().outbox.push(change.clone());
            Ok(())
        });
        written.map_or_else(|_| Next::At(now.plus(AGAIN), None), |()| Next::Over)
    }

    fn go(&self, job: &mut Job, card: Card, ways: &[Way<'_>]) -> Next {
        if job.unsure {
            match self.clear_up(job, ways) {
                Cleared::No => job.unsure = false,
                Cleared::Repeat => {}
                Cleared::Next(next) => return next,
            }
        }
        let at = ways.iter().position(|way| way.route.name == job.row.via);
        let (first, last) = match (at, job.unsure) {
            (Some(at), true) => (at, at + 1),
            (at, _) => (at.unwrap_or(0), ways.len()),
        };
        let mut denied = Vec::new();
        for nth in first..last {
            let Some(way) = ways.get(nth) else { continue };
            let tries = if way.route.name == job.row.via { job.row.tries } else { 0 };
            match self.leave(way.route, tries > 0) {
                Ok(held) => {
                    let more = ways.get(nth + 1).filter(|_| !job.unsure);
                    return self.send(job, card, way, tries, more, held);
                }
                Err(why) => denied.push((way.route.name.clone(), why)),
            }
        }
        self.held_up(job, ways.first(), denied)
    }

    /// Every channel of the person was asked for leave, and none gave it.
    fn held_up(&self, job: &Job, first: Option<&Way<'_>>, denied: Vec<(String, Denied)>) -> Next {
        let now = self.shared.live.now();
        let Some((via, _)) = denied.first().cloned() else {
            let why = if first.is_some() { "channel_gone" } else { "no_address" };
            let outcome = Outcome::Refused { why };
            return self.conclude(job, Heard::not_asked(job, &job.row.via, &outcome));
        };
        let open = denied.iter().all(|(_, why)| matches!(why, Denied::Open(_)));
        if open {
            // As good as tried: a dead channel must not keep somebody waiting longer than one that answers.
            let outcome = Outcome::Later { after: None, why: "channel_down" };
            let via = if job.unsure { &job.row.via } else { &via };
            return self.conclude(job, Heard::not_asked(job, via, &outcome));
        }
        let until = |why: &Denied| match why {
            Denied::Busy => now,
            Denied::Open(until) | Denied::Until(until) => *until,
        };
        let (via, why) =
            denied.iter().min_by_key(|(_, why)| until(why)).cloned().unwrap_or((via, Denied::Busy));
        Next::At(until(&why), Some(via))
    }

    fn leave<'a>(&'a self, route: &'a Route, retry: bool) -> Result<Held<'a>, Denied> {
        let (shared, now) = (&*self.shared, self.shared.live.now());
        let leave = shared.health(&route.name, |health| health.ask(now, retry, shared.at_once))?;
        Ok(Held { shared, route: &route.name, leave, verdict: Verdict::Unused })
    }

    /// Asks about a request whose result is unknown.
    fn clear_up(&self, job: &Job, ways: &[Way<'_>]) -> Cleared {
        let gone = || Cleared::Next(self.finish(job, Performed::Unknown, "channel_gone"));
        if job.row.via.is_empty() {
            // Restored from a backup: it may have gone by any of them since.
            return self.clear_up_all(job, ways);
        }
        let Some(way) = ways.iter().find(|way| way.route.name == job.row.via) else {
            return gone();
        };
        match self.reconcile(job, way) {
            Ok(Reconciled::Done) => Cleared::Next(self.finish(job, Performed::Delivered, "")),
            Ok(Reconciled::NotDone) => Cleared::No,
            Ok(Reconciled::Unknown) if way.route.channel.recognises_repeats() => Cleared::Repeat,
            Ok(Reconciled::Unknown) => {
                Cleared::Next(self.finish(job, Performed::Unknown, "no_answer"))
            }
            Err(next) => Cleared::Next(next),
        }
    }

    fn clear_up_all(&self, job: &Job, ways: &[Way<'_>]) -> Cleared {
        let mut repeats = false;
        for way in ways {
            match self.reconcile(job, way) {
                Ok(Reconciled::Done) => {
                    return Cleared::Next(self.finish(job, Performed::Delivered, ""));
                }
                Ok(Reconciled::NotDone) => {}
                // With a single channel nothing can be repeated but by that.
                Ok(Reconciled::Unknown)
                    if ways.len() == 1 && way.route.channel.recognises_repeats() =>
                {
                    repeats = true;
                }
                Ok(Reconciled::Unknown) => {
                    return Cleared::Next(self.finish(job, Performed::Unknown, "restored"));
                }
                Err(next) => return Cleared::Next(next),
            }
        }
        if repeats { Cleared::Repeat } else { Cleared::No }
    }

    /// What the service says. Where it does not answer, what is to be done next.
    fn reconcile(&self, job: &Job, way: &Way<'_>) -> Result<Reconciled, Next> {
        let (channel, key) = (&way.route.channel, job.wanted.key.0);
        let Some(request) = channel.reconcile(key, way.to) else { return Ok(Reconciled::Unknown) };
        let name = &way.route.name;
        let mut held = match self.leave(way.route, false) {
            Ok(held) => held,
            Err(why) => return Err(self.held_up(job, Some(way), vec![(name.clone(), why)])),
        };
        if let Carried::Answered(reply) = way.route.line.carry(&request) {
            held.verdict = Verdict::Up;
            return Ok(channel.reconciled(key, &reply));
        }
        held.verdict = Verdict::Down;
        drop(held);
        // Nothing is said of the channel it went by, if it is not known: it may be any.
        let outcome = Outcome::Later { after: None, why: "no_answer" };
        Err(self.conclude(job, Heard::not_asked(job, &job.row.via, &outcome)))
    }

    fn send(
        &self,
        job: &mut Job,
        mut card: Card,
        way: &Way<'_>,
        tries: u32,
        more: Option<&Way<'_>>,
        mut held: Held<'_>,
    ) -> Next {
        let Route { name, channel, .. } = way.route;
        let (shared, now) = (&self.shared, self.shared.live.now());
        let attempts = job.row.attempts + 1;
        let span = span_id(&shared.seed, job.wanted.key.0, attempts);
        let parent = self.view.trace(job.wanted.id.0).ok().flatten();
        let trace = parent.as_deref().and_then(|parent| trace::child(parent, span));
        card.trace = trace.as_ref().map(|trace| trace.header.clone());
        let heard = |outcome| Heard {
            via: name,
            tries: tries + 1,
            outcome,
            more: more.map(|way| way.route.name.as_str()),
            may_repeat: channel.recognises_repeats()
                || channel.reconcile(job.wanted.key.0, way.to).is_some(),
        };
        let Ok(request) = channel.encode(&card, way.to, now) else {
            tracing::warn!(
                code = "delivery-unsupported",
                channel = name,
                "A card was not carried."
            );
            return self.conclude(job, heard(&Outcome::Refused { why: "unsupported" }));
        };
        match self.begin(job, name, (attempts, tries + 1)) {
            Ok(Begun::Go) => {}
            Ok(Begun::Gone) => return Next::Over,
            Ok(Begun::Stopped) => return Next::At(now.plus(STOPPED), None),
            Ok(Begun::Unwanted) if job.unsure => {
                return self.finish(job, Performed::Unknown, "moved_on");
            }
            Ok(Begun::Unwanted) => return self.finish(job, Performed::Expired, "moved_on"),
            Ok(Begun::Capped) => {
                shared.stats.capped.fetch_add(1, Relaxed);
                return self.finish(job, Performed::Refused, "enough_today");
            }
            Err(error) => {
                tracing::warn!(
                    code = error.code(),
                    "An attempt could not be written down: {error}"
                );
                return Next::At(now.plus(AGAIN), None);
            }
        }
        if job.row.attempts == 0 && !job.unsure {
            let waited = now.since(job.row.due).micros().unsigned_abs();
            shared.stats.first.add(waited, 1);
        }
        let outcome = self.carry(way.route, &request);
        held.verdict = verdict(&outcome);
        drop(held);
        shared.stats.attempt(name, &outcome);
        if let Some(trace) = trace {
            (shared.spans)(&Span {
                trace: trace.id,
                parent: trace.parent,
                span: trace.span,
                channel: name.clone(),
                start: now,
                end: shared.live.now(),
                outcome: word(&outcome),
                attempt: attempts,
            });
        }
        let heard = heard(&outcome);
        job.row.attempts = attempts;
        self.conclude(job, heard)
    }

    fn carry(&self, route: &Route, request: &Request) -> Outcome {
        match route.line.carry(request) {
            Carried::Answered(reply) => route.channel.decode(&reply, self.shared.live.now()),
            Carried::NotSent(why) => Outcome::Later { after: None, why },
            Carried::Unknown => Outcome::Unknown,
        }
    }

    fn begin(
        &self,
        job: &Job,
        via: &str,
        (attempts, tries): (u32, u32),
    ) -> Result<Begun, LiveError> {
        let (wanted, unsure, most) = (job.wanted.clone(), job.unsure, self.shared.asks_a_day);
        let change = OutboxChange {
            via: via.to_owned(),
            tries,
            why: job.row.why.clone(),
            ..OutboxChange::new(wanted.id, OutboxStatus::Sending, attempts, job.row.due)
        };
        self.shared
            .live
            .call(move |driver, now| record::begin(driver, now, &wanted, &change, unsure, most))
    }

    /// What follows from what was heard, written down.
    fn conclude(&self, job: &Job, heard: Heard<'_>) -> Next {
        let (now, row) = (self.shared.live.now(), &job.row);
        let turn = outcome::follow(&heard, (row.key, job.unsure), now, &self.shared.seed);
        if turn.result == Some(Performed::GivenUp) {
            self.shared.stats.of_channel(heard.via, |stats| {
                stats.given_up.fetch_add(1, Relaxed);
            });
        }
        let change = OutboxChange {
            via: turn.via,
            tries: turn.tries,
            why: turn.why.to_owned(),
            ..OutboxChange::new(job.wanted.id, turn.status, row.attempts, turn.due)
        };
        self.record(Known { wanted: job.wanted.clone(), change, result: turn.result })
    }

    /// What became of it, without another attempt.
    fn finish(&self, job: &Job, result: Performed, why: &str) -> Next {
        let status = match result {
            Performed::Delivered => OutboxStatus::Done,
            Performed::Expired => OutboxStatus::Expired,
            Performed::Unknown => OutboxStatus::Ambiguous,
            Performed::Refused => OutboxStatus::Refused,
            Performed::GivenUp => OutboxStatus::GivenUp,
        };
        let change = OutboxChange {
            via: job.row.via.clone(),
            tries: job.row.tries,
            why: why.to_owned(),
            ..OutboxChange::new(job.wanted.id, status, job.row.attempts, job.row.due)
        };
        self.record(Known { wanted: job.wanted.clone(), change, result: Some(result) })
    }

    /// Writes down what is known. What cannot be written down is kept and tried again: nothing is ever sent
    /// in its place.
    fn record(&self, known: Known) -> Next {
        let Known { wanted, change, result } = &known;
        let (wanted, change, result) = (wanted.clone(), change.clone(), *result);
        let (open, due, via) = (change.status.is_open(), change.due, change.via.clone());
        let written = self
            .shared
            .live
            .call(move |driver, now| record::end(driver, now, &wanted, &change, result));
        if let Err(error) = written {
            tracing::warn!(code = error.code(), "A result could not be written down: {error}");
            return Next::Record(self.shared.live.now().plus(AGAIN), Box::new(known));
        }
        match result {
            Some(Performed::Expired) => drop(self.shared.stats.expired.fetch_add(1, Relaxed)),
            Some(Performed::Unknown) => drop(self.shared.stats.ambiguous.fetch_add(1, Relaxed)),
            _ => {}
        }
        if open { Next::At(due, Some(via)) } else { Next::Over }
    }

    /// After a fault in an attempt: what was being sent may have arrived.
    pub(super) fn pick_up(&self, id: Id) -> Next {
        tracing::error!(code = "delivery-broke", pos = id.0, "An attempt broke off.");
        // The row says `sending` if it was: the next look takes that for an unknown result.
        Next::At(self.shared.live.now().plus(Duration::from_secs(60)), None)
    }
}

fn verdict(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Delivered { .. } | Outcome::Refused { .. } => Verdict::Up,
        Outcome::Later { after: Some(span), .. } => Verdict::Wait(*span),
        Outcome::Later { after: None, .. } | Outcome::Unknown => Verdict::Down,
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered { .. } => "delivered",
        Outcome::Later { .. } => "later",
        Outcome::Refused { .. } => "refused",
        Outcome::Unknown => "unknown",
    }
}
