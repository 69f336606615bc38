//! Sign-ins that are under way at the provider: each can be ended once, by the browser that began it.

use crate::access::principal::Account;
use bellwether_core::{Duration, Timestamp};
use openidconnect::Nonce;
use std::collections::{BTreeMap, VecDeque};

/// How long somebody may take there.
const LASTS: Duration = Duration::from_micros(600_000_000);

/// How many are remembered; the oldest go first.
const MOST: usize = 4096;

/// What it is for.
#[derive(Clone, Debug)]
pub(in crate::access) enum Purpose {
    /// To sign in.
    SignIn,
    /// To prove again who somebody is.
    StepUp(Account),
}

/// A sign-in under way.
pub(super) struct Attempt {
    pub(super) state: String,
    pub(super) nonce: Nonce,
    /// PKCE's secret.
    pub(super) verifier: String,
    /// Where to go on.
    pub(super) next: String,
    pub(super) why: Purpose,
}

/// All that are under way, by the hash of the browser's secret.
#[derive(Default)]
pub(super) struct Pending {
    attempts: BTreeMap<[u8; 32], (Timestamp, Attempt)>,
    order: VecDeque<[u8; 32]>,
}

impl Pending {
    pub(super) fn put(&mut self, hash: [u8; 32], attempt: Attempt, now: Timestamp) {
        self.attempts.insert(hash, (now, attempt));
        self.order.push_back(hash);
        while self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.attempts.remove(&oldest);
        }
    }

    pub(super) fn take(&mut self, hash: &[u8; 32], now: Timestamp) -> Option<Attempt> {
        let (at, attempt) = self.attempts.remove(hash)?;
        (now.since(at) <= LASTS).then_some(attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> Attempt {
        let (state, verifier, next) = ("s".to_owned(), "v".to_owned(), "/".to_owned());
        Attempt { state, nonce: Nonce::new("n".to_owned()), verifier, next, why: Purpose::SignIn }
    }

    #[test]
    fn each_is_ended_once_and_in_time_and_memory_is_bounded() {
        let at = Timestamp::from_secs;
        let mut pending = Pending::default();
        pending.put([1; 32], attempt(), at(0));
        pending.put([2; 32], attempt(), at(0));
        assert!(pending.take(&[1; 32], at(600)).is_some());
        assert!(pending.take(&[1; 32], at(600)).is_none(), "twice");
        assert!(pending.take(&[2; 32], at(601)).is_none(), "too late");
        for number in 0..10_000u32 {
            let mut hash = [9; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            pending.put(hash, attempt(), at(700));
        }
        assert_eq!((pending.attempts.len(), pending.order.len()), (MOST, MOST));
    }
}
