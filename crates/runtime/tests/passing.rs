//! Time that passes: as history where nothing is real yet, and for everybody who is to be told at once.
//!
//! - In: live streams, an import after the program stood still, many cases of one account.
//! - Out: what became true by time alone asks for real in streams that something real has reached.
//! - Never: a clock.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::signal::{RawSignal, RawValue};
use bellwether_core::{DocKey, Origin, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::import::{Options, import};
use common::{DAY, FEATURES, HEADER, ROWS, START, account, signal, source};
use std::ops::ControlFlow;
use std::sync::Arc;

fn at(day: i64) -> Timestamp {
    Timestamp::from_secs(START + day * DAY)
}

fn ticket(name: &str, case: usize, day: i64) -> RawSignal {
    let id = format!("{name}-{case}-{day}");
    let mut raw = signal(name, &id, "ticket.updated", START + day * DAY);
    raw.case = Some(format!("{name}-{case}"));
    raw.fields.push(("urgency".to_owned(), RawValue::Int(3)));
    raw
}

/// Takes in a ticket of each named account and day, as an export that is read on day 10.
fn read_export(driver: &mut Embedded, rows: &[(&str, i64)]) {
    let mut text = HEADER.to_owned();
    for (name, day) in rows {
        text += &format!("{name}{day},{},{name},,{name}-9,3\n", at(*day));
    }
    let options = Options { now: at(10), budget: 1 << 20, accept: Vec::new() };
    import(driver, &[source(ROWS, &text)], options, |_| ControlFlow::Continue(())).unwrap();
}

/// Escalations of a stream's cases that wait for somebody: whether each is silent.
fn waiting(driver: &mut Embedded, name: &str) -> Vec<bool> {
    let stream = StreamId::account(account(driver, name));
    let state = driver.state(stream).unwrap().unwrap();
    let cases = state.docs().filter(|(key, _)| *key != DocKey::Account);
    let graphs = cases.flat_map(|(_, doc)| &doc.graphs);
    let live = graphs.filter(|graph| graph.escalation.is_some_and(|one| one.person().is_some()));
    live.map(|graph| graph.silent).collect()
}

#[test]
fn an_import_after_a_standstill_silences_nothing_that_is_real() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    for name in ["a0", "a1"] {
        driver.take(&ticket(name, 1, 0), Origin::Live, at(0)).unwrap();
    }
    driver.commit().unwrap();
    assert_eq!(waiting(&mut driver, "a0"), [false; 0]);
    // The cases have been quiet for three days while nobody looked. The export has rows of one of the
    // two accounts, and of one that nothing real has reached.
    read_export(&mut driver, &[("a2", 1), ("a1", 5), ("a2", 6)]);
    assert_eq!(waiting(&mut driver, "a0"), [false], "it was not in the export");
    assert_eq!(waiting(&mut driver, "a1"), [false], "it was");
    assert_eq!(waiting(&mut driver, "a2"), [true], "history asks nobody");
    driver.write_behind().unwrap();
    drop(driver);
    let mut driver = common::reopen(dir.path());
    driver.take(&ticket("a0", 2, 10), Origin::Live, at(10)).unwrap();
    driver.commit().unwrap();
    drop(driver);
    let mut driver = common::reopen(dir.path());
    driver.tick(at(14), Origin::History).unwrap();
    assert_eq!(waiting(&mut driver, "a0"), [false, false], "a restart remembers what is real");
    common::assert_replays(&driver);
}

#[test]
fn every_case_hears_of_a_fact_of_its_account_in_one_go() {
    let mut files = common::rules(FEATURES).files().clone();
    let graph = files.get_mut("routing/case.yaml").unwrap();
    *graph = graph.replace("case.priority <= 1 &&", "account.vip || case.priority <= 1 &&");
    let rules = Arc::new(Rules::compose(files).ok().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    driver.activate(rules, at(0)).unwrap();
    for case in 0..40 {
        driver.take(&ticket("a0", case, 0), Origin::Live, at(0)).unwrap();
    }
    driver.tick(at(1), Origin::Live).unwrap();
    let mut vip = signal("a0", "vip", "firmographics.updated", START + DAY);
    vip.fields.push(("strategic".to_owned(), RawValue::Bool(true)));
    driver.take(&vip, Origin::Live, at(1)).unwrap();
    assert_eq!(waiting(&mut driver, "a0"), [false; 0]);
    let fired = driver.tick(at(2), Origin::Live).unwrap();
    assert_eq!(fired, 41, "each case in one tick, and the deadline of the account itself");
    assert_eq!(waiting(&mut driver, "a0"), [false; 40]);
    let stream = StreamId::account(account(&mut driver, "a0"));
    let late = driver.state(stream).unwrap().unwrap().time.micros() - at(2).micros();
    assert!((0..=40).contains(&late), "{late} microseconds");
    common::assert_replays(&driver);
}
