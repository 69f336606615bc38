//! What follows from an outcome: where the effect stands now, and when it is tried again.

use super::health::backoff;
use bellwether_adapters::channel::Outcome;
use bellwether_core::event::Performed;
use bellwether_core::{Digest, Duration, Timestamp};
use bellwether_store::OutboxStatus;

/// How often one channel is tried.
pub const TRIES: u32 = 8;
/// How long a channel is waited for before the person's next one is as good.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// The longest that a service may ask an effect to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What was heard of an effect.
pub(super) struct Heard<'a> {
    /// The channel that was tried.
    pub(super) via: &'a str,
    /// How often, this time included.
    pub(super) tries: u32,
    /// What it came to.
    pub(super) outcome: &'a Outcome,
    /// The person's next channel.
    pub(super) more: Option<&'a str>,
    /// An unknown result can be tried again.
    pub(super) may_repeat: bool,
    /// An unknown result can be asked about, however often it was tried.
    pub(super) can_ask: bool,
}

/// Where it stands from here on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) status: OutboxStatus,
    pub(super) due: Timestamp,
    pub(super) via: String,
    pub(super) tries: u32,
    pub(super) why: &'static str,
    /// What became of it, if that is the end.
    pub(super) result: Option<Performed>,
}

/// One row of the table: what was heard, against what was known before. `unsure`: an earlier attempt by the
/// same channel may have arrived.
pub(super) fn follow(
    heard: &Heard<'_>,
    (key, unsure): (Digest, bool),
    now: Timestamp,
    seed: &[u8; 32],
) -> Turn {
    let Heard { via, tries, outcome, more, may_repeat, can_ask } = *heard;
    let turn =
        |status, result, why| Turn { status, due: now, via: via.to_owned(), tries, why, result };
    let again = |status, after: Option<Duration>, why| {
        let pause = backoff(seed, key, tries).max(after.unwrap_or_default().min(LONGEST_WAIT));
        Turn { due: now.plus(pause), ..turn(status, None, why) }
    };
    let ambiguous = |why| turn(OutboxStatus::Ambiguous, Some(Performed::Unknown), why);
    let next = |more: &str, why| Turn {
        via: more.to_owned(),
        tries: 0,
        ..turn(OutboxStatus::Waiting, None, why)
    };
    let left = tries < TRIES;
    match (outcome, more) {
        (Outcome::Delivered { .. }, _) => turn(OutboxStatus::Done, Some(Performed::Delivered), ""),
        // What it may have taken before it takes no more: nobody knows.
        (Outcome::Refused { why }, _) if unsure => ambiguous(why),
        (Outcome::Refused { why }, Some(more)) => next(more, why),
        (Outcome::Refused { why }, None) => {
            turn(OutboxStatus::Refused, Some(Performed::Refused), why)
        }
        (Outcome::Later { after: Some(after), why }, Some(more))
            if !unsure && *after > PATIENCE =>
        {
            next(more, why)
        }
        (Outcome::Later { after, why }, _) if left => {
            again(if unsure { OutboxStatus::Unknown } else { OutboxStatus::Waiting }, *after, why)
        }
        (Outcome::Later { why, .. }, _) if unsure => ambiguous(why),
        (Outcome::Later { why, .. }, Some(more)) => next(more, why),
        (Outcome::Later { why, .. }, None) => {
            turn(OutboxStatus::GivenUp, Some(Performed::GivenUp), why)
        }
        (Outcome::Unknown, _) if can_ask || (may_repeat && left) => {
            again(OutboxStatus::Unknown, None, "no_answer")
        }
        (Outcome::Unknown, _) => ambiguous("no_answer"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_followed_by_what_the_promise_says() {
        use OutboxStatus::{Ambiguous, Done, GivenUp, Refused, Unknown, Waiting};
        let (delivered, unknown) = (Outcome::Delivered { receipt: None }, Outcome::Unknown);
        let later = Outcome::Later { after: None, why: "x" };
        let refused = Outcome::Refused { why: "x" };
        // outcome, tries, unsure, another channel, may be repeated, can be asked about -> status, the channel
        for (outcome, tries, unsure, more, (may_repeat, can_ask), status, via) in [
            (&delivered, 1, false, false, (false, false), Done, "a"),
            (&delivered, 9, true, true, (true, false), Done, "a"),
            (&refused, 1, false, true, (true, false), Waiting, "b"),
            (&refused, 1, false, false, (true, false), Refused, "a"),
            (&refused, 2, true, true, (true, false), Ambiguous, "a"),
            (&later, 1, false, true, (true, false), Waiting, "a"),
            (&later, 1, true, true, (true, false), Unknown, "a"),
            (&later, TRIES, false, true, (true, false), Waiting, "b"),
            (&later, TRIES, false, false, (true, false), GivenUp, "a"),
            (&later, TRIES, true, true, (true, false), Ambiguous, "a"),
            (&unknown, 1, false, true, (true, false), Unknown, "a"),
            (&unknown, 1, false, true, (false, false), Ambiguous, "a"),
            (&unknown, TRIES, true, true, (true, false), Ambiguous, "a"),
            (&unknown, 1, false, true, (false, true), Unknown, "a"),
            (&unknown, TRIES, false, true, (false, true), Unknown, "a"),
        ] {
            let more = more.then_some("b");
            let heard = Heard { via: "a", tries, outcome, more, may_repeat, can_ask };
            let now = Timestamp::from_secs(1_000);
            let turn = follow(&heard, (Digest::of(b"k"), unsure), now, &[7; 32]);
            let row = format!("{outcome:?} {tries} {unsure} {more:?} {may_repeat}");
            assert_eq!((turn.status, turn.via.as_str()), (status, via), "{row}");
            assert_eq!(turn.result.is_some(), !status.is_open(), "{row}");
            let paused = status.is_open() && via == "a";
            assert_eq!(turn.due > now, paused, "{row}: only the same channel is waited for");
        }
        for (asked, more, waited) in
            [(300, None, 300), (90_000, None, 3600), (59, Some("b"), 59), (300, Some("b"), 0)]
        {
            let after = Some(Duration::from_secs(asked));
            let later = Outcome::Later { after, why: "x" };
            let (may_repeat, can_ask) = (false, false);
            let heard = Heard { via: "a", tries: 1, outcome: &later, more, may_repeat, can_ask };
            let about = (Digest::of(b"k"), false);
            let turn = follow(&heard, about, Timestamp::from_secs(0), &[7; 32]);
            assert_eq!(turn.due, Timestamp::from_secs(waited), "Retry-After {asked}");
        }
    }
}
