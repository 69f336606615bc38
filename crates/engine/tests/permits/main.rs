//! The boundaries are asked before a node that needs their leave asks anybody.
//!
//! - In: one case under a graph whose node needs leave; facts, answers, other rules.
//! - Out: who is asked next and what the record says; every history replays byte for byte.
//! - Never: the node's people, unless the boundaries allow it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod random;
mod refused;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../world/mod.rs"]
mod world;

use bellwether_core::escalation::Closing;
use bellwether_core::event::Answer;
use bellwether_core::{Code, Escalation, Trust};
use bellwether_engine::explain::explain;
use bellwether_engine::{Replay, Rules, Step, StreamState};
use bellwether_testkit::{Happening, happens};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use world::{World, asked, bundle, case, ticket};

const PEOPLE: &str = "people:\n  vp-1: {}\n  legal-1: {}\n  cfo-1: {}\n  exec-1: {}\n  boss-1: {}\n  \
    desk-1: {}\nroles: {vp: [vp-1], legal: [legal-1], cfo: [cfo-1], exec: [exec-1], boss: [boss-1], \
    desk: [desk-1]}\nalways: desk\n";

const FACTS: &str = "facts:\n  case.priority: {type: int, from: ticket.updated.urgency, scope: case}\n  \
    case.open: {type: bool, from: ticket.updated.open, scope: case, default: true}\n  \
    case.amount: {type: int, from: ticket.updated.amount, scope: case}\n  \
    case.hold: {type: bool, from: ticket.updated.hold, scope: case}\n\
    signals:\n  ticket.updated: {urgency: int, open: bool, amount: int, hold: bool}\n";

const ACTIONS: &str = "actions:\n  engage:\n    subject: case\n    \
    context: {amount: case.amount, hold: case.hold}\n    optional: [hold]\n  \
    refund: {subject: case, parameters: {sum: money}}\n  \
    visit: {subject: account}\n";

const CEDAR: &str = r#"
@id("small") @owner("ann") @reason("small is ours to do")
permit (principal, action == Bellwether::Action::"engage", resource)
when { !context.tainted && context.amount >= 0 && context.amount <= 100 };
@id("large") @owner("ann") @reason("somebody stands for it")
permit (principal, action == Bellwether::Action::"engage", resource)
when { context.amount >= 0 && context.approvals.contains(Bellwether::Role::"vp") };
@id("held") @owner("bob") @needs("legal") @reason("counsel looks into it")
forbid (principal, action == Bellwether::Action::"engage", resource)
when { context has hold && context.hold }
unless { context.approvals.contains(Bellwether::Role::"legal") };
"#;

const GRAPH: &str = "graph: case-desk\nsubject: case\nowner: support\nstart: triage\n\
    closed_when: \"!case.open\"\nnodes:\n  triage: {kind: decide, unknown: desk}\n  \
    desk: {kind: human, role: desk, level: 1, ack: 1h}\n  \
    exec: {kind: human, role: exec, level: 2, ack: 2h, act: 1d, \
    permit: {action: engage, approvals: [vp, legal], denied: desk}}\n  \
    boss: {kind: human, role: boss, level: 3, ack: 1h}\n  nothing: {kind: end}\nrules:\n  \
    - {id: worst, from: triage, to: boss, when: \"case.priority <= 0\"}\n  \
    - {id: urgent, from: triage, to: exec, when: \"case.priority <= 1\"}\n  \
    - {id: low, from: triage, to: desk, when: \"case.priority <= 3\"}\n  \
    - {id: else, from: triage, to: nothing, otherwise: true}\n";

type Files = BTreeMap<String, String>;

fn files() -> Files {
    let mut files = bundle().files().clone();
    let account = files.get("routing/account.yaml").unwrap().replace("role: lead", "role: desk");
    let own = [
        ("routing/account.yaml", account.as_str()),
        ("routing/case.yaml", GRAPH),
        ("people.yaml", PEOPLE),
        ("facts.yaml", FACTS),
        ("actions.yaml", ACTIONS),
        ("boundaries/a.cedar", CEDAR),
    ];
    files.extend(own.map(|(path, text)| (path.to_owned(), text.to_owned())));
    files
}

fn with(path: &str, old: &str, new: &str) -> Files {
    let mut files = files();
    let text = files.get(path).unwrap();
    assert!(text.contains(old), "`{old}` is not in {path}");
    let text = text.replace(old, new);
    files.insert(path.to_owned(), text);
    files
}

fn rules(files: Files) -> Arc<Rules> {
    Arc::new(Rules::compose(files).unwrap_or_else(|problems| {
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        unreachable!("the bundle of the test is right, but: {}", shown.join("\n"))
    }))
}

/// An override of the action, in force in the first two hours of 1970.
fn overridden(what: &str) -> Files {
    let mut files = files();
    let text = format!(
        "overrides:\n  - {{id: freeze, action: engage, {what}, from: 1970-01-01T00:00:00Z, \
         until: 1970-01-01T02:00:00Z, reason: quarter end, author: ann, approver: bob}}\n"
    );
    files.insert("overrides/freeze.yaml".to_owned(), text);
    files
}

/// An urgent case of some amount, written by a system of ours.
fn urgent(at: i64, amount: i64) -> Happening {
    by(Trust::System, ticket(at, 1).int("amount", amount))
}

fn by(trust: Trust, what: Happening) -> Happening {
    Happening { trust, ..what }
}

fn give(world: &mut World, at: i64, person: &str, answer: Answer) -> Step {
    world.answer(at, "case-desk", person, answer)
}

fn node(world: &World) -> Option<Code> {
    world.escalation(case(7), "case-desk").and_then(|held| held.node())
}

fn record(step: &Step) -> String {
    String::from_utf8(step.record.clone()).unwrap()
}

/// Whom a step asked and why, and what it says of the boundaries.
fn told(step: &Step) -> String {
    let people = ["vp-1", "legal-1", "cfo-1", "exec-1", "boss-1", "desk-1"];
    let mut text = String::new();
    for (person, cause) in asked(step) {
        let person = people.iter().find(|known| Code::of(known) == person).unwrap();
        let _ = write!(text, "{person} {}", cause.as_str());
    }
    for said in &step.permits {
        let _ = write!(text, "; {} {} by {:?}", said.action, said.decision, said.by);
        if !said.missing.is_empty() {
            let _ = write!(text, " without {:?}", said.missing);
        }
    }
    text
}

/// Replays from the events, and from bytes of the state.
fn assert_replays(world: &World) {
    let mut replay = Replay::new(&world.book);
    for (event, record) in &world.rows {
        replay.check(event, record).unwrap();
    }
    let bytes = world.state.to_bytes(&world.book).unwrap();
    let read = StreamState::from_bytes(&bytes, &world.book).unwrap();
    assert_eq!(read.to_bytes(&world.book).unwrap(), bytes);
}

#[test]
fn what_the_boundaries_say_decides_who_is_asked() {
    let table = [
        (files(), urgent(1_000, 50), r#"exec-1 decided; engage allow by ["small"]"#),
        (files(), urgent(1_000, 500), r#"vp-1 approve; engage approval by []"#),
        (
            files(),
            urgent(1_000, 50).flag("hold", true),
            r#"legal-1 approve; engage approval by ["held"]"#,
        ),
        (files(), urgent(1_000, -1), r#"desk-1 denied; engage deny by []"#),
        (files(), ticket(1_000, 1), r#"desk-1 denied; engage doubt by [] without ["case.amount"]"#),
        (
            files(),
            by(Trust::CustomerText, urgent(1_000, 50)),
            r#"vp-1 approve; engage approval by []"#,
        ),
        (
            files(),
            by(Trust::Operator, urgent(1_000, 50)),
            r#"exec-1 decided; engage allow by ["small"]"#,
        ),
        (
            overridden("forbid: true"),
            urgent(1_000, 50),
            r#"desk-1 denied; engage deny by ["freeze"]"#,
        ),
        (
            overridden("forbid: true, when: \"case.amount > 100\""),
            urgent(1_000, 50),
            r#"exec-1 decided; engage allow by ["small"]"#,
        ),
        // Whether it holds cannot be told, so it holds.
        (
            overridden("forbid: true, when: \"case.hold\""),
            urgent(1_000, 50),
            r#"desk-1 denied; engage deny by ["freeze"]"#,
        ),
        (
            overridden("approvals: [legal]"),
            urgent(1_000, 50),
            r#"legal-1 approve; engage approval by ["freeze"]"#,
        ),
        (
            overridden("approvals: [legal]"),
            urgent(3 * 3_600, 50),
            r#"exec-1 decided; engage allow by ["small"]"#,
        ),
    ];
    for (files, what, expected) in table {
        let mut world = World::under(rules(files));
        let step = world.see(what.clone());
        assert_eq!(told(&step), expected, "{what:?}");
        assert_replays(&world);
    }
}

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

#[test]
fn approvals_are_asked_for_until_the_boundaries_allow_it() {
    let mut world = World::under(rules(files()));
    let first = world.see(urgent(1_000, 500).flag("hold", true));
    assert_eq!(told(&first), r#"vp-1 approve; engage approval by ["held"]"#);
    assert_eq!(node(&world), Some(Code::of("exec/permit:vp")));
    let events = world.see(urgent(1_050, 500).flag("hold", true));
    assert!(events.permits.is_empty(), "nothing is asked for an event that moves nothing");
    let second = give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(told(&second), r#"legal-1 approved; engage approval by ["held"]"#);
    assert_eq!(node(&world), Some(Code::of("exec/permit:legal")));
    let third = give(&mut world, 1_200, "legal-1", Answer::Accept);
    assert_eq!(told(&third), r#"exec-1 approved; engage allow by ["large"]"#);
    assert_eq!(node(&world), Some(Code::of("exec")));
    let said =
        r#""opened":"1","permit":{"action":"engage","by":["large"],"decision":"allow"},"person""#;
    assert!(record(&third).contains(said), "{}", record(&third));
    assert_replays(&world);
    give(&mut world, 1_300, "exec-1", Answer::Resolve);
    assert!(!record(&give(&mut world, 1_400, "exec-1", Answer::Resolve)).contains("permit"));

    let rows = world.rows.iter().map(|(event, record)| (&event[..], &record[..]));
    let told = explain(rows, 3, &world.book, None).unwrap().unwrap();
    let held = ("held".to_owned(), "bob".to_owned(), "counsel looks into it".to_owned());
    assert_eq!(told.permits[0].by, [held]);
}

#[test]
fn who_refuses_ends_it_and_approvals_of_the_node_come_first() {
    let mut world = World::under(rules(files()));
    world.see(urgent(1_000, 500));
    let refused = give(&mut world, 1_100, "vp-1", Answer::Decline(Code::of("not_needed")));
    assert!(asked(&refused).is_empty() && refused.permits.is_empty());
    let ended = |world: &World| match world.escalation(case(7), "case-desk") {
        Some(Escalation::Closed { how, .. }) => Some(how),
        _ => None,
    };
    assert_eq!(ended(&world), Some(Closing::Refused));
    assert_replays(&world);

    let refuses =
        with("routing/case.yaml", "permit: {", "refused: desk, approvals: [cfo], permit: {");
    let mut world = World::under(rules(refuses));
    let first = world.see(urgent(1_000, 500));
    assert_eq!(told(&first), "cfo-1 approve");
    let second = give(&mut world, 1_100, "cfo-1", Answer::Accept);
    assert_eq!(told(&second), "vp-1 approved; engage approval by []");
    let refused = give(&mut world, 1_200, "vp-1", Answer::Decline(Code::of("not_needed")));
    assert_eq!(told(&refused), "desk-1 refused");
    assert_replays(&world);
}

#[test]
fn what_is_denied_is_with_a_person_and_only_a_higher_level_raises_it() {
    let mut world = World::under(rules(files()));
    world.see(ticket(1_000, 1));
    assert_eq!(node(&world), Some(Code::of("desk")));
    let known = world.see(urgent(1_100, 50));
    assert!(asked(&known).is_empty() && known.permits.is_empty(), "the desk has it");
    let worse = world.see(urgent(1_200, 50).int("urgency", 0));
    assert_eq!(told(&worse), "boss-1 raised");
    assert_replays(&world);
}

#[test]
fn facts_and_boundaries_may_change_before_it_is_asked_again() {
    // What is known when the approval comes decides, and what was not asked for before is asked for.
    let mut world = World::under(rules(files()));
    world.see(urgent(1_000, 500));
    world.see(urgent(1_050, 500).flag("hold", true));
    let given = give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(told(&given), r#"legal-1 approved; engage approval by ["held"]"#);
    world.see(urgent(1_150, -5).flag("hold", true));
    let denied = give(&mut world, 1_200, "legal-1", Answer::Accept);
    assert_eq!(told(&denied), "desk-1 denied; engage deny by []");
    assert_replays(&world);

    // The node, and whom it may ask, are those of the rules that opened it; the boundaries are those in force.
    let cedar = CEDAR.replace("@needs(\"legal\")", "@needs(\"cfo\")");
    let cedar = cedar.replace("Role::\"legal\"", "Role::\"cfo\"");
    let mut changed = with("routing/case.yaml", "[vp, legal]", "[vp, cfo]");
    changed.insert("boundaries/a.cedar".to_owned(), cedar);
    let changed = rules(changed);
    for (hold, expected) in [
        (false, r#"exec-1 approved; engage allow by ["large"]"#),
        (true, r#"desk-1 denied; engage approval by ["held"]"#),
    ] {
        let mut world = World::under(rules(files()));
        world.see(urgent(1_000, 500).flag("hold", hold));
        world.book.add(Arc::clone(&changed));
        world.rules = Arc::clone(&changed);
        let given = give(&mut world, 1_100, "vp-1", Answer::Accept);
        assert_eq!(
            told(&given),
            expected,
            "the kept node does not list the role that is wanted now"
        );
        assert_replays(&world);
    }

    // An action that is gone cannot be asked about.
    let mut world = World::under(rules(files()));
    world.see(urgent(1_000, 500));
    let gone = GRAPH
        .replace("permit: {action: engage, approvals: [vp, legal], denied: desk}", "again: 1d");
    let mut files = with("actions.yaml", "engage:", "engage2:");
    files.insert("routing/case.yaml".to_owned(), gone);
    files.insert("boundaries/a.cedar".to_owned(), CEDAR.replace("\"engage\"", "\"engage2\""));
    let gone = rules(files);
    world.book.add(Arc::clone(&gone));
    world.rules = gone;
    let given = give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(told(&given), r#"desk-1 denied; engage doubt by [] without ["engage"]"#);
    assert_replays(&world);
}

#[test]
fn an_approval_for_one_node_is_no_leave_for_a_higher_one() {
    let higher = GRAPH.replace(
        "boss: {kind: human, role: boss, level: 3, ack: 1h}",
        "boss: {kind: human, role: boss, level: 3, ack: 1h, \
         permit: {action: engage, approvals: [vp, legal], denied: desk}}",
    );
    let mut files = files();
    files.insert("routing/case.yaml".to_owned(), higher);
    let mut world = World::under(rules(files));
    world.see(urgent(1_000, 500));
    give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(node(&world), Some(Code::of("exec")));
    let raised = world.see(urgent(1_200, 500).int("urgency", 0));
    assert_eq!(told(&raised), "vp-1 approve; engage approval by []");
    assert_replays(&world);
}
