//! The candidate of W4: the 40 rules with ten thresholds moved, one rule dropped and two added.
//!
//! - In: the files of the 40 rules.
//! - Out: the files of 41.
//! - Never: a change that is not made exactly once.

use crate::peers::bundle::{Files, ROUTING, files};
use anyhow::{Context, Result, ensure};

const CHANGES: [(&str, &str); 13] = [
    ("sent < -250", "sent < -200"),
    ("value >= 600 && fit >= 600", "value >= 550 && fit >= 600"),
    ("complete >= 600 && urgency >= 300", "complete >= 600 && urgency >= 250"),
    ("deal >= 400000", "deal >= 300000"),
    ("renew_d <= 60", "renew_d <= 90"),
    ("\"neg7 >= 3\"", "\"neg7 >= 4\""),
    ("ticket7 >= 4", "ticket7 >= 5"),
    ("conf >= 700", "conf >= 750"),
    ("conf >= 500", "conf >= 550"),
    ("urgency >= 700", "urgency >= 650"),
    (
        "  account_manager: {",
        "  proactive_outreach: {kind: human, role: account_manager, level: 1, outcome: person, \
         ack: 8h}\n  account_manager: {",
    ),
    (
        "  - {id: R16_",
        "  - {id: N41_neg_chat_week, from: decide, to: proactive_outreach, \
         when: \"kind == 'chat' && neg7 >= 2\"}\n  - {id: R16_",
    ),
    (
        "  - {id: R20_",
        "  - {id: N42_overdue_renewal, from: decide, to: finance_analyst, \
         when: \"overdue >= 10000 && renew_d <= 90 && renew_d >= 0\"}\n  - {id: R20_",
    ),
];

const DROPPED: &str = "R29_stage_regress";

pub(crate) fn candidate() -> Result<Files> {
    let mut files = files();
    let routing = files.get_mut(ROUTING).context("the bundle has no routing")?;
    for (old, new) in CHANGES {
        ensure!(routing.matches(old).count() == 1, "`{old}` is not there exactly once");
        *routing = routing.replace(old, new);
    }
    let kept = routing.lines().filter(|line| !line.contains(DROPPED));
    let kept: String = kept.flat_map(|line| [line, "\n"]).collect();
    ensure!(kept.lines().count() + 1 == routing.lines().count(), "`{DROPPED}` is not there once");
    *routing = kept;
    Ok(files)
}
