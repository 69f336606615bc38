//! Guessing is slowed down: so many failures of one account or from one address, then a pause.
//!
//! Bounded: beyond so many keys the one whose pause would end first is forgotten.

use bellwether_core::{Duration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// How long failures count, and how long a pause lasts.
const WINDOW: Duration = Duration::from_micros(15 * 60_000_000);
/// Failures of one account before it pauses.
const OF_ACCOUNT: u32 = 10;
/// Failures from one address before it pauses; several people may share one.
const FROM_ADDRESS: u32 = 30;
/// How many accounts and addresses are remembered.
const MOST: usize = 20_000;

/// What failures are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// An account, by the keyed hash of the name that was typed, whether there is one or not.
    Account([u8; 16]),
    /// An address; of IPv6 the network of 64 bits.
    Address([u8; 16]),
}

impl Key {
    /// The key of an address.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(four) => Self::Address(four.to_ipv6_mapped().octets()),
            IpAddr::V6(six) => {
                let [a, b, c, d, ..] = six.segments();
                Self::Address(std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).octets())
            }
        }
    }

    fn most(self) -> u32 {
        match self {
            Self::Account(_) => OF_ACCOUNT,
            Self::Address(_) => FROM_ADDRESS,
        }
    }
}

/// The failures that count.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    failures: BTreeMap<Key, (u32, Timestamp)>,
    ends: BTreeSet<(Timestamp, Key)>,
}

impl Throttle {
    /// Seconds until it is worth trying again; `None` when it may be tried now.
    pub(crate) fn pause(&mut self, keys: &[Key], now: Timestamp) -> Option<u64> {
        self.forget(now);
        let pauses = keys.iter().filter_map(|key| {
            let (count, until) = self.failures.get(key)?;
            (*count >= key.most()).then(|| until.since(now).micros().max(0).unsigned_abs())
        });
        pauses.max().map(|micros| micros.div_ceil(1_000_000).max(1))
    }

    /// Counts an attempt as a failure, before it is looked at: attempts at once count, too. Each moves
    /// the end of the window.
    pub(crate) fn failed(&mut self, keys: &[Key], now: Timestamp) {
        for key in keys {
            let until = now.plus(WINDOW);
            let count = match self.failures.insert(*key, (1, until)) {
                Some((count, old)) => {
                    self.ends.remove(&(old, *key));
                    count.saturating_add(1)
                }
                None => 1,
            };
            self.failures.insert(*key, (count, until));
            self.ends.insert((until, *key));
        }
        while self.failures.len() > MOST {
            let Some((_, key)) = self.ends.pop_first() else { break };
            self.failures.remove(&key);
        }
    }

    /// An attempt was none: the account starts anew; of the address only this one is taken back, or an
    /// own account would buy guesses.
    pub(crate) fn passed(&mut self, keys: &[Key]) {
        for key in keys {
            let Some((count, until)) = self.failures.get_mut(key) else { continue };
            *count = count.saturating_sub(1);
            if matches!(key, Key::Account(_)) || *count == 0 {
                self.ends.remove(&(*until, *key));
                self.failures.remove(key);
            }
        }
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((until, key)) = self.ends.first().copied()
            && until <= now
        {
            self.ends.remove(&(until, key));
            self.failures.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn ten_failures_of_an_account_pause_it_and_no_other() {
        let (ann, bob) = (Key::Account([1; 16]), Key::Account([2; 16]));
        let mut throttle = Throttle::default();
        for second in 0..10 {
            assert_eq!(throttle.pause(&[ann], at(second)), None, "failure {second}");
            throttle.failed(&[ann], at(second));
        }
        assert_eq!(throttle.pause(&[ann], at(10)), Some(899));
        assert_eq!(throttle.pause(&[bob], at(10)), None);
        assert_eq!(throttle.pause(&[bob, ann], at(908)), Some(1));
        assert_eq!(throttle.pause(&[ann], at(909)), None, "the pause is over");
        throttle.failed(&[ann], at(910));
        assert_eq!(throttle.pause(&[ann], at(910)), None, "and counts anew");
    }

    #[test]
    fn getting_in_forgives_the_account_and_not_the_address() {
        let (ann, here) = (Key::Account([1; 16]), Key::of("192.0.2.7".parse().unwrap()));
        let mut throttle = Throttle::default();
        for _ in 0..30 {
            throttle.failed(&[ann, here], at(1));
        }
        throttle.passed(&[ann]);
        assert_eq!(throttle.pause(&[ann], at(2)), None);
        assert_eq!(throttle.pause(&[ann, here], at(2)), Some(899));
        throttle.passed(&[ann, here]);
        assert_eq!(throttle.pause(&[here], at(2)), None, "twenty-nine are left");
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let key = |text: &str| Key::of(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8::1"));
        assert_eq!(key("::ffff:192.0.2.7"), key("192.0.2.7"));
        assert_ne!(key("192.0.2.8"), key("192.0.2.7"));
    }

    #[test]
    fn a_flood_of_names_does_not_grow_memory() {
        let mut throttle = Throttle::default();
        for number in 0..50_000u32 {
            let mut name = [0; 16];
            name[..4].copy_from_slice(&number.to_be_bytes());
            throttle.failed(&[Key::Account(name)], at(i64::from(number / 100)));
        }
        assert_eq!((throttle.failures.len(), throttle.ends.len()), (MOST, MOST));
    }
}
