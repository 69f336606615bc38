//! What each engine decides otherwise than the one before it, and that each still gives its own bytes.
//!
//! - In: one scenario, under the same bundle activated for each engine.
//! - Out: what engine 1 did, which its records must go on saying, and what holds since.
//! - Never: a difference that is not named here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use bellwether_core::effect::AskCause;
use bellwether_core::escalation::Closing;
use bellwether_core::event::{Answer, FoldCause};
use bellwether_core::record::{ENGINE, Status};
use bellwether_core::{Body, Code, DocKey, Escalation, Origin};
use bellwether_engine::state::scope_of;
use bellwether_engine::{Replay, RuleBook, Rules, Step};
use bellwether_testkit::{event, happens};
use std::collections::BTreeMap;
use std::sync::Arc;
use world::{DAY, World, asked, bundle, case, ticket};

/// Files under the identity that an engine would have given them.
fn under(engine: u32, files: BTreeMap<String, String>) -> Arc<Rules> {
    let rules = Rules::compose(files.clone()).ok().unwrap();
    let now = format!("\"engine\":{ENGINE},");
    assert!(rules.preimage().contains(&now));
    let preimage = rules.preimage().replace(&now, &format!("\"engine\":{engine},"));
    let rules = Rules::recompose(files, preimage).ok().unwrap();
    assert_eq!(rules.engine(), engine);
    Arc::new(rules)
}

fn with_people(people: &str) -> BTreeMap<String, String> {
    let mut files = bundle().files().clone();
    files.insert("people.yaml".to_owned(), people.to_owned());
    files
}

fn text(step: &Step) -> String {
    String::from_utf8(step.record.clone()).unwrap()
}

fn assert_replays(world: &World) {
    let mut replay = Replay::new(&world.book);
    for (event, record) in &world.rows {
        replay.check(event, record).unwrap();
    }
}

#[test]
fn a_record_names_the_engine_of_its_rules_and_unknown_ones_are_refused() {
    for engine in 1..=ENGINE {
        let mut world = World::under(under(engine, bundle().files().clone()));
        let first = world.see(ticket(1_000, 1));
        assert!(text(&first).contains(&format!(r#","engine":{engine},"#)));
    }
    let files = bundle().files().clone();
    let now = format!("\"engine\":{ENGINE},");
    let preimage = bundle().preimage().replace(&now, "\"engine\":99,");
    let problems = Rules::recompose(files, preimage).err().unwrap();
    assert_eq!(problems.first().map(|one| one.code), Some("bundle-engine"));
}

#[test]
fn rules_that_stand_in_decide_by_the_engine_of_those_they_stand_for() {
    let old = under(1, bundle().files().clone());
    let mut world = World::under(Arc::clone(&old));
    world.see(ticket(1_000, 1));
    let book = RuleBook::of(old).with_stand_in(&bundle());
    let mut replay = Replay::new(&book);
    for (event, record) in &world.rows {
        replay.check(event, record).unwrap();
    }
}

#[test]
fn an_escalation_whose_owner_was_removed_goes_to_the_next() {
    for engine in [1, 2] {
        let mut world = World::under(under(engine, bundle().files().clone()));
        world.see(ticket(1_000, 1));
        world.answer(1_100, "case-desk", "manager-1", Answer::Accept);
        let people = "roles: {lead: [lead-1], manager: [manager-2], desk: [desk-1]}\n\
                      people:\n  lead-1: {}\n  manager-2: {}\n  desk-1: {}\nalways: desk\n";
        let others = under(engine, with_people(people));
        world.book.add(Arc::clone(&others));
        world.rules = others;
        let steps = world.pass(1_100 + DAY + 10);
        let asks: Vec<_> = steps.iter().flat_map(asked).collect();
        let held = world.escalation(case(7), "case-desk");
        if engine == 1 {
            let ended =
                |how| matches!(held, Some(Escalation::Closed { how: known, .. }) if known == how);
            assert!(ended(Closing::StoodDown), "{held:?}");
        } else {
            assert_eq!(asks, [(Code::of("manager-2"), AskCause::Again)], "nobody is skipped");
            assert!(matches!(held, Some(Escalation::Asked { .. })), "{held:?}");
        }
        assert_replays(&world);
    }
}

#[test]
fn a_signal_that_is_too_late_opens_no_case() {
    for engine in [1, 2] {
        let mut world = World::under(under(engine, bundle().files().clone()));
        world.see(happens("firmographics.updated", 30 * DAY).flag("strategic", false));
        let old = ticket(DAY, 1).event_at(world.rules.digest(), 30 * DAY + 60, Origin::Live);
        let late = world.give(old);
        assert_eq!(late.status, Status::TooLate);
        assert_eq!(world.state.doc(case(7)).is_some(), engine == 1, "engine {engine}");
        assert_replays(&world);
    }
}

/// Folds documents to the states that they have.
fn fold(world: &mut World, at: i64, docs: &[DocKey]) -> Step {
    let features = world.rules.features();
    let state = |key: &DocKey| {
        let mut bytes = Vec::new();
        let blank = features.new_state(scope_of(*key));
        let kept = world.state.doc(*key).map_or(blank, |doc| doc.features.clone());
        features.encode(&kept, &mut bytes);
        (*key, bytes)
    };
    let states = docs.iter().map(state).collect();
    let body = Body::Folded { cause: FoldCause::Backfill, other: None, states };
    world.give(event(1, world.rules.digest(), at, Origin::Live, &body))
}

#[test]
fn a_fold_decides_about_its_own_documents_and_once_about_the_account() {
    for engine in [1, 2] {
        let vip = |text: String| text.replace("priority <= 1", "priority <= 1 || account.vip");
        let files = bundle().files().clone().into_iter();
        let files = files.map(|(path, text)| (path, vip(text))).collect();
        let mut world = World::under(under(engine, files));
        for nth in 0..100 {
            let ticket = happens("ticket.updated", 1_000).case(100 + nth).int("urgency", 4);
            world.see(ticket.flag("open", true).key(nth as u64));
        }
        let some = [case(100), case(101), case(102)];
        let step = fold(&mut world, 2_000, &some);
        let about = |doc| step.decided.iter().filter(|one| one.doc == doc).count();
        if engine == 1 {
            assert_eq!((step.decided.len(), about(DocKey::Account)), (200, 100));
        } else {
            assert_eq!((step.decided.len(), about(DocKey::Account)), (4, 1));
            assert!(some.into_iter().all(|doc| about(doc) == 1));
            assert!(world.pass(2_010).is_empty(), "nothing of the account was folded");
            fold(&mut world, 2_020, &[DocKey::Account, case(100)]);
            let steps = world.pass(2_200);
            assert_eq!(steps.len(), 99, "the others are looked at one at a time");
            assert!(steps.iter().all(|step| step.decided.len() <= 2));
            assert!(world.pass(2_300).is_empty());
        }
        assert_replays(&world);
    }
}

#[test]
fn whoever_is_asked_is_among_the_candidates() {
    let many: Vec<_> = (0..20).map(|nth| format!("m-{nth}")).collect();
    let people: String = many.iter().map(|key| format!("  {key}: {{}}\n")).collect();
    let managers = many.join(", ");
    let files = with_people(&format!(
        "roles: {{lead: [lead-1], manager: [{managers}], desk: [desk-1]}}\n\
         people:\n{people}  lead-1: {{}}\n  desk-1: {{}}\n  else-1: {{}}\nalways: desk\n"
    ));
    for engine in [1, 2] {
        let mut world = World::under(under(engine, files.clone()));
        world.see(ticket(1_000, 1));
        let to = |person: &str| Answer::Delegate(Code::of(person));
        // From outside the chain of 20 managers, the lead and the desk.
        let outside = world.answer(1_100, "case-desk", "m-0", to("else-1"));
        // From behind the sixteenth of it.
        let behind = world.answer(1_200, "case-desk", "else-1", to("m-18"));
        for (step, person, count) in [(&outside, "else-1", 23), (&behind, "m-18", 22)] {
            let record = text(step);
            let chosen = format!(r#"{{"person":"{person}","ppm":1000000}}"#);
            let all = format!(r#""candidate_count":{count},"#);
            let new = record.contains(&chosen) && record.contains(&all);
            assert_eq!(new, engine == 2, "engine {engine}: {record}");
            assert_eq!(record.matches(r#""ppm":"#).count(), 16);
        }
        assert_replays(&world);
    }
}

#[test]
fn an_escalation_whose_graph_is_gone_ends_and_is_heard_or_goes_on() {
    for engine in [2, 3] {
        let mut world = World::under(under(engine, bundle().files().clone()));
        world.see(ticket(1_000, 1));
        let files = world.rules.files().clone().into_iter();
        let files = files.map(|(path, text)| (path, text.replace("case-desk", "other-desk")));
        let other = under(engine, files.collect());
        world.book.add(Arc::clone(&other));
        world.rules = other;
        let steps = world.pass(1_000 + 3 * 3600);
        let asks: Vec<_> = steps.iter().flat_map(asked).collect();
        let heard = (Code::of("desk-1"), AskCause::Undecided);
        let goes_on = (Code::of("manager-2"), AskCause::Fallback);
        assert_eq!(asks.contains(&heard), engine == 2, "{asks:?}");
        assert_eq!(asks.contains(&goes_on), engine == 3, "{asks:?}");
        assert!(steps.len() < 10, "no timer stands still");
        assert_replays(&world);
    }
}
