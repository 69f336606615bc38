//! Sending: written down, carried, and what it came to.

use super::super::Route;
use super::super::carry::Carried;
use super::super::health::{Verdict, span_id};
use super::super::outcome::Heard;
use super::super::record::{self, Begun};
use super::{AGAIN, Hand, Held, Job, Next, Way};
use crate::trace::{Span, TraceContext};
use bellwether_adapters::channel::{Card, Outcome, Request};
use bellwether_core::event::Performed;
use bellwether_core::{Duration, Timestamp};
use bellwether_store::{OutboxChange, OutboxStatus};
use std::sync::atomic::Ordering::Relaxed;

/// A stopped effect is looked at again after so long; the bell rings before if sending goes on.
const STOPPED: Duration = Duration::from_secs(5);

impl Hand {
    /// Sends a card by a channel that may be asked, and follows what it comes to.
    pub(super) fn send(
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
        let parent = self.view.trace(job.wanted.id.0).ok().flatten();
        let parent = parent.and_then(|parent| TraceContext::parse(&parent));
        let span = span_id(&shared.seed, job.wanted.key.0, attempts);
        let trace = parent.map(|parent| (TraceContext { span, ..parent }, parent.span));
        card.trace = trace.map(|(own, _)| own.to_string());
        let heard = |outcome| Heard {
            via: name,
            tries: tries + 1,
            outcome,
            more: more.map(|way| way.route.name.as_str()),
            may_repeat: channel.recognises_repeats(),
            can_ask: channel.reconcile(job.wanted.key.0, way.to).is_some(),
        };
        let Ok(request) = channel.encode(&card, way.to, now) else {
            tracing::warn!(
                code = "delivery-unsupported",
                channel = name,
                "A card was not carried."
            );
            return self.conclude(job, heard(&Outcome::Refused { why: "unsupported" }));
        };
        if let Some(next) = self.begin(job, name, (attempts, tries + 1)) {
            return next;
        }
        if job.row.attempts == 0 && !job.unsure {
            let waited = now.since(card.at).micros().unsigned_abs();
            shared.stats.first.add(waited, 1);
        }
        let outcome = self.carry(way.route, &request);
        held.verdict = verdict(&outcome);
        drop(held);
        shared.stats.attempt(name, &outcome);
        if let (Some(spans), Some(trace)) = (&shared.spans, trace.filter(|(own, _)| own.sampled)) {
            spans.ended(span_of(trace, (now, shared.live.now()), (name, &outcome, attempts)));
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

    /// Writes down that it is being sent. Gives what is to be done instead, if it may not be.
    fn begin(&self, job: &Job, via: &str, (attempts, tries): (u32, u32)) -> Option<Next> {
        let (wanted, unsure, most) = (job.wanted.clone(), job.unsure, self.shared.asks_a_day);
        let change = OutboxChange {
            via: via.to_owned(),
            tries,
            why: job.row.why.clone(),
            ..OutboxChange::new(wanted.id, OutboxStatus::Sending, attempts, job.row.due)
        };
        let live = &self.shared.live;
        let begun = live
            .call(move |driver, now| record::begin(driver, now, &wanted, &change, unsure, most));
        match begun {
            Ok(Begun::Go) => None,
            Ok(Begun::Gone) => Some(Next::Over),
            Ok(Begun::Stopped) => Some(Next::At(live.now().plus(STOPPED), None)),
            Ok(Begun::Unwanted) if job.unsure => {
                Some(self.finish(job, Performed::Unknown, "moved_on"))
            }
            Ok(Begun::Unwanted) => Some(self.finish(job, Performed::Expired, "moved_on")),
            Ok(Begun::Capped) => {
                self.shared.stats.capped.fetch_add(1, Relaxed);
                Some(self.finish(job, Performed::Refused, "enough_today"))
            }
            Err(error) => {
                let code = error.code();
                tracing::warn!(code, "An attempt could not be written down: {error}");
                Some(Next::At(live.now().plus(AGAIN), None))
            }
        }
    }
}

fn verdict(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Delivered { .. } | Outcome::Refused { .. } => Verdict::Up,
        Outcome::Later { after: Some(span), .. } => Verdict::Wait(*span),
        Outcome::Later { after: None, .. } | Outcome::Unknown => Verdict::Down,
    }
}

/// An attempt as a span below whatever caused its effect.
fn span_of(
    (context, parent): (TraceContext, [u8; 8]),
    (from, until): (Timestamp, Timestamp),
    (channel, outcome, attempt): (&str, &Outcome, u32),
) -> Span {
    let members = vec![
        ("channel", channel.to_owned()),
        ("outcome", word(outcome).to_owned()),
        ("attempt", attempt.to_string()),
    ];
    let failed = !matches!(outcome, Outcome::Delivered { .. });
    let (name, parent) = ("effect.deliver", Some(parent));
    Span { name, context, parent, from, until, members, failed }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered { .. } => "delivered",
        Outcome::Later { .. } => "later",
        Outcome::Refused { .. } => "refused",
        Outcome::Unknown => "unknown",
    }
}
