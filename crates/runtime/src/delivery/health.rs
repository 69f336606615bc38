//! How a channel fares: whether it may be asked now, and when again.
//!
//! A breaker (closed, open, one probe), a retry budget as a bucket of tokens, and how many requests may be
//! under way at once. All of it is a function of what happened and of instants that are given.

use bellwether_core::{Digest, Duration, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// After so long without a success since the first failure nothing more is sent.
const FAILING: Duration = Duration::from_secs(5);
/// Nor after so many failures in a row, however quickly they came.
const ROW: u32 = 10;
/// The first pause before a probe, and the longest: each that fails doubles it.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Thousandths of a retry: what one costs, what a first attempt earns, what a second earns while there are
/// fewer than the floor, and the most that is saved.
const RETRY: i64 = 1000;
const EARNED: i64 = 200;
const A_SECOND: i64 = 100;
const FLOOR: i64 = 3 * RETRY;
const MOST: i64 = 20 * RETRY;
/// The longest that a service may ask to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// The first and the longest pause between two attempts.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(600);

/// Why a channel is not asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Too much is under way; something must end first.
    Busy,
    /// The breaker is open until then.
    Open(Timestamp),
    /// It asked to be left alone until then, or retries have used up their budget.
    Until(Timestamp),
}

/// How a request ended, as far as the channel's health goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing was asked.
    Unused,
    /// It answered.
    Up,
    /// It answered that it wants to be left alone so long.
    Wait(Duration),
    /// It did not answer, or said that it is broken.
    Down,
}

/// A leave to ask once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leave {
    /// When it was given.
    pub(super) at: Timestamp,
    /// The one request that shows whether an open breaker may be closed.
    pub(super) probe: bool,
}

/// How one channel fares.
#[derive(Debug, Default)]
pub(super) struct Health {
    under_way: usize,
    failures: u32,
    /// Since when, and when last, it failed without a success in between.
    failing: Option<(Timestamp, Timestamp)>,
    pause: Option<Duration>,
    probing: bool,
    wait: Option<Timestamp>,
    tokens: Option<(i64, Timestamp)>,
}

impl Health {
    /// Whether more may be under way.
    pub(super) fn has_room(&self, most: usize) -> bool {
        self.under_way < most
    }

    /// How many requests are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// Since when it has not answered.
    pub(super) fn failing_since(&self) -> Option<Timestamp> {
        self.failing.map(|(since, _)| since)
    }

    /// Asks for leave; a retry costs more than a first attempt.
    pub(super) fn ask(
        &mut self,
        now: Timestamp,
        retry: bool,
        most: usize,
    ) -> Result<Leave, Denied> {
        if !self.has_room(most) {
            return Err(Denied::Busy);
        }
        if let Some(until) = self.wait.filter(|until| now < *until) {
            return Err(Denied::Until(until));
        }
        let probe = self.is_open(now);
        if probe {
            let (_, last) = self.failing.unwrap_or((now, now));
            let from = last.plus(self.pause.unwrap_or(PAUSE));
            if self.probing || now < from {
                return Err(Denied::Open(from.max(now.plus(SHORTEST))));
            }
        } else {
            self.pay(now, retry)?;
        }
        self.probing |= probe;
        self.under_way += 1;
        Ok(Leave { at: now, probe })
    }

    /// Gives a leave back.
    pub(super) fn tell(&mut self, leave: Leave, verdict: Verdict, now: Timestamp) {
        self.under_way = self.under_way.saturating_sub(1);
        self.probing &= !leave.probe;
        match verdict {
            Verdict::Unused => {}
            Verdict::Up | Verdict::Wait(_) => {
                (self.failing, self.failures, self.pause) = (None, 0, None);
            }
            Verdict::Down => {
                let (since, _) = self.failing.unwrap_or((leave.at, now));
                self.failing = Some((since.min(leave.at), now));
                self.failures = self.failures.saturating_add(1);
                let pause = self.pause.unwrap_or(PAUSE);
                let doubled = Duration::from_micros(pause.micros().saturating_mul(2));
                self.pause = Some(if leave.probe { doubled.min(LONGEST_PAUSE) } else { pause });
            }
        }
        if let Verdict::Wait(span) = verdict {
            self.wait = Some(now.plus(span.min(LONGEST_WAIT)));
        }
    }

    /// Whether the breaker is open, or waits for a probe.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        let long = self.failing.is_some_and(|(since, _)| since.plus(FAILING) <= now);
        long || self.failures >= ROW
    }

    fn pay(&mut self, now: Timestamp, retry: bool) -> Result<(), Denied> {
        let (saved, at) = self.tokens.unwrap_or((FLOOR, now));
        let earned = (now.since(at).micros() / 1_000).saturating_mul(A_SECOND) / 1_000;
        let saved = saved.max(saved.saturating_add(earned).min(FLOOR));
        // What is too little to count yet is not lost: the count goes on from where it stood.
        let at = if earned > 0 || at > now { now } else { at };
        if !retry {
            self.tokens = Some(((saved + EARNED).min(MOST), at));
            return Ok(());
        }
        let missing = RETRY - saved;
        if missing > 0 {
            self.tokens = Some((saved, at));
            let seconds = missing.div_euclid(A_SECOND) + 1;
            return Err(Denied::Until(now.plus(Duration::from_secs(seconds))));
        }
        self.tokens = Some((saved - RETRY, at));
        Ok(())
    }
}

/// A number below 2^64 that only the seed makes.
fn keyed(seed: &[u8; 32], what: &[u8], key: Digest, nth: u32) -> [u8; 8] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(seed) else { return [0; 8] };
    mac.update(what);
    mac.update(key.as_bytes());
    mac.update(&nth.to_be_bytes());
    let all = mac.finalize().into_bytes();
    std::array::from_fn(|at| all.get(at).copied().unwrap_or_default())
}

/// The pause after an attempt: between one second and an end that doubles with each, by chance (full
/// jitter), and the same for the same effect and attempt.
pub(super) fn backoff(seed: &[u8; 32], key: Digest, tries: u32) -> Duration {
    let end = Duration::from_secs(1i64 << tries.min(20)).min(LONGEST);
    let room = end.micros().saturating_sub(SHORTEST.micros()).max(0);
    let part = u64::from_be_bytes(keyed(seed, b"backoff", key, tries)) >> 32;
    let chosen = (i128::from(room) * i128::from(part)) >> 32;
    Duration::from_micros(SHORTEST.micros() + i64::try_from(chosen).unwrap_or(0))
}

/// The id of the span of an attempt.
pub(super) fn span_id(seed: &[u8; 32], key: Digest, attempt: u32) -> [u8; 8] {
    u64::from_be_bytes(keyed(seed, b"span", key, attempt)).max(1).to_be_bytes()
}

#[cfg(test)]
mod tests;
