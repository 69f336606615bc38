//! One attempt: prepared, allowed, written down as under way, sent, and written down as what it came to.

mod clear;
mod send;

use clear::Cleared;

use super::effect::read_effect;
use super::health::{Denied, Leave, Verdict};
use super::outcome::{self, Heard, PATIENCE, TRIES};
use super::queue::Id;
use super::record::{self, Wanted};
use super::{Prepared, Route, Shared};
use bellwether_adapters::channel::{Card, Outcome};
use bellwether_core::event::Performed;
use bellwether_core::{Duration, Personal, Timestamp};
use bellwether_store::{OutboxChange, OutboxRow, OutboxStatus, StoreError, View};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// After so long something that the driver did not take is offered to it again.
const AGAIN: Duration = Duration::from_secs(1);

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
        Self { via, tries: tries + 1, outcome, more: None, may_repeat: false, can_ask: false }
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
        self.shared.health(self.route, |health| {
            health.tell(leave, verdict, now);
            self.shared.stats.fares(self.route, health, now);
        });
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
            Ok(Prepared::Unwanted) => self.finish(&job, Performed::Unknown, "moved_on"),
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
        if let Some(at) = at.filter(|_| !job.unsure && job.row.tries >= TRIES) {
            // It did not arrive, as was found out, and was tried as often as is allowed.
            let outcome = Outcome::Later { after: None, why: "no_answer" };
            let more = ways.get(at + 1).map(|way| way.route.name.as_str());
            let heard = Heard::not_asked(job, &job.row.via, &outcome);
            return self.conclude(job, Heard { more, ..heard });
        }
        let (first, last) = match (at, job.unsure) {
            (Some(at), true) => (at, at + 1),
            (at, _) => (at.unwrap_or(0), ways.len()),
        };
        let mut shut = None;
        for nth in first..last {
            let Some(way) = ways.get(nth) else { continue };
            let name = &way.route.name;
            let tries = if *name == job.row.via { job.row.tries } else { 0 };
            match self.leave(way.route, tries > 0) {
                Ok(held) => {
                    let more = ways.get(nth + 1).filter(|_| !job.unsure);
                    return self.send(job, card, way, tries, more, held);
                }
                Err(why) => match self.short_wait(why) {
                    Some(until) => return Next::At(until, Some(name.clone())),
                    // The person's next channel rather than a dead one.
                    None => shut = shut.or(Some((name.clone(), why))),
                },
            }
        }
        match shut {
            Some((via, why)) => self.held_up(job, &via, why),
            None => {
                let why = if ways.is_empty() { "no_address" } else { "channel_gone" };
                let outcome = Outcome::Refused { why };
                self.conclude(job, Heard::not_asked(job, &job.row.via, &outcome))
            }
        }
    }

    /// Until when a denied channel is waited for, where that is not worth another one.
    fn short_wait(&self, why: Denied) -> Option<Timestamp> {
        let now = self.shared.live.now();
        match why {
            Denied::Busy => Some(now),
            Denied::Until(until) => Some(until).filter(|until| *until <= now.plus(PATIENCE)),
            Denied::Open(_) => None,
        }
    }

    /// No channel of the person gives leave for a while. As good as tried: whoever is dead must not keep
    /// somebody waiting longer than one that answers.
    fn held_up(&self, job: &Job, via: &str, why: Denied) -> Next {
        let (now, down) = (self.shared.live.now(), "channel_down");
        let after = match why {
            Denied::Until(until) => Some(until.since(now)),
            Denied::Busy | Denied::Open(_) => None,
        };
        let outcome = Outcome::Later { after, why: down };
        let via = if job.unsure { &job.row.via } else { via };
        self.conclude(job, Heard::not_asked(job, via, &outcome))
    }

    fn leave<'a>(&'a self, route: &'a Route, retry: bool) -> Result<Held<'a>, Denied> {
        let (shared, now) = (&*self.shared, self.shared.live.now());
        let leave = shared.health(&route.name, |health| {
            let leave = health.ask(now, retry, shared.at_once);
            shared.stats.fares(&route.name, health, now);
            leave
        })?;
        Ok(Held { shared, route: &route.name, leave, verdict: Verdict::Unused })
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
