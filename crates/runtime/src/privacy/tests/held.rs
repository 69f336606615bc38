//! Whoever is restricted is not shown, whatever was kept of them first.

use super::*;

const KIM: &str = "kim@gmail.com";

/// The slot of the account that is nobody's but Kim's.
fn account_of_kim(driver: &mut Embedded) -> u64 {
    let subject = driver.find_subject(&by_email(KIM)).unwrap();
    let [account] = *subject.accounts.iter().collect::<Vec<_>>() else { panic!("one account") };
    driver.store().slot_of(*account).unwrap().unwrap()
}

/// A refused row in which Kim's address stands.
fn refuse(driver: &mut Embedded) {
    driver.quarantine(&refused(&format!("a,{KIM},b")), "chat", 0, at(50)).unwrap();
    driver.commit().unwrap();
}

fn take(driver: &mut Embedded, id: &str) {
    driver.take(&signal(KIM, id, 100), Origin::Live, at(200)).unwrap();
    driver.commit().unwrap();
}

#[test]
fn a_refused_row_that_came_first_does_not_leave_the_account_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    refuse(&mut driver);
    take(&mut driver, "first");
    let account = account_of_kim(&mut driver);
    let subject = driver.find_subject(&by_email(KIM)).unwrap();
    assert!(*subject.slots.keys().next().unwrap() < account, "the row's slot is the first");
    assert!(driver.hold(&subject, Standing::Restricted, at(300)).unwrap());
    assert!(restricted(driver.store()).unwrap().contains(&account));
    assert!(!driver.hold(&subject, Standing::Restricted, at(310)).unwrap(), "nothing changed");
    assert!(driver.lift(&subject, Standing::Restricted).unwrap());
    assert!(restricted(driver.store()).unwrap().is_empty());
}

#[test]
fn who_restricts_before_there_is_an_account_asks_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    refuse(&mut driver);
    let subject = driver.find_subject(&by_email(KIM)).unwrap();
    assert!(driver.hold(&subject, Standing::Restricted, at(60)).unwrap());
    take(&mut driver, "held");
    let account = account_of_kim(&mut driver);
    let subject = driver.find_subject(&by_email(KIM)).unwrap();
    assert!(driver.hold(&subject, Standing::Restricted, at(300)).unwrap(), "the account is new");
    assert!(restricted(driver.store()).unwrap().contains(&account));
    // An erasure takes the restriction with it.
    driver.erase(&subject, at(900)).unwrap();
    let kinds: Vec<_> = driver.store().guards().unwrap().into_iter().map(|one| one.kind).collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind == "erased"), "{kinds:?}");
}

#[test]
fn a_company_is_shown_though_one_of_its_people_is_restricted() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = lived(dir.path());
    let subject = driver.find_subject(&by_email(&email(1))).unwrap();
    let company = *subject.kept_accounts.iter().next().unwrap();
    assert!(driver.hold(&subject, Standing::Restricted, at(300)).unwrap());
    let slot = driver.store().slot_of(company).unwrap().unwrap();
    let hidden = restricted(driver.store()).unwrap();
    assert!(!hidden.is_empty() && !hidden.contains(&slot), "{hidden:?}");
}

#[test]
fn an_erasure_takes_a_restriction_of_somebody_without_an_account_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    refuse(&mut driver);
    let subject = driver.find_subject(&by_email(KIM)).unwrap();
    assert!(driver.hold(&subject, Standing::Restricted, at(60)).unwrap());
    assert!(driver.hold(&subject, Standing::Objected, at(60)).unwrap());
    let receipt = driver.erase(&subject, at(900)).unwrap();
    let kinds: Vec<_> = driver.store().guards().unwrap().into_iter().map(|one| one.kind).collect();
    assert!(kinds.iter().any(|kind| kind == "erased"), "{kinds:?}");
    assert!(!kinds.iter().any(|kind| kind == "restricted"), "{kinds:?}");
    assert!(receipt.forgotten.guards > 0);
}
