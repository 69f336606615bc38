//! A running driver: what is acknowledged is stepped, whatever ends in between, and once.

use super::*;
use crate::embedded::Tenancy;
use crate::embedded::tests::{message, rules};
use crate::keys::SeededKeys;
use bellwether_core::{Personal, StreamId};
use bellwether_store::{Store, View};
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Deref};
use std::path::Path;

/// A driver that nothing else is done with.
struct Plain(Embedded);

impl Deref for Plain {
    type Target = Embedded;
    fn deref(&self) -> &Embedded {
        &self.0
    }
}

impl DerefMut for Plain {
    fn deref_mut(&mut self) -> &mut Embedded {
        &mut self.0
    }
}

fn create(dir: &Path) -> Plain {
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    let keys = Box::new(SeededKeys(7));
    Plain(Embedded::create(dir, keys, &tenancy, rules(), Timestamp::from_secs(1)).unwrap())
}

fn open(dir: &Path) -> Plain {
    Plain(Embedded::open(dir, Box::new(SeededKeys(7))).unwrap())
}

/// A parcel is its message's number and instant; a reader gives the message back.
fn parcel(n: i64, at: i64) -> Parcel {
    let body = Personal::new(format!("{n} {at}").into_bytes());
    let (source, form) = ("chat".to_owned(), String::new());
    Parcel { source, form, at: Timestamp::from_secs(at), trace: None, body, once: None }
}

fn read(parcel: &Parcel) -> Result<Understood, Problem> {
    let text =
        String::from_utf8_lossy(parcel.body.reveal(bellwether_core::Purpose::Read)).into_owned();
    let numbers: Vec<i64> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [n, at] = numbers[..] else { return Err(Problem::new("row-fields", "no numbers")) };
    let signals = vec![Arrived { signal: message(n, at), trace: None }];
    Ok(Understood { signals, refused: None })
}

fn settings(most_waiting: u64) -> Settings {
    Settings {
        clock: Arc::new(|| Timestamp::from_secs(10_000)),
        most_waiting,
        reader: Box::new(read),
    }
}

/// How many signals of each id the journal holds; every message has an id of its own.
fn journaled(dir: &Path) -> u64 {
    let view = View::open(dir).unwrap();
    let mut count = 0;
    view.scan(1, |row| {
        count += u64::from(row.stream != StreamId::SYSTEM);
        ControlFlow::Continue(())
    })
    .unwrap();
    count
}

fn offer(running: &Running, n: i64, at: i64) {
    let parcel = parcel(n, at);
    let understood = read(&parcel).unwrap();
    assert_eq!(running.intake().offer_and_wait(parcel, understood).unwrap(), Kept::Now);
}

#[test]
fn what_is_acknowledged_is_stepped_and_what_is_called_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(create(dir.path()), settings(1_000)).unwrap();
    for nth in 0..50 {
        offer(&running, 1, 2_000 + nth);
    }
    let live = running.live();
    let pos = live.call(|driver, _| Ok(driver.store().last_pos()?)).unwrap();
    assert!(pos >= 1);
    let failed: Result<(), LiveError> = live.call(|_, _| Err(DriveError::Spool));
    assert_eq!(failed.unwrap_err().code(), "import-spool");
    running.stop();
    assert_eq!(journaled(dir.path()), 50);
    let done = View::open(dir.path()).unwrap().inbox_done().unwrap();
    assert_eq!(done, 50);
}

#[test]
fn a_parcel_that_waited_through_a_restart_is_read_again_and_stepped_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    // As if the program had ended between the acknowledgement and the step: of five, two were stepped.
    let at = Timestamp::from_secs(10_000);
    let cover = delivery::Cover::of(driver.edge().vault_mut(), at).unwrap();
    let mut inbox = driver.store().inbox().unwrap();
    let rows: Vec<_> = (1..=5)
        .map(|seq| {
            let body = if seq == 4 { "nothing to read".to_owned() } else { format!("1 {seq}") };
            let body = Personal::new(body.into_bytes());
            let sealed = cover.seal(seq, &Parcel { body, ..parcel(0, 0) }).unwrap();
            bellwether_store::Delivery { seq, at, weight: 1, sealed, once: None }
        })
        .collect();
    inbox.put(&rows).unwrap();
    for n in 1..=2 {
        driver.take(&message(1, n), bellwether_core::Origin::Live, at).unwrap();
    }
    driver.batch().inbox = Some(2);
    driver.commit().unwrap();
    drop((inbox, driver));

    let running = start(open(dir.path()), settings(1_000)).unwrap();
    offer(&running, 1, 77);
    running.stop();
    let store = Store::open(dir.path(), &bellwether_store::Options::default()).unwrap();
    assert_eq!(store.inbox_done().unwrap(), 6, "the new one came after those that waited");
    assert_eq!(
        journaled(dir.path()),
        5,
        "three that waited, two before, and the new one, less one"
    );
    let kept: BTreeMap<_, _> = store.quarantine_counts().unwrap().into_iter().collect();
    assert_eq!(kept, BTreeMap::from([("row-fields".to_owned(), 1)]), "nothing is lost");
}

#[test]
fn beyond_what_may_wait_nothing_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(create(dir.path()), settings(3)).unwrap();
    // While the driver is busy, what is taken waits.
    let (go, busy) = std::sync::mpsc::channel::<()>();
    running.live().call_then(move |_, _| Ok(busy.recv().is_ok()), |_| {}).unwrap();
    let signals = (0..4).flat_map(|n| read(&parcel(1, n)).unwrap().signals).collect();
    let many = Understood { signals, refused: None };
    // More at once than may wait is taken alone, or it never could be.
    assert_eq!(running.intake().offer_and_wait(parcel(1, 0), many).unwrap(), Kept::Now);
    let one = read(&parcel(1, 5)).unwrap();
    let refused = running.intake().offer_and_wait(parcel(1, 5), one);
    let Err(LiveError::Full { retry_after, .. }) = refused else { panic!("{refused:?}") };
    assert!(retry_after >= 1);
    assert_eq!(running.intake().waiting(), 3, "what is refused does not count");
    go.send(()).unwrap();
    while running.intake().waiting() > 0 {
        running.live().call(|_, _| Ok(())).unwrap();
    }
    offer(&running, 1, 5);
    let intake = running.intake().clone();
    running.stop();
    let closed = intake.offer_and_wait(parcel(1, 6), read(&parcel(1, 6)).unwrap());
    assert_eq!(closed.unwrap_err().code(), "live-closed");
    assert_eq!(journaled(dir.path()), 5);
}

#[test]
fn one_call_that_fails_takes_no_other_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(create(dir.path()), settings(9)).unwrap();
    let live = running.live();
    let (answers, answered) = std::sync::mpsc::channel();
    // They queue behind this one, and so run in one transaction.
    let (go, wait) = std::sync::mpsc::channel::<()>();
    live.call_then(move |_, _| Ok(wait.recv().is_ok()), |_| {}).unwrap();
    for n in 0..6 {
        let answers = answers.clone();
        let work = move |driver: &mut Embedded, now: Timestamp| {
            if n == 3 {
                return Err(DriveError::Spool);
            }
            let taken = driver.take(&message(1, n), bellwether_core::Origin::Live, now)?;
            Ok(taken.step.seq)
        };
        live.call_then(work, move |result| answers.send((n, result.is_ok())).unwrap_or_default())
            .unwrap();
    }
    drop(go);
    let said: BTreeMap<_, _> = answered.iter().take(6).collect();
    assert_eq!(said.values().filter(|fine| **fine).count(), 5, "{said:?}");
    assert!(!said[&3]);
    running.stop();
    assert_eq!(journaled(dir.path()), 5);
}

#[test]
fn what_a_sender_repeats_is_taken_once_and_what_is_wrong_with_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(create(dir.path()), settings(9)).unwrap();
    let once = Some(bellwether_core::Digest::of(b"hook 7"));
    let hook = Parcel { once, ..parcel(1, 7) };
    let mut understood = read(&hook).unwrap();
    understood.refused = Some(Problem::new("row-fields", "a row of it means nothing"));
    for kept in [Kept::Now, Kept::Before, Kept::Before] {
        let said = running.intake().offer_and_wait(hook.clone(), understood.clone());
        assert_eq!(said.unwrap(), kept);
    }
    running.stop();
    assert_eq!(journaled(dir.path()), 1);
    let view = View::open(dir.path()).unwrap();
    assert_eq!(view.quarantine_counts().unwrap(), [("row-fields".to_owned(), 1)]);
}

#[test]
fn a_parcel_is_kept_apart_once_whatever_is_wrong_with_how_many_of_its_signals() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(create(dir.path()), settings(1_000)).unwrap();
    offer(&running, 1, 7);
    let arrived = |kind: &str| {
        let signal = bellwether_core::RawSignal { kind: kind.to_owned(), ..message(1, 7) };
        Arrived { signal, trace: None }
    };
    let signals = (0..100).map(|n| arrived(&format!("chat.other{n}"))).collect();
    let understood = Understood { signals, refused: None };
    running.intake().offer_and_wait(parcel(1, 8), understood).unwrap();
    let quarantined = Arc::clone(running.live().stats());
    running.stop();
    let view = View::open(dir.path()).unwrap();
    assert_eq!(view.quarantine_counts().unwrap(), [("signal-conflict".to_owned(), 1)]);
    assert_eq!(quarantined.quarantined.load(Ordering::Relaxed), 100);
}

#[test]
fn what_waits_is_weighed_and_given_back_whatever_is_read_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    let at = Timestamp::from_secs(10_000);
    let cover = delivery::Cover::of(driver.edge().vault_mut(), at).unwrap();
    // More than two batches, and what was counted as seven when it was taken is one signal now, or none.
    let waiting = 2 * crate::embedded::BATCH as u64 + 50;
    let row = |seq: u64| {
        let body = if seq.is_multiple_of(9) { "nothing".to_owned() } else { format!("1 {seq}") };
        let body = Personal::new(body.into_bytes());
        let sealed = cover.seal(seq, &Parcel { body, ..parcel(0, 0) }).unwrap();
        bellwether_store::Delivery { seq, at, weight: 7, sealed, once: None }
    };
    driver.store().inbox().unwrap().put(&(1..=waiting).map(row).collect::<Vec<_>>()).unwrap();
    drop(driver);
    let running = start(open(dir.path()), settings(40_000)).unwrap();
    let live = running.live().clone();
    while running.intake().waiting() > 0 {
        live.call(|_, _| Ok(())).unwrap();
    }
    // Large and empty ones count as well.
    let large = Parcel { body: Personal::new(vec![b'x'; 1 << 20]), ..parcel(0, 0) };
    let (nothing, empty) = (Understood::default(), parcel(0, 0));
    let weights = |most| (large.weight(&nothing, most), empty.weight(&nothing, most));
    assert_eq!((weights(1_000), weights(9)), ((256, 1), (9, 1)), "what is large can be taken");
    let signals = vec![Arrived { signal: message(1, 1), trace: None }; 10];
    let many = Understood { signals, refused: None };
    assert_eq!((empty.weight(&many, 99), empty.weight(&many, 9)), (10, 9), "and what is much");
    offer(&running, 1, 9_999);
    running.stop();
    assert_eq!(View::open(dir.path()).unwrap().inbox_done().unwrap(), waiting + 1);
    assert_eq!(journaled(dir.path()), waiting - waiting / 9 + 1);
}

#[test]
fn a_driver_that_dies_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(create(dir.path()), settings(9)).unwrap();
    let live = running.live().clone();
    let died: Result<(), LiveError> = live.call(|_, _| panic!("a fault of the test"));
    assert_eq!(died.unwrap_err().code(), "live-closed");
    running.stop();
    assert!(live.has_failed());
}
