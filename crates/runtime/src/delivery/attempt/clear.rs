//! Clearing up: what is unknown is asked about before anything is sent again.

use super::super::carry::Carried;
use super::super::health::Verdict;
use super::super::outcome::Heard;
use super::{Hand, Job, Next, Way};
use bellwether_adapters::channel::{Outcome, Reconciled};
use bellwether_core::event::Performed;

/// Where an unknown result leaves an effect, once it was asked about.
pub(super) enum Cleared {
    /// It did not arrive: as if it had not been sent.
    No,
    /// It may be tried again under its key, by the channel it went by.
    Repeat,
    /// It is settled, or waits.
    Next(Next),
}

impl Hand {
    /// Asks about a request whose result is unknown.
    pub(super) fn clear_up(&self, job: &Job, ways: &[Way<'_>]) -> Cleared {
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
            Err(why) => {
                return Err(match self.short_wait(why) {
                    Some(until) => Next::At(until, Some(name.clone())),
                    None => self.held_up(job, name, why),
                });
            }
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
}
