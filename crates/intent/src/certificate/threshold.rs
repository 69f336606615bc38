//! How sure one must be, from what is at stake.

use bellwether_core::{Money, Ppm};

/// What a wrong act costs: an amount, and a share of the value at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Lost whatever the value.
    pub fixed: Money,
    /// The share of the value that is lost as well.
    pub share: Ppm,
}

impl Loss {
    /// The loss at a value, rounded up to a minor unit. Nothing when the currencies differ, a part is
    /// negative, or it overflows.
    pub fn at(&self, value: Money) -> Option<Money> {
        let lost = i128::from(value.minor()).checked_mul(i128::from(self.share.get()))?;
        if lost < 0 || value.minor() < 0 || self.fixed.minor() < 0 {
            return None;
        }
        let lost = i64::try_from((lost + 999_999) / 1_000_000).ok()?;
        self.fixed.checked_add(Money::from_minor(lost, value.currency()))
    }
}

/// The confidence from which acting is cheaper than asking a person: act if `(1 - p) L <= h`, so from
/// `1 - h / L` on (Chow 1970), rounded up, and never below the certified threshold. Nothing when it
/// cannot be priced (currencies that differ, a negative amount): then a person decides.
pub fn acting_threshold(loss: Money, human: Money, certified: Ppm) -> Option<Ppm> {
    if loss.currency() != human.currency() || loss.minor() < 0 || human.minor() < 0 {
        return None;
    }
    if loss.minor() <= human.minor() {
        return Some(certified);
    }
    let spared = i128::from(human.minor()) * 1_000_000 / i128::from(loss.minor());
    let from = 1_000_000 - i64::try_from(spared).ok()?;
    Some(Ppm::new(from).max(certified))
}
