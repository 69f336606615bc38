//! What the facts of an account tell the guards of its cases and deals.
//!
//! - In: what those guards watch; a reading.
//! - Out: a number that differs when the account's facts may decide differently about them.
//! - Never: facts of the present signal, and what time alone changes; each case and deal keeps a timer
//!   for that.

use crate::flip::Watched;
use crate::plan::Source;
use crate::read::Reading;
use crate::set::FeatureSet;
use bellwether_expr::{Op, Scope, Slot};
use std::collections::BTreeSet;

/// The facts of an account that guards about its cases and deals can tell apart, made once by
/// [`FeatureSet::told`].
#[derive(Clone, Debug, Default)]
pub struct Told {
    compared: Vec<(Slot, Op, i64)>,
    loose: Vec<Slot>,
    /// Spans since something: they grow by themselves, so only their beginning counts.
    since: Vec<Slot>,
}

impl FeatureSet {
    /// Takes what guards about cases and deals watch apart, down to the facts of the account.
    pub fn told(&self, watched: &Watched) -> Told {
        let mut told = Told::default();
        let (mut seen, mut open) = (BTreeSet::new(), watched.loose.clone());
        for (slot, op, limit) in &watched.comparisons {
            match self.slots.get(usize::from(*slot)).map(|plan| plan.source) {
                Some(Source::Part(_) | Source::Previous(_)) if self.is_of_account(*slot) => {
                    told.compared.push((*slot, *op, *limit));
                }
                _ => open.push(*slot),
            }
        }
        while let Some(slot) = open.pop() {
            if !seen.insert(slot) {
                continue;
            }
            let Some(plan) = self.slots.get(usize::from(slot)) else { continue };
            match plan.source {
                Source::Computed => {
                    open.extend(self.inputs.get(usize::from(slot)).into_iter().flatten());
                }
                Source::Completeness => {
                    open.extend(self.scopes.iter().flat_map(|scope| &scope.required));
                }
                Source::Since { .. } if self.is_of_account(slot) => told.since.push(slot),
                Source::Part(_) | Source::Previous(_) | Source::Rate { .. }
                    if self.is_of_account(slot) =>
                {
                    told.loose.push(slot);
                }
                _ => {}
            }
        }
        told.compared.sort_unstable();
        told.loose.sort_unstable();
        told.since.sort_unstable();
        told
    }

    fn is_of_account(&self, slot: Slot) -> bool {
        self.slots.get(usize::from(slot)).is_some_and(|plan| plan.scope == Scope::Account as usize)
    }
}

impl Told {
    /// Whether there is nothing that an account could tell.
    pub fn is_empty(&self) -> bool {
        self.compared.is_empty() && self.loose.is_empty() && self.since.is_empty()
    }

    /// A number that differs when guards may answer differently (FNV-1a over what they can tell apart).
    pub fn fingerprint(&self, reading: &Reading) -> u64 {
        let slots = &reading.slots;
        let compared = self.compared.iter().map(|(slot, op, limit)| {
            slots.get(*slot).map_or(2, |raw| u64::from(op.holds(raw, *limit)))
        });
        let value = |raw: Option<i64>| [u64::from(raw.is_some()), raw.unwrap_or_default() as u64];
        let loose = self.loose.iter().flat_map(|slot| value(slots.get(*slot)));
        let began = |slot: &Slot| {
            let origin = reading.origins.get(usize::from(*slot))?;
            origin.as_of().map(|as_of| as_of.micros())
        };
        let since = self.since.iter().flat_map(|slot| value(began(slot)));
        let mix = |hash: u64, part: u64| (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3);
        compared.chain(loose).chain(since).fold(0xcbf2_9ce4_8422_2325, mix)
    }
}
