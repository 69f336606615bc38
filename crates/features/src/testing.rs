//! Helpers of this crate's tests: sets from text, signals from a few words.

use crate::FeatureSet;
use bellwether_core::authored::Document;
use bellwether_core::signal::MatchedBy;
use bellwether_core::{Code, Field, Signal, Timestamp, Trust, Value};

pub(crate) fn compiled(facts: &str, features: &str) -> Result<FeatureSet, String> {
    let facts = Document::read("facts.yaml", facts).unwrap();
    let features = Document::read("features.yaml", features).unwrap();
    FeatureSet::compile(&facts, Some(&features), &[])
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

pub(crate) fn set(facts: &str, features: &str) -> FeatureSet {
    compiled(facts, features).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) fn signal(key: u64, kind: &str, at: Timestamp, fields: &[(&str, Value)]) -> Signal {
    let mut fields = fields.to_vec();
    fields.sort_by_key(|(name, _)| *name);
    let field = |(name, value): (&str, Value)| Field { name: Code::of(name), value };
    Signal {
        key,
        content: key,
        source: Code::of("test"),
        kind: Code::of(kind),
        at,
        known_at: at,
        trust: Trust::System,
        doc: None,
        contact: None,
        matched_by: MatchedBy::External,
        fields: fields.into_iter().map(field).collect(),
    }
}
