//! Late, repeated and shuffled signals: the features come out the same, to the byte, and decisions
//! differ only where the record says that a late signal replaced them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod common;

use bellwether_core::record::Status;
use bellwether_core::signal::RawSignal;
use bellwether_core::{Code, DocKey, Origin, StreamId, Timestamp};
use bellwether_runtime::embedded::Embedded;
use bellwether_testkit::Dice;
use common::{DAY, HOUR};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Feature states of every document of every account, by stream.
type States = BTreeMap<StreamId, BTreeMap<DocKey, Vec<u8>>>;
/// What was decided after a signal, by its position in the history: (graph, document) to (rule, node).
type Verdicts = BTreeMap<usize, BTreeMap<(Code, DocKey), (Code, Code)>>;

/// One delivery: the signal, and when it arrives.
struct Delivery {
    nth: usize,
    arrives: i64,
}

fn seeds() -> u64 {
    if std::env::var_os("BELLWETHER_FULL").is_some() { 200 } else { 20 }
}

/// Each signal once when it happened; or a third of them twice, within an hour of disorder, and one in
/// twenty up to seven days late.
fn deliveries(history: &[RawSignal], disorder: Option<&mut Dice>) -> Vec<Delivery> {
    let at = |raw: &RawSignal| raw.at.micros() / 1_000_000;
    let mut all: Vec<_> =
        history.iter().enumerate().map(|(nth, raw)| Delivery { nth, arrives: at(raw) }).collect();
    let Some(dice) = disorder else { return all };
    for nth in 0..all.len() {
        let late = if dice.below(100) < 5 { 7 * DAY - HOUR } else { HOUR };
        all[nth].arrives += dice.below(late as u64) as i64;
        if dice.below(100) < 30 {
            let arrives = all[nth].arrives + dice.below(2 * DAY as u64) as i64;
            all.push(Delivery { nth: all[nth].nth, arrives });
        }
    }
    all.sort_by_key(|delivery| delivery.arrives);
    all
}

/// What came of feeding deliveries live.
struct Run {
    states: States,
    verdicts: Verdicts,
    /// Statuses by word.
    statuses: BTreeMap<&'static str, usize>,
    /// Documents about which some decision was flagged as replacing another one.
    replaced: BTreeSet<(StreamId, DocKey)>,
    /// To which document each signal belongs.
    streams: BTreeMap<usize, StreamId>,
}

fn run(dir: &Path, history: &[RawSignal], deliveries: &[Delivery]) -> Run {
    let mut driver = common::create(dir);
    let mut run = Run {
        states: States::new(),
        verdicts: Verdicts::new(),
        statuses: BTreeMap::new(),
        replaced: BTreeSet::new(),
        streams: BTreeMap::new(),
    };
    for delivery in deliveries {
        let at = Timestamp::from_secs(delivery.arrives);
        let counted = driver.take(&history[delivery.nth], Origin::Live, at).unwrap();
        *run.statuses.entry(counted.step.status.as_str()).or_default() += 1;
        run.streams.insert(delivery.nth, counted.stream);
        if !matches!(counted.step.status, Status::Applied | Status::Late) {
            continue;
        }
        let verdicts = run.verdicts.entry(delivery.nth).or_default();
        for decided in &counted.step.decided {
            verdicts.insert((decided.graph, decided.doc), (decided.rule, decided.node));
            if decided.supersedes.is_some() {
                run.replaced.insert((counted.stream, decided.doc));
            }
        }
        if driver.waiting() >= 64 {
            driver.commit().unwrap();
        }
    }
    driver.commit().unwrap();
    let streams: BTreeSet<_> = run.streams.values().copied().collect();
    for stream in streams {
        run.states.insert(stream, states(&mut driver, stream));
    }
    run
}

fn states(driver: &mut Embedded, stream: StreamId) -> BTreeMap<DocKey, Vec<u8>> {
    let rules = driver.rules().clone();
    let state = driver.state(stream).unwrap().unwrap();
    let encode = |(key, doc): (DocKey, &bellwether_engine::state::Doc)| {
        let mut bytes = Vec::new();
        rules.features().encode(&doc.features, &mut bytes);
        (key, bytes)
    };
    state.docs().map(encode).collect()
}

/// The last decisions that each run came to, by what they are about.
fn last(run: &Run) -> BTreeMap<(StreamId, Code, DocKey), (Code, Code)> {
    let mut last = BTreeMap::new();
    for (nth, verdicts) in &run.verdicts {
        for ((graph, doc), verdict) in verdicts {
            last.insert((run.streams[nth], *graph, *doc), *verdict);
        }
    }
    last
}

#[test]
fn disorder_changes_no_feature() {
    let mut late = 0;
    for seed in 0..seeds() {
        let history = common::history(seed, 4, 300, 25);
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sorted = run(one.path(), &history, &deliveries(&history, None));
        let mut dice = Dice(seed ^ 0xd15_0bde5);
        let mixed = run(two.path(), &history, &deliveries(&history, Some(&mut dice)));
        assert_eq!(mixed.statuses.get("too_late"), None, "seed {seed}");
        assert_eq!(mixed.statuses.get("conflict"), None, "seed {seed}");
        assert!(mixed.statuses["duplicate"] > 50, "seed {seed}: {:?}", mixed.statuses);
        late += mixed.statuses["late"];
        assert_eq!(sorted.states.len(), mixed.states.len(), "seed {seed}");
        for (stream, docs) in &sorted.states {
            assert_eq!(docs.keys().collect::<Vec<_>>(), mixed.states[stream].keys().collect::<Vec<_>>());
            for (doc, bytes) in docs {
                assert!(*bytes == mixed.states[stream][doc], "seed {seed}: {stream} {doc} differs");
            }
        }
        decisions_agree(seed, &sorted, &mixed);
    }
    assert!(late > 20, "only {late} late signals: the test says little");
}

/// A decision that differs between the runs is about a document where a late signal was flagged.
fn decisions_agree(seed: u64, sorted: &Run, mixed: &Run) {
    let (ours, theirs) = (last(sorted), last(mixed));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "seed {seed}");
    for (about, verdict) in &ours {
        let (stream, _, doc) = about;
        let flagged = mixed.replaced.contains(&(*stream, *doc));
        assert!(
            theirs[about] == *verdict || flagged,
            "seed {seed}: {doc} of {stream} was decided otherwise, and nothing says that it was late"
        );
    }
}

/// What each seed says of decisions: a late signal is flagged on every decision that it causes, with the
/// decision it replaces; a signal in order never is.
#[test]
fn only_late_signals_replace_decisions() {
    for seed in 0..seeds().min(20) {
        let history = common::history(seed, 3, 150, 12);
        let dir = tempfile::tempdir().unwrap();
        let mut driver = common::create(dir.path());
        let mut dice = Dice(seed ^ 0x5eed);
        for delivery in deliveries(&history, Some(&mut dice)) {
            let at = Timestamp::from_secs(delivery.arrives);
            let step = driver.take(&history[delivery.nth], Origin::Live, at).unwrap().step;
            for decided in &step.decided {
                let replaces = decided.supersedes.is_some();
                assert!(!replaces || step.status == Status::Late, "seed {seed}: {:?}", step.status);
                assert!(decided.supersedes.is_none_or(|seq| seq < step.seq), "seed {seed}");
            }
        }
        driver.commit().unwrap();
    }
}
