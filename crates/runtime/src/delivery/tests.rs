//! The promise of delivery against receivers that fail in every way, and against crashes.

mod people;
mod random;
mod receiver;
mod world;

use super::*;
use crate::trace::{Span, TraceContext};
use bellwether_core::Timestamp;
use bellwether_core::event::Performed;
use bellwether_store::OutboxStatus;
use receiver::{Mode, Receiver};
use world::{Hook, World, everybody, settings};

const HOUR: i64 = 3600;

#[test]
fn an_ask_is_delivered_once_and_its_span_is_below_its_signal() {
    let mut world = World::new();
    world.asks("acme");
    let receiver = Receiver::new(false, &[], Mode::Ok);
    let route = Hook { repeats: false, asks: false }.route("hook", receiver.peer());
    let spans = Arc::new(Mutex::new(Vec::<Span>::new()));
    let mut settings = settings(vec![route]);
    settings.spans = Some(spans.clone());
    let mut desk = world.desk(settings, everybody(&["hook"]));
    world.settle(&mut desk, HOUR);
    expect_test::expect![[r#"
        [
            "ask ann Done hook 1 ",
        ]
    "#]]
    .assert_debug_eq(&world.stands());
    let executed = receiver.executed();
    world.check(&executed, 0);
    assert_eq!(world.results(), [(executed[0], Performed::Delivered, "hook".to_owned())]);
    let seen: Vec<Span> = spans.lock().unwrap().clone();
    let [span] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(receiver.traces(), [span.context.to_string()]);
    let parent = TraceContext::parse(&format!("00-{:032x}-00f067aa0ba902b7-01", 1)).unwrap();
    assert_eq!((span.context.trace, span.parent), (parent.trace, Some(parent.span)));
    assert_ne!(span.context.span, parent.span);
    let members = [("channel", "hook"), ("outcome", "delivered"), ("attempt", "1")];
    assert_eq!(span.members, members.map(|(name, value)| (name, value.to_owned())));
    assert_eq!((span.name, span.failed), ("effect.deliver", false));
    let stats = Arc::clone(&desk.shared.stats);
    let (_, hook) = stats.channels().next().unwrap();
    let read = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    assert_eq!((read(&hook.attempts), read(&hook.delivered), read(&stats.waiting)), (1, 1, 0));
}

/// One ask, a receiver that fails once in each way and then works.
#[test]
fn each_fault_leads_to_what_the_promise_says() {
    for mode in Mode::ALL {
        for (repeats, asks) in [(false, false), (true, false), (false, true)] {
            let mut world = World::new();
            world.asks("acme");
            let receiver = Receiver::new(repeats, &[mode], Mode::Ok);
            let route = Hook { repeats, asks }.route("hook", receiver.peer());
            let mut desk = world.desk(settings(vec![route]), everybody(&["hook"]));
            world.settle(&mut desk, HOUR);
            world.check(&receiver.executed(), 0);
            let lost = matches!(
                mode,
                Mode::Reset | Mode::ResetAfter | Mode::Drip | Mode::Silent | Mode::SilentAfter
            );
            let expected = match mode {
                Mode::Refuse => OutboxStatus::Refused,
                _ if lost && !repeats && !asks => OutboxStatus::Ambiguous,
                _ => OutboxStatus::Done,
            };
            let first = world.rows().remove(0);
            assert_eq!(first.status, expected, "{mode:?}, recognised: {repeats}, asked: {asks}");
            if mode == Mode::TooMany {
                let waited = world.live().now().since(Timestamp::from_secs(world::START));
                assert!(waited.micros() >= 2_000_000, "Retry-After is kept to: {waited}");
            }
        }
    }
}

#[test]
fn a_dead_channel_hands_over_to_the_next_and_is_given_up_where_there_is_none() {
    let mut world = World::new();
    let (dead, works) =
        (Receiver::new(true, &[], Mode::Broken), Receiver::new(true, &[], Mode::Ok));
    let hook = || Hook { repeats: true, asks: false };
    let routes = || vec![hook().route("dead", dead.peer()), hook().route("works", works.peer())];
    world.asks("acme");
    let mut desk = world.desk(settings(routes()), everybody(&["dead", "works"]));
    world.settle(&mut desk, HOUR);
    let stands = world.stands();
    assert!(stands[0].starts_with("ask ann Done works"), "{stands:?}");
    world.check(&works.executed(), 0);

    let mut alone = World::new();
    alone.asks("acme");
    let mut desk = alone.desk(settings(routes()), everybody(&["dead"]));
    alone.settle(&mut desk, 24 * HOUR);
    // Each of the chain is tried in vain, and the last one is not asked without end.
    let stands = alone.stands();
    let whom: Vec<_> = stands.iter().map(|line| line.split(" hook").next().unwrap()).collect();
    assert_eq!(whom.len(), 3, "{stands:?}");
    assert!(stands.iter().all(|line| line.contains("GivenUp dead")), "{stands:?}");
    alone.check(&[], 0);
}

/// Whoever says of every try that it did not arrive leaves nobody in doubt, not even after the last one.
#[test]
fn what_did_not_arrive_goes_on_after_the_last_try() {
    for (ways, ends) in [(&["resets", "works"][..], "Done works"), (&["resets"], "GivenUp resets")]
    {
        let mut world = World::new();
        let resets = Receiver::new(false, &[], Mode::Reset);
        let works = Receiver::new(true, &[], Mode::Ok);
        let asked = Hook { repeats: false, asks: true }.route("resets", resets.peer());
        let other = Hook { repeats: true, asks: false }.route("works", works.peer());
        world.asks("acme");
        let mut desk = world.desk(settings(vec![asked, other]), everybody(ways));
        world.settle(&mut desk, 24 * HOUR);
        let stands = world.stands();
        assert!(stands.iter().all(|line| line.contains(ends)), "{stands:?}");
        world.check(&works.executed(), 0);
    }
}

/// What was begun beside work that failed is begun once: its cap is paid once, its leaf written once.
#[test]
fn work_that_fails_repeats_nothing_of_what_ran_with_it() {
    let mut world = World::new();
    world.asks("acme");
    let live = world.live();
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let ignore = |_: Result<bool, LiveError>| {};
    live.call_then(move |_, _| Ok(wait.lock().unwrap().recv().is_ok()), ignore).unwrap();
    let (tell, told) = mpsc::channel();
    let tells = tell.clone();
    live.call_then(
        |driver, now| stop(driver, now, true, "carla"),
        move |done| tell.send(done.is_ok()).unwrap(),
    )
    .unwrap();
    live.call_then(
        |_, _| Err::<(), _>(bellwether_store::StoreError::Uncertain.into()),
        move |done| tells.send(done.is_ok()).unwrap(),
    )
    .unwrap();
    drop(go);
    assert_eq!((told.recv(), told.recv()), (Ok(true), Ok(false)));
    let mut stops = 0;
    let each = |row: &bellwether_store::Row<'_>| {
        let event = bellwether_ledger::decode_event(row.event).unwrap();
        stops += u64::from(matches!(event.body, bellwether_core::Body::Noted { .. }));
        std::ops::ControlFlow::Continue(())
    };
    View::open(world.dir.path()).unwrap().scan(1, each).unwrap();
    assert_eq!(stops, 1);
}

/// What may have arrived by one channel does not go by another.
#[test]
fn what_may_have_arrived_stays_with_its_channel() {
    let mut world = World::new();
    world.asks("acme");
    let mean = Receiver::new(true, &[Mode::SilentAfter], Mode::Broken);
    let works = Receiver::new(true, &[], Mode::Ok);
    let hook = || Hook { repeats: true, asks: false };
    let routes = vec![hook().route("mean", mean.peer()), hook().route("works", works.peer())];
    let mut desk = world.desk(settings(routes), everybody(&["mean", "works"]));
    world.settle(&mut desk, 24 * HOUR);
    let stands = world.stands();
    assert!(stands.len() == 1 && stands[0].starts_with("ask ann Ambiguous mean"), "{stands:?}");
    assert!(works.executed().is_empty());
    world.check(&mean.executed(), 0);
}

#[test]
fn a_slow_channel_holds_nobody_else_up() {
    let mut world = World::new();
    for nth in 0..12 {
        world.asks(&format!("slow{nth}"));
    }
    let hook = || Hook { repeats: true, asks: false };
    let (slow, quick) =
        (Receiver::new(true, &[], Mode::Silent), Receiver::new(true, &[], Mode::Ok));
    let routes = vec![hook().route("slow", slow.peer()), hook().route("quick", quick.peer())];
    // The lead whom everybody is asked of first has the slow channel only.
    let ann = bellwether_core::Code::of("ann");
    let ways: world::Ways =
        Arc::new(move |person| if person == ann { vec!["slow"] } else { vec!["quick"] });
    let desk = world.desk(settings(vec![]), Arc::clone(&ways));
    let render = Arc::clone(&desk.shared.render);
    drop(desk);
    let delivery = start(world.live(), world.dir.path(), settings(routes), render).unwrap();
    // While the slow one is waited for, bob is asked about other accounts.
    for nth in 0..5 {
        world.asks(&format!("quick{nth}"));
    }
    let declined = world.live().call(|driver, now| {
        let (ann, graph) = (bellwether_core::Code::of("ann"), bellwether_core::Code::of("g"));
        let rows = driver.store().effects_after((0, 0), 99)?;
        let mut declined = Vec::new();
        for row in rows.iter().rev().take(5) {
            let (key, _) = read_effect(&row.body).unwrap();
            let stream = driver.store().stream_at(row.pos)?.unwrap();
            let answer = bellwether_core::event::Answer::Decline(bellwether_core::Code::of("busy"));
            let doc = bellwether_core::DocKey::Account;
            let body =
                bellwether_core::Body::Answered { doc, graph, ask: key, person: ann, answer };
            let step = driver.give(stream, &body, bellwether_core::Origin::Live, now)?;
            let ask = |(_, effect): &&(bellwether_core::EffectKey, _)| {
                matches!(effect, bellwether_core::Effect::Ask { .. })
            };
            declined.extend(step.effects.iter().filter(ask).map(|(key, _)| key.0));
        }
        Ok(declined)
    });
    let mut wanted = declined.unwrap();
    assert_eq!(wanted.len(), 5);
    while !wanted.is_empty() {
        let heard =
            quick.heard.recv_timeout(Duration::from_secs(60)).expect("the quick ones arrive");
        wanted.retain(|key| *key != heard);
    }
    delivery.end();
    assert!(slow.executed().is_empty());
    let quick = quick.executed();
    assert!(quick.len() >= 5);
    let mut once = quick.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), quick.len(), "nothing twice");
}
