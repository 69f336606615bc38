//! Trimmed streams: what is left derives to the same bytes, from bases that their records committed.

use super::*;
use crate::base::{Retrace, Traced, state_of};
use crate::embedded::tests::{message, rules};
use crate::embedded::{Tenancy, read_rules};
use crate::keys::SeededKeys;
use bellwether_core::Personal;
use bellwether_core::signal::{AccountHint, RawSignal};
use bellwether_engine::RuleBook;
use bellwether_store::Store;
use bellwether_testkit::Dice;
use std::path::Path;

const SEED: SeededKeys = SeededKeys(7);

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_760_000_000 + secs)
}

fn signal(nth: i64, dice: &mut Dice) -> RawSignal {
    let domain = format!("firm{}.example", dice.below(6));
    RawSignal {
        id: format!("m{nth}"),
        at: at(nth * 60 - dice.below(300) as i64),
        account: vec![AccountHint::Domain(Personal::new(domain))],
        contact: Some(Personal::new(format!("kim{}@us.example", dice.below(3)))),
        ..message(dice.below(9) as i64, 0)
    }
}

fn create(dir: &Path) -> Embedded {
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    Embedded::create(dir, Box::new(SEED), &tenancy, rules(), at(0)).unwrap()
}

fn live(driver: &mut Embedded, from: i64, to: i64, dice: &mut Dice) {
    for nth in from..to {
        driver.take(&signal(nth, dice), Origin::Live, at(nth * 60)).unwrap();
        driver.tick(at(nth * 60), Origin::Live).unwrap();
    }
    driver.commit().unwrap();
}

/// Records derived again, and rows whose events are purged.
fn traced(store: &Store) -> (u64, u64) {
    let book = read_rules(store).unwrap();
    let mut retrace = Retrace::new(store, &book);
    let (mut same, mut purged) = (0, 0);
    store
        .scan(1, |row| {
            match retrace.check(row).unwrap() {
                Traced::Same(_) => same += 1,
                Traced::Purged => purged += 1,
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    (same, purged)
}

/// Every stream after each of its records, derived from the very first event.
fn histories(store: &Store, book: &RuleBook) -> BTreeMap<(StreamId, u64), Vec<u8>> {
    let mut replay = Replay::new(book);
    let mut states = BTreeMap::new();
    store
        .scan(1, |row| {
            replay.check(row.event, row.record).unwrap();
            let state = replay.state(row.stream).unwrap().to_bytes(book).unwrap();
            states.insert((row.stream, row.seq), state);
            ControlFlow::Continue(())
        })
        .unwrap();
    states
}

#[test]
fn what_is_left_derives_to_the_same_bytes() {
    for seed in 0..4 {
        let mut dice = Dice(seed);
        let dir = tempfile::tempdir().unwrap();
        let mut driver = create(dir.path());
        live(&mut driver, 0, 150, &mut dice);
        let (mut before, mut streams) = (1, 0);
        for turn in 0..3 {
            let last = driver.store().last_pos().unwrap();
            let book = driver.book().clone();
            let whole = (turn == 0).then(|| histories(driver.store(), &book));
            before += dice.below((last - before) / 2) + 1;
            let trimmed = driver.trim(before, at(20_000 + turn)).unwrap();
            streams += trimmed.bases;
            assert_eq!(driver.trim(before, at(20_001)).unwrap(), Trimmed::default(), "seed {seed}");
            let (same, purged) = traced(driver.store());
            let empty = |store: &Store| {
                let mut empty = 0;
                let count = |row: &bellwether_store::Row<'_>| {
                    empty += u64::from(row.event.is_empty());
                    assert!(!row.record.is_empty());
                    ControlFlow::Continue(())
                };
                store.scan(1, count).unwrap();
                empty
            };
            assert_eq!(
                (purged, same + purged),
                (empty(driver.store()), driver.store().last_pos().unwrap())
            );
            if let Some(whole) = whole {
                let bases = whole
                    .keys()
                    .filter_map(|(stream, _)| state_of(driver.store(), *stream, &book).unwrap());
                for state in bases {
                    let kept = &whole[&(state.stream, state.seq)];
                    assert_eq!(&state.to_bytes(&book).unwrap(), kept, "seed {seed}");
                }
            }
            // Time did not pass by it, and life goes on, also after a start.
            drop(driver);
            driver = Embedded::open(dir.path(), Box::new(SEED)).unwrap();
            assert_eq!(driver.frozen().count(), 0, "seed {seed}");
            let from = 150 + turn * 40;
            live(&mut driver, from, from + 40, &mut dice);
        }
        assert!(streams > 3, "seed {seed}: {streams}");
        assert_eq!(
            traced(driver.store()).0 + traced(driver.store()).1,
            driver.store().last_pos().unwrap()
        );
    }
}

#[test]
fn a_trimming_cut_short_goes_on_and_a_frozen_stream_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    live(&mut driver, 0, 60, &mut Dice(1));
    let before = driver.store().last_pos().unwrap() / 2;
    let mut last = BTreeMap::new();
    driver
        .store()
        .scan(1, |row| {
            if row.pos < before && row.stream != StreamId::SYSTEM {
                last.insert(row.stream, row.seq);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let (first, seq) = last.pop_first().unwrap();
    let mut waiting = vec![driver.give_base(first, seq, at(9_000)).unwrap()];
    driver.keep_bases(&mut waiting).unwrap();
    drop(driver);
    let mut driver = Embedded::open(dir.path(), Box::new(SEED)).unwrap();
    let frozen = *last.keys().next().unwrap();
    let why = bellwether_engine::ReplayError::Event(bellwether_ledger::DecodeError::NotJson);
    driver.frozen.insert(frozen, why);
    let error = driver.trim(before, at(9_100)).unwrap_err();
    assert_eq!(error.code(), "store-base-missing");
    assert_eq!((traced(driver.store()).1, driver.store().trimmed_pos().unwrap()), (0, 0));
    driver.frozen.clear();
    assert_eq!(driver.trim(before, at(9_200)).unwrap().bases, 1, "the others had theirs");
    assert!(traced(driver.store()).1 > 0);
}

#[test]
fn a_base_that_its_record_did_not_commit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    live(&mut driver, 0, 60, &mut Dice(2));
    driver.trim(40, at(9_000)).unwrap();
    let mut stream = None;
    let first = |row: &bellwether_store::Row<'_>| {
        stream = row.event.is_empty().then_some(row.stream);
        if stream.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    driver.store().scan(1, first).unwrap();
    let good = driver.store().base(stream.unwrap()).unwrap().unwrap();
    let changes: [fn(&mut Base); 3] =
        [|base| base.state[60] ^= 1, |base| base.seq -= 1, |base| base.pos -= 1];
    let book = driver.book().clone();
    for change in changes {
        let mut base = good.clone();
        change(&mut base);
        if driver.store_mut().put_bases(&[base]).is_ok() {
            let found = state_of(driver.store(), good.stream, &book).map(drop);
            assert_eq!(found.unwrap_err().code(), "drive-base");
        }
    }
    driver.store_mut().put_bases(std::slice::from_ref(&good)).unwrap();
    assert!(state_of(driver.store(), good.stream, &book).unwrap().is_some());
}
