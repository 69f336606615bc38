//! By which decision an escalation stands: over a running driver, and by cause.

use super::*;
use crate::serve::read::tests::{deal, house_of, with_approval};
use bellwether_core::Origin;
use bellwether_engine::Rules;
use bellwether_policy::Files;
use std::sync::Arc;

/// A bundle that leads small deals elsewhere than large ones, which an executive hears of.
fn files(small: &str, approved: bool, version: &str) -> Files {
    let mut files = with_approval(&[]);
    let bundle = files.get_mut("bundle.yaml").unwrap();
    *bundle = bundle.replace("1.0.0", version);
    let routing = files.get_mut("routing/deal.yaml").unwrap();
    let learn = "  learn: {kind: discover, within: 2d, then: desk}\n  nothing:";
    let rule = format!(
        "  - {{id: R0, from: how, to: {small}, when: \"deal.amount >= 1000\", reason: it may grow}}\n  - {{id: R2,"
    );
    *routing = routing.replace("  - {id: R2,", &rule);
    if small == "learn" {
        *routing = routing.replace("  nothing:", learn);
    }
    if !approved {
        *routing = routing.replace(", approvals: [desk], refused: desk", "");
    }
    files
}

#[test]
fn an_escalation_stands_by_the_decision_that_led_it_on() {
    for (small, approved, first, why) in [
        ("learn", false, "discover", "decided"),
        ("learn", true, "discover", "approve"),
        ("desk", false, "person", "raised"),
        ("desk", true, "person", "approve"),
    ] {
        let house = house_of(files(small, approved, "1.0.0"), 0);
        let takes = |euros: i64| {
            let taken = house
                .running
                .live()
                .call(move |driver, at| driver.take(&deal(1, euros), Origin::Live, at).map(drop));
            taken.unwrap();
            house.read(|desk| Ok(desk.board()?.cases().next().unwrap().1.clone())).unwrap()
        };
        let began = takes(2_000);
        let told = (&*began.rule, &*began.outcome, &*began.decided, began.because);
        assert_eq!(told, ("R0", first, small, began.opened), "{why} after {small}");
        let next = Arc::new(Rules::compose(files(small, approved, "1.1.0")).unwrap());
        let rules = next.digest();
        assert_ne!(began.rules, rules);
        let activated =
            house.running.live().call(move |driver, at| driver.activate(Arc::clone(&next), at));
        activated.unwrap();
        let stands = takes(600_000);
        assert_eq!(
            (&*stands.why, &*stands.rule, &*stands.outcome, &*stands.decided),
            (why, "R1", "cxo", "cro"),
            "after {small}"
        );
        assert_eq!((stands.opened, stands.because), (began.opened, stands.seq), "{why}");
        assert!(stands.because > began.because, "{why}: another record decided it");
        assert_eq!(stands.rules, rules, "{why}: it keeps the rules that led it on");
        house.running.stop();
    }
}

#[test]
fn what_is_decided_counts_where_it_leads_on() {
    for (before, cause, outcome, node, expected) in [
        ("learn", "decided", "cxo", "cro", true),
        ("learn", "approve", "cxo", "cro", true),
        ("learn", "denied", "cxo", "cro", true),
        ("desk", "raised", "cxo", "cro", true),
        // The time for the discovery is over: the graph still decides for it.
        ("learn", "decided", "discover", "learn", false),
        ("learn", "approve", "discover", "learn", false),
        ("learn", "denied", "discover", "other", false),
        // An approval is asked for once more, or leave is denied, and nothing else was decided.
        ("cro", "approve", "cxo", "cro", false),
        ("cro", "denied", "cxo", "cro", false),
        ("cro", "denied", "none", "nothing", false),
        ("cro", "fallback", "person", "desk", false),
        ("cro", "again", "person", "desk", false),
        ("cro", "", "person", "desk", false),
    ] {
        let decision = serde_json::json!({"node": node, "outcome": outcome});
        assert_eq!(decides(before, cause, &decision), expected, "{before} {cause} {node}");
    }
}
