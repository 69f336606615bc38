//! Imports that meet what is wrong: rows of the future, damaged streams, too much of everything.
//!
//! - In: small exports under the bundle of the tests, and journals with a row that nobody can read.
//! - Out: time stays where it is, other streams go on, refused rows wait in quarantine in bounded batches.
//! - Never: a file on disk; sources are bytes in memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::record::Status;
use bellwether_core::{Digest, Origin, StreamId, Timestamp};
use bellwether_engine::ReplayError;
use bellwether_ledger::decode_event;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::import::{ImportError, Options, Progress, Report, Source, import};
use bellwether_store::{Batch, Entry, Options as StoreOptions, Store};
use common::{DAY, HEADER, ROWS, START, account, signal, source};
use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;

fn options(now: i64) -> Options {
    Options { now: Timestamp::from_secs(now), budget: 1 << 20, accept: Vec::new() }
}

fn take(driver: &mut Embedded, text: &str, now: i64) -> Report {
    import(driver, &[source(ROWS, text)], options(now), |_| ControlFlow::Continue(())).unwrap()
}

fn row(id: &str, at: i64, account: &str, alias: &str) -> String {
    format!("{id},{},{account},{alias},{account}-1,1\n", Timestamp::from_secs(at))
}

fn stream_of(driver: &mut Embedded, name: &str) -> StreamId {
    StreamId::account(account(driver, name))
}

/// Adds a row to a stream whose event says nothing.
fn damage(dir: &Path, stream: StreamId, seq: u64) {
    let mut store = Store::open(dir, &StoreOptions::default()).unwrap();
    let mut batch = Batch::new(Timestamp::from_secs(START));
    let (event, record) = (b"{\"no\":\"event\"}".to_vec(), b"{}".to_vec());
    batch.entries.push(Entry::new(stream, seq, event, record));
    store.commit(&batch).unwrap();
}

/// A directory with two accounts, `a0` and `a1`; the newest event of `a0` cannot be read.
fn damaged(dir: &Path) -> (Embedded, StreamId) {
    let mut driver = common::create(dir);
    for name in ["a0", "a1"] {
        let raw = signal(name, name, "chat.message", START);
        driver.take(&raw, Origin::Live, raw.at).unwrap();
    }
    driver.commit().unwrap();
    let stream = stream_of(&mut driver, "a0");
    let seq = driver.state(stream).unwrap().unwrap().seq;
    drop(driver);
    damage(dir, stream, seq + 1);
    (common::reopen(dir), stream)
}

#[test]
fn a_row_of_the_future_moves_no_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let now = START + 10 * DAY;
    let mut text = HEADER.to_owned();
    text += &row("1", START, "a0", "");
    text += &row("2", now + 30 * DAY, "a1", "");
    text += &row("3", now + 27_000 * DAY, "a2", "");
    let report = take(&mut driver, &text, now);
    assert_eq!(report.statuses, [("applied", 3)].into());
    let now = Timestamp::from_secs(now);
    driver
        .store()
        .scan(1, |row| {
            let event = decode_event(row.event).unwrap();
            assert!(event.at <= now, "{} lies in the future", event.at);
            ControlFlow::Continue(())
        })
        .unwrap();
    let (after, last) = (driver.store().first_after(now), driver.store().last_pos());
    assert!(after.unwrap() <= last.unwrap() + 1);
    for name in ["a0", "a1", "a2"] {
        let stream = stream_of(&mut driver, name);
        assert!(driver.state(stream).unwrap().unwrap().time <= now, "{name}");
        let raw = signal(name, &format!("{name}-new"), "chat.message", START + 11 * DAY);
        let done = driver.take(&raw, Origin::Live, raw.at).unwrap();
        assert_eq!(done.step.status, Status::Applied, "{name}");
    }
    driver.commit().unwrap();
    let later = Timestamp::from_secs(START + 12 * DAY);
    let raw = signal("a0", "last", "chat.message", START + 12 * DAY);
    driver.take(&raw, Origin::Live, later).unwrap();
    driver.commit().unwrap();
    assert_eq!(
        driver.store().first_after(Timestamp::from_secs(START + 14 * DAY)).unwrap(),
        driver.store().last_pos().unwrap() + 1,
        "retention by position sees what is old"
    );
}

#[test]
fn one_unreadable_event_freezes_its_stream_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let (mut driver, stream) = damaged(dir.path());
    let frozen: Vec<_> = driver.frozen().map(|(stream, why)| (stream, why.clone())).collect();
    assert!(
        matches!(frozen.as_slice(), [(one, ReplayError::Event(_))] if *one == stream),
        "{frozen:?}"
    );
    driver.tick(Timestamp::from_secs(START + 10 * DAY), Origin::Live).unwrap();
    let raw = signal("a1", "new", "chat.message", START + 10 * DAY);
    let done = driver.take(&raw, Origin::Live, raw.at).unwrap();
    assert_eq!(done.step.status, Status::Applied);
    driver.write_behind().unwrap();
    drop(driver);
    let mut driver = common::reopen(dir.path());
    let raw = signal("a0", "new", "chat.message", START + 10 * DAY);
    let refused = driver.take(&raw, Origin::Live, raw.at);
    assert!(refused.as_ref().is_err_and(|error| error.code() == "drive-frozen"), "{refused:?}");
    assert_eq!(driver.frozen().count(), 1, "a snapshot does not hide what is damaged");
}

#[test]
fn rows_of_a_frozen_stream_wait_in_quarantine_and_leave_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let (mut driver, _) = damaged(dir.path());
    let mut text = HEADER.to_owned();
    text += &row("1", START + DAY, "a1", "");
    // What this row would teach about `b7` is not learnt, so the next one is about somebody new.
    text += &row("2", START + 2 * DAY, "a0", "b7");
    text += &row("3", START + 3 * DAY, "", "b7");
    text += &row("4", START + 4 * DAY, "a1", "");
    let report = take(&mut driver, &text, START + 10 * DAY);
    assert_eq!(report.statuses, [("applied", 3)].into());
    let refused: Vec<_> = report.refused.iter().map(|(code, (count, _))| (*code, *count)).collect();
    assert_eq!(refused, [("drive-frozen", 1)]);
    let kept = driver.store().quarantine(None, 0, 9).unwrap();
    let places: Vec<_> = kept.iter().map(|(_, row)| row.place.as_str()).collect();
    assert_eq!(places, ["file 1:3"], "a file's name may be somebody's");
    assert_eq!(
        driver.store().quarantine_counts().unwrap(),
        [("drive-frozen".to_owned(), 1)],
        "it is kept"
    );
    drop(driver);
    let mut driver = common::reopen(dir.path());
    let found = driver.edge().lookup_external("billing", "b7").unwrap().accounts;
    assert_eq!(found.len(), 1);
    let a0 = account(&mut driver, "a0");
    assert_ne!(found.first(), Some(&a0));
}

#[test]
fn refused_rows_are_committed_in_batches() {
    let dir = tempfile::tempdir().unwrap();
    let (mut driver, _) = damaged(dir.path());
    let mut text = HEADER.to_owned();
    for nth in 0..3_000 {
        text += &row(&format!("r{nth}"), START + DAY + nth, "a0", "");
    }
    let mut batches = 0;
    let sources = [source(ROWS, &text)];
    let report = import(&mut driver, &sources, options(START + 10 * DAY), |progress| {
        batches += u32::from(matches!(progress, Progress::Feeding { done, of } if done < of));
        if batches == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(report.unwrap().stopped, "the caller can stop it");
    let kept = driver.store().quarantine_counts().unwrap();
    assert!(matches!(kept.as_slice(), [(_, 1..3_000)]), "{kept:?}");
    let report =
        import(&mut driver, &sources, options(START + 10 * DAY), |_| ControlFlow::Continue(()));
    assert!(report.unwrap().resumed > 0);
    let kept = driver.store().quarantine_counts().unwrap();
    assert_eq!(kept, [("drive-frozen".to_owned(), 3_000)]);
}

#[test]
fn more_files_than_can_be_numbered_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let sources: Vec<_> = (0..=65_536).map(|_| source(ROWS, "")).collect();
    let done = import(&mut driver, &sources, options(START), |_| ControlFlow::Continue(()));
    let Err(ImportError::Files(problems)) = done else { panic!("{done:?}") };
    assert_eq!(problems.first().map(|one| one.code), Some("import-too-many-files"));
}

/// Gives one byte at a time.
struct Slowly(Cursor<Vec<u8>>);

impl Read for Slowly {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer.get_mut(..1).unwrap_or_default())
    }
}

#[test]
fn the_same_bytes_are_the_same_import_however_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let mut text = HEADER.to_owned();
    for nth in 0..20 {
        let _ = write!(text, "{}", row(&nth.to_string(), START + nth, "a0", ""));
    }
    assert!(!take(&mut driver, &text, START + DAY).already);
    let bytes = text.clone().into_bytes();
    let open = move || -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(Slowly(Cursor::new(bytes.clone()))))
    };
    let slowly = Source { open: Box::new(open), ..source(ROWS, &text) };
    let again = import(&mut driver, &[slowly], options(START + DAY), |_| ControlFlow::Continue(()));
    assert!(again.unwrap().already);
}

#[test]
fn a_snapshot_covers_only_what_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let raw = signal("a0", "1", "chat.message", START);
    driver.take(&raw, Origin::Live, raw.at).unwrap();
    driver.write_behind().unwrap();
    let stream = stream_of(&mut driver, "a0");
    drop(driver);
    let mut driver = common::reopen(dir.path());
    let mut last = (0, Digest::ZERO);
    driver
        .store()
        .stream_events(stream, 1, |row| {
            last = (row.seq, Digest::of(row.record));
            ControlFlow::Continue(())
        })
        .unwrap();
    let state = driver.state(stream).unwrap().unwrap();
    assert_eq!((state.seq, state.head), last);
    assert_eq!(last.0, 1, "what was taken is kept");
}
