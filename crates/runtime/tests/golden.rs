//! Golden logs: what a release has written, this program still derives again, byte for byte.
//!
//! A folder `golden/<version>` holds the rules as they were kept (`rules.jsonl`) and the journal
//! (`journal.jsonl`: an event and its record by turns). A release adds its own folder with
//! `BELLWETHER_GOLDEN=<version> cargo test -p bellwether-runtime --test golden`; a folder that is there
//! is never written again.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::event::{Answer, DECLINE_REASONS};
use bellwether_core::record::ENGINE;
use bellwether_core::{Body, Code, Digest, EffectKey, Origin, StreamId, Timestamp};
use bellwether_engine::{Replay, RuleBook, Rules};
use bellwether_ledger::decode_event;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::embedded::refold::Sweep;
use bellwether_runtime::shelf;
use bellwether_store::{Batch, Entry, Meta, Options as StoreOptions, Store};
use bellwether_testkit::Dice;
use common::{DAY, FEATURES, HOUR, START, account};
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn logs_of_every_release_still_replay() {
    if let Ok(version) = std::env::var("BELLWETHER_GOLDEN") {
        write(&folder().join(version));
    }
    let mut releases: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    releases.sort();
    assert!(!releases.is_empty());
    for release in releases {
        let mut book = RuleBook::default();
        for line in fs::read_to_string(release.join("rules.jsonl")).unwrap().lines() {
            let (files, preimage) = shelf::unpack(line.as_bytes()).unwrap();
            let rules = Rules::recompose(files, preimage);
            book.add(Arc::new(rules.ok().unwrap()));
        }
        let journal = fs::read_to_string(release.join("journal.jsonl")).unwrap();
        let lines: Vec<_> = journal.lines().collect();
        assert!(lines.len() > 400, "{}", release.display());
        let mut replay = Replay::new(&book);
        for (nth, pair) in lines.chunks_exact(2).enumerate() {
            let [event, record] = pair else { continue };
            let derived = replay.check(event.as_bytes(), record.as_bytes());
            assert!(derived.is_ok(), "{}, row {nth}: {derived:?}", release.display());
        }
    }
}

#[test]
fn a_directory_of_every_release_opens_and_goes_on_under_this_engine() {
    for release in fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()) {
        let dir = tempfile::tempdir().unwrap();
        let stream = restore(dir.path(), &release);
        let mut driver = common::reopen(dir.path());
        let end = driver.state(stream).unwrap().unwrap().time;
        let later = |hours: i64| end.plus(bellwether_core::Duration::from_secs(hours * HOUR));
        assert_eq!(driver.frozen().count(), 0, "{}", release.display());
        let old = driver.rules().engine();
        let before = driver.rollout().unwrap().were_in_force().len();
        assert_eq!(driver.adopt_engine(later(1)).unwrap(), old < ENGINE);
        drop(driver);
        let mut driver = common::reopen(dir.path());
        assert!(!driver.adopt_engine(later(2)).unwrap(), "once is enough");
        assert_eq!(
            driver.rollout().unwrap().were_in_force().len(),
            before + usize::from(old < ENGINE)
        );
        driver.tick(later(9 * 24), Origin::Live).unwrap();
        assert_eq!((driver.rules().engine(), driver.frozen().count()), (ENGINE, 0));
        common::assert_replays(&driver);
        let newest = driver.store().entry(driver.store().last_pos().unwrap()).unwrap().unwrap();
        let newest = String::from_utf8(newest.record).unwrap();
        assert!(newest.contains(&format!(r#","engine":{ENGINE},"#)), "{newest}");
    }
}

/// Makes a data directory out of a golden log; gives the stream of its newest row.
fn restore(dir: &Path, release: &Path) -> StreamId {
    let meta = Meta {
        tenant: "test".to_owned(),
        region: "local".to_owned(),
        origin: "bellwether/local/test".to_owned(),
        epoch: 1,
        created: Timestamp::from_secs(START - DAY),
    };
    let mut store = Store::open(dir, &StoreOptions::create(meta)).unwrap();
    for line in fs::read_to_string(release.join("rules.jsonl")).unwrap().lines() {
        let (_, preimage) = shelf::unpack(line.as_bytes()).unwrap();
        store.put_blob("rules", Digest::of(preimage.as_bytes()), line.as_bytes()).unwrap();
    }
    let journal = fs::read_to_string(release.join("journal.jsonl")).unwrap();
    let lines: Vec<_> = journal.lines().collect();
    let mut batch = Batch::new(Timestamp::from_secs(START));
    let mut seqs = BTreeMap::<StreamId, u64>::new();
    for pair in lines.chunks_exact(2) {
        let [event, record] = pair else { continue };
        let stream = decode_event(event.as_bytes()).unwrap().stream;
        let seq = seqs.entry(stream).or_default();
        *seq += 1;
        let (event, record) = (event.as_bytes().to_vec(), record.as_bytes().to_vec());
        batch.entries.push(Entry::new(stream, *seq, event, record));
    }
    store.commit(&batch).unwrap();
    batch.entries.last().unwrap().stream
}

#[test]
fn the_golden_history_is_the_same_each_time_and_has_every_kind_of_event() {
    let (first, second) = (lived(), lived());
    assert_eq!(first.1, second.1);
    for part in [
        r#""kind":"signal""#,
        r#""kind":"timer""#,
        r#""kind":"answered""#,
        r#""kind":"folded""#,
        r#""type":"rules.activated""#,
        r#""origin":"history""#,
        r#""origin":"live""#,
        r#""status":"late""#,
        r#""status":"too_late""#,
        r#""status":"duplicate""#,
        r#""status":"conflict""#,
        r#""status":"stale""#,
        r#""status":"refused""#,
        r#""supersedes""#,
        r#""held_back_by""#,
        r#""cause":"fallback""#,
        r#""cause":"passed_on""#,
        r#""cause":"again""#,
        r#""cause":"raised""#,
        r#""how":"resolved""#,
        r#""to":"accepted""#,
    ] {
        assert!(first.1.contains(part), "{part} is missing");
    }
}

fn write(into: &Path) {
    assert!(!into.exists(), "{} is written once", into.display());
    let (rules, journal) = lived();
    fs::create_dir_all(into).unwrap();
    fs::write(into.join("rules.jsonl"), rules).unwrap();
    fs::write(into.join("journal.jsonl"), journal).unwrap();
}

/// A history with everything in it; gives the kept rules and the journal.
fn lived() -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    let past = common::history(3, 4, 60, 20);
    for raw in &past {
        driver.take(raw, Origin::History, raw.at).unwrap();
    }
    driver.commit().unwrap();
    let mut dice = Dice(11);
    let start = START + 20 * DAY;
    for nth in 0..120 {
        let now = start + nth * 5 * HOUR;
        driver.tick(Timestamp::from_secs(now), Origin::Live).unwrap();
        let name = format!("a{}", dice.below(4));
        let late = match dice.below(12) {
            0 => 3 * DAY,
            1 => 30 * DAY,
            _ => 0,
        };
        let mut raw = common::roll(&mut dice, &name, &format!("live{nth}"), now - late);
        let at = Timestamp::from_secs(now);
        driver.take(&raw, Origin::Live, at).unwrap();
        if dice.below(10) == 0 {
            driver.take(&raw, Origin::Live, at).unwrap();
            raw.fields.clear();
            driver.take(&raw, Origin::Live, at).unwrap();
        }
        answer_somebody(&mut driver, &mut dice, now);
    }
    let at = |day: i64| Timestamp::from_secs(start + day * DAY);
    let [one, other] = ["a0", "a1"].map(|name| account(&mut driver, name));
    driver.link(one, other, at(26)).unwrap();
    driver.unlink(one, at(27)).unwrap();
    let more = format!("{FEATURES}  tickets_9d: {{count: ticket.updated, window: 9d}}\n");
    driver.activate(common::rules(&more), at(28)).unwrap();
    let go_on = |_: StreamId, _: &_| ControlFlow::Continue(());
    driver.sweep(Sweep::Backfill { all: false }, at(28), go_on).unwrap();
    driver.sweep(Sweep::Recompute { record: true }, at(29), go_on).unwrap();
    let third = StreamId::account(account(&mut driver, "a2"));
    stale_timer(&mut driver, third, at(30));
    dump(&driver)
}

/// Whoever waits for an answer, gives one: each kind in turn, and sometimes to an older ask.
fn answer_somebody(driver: &mut Embedded, dice: &mut Dice, now: i64) {
    let stream = StreamId::account(account(driver, &format!("a{}", dice.below(4))));
    let Some(state) = driver.state(stream).unwrap() else { return };
    let waiting = state.docs().find_map(|(doc, held)| {
        let graph =
            held.graphs.iter().find(|graph| !graph.silent && graph.ask != EffectKey::NONE)?;
        Some((doc, graph.graph, graph.ask, graph.escalation?.person()?))
    });
    let Some((doc, graph, ask, person)) = waiting else { return };
    let answer = match dice.below(6) {
        0 => Answer::Accept,
        1 => {
            let nth = dice.below(DECLINE_REASONS.len() as u64) as usize;
            Answer::Decline(Code::of(DECLINE_REASONS.get(nth).copied().unwrap_or_default()))
        }
        2 => Answer::Delegate(Code::of("desk-1")),
        3 => Answer::Snooze(Timestamp::from_secs(now + 9 * HOUR)),
        4 => Answer::Resolve,
        _ => return,
    };
    let old = dice.below(8) == 0;
    let ask = if old { EffectKey::new(1, stream, 1, 9) } else { ask };
    let body = Body::Answered { doc, graph, ask, person, answer };
    driver.give(stream, &body, Origin::Live, Timestamp::from_secs(now)).unwrap();
}

fn stale_timer(driver: &mut Embedded, stream: StreamId, at: Timestamp) {
    let timer = driver.state(stream).unwrap().unwrap().timers().next().unwrap();
    let generation = timer.generation + 5;
    let (doc, kind, graph, due) = (timer.doc, timer.kind, timer.graph, timer.due);
    let body = Body::Timer { doc, kind, graph, generation, due };
    driver.give(stream, &body, Origin::Live, at).unwrap();
    driver.commit().unwrap();
}

fn dump(driver: &Embedded) -> (String, String) {
    let (mut rules, mut journal) = (Vec::new(), Vec::new());
    let store = driver.store();
    for (digest, _) in store.blobs("rules").unwrap() {
        rules.extend(store.blob(digest).unwrap().unwrap().1);
        rules.push(b'\n');
    }
    let scanned = store.scan(1, |row| {
        for line in [row.event, row.record] {
            journal.extend_from_slice(line);
            journal.push(b'\n');
        }
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    (String::from_utf8(rules).unwrap(), String::from_utf8(journal).unwrap())
}
