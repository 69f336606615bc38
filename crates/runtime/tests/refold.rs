//! Features folded anew: backfill after a new definition, rollback, the nightly recompute; and history
//! fed at once comes to the same as the same rows one by one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::event::FoldCause;
use bellwether_core::signal::{MatchedBy, RawSignal};
use bellwether_core::{
    AccountId, Body, Code, DocKey, Duration, Field, Origin, Ppm, Signal, StreamId, Timestamp,
    Trust, Value,
};
use bellwether_engine::{Replay, StreamState};
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::embedded::refold::{Outcome, Sweep};
use bellwether_runtime::import::{self, Options};
use bellwether_runtime::rollout::{Mode, Proposal};
use bellwether_store::{Behind, Snapshot, Store};
use common::{DAY, FEATURES, START, account, rules, states};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

const RECOMPUTE: Sweep = Sweep::Recompute { record: false };
const BACKFILL: Sweep = Sweep::Backfill { all: false };

fn end() -> Timestamp {
    Timestamp::from_secs(START + 40 * DAY)
}

fn fed(dir: &Path, history: &[RawSignal], origin: Origin) -> Embedded {
    let mut driver = common::create(dir);
    for raw in history {
        driver.take(raw, origin, raw.at).unwrap();
    }
    driver.commit().unwrap();
    driver
}

fn sweep(driver: &mut Embedded, what: Sweep) -> BTreeMap<StreamId, Outcome> {
    let mut outcomes = BTreeMap::new();
    let note = |stream, outcome: &Outcome| {
        outcomes.insert(stream, outcome.clone());
        ControlFlow::Continue(())
    };
    driver.sweep(what, end(), note).unwrap();
    outcomes
}

/// The facts named as different, over all documents.
fn named(outcome: &Outcome) -> Vec<String> {
    let Outcome::Folded(differences) = outcome else { return Vec::new() };
    let mut names: Vec<_> = differences.iter().flat_map(|one| one.facts.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn a_backfill_fills_what_was_defined_late_and_a_rollback_keeps_what_is_shared() {
    let history = common::history(3, 3, 200, 15);
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut driver = fed(one.path(), &history, Origin::Live);
    let old = driver.rules().clone();
    let more = format!("{FEATURES}  chats_10d: {{count: chat.message, window: 10d}}\n");
    let new = rules(&more);
    driver.activate(new.clone(), end()).unwrap();
    let counts = driver.completeness().unwrap();
    assert_eq!(counts["chats_10d"], (0, 3));
    assert_eq!(counts["chats_7d"], (3, 3), "what both define keeps its state");

    let outcomes = sweep(&mut driver, BACKFILL);
    assert_eq!(outcomes.len(), 3);
    assert!(outcomes.values().all(|outcome| named(outcome) == ["chats_10d"]), "{outcomes:?}");
    assert_eq!(driver.completeness().unwrap()["chats_10d"], (3, 3));
    assert!(sweep(&mut driver, BACKFILL).values().all(|outcome| *outcome == Outcome::Fine));
    assert!(sweep(&mut driver, RECOMPUTE).values().all(|outcome| *outcome == Outcome::Fine));

    // The same as if it had always been defined.
    let tenancy = bellwether_runtime::embedded::Tenancy {
        tenant: "test".to_owned(),
        region: "local".to_owned(),
    };
    let keys = Box::new(bellwether_runtime::keys::SeededKeys(7));
    let mut always = Embedded::create(two.path(), keys, &tenancy, new, history[0].at).unwrap();
    for raw in &history {
        always.take(raw, Origin::Live, raw.at).unwrap();
    }
    always.commit().unwrap();
    for name in ["a0", "a1", "a2"] {
        let ours = StreamId::account(account(&mut driver, name));
        let theirs = StreamId::account(account(&mut always, name));
        assert!(states(&mut driver, ours) == states(&mut always, theirs), "{name}");
    }

    // Back to the former bundle: what both define goes on; nothing must be filled.
    driver.activate(old, end()).unwrap();
    let counts = driver.completeness().unwrap();
    assert!(counts.values().all(|(complete, all)| complete == all), "{counts:?}");
    assert_eq!(driver.rollout().unwrap().were_in_force().len(), 3);
    assert!(sweep(&mut driver, RECOMPUTE).values().all(|outcome| *outcome == Outcome::Fine));
    common::assert_replays(&driver);
}

#[test]
fn accounts_of_a_canary_are_folded_by_its_rules() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = fed(dir.path(), &common::history(3, 8, 400, 15), Origin::Live);
    let new = rules(&format!("{FEATURES}  chats_10d: {{count: chat.message, window: 10d}}\n"));
    let canary = Proposal {
        rules: new.clone(),
        mode: Mode::Canary(50),
        by: "ann".to_owned(),
        account: None,
        reason: "a test".to_owned(),
        approved: None,
        four_eyes: false,
    };
    driver.propose(&canary, end()).unwrap();
    driver.commit().unwrap();
    let outcomes = sweep(&mut driver, BACKFILL);
    let is_chosen = |driver: &Embedded, stream| driver.rules_of(stream) == new.digest();
    let (chosen, others): (Vec<_>, Vec<_>) =
        outcomes.keys().copied().partition(|stream| is_chosen(&driver, *stream));
    let (Some(one), Some(other)) = (chosen.first(), others.first()) else {
        panic!("a canary of half the accounts: {outcomes:?}")
    };
    assert!(chosen.iter().all(|stream| named(&outcomes[stream]) == ["chats_10d"]), "{outcomes:?}");
    assert!(others.iter().all(|stream| outcomes[stream] == Outcome::Fine), "{outcomes:?}");
    let fine = |driver: &mut Embedded| {
        let outcomes = sweep(driver, RECOMPUTE);
        let fine = |outcome: &Outcome| matches!(outcome, Outcome::Fine | Outcome::Rests);
        assert!(outcomes.values().all(fine), "{outcomes:?}");
    };
    fine(&mut driver);
    for (from, to) in [(one, other), (other, one)] {
        let (from, to) = (AccountId(from.id), AccountId(to.id));
        driver.link(from, to, end()).unwrap();
        fine(&mut driver);
        driver.unlink(from, end()).unwrap();
        fine(&mut driver);
    }
    assert_eq!(driver.frozen().count(), 0);
    common::assert_replays(&driver);
}

#[test]
fn a_recompute_finds_a_difference_and_mends_it() {
    let history = common::history(5, 2, 150, 10);
    let dir = tempfile::tempdir().unwrap();
    let mut driver = fed(dir.path(), &history, Origin::Live);
    let rules = driver.rules().clone();
    let stream = StreamId::account(account(&mut driver, "a0"));
    let right = states(&mut driver, stream);
    driver.write_behind().unwrap();
    drop(driver);
    spoil_snapshot(dir.path(), stream, &rules);

    let mut driver = common::reopen(dir.path());
    assert!(states(&mut driver, stream) != right, "the snapshot is believed");
    let outcomes = sweep(&mut driver, RECOMPUTE);
    let other = outcomes.iter().filter(|(known, _)| **known != stream);
    assert!(other.into_iter().all(|(_, outcome)| *outcome == Outcome::Fine));
    let names = named(&outcomes[&stream]);
    assert!(names.contains(&"chats_7d".to_owned()), "{names:?}");
    assert!(!names.contains(&"pipeline".to_owned()), "{names:?}");
    assert!(states(&mut driver, stream) == right, "it is mended");
    assert_eq!(sweep(&mut driver, RECOMPUTE)[&stream], Outcome::Fine);

    // Looking may be put on record.
    let before = driver.store().last_pos().unwrap();
    let outcomes = sweep(&mut driver, Sweep::Recompute { record: true });
    assert!(outcomes.values().all(|outcome| *outcome == Outcome::Folded(Vec::new())));
    assert_eq!(driver.store().last_pos().unwrap(), before + 2);
    drop(driver);
    let mut driver = common::reopen(dir.path());
    assert!(states(&mut driver, stream) == right, "also after a start");
}

/// Counts a chat that never came into the account's document of a snapshot.
fn spoil_snapshot(dir: &Path, stream: StreamId, rules: &std::sync::Arc<bellwether_engine::Rules>) {
    let mut store = Store::open(dir, &bellwether_store::Options::default()).unwrap();
    let kept = store.snapshot(stream).unwrap().unwrap();
    let book = bellwether_engine::RuleBook::of(rules.clone());
    let mut state = StreamState::from_bytes(&kept.state, &book).unwrap();
    let sentiment = Field { name: Code::of("sentiment"), value: Value::Ratio(Ppm::new(100_000)) };
    let never = Signal {
        key: 1,
        content: 1,
        source: Code::of("crm"),
        kind: Code::of("chat.message"),
        at: state.time,
        known_at: state.time,
        trust: Trust::Partner,
        doc: None,
        contact: None,
        matched_by: MatchedBy::External,
        fields: Box::new([sentiment]),
    };
    let (time, rates) = (state.time, rules.policy().rates());
    let doc = state.account.as_mut().unwrap();
    rules.features().fold(&mut doc.features, &never, time, Duration::from_days(7), rates);
    let state = state.to_bytes(&book).unwrap();
    let covered_pos = store.covered_pos().unwrap();
    let snapshots = [Snapshot { state, ..kept }];
    store.put_behind(&Behind { snapshots: &snapshots, timers: &[], covered_pos }).unwrap();
}

#[test]
fn what_came_too_late_stays_uncounted() {
    let mut history = common::history(8, 1, 60, 20);
    let late = common::signal("a0", "late", "chat.message", START);
    let dir = tempfile::tempdir().unwrap();
    let last = history.last().unwrap().at;
    history.iter_mut().for_each(|raw| raw.case = None);
    let mut driver = fed(dir.path(), &history, Origin::Live);
    let step = driver.take(&late, Origin::Live, last).unwrap().step;
    assert_eq!(step.status.as_str(), "too_late");
    driver.commit().unwrap();
    assert!(sweep(&mut driver, RECOMPUTE).values().all(|outcome| *outcome == Outcome::Fine));
}

#[test]
fn history_stays_silent_when_it_is_folded_anew() {
    let history = common::history(4, 2, 120, 10);
    let dir = tempfile::tempdir().unwrap();
    let mut driver = fed(dir.path(), &history, Origin::History);
    let time = history.last().unwrap().at;
    let more = format!("{FEATURES}  chats_10d: {{count: chat.message, window: 10d}}\n");
    driver.activate(rules(&more), end()).unwrap();
    sweep(&mut driver, BACKFILL);
    let mut folded = 0;
    driver
        .store()
        .scan(1, |row| {
            let event = bellwether_ledger::decode_event(row.event).unwrap();
            if let Body::Folded { cause, .. } = event.body {
                assert_eq!((cause, event.origin), (FoldCause::Backfill, Origin::History));
                assert!(event.at <= time, "the stream's time does not move");
                folded += 1;
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(folded, 2);
}

const MAPPING: &str = "mapping: rows
version: 1
source: desk
format: csv
signals:
  - kind: chat.message
    when: {kind: chat}
    id: id
    at: at
    account: [{external: account, system: crm}]
    case: case
    fields:
      conversation: {from: case, type: code}
      sentiment: {from: value, type: ratio}
  - kind: ticket.updated
    when: {kind: ticket}
    id: id
    at: at
    account: [{external: account, system: crm}]
    case: case
    fields:
      urgency: {from: value, type: int}
";

fn rows(seed: u64) -> String {
    let mut dice = bellwether_testkit::Dice(seed);
    let mut text = "id,at,account,case,kind,value\n".to_owned();
    let mut at = Timestamp::from_secs(START);
    for id in 0..300 {
        at = at.plus(Duration::from_secs(1 + dice.below(6 * 3600) as i64));
        let (name, case) = (dice.below(3), dice.below(4));
        let (kind, value) = match dice.below(3) {
            0 => ("ticket", dice.below(4).to_string()),
            _ => ("chat", format!("-0.{:02}", dice.below(99))),
        };
        writeln!(text, "{id},{at},a{name},a{name}-{case},{kind},{value}").unwrap();
    }
    text
}

/// Graph, document, rule, node, and whether there was doubt.
type Verdict = (Code, DocKey, Code, Code, bool);

/// What was decided after each signal, by its key.
fn verdicts(driver: &Embedded) -> BTreeMap<u64, Vec<Verdict>> {
    let (mut replay, mut found) = (Replay::new(driver.book()), BTreeMap::new());
    driver
        .store()
        .scan(1, |row| {
            let (event, step) = replay.check(row.event, row.record).unwrap();
            if let Body::Signal(signal) = event.body {
                let one = |one: &bellwether_engine::Decided| {
                    (one.graph, one.doc, one.rule, one.node, one.doubt)
                };
                found.insert(signal.key, step.decided.iter().map(one).collect());
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

#[test]
fn batch_and_real_time_agree() {
    for seed in 0..5 {
        let text = rows(seed);
        let sources = [common::source(MAPPING, &text)];
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut batch = common::create(one.path());
        let options = Options { now: end(), budget: 1 << 20, accept: Vec::new() };
        let report =
            import::import(&mut batch, &sources, options, |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(report.signals, 300, "seed {seed}");

        let preview = import::preview(&sources[0], 1000, None, end()).unwrap();
        let (signals, problems) = (preview.first, preview.problems);
        assert!(problems.is_empty(), "seed {seed}: {problems:?}");
        let mut live = common::create(two.path());
        for raw in &signals {
            live.tick(raw.at, Origin::Live).unwrap();
            live.take(raw, Origin::Live, raw.at).unwrap();
            live.commit().unwrap();
        }
        for name in ["a0", "a1", "a2"] {
            let ours = StreamId::account(account(&mut batch, name));
            let theirs = StreamId::account(account(&mut live, name));
            assert!(states(&mut batch, ours) == states(&mut live, theirs), "seed {seed}: {name}");
        }
        assert_eq!(verdicts(&batch), verdicts(&live), "seed {seed}");
        for driver in [&mut batch, &mut live] {
            assert!(sweep(driver, RECOMPUTE).values().all(|one| *one == Outcome::Fine));
        }
    }
}
