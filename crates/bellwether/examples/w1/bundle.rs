//! The bundle of W1; also with one threshold moved, and with 1,000 rules more.
//!
//! - In: `examples/w1-bundle`; facts and features are those that the features crate is tested with.
//! - Out: composed [`Rules`].
//! - Never: a second copy of a definition.

use anyhow::Result;
use bellwether_engine::Rules;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

type Files = BTreeMap<String, String>;

const ROUTING: &str = "routing/w1.yaml";

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

/// One threshold moved: R15 asks for four angry signals a week, not three.
pub(crate) fn moved() -> Files {
    with_routing(|text| text.replace("\"neg7 >= 3\"", "\"neg7 >= 4\""))
}

/// 1,000 rules of three comparisons in front of the 40.
pub(crate) fn thousand() -> Files {
    let counts = ["n7", "n30", "neg30", "ticket30", "chat7", "email7", "sla30", "reopen30"];
    let words = ["seg == 'customer'", "tier == 'mid'", "region == 'eu'", "kind == 'email'"];
    let mut rules = String::from("rules:\n");
    let pairs = words.iter().flat_map(|word| counts.iter().map(move |count| (count, word)));
    for (nth, (count, word)) in pairs.cycle().take(1_000).enumerate() {
        let least = 20 + nth % 37;
        let _ = writeln!(
            rules,
            "  - {{id: G{nth}, from: decide, to: human_review, \
             when: \"{count} >= {least} && {word} && value >= {nth}\"}}"
        );
    }
    with_routing(|text| text.replace("rules:\n", &rules))
}

fn with_routing(change: impl FnOnce(&str) -> String) -> Files {
    let mut files = files();
    files.entry(ROUTING.to_owned()).and_modify(|text| *text = change(text));
    files
}

pub(crate) fn composed(files: Files) -> Result<Arc<Rules>> {
    Rules::compose(files).map(Arc::new).map_err(|problems| {
        let problems: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        anyhow::anyhow!(problems)
    })
}
