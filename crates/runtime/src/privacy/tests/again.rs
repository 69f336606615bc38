//! Erasing twice, erasures cut short, and databases of which one is older than the other.

use super::*;

#[test]
fn twice_changes_nothing_and_whoever_was_cut_short_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = lived(dir.path());
    let first = erase(&mut driver, &by_email(&email(1)));
    let last = driver.store().last_pos().unwrap();
    let again = erase(&mut driver, &by_email(&email(1)));
    assert_eq!((again.state, again.erasure, again.keys), (State::Already, first.erasure, 0));
    let person = first.subjects[0];
    assert_eq!(erase(&mut driver, &Named::Person(person)).state, State::Already);
    assert_eq!(driver.store().last_pos().unwrap(), last);
    // The process ends after each step in turn.
    for (nth, steps) in (2..).zip(0..4) {
        let subject = driver.find_subject(&by_email(&email(nth))).unwrap();
        let slots: Vec<Slot> = subject.slots.keys().copied().collect();
        let intent = bellwether_store::Intent {
            slots: slots.clone(),
            hashes: subject.hashes.iter().copied().collect(),
            blinds: subject.blinds.iter().map(|blind| blind.0).collect(),
            named: Vec::new(),
        };
        driver.store_mut().begin_erasure(at(900), &intent).unwrap();
        if steps > 0 {
            driver.store().keys().unwrap().destroy_all(&slots, at(900)).unwrap();
        }
        if steps > 1 {
            let stream =
                bellwether_core::StreamId::account(*subject.kept_accounts.iter().next().unwrap());
            let body = Body::SubjectErased { subject: subject.slots[&slots[0]], parts: 6 };
            driver.give(stream, &body, Origin::Live, at(900)).unwrap();
            driver.commit().unwrap();
        }
        if steps > 2 {
            let mut rows = Vec::new();
            let look = |id, _, row: &[u8]| {
                if slots_of_row(row).contains(&slots[0]) {
                    rows.push(id);
                }
            };
            driver.store().each_sealed(Sealed::Payload, look).unwrap();
            driver.store_mut().remove_sealed(Sealed::Payload, &rows[..2]).unwrap();
        }
        drop(driver);
        driver = Embedded::open(dir.path(), Box::new(SEED)).unwrap();
        // Meanwhile nobody is learnt anew.
        let raw = signal(&email(nth), &format!("meanwhile{nth}"), 300);
        driver.take(&raw, Origin::Live, at(950)).unwrap();
        driver.commit().unwrap();
        let finished = driver.finish_erasures(at(960)).unwrap();
        let [receipt] = &finished[..] else { panic!("{finished:?}") };
        assert_eq!((receipt.state, receipt.done), (State::Resumed, at(960)), "{steps}");
        assert!(driver.finish_erasures(at(970)).unwrap().is_empty());
        assert_eq!(receipt.keys, if steps == 0 { 2 } else { 0 });
        assert_eq!(receipt.told.len(), usize::from(steps < 2), "told once, {steps}");
        assert_eq!(erase(&mut driver, &by_email(&email(nth))).state, State::Already);
        assert_eq!(holding(dir.path(), &[email(nth).into_bytes()]), []);
    }
    assert_eq!(replays(driver.store()).1, 5 * 6);
}

fn copy(from: &Path, to: &Path) {
    for file in ["data.db", "keys.db"] {
        let _ = std::fs::copy(from.join(file), to.join(file));
    }
    for rest in ["data.db-wal", "data.db-shm", "keys.db-wal", "keys.db-shm"] {
        let _ = std::fs::remove_file(to.join(rest));
    }
}

#[test]
fn whichever_database_is_older_the_erased_stay_erased() {
    for restored in ["keys.db", "data.db"] {
        let (dir, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut driver = lived(dir.path());
        driver.write_behind().unwrap();
        driver.store_mut().fold_log().unwrap();
        drop(driver);
        copy(dir.path(), backup.path());
        let mut driver = Embedded::open(dir.path(), Box::new(SEED)).unwrap();
        let subject = driver.find_subject(&by_email(&email(1))).unwrap();
        let erased = driver.erase(&subject, at(900)).unwrap();
        let mut traces: Vec<_> = subject.blinds.iter().map(|blind| blind.0.to_vec()).collect();
        drop(driver);
        assert_eq!(holding(dir.path(), &traces), []);
        let _ = std::fs::remove_file(dir.path().join(format!("{restored}-wal")));
        std::fs::copy(backup.path().join(restored), dir.path().join(restored)).unwrap();
        let mut driver = Embedded::open(dir.path(), Box::new(SEED)).unwrap();
        let keys = driver.store().keys().unwrap();
        for slot in subject.slots.keys() {
            traces.extend(keys.key(*slot).unwrap().unwrap().wrapped);
        }
        assert!(!holding(dir.path(), &traces).is_empty(), "{restored} brought something back");
        let again = match restored {
            "keys.db" => {
                assert_eq!(driver.erase_restored(at(950)).unwrap().map(|one| one.erasure), None);
                driver.finish_erasures(at(950)).unwrap().pop()
            }
            _ => {
                assert!(driver.finish_erasures(at(950)).unwrap().is_empty());
                driver.erase_restored(at(950)).unwrap()
            }
        };
        let mut again = again.expect(restored);
        again.subjects.sort();
        let mut subjects = erased.subjects;
        subjects.sort();
        assert_eq!(again.subjects, subjects);
        assert_eq!(holding(dir.path(), &traces), [], "{restored}");
        assert!(driver.finish_erasures(at(960)).unwrap().is_empty());
        assert!(driver.erase_restored(at(960)).unwrap().is_none());
        driver.take(&signal(&email(1), "later", 500), Origin::Live, at(990)).unwrap();
        driver.commit().unwrap();
        assert!(driver.find_subject(&by_email(&email(1))).unwrap().slots.is_empty());
    }
}

#[test]
fn what_comes_again_of_the_erased_is_not_kept_as_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = lived(dir.path());
    erase(&mut driver, &by_email(&email(1)));
    let kept = |driver: &Embedded| driver.store().quarantine(None, 0, 1_000).unwrap().len();
    let before = kept(&driver);
    let row = format!("x;\"Ysolde <{}>\";y", email(1).to_uppercase());
    driver.quarantine(&refused(&row), "chat", 0, at(950)).unwrap();
    driver.commit().unwrap();
    assert_eq!(kept(&driver), before);
    assert_eq!(driver.store().tallies(GUARDED).unwrap()[0].count, 1);
    driver.quarantine(&refused(&email(2)), "chat", 0, at(950)).unwrap();
    driver.commit().unwrap();
    assert_eq!(kept(&driver), before + 1);
}

#[test]
fn a_rotation_leaves_nothing_that_the_old_master_key_opens() {
    use crate::keys::{FileKeys, rotate};
    use crate::wiring::StoredKeys;
    let (dir, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = FileKeys::create(place.path().join("key")).unwrap();
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    let open = || Embedded::open(dir.path(), Box::new(file.clone())).unwrap();
    let mut driver =
        Embedded::create(dir.path(), Box::new(file.clone()), &tenancy, rules(), at(0)).unwrap();
    driver.take(&signal(&email(1), "m", 100), Origin::Live, at(200)).unwrap();
    driver.edge().vault_mut().keep_secret("log", b"signs", at(200)).unwrap();
    driver.commit().unwrap();
    for turn in 1..3 {
        drop(driver);
        let store = Store::open(dir.path(), &bellwether_store::Options::default()).unwrap();
        let keys = store.keys().unwrap();
        let old = keys.block(1..5_000).unwrap().into_iter().filter_map(|key| key.wrapped);
        let old: Vec<_> = old
            .chain(keys.ring().unwrap().into_iter().map(|row| row.wrapped))
            .chain(keys.secrets().unwrap().into_iter().map(|(_, sealed)| sealed))
            .collect();
        assert!(!holding(dir.path(), &old[old.len() - 1..]).is_empty());
        let done = rotate(&file, &mut StoredKeys(store.keys().unwrap()), "t", at(300)).unwrap();
        assert_eq!((done.version, done.rewrapped), (turn, 1_024));
        assert_eq!(holding(dir.path(), &old), [], "rotation {turn}");
        drop((keys, store));
        driver = open();
        assert_eq!(&driver.edge().vault().secret("log").unwrap().unwrap()[..], b"signs");
        let subject = driver.find_subject(&by_email(&email(1))).unwrap();
        assert!(driver.open_subject(&subject).unwrap().to_string().contains("words of"));
    }
}
