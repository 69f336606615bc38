//! Links and their undoing, over random histories: afterwards everything is as if there had never been
//! one, to the byte, but for what was too late for the survivor; while there is one, the survivor counts
//! what both would count together. A journal told again under the same rules gives the same states.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::record::Status;
use bellwether_core::signal::RawSignal;
use bellwether_core::{AccountId, DocKey, Origin, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_engine::state::Doc;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::embedded::refold::{Outcome, Sweep};
use bellwether_runtime::lineage::{self, Kinship, past_of};
use bellwether_runtime::rehearsal::Retelling;
use bellwether_testkit::Dice;
use common::{DAY, account, account_of, signal, states};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

const SEEDS: u64 = 20;
const TOLD: u64 = 16;

fn at(raw: &RawSignal) -> Timestamp {
    raw.at
}

/// A history of three accounts with repeats.
fn history(seed: u64) -> Vec<RawSignal> {
    let mut history = common::history(seed, 3, 120, 12);
    let mut dice = Dice(seed ^ 0xab);
    for _ in 0..20 {
        let from = dice.below(history.len() as u64) as usize;
        let to = from + dice.below((history.len() - from) as u64) as usize;
        let Some(again) = history.get(from).cloned() else { continue };
        history.insert(to + 1, again);
    }
    history
}

/// Feeds a part of a history live, each at the instant of the newest so far.
fn feed(driver: &mut Embedded, part: &[RawSignal], clock: &mut Timestamp) {
    for raw in part {
        *clock = (*clock).max(at(raw));
        driver.take(raw, Origin::Live, *clock).unwrap();
    }
    driver.commit().unwrap();
}

/// States of every account, by name.
fn all_states(driver: &mut Embedded) -> BTreeMap<String, BTreeMap<DocKey, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for name in ["a0", "a1", "a2"] {
        let stream = StreamId::account(account(driver, name));
        all.insert(name.to_owned(), states(driver, stream));
    }
    all
}

fn id(driver: &mut Embedded, name: &str) -> AccountId {
    account(driver, name)
}

#[test]
fn after_unlinking_everything_is_as_if_it_had_never_been_linked() {
    for seed in 0..SEEDS {
        let history = history(seed);
        let mut dice = Dice(seed ^ 0x11);
        let linked = 30 + dice.below(40) as usize;
        let undone = linked + dice.below((history.len() - linked) as u64) as usize;
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut plain = common::create(one.path());
        let mut clock = Timestamp::MIN;
        feed(&mut plain, &history, &mut clock);

        let mut driver = common::create(two.path());
        let mut clock = Timestamp::MIN;
        feed(&mut driver, &history[..linked], &mut clock);
        let (other, survivor) = (id(&mut driver, "a1"), id(&mut driver, "a0"));
        driver.link(other, survivor, clock).unwrap();
        feed(&mut driver, &history[linked..undone], &mut clock);
        if seed % 2 == 0 {
            drop(driver);
            driver = common::reopen(two.path());
        }
        driver.unlink(other, clock).unwrap();
        feed(&mut driver, &history[undone..], &mut clock);
        assert_eq!(id(&mut driver, "a1"), other, "seed {seed}");
        assert!(all_states(&mut plain) == all_states(&mut driver), "seed {seed}");
        let mut fine = 0;
        let recompute = Sweep::Recompute { record: false };
        driver
            .sweep(recompute, clock, |stream, outcome| {
                assert_eq!(*outcome, Outcome::Fine, "seed {seed}: {stream}");
                fine += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(fine, 3, "seed {seed}");
        common::assert_replays(&driver);
    }
}

#[test]
fn while_linked_the_survivor_counts_both() {
    for seed in 0..SEEDS {
        let history = history(seed);
        let linked = 40 + Dice(seed).below(50) as usize;
        // The same as one account from the start.
        let mut joined = history.clone();
        for raw in &mut joined {
            if account_of(raw) == "a1" {
                raw.account = signal("a0", "", "", 0).account;
            }
        }
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut whole = common::create(one.path());
        let mut clock = Timestamp::MIN;
        feed(&mut whole, &joined, &mut clock);

        let mut driver = common::create(two.path());
        let mut clock = Timestamp::MIN;
        feed(&mut driver, &history[..linked], &mut clock);
        let (other, survivor) = (id(&mut driver, "a1"), id(&mut driver, "a0"));
        let before = states(&mut driver, StreamId::account(other));
        driver.link(other, survivor, clock).unwrap();
        feed(&mut driver, &history[linked..], &mut clock);
        let (whole_id, now) = (id(&mut whole, "a0"), id(&mut driver, "a1"));
        assert_eq!(now, survivor, "seed {seed}: a look-up follows the link");
        let ours = states(&mut driver, StreamId::account(survivor));
        assert!(states(&mut whole, StreamId::account(whole_id)) == ours, "seed {seed}");
        // The other rests: its account as it was, its cases gone, no timer left.
        let rests = driver.state(StreamId::account(other)).unwrap().unwrap();
        assert!(rests.subs.is_empty() && rests.next_timer().is_none(), "seed {seed}");
        let rested = states(&mut driver, StreamId::account(other));
        assert_eq!(rested.get(&DocKey::Account), before.get(&DocKey::Account), "seed {seed}");
        common::assert_replays(&driver);
    }
}

#[test]
fn new_signals_name_the_account_whose_keys_matched() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let t = |days: i64| Timestamp::from_secs(common::START + days * DAY);
    let chat = |name: &str, nth: &str, days: i64| {
        signal(name, nth, "chat.message", common::START + days * DAY)
    };
    for (name, nth) in [("a0", "1"), ("a1", "2")] {
        driver.take(&chat(name, nth, 0), Origin::Live, t(0)).unwrap();
    }
    driver.commit().unwrap();
    let (survivor, other) = (id(&mut driver, "a0"), id(&mut driver, "a1"));
    let done = driver.link(other, survivor, t(1)).unwrap();
    assert_eq!((done.survivor_signals, done.other_signals), (2, 0));
    let taken = driver.take(&chat("a1", "3", 2), Origin::Live, t(2)).unwrap();
    assert_eq!(taken.stream, StreamId::account(survivor));
    // What came before the link is known, although it lies in the other stream.
    let again = driver.take(&chat("a1", "2", 0), Origin::Live, t(2)).unwrap();
    assert_eq!(again.step.status, Status::Duplicate);
    driver.commit().unwrap();
    let done = driver.unlink(other, t(3)).unwrap();
    assert_eq!((done.survivor_signals, done.other_signals), (1, 2));
    let taken = driver.take(&chat("a1", "4", 4), Origin::Live, t(4)).unwrap();
    assert_eq!(taken.stream, StreamId::account(other));
    let again = driver.take(&chat("a1", "3", 2), Origin::Live, t(4)).unwrap();
    assert_eq!(again.step.status, Status::Duplicate);
    driver.commit().unwrap();
    common::assert_replays(&driver);
}

#[test]
fn what_cannot_be_linked_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let now = Timestamp::from_secs(common::START);
    for (nth, name) in ["a0", "a1", "a2"].into_iter().enumerate() {
        let raw = signal(name, &nth.to_string(), "chat.message", common::START);
        driver.take(&raw, Origin::Live, now).unwrap();
    }
    driver.commit().unwrap();
    let [a, b, c] = ["a0", "a1", "a2"].map(|name| id(&mut driver, name));
    driver.link(b, a, now).unwrap();
    driver.link(a, c, now).unwrap();
    let last = driver.store().last_pos().unwrap();
    let unknown = AccountId::default();
    let cases = [
        (driver.link(unknown, a, now), "link-unknown-account"),
        (driver.link(c, c, now), "link-circle"),
        (driver.link(c, b, now), "link-circle"),
        (driver.link(b, c, now), "link-already"),
        (driver.unlink(c, now), "link-none"),
    ];
    for (refused, code) in cases {
        assert_eq!(refused.unwrap_err().code(), code);
    }
    assert_eq!(driver.store().last_pos().unwrap(), last);
    // A chain: what goes to the second goes on to the third, and comes back with it.
    let raw = signal("a1", "x", "chat.message", common::START + 1);
    let taken = driver.take(&raw, Origin::Live, Timestamp::from_secs(common::START + 1)).unwrap();
    assert_eq!(taken.stream, StreamId::account(c));
    driver.commit().unwrap();
    let later = Timestamp::from_secs(common::START + 2);
    let done = driver.unlink(a, later).unwrap();
    assert_eq!((done.survivor_signals, done.other_signals), (1, 3));
    let raw = signal("a1", "y", "chat.message", common::START + 3);
    let taken = driver.take(&raw, Origin::Live, Timestamp::from_secs(common::START + 3)).unwrap();
    assert_eq!(taken.stream, StreamId::account(a));
    driver.commit().unwrap();
}

/// A history with links, a chain of them, undoings and sweeps at places that the seed says.
fn driven(seed: u64, dir: &std::path::Path) -> (Embedded, [AccountId; 3]) {
    let mut driver = common::create(dir);
    let history = common::history(seed, 3, 160, 14);
    let mut dice = Dice(seed ^ 0x5e);
    let (mut clock, mut ids) = (Timestamp::MIN, None);
    let turns: Vec<usize> = (1..=5).map(|nth| nth * 25 + dice.below(20) as usize).collect();
    for (nth, raw) in history.iter().enumerate() {
        clock = clock.max(raw.at);
        let origin = if seed.is_multiple_of(3) { Origin::History } else { Origin::Live };
        driver.take(raw, origin, clock).unwrap();
        let Some(turn) = turns.iter().position(|turn| *turn == nth) else { continue };
        driver.commit().unwrap();
        let names = ["a0", "a1", "a2"];
        let [a, b, c] = *ids.get_or_insert_with(|| names.map(|name| account(&mut driver, name)));
        match turn {
            0 => drop(driver.link(b, a, clock).unwrap()),
            1 if seed.is_multiple_of(2) => drop(driver.link(a, c, clock).unwrap()),
            1 => {}
            2 => driver
                .sweep(Sweep::Backfill { all: true }, clock, |_, _| ControlFlow::Continue(()))
                .unwrap(),
            3 => drop(driver.unlink(b, clock).unwrap()),
            _ => drop(driver.link(b, c, clock).unwrap()),
        }
    }
    driver.commit().unwrap();
    (driver, ids.unwrap())
}

fn encoded<'a>(
    rules: &Rules,
    docs: impl Iterator<Item = (DocKey, &'a Doc)>,
) -> BTreeMap<DocKey, Vec<u8>> {
    let encode = |(key, doc): (DocKey, &Doc)| {
        let mut bytes = Vec::new();
        rules.features().encode(&doc.features, &mut bytes);
        (key, bytes)
    };
    docs.map(encode).collect()
}

#[test]
fn under_the_same_rules_it_gives_the_same_states() {
    for seed in 0..TOLD {
        let dir = tempfile::tempdir().unwrap();
        let (mut driver, ids) = driven(seed, dir.path());
        let rules = Arc::clone(driver.rules());
        let mut told = Retelling::new(Kinship::read(driver.store()).unwrap(), Arc::clone(&rules));
        driver
            .store()
            .scan(1, |row| {
                told.tell(row, |_, _| {}).unwrap();
                ControlFlow::Continue(())
            })
            .unwrap();
        told.finish(|_, _| {}).unwrap();
        for id in ids {
            let stream = StreamId::account(id);
            let again = encoded(&rules, told.streams()[&stream].docs());
            assert!(states(&mut driver, stream) == again, "seed {seed}: {stream}");
        }
        let left = told.left_out();
        assert_eq!((left.activations, left.trimmed), (1, 0), "seed {seed}");
        assert!(left.refolds > 0, "seed {seed}");
    }
}

#[test]
fn what_an_account_counts_is_found_wherever_it_lies() {
    for seed in 0..TOLD {
        let dir = tempfile::tempdir().unwrap();
        let (mut driver, [a, b, c]) = driven(seed, dir.path());
        let rules = Arc::clone(driver.rules());
        let last = driver.store().last_pos().unwrap();
        for (id, rests) in [(a, seed.is_multiple_of(2)), (b, true), (c, false)] {
            let stream = StreamId::account(id);
            let (past, kin) = past_of(driver.store(), stream, last).unwrap();
            assert_eq!(kin.rests(stream), rests, "seed {seed}: {stream}");
            if rests {
                assert_eq!(kin.survivor(stream), StreamId::account(c), "seed {seed}");
                continue;
            }
            let standing = states(&mut driver, stream);
            let folded = lineage::fold(&rules, &past, |doc| standing.contains_key(&doc));
            assert!(folded == standing, "seed {seed}: {stream}");
            let elsewhere = past.iter().filter(|past| past.stream != stream).count();
            assert_eq!(elsewhere > 0, id == c, "seed {seed}: {stream}");
        }
    }
}

#[test]
fn the_link_that_stands_is_the_one_that_counts_whatever_the_clock_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    for name in ["a0", "a1", "a2"] {
        let raw = signal(name, name, "chat.message", common::START);
        driver.take(&raw, Origin::Live, raw.at).unwrap();
    }
    driver.commit().unwrap();
    let [one, first, second] = ["a0", "a1", "a2"].map(|name| id(&mut driver, name));
    let day = |day: i64| Timestamp::from_secs(common::START + day * DAY);
    driver.link(one, first, day(26)).unwrap();
    driver.unlink(one, day(27)).unwrap();
    // The clock was set back meanwhile: in the order of instants this link comes first.
    driver.link(one, second, day(20)).unwrap();
    drop(driver);
    let mut driver = common::reopen(dir.path());
    let raw = signal("a0", "new", "chat.message", common::START + 28 * DAY);
    let counted = driver.take(&raw, Origin::Live, raw.at).unwrap();
    assert_eq!(counted.stream, StreamId::account(second));
}

#[test]
fn what_came_too_late_through_a_link_stays_uncounted_when_it_is_undone() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let chat = |name: &str, id: &str, day: i64| {
        signal(name, id, "chat.message", common::START + day * DAY)
    };
    for raw in [chat("a1", "1", 0), chat("a0", "2", 20)] {
        driver.take(&raw, Origin::History, raw.at).unwrap();
    }
    driver.commit().unwrap();
    let (other, survivor) = (id(&mut driver, "a1"), id(&mut driver, "a0"));
    let now = Timestamp::from_secs(common::START + 30 * DAY);
    driver.link(other, survivor, now).unwrap();
    // For the account alone this would be in time: nothing of it is newer than day 0.
    let late = chat("a1", "3", 5);
    let done = driver.take(&late, Origin::History, late.at).unwrap();
    assert_eq!((done.stream, done.step.status), (StreamId::account(survivor), Status::TooLate));
    let undone = driver.unlink(other, now).unwrap();
    assert_eq!((undone.survivor_signals, undone.other_signals), (1, 1));
}
