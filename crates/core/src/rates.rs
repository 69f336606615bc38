//! Exchange rates: a bundle names one currency and a dated table; no rate means no amount.

use crate::{Currency, Money, Timestamp};
use std::collections::BTreeMap;

/// Rates into one currency. The rate that holds is the newest that is not after the instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    into: Currency,
    /// Major units of `into` for one major unit of the key, in parts per million, oldest first.
    table: BTreeMap<Currency, Vec<(Timestamp, i64)>>,
}

impl Rates {
    /// A table without rates: only `into` itself converts.
    pub const fn new(into: Currency) -> Self {
        Self { into, table: BTreeMap::new() }
    }

    /// The currency that everything is converted to.
    pub const fn currency(&self) -> Currency {
        self.into
    }

    /// Adds a rate: one major unit of `from` is worth `ppm` millionths of one of ours, from `since` on.
    /// A rate of zero or less is not taken, and `false` says so.
    pub fn add(&mut self, from: Currency, since: Timestamp, ppm: i64) -> bool {
        if ppm <= 0 || from == self.into {
            return false;
        }
        let dated = self.table.entry(from).or_default();
        dated.retain(|(when, _)| *when != since);
        dated.push((since, ppm));
        dated.sort_unstable();
        true
    }

    /// The amount in minor units of [`Rates::currency`], rounded half away from zero; `None` without a
    /// rate that holds at `at`, or when it overflows.
    pub fn convert(&self, money: Money, at: Timestamp) -> Option<i64> {
        if money.currency() == self.into {
            return Some(money.minor());
        }
        let dated = self.table.get(&money.currency())?;
        let (_, ppm) = dated.iter().rev().find(|(since, _)| *since <= at)?;
        let up = 10i128.pow(self.into.decimals());
        let down = 1_000_000 * 10i128.pow(money.currency().decimals());
        let scaled = i128::from(money.minor()).checked_mul(i128::from(*ppm))?.checked_mul(up)?;
        let half = if scaled < 0 { -down / 2 } else { down / 2 };
        i64::try_from((scaled + half) / down).ok()
    }

    /// Every rate, in a fixed order: (currency, since, parts per million).
    pub fn iter(&self) -> impl Iterator<Item = (Currency, Timestamp, i64)> + '_ {
        self.table.iter().flat_map(|(currency, dated)| {
            dated.iter().map(move |(since, ppm)| (*currency, *since, *ppm))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_rates_convert() {
        let [eur, usd, jpy, gbp] = ["EUR", "USD", "JPY", "GBP"].map(|code| code.parse().unwrap());
        let mut rates = Rates::new(eur);
        assert!(rates.add(usd, Timestamp::from_secs(100), 900_000));
        assert!(rates.add(usd, Timestamp::from_secs(200), 800_000));
        assert!(rates.add(jpy, Timestamp::from_secs(0), 6_250));
        assert!(rates.add(gbp, Timestamp::from_secs(0), 1_200_000));
        assert!(!rates.add(usd, Timestamp::from_secs(300), 0));
        for (minor, currency, at, expected) in [
            (1000, eur, 0, Some(1000)),
            (1000, usd, 99, None),
            (1000, usd, 150, Some(900)),
            (-1000, usd, 200, Some(-800)),
            (1000, jpy, 1, Some(625)),
            (i64::MAX, gbp, 1, None),
        ] {
            let converted =
                rates.convert(Money::from_minor(minor, currency), Timestamp::from_secs(at));
            assert_eq!(converted, expected, "{minor} {currency} at {at}");
        }
    }
}
