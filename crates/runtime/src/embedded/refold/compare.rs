//! Where two feature states of a stream part, in words that people know.

use super::super::Embedded;
use bellwether_core::{DocKey, StreamId, Timestamp};
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
    pub(super) fn differences(
        &self,
        stream: StreamId,
        (old, new): (&States, &States),
        at: Timestamp,
    ) -> Vec<Difference> {
        let differs = |(doc, bytes): &(&DocKey, &Vec<u8>)| old.get(doc) != Some(*bytes);
        new.iter()
            .filter(differs)
            .map(|(doc, _)| {
                let facts = self.facts_apart((stream, *doc), (old, new), at);
                Difference { doc: *doc, facts }
            })
            .collect()
    }

    /// The names of definitions that an encoded state has not counted from its first signal on.
    pub(super) fn incomplete(&self, stream: StreamId, doc: DocKey, bytes: &[u8]) -> Vec<String> {
        let features = self.ruling(stream).features();
        let Ok(state) = features.decode(scope_of(doc), bytes) else { return Vec::new() };
        features.incomplete(&state).map(|definition| definition.name.clone()).collect()
    }

    fn facts_apart(
        &self,
        (stream, doc): (StreamId, DocKey),
        (old, new): (&States, &States),
        at: Timestamp,
    ) -> Vec<String> {
        let Some(bytes) = old.get(&doc) else { return Vec::new() };
        let mut names = self.incomplete(stream, doc, bytes);
        let rules = self.ruling(stream);
        let (features, rates) = (rules.features(), rules.policy().rates());
        let read = |states: &States| {
            let state = |doc| features.decode(scope_of(doc), states.get(&doc)?).ok();
            let mut account = state(DocKey::Account)?;
            let mut sub = if doc == DocKey::Account { None } else { state(doc) };
            let mut reading = features.reading();
            features.read(&mut account, sub.as_mut(), None, at, rates, &mut reading);
            let origins = features.origins(&account, sub.as_ref(), &reading);
            let fact = |slot| {
                let origin = origins.of(slot);
                (reading.slots.get(slot), origin.as_of(), origin.known_at())
            };
            let facts = features.definitions().iter().map(|definition| fact(definition.slot));
            Some(facts.collect::<Vec<_>>())
        };
        let (Some(before), Some(after)) = (read(old), read(new)) else { return names };
        for (definition, (before, after)) in
            features.definitions().iter().zip(before.iter().zip(&after))
        {
            let same = before == after;
            if definition.scope == scope_of(doc) && !same && !names.contains(&definition.name) {
                names.push(definition.name.clone());
            }
        }
        names
    }
}
