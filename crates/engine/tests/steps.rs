//! Scenarios through the engine: what happens, who is asked, and that replay gives the same bytes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod world;

use bellwether_core::effect::AskCause;
use bellwether_core::event::{Answer, Note, Performed};
use bellwether_core::record::Status;
use bellwether_core::{Body, Code, Effect, Escalation, Origin, Timestamp};
use bellwether_engine::{Replay, Rules, StreamState};
use bellwether_testkit::{Dice, event, happens, stream};
use std::sync::Arc;
use world::{DAY, World, angry, asked, bundle, case, ticket};

#[test]
fn an_urgent_case_climbs_its_chain_until_somebody_takes_it() {
    let mut world = World::new();
    let [manager_1, manager_2, lead, desk] =
        ["manager-1", "manager-2", "lead-1", "desk-1"].map(Code::of);
    let first = world.see(ticket(1_000, 1));
    assert_eq!(asked(&first), [(manager_1, AskCause::Decided)]);
    let steps = world.pass(1_000 + 2 * 3600 + 10);
    assert_eq!(asked(&steps[0]), [(manager_2, AskCause::Fallback)]);
    let declined = world.answer(9_000, "case-desk", "manager-2", Answer::Decline(Code::of("busy")));
    assert_eq!(asked(&declined), [(lead, AskCause::PassedOn)]);
    let wrong = world.answer(9_100, "case-desk", "manager-1", Answer::Accept);
    assert_eq!(wrong.status, Status::Refused, "only who was asked may accept");
    world.answer(9_200, "case-desk", "lead-1", Answer::Accept);
    assert!(matches!(
        world.escalation(case(7), "case-desk"),
        Some(Escalation::Accepted { person, .. }) if person == lead
    ));
    let again = world.pass(9_200 + DAY + 10);
    assert_eq!(asked(&again[0]), [(lead, AskCause::Again)], "nothing moved for a day");
    let rest = world.pass(9_200 + DAY + 20 + 2 * 3600);
    assert_eq!(asked(&rest[0]), [(desk, AskCause::Fallback)], "the desk is always staffed");
}

#[test]
fn whoever_cannot_be_reached_is_passed_over_at_once_and_the_last_one_not_without_end() {
    let mut world = World::new();
    let performed = |world: &mut World, at, effect, result| {
        let (doc, graph, via) = (case(7), Code::of("case-desk"), "mail".to_owned());
        let body = Body::Performed { doc, graph, effect, result, via, attempts: 1 };
        let (rules, origin) = (world.rules.digest(), world.origin);
        world.give(event(1, rules, at, origin, &body))
    };
    let step = world.see(ticket(1_000, 1));
    let (first, _) = step.effects[0];
    for result in [Performed::Delivered, Performed::Expired, Performed::Unknown] {
        assert!(performed(&mut world, 1_001, first, result).effects.is_empty(), "{result:?}");
    }
    let (mut key, mut whom) = (first, Vec::new());
    for result in [Performed::Refused, Performed::GivenUp].into_iter().cycle() {
        let step = performed(&mut world, 1_002, key, result);
        let Some((next, _)) = step.effects.first() else { break };
        assert_eq!(step.effects.len(), 1, "whoever was not reached stands down from nothing");
        assert!(performed(&mut world, 1_003, key, result).effects.is_empty(), "an older ask");
        key = *next;
        whom.extend(asked(&step));
    }
    let chain = ["manager-2", "lead-1", "desk-1"].map(|name| (Code::of(name), AskCause::Unreached));
    assert_eq!(whom, chain);
    let again = world.pass(1_010 + 2 * 3600);
    assert_eq!(
        asked(&again[0]),
        [(Code::of("desk-1"), AskCause::Fallback)],
        "when its time is over"
    );
}

#[test]
fn an_absence_that_begins_or_ends_moves_nobody_elses_turn() {
    let mut files = bundle().files().clone();
    let away = "manager-1: {away: [{from: 1970-01-01, to: 1970-01-01T01:00:00Z}]}";
    let people = format!(
        "roles: {{lead: [lead-1], manager: [manager-1, manager-2], desk: [desk-1]}}\n\
         people:\n  lead-1: {{}}\n  {away}\n  manager-2: {{}}\n  desk-1: {{}}\nalways: desk\n"
    );
    files.insert("people.yaml".to_owned(), people);
    let mut world = World::under(Arc::new(Rules::compose(files).ok().unwrap()));
    let [manager_2, lead] = ["manager-2", "lead-1"].map(Code::of);
    let first = world.see(ticket(1_000, 1));
    assert_eq!(asked(&first), [(manager_2, AskCause::Decided)]);
    let next = world.pass(1_000 + 2 * 3600 + 10);
    assert_eq!(asked(&next[0]), [(lead, AskCause::Fallback)], "nobody is asked twice or skipped");
}

#[test]
fn a_snooze_comes_back_to_who_asked_for_it_and_old_asks_are_not_answered() {
    let mut world = World::new();
    let [manager_1, lead] = ["manager-1", "lead-1"].map(Code::of);
    let first = world.see(ticket(1_000, 1));
    let delegated = world.answer(1_100, "case-desk", "manager-1", Answer::Delegate(lead));
    assert_eq!(asked(&delegated), [(lead, AskCause::PassedOn)]);
    let ask = first.effects[0].0;
    let withdrawn = delegated.effects.iter().any(
        |(_, effect)| matches!(effect, Effect::StandDown { ask: of, person, .. } if *of == ask && *person == manager_1),
    );
    assert!(withdrawn, "the one who delegated need not act, by the key of their ask");
    let until = Timestamp::from_secs(1_100 + 1_800);
    world.answer(1_200, "case-desk", "lead-1", Answer::Snooze(until));
    let again = world.pass(1_100 + 1_800 + 5);
    assert_eq!(asked(&again[0]), [(lead, AskCause::Again)]);
    let (doc, graph) = (case(7), Code::of("case-desk"));
    let body = Body::Answered { doc, graph, ask, person: lead, answer: Answer::Accept };
    let old = world.give(event(1, world.rules.digest(), 3_100, Origin::Live, &body));
    assert_eq!(old.status, Status::Refused);
    let record = String::from_utf8(old.record).unwrap();
    assert!(record.contains(r#""why":"older-ask""#), "{record}");
}

#[test]
fn whoever_cannot_be_reached_is_passed_over_at_once_and_an_old_ask_moves_nothing() {
    let mut world = World::new();
    let manager_2 = Code::of("manager-2");
    let first = world.see(ticket(1_000, 1));
    let (doc, graph) = (case(7), Code::of("case-desk"));
    let performed = |effect, result| {
        let (via, attempts) = ("mail".to_owned(), 5);
        Body::Performed { doc, graph, effect, result, via, attempts }
    };
    let tell = |world: &mut World, at, body: Body| {
        world.give(event(1, world.rules.digest(), at, Origin::Live, &body))
    };
    let ask = first.effects[0].0;
    let fine = tell(&mut world, 1_010, performed(ask, Performed::Delivered));
    assert!(asked(&fine).is_empty() && fine.status == Status::Applied);
    let next = tell(&mut world, 1_020, performed(ask, Performed::GivenUp));
    assert_eq!(asked(&next), [(manager_2, AskCause::Unreached)]);
    let stands_down = next.effects.iter().any(|(_, e)| matches!(e, Effect::StandDown { .. }));
    assert!(!stands_down, "nobody has to be told that was never reached");
    let again = tell(&mut world, 1_030, performed(ask, Performed::Refused));
    assert!(again.effects.is_empty(), "an ask that has moved on moves nothing");
    let unclear = tell(&mut world, 1_040, performed(next.effects[0].0, Performed::Unknown));
    assert!(unclear.effects.is_empty(), "what nobody knows is not repeated");
}

#[test]
fn news_of_the_house_goes_to_its_owner_or_to_whoever_is_always_there() {
    let mut world = World::new();
    for (owner, told) in [("manager-1", "manager-1"), ("nobody", "desk-1")] {
        let members = vec![("source".to_owned(), "crm".to_owned())];
        let tell = Some(Code::of(owner));
        let body = Body::Noted { note: Note::SourceSilent, members, tell };
        let step = world.give(event(1, world.rules.digest(), 2_000, Origin::Live, &body));
        let [(_, Effect::Notice { note: Note::SourceSilent, person })] = step.effects[..] else {
            panic!("one card: {:?}", step.effects)
        };
        assert_eq!(person, Code::of(told), "for {owner}");
    }
}

#[test]
fn who_answered_what_and_who_could_have_been_asked_stands_in_the_record() {
    let mut world = World::new();
    world.see(ticket(1_000, 1));
    let declined = world.answer(1_100, "case-desk", "manager-1", Answer::Decline(Code::of("busy")));
    let record = String::from_utf8(declined.record).unwrap();
    for part in [
        r#""answer":{"answer":"decline","ask":""#,
        r#""person":"manager-1","reason":"busy"}"#,
        r#""candidate_count":4,"candidates":[{"person":"manager-1","ppm":0},{"person":"manager-2","ppm":1000000}"#,
        r#""cause":"passed_on","#,
        r#""opened":"1","person":"manager-2","to":"asked"}"#,
    ] {
        assert!(record.contains(part), "{part} in {record}");
    }
    let resolved = world.answer(1_200, "case-desk", "manager-2", Answer::Resolve);
    let record = String::from_utf8(resolved.record).unwrap();
    assert!(record.contains(r#""how":"resolved","opened":"1","to":"closed"}"#), "{record}");
    let again = world.see(ticket(1_300, 1).key(8));
    let record = String::from_utf8(again.record).unwrap();
    assert!(record.contains(r#""held_back_by":"1""#), "an escalation just ended: {record}");
}

#[test]
fn a_fact_of_the_account_wakes_every_open_case_one_at_a_time() {
    let files = bundle().files().clone().into_iter();
    let files = files.map(|(path, text)| {
        (path, text.replace("case.priority <= 1", "case.priority <= 1 || account.vip"))
    });
    let mut world = World::under(Arc::new(Rules::compose(files.collect()).ok().unwrap()));
    for nth in 0..5 {
        let ticket = happens("ticket.updated", 1_000).case(10 + nth).int("urgency", 4);
        assert!(asked(&world.see(ticket.flag("open", true).key(nth as u64))).is_empty());
    }
    let vip = world.see(happens("firmographics.updated", 2_000).flag("strategic", true));
    assert!(asked(&vip).is_empty(), "an event touches the account and at most one case");
    assert_eq!(vip.timers.len(), 1);
    let steps = world.pass(2_010);
    let asks: Vec<_> = steps.iter().flat_map(asked).collect();
    assert_eq!(asks, [(Code::of("manager-1"), AskCause::Decided); 5]);
    assert!(steps.iter().all(|step| step.decided.len() <= 2));
}

#[test]
fn a_case_that_was_forgotten_reads_as_missing_when_it_comes_back() {
    let mut world = World::new();
    for nth in 0..200u64 {
        let at = 1_000 + nth as i64 * DAY;
        let ticket = |at| happens("ticket.updated", at).case(100 + u128::from(nth) * (1 << 96));
        world.see(ticket(at).int("urgency", 4).flag("open", true).key(2 * nth));
        world.see(ticket(at + 60).int("urgency", 4).flag("open", false).key(2 * nth + 1));
    }
    assert!(world.state.subs.len() < 100, "ended cases are forgotten");
    let at = 1_000 + 200 * DAY;
    let back = happens("ticket.updated", at).case(100).flag("open", true);
    let step = world.see(back);
    assert!(step.decided.iter().any(|decided| decided.doubt), "what it had counted is not known");
    assert_eq!(asked(&step), [(Code::of("desk-1"), AskCause::Decided)]);
}

#[test]
fn silence_asks_without_any_event_and_closing_stands_down() {
    let mut world = World::new();
    let first = world.see(ticket(1_000, 3));
    assert!(asked(&first).is_empty());
    let steps = world.pass(1_000 + 3 * DAY + 5);
    let asks: Vec<_> = steps.iter().flat_map(asked).collect();
    assert_eq!(asks, [(Code::of("desk-1"), AskCause::Decided)]);
    let closed = world.see(ticket(1_000 + 3 * DAY + 60, 3).flag("open", false).key(99));
    assert!(closed.effects.iter().any(|(_, e)| matches!(e, Effect::StandDown { .. })));
    assert!(world.pass(1_000 + 90 * DAY).is_empty(), "nothing waits for a closed case");
}

#[test]
fn three_conversations_count_not_three_messages() {
    let mut world = World::new();
    for (at, conversation) in [(0, "a"), (60, "a"), (120, "a"), (180, "b")] {
        assert!(asked(&world.see(angry(1_000 + at, conversation))).is_empty());
    }
    let third = world.see(angry(5_000, "c"));
    assert_eq!(asked(&third), [(Code::of("lead-1"), AskCause::Decided)]);
    let again = world.see(angry(5_100, "d"));
    assert!(asked(&again).is_empty(), "one live escalation per graph and subject");
}

#[test]
fn doubt_goes_to_a_person_and_repeats_are_not_counted() {
    let mut world = World::new();
    let blind = happens("ticket.updated", 1_000).case(7).flag("open", true);
    let first = world.see(blind.clone());
    assert!(first.decided.iter().any(|decided| decided.doubt));
    assert_eq!(asked(&first), [(Code::of("desk-1"), AskCause::Decided)]);
    assert_eq!(world.see(blind.clone()).status, Status::Duplicate);
    assert_eq!(world.see(blind.int("urgency", 4)).status, Status::Conflict);
    let raised = world.see(ticket(2_000, 1));
    assert_eq!(asked(&raised), [(Code::of("manager-1"), AskCause::Raised)]);
}

#[test]
fn history_moves_state_but_asks_nobody() {
    let mut world = World::new();
    world.origin = Origin::History;
    let first = world.see(ticket(1_000, 1));
    assert!(first.effects.is_empty());
    assert!(first.decided.iter().any(|decided| decided.asked.is_some()));
    world.origin = Origin::Live;
    let steps = world.pass(1_000 + DAY);
    assert!(steps.iter().all(|step| step.effects.is_empty()), "old history rings nobody");
    let now = world.see(ticket(1_000 + DAY + 60, 1).key(5));
    assert_eq!(asked(&now), [(Code::of("manager-1"), AskCause::Again)]);
}

#[test]
fn rules_in_shadow_ask_nobody() {
    let files = bundle().files().clone();
    let shadow = files.into_iter().map(|(path, text)| (path, text.replace("enforce", "shadow")));
    let rules = Arc::new(Rules::compose(shadow.collect()).ok().unwrap());
    let mut world = World::under(rules);
    let first = world.see(ticket(1_000, 1));
    assert!(first.effects.is_empty());
    assert!(
        first.decided.iter().any(|decided| decided.asked.is_some()),
        "it is decided all the same"
    );
}

#[test]
fn replay_and_snapshots_give_the_same_bytes() {
    let mut world = World::new();
    let mut dice = Dice(7);
    let mut at = 1_000;
    for nth in 0..400u64 {
        at += dice.below(2 * DAY as u64) as i64;
        let late = at - dice.below(3 * DAY as u64) as i64;
        match dice.below(4) {
            0 => drop(world.see(ticket(at, dice.below(5) as i64).key(nth))),
            1 => drop(world.see(angry(at, ["a", "b", "c"][dice.below(3) as usize]).key(nth))),
            2 => {
                let happening = angry(late, "late").key(nth);
                let digest = world.rules.digest();
                drop(world.give(happening.event_at(digest, at, Origin::Live)));
            }
            _ => drop(world.pass(at)),
        }
        let bytes = world.state.to_bytes(&world.book).unwrap();
        let restored = StreamState::from_bytes(&bytes, &world.book).unwrap();
        assert_eq!(restored.to_bytes(&world.book).unwrap(), bytes);
        world.state = restored;
    }
    let mut replay = Replay::new(&world.book);
    for (event, record) in &world.rows {
        replay.check(event, record).unwrap();
    }
    let derived = replay.into_states().remove(&stream(1)).unwrap();
    let bytes = |state: &StreamState| state.to_bytes(&world.book).unwrap();
    assert_eq!(bytes(&derived), bytes(&world.state));
    assert!(world.rows.len() > 400);
}
