//! A machine that dies at any byte of an activation.

use super::*;

/// The files of a directory, as a machine that dies would leave them.
fn image(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_file() && !name.ends_with("-shm") {
            files.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    files
}

/// Opens an image: one of the given rules is in force, wholly, and everything derives again.
fn check(image: &[(String, Vec<u8>)], fine: &[&Arc<Rules>], what: &str) -> Digest {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in image {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let mut driver = Embedded::open(dir.path(), keys()).unwrap();
    let held = driver.rules().digest();
    assert!(fine.iter().any(|rules| rules.digest() == held), "{what}: other rules");
    assert_eq!(driver.rollout().unwrap().active(), Some(held), "{what}");
    let steps = driver.rollout().unwrap();
    let started = steps.steps().iter().filter(|step| step.what == "rules.started").count();
    let activated = steps.steps().iter().filter(|step| step.what == "rules.activated").count();
    assert_eq!(activated, started + 1, "{what}: half of an activation");
    assert_replays(&driver);
    // It decides, and its log can be signed: what is signed is checked against the tree at each start.
    driver.take(&told(1, 4, 9_000), Origin::Live, at(9_000)).unwrap();
    driver.commit().unwrap();
    driver.checkpoint(at(9_001)).unwrap();
    drop(driver);
    assert_replays(&Embedded::open(dir.path(), keys()).unwrap());
    held
}

#[test]
fn a_machine_that_dies_in_an_activation_leaves_the_old_rules_or_the_new_ones() {
    let seed = 20_261_122;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    for mode in [Mode::Enforce, Mode::Canary(50)] {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (rules("1.0.0", 5), rules("1.1.0", 3));
        let mut driver = driver(dir.path(), &old);
        driver.take(&told(1, 4, 1_500), Origin::Live, at(1_500)).unwrap();
        driver.commit().unwrap();
        let both = [&old, &new];
        let only_old = check(&image(dir.path()), &both, "before");
        assert_eq!(only_old, old.digest());
        driver.shelve(&new).unwrap();
        assert_eq!(check(&image(dir.path()), &both, "on the shelf"), old.digest());
        driver.propose(&wanted(&new, mode, "ann", false), at(2_000)).unwrap();
        let before = image(dir.path());
        assert_eq!(check(&before, &both, "proposed"), old.digest());
        driver.commit().unwrap();
        let after = image(dir.path());
        let log = |image: &[(String, Vec<u8>)]| {
            image.iter().find(|(name, _)| name == "data.db-wal").unwrap().1.clone()
        };
        let (was, is) = (log(&before), log(&after));
        for _ in 0..12 {
            // The write-ahead log reached the disk up to some byte of the transaction.
            let torn = was.len().min(is.len())
                + dice.below(is.len().saturating_sub(was.len()) as u64 + 1) as usize;
            let mut torn_image = before.clone();
            for (name, bytes) in &mut torn_image {
                if name == "data.db-wal" {
                    *bytes = is.get(..torn).unwrap().to_vec();
                }
            }
            check(&torn_image, &both, &format!("{mode}, torn at {torn} of {}", is.len()));
        }
        let expected = if mode == Mode::Enforce { &new } else { &old };
        assert_eq!(check(&after, &both, "after"), expected.digest());
    }
}

#[test]
fn what_is_not_committed_changes_no_rules() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (rules("1.0.0", 5), rules("1.1.0", 3));
    let mut driver = driver(dir.path(), &old);
    for mode in [Mode::Canary(50), Mode::Enforce] {
        driver.propose(&wanted(&new, mode, "ann", false), at(2_000)).unwrap();
        driver.drop_batch();
        assert_eq!(driver.rules().digest(), old.digest());
        assert!(driver.canary_rules().is_none());
        let account = StreamId::account(bellwether_core::AccountId::default());
        assert_eq!(driver.rules_of(account), old.digest());
    }
    // The next batch starts from the old rules too.
    driver.propose(&wanted(&new, Mode::Enforce, "ann", false), at(2_001)).unwrap();
    driver.commit().unwrap();
    assert_eq!(driver.rules().digest(), new.digest());
}
