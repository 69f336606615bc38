//! Sign-ins that are under way at the provider: each can be ended once, by the browser that began it.

use crate::access::principal::Account;
use crate::access::throttle::Key;
use bellwether_core::{Duration, Timestamp};
use openidconnect::Nonce;
use std::collections::{BTreeMap, VecDeque};

/// How long somebody may take there.
const LASTS: Duration = Duration::from_micros(600_000_000);

/// How many are remembered; beyond them the oldest go of whichever address began most.
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
    /// By the address that began them, the oldest first; also those that have ended since.
    order: BTreeMap<Key, VecDeque<[u8; 32]>>,
    kept: usize,
}

impl Pending {
    /// Keeps one. Whoever begins without end pushes out only what comes from their own address.
    pub(super) fn put(&mut self, hash: [u8; 32], attempt: Attempt, from: Key, now: Timestamp) {
        self.attempts.insert(hash, (now, attempt));
        self.order.entry(from).or_default().push_back(hash);
        self.kept += 1;
        if self.kept <= MOST {
            return;
        }
        let most = self.order.iter_mut().max_by_key(|(_, begun)| begun.len());
        if let Some((&key, begun)) = most {
            if let Some(oldest) = begun.pop_front() {
                self.attempts.remove(&oldest);
                self.kept -= 1;
            }
            if begun.is_empty() {
                self.order.remove(&key);
            }
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
        let (here, there) = (Key::of([192, 0, 2, 7].into()), Key::of([192, 0, 2, 8].into()));
        let mut pending = Pending::default();
        pending.put([1; 32], attempt(), here, at(0));
        pending.put([2; 32], attempt(), here, at(0));
        assert!(pending.take(&[1; 32], at(600)).is_some());
        assert!(pending.take(&[1; 32], at(600)).is_none(), "twice");
        assert!(pending.take(&[2; 32], at(601)).is_none(), "too late");
        pending.put([3; 32], attempt(), here, at(700));
        for number in 0..10_000u32 {
            let mut hash = [9; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            pending.put(hash, attempt(), there, at(700));
        }
        let begun: usize = pending.order.values().map(VecDeque::len).sum();
        // Two of those that were begun here have ended.
        assert_eq!((pending.attempts.len(), pending.kept, begun), (MOST - 2, MOST, MOST));
        assert!(
            pending.take(&[3; 32], at(701)).is_some(),
            "a flood from elsewhere pushes nobody out"
        );
    }
}
