//! Canary: other rules for a share of the accounts, chosen by a keyed hash.
//!
//! - In: the digest under which accounts are chosen, and how many of a hundred.
//! - Out: for each account, always the same answer while the canary lasts.
//! - Never: takes an account out when the share is raised; tells from outside who is chosen: the key is the
//!   tenant's own.

use crate::keys::TenantKeys;
use bellwether_core::event::StreamKind;
use bellwether_core::{Digest, StreamId};
use bellwether_engine::Rules;
use std::sync::Arc;

/// Millionths, so that a share is exact to more than any number of accounts shows.
const MILLION: u64 = 1_000_000;

/// Rules that decide for a share of the accounts.
#[derive(Clone)]
pub(crate) struct Canary {
    pub(crate) rules: Arc<Rules>,
    pub(crate) share: Share,
}

/// Which accounts are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// The rules that decide for them.
    pub(crate) rules: Digest,
    /// Under which digest they are chosen.
    pub(crate) activation: Digest,
    /// How many of a hundred.
    pub(crate) percent: u8,
}

impl Share {
    /// Whether a stream is chosen: HMAC-SHA-256 of activation and stream under the tenant's key, its first 64
    /// bits modulo a million below the share. Only accounts are.
    pub(crate) fn takes(&self, keys: &TenantKeys, stream: StreamId) -> bool {
        if stream.kind != StreamKind::Account {
            return false;
        }
        let mut message = keys.canary.message();
        message.part(self.activation.as_bytes());
        message.part(&stream.id.bits().to_be_bytes());
        message.end_u64() % MILLION < u64::from(self.percent) * (MILLION / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Secret;
    use bellwether_core::{AccountId, Id};

    fn account(nth: u128) -> StreamId {
        StreamId::account(AccountId(Id::from_bits(nth * 0x9e37_79b9_7f4a_7c15)))
    }

    fn share(percent: u8, activation: &str) -> Share {
        let activation = Digest::of(activation.as_bytes());
        Share { rules: Digest::of(b"new"), activation, percent }
    }

    #[test]
    fn the_share_is_right_and_raising_it_only_adds_accounts() {
        const ACCOUNTS: u128 = 10_000;
        let keys = TenantKeys::derive(&Secret::new([7; 32]), "t");
        let chosen = |share: Share| -> Vec<bool> {
            (0..ACCOUNTS).map(|nth| share.takes(&keys, account(nth))).collect()
        };
        let mut before = vec![false; ACCOUNTS as usize];
        for percent in [1, 5, 10, 25, 50, 75, 90, 99] {
            let now = chosen(share(percent, "one"));
            assert_eq!(now, chosen(share(percent, "one")), "always the same answer");
            let count = now.iter().filter(|one| **one).count() as f64;
            let p = f64::from(percent) / 100.0;
            // Five standard deviations of the binomial distribution: 1 in 1.7 million by chance.
            let limit = 5.0 * (10_000.0 * p * (1.0 - p)).sqrt();
            assert!((count - 10_000.0 * p).abs() <= limit, "{percent} %: {count}");
            assert!(
                before.iter().zip(&now).all(|(was, is)| !was || *is),
                "{percent} % took one out"
            );
            before = now;
        }
        let both = chosen(share(50, "one")).into_iter().zip(chosen(share(50, "two")));
        let same = both.filter(|(one, two)| one == two).count();
        assert!((4750..=5250).contains(&same), "another activation chooses anew: {same}");
        assert!(!share(99, "one").takes(&keys, StreamId::SYSTEM));
    }
}
