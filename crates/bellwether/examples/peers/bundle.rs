//! The bundle of the benchmark's 40 rules.
//!
//! - In: `examples/w1-bundle`; facts and features are those that the features crate is tested with.
//! - Out: its files, and composed [`Rules`].
//! - Never: a second copy of a definition.

use anyhow::Result;
use bellwether_engine::Rules;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Paths relative to the bundle's folder, and their texts.
pub(crate) type Files = BTreeMap<String, String>;

pub(crate) const ROUTING: &str = "routing/w1.yaml";

/// The 40 rules.
pub(crate) fn files() -> Files {
    let files = [
        ("bundle.yaml", include_str!("../w1-bundle/bundle.yaml")),
        ("people.yaml", include_str!("../w1-bundle/people.yaml")),
        ("facts.yaml", include_str!("../../../features/tests/w1/facts.yaml")),
        ("features.yaml", include_str!("../../../features/tests/w1/features.yaml")),
        (ROUTING, include_str!("../w1-bundle/routing/w1.yaml")),
    ];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

pub(crate) fn composed(files: Files) -> Result<Arc<Rules>> {
    Rules::compose(files).map(Arc::new).map_err(|problems| {
        let problems: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        anyhow::anyhow!(problems)
    })
}
