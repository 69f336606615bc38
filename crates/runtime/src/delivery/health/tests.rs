//! The breaker, the budget, and the spread of retries.

use super::*;

const MANY: usize = 99;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000 + millis * 1_000)
}

/// A request that takes no time.
fn ask(health: &mut Health, now: i64, verdict: Verdict) -> Result<Leave, Denied> {
    let leave = health.ask(at(now), false, MANY)?;
    health.tell(leave, verdict, at(now));
    Ok(leave)
}

#[test]
fn the_breaker_opens_within_five_seconds_and_lets_one_probe_through() {
    for every in [10, 400, 1_000, 2_400] {
        let mut health = Health::default();
        let open = (0..).map(|nth| nth * every).find(|now| {
            let before = ask(&mut health, *now, Verdict::Down);
            before.is_err_and(|why| matches!(why, Denied::Open(_)))
        });
        assert!(open.is_some_and(|open| open < 5_000 + every), "every {every} ms: {open:?}");
    }
    // One that hung for longer than that opens it as soon as it is over.
    let mut health = Health::default();
    let leave = health.ask(at(0), false, MANY).unwrap();
    health.tell(leave, Verdict::Down, at(10_000));
    assert!(health.is_open(at(10_000)));
    assert_eq!(health.ask(at(10_000), false, MANY), Err(Denied::Open(at(15_000))));

    let probe = health.ask(at(15_000), false, MANY).unwrap();
    assert!(probe.probe);
    assert_eq!(health.ask(at(15_001), false, MANY), Err(Denied::Open(at(16_001))), "one probe");
    health.tell(probe, Verdict::Down, at(15_002));
    assert_eq!(health.ask(at(20_002), false, MANY), Err(Denied::Open(at(25_002))), "it doubled");
    let probe = health.ask(at(25_002), true, MANY).unwrap();
    health.tell(probe, Verdict::Unused, at(25_002));
    let probe = health.ask(at(25_002), true, MANY).unwrap();
    health.tell(probe, Verdict::Up, at(25_003));
    assert!(!health.is_open(at(99_000)));
    assert!(health.ask(at(25_004), false, MANY).is_ok_and(|leave| !leave.probe));
}

#[test]
fn a_channel_is_left_alone_as_long_as_it_asks_and_takes_so_much_at_once() {
    let mut health = Health::default();
    ask(&mut health, 0, Verdict::Wait(Duration::from_secs(7))).unwrap();
    assert_eq!(health.ask(at(6_999), false, MANY), Err(Denied::Until(at(7_000))));
    let leave = health.ask(at(7_000), false, 1).unwrap();
    assert_eq!(health.ask(at(7_000), false, 1), Err(Denied::Busy));
    health.tell(leave, Verdict::Up, at(7_001));
    assert!(health.ask(at(7_001), false, 1).is_ok());
}

#[test]
fn retries_are_at_most_a_fifth_of_first_attempts_and_a_floor() {
    let mut health = Health::default();
    let (mut first, mut retries) = (0, 0);
    // A minute of ten first attempts a second, each of which would be tried again ten times.
    for now in (0..60_000).step_by(100) {
        ask(&mut health, now, Verdict::Up).unwrap();
        first += 1;
        for _ in 0..10 {
            if let Ok(leave) = health.ask(at(now), true, MANY) {
                health.tell(leave, Verdict::Up, at(now));
                retries += 1;
            }
        }
    }
    // The floor: three to begin with, and six a minute.
    assert!((first / 5..=first / 5 + 9).contains(&retries), "{retries} retries of {first}");
    // Nothing at all happened for a while: the floor is there again, and no more.
    let mut again = 0;
    while let Ok(leave) = health.ask(at(600_000), true, MANY) {
        health.tell(leave, Verdict::Up, at(600_000));
        again += 1;
    }
    assert_eq!(again, 3);
    let denied = health.ask(at(600_000), true, MANY).unwrap_err();
    let Denied::Until(until) = denied else { panic!("{denied:?}") };
    assert!(health.ask(until, true, MANY).is_ok(), "after the time that it named");
}

#[test]
fn pauses_double_are_spread_and_the_same_for_the_same_attempt() {
    let seed = [7; 32];
    for tries in 1..=12 {
        let end = (1i64 << tries).min(600) * 1_000_000;
        let mut pauses: Vec<_> = (0..200u32)
            .map(|nth| backoff(&seed, Digest::of(&nth.to_be_bytes()), tries).micros())
            .collect();
        assert!(pauses.iter().all(|pause| (1_000_000..=end).contains(pause)), "{tries}");
        pauses.sort_unstable();
        let middle = pauses[100] - 1_000_000;
        let half = (end - 1_000_000) / 2;
        assert!((half * 7 / 10..=half * 13 / 10).contains(&middle), "{tries}: {middle} of {half}");
    }
    let key = Digest::of(b"k");
    assert_eq!(backoff(&seed, key, 3), backoff(&seed, key, 3));
    assert_ne!(backoff(&seed, key, 3), backoff(&[8; 32], key, 3));
}
