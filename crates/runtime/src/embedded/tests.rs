//! A step that breaks off: its event is kept and says so, and a person hears of it.

use super::*;
use crate::keys::SeededKeys;
use bellwether_core::effect::AskCause;
use bellwether_core::record::Status;
use bellwether_core::signal::AccountHint;
use bellwether_core::{Effect, Personal, Trust};
use bellwether_ledger::decode_event;

/// A bundle of one graph over the count of messages; the person it asks has an address.
pub(crate) fn rules() -> Arc<Rules> {
    let files = [
        ("bundle.yaml", "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\nmode: enforce\n"),
        (
            "facts.yaml",
            "facts:\n  seen: {type: int, from: chat.message.n}\nsignals:\n  chat.message: {n: int}\n",
        ),
        (
            "people.yaml",
            "roles: {desk: [dora]}\npeople: {dora: {name: Dora Quint, email: dora@us.example}}\nalways: desk\n",
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

pub(crate) fn message(n: i64, at: i64) -> RawSignal {
    RawSignal {
        source: "chat".to_owned(),
        id: format!("m{at}"),
        numbers: None,
        kind: "chat.message".to_owned(),
        at: Timestamp::from_secs(at),
        known_at: None,
        trust: Trust::Partner,
        account: vec![AccountHint::Domain(Personal::new("acme.example".to_owned()))],
        contact: None,
        owner: None,
        case: None,
        deal: None,
        fields: vec![("n".to_owned(), bellwether_core::RawValue::Int(n))],
        personal: Vec::new(),
        hidden: Default::default(),
    }
}

#[test]
fn keys_are_minted_after_a_commit_before_they_are_needed() {
    let dir = tempfile::tempdir().unwrap();
    let tenancy = recover::Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    let now = Timestamp::from_secs(1_000);
    let mut driver =
        Embedded::create(dir.path(), Box::new(SeededKeys(7)), &tenancy, rules(), now).unwrap();
    let minted = |driver: &Embedded| driver.store.keys().unwrap().next_free_slot().unwrap();
    let before = minted(&driver);
    let left = |driver: &Embedded| minted(driver) - driver.edge.vault().next_slot();
    for nth in 0..i64::try_from(before).unwrap() - 10 {
        let mut raw = message(1, 2_000 + nth);
        raw.account = vec![AccountHint::Domain(Personal::new(format!("a{nth}.example")))];
        driver.take(&raw, Origin::Live, raw.at).unwrap();
    }
    assert_eq!(minted(&driver), before, "so far there were enough");
    assert!(left(&driver) < 20);
    driver.commit().unwrap();
    assert!(minted(&driver) > before && left(&driver) > 100);
}

/// Else each start of a server that is killed again and again would read more than the one before.
#[test]
fn what_a_start_had_to_read_counts_for_the_next_snapshots() {
    let dir = tempfile::tempdir().unwrap();
    let tenancy = recover::Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    let keys = || Box::new(SeededKeys(7));
    let now = Timestamp::from_secs(1_000);
    drop(Embedded::create(dir.path(), keys(), &tenancy, rules(), now).unwrap());
    for start in 0..3 {
        let mut driver = Embedded::open(dir.path(), keys()).unwrap();
        let covered = driver.store.covered_pos().unwrap();
        let behind = usize::try_from(driver.store.last_pos().unwrap() - covered).unwrap();
        assert!(behind >= 20 * start, "start {start}: {behind}");
        assert_eq!(driver.behind.entries(), behind, "start {start}");
        for nth in 0..20 {
            let raw = message(1, 2_000 + i64::try_from(20 * start + nth).unwrap());
            driver.take(&raw, Origin::Live, raw.at).unwrap();
        }
        driver.commit().unwrap();
    }
    let mut driver = Embedded::open(dir.path(), keys()).unwrap();
    driver.write_behind().unwrap();
    drop(driver);
    assert_eq!(Embedded::open(dir.path(), keys()).unwrap().behind.entries(), 0);
}

#[test]
fn a_step_that_breaks_off_is_recorded_and_goes_to_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let tenancy = recover::Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    let keys = || Box::new(SeededKeys(7));
    let now = Timestamp::from_secs(1_000);
    let rules = rules();
    let mut driver =
        Embedded::create(dir.path(), keys(), &tenancy, Arc::clone(&rules), now).unwrap();
    let at = |secs| Timestamp::from_secs(secs);
    driver.take(&message(1, 2_000), Origin::Live, at(2_000)).unwrap();
    // The same signal through the same edge gives the same bytes: its digest names it.
    let stamp = driver.stamp(at(2_001), Origin::Live);
    let twin = driver.edge.take(&message(9, 2_001), stamp).unwrap();
    driver.breaks = Some(twin.envelope.digest);
    let counted = driver.take(&message(9, 2_001), Origin::Live, at(2_001)).unwrap();
    assert_eq!((counted.step.status, counted.step.seq), (Status::Undecided, 2));
    let asks = counted
        .step
        .effects
        .iter()
        .filter(|(_, effect)| matches!(effect, Effect::Ask { cause: AskCause::Undecided, .. }));
    assert_eq!(asks.count(), 1, "the role that is always staffed hears of it");
    driver.breaks = None;
    let after = driver.take(&message(8, 2_002), Origin::Live, at(2_002)).unwrap();
    assert_eq!((after.step.status, after.step.seq), (Status::Applied, 3));
    driver.commit().unwrap();
    let stream = counted.stream;
    let head = driver.state(stream).unwrap().unwrap().head;
    drop(driver);
    let mut again = Embedded::open(dir.path(), keys()).unwrap();
    assert_eq!(again.state(stream).unwrap().unwrap().head, head, "no replay tries it again");
    assert_eq!(again.frozen().count(), 0);
    let mut failed = 0;
    again
        .store()
        .stream_events(stream, 1, |row| {
            failed += usize::from(decode_event(row.event).unwrap().failed);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(failed, 1);
}
