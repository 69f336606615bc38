//! People who left: nothing of them is found in any file, and the log still verifies.

use super::*;
use crate::edge::Standing;
use crate::embedded::tests::rules;
use crate::embedded::{Embedded, GUARDED, Tenancy, read_rules};
use crate::keys::{KeyProvider as _, SeededKeys};
use bellwether_adapters::Refusal;
use bellwether_core::record::Status;
use bellwether_core::signal::{AccountHint, RawSignal};
use bellwether_core::{Body, Origin, Problem, Purpose, RawValue, Timestamp, Trust};
use bellwether_engine::Replay;
use bellwether_store::{Sealed, Store};
use bellwether_testkit::Hunt;
use std::ops::ControlFlow;
use std::path::Path;

mod again;
mod held;

const SEED: SeededKeys = SeededKeys(7);
const PEOPLE: u64 = 50;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_760_000_000 + secs)
}

/// The files of a folder that hold one of the wanted.
fn holding(folder: &Path, wanted: &[Vec<u8>]) -> Vec<(String, String)> {
    let mut hunt = Hunt::new([]);
    for (nth, bytes) in wanted.iter().enumerate() {
        hunt.add_bytes(bytes, &format!("the wanted no. {nth}"));
    }
    hunt.search(folder).unwrap().traces
}

fn create(dir: &Path) -> Embedded {
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    Embedded::create(dir, Box::new(SEED), &tenancy, rules(), at(0)).unwrap()
}

fn email(nth: u64) -> String {
    format!("ysolde{nth}.mirkwell@firm{}.example", nth % 10)
}

/// What somebody wrote; of ten companies' people five each, and their own domain says which.
fn signal(address: &str, id: &str, secs: i64) -> RawSignal {
    let personal = |text: String| Personal::new(text);
    RawSignal {
        source: "chat".to_owned(),
        id: id.to_owned(),
        numbers: None,
        kind: "chat.message".to_owned(),
        at: at(secs),
        known_at: None,
        trust: Trust::Partner,
        account: vec![AccountHint::Contact(personal(address.to_owned()))],
        contact: Some(personal(address.to_owned())),
        owner: None,
        case: None,
        deal: None,
        fields: vec![("n".to_owned(), RawValue::Int(3))],
        personal: vec![("text".to_owned(), personal(format!("words of {address}, secret {id}")))],
        hidden: bellwether_core::signal::Hidden {
            unknown: Some(personal(format!("{{\"phone\":\"of {address}\"}}"))),
            ..Default::default()
        },
    }
}

fn refused(words: &str) -> Refusal {
    Refusal {
        problem: Box::new(Problem::new("row-fields", "wrong")),
        row: Personal::new(words.as_bytes().to_vec()),
    }
}

/// Fifty people, each with three signals and a refused row.
fn lived(dir: &Path) -> Embedded {
    let mut driver = create(dir);
    for nth in 0..PEOPLE {
        for turn in 0..3 {
            let raw = signal(&email(nth), &format!("m{nth}-{turn}"), 100 + turn);
            driver.take(&raw, Origin::Live, at(200)).unwrap();
        }
        let row = format!("a,b,\"Y <{}>\",c", email(nth).to_uppercase());
        driver.quarantine(&refused(&row), "chat", 0, at(200)).unwrap();
    }
    driver.commit().unwrap();
    driver
}

fn by_email(address: &str) -> Named {
    Named::Email(Personal::new(address.to_owned()))
}

fn erase(driver: &mut Embedded, named: &Named) -> Receipt {
    let subject = driver.find_subject(named).unwrap();
    driver.erase(&subject, at(900)).unwrap()
}

fn replays(store: &Store) -> (usize, u64) {
    let book = read_rules(store).unwrap();
    let mut replay = Replay::new(&book);
    let (mut same, mut erased) = (0, 0);
    store
        .scan(1, |row| {
            let (event, _) = replay.check(row.event, row.record).unwrap();
            same += 1;
            if let Body::SubjectErased { parts, .. } = event.body {
                erased += parts;
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    (same, erased)
}

#[test]
fn fifty_erased_people_are_in_no_file_and_the_log_still_replays() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = lived(dir.path());
    let verdicts = |driver: &Embedded| {
        let mut records = Vec::new();
        let each = |row: &bellwether_store::Row<'_>| {
            records.push(row.record.to_vec());
            ControlFlow::Continue(())
        };
        driver.store().scan(1, each).unwrap();
        records
    };
    let before = verdicts(&driver);
    let (mut traces, mut slots) = (Vec::new(), Vec::new());
    for nth in 0..PEOPLE {
        let subject = driver.find_subject(&by_email(&email(nth))).unwrap();
        assert_eq!((subject.slots.len(), subject.refused.len()), (2, 1), "person and refused row");
        assert_eq!(subject.kept_accounts.len(), 1, "the company stays");
        traces.push(email(nth).into_bytes());
        slots.extend(subject.slots.keys().copied());
        for blind in &subject.blinds {
            traces.push(blind.0.to_vec());
        }
    }
    for slot in &slots {
        traces.push(SEED.fresh("key", *slot).unwrap().bytes().to_vec());
        traces.push(driver.store().keys().unwrap().key(*slot).unwrap().unwrap().wrapped.unwrap());
    }
    assert!(!holding(dir.path(), &traces).is_empty(), "hashes and wrapped keys are there at first");
    for nth in 0..PEOPLE {
        let receipt = erase(&mut driver, &by_email(&email(nth)));
        assert_eq!((receipt.state, receipt.keys), (State::Done, 2));
        assert_eq!((receipt.sealed[&Sealed::Payload], receipt.sealed[&Sealed::Unlisted]), (3, 3));
        assert_eq!((receipt.forgotten.identities, receipt.forgotten.refused), (2, 1));
        assert_eq!((receipt.shared.parts, receipt.shared.accounts.len()), (6, 1));
        assert_eq!(receipt.told.len(), 1);
    }
    assert_eq!(holding(dir.path(), &traces), []);
    drop(driver);
    assert_eq!(holding(dir.path(), &traces), []);
    let driver = Embedded::open(dir.path(), Box::new(SEED)).unwrap();
    assert_eq!(driver.frozen().count(), 0);
    let after = verdicts(&driver);
    assert_eq!(after[..before.len()], before[..], "verdicts stay");
    assert_eq!(replays(driver.store()), (after.len(), PEOPLE * 6));
}

#[test]
fn whoever_was_erased_is_not_learnt_anew_unless_somebody_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = lived(dir.path());
    let person = by_email(&email(1));
    erase(&mut driver, &person);
    let counted = driver.take(&signal(&email(1), "new", 400), Origin::Live, at(950)).unwrap();
    assert_eq!(counted.step.status, Status::Applied, "the company's figures go on");
    driver.commit().unwrap();
    let last = driver.store().last_pos().unwrap();
    let entry = driver.store().entry(last).unwrap().unwrap();
    let text = String::from_utf8(entry.event).unwrap();
    assert!(!text.contains("contact") && !text.contains("commitments"), "{text}");
    assert!(driver.store().payloads(last).unwrap().is_empty());
    assert_eq!(driver.store().unlisted(last).unwrap(), None);
    assert!(driver.find_subject(&person).unwrap().slots.is_empty());
    let tallied = driver.store().tallies(GUARDED).unwrap();
    assert_eq!((tallied[0].name.as_str(), tallied[0].count), ("erased", 1));
    // A repeated row is known by its id, and not taken again.
    let repeated = driver.take(&signal(&email(1), "m1-0", 100), Origin::Live, at(950)).unwrap();
    assert_eq!(repeated.step.status, Status::Conflict);
    let subject = driver.find_subject(&person).unwrap();
    assert!(driver.lift(&subject, Standing::Erased).unwrap());
    driver.take(&signal(&email(1), "newer", 500), Origin::Live, at(960)).unwrap();
    driver.commit().unwrap();
    let anew = driver.find_subject(&person).unwrap();
    assert_eq!((anew.slots.len(), anew.erased), (1, None));
}

#[test]
fn one_of_two_goes_and_the_other_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    // Both write for an account that is one person's own; what names both needs both keys.
    let (one, two) = ("uta.solo@gmail.com", "rolf.other@gmail.com");
    driver.take(&signal(one, "own", 100), Origin::Live, at(200)).unwrap();
    let both = RawSignal {
        account: vec![AccountHint::Contact(Personal::new(one.to_owned()))],
        ..signal(two, "both", 110)
    };
    driver.take(&both, Origin::Live, at(200)).unwrap();
    driver.take(&signal(two, "alone", 120), Origin::Live, at(200)).unwrap();
    driver.commit().unwrap();
    let subject = driver.find_subject(&by_email(one)).unwrap();
    assert_eq!((subject.slots.len(), subject.kept_accounts.len()), (1, 1), "two are known of it");
    let subject = driver.find_subject(&by_email(two)).unwrap();
    assert_eq!(
        (subject.slots.len(), subject.accounts.len()),
        (2, 1),
        "this account is one person's"
    );
    let receipt = erase(&mut driver, &by_email(two));
    assert_eq!(receipt.sealed[&Sealed::Payload], 2);
    assert_eq!(receipt.shared.parts, 2, "the part that named both is gone for both");
    let left = driver.find_subject(&by_email(one)).unwrap();
    assert_eq!((left.slots.len(), left.kept_accounts.len()), (1, 1), "the log still names another");
    let open = driver.open_subject(&left).unwrap().to_string();
    assert!(open.contains(&format!("words of {one}")) && !open.contains(two), "{open}");
}

#[test]
fn staff_and_whole_accounts_can_be_erased() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = lived(dir.path());
    let receipt = erase(&mut driver, &by_email("Dora@us.example"));
    assert_eq!((receipt.forgotten.staff, receipt.keys), (1, 1));
    assert_eq!(receipt.told[0].0, bellwether_core::StreamId::SYSTEM);
    assert!(driver.store().staff().unwrap().is_empty());
    let subject = driver.find_subject(&by_email(&email(1))).unwrap();
    let account = *subject.kept_accounts.iter().next().unwrap();
    let named = driver.find_subject(&Named::Account(account)).unwrap();
    let preview = driver.preview_erasure(&named).unwrap();
    let receipt = erase(&mut driver, &Named::Account(account));
    assert_eq!(receipt.sealed[&Sealed::Payload], 15, "of five people");
    assert_eq!(receipt.shared.people.len(), 5);
    assert_eq!((preview.parts, preview.shared), (receipt.sealed.values().sum(), receipt.shared));
    // They themselves were not erased, and what they do from here on is kept.
    let left = driver.find_subject(&by_email(&email(1))).unwrap();
    assert!(left.is_known() && left.erased.is_none());
    let open = driver.open_subject(&left).unwrap();
    assert_eq!(open["guards"], serde_json::json!([]));
    let next = driver.take(&signal(&email(1), "next", 400), Origin::Live, at(950)).unwrap();
    assert_eq!(next.standing, None);
    let unknown = driver.find_subject(&by_email("nobody@any.example")).unwrap();
    assert_eq!(driver.erase(&unknown, at(9)).unwrap_err().code(), "privacy-unknown");
}

#[test]
fn whoever_restricts_or_objects_is_kept_and_not_used() {
    for standing in [Standing::Restricted, Standing::Objected] {
        let dir = tempfile::tempdir().unwrap();
        let mut driver = create(dir.path());
        let person = by_email("kim@corp.example");
        let mut raw = signal("kim@corp.example", "first", 100);
        raw.fields = vec![("n".to_owned(), RawValue::Int(9))];
        // An objection may come before anything else does.
        let subject = driver.find_subject(&person).unwrap();
        assert!(driver.hold(&subject, standing, at(50)).unwrap());
        assert!(!driver.hold(&subject, standing, at(60)).unwrap(), "twice changes nothing");
        let held = driver.take(&raw, Origin::Live, at(200)).unwrap();
        driver.commit().unwrap();
        let subject = driver.find_subject(&person).unwrap();
        let open = driver.open_subject(&subject).unwrap().to_string();
        for part in ["words of kim", "chat.message", "\\\"n\\\":\\\"9\\\"", standing.as_str()] {
            assert!(open.contains(part), "{part}: {open}");
        }
        assert!(driver.lift(&subject, standing).unwrap());
        let after = driver.take(&raw, Origin::Live, at(300)).unwrap();
        assert_eq!(after.step.status, Status::Applied, "it counts when it comes again");
        let asked = |step: &bellwether_engine::Step| {
            step.effects.iter().any(|(_, one)| matches!(one, bellwether_core::Effect::Ask { .. }))
        };
        assert!(asked(&after.step) && !asked(&held.step));
        driver.commit().unwrap();
        assert_eq!(replays(driver.store()).1, 0);
        let reveal = subject.words[0].reveal(Purpose::Show);
        assert_eq!(reveal, "kim@corp.example");
    }
}

#[test]
fn somebody_with_many_records_is_erased_in_seconds() {
    let many = if std::env::var_os("BELLWETHER_FULL").is_some() { 10_000 } else { 500 };
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    for nth in 0..many {
        for (address, id) in [(email(1), "a"), (email(1 + nth % 40), "b")] {
            let raw = signal(&address, &format!("{id}{nth}"), 100 + nth as i64);
            driver.take(&raw, Origin::Live, at(20_000)).unwrap();
        }
        if driver.waiting() >= 1_000 {
            driver.commit().unwrap();
        }
    }
    driver.commit().unwrap();
    let start = std::time::Instant::now();
    let receipt = erase(&mut driver, &by_email(&email(1)));
    let took = start.elapsed();
    println!("{} records: {took:?}", receipt.sealed[&Sealed::Payload]);
    assert!(receipt.sealed[&Sealed::Payload] >= many);
    assert!(took.as_secs() < 60, "{took:?}");
}
