//! What people do about deliveries: stop, answer before they are asked, settle, try again, have enough.

use super::super::*;
use super::HOUR;
use super::receiver::{Mode, Receiver};
use super::world::{Hook, World, everybody, settings};
use bellwether_core::event::{Answer, Note, Performed};
use bellwether_core::{Body, Code, DocKey, Origin};
use bellwether_ledger::decode_event;
use bellwether_store::{OutboxChange, OutboxStatus};
use std::ops::ControlFlow;

fn hook() -> Hook {
    Hook { repeats: true, asks: false }
}

fn answer(world: &World, row: usize, person: &str, answer: Answer) {
    let row = world.rows().remove(row);
    let (ask, _) = read_effect(&row.body).unwrap();
    let (doc, graph, person) = (DocKey::Account, Code::of("g"), Code::of(person));
    let answered = world.live().call(move |driver, now| {
        let stream = driver.store().stream_at(row.pos)?.unwrap();
        let body = Body::Answered { doc, graph, ask, person, answer };
        driver.give(stream, &body, Origin::Live, now)
    });
    assert_eq!(answered.unwrap().status, bellwether_core::record::Status::Applied);
}

#[test]
fn the_stop_switch_holds_across_a_restart_and_says_who() {
    let mut world = World::new();
    let receiver = Receiver::new(true, &[], Mode::Ok);
    world.live().call(|driver, now| stop(driver, now, true, "carla")).unwrap();
    world.asks("acme");
    for _ in 0..2 {
        let routes = vec![hook().route("hook", receiver.peer())];
        let mut desk = world.desk(settings(routes), everybody(&["hook"]));
        world.settle(&mut desk, HOUR);
        assert_eq!(world.stands(), ["ask ann Waiting  0 "], "stopped");
        assert!(desk.shared.stats.stopped.load(Ordering::Relaxed));
        drop(desk);
        world.open();
    }
    let routes = vec![hook().route("hook", receiver.peer())];
    let mut desk = world.desk(settings(routes), everybody(&["hook"]));
    world.live().call(|driver, now| stop(driver, now, false, "dave")).unwrap();
    world.settle(&mut desk, HOUR);
    assert_eq!(world.stands(), ["ask ann Done hook 1 "]);
    let mut stops = Vec::new();
    let view = View::open(world.dir.path()).unwrap();
    let each = |row: &bellwether_store::Row<'_>| {
        if let Body::Noted { note: Note::Stop, members, .. } = decode_event(row.event).unwrap().body
        {
            stops.push(members.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" "));
        }
        ControlFlow::Continue(())
    };
    view.scan(1, each).unwrap();
    assert_eq!(stops, ["carla true", "dave false"]);
}

/// A stop that comes between what the desk saw and the attempt.
#[test]
fn an_attempt_looks_at_the_switch_once_more() {
    let mut world = World::new();
    world.asks("acme");
    let receiver = Receiver::new(true, &[], Mode::Ok);
    let routes = vec![hook().route("hook", receiver.peer())];
    let desk = world.desk(settings(routes), everybody(&["hook"]));
    let row = world.rows().remove(0);
    world.live().call(|driver, now| stop(driver, now, true, "carla")).unwrap();
    let hand =
        Hand { shared: Arc::clone(&desk.shared), view: View::open(world.dir.path()).unwrap() };
    let next = hand.perform((row.pos, row.nth), None);
    assert!(matches!(next, attempt::Next::At(..)), "{next:?}");
    assert_eq!(world.stands(), ["ask ann Waiting  0 "]);
    assert!(receiver.executed().is_empty());
}

#[test]
fn what_nobody_wants_any_more_expires() {
    let mut world = World::new();
    let receiver = Receiver::new(true, &[], Mode::Ok);
    world.asks("acme");
    world.asks("other");
    answer(&world, 0, "ann", Answer::Decline(Code::of("busy")));
    answer(&world, 1, "ann", Answer::Accept);
    let routes = vec![hook().route("hook", receiver.peer())];
    let mut desk = world.desk(settings(routes), everybody(&["hook"]));
    world.settle(&mut desk, HOUR);
    expect_test::expect![[r#"
        [
            "ask ann Expired  0 moved_on",
            "ask ann Expired  0 moved_on",
            "stand_down ann Expired  0 moved_on",
            "ask bob Done hook 1 ",
        ]
    "#]]
    .assert_debug_eq(&world.stands());
    world.check(&receiver.executed(), 0);
}

#[test]
fn a_case_goes_out_in_order_and_a_delivered_ask_is_taken_back() {
    let mut world = World::new();
    let receiver = Receiver::new(true, &[Mode::Broken], Mode::Ok);
    world.asks("acme");
    let routes = vec![hook().route("hook", receiver.peer())];
    let mut desk = world.desk(settings(routes), everybody(&["hook"]));
    world.settle(&mut desk, HOUR);
    answer(&world, 0, "ann", Answer::Decline(Code::of("busy")));
    world.settle(&mut desk, HOUR);
    assert_eq!(
        world.stands(),
        ["ask ann Done hook 2 ", "stand_down ann Done hook 1 ", "ask bob Done hook 1 "]
    );
    let keys: Vec<_> = world.rows().iter().map(|row| row.key).collect();
    assert_eq!(receiver.executed(), keys, "in journal order");
}

#[test]
fn whoever_has_got_enough_for_the_day_is_passed_over_and_somebody_always_answers() {
    let mut world = World::new();
    let receiver = Receiver::new(true, &[], Mode::Ok);
    let limited = |receiver: &Receiver| {
        let routes = vec![hook().route("hook", receiver.peer())];
        Settings { asks_a_day: Some(1), ..settings(routes) }
    };
    let mut desk = world.desk(limited(&receiver), everybody(&["hook"]));
    for nth in 0..4 {
        world.asks(&format!("a{nth}"));
    }
    world.settle(&mut desk, HOUR);
    let done: Vec<_> = world.stands().into_iter().filter(|line| line.contains(" Done ")).collect();
    assert_eq!(
        done,
        [
            "ask ann Done hook 1 ",
            "ask bob Done hook 1 ",
            "ask dora Done hook 1 ",
            "ask dora Done hook 1 "
        ]
    );
    assert_eq!(desk.shared.stats.capped.load(Ordering::Relaxed), 5);
    drop(desk);
    // The count is durable, and begins anew with the day.
    world.open();
    let mut desk = world.desk(limited(&receiver), everybody(&["hook"]));
    world.asks("b0");
    world.settle(&mut desk, 1);
    assert!(world.stands().last().unwrap().starts_with("ask dora Done"), "{:?}", world.stands());
    world.pass(24 * HOUR);
    world.asks("b1");
    world.settle(&mut desk, 1);
    assert!(world.stands().last().unwrap().starts_with("ask ann Done"), "{:?}", world.stands());
    world.check(&receiver.executed(), 0);
}

#[test]
fn dead_letters_are_listed_settled_and_tried_again() {
    let mut world = World::new();
    world.asks("acme");
    let modes = [Mode::Refuse, Mode::Refuse, Mode::SilentAfter];
    let receiver = Receiver::new(false, &modes, Mode::Ok);
    let routes = vec![Hook { repeats: false, asks: false }.route("hook", receiver.peer())];
    let mut desk = world.desk(settings(routes), everybody(&["hook"]));
    world.settle(&mut desk, HOUR);
    let view = View::open(world.dir.path()).unwrap();
    let dead = view.dead_letters((0, 0), 2).unwrap();
    let more = view.dead_letters((dead[1].pos, dead[1].nth), 9).unwrap();
    let shown: Vec<_> = dead
        .iter()
        .chain(&more)
        .map(|row| (row.status, row.via.as_str(), row.why.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (OutboxStatus::Refused, "hook", "refused"),
            (OutboxStatus::Refused, "hook", "refused"),
            (OutboxStatus::Ambiguous, "hook", "no_answer"),
        ]
    );
    let at = |row: &OutboxRow| (row.pos, row.nth);
    let (first, second, last) = (at(&dead[0]), at(&dead[1]), at(&more[0]));
    let settled = world.live().call(move |driver, now| {
        let gone = settle(driver, now, first, false)?;
        let none = settle(driver, now, (9_999, 0), true)?;
        Ok((gone, none))
    });
    assert_eq!(settled.unwrap(), (true, false));
    // The escalation has moved on from whoever refused; the one who was asked last is asked again.
    for id in [second, last] {
        assert!(world.live().call(move |driver, now| retry(driver, now, id)).unwrap());
        desk.shared.again.lock().unwrap().push(id);
    }
    world.settle(&mut desk, HOUR);
    assert!(view.dead_letters((0, 0), 9).unwrap().is_empty());
    let told: Vec<_> = world.results().into_iter().map(|(_, told, via)| (told, via)).collect();
    let hook = || "hook".to_owned();
    assert_eq!(
        told,
        [
            (Performed::Refused, hook()),
            (Performed::Refused, hook()),
            (Performed::Unknown, hook()),
            (Performed::Expired, PERSON.to_owned()),
            (Performed::Expired, String::new()),
            (Performed::Delivered, hook()),
        ]
    );
    let executed = receiver.executed();
    assert_eq!(
        executed,
        [more[0].key, more[0].key],
        "twice, after it was written down that nobody knows"
    );
}

/// After a restore nobody knows what went out since the backup, nor by which channel.
#[test]
fn what_a_backup_brings_back_is_asked_about_before_anything_is_sent() {
    let one: &[&str] = &["one"];
    let both: &[&str] = &["one", "two"];
    for (repeats, asks, ways, expected) in [
        (false, true, both, OutboxStatus::Done),
        (true, false, one, OutboxStatus::Done),
        (true, false, both, OutboxStatus::Ambiguous),
        (false, false, one, OutboxStatus::Ambiguous),
    ] {
        for arrived in [false, true] {
            let mut world = World::new();
            world.asks("acme");
            let receivers = [0, 1].map(|_| Receiver::new(repeats, &[], Mode::Ok));
            let routes = || {
                let names = ["one", "two"].into_iter().zip(&receivers);
                names.map(|(name, to)| Hook { repeats, asks }.route(name, to.peer())).collect()
            };
            let ways = || -> super::world::Ways { Arc::new(move |_| ways.to_vec()) };
            if arrived {
                let mut desk = world.desk(settings(routes()), ways());
                world.settle(&mut desk, HOUR);
            }
            world
                .live()
                .call(|driver, now| {
                    let row = OutboxChange::new((1, 0), OutboxStatus::Unknown, 0, now);
                    let pos = driver.store().effects_after((0, 0), 1)?.remove(0).pos;
                    Ok(driver.store_mut().set_outbox(&[OutboxChange { pos, ..row }])?)
                })
                .unwrap();
            let before = world.results().len();
            let mut desk = world.desk(settings(routes()), ways());
            world.settle(&mut desk, HOUR);
            let executed: usize = receivers.iter().map(|receiver| receiver.executed().len()).sum();
            let sent = arrived || expected == OutboxStatus::Done;
            assert_eq!(
                executed,
                usize::from(sent),
                "{repeats} {asks} {ways:?}",
                ways = ways()(Code::of("ann"))
            );
            assert_eq!(world.rows()[0].status, expected);
            assert_eq!(world.results().len(), before + 1);
        }
    }
}
