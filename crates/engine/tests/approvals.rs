//! Approvals in turn, refusals, and what an escalation keeps when the rules change.
//!
//! - In: one case under a graph whose node needs two approvals; answers, time, other rules.
//! - Out: who is asked next and why; every history replays byte for byte.
//! - Never: a recipient who is asked before the approvals are given.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use bellwether_core::effect::AskCause;
use bellwether_core::escalation::Closing;
use bellwether_core::event::Answer;
use bellwether_core::record::Status;
use bellwether_core::{Code, Escalation};
use bellwether_engine::{Replay, Rules, Step, StreamState};
use std::sync::Arc;
use world::{World, asked, bundle, case, ticket};

const HOUR: i64 = 3_600;

const PEOPLE: &str = "people:\n  vp-1: {}\n  vp-2: {}\n  legal-1: {}\n  gc-1: {}\n  exec-1: {}\n  \
    boss-1: {}\n  desk-1: {}\nroles: {vp: [vp-1, vp-2], legal: [legal-1], gc: [gc-1], exec: [exec-1], \
    boss: [boss-1], desk: [desk-1]}\nalways: desk\n";

const GRAPH: &str = "graph: case-desk\nsubject: case\nowner: support\nstart: triage\n\
    closed_when: \"!case.open\"\nnodes:\n  triage: {kind: decide, unknown: desk}\n  \
    desk: {kind: human, role: desk, level: 1, ack: 1h}\n  \
    exec: {kind: human, role: exec, level: 2, ack: 2h, act: 1d, steps: [call, refund], \
    approvals: [vp, {role: legal, fallback: [gc], ack: 4h}]}\n  \
    boss: {kind: human, role: boss, level: 3, ack: 1h}\n  nothing: {kind: end}\nrules:\n  \
    - {id: worst, from: triage, to: boss, when: \"case.priority <= 0\"}\n  \
    - {id: urgent, from: triage, to: exec, when: \"case.priority <= 1\"}\n  \
    - {id: low, from: triage, to: desk, when: \"case.priority <= 3\"}\n  \
    - {id: else, from: triage, to: nothing, otherwise: true}\n";

fn rules(graph: &str, people: &str) -> Arc<Rules> {
    let mut files = bundle().files().clone();
    files.insert("routing/case.yaml".to_owned(), graph.to_owned());
    files.insert("people.yaml".to_owned(), people.to_owned());
    let account = files.get("routing/account.yaml").unwrap().replace("role: lead", "role: desk");
    files.insert("routing/account.yaml".to_owned(), account);
    let composed = Rules::compose(files);
    Arc::new(composed.unwrap_or_else(|problems| {
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        unreachable!("the bundle of the test is right, but: {}", shown.join("\n"))
    }))
}

fn opened(graph: &str) -> World {
    let mut world = World::under(rules(graph, PEOPLE));
    let first = world.see(ticket(1_000, 1));
    assert_eq!(asked(&first), [(Code::of("vp-1"), AskCause::Approve)]);
    world
}

fn give(world: &mut World, at: i64, person: &str, answer: Answer) -> Step {
    world.answer(at, "case-desk", person, answer)
}

fn why(step: &Step) -> Option<String> {
    let record: String = String::from_utf8(step.record.clone()).unwrap();
    let (_, why) = record.rsplit_once("\"why\":\"")?;
    Some(why.trim_end_matches("\"}").to_owned())
}

fn node(world: &World) -> Option<Code> {
    world.escalation(case(7), "case-desk").and_then(|held| held.node())
}

fn closed(world: &World) -> Option<Closing> {
    match world.escalation(case(7), "case-desk") {
        Some(Escalation::Closed { how, .. }) => Some(how),
        _ => None,
    }
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
    let held = |state: &StreamState| state.doc(case(7)).unwrap().graphs.clone();
    assert_eq!(held(&read), held(&world.state));
}

#[test]
fn the_recipient_is_asked_when_both_have_approved() {
    let mut world = opened(GRAPH);
    let second = give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(asked(&second), [(Code::of("legal-1"), AskCause::Approved)]);
    assert_eq!(node(&world), Some(Code::of("exec/approval:legal")));
    let third = give(&mut world, 1_200, "legal-1", Answer::Accept);
    assert_eq!(asked(&third), [(Code::of("exec-1"), AskCause::Approved)]);
    assert_eq!(node(&world), Some(Code::of("exec")));
    let held = world.state.doc(case(7)).unwrap().graph(Code::of("case-desk")).unwrap().clone();
    let roles: Vec<_> = held.approvals.iter().map(|given| given.role).collect();
    assert_eq!(roles, [Code::of("vp"), Code::of("legal")]);
    assert_replays(&world);
    give(&mut world, 1_300, "exec-1", Answer::Resolve);
    assert_eq!(closed(&world), Some(Closing::Resolved));
    let held = world.state.doc(case(7)).unwrap().graph(Code::of("case-desk")).unwrap();
    assert!(held.approvals.is_empty() && held.rules.is_none(), "nothing outlives its escalation");
    assert_replays(&world);
}

#[test]
fn a_refusal_ends_it_or_goes_where_the_node_says() {
    let mut world = opened(GRAPH);
    give(&mut world, 1_100, "vp-1", Answer::Decline(Code::of("not_needed")));
    assert_eq!(closed(&world), Some(Closing::Refused));
    let same = world.see(ticket(1_200, 1));
    assert!(asked(&same).is_empty(), "the same rule does not ask again at once");
    assert_replays(&world);

    let mut world = opened(&GRAPH.replace("approvals: [", "refused: desk, approvals: ["));
    let refused = give(&mut world, 1_100, "vp-1", Answer::Decline(Code::of("not_needed")));
    assert_eq!(asked(&refused), [(Code::of("desk-1"), AskCause::Refused)]);
    let same = world.see(ticket(1_200, 1));
    assert!(asked(&same).is_empty(), "what was refused is not asked for again");
    let worse = world.see(ticket(1_300, 0));
    assert_eq!(asked(&worse), [(Code::of("boss-1"), AskCause::Raised)]);
    assert_replays(&world);
}

#[test]
fn only_who_has_the_role_approves_and_once() {
    let mut world = opened(GRAPH);
    let outside = give(&mut world, 1_100, "vp-1", Answer::Delegate(Code::of("exec-1")));
    assert_eq!(
        (outside.status, why(&outside)),
        (Status::Refused, Some("not-an-approver".to_owned()))
    );
    let done = give(&mut world, 1_200, "vp-1", Answer::Resolve);
    assert_eq!(why(&done), Some("approval-open".to_owned()));
    let other = give(&mut world, 1_300, "vp-1", Answer::Delegate(Code::of("vp-2")));
    assert_eq!(asked(&other), [(Code::of("vp-2"), AskCause::PassedOn)]);
    // Nobody answers: it passes along the chain, to the role that is always staffed.
    let steps = world.pass(1_300 + 5 * HOUR);
    assert_eq!(steps.iter().flat_map(asked).next(), Some((Code::of("vp-2"), AskCause::Fallback)));
    let steps = world.pass(1_300 + 9 * HOUR);
    let last = steps.iter().flat_map(asked).last();
    assert_eq!(last.map(|(person, _)| person), Some(Code::of("desk-1")));
    let now = 1_300 + 9 * HOUR;
    let desk = give(&mut world, now, "desk-1", Answer::Accept);
    assert_eq!(why(&desk), Some("not-an-approver".to_owned()));
    give(&mut world, now + 1, "desk-1", Answer::Delegate(Code::of("vp-2")));
    let given = give(&mut world, now + 2, "vp-2", Answer::Accept);
    assert_eq!(asked(&given), [(Code::of("legal-1"), AskCause::Approved)]);
    // The fallback role may approve too.
    give(&mut world, now + 3, "legal-1", Answer::Delegate(Code::of("gc-1")));
    let given = give(&mut world, now + 4, "gc-1", Answer::Accept);
    assert_eq!(asked(&given), [(Code::of("exec-1"), AskCause::Approved)]);
    assert_replays(&world);
}

#[test]
fn nobody_approves_for_two_roles() {
    let people = PEOPLE.replace("legal: [legal-1]", "legal: [vp-1, legal-1]");
    let mut world = World::under(rules(GRAPH, &people));
    world.see(ticket(1_000, 1));
    let given = give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(
        asked(&given),
        [(Code::of("legal-1"), AskCause::Approved)],
        "and not the same again"
    );
    let back = give(&mut world, 1_300, "legal-1", Answer::Delegate(Code::of("vp-1")));
    assert_eq!(why(&back), Some("approved-already".to_owned()));
    let other = give(&mut world, 1_400, "legal-1", Answer::Accept);
    assert_eq!(asked(&other), [(Code::of("exec-1"), AskCause::Approved)]);
    assert_replays(&world);
}

#[test]
fn whoever_approved_and_is_asked_for_want_of_others_cannot_approve_again() {
    let people = PEOPLE.replace("legal: [legal-1]", "legal: [vp-1]");
    let mut world = World::under(rules(GRAPH, &people));
    world.see(ticket(1_000, 1));
    let given = give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(asked(&given), [(Code::of("gc-1"), AskCause::Approved)], "the fallback");
    let alone = people.replace("always: desk", "always: legal");
    let mut world = World::under(rules(&GRAPH.replace("fallback: [gc], ", ""), &alone));
    world.see(ticket(1_000, 1));
    let given = give(&mut world, 1_100, "vp-1", Answer::Accept);
    assert_eq!(asked(&given), [(Code::of("vp-1"), AskCause::Approved)], "somebody must hear of it");
    let again = give(&mut world, 1_200, "vp-1", Answer::Accept);
    assert_eq!(why(&again), Some("approved-already".to_owned()));
    assert_replays(&world);
}

#[test]
fn a_higher_level_and_the_end_of_the_case_do_not_wait_for_an_approval() {
    let mut world = opened(GRAPH);
    let raised = world.see(ticket(1_100, 0));
    assert_eq!(asked(&raised), [(Code::of("boss-1"), AskCause::Raised)]);
    assert_replays(&world);
    let mut world = opened(GRAPH);
    world.see(ticket(1_100, 1).flag("open", false));
    assert_eq!(closed(&world), Some(Closing::SubjectClosed));
    assert_replays(&world);
}

#[test]
fn what_is_under_way_keeps_its_version_and_asks_the_people_of_today() {
    let without = GRAPH
        .replace(", \\\n    approvals", "")
        .replace("approvals: [vp, {role: legal, fallback: [gc], ack: 4h}]", "again: 1d");
    let people =
        PEOPLE.replace("vp-2: {}", "vp-2: {}\n  vp-3: {}").replace("[vp-1, vp-2]", "[vp-1, vp-3]");
    let mut world = opened(GRAPH);
    let other = rules(&without, &people);
    world.book.add(Arc::clone(&other));
    world.rules = other;
    // The node of the approval is not in these rules; its deadline, and who is next, still hold.
    let steps = world.pass(1_000 + 2 * HOUR + 10);
    assert_eq!(
        steps.iter().flat_map(asked).collect::<Vec<_>>(),
        [(Code::of("vp-3"), AskCause::Fallback)]
    );
    let given = give(&mut world, 10_000, "vp-3", Answer::Accept);
    assert_eq!(
        asked(&given),
        [(Code::of("legal-1"), AskCause::Approved)],
        "legal must approve too"
    );
    assert_replays(&world);
    give(&mut world, 10_100, "legal-1", Answer::Accept);
    give(&mut world, 10_200, "exec-1", Answer::Resolve);
    // What is opened now follows the rules of now.
    world.see(ticket(10_300, 2));
    let again = world.see(ticket(10_400, 1));
    assert!(asked(&again).iter().all(|(_, cause)| *cause != AskCause::Approve), "{again:?}");
    assert_replays(&world);
}

#[test]
fn an_escalation_whose_graph_is_gone_goes_on_by_the_rules_that_it_keeps() {
    let mut world = opened(GRAPH);
    let renamed = rules(&GRAPH.replace("graph: case-desk", "graph: other-desk"), PEOPLE);
    world.book.add(Arc::clone(&renamed));
    world.rules = renamed;
    let steps = world.pass(1_000 + 2 * HOUR + 10);
    assert!(steps.iter().flat_map(asked).any(|ask| ask == (Code::of("vp-2"), AskCause::Fallback)));
    let given = give(&mut world, 10_000, "vp-2", Answer::Accept);
    assert_eq!(asked(&given), [(Code::of("legal-1"), AskCause::Approved)]);
    assert_replays(&world);
}

#[test]
fn state_of_before_approvals_is_read() {
    let mut world = World::new();
    world.see(ticket(1_000, 1));
    world.state.account.as_mut().unwrap().graphs.clear();
    let bytes = world.state.to_bytes(&world.book).unwrap();
    let mut old = world.state.clone();
    old.subs.values_mut().flat_map(|doc| &mut doc.graphs).for_each(|held| held.rules = None);
    // One graph, in the last document: what version 3 had not is at the very end.
    let mut before = bytes.clone();
    before.truncate(bytes.len() - (32 + 1 + 4));
    *before.first_mut().unwrap() = 3;
    let read = StreamState::from_bytes(&before, &world.book).unwrap();
    assert_eq!(read.doc(case(7)).unwrap().graphs, old.doc(case(7)).unwrap().graphs);
    *before.first_mut().unwrap() = 2;
    assert!(StreamState::from_bytes(&before, &world.book).is_err());
}

fn overridden(what: &str) -> World {
    let mut files = rules(GRAPH, PEOPLE).files().clone();
    let text = format!(
        "overrides:\n  - {{id: freeze, graph: case-desk, {what}, from: 1970-01-01T01:00:00Z, \
         until: 1970-01-01T02:00:00Z, reason: quarter end, ticket: T-1, author: ann, approver: bob}}\n"
    );
    files.insert("overrides/freeze.yaml".to_owned(), text);
    let composed = Rules::compose(files).unwrap_or_else(|problems| {
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        unreachable!("the bundle of the test is right, but: {}", shown.join("\n"))
    });
    World::under(Arc::new(composed))
}

fn record(step: &Step) -> String {
    String::from_utf8(step.record.clone()).unwrap()
}

#[test]
fn an_override_holds_from_its_first_instant_to_its_last_and_stands_in_the_record() {
    let mut world = overridden("when: \"case.priority == 3\", route: exec");
    let before = world.see(ticket(1_000, 3));
    assert_eq!(asked(&before), [(Code::of("desk-1"), AskCause::Decided)]);
    let steps = world.pass(HOUR + 10);
    let (raised, _) = (steps.iter().find(|step| !asked(step).is_empty()).unwrap(), ());
    assert_eq!(
        asked(raised),
        [(Code::of("vp-1"), AskCause::Raised)].map(|(who, _)| (who, AskCause::Approve))
    );
    assert!(record(raised).contains(r#""overridden_by":"freeze","owner":"support""#));
    let after = world.pass(2 * HOUR + 10);
    assert!(!record(after.last().unwrap()).contains("overridden_by"), "it ends by itself");
    assert_replays(&world);
}

#[test]
fn an_override_that_nobody_signed_never_leads_lower_and_doubt_tightens() {
    let mut world = overridden("when: \"account.vip || case.priority > 9\", route: exec");
    world.pass(HOUR + 10);
    let high = world.see(ticket(HOUR + 20, 0));
    assert_eq!(asked(&high), [(Code::of("boss-1"), AskCause::Decided)], "the rules lead higher");
    assert_replays(&world);
    let mut world = overridden("approvals: [boss]");
    world.pass(HOUR + 10);
    let low = world.see(ticket(HOUR + 20, 3));
    assert_eq!(asked(&low), [(Code::of("boss-1"), AskCause::Approve)]);
    let given = give(&mut world, HOUR + 30, "boss-1", Answer::Accept);
    assert_eq!(asked(&given), [(Code::of("desk-1"), AskCause::Approved)]);
    assert_replays(&world);
}

#[test]
fn a_wait_ends_when_the_fact_comes_or_when_its_time_is_over() {
    let waiting = "graph: case-desk\nsubject: case\nowner: support\nstart: triage\nnodes:\n  \
        triage: {kind: decide, unknown: hold}\n  \
        hold: {kind: wait, for: [angry], ready: sort, within: 1h, then: desk}\n  \
        sort: {kind: decide, unknown: desk}\n  \
        desk: {kind: human, role: desk, ack: 1h}\n  exec: {kind: human, role: exec, level: 2, ack: 1h}\n\
        rules:\n  - {id: first, from: triage, to: hold, otherwise: true}\n  \
        - {id: bad, from: sort, to: exec, when: \"angry > 3\"}\n  \
        - {id: fine, from: sort, to: desk, otherwise: true}\n";
    let mut files = rules(GRAPH, PEOPLE).files().clone();
    files.insert("routing/case.yaml".to_owned(), waiting.to_owned());
    let facts = files.get("facts.yaml").unwrap().replace(
        "facts:\n",
        "facts:\n  angry: {type: int, from: survey.case.level, scope: case}\n",
    );
    let facts = facts.replace("signals:\n", "signals:\n  survey.case: {level: int}\n");
    files.insert("facts.yaml".to_owned(), facts);
    let composed = Rules::compose(files).unwrap_or_else(|problems| {
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        unreachable!("the bundle of the test is right, but: {}", shown.join("\n"))
    });
    let composed = Arc::new(composed);
    for known in [true, false] {
        let mut world = World::under(Arc::clone(&composed));
        let first = world.see(ticket(1_000, 1));
        assert!(asked(&first).is_empty());
        assert_eq!(node(&world), Some(Code::of("hold")));
        if known {
            let survey = bellwether_testkit::happens("survey.case", 1_100).case(7).int("level", 5);
            assert_eq!(asked(&world.see(survey)), [(Code::of("exec-1"), AskCause::Decided)]);
        } else {
            let steps = world.pass(1_000 + HOUR + 10);
            let asks: Vec<_> = steps.iter().flat_map(asked).collect();
            assert_eq!(asks, [(Code::of("desk-1"), AskCause::Decided)]);
        }
        assert_replays(&world);
    }
}
