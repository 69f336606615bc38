//! What limits an action is not reached by text from outside. Who is asked is held back by `tainted`.
//!
//! - In: rules, the names of facts under `limits`, and who may move them at least.
//! - Out: a [`Proof`] for each fact; where it does not hold, the way from the fact to the signal.
//! - Never: looks at a value: what could be moved is enough.

use crate::rules::Rules;
use bellwether_core::{Duration, Trust};
use bellwether_policy::proof::{Proof, Property, Step};

impl Rules {
    /// Proves of each fact that no signal trusted less than `least` may move it. `facts` are those
    /// under `limits`; a name that is no fact is not proved.
    pub fn prove_trust<'a>(
        &self,
        facts: impl IntoIterator<Item = &'a str>,
        least: Trust,
    ) -> Vec<Proof> {
        let one = |name: &str| {
            let way = match self.features().catalogue().slot(name) {
                Some(slot) => self.features().moved_below(slot, least),
                None => Some(vec![name.to_owned(), "no fact of this name".to_owned()]),
            };
            let step = |way: Vec<String>| Step { after: Duration::ZERO, text: way.join(" <- ") };
            Proof {
                property: Property::Trust,
                about: name.to_owned(),
                holds: way.is_none(),
                path: way.map(step).into_iter().collect(),
                clock: None,
            }
        };
        facts.into_iter().map(one).collect()
    }
}
