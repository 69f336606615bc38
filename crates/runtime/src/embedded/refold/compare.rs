//! Where two feature states of a stream part, in words that people know.

use super::super::Embedded;
use bellwether_core::{DocKey, Timestamp};
use bellwether_engine::state::scope_of;
use std::collections::BTreeMap;

/// A document whose state differs from the one folded anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The document.
    pub doc: DocKey,
    /// The facts about it that read differently, with the definitions that were incomplete. Empty where
    /// only what no fact shows at present differs.
    pub facts: Vec<String>,
}

type States = BTreeMap<DocKey, Vec<u8>>;

impl Embedded {
    /// The documents of `new` that differ from the standing ones, and how they read at an instant.
    pub(super) fn differences(&self, old: &States, new: &States, at: Timestamp) -> Vec<Difference> {
        let differs = |(doc, bytes): &(&DocKey, &Vec<u8>)| old.get(doc) != Some(*bytes);
        new.iter()
            .filter(differs)
            .map(|(doc, _)| Difference { doc: *doc, facts: self.facts_apart(*doc, old, new, at) })
            .collect()
    }

    /// The names of definitions that an encoded state has not counted from its first signal on.
    pub(super) fn incomplete(&self, doc: DocKey, bytes: &[u8]) -> Vec<String> {
        let features = self.active.features();
        let Ok(state) = features.decode(scope_of(doc), bytes) else { return Vec::new() };
        features.incomplete(&state).map(|definition| definition.name.clone()).collect()
    }

    fn facts_apart(&self, doc: DocKey, old: &States, new: &States, at: Timestamp) -> Vec<String> {
        let Some(bytes) = old.get(&doc) else { return Vec::new() };
        let mut names = self.incomplete(doc, bytes);
        let (features, rates) = (self.active.features(), self.active.policy().rates());
        let (mut before, mut after) = (features.reading(), features.reading());
        for (states, reading) in [(old, &mut before), (new, &mut after)] {
            let state = |doc| features.decode(scope_of(doc), states.get(&doc)?).ok();
            let Some(mut account) = state(DocKey::Account) else { return names };
            let mut sub = if doc == DocKey::Account { None } else { state(doc) };
            features.read(&mut account, sub.as_mut(), None, at, rates, reading);
        }
        for definition in features.definitions() {
            let slot = definition.slot;
            let same = before.slots.get(slot) == after.slots.get(slot)
                && before.as_of(slot) == after.as_of(slot)
                && before.known_at(slot) == after.known_at(slot);
            if definition.scope == scope_of(doc) && !same && !names.contains(&definition.name) {
                names.push(definition.name.clone());
            }
        }
        names
    }
}
