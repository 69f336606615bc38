//! What is refused, and that nothing of it is written.

use super::*;
use bellwether_core::record::ENGINE;

#[test]
fn a_reason_and_a_share_must_make_sense() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (rules("1.0.0", 5), rules("1.1.0", 3));
    let mut driver = driver(dir.path(), &old);
    let long = "x".repeat(501);
    for (reason, mode, code) in [
        ("", Mode::Shadow, "rollout-reason"),
        ("two\nlines", Mode::Shadow, "rollout-reason"),
        (long.as_str(), Mode::Shadow, "rollout-reason"),
        ("fine", Mode::Canary(0), "rollout-percent"),
        ("fine", Mode::Canary(100), "rollout-percent"),
    ] {
        let asked = Proposal { reason: reason.to_owned(), ..wanted(&new, mode, "ann", false) };
        assert_eq!(driver.propose(&asked, at(2_000)).unwrap_err().code(), code, "{reason:?}");
    }
    assert_eq!(driver.waiting(), 0);
}

/// Old rules in force, others that ann proposed and that wait for a second person.
fn waiting(dir: &Path, mode: Mode) -> (Embedded, Arc<Rules>) {
    let (old, new) = (rules("1.0.0", 5), rules("1.1.0", 3));
    let mut driver = driver(dir, &old);
    let account = Some("u1".to_owned());
    let asked = Proposal { account, ..wanted(&new, mode, "ann", true) };
    assert_eq!(driver.propose(&asked, at(2_000)).unwrap(), Stands::Waits(mode));
    driver.commit().unwrap();
    (driver, new)
}

#[test]
fn an_approval_is_of_these_rules_in_this_mode_by_somebody_else() {
    let dir = tempfile::tempdir().unwrap();
    let (canary, all) = (Mode::Canary(10), Mode::Enforce);
    let (mut driver, new) = waiting(dir.path(), canary);
    let other = rules("1.0.0", 5);
    let fine = agreed(&new, canary, "bob");
    for (approval, code) in [
        (Approval { given: Some(&other), ..fine }, "rollout-other-bundle"),
        (Approval { mode: all, ..fine }, "rollout-not-proposed"),
        (Approval { mode: Mode::Canary(50), ..fine }, "rollout-not-proposed"),
        (Approval { by: "ann", ..fine }, "rollout-same-person"),
        (Approval { account: Some("u1"), ..fine }, "rollout-same-person"),
        (Approval { by: "u1", ..fine }, "rollout-same-person"),
        (Approval { account: Some("ann"), ..fine }, "rollout-same-person"),
        (Approval { rules: other.digest(), ..fine }, "rollout-not-proposed"),
    ] {
        assert_eq!(driver.approve(&approval, at(2_001)).unwrap_err().code(), code);
        assert_eq!(driver.waiting(), 0, "nothing is written");
    }
    let fine = Approval { given: Some(&new), account: Some("u2"), ..fine };
    assert_eq!(driver.approve(&fine, at(2_002)).unwrap(), Stands::Begun(canary));
    driver.commit().unwrap();
    let rollout = driver.rollout().unwrap();
    let version = rollout.version(new.digest()).unwrap();
    let who = |said: &Option<Said>| said.as_ref().and_then(|said| said.account.clone());
    assert_eq!(
        (who(&version.proposed), who(&version.approved)),
        (Some("u1".to_owned()), Some("u2".to_owned()))
    );
}

#[test]
fn what_is_proposed_anew_meanwhile_is_not_approved() {
    let dir = tempfile::tempdir().unwrap();
    let (mut driver, new) = waiting(dir.path(), Mode::Canary(1));
    driver.propose(&wanted(&new, Mode::Enforce, "ann", true), at(2_001)).unwrap();
    driver.commit().unwrap();
    let seen = agreed(&new, Mode::Canary(1), "bob");
    let error = driver.approve(&seen, at(2_002)).unwrap_err();
    assert_eq!(error.code(), "rollout-not-proposed");
    assert!(error.to_string().contains("wait for enforce"), "{error}");
}

#[test]
fn errors_say_what_to_do() {
    let digest = Digest::of(b"x");
    let other = RolloutError::OtherBundle { given: digest, proposed: Digest::of(b"y") };
    let otherwise = RolloutError::ProposedOtherwise { rules: digest, waits: Mode::Canary(9) };
    for error in [
        RolloutError::NoPrevious,
        RolloutError::Already(digest),
        RolloutError::Reason,
        other,
        otherwise,
    ] {
        let error = DriveError::from(error);
        assert!(error.code().starts_with("rollout-") && !error.help().is_empty());
    }
    assert!(change::is_older("1.9.0", "1.10.0") && !change::is_older("2.0.0", "2.0.0"));
}

#[test]
fn rules_of_an_earlier_engine_do_not_begin_as_they_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = driver(dir.path(), &rules("1.0.0", 5));
    let new = rules("1.1.0", 3);
    let now = format!("\"engine\":{ENGINE},");
    let preimage = new.preimage().replace(&now, &format!("\"engine\":{},", ENGINE - 1));
    let kept = Arc::new(Rules::recompose(new.files().clone(), preimage).ok().unwrap());
    assert_ne!(kept.digest(), new.digest());
    for mode in [Mode::Shadow, Mode::Canary(9), Mode::Enforce] {
        let refused = driver.propose(&wanted(&kept, mode, "ann", false), at(1_100)).unwrap_err();
        assert_eq!(refused.code(), "rollout-engine", "{mode}");
    }
    assert_eq!(driver.rollout().unwrap().versions().len(), 1);
    driver.propose(&wanted(&new, Mode::Enforce, "ann", false), at(1_100)).unwrap();
}

#[test]
fn rules_of_a_canary_and_in_shadow_read_signals_too() {
    let dir = tempfile::tempdir().unwrap();
    let first = rules("1.0.0", 5);
    let (canary, shadow) = (rules("1.1.0", 3), rules("1.2.0", 2));
    let mut driver = driver(dir.path(), &first);
    let readers = |driver: &Embedded| {
        driver.readers().unwrap().iter().map(|rules| rules.digest()).collect::<Vec<_>>()
    };
    assert_eq!(readers(&driver), [first.digest()]);
    driver.propose(&wanted(&shadow, Mode::Shadow, "ann", false), at(1_100)).unwrap();
    driver.propose(&wanted(&canary, Mode::Canary(9), "ann", false), at(1_200)).unwrap();
    assert_eq!(readers(&driver), [&first, &canary, &shadow].map(|rules| rules.digest()));
    driver.withdraw(canary.digest(), ("ann", "a test"), at(1_300)).unwrap();
    driver.withdraw(shadow.digest(), ("ann", "a test"), at(1_400)).unwrap();
    assert_eq!(readers(&driver), [first.digest()]);
}
