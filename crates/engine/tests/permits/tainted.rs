//! Whoever chose the way has decided too: facts that somebody outside could have written taint.

use super::world::{World, asked, ticket};
use super::{FACTS, GRAPH, assert_replays, by, files, rules, told, urgent};
use bellwether_core::Trust;
use bellwether_testkit::happens;

/// Whoever chose the way has decided too, although the last rule reads nothing.
#[test]
fn a_text_that_chose_the_way_taints() {
    let long = GRAPH
        .replace("from: triage, to: exec,", "from: triage, to: second,")
        .replace("  desk: {kind", "  second: {kind: decide, unknown: desk}\n  desk: {kind");
    let long = format!("{long}  - {{id: any, from: second, to: exec, otherwise: true}}\n");
    for (trust, expected) in [
        (Trust::CustomerText, r#"vp-1 approve; engage approval by []"#),
        (Trust::Operator, r#"exec-1 decided; engage allow by ["small"]"#),
    ] {
        let mut files = files();
        files.insert("routing/case.yaml".to_owned(), long.clone());
        let mut world = World::under(rules(files));
        world.see(by(Trust::System, ticket(1_000, 9).int("amount", 50)));
        let step = world.see(by(trust, ticket(2_000, 1)));
        assert_eq!(told(&step), expected, "{trust:?}");
        assert_replays(&world);
    }
}

/// An `otherwise` decides because the rules before it did not, and a wait goes on because a fact came.
#[test]
fn what_did_not_hold_and_what_was_waited_for_taint() {
    let head = GRAPH.split_once("rules:").unwrap().0;
    let otherwise = "rules:\n  - {id: worst, from: triage, to: boss, when: \"case.priority <= 0\"}\n  \
        - {id: seen, from: triage, to: nothing, when: \"case.seen\"}\n  \
        - {id: else, from: triage, to: exec, otherwise: true}\n";
    let waits = "  hold: {kind: wait, for: [case.seen], ready: second, within: 1h, then: desk}\n  \
        second: {kind: decide, unknown: desk}\nrules:\n  \
        - {id: worst, from: triage, to: boss, when: \"case.priority <= 0\"}\n  \
        - {id: urgent, from: triage, to: hold, when: \"case.priority <= 1\"}\n  \
        - {id: else, from: triage, to: nothing, otherwise: true}\n  \
        - {id: any, from: second, to: exec, otherwise: true}\n";
    let seen = "facts:\n  case.seen: {type: bool, from: ticket.updated.seen, scope: case}\n";
    let known =
        FACTS.replacen("facts:\n", seen, 1).replace("hold: bool}", "hold: bool, seen: bool}");
    let first = urgent(1_000, 50);
    for (graph, first) in [(otherwise, first.clone().flag("seen", true)), (waits, first)] {
        for (trust, expected) in [
            (Trust::CustomerText, r#"vp-1 approve; engage approval by []"#),
            (Trust::Operator, r#"exec-1 decided; engage allow by ["small"]"#),
        ] {
            let mut files = files();
            files.insert("routing/case.yaml".to_owned(), format!("{head}{graph}"));
            files.insert("facts.yaml".to_owned(), known.clone());
            let mut world = World::under(rules(files));
            assert!(asked(&world.see(first.clone())).is_empty());
            let step =
                world.see(by(trust, happens("ticket.updated", 2_000).case(7).flag("seen", false)));
            assert_eq!(told(&step), expected, "{trust:?} {graph}");
            assert_replays(&world);
        }
    }
}
