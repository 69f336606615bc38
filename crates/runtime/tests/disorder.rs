//! Late, repeated and shuffled signals: the features come out the same, to the byte, and decisions
//! differ only where the record says that a late signal replaced them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::record::Status;
use bellwether_core::signal::RawSignal;
use bellwether_core::{Code, DocKey, Origin, Timestamp};
use bellwether_engine::state::GraphState;
use bellwether_engine::step::Decided;
use bellwether_testkit::Dice;
use common::{DAY, HOUR};
use std::collections::BTreeMap;
use std::path::Path;

/// Feature states of every document, by account: ids depend on who came first.
type States = BTreeMap<String, BTreeMap<DocKey, Vec<u8>>>;
/// What was decided: (graph, document) to (rule, node).
type Verdicts = BTreeMap<(Code, DocKey), (Code, Code)>;

/// One delivery: the signal, and when it arrives.
struct Delivery {
    nth: usize,
    arrives: i64,
}

fn seeds() -> u64 {
    if std::env::var_os("BELLWETHER_FULL").is_some() { 200 } else { 20 }
}

/// Each signal once when it happened; or three in ten twice, half of them up to an hour late, and one in
/// twenty up to seven days.
fn deliveries(history: &[RawSignal], disorder: Option<&mut Dice>) -> Vec<Delivery> {
    let at = |raw: &RawSignal| raw.at.micros() / 1_000_000;
    let mut all: Vec<_> =
        history.iter().enumerate().map(|(nth, raw)| Delivery { nth, arrives: at(raw) }).collect();
    let Some(dice) = disorder else { return all };
    for nth in 0..all.len() {
        let latest = match dice.below(100) {
            0..5 => 7 * DAY - HOUR,
            5..55 => HOUR,
            _ => 1,
        };
        all[nth].arrives += dice.below(latest as u64) as i64;
        if dice.below(100) < 30 {
            let arrives = all[nth].arrives + dice.below(2 * DAY as u64) as i64;
            all.push(Delivery { nth: all[nth].nth, arrives });
        }
    }
    all.sort_by_key(|delivery| delivery.arrives);
    all
}

/// A signal that was counted: the seq of its record, when it came, and what was decided.
struct Step {
    seq: u64,
    arrived: i64,
    late: bool,
    verdicts: Verdicts,
}

/// What came of feeding deliveries live.
struct Run {
    states: States,
    /// By position in the history.
    steps: BTreeMap<usize, Step>,
    /// What holds in the end, a month after the last signal.
    last: BTreeMap<String, Verdicts>,
    statuses: BTreeMap<&'static str, usize>,
}

fn run(dir: &Path, history: &[RawSignal], deliveries: &[Delivery]) -> Run {
    let mut driver = common::create(dir);
    let (mut steps, mut statuses) = (BTreeMap::new(), BTreeMap::new());
    let mut streams = BTreeMap::new();
    for Delivery { nth, arrives } in deliveries {
        let at = Timestamp::from_secs(*arrives);
        let counted = driver.take(&history[*nth], Origin::Live, at).unwrap();
        let step = counted.step;
        *statuses.entry(step.status.as_str()).or_default() += 1;
        streams.insert(common::account_of(&history[*nth]), counted.stream);
        if matches!(step.status, Status::Applied | Status::Late) {
            let late = step.decided.iter().any(|decided| decided.supersedes.is_some());
            let verdict = |one: &Decided| ((one.graph, one.doc), (one.rule, one.node));
            let verdicts = step.decided.iter().map(verdict).collect();
            steps.insert(*nth, Step { seq: step.seq, arrived: *arrives, late, verdicts });
        }
        if driver.waiting() >= 64 {
            driver.commit().unwrap();
        }
    }
    driver.commit().unwrap();
    let mut run = Run { states: States::new(), steps, last: BTreeMap::new(), statuses };
    for (account, stream) in &streams {
        run.states.insert(account.clone(), common::states(&mut driver, *stream));
    }
    driver.tick(Timestamp::from_secs(common::START + 60 * DAY), Origin::Live).unwrap();
    for (account, stream) in streams {
        let state = driver.state(stream).unwrap().unwrap();
        let held = state.docs().flat_map(|(key, doc)| {
            let last = |graph: &GraphState| Some((graph.graph, graph.last?));
            doc.graphs.iter().filter_map(last).map(move |(graph, last)| (graph, key, last))
        });
        let held = held.map(|(graph, doc, last)| ((graph, doc), (last.rule, last.node)));
        run.last.insert(account, held.collect());
    }
    run
}

#[test]
fn disorder_changes_no_feature() {
    let (mut late, mut otherwise) = (0, 0);
    for seed in 0..seeds() {
        let history = common::history(seed, 4, 300, 25);
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sorted = run(one.path(), &history, &deliveries(&history, None));
        let mut dice = Dice(seed ^ 0x0d15_0bde);
        let mixed = run(two.path(), &history, &deliveries(&history, Some(&mut dice)));
        assert_eq!(mixed.statuses.get("too_late"), None, "seed {seed}");
        assert_eq!(mixed.statuses.get("conflict"), None, "seed {seed}");
        assert!(mixed.statuses["duplicate"] > 50, "seed {seed}: {:?}", mixed.statuses);
        late += mixed.statuses["late"];
        for (account, docs) in &sorted.states {
            let other = &mixed.states[account];
            assert_eq!(docs.len(), other.len(), "seed {seed}: {account}");
            for (doc, bytes) in docs {
                assert!(other.get(doc) == Some(bytes), "seed {seed}: {doc} of {account} differs");
            }
        }
        assert_eq!(sorted.last, mixed.last, "seed {seed}: in the end the same holds");
        otherwise += decided_otherwise(seed, &history, &sorted, &mixed);
    }
    assert!(late > 20 && otherwise > 5, "{late} late, {otherwise} otherwise: the test says little");
}

/// A signal that came in time is decided otherwise only because an earlier one had not come yet; then the
/// record of that one says, later on, that it replaces a decision.
fn decided_otherwise(seed: u64, history: &[RawSignal], sorted: &Run, mixed: &Run) -> usize {
    let mut otherwise = 0;
    for (nth, ours) in &sorted.steps {
        let (raw, theirs) = (&history[*nth], &mixed.steps[nth]);
        if ours.arrived != theirs.arrived || ours.verdicts == theirs.verdicts {
            continue;
        }
        otherwise += 1;
        let account = common::account_of(raw);
        let flagged = mixed.steps.iter().any(|(other, step)| {
            step.late
                && step.seq > theirs.seq
                && history[*other].at <= raw.at
                && common::account_of(&history[*other]) == account
        });
        assert!(flagged, "seed {seed}: s{nth} was decided otherwise, and no record says why");
    }
    otherwise
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
