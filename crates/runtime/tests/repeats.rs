//! Old repeats: signals far below a stream's memory come again, and are known.
//!
//! - In: some accounts with more signals than their streams remember, fed a second time.
//! - Out: every repeat is a duplicate, one that says something else a conflict, one that is new counts;
//!   after a start as before it. The ignored test prints what a repeat costs.
//! - Never: a check of how long it took.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::record::Status;
use bellwether_core::signal::{RawSignal, RawValue};
use bellwether_core::{Origin, Ppm};
use bellwether_runtime::embedded::Embedded;
use common::{HOUR, START, signal};
use std::collections::BTreeMap;
use std::time::Instant;

/// Chats of some accounts in turn, oldest first; each stream remembers 1,024.
fn chats(accounts: usize, each: usize) -> Vec<RawSignal> {
    let one = |nth: usize| {
        let account = format!("a{}", nth % accounts);
        let at = START + nth as i64 * HOUR / 50;
        let mut raw = signal(&account, &format!("s{nth}"), "chat.message", at);
        let mood = Ppm::new(nth as i64 % 1_000_000);
        raw.fields.push(("sentiment".to_owned(), RawValue::Ratio(mood)));
        raw
    };
    (0..accounts * each).map(one).collect()
}

/// Feeds history and says how often each thing was done with it.
fn feed(driver: &mut Embedded, signals: &[RawSignal]) -> BTreeMap<&'static str, usize> {
    let mut done = BTreeMap::new();
    for raw in signals {
        let status = driver.take(raw, Origin::History, raw.at).unwrap().step.status;
        *done.entry(status.as_str()).or_default() += 1;
        if driver.waiting() >= 500 {
            driver.commit().unwrap();
        }
    }
    driver.commit().unwrap();
    done
}

#[test]
fn what_lies_below_the_memory_is_known_changed_or_new() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let all = chats(2, 1_500);
    assert_eq!(feed(&mut driver, &all), BTreeMap::from([("applied", 3_000)]));
    let old: Vec<_> = all.iter().take(300).cloned().collect();
    let duplicate = BTreeMap::from([(Status::Duplicate.as_str(), 300)]);
    for start in [false, true] {
        if start {
            driver.write_behind().unwrap();
            drop(driver);
            driver = common::reopen(dir.path());
        }
        assert_eq!(feed(&mut driver, &old), duplicate);
        assert_eq!(feed(&mut driver, &old), duplicate, "and again");
    }
    // New ones among the old, twice, in one batch and across a commit.
    for nth in 0..6 {
        let mut fresh = old[nth].clone();
        fresh.id = format!("n{}", nth / 2);
        (fresh.account, fresh.at) = (old[0].account.clone(), old[0].at);
        fresh.fields = old[0].fields.clone();
        let status = driver.take(&fresh, Origin::History, fresh.at).unwrap().step.status;
        let expected = if nth % 2 == 0 { Status::Late } else { Status::Duplicate };
        assert_eq!(status, expected, "{nth}");
        if nth == 2 {
            driver.commit().unwrap();
        }
    }
    let mut changed = old[1].clone();
    changed.fields.clear();
    let status = driver.take(&changed, Origin::History, changed.at).unwrap().step.status;
    assert_eq!(status, Status::Conflict);
    driver.commit().unwrap();
    common::assert_replays(&driver);
}

#[test]
#[ignore = "prints what repeats cost; run it by name"]
fn what_old_repeats_cost() {
    for accounts in [1, 4, 100] {
        let dir = tempfile::tempdir().unwrap();
        let mut driver = common::create(dir.path());
        let all = chats(accounts, 20_000 / accounts);
        let begun = Instant::now();
        feed(&mut driver, &all);
        let first = begun.elapsed();
        let begun = Instant::now();
        let most = std::env::var("REPEATS").map_or(usize::MAX, |most| most.parse().unwrap());
        let again: Vec<_> = all.iter().take(most).cloned().collect();
        let done = feed(&mut driver, &again);
        let (second, count) = (begun.elapsed(), again.len() as u32);
        println!(
            "{accounts} accounts: 20,000 in {first:.1?}; {count} again in {second:.1?}, {:.1?} each, {done:?}",
            second / count
        );
    }
}

#[test]
fn what_was_forgotten_is_known_again_whatever_its_new_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let all = chats(1, 1_500);
    assert_eq!(feed(&mut driver, &all), BTreeMap::from([("applied", 1_500)]));
    // The source says the same again and dates it anew; one that is new comes between.
    let after = |raw: &RawSignal, hours: i64| {
        let at = all.last().unwrap().at.plus(bellwether_core::Duration::from_secs(hours * HOUR));
        RawSignal { at, ..raw.clone() }
    };
    let again: Vec<_> = all.iter().take(50).map(|raw| after(raw, 1)).collect();
    let conflict = Status::Conflict.as_str();
    assert_eq!(feed(&mut driver, &again), BTreeMap::from([(conflict, 50)]));
    drop(driver);
    let mut driver = common::reopen(dir.path());
    let new = RawSignal { id: "new".to_owned(), ..after(&all[0], 2) };
    let more = [after(&all[60], 2), new];
    assert_eq!(feed(&mut driver, &more), BTreeMap::from([("applied", 1), (conflict, 1)]));
    driver.write_behind().unwrap();
    drop(driver);
    let mut driver = common::reopen(dir.path());
    let last = [after(&all[70], 3)];
    assert_eq!(feed(&mut driver, &last), BTreeMap::from([(conflict, 1)]), "a snapshot keeps it");
    common::assert_replays(&driver);
}
