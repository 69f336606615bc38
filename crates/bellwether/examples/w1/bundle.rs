//! The bundle of W1 with one threshold moved, and with 1,000 rules more.
//!
//! - In: the files of the 40 rules.
//! - Out: files.
//! - Never: a rule of the 40 written again.

use crate::peers::bundle::{Files, ROUTING, files};
use std::fmt::Write as _;

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
