//! A folder and a watch over a driver that runs: nothing is lost, nothing counts twice, nothing is told twice.

use super::folder::Folder;
use super::freshness::{Freshness, Watched};
use super::*;
use crate::embedded::{Embedded, Tenancy};
use crate::keys::SeededKeys;
use crate::live::{self, Running, Settings, Stats, Understood};
use crate::trace::{Span, TraceContext};
use bellwether_core::event::Note;
use bellwether_core::record::Status;
use bellwether_core::{Body, Duration as Span_, StreamId};
use bellwether_engine::Rules;
use bellwether_ledger::decode_event;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// A clock that is set, and pauses that end at once.
pub(super) struct Set(pub(super) AtomicI64);

impl Pace for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn pause(&self, _: Duration) -> bool {
        true
    }
}

fn rules() -> Arc<Rules> {
    let files = [
        ("bundle.yaml", "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\nmode: enforce\n"),
        (
            "facts.yaml",
            "facts:\n  seen: {type: int, from: chat.message.n}\nsignals:\n  chat.message: {n: int}\n",
        ),
        (
            "people.yaml",
            "roles: {desk: [dora, emil]}\npeople: {dora: {name: D}, emil: {name: E}}\nalways: desk\n",
        ),
        (
            "routing/a.yaml",
            "graph: g\nsubject: account\nowner: o\nstart: look\nnodes:\n  \
             look: {kind: decide, unknown: desk}\n  desk: {kind: human, role: desk, ack: 1h}\n  \
             none: {kind: end}\nrules:\n  - {id: r1, from: look, to: desk, when: \"seen > 5\"}\n  \
             - {id: r2, from: look, to: none, otherwise: true}\n",
        ),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    Arc::new(Rules::compose(files.into_iter().collect()).ok().unwrap())
}

pub(super) const CSV: &str = "mapping: chats\nversion: 1\ndescription: Chats.\nsource: chat\nformat: csv\n\
    trust: partner\nsignals:\n  - kind: chat.message\n    id: [id]\n    at: at\n    \
    account: [{domain: domain}]\n    fields: {n: {from: n, type: int}}\n";

pub(super) fn running(dir: &Path, pace: &Arc<Set>) -> Running {
    let keys = || Box::new(SeededKeys(7));
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    let driver = match dir.join("data.db").exists() {
        true => Embedded::open(dir, keys()),
        false => Embedded::create(dir, keys(), &tenancy, rules(), pace.now()),
    };
    let clock = Arc::clone(pace);
    let settings = Settings {
        clock: Arc::new(move || clock.now()),
        most_waiting: 10_000,
        reader: Box::new(|_| Ok(Understood::default())),
    };
    live::start(Box::new(driver.unwrap()), settings).unwrap()
}

pub(super) fn feed(running: &Running, pace: &Arc<Set>, mapping: &str) -> Feed {
    Feed {
        name: "drop".to_owned(),
        mapping: Mapping::parse("m.yaml", mapping).unwrap(),
        trust: Trust::CustomerText,
        intake: running.intake().clone(),
        live: running.live().clone(),
        pace: Arc::clone(pace) as Arc<dyn Pace>,
    }
}

pub(super) fn pace() -> Arc<Set> {
    Arc::new(Set(AtomicI64::new(1_700_000_000)))
}

/// What was done with the signals, once everything is stepped.
pub(super) fn counted(running: Running) -> Vec<(Status, u64)> {
    let stats = Arc::clone(running.live().stats());
    running.stop();
    let counts = stats.signals.iter().map(|count| count.load(Ordering::Relaxed));
    Stats::STATUSES.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
}

fn notes(dir: &Path) -> Vec<String> {
    let driver = Embedded::open(dir, Box::new(SeededKeys(7))).unwrap();
    let mut found = Vec::new();
    let read = driver.store().stream_events(StreamId::SYSTEM, 1, |kept| {
        if let Ok(event) = decode_event(kept.event)
            && let Body::Noted { note, members, tell } = event.body
            && note != Note::ClockJump
        {
            let told = if tell.is_some() { " told" } else { "" };
            found.push(format!("{} {members:?}{told}", note.as_str()));
        }
        ControlFlow::Continue(())
    });
    read.unwrap();
    found
}

#[test]
fn a_file_is_taken_when_it_rests_and_counts_once() {
    let (dir, drop_in, pace) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), pace());
    let at = |name: &str| drop_in.path().join(name);
    let running = running(dir.path(), &pace);
    let feed = feed(&running, &pace, CSV);
    let mut folder =
        Folder::new(drop_in.path().to_owned(), Some("*.csv".to_owned()), Duration::ZERO, feed);
    let head = "id,at,domain,n\n";
    let row = |n: usize| format!("m{n},2023-11-14T00:00:00Z,a{}.example,{}\n", n % 7, n % 9);
    let text: String = head.to_owned() + &(0..600).map(row).collect::<String>();
    std::fs::write(at("a.csv"), &text).unwrap();
    for name in [".hidden.csv", "b.csv.part", "c.txt", "d.csv~"] {
        std::fs::write(at(name), &text).unwrap();
    }
    std::fs::create_dir(at("e.csv")).unwrap();
    assert_eq!(folder.pass().unwrap(), 0, "it was seen for the first time");
    std::fs::write(at("a.csv"), text.clone() + "bad,never,x.example,1\n" + &row(600)).unwrap();
    assert_eq!(folder.pass().unwrap(), 0, "it still grew");
    assert_eq!(folder.pass().unwrap(), 1);
    assert!(at("done/a.csv").is_file() && !at("a.csv").exists());
    // The program ended between the last parcel and the move; and another file fits no mapping.
    std::fs::copy(at("done/a.csv"), at("a.csv")).unwrap();
    std::fs::write(at("z.csv"), "what,is,this\n1,2,3\n").unwrap();
    assert_eq!((folder.pass().unwrap(), folder.pass().unwrap()), (0, 2));
    assert!(at("done/a.csv.2").is_file() && at("refused/z.csv").is_file());
    assert_eq!(folder.pass().unwrap(), 0);
    assert_eq!(counted(running), [(Status::Applied, 601), (Status::Duplicate, 601)]);
    let driver = Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
    let kept = driver.store().quarantine(None, 0, 100).unwrap();
    let kept: Vec<_> =
        kept.iter().map(|(_, row)| (row.code.as_str(), row.place.as_str())).collect();
    assert_eq!(
        kept,
        [
            ("row-bad-time", "drop:602"),
            ("row-bad-time", "drop:602"),
            ("row-unknown-column", "drop:1")
        ]
    );
}

#[test]
fn a_source_that_falls_silent_is_told_of_once() {
    let (dir, pace) = (tempfile::tempdir().unwrap(), pace());
    let watched = ["crm", "shop"].map(|name| Watched {
        name: name.to_owned(),
        owner: "emil".to_owned(),
        silence: Span_::from_secs(3600),
    });
    let watch = |running: &Running| {
        let both = (running.live().clone(), running.intake().clone());
        let latency = (Span_::from_secs(2), None);
        let flag = Arc::new(AtomicBool::new(false));
        let made = Freshness::new(watched.to_vec(), latency, Arc::clone(&flag), both, pace.clone());
        (made.unwrap(), flag)
    };
    let first = running(dir.path(), &pace);
    let say = |running: &Running, source: &str| {
        let (source, form, trace) = (source.to_owned(), String::new(), None);
        let body = Personal::new(Vec::new());
        let parcel = Parcel { source, form, at: pace.now(), trace, body, once: None };
        running.intake().offer_and_wait(parcel, Understood::default()).unwrap();
    };
    let (mut fresh, _) = watch(&first);
    let after = |fresh: &mut Freshness, seconds: i64| {
        pace.0.fetch_add(seconds, Ordering::Relaxed);
        fresh.look().unwrap();
    };
    after(&mut fresh, 3000);
    say(&first, "shop");
    after(&mut fresh, 1000);
    after(&mut fresh, 10);
    first.stop();
    let second = running(dir.path(), &pace);
    let (mut fresh, _) = watch(&second);
    after(&mut fresh, 10);
    say(&second, "crm");
    after(&mut fresh, 10);
    after(&mut fresh, 3000);
    second.stop();
    let told = notes(dir.path());
    expect_test::expect![[r#"
        source.silent [("since", "2023-11-14T22:13:20Z"), ("source", "crm"), ("state", "silent")] told
        source.silent [("since", "2023-11-14T23:20:20Z"), ("source", "crm"), ("state", "heard")]
        source.silent [("since", "2023-11-14T23:03:20Z"), ("source", "shop"), ("state", "silent")] told"#]].assert_eq(&told.join("\n"));
}

#[test]
fn what_could_not_speak_while_the_program_was_down_has_a_moment_for_it() {
    let (dir, pace) = (tempfile::tempdir().unwrap(), pace());
    let silence = Span_::from_secs(3600);
    let shop = Watched { name: "shop".to_owned(), owner: "emil".to_owned(), silence };
    let watch = |running: &Running| {
        let both = (running.live().clone(), running.intake().clone());
        let (latency, flag) = ((Span_::from_secs(2), None), Arc::new(AtomicBool::new(false)));
        Freshness::new(vec![shop.clone()], latency, flag, both, pace.clone()).unwrap()
    };
    let first = running(dir.path(), &pace);
    watch(&first).look().unwrap();
    first.stop();
    pace.0.fetch_add(9_000, Ordering::Relaxed);
    let second = running(dir.path(), &pace);
    let mut fresh = watch(&second);
    let mut told = Vec::new();
    for _ in 0..2 {
        pace.0.fetch_add(299, Ordering::Relaxed);
        fresh.look().unwrap();
        told.push(second.live().call(|driver, _| Ok(driver.store().last_pos()?)).unwrap());
    }
    second.stop();
    assert!(told[0] < told[1], "told of only once it had five minutes: {told:?}");
    assert_eq!(notes(dir.path()).len(), 1);
}

#[test]
fn slow_decisions_are_told_of_once_and_only_rules_decide_meanwhile() {
    let (dir, pace) = (tempfile::tempdir().unwrap(), pace());
    let running = running(dir.path(), &pace);
    let flag = Arc::new(AtomicBool::new(false));
    let both = (running.live().clone(), running.intake().clone());
    let latency = (Span_::from_secs(2), Some("dora".to_owned()));
    let made = Freshness::new(Vec::new(), latency, Arc::clone(&flag), both.clone(), pace.clone());
    let mut fresh = made.unwrap();
    let minute = |fresh: &mut Freshness, micros: u64| {
        running.live().stats().decided.add(micros, 100);
        pace.0.fetch_add(61, Ordering::Relaxed);
        fresh.look().unwrap();
        flag.load(Ordering::Relaxed)
    };
    assert!(!minute(&mut fresh, 900_000));
    assert!(minute(&mut fresh, 4_000_000));
    assert!(minute(&mut fresh, 40_000_000));
    let latency = (Span_::from_secs(2), Some("dora".to_owned()));
    let made = Freshness::new(Vec::new(), latency, Arc::clone(&flag), both, pace.clone());
    let mut fresh = made.unwrap();
    assert!(flag.load(Ordering::Relaxed), "a restart does not forget it");
    assert!(minute(&mut fresh, 4_000_000));
    assert!(!minute(&mut fresh, 100));
    running.stop();
    expect_test::expect![[r#"
        latency [("p99_us", "4960000"), ("state", "slow")] told
        latency [("p99_us", "495"), ("state", "well")]"#]]
    .assert_eq(&notes(dir.path()).join("\n"));
}

#[test]
fn a_decision_belongs_to_the_trace_of_its_signal() {
    let (dir, pace) = (tempfile::tempdir().unwrap(), pace());
    let running = running(dir.path(), &pace);
    let kept = Arc::new(Mutex::new(Vec::<Span>::new()));
    running.live().trace_to(kept.clone());
    let mapping = Mapping::parse("m.yaml", CSV).unwrap();
    let text =
        "id,at,domain,n\nx,2023-11-14T00:00:00Z,a.example,9\ny,2023-11-14T00:00:00Z,b.example,9\n";
    let rows = rows(text.as_bytes(), "a", Format::Csv, &mapping).unwrap();
    let signals: Vec<_> =
        rows.flat_map(|row| mapping.map(&row.unwrap())).map(Result::unwrap).collect();
    let accept =
        TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    let unkept = TraceContext { sampled: false, ..accept };
    let arrived: Vec<_> = signals
        .into_iter()
        .zip([accept, unkept])
        .map(|(signal, trace)| Arrived { signal, trace: Some(trace.to_string()) })
        .collect();
    let (source, form) = ("crm".to_owned(), String::new());
    let body = Personal::new(Vec::new());
    let parcel = Parcel { source, form, at: pace.now(), trace: None, body, once: None };
    running
        .intake()
        .offer_and_wait(parcel, Understood { signals: arrived, refused: None })
        .unwrap();
    running.stop();
    let spans = kept.lock().unwrap();
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(
        (span.name, span.parent, span.context.trace),
        ("decision", Some(accept.span), accept.trace)
    );
    let driver = Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
    let waits = driver.store().due_effects(Timestamp::MAX, 10).unwrap();
    let traces: Vec<_> =
        waits.iter().map(|effect| driver.store().trace(effect.pos).unwrap()).collect();
    assert_eq!(traces, [Some(span.context.to_string()), Some(unkept.to_string())]);
}
