//! Signing in, sessions, links, tokens and emergencies: by hand, then over HTTP.

mod tokens;
pub(crate) mod web;
pub(crate) mod world;

use super::session::Begun;
use super::*;
use bellwether_core::Duration;
use std::net::{IpAddr, Ipv4Addr};
use world::{HERE, PASSWORD, World, at, personal};

#[tokio::test]
async fn the_first_link_makes_the_first_admin_once() {
    let world = World::new();
    let desk = &world.desk;
    let old = desk.first_link(at(0)).unwrap().unwrap();
    let link = desk.first_link(at(1)).unwrap().unwrap();
    let take = |secret: &str, name: &str, password: &str, when| {
        desk.take_link(secret, &personal(name), &personal(password), at(when))
    };
    let code = |taken: Result<Begun, AccessError>| taken.unwrap_err().code();
    assert_eq!(code(take(&old, "ann", PASSWORD, 2)), "access-link", "another took its place");
    assert_eq!(code(take("guess", "ann", PASSWORD, 2)), "access-link");
    assert_eq!(code(take(&link, "ann", "short", 2)), "access-password", "and the link still holds");
    assert_eq!(code(take(&link, " ", PASSWORD, 2)), "access-name");
    assert_eq!(code(take(&link, "ann", PASSWORD, 86_401)), "access-link", "too late");
    let begun = take(&link, "ann", PASSWORD, 2).unwrap();
    let ann = desk.holder(&begun.secret, at(3)).unwrap().unwrap();
    assert_eq!(ann.role, Role::Admin);
    assert_eq!(code(take(&link, "bob", PASSWORD, 3)), "access-link", "it was used");
    assert_eq!(desk.first_link(at(4)).unwrap(), None, "there is an account");
    world.trail(&["account.made", "link", "link"]);
}

#[tokio::test]
async fn an_invitation_gives_its_role_and_person_and_no_name_twice() {
    let world = World::new();
    world.admin();
    let invite = || {
        let what = link::For::Invite { role: Role::Person, person: Some("cro-1") };
        link::make(&mut world.accounts(), &what, "command", at(5)).unwrap()
    };
    let (one, two) = (invite(), invite());
    let begun = world.desk.take_link(&one, &personal("Bob@x.org"), &personal(PASSWORD), at(6));
    let bob = world.desk.holder(&begun.unwrap().secret, at(7)).unwrap().unwrap();
    assert_eq!((bob.role, bob.person.as_deref()), (Role::Person, Some("cro-1")));
    let again = world.desk.take_link(&two, &personal(" bob@X.org"), &personal(PASSWORD), at(7));
    assert_eq!(again.unwrap_err().code(), "access-name");
    let other = world.desk.take_link(&two, &personal("carl"), &personal(PASSWORD), at(7));
    assert!(other.is_ok(), "the link still held");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_sign_in_looks_the_same() {
    let world = World::new();
    let ann = world.admin();
    let sign_in = |name: &str, password: &str| {
        world.desk.sign_in(&personal(name), &personal(password), HERE, at(10))
    };
    let said = |name: &str, password: &str| sign_in(name, password).unwrap_err().to_string();
    let wrong = said("ann", "wrong password!");
    assert_eq!(said("nobody", PASSWORD), wrong);
    assert_eq!(said("", ""), wrong);
    assert!(sign_in("Ann ", PASSWORD).is_ok());
    world.change(&[Change::Enable(&ann, false), Change::EndAll(&ann)]);
    assert_eq!(said("ann", PASSWORD), wrong, "disabled");
}

#[tokio::test]
async fn guessing_is_slowed_down_for_one_account_and_from_one_address() {
    let world = World::new();
    world.admin();
    let there = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
    let code = |name: &str, password: &str, from, when| {
        let tried = world.desk.sign_in(&personal(name), &personal(password), from, at(when));
        tried.map_or_else(|error| error.code(), |_| "in")
    };
    for guess in 0..10 {
        assert_eq!(code("ann", "wrong password!", there(guess), 10), "access-refused");
    }
    assert_eq!(code("ann", PASSWORD, there(99), 11), "access-throttled", "also the right one");
    assert_eq!(code("ann", PASSWORD, there(99), 911), "in", "after the pause");
    for guess in 0..30 {
        assert_eq!(code(&format!("n{guess}"), "wrong password!", there(7), 1000), "access-refused");
    }
    assert_eq!(code("ann", PASSWORD, there(7), 1001), "access-throttled");
    assert_eq!(code("ann", PASSWORD, there(8), 1001), "in");
}

#[tokio::test]
async fn sessions_end_by_idleness_age_and_hand() {
    let world = World::new();
    let ann = world.admin();
    let sign_in = |when| world.sign_in(when).secret;
    let holds = |secret: &str, when| world.desk.holder(secret, at(when)).unwrap().is_some();
    let one = sign_in(0);
    assert!(holds(&one, 1799) && !holds(&one, 1800), "idle for half an hour");
    world.accounts().touch_session(&secret::hash(&one), at(42_000)).unwrap();
    assert!(holds(&one, 43_199) && !holds(&one, 43_200), "twelve hours old");
    let (two, three) = (sign_in(10), sign_in(10));
    let account = world.desk.holder(&two, at(11)).unwrap().unwrap();
    world.desk.sign_out(&account, false, at(12)).unwrap();
    assert!(!holds(&two, 12) && holds(&three, 12), "only this one");
    let (four, stolen) = (sign_in(13), sign_in(13));
    let account = world.desk.holder(&four, at(14)).unwrap().unwrap();
    world.desk.sign_out(&account, true, at(15)).unwrap();
    assert!(!holds(&three, 15) && !holds(&four, 15) && !holds(&stolen, 15), "everywhere");
    let five = sign_in(20);
    world.change(&[Change::Enable(&ann, false)]);
    assert!(!holds(&five, 21), "disabled");
    assert!(!holds("", 21) && !holds(&five.to_uppercase(), 21));
}

#[tokio::test]
async fn another_proof_gives_another_secret_and_no_longer_life() {
    let world = World::new();
    world.admin();
    let begun = world.sign_in(0);
    let account = world.desk.holder(&begun.secret, at(1)).unwrap().unwrap();
    let who = Principal::Account(account.clone());
    let stop =
        |who: &Principal, when| world.desk.may(who, Action::StopSwitch, &Resource::House, at(when));
    assert_eq!(stop(&who, 300), Ok(()));
    assert_eq!(stop(&who, 301), Err(Why::StepUp));
    let refused = world.desk.step_up(&account, &personal("wrong password!"), HERE, at(400));
    assert_eq!(refused.unwrap_err().code(), "access-refused");
    let renewed = world.desk.step_up(&account, &personal(PASSWORD), HERE, at(400)).unwrap();
    assert_eq!(renewed.ends, begun.ends, "it lives no longer");
    assert_ne!(renewed.secret, begun.secret);
    assert!(world.desk.holder(&begun.secret, at(401)).unwrap().is_none(), "the old one is gone");
    let again = world.desk.holder(&renewed.secret, at(401)).unwrap().unwrap();
    assert_ne!(again.form, account.form, "and its forms with it");
    assert_eq!(stop(&Principal::Account(again), 700), Ok(()));
    let late = world.desk.step_up(&account, &personal(PASSWORD), HERE, at(402));
    assert_eq!(late.unwrap_err().code(), "access-nobody", "of a session that is gone");
}

#[tokio::test]
async fn a_reset_ends_every_session_and_the_old_password() {
    let world = World::new();
    let ann = world.admin();
    let begun = world.sign_in(10);
    let reset = link::For::Reset { account: &ann };
    let secret = link::make(&mut world.accounts(), &reset, "command", at(11)).unwrap();
    let new = personal("another password 2");
    assert!(world.desk.take_link(&secret, &personal("ann"), &personal("ann"), at(12)).is_err());
    world.desk.take_link(&secret, &personal("ignored"), &new, at(12)).unwrap();
    assert!(world.desk.holder(&begun.secret, at(13)).unwrap().is_none());
    assert!(world.desk.sign_in(&personal("ann"), &personal(PASSWORD), HERE, at(14)).is_err());
    assert!(world.desk.sign_in(&personal("ann"), &new, HERE, at(14)).is_ok());
    let nobody = link::For::Reset { account: "u000" };
    let refused = link::make(&mut world.accounts(), &nobody, "command", at(15));
    assert_eq!(refused.unwrap_err().code(), "access-unknown");
}

#[tokio::test]
async fn another_password_of_ones_own_ends_every_other_session() {
    let world = World::new();
    world.admin();
    let (one, two) = (world.sign_in(1).secret, world.sign_in(1).secret);
    let account = world.desk.holder(&one, at(2)).unwrap().unwrap();
    let new = personal("another password 2");
    let set = |old: &str, new: &Personal<String>| {
        world.desk.set_password(&account, &personal(old), new, HERE, at(3))
    };
    assert_eq!(set("wrong password!", &new).unwrap_err().code(), "access-refused");
    assert_eq!(set(PASSWORD, &personal("ann")).unwrap_err().code(), "access-password");
    let begun = set(PASSWORD, &new).unwrap();
    for (secret, holds) in [(&one, false), (&two, false), (&begun.secret, true)] {
        assert_eq!(world.desk.holder(secret, at(4)).unwrap().is_some(), holds);
    }
    assert!(world.desk.sign_in(&personal("ann"), &new, HERE, at(5)).is_ok());
}

#[tokio::test]
async fn an_emergency_is_in_the_log_before_anybody_is_in() {
    let world = World::new();
    world.admin();
    let kept = world.desk.passwords.hash("", &personal(PASSWORD)).unwrap();
    let user = link::emergency(&world.desk.names, "glass", kept, at(1)).unwrap();
    world.change(&[Change::AddUser(&user)]);
    let sign_in =
        |when| world.desk.sign_in(&personal("glass"), &personal(PASSWORD), HERE, at(when));
    assert_eq!(sign_in(2).unwrap_err().code(), "access-refused", "it is disabled");
    world.change(&[Change::Enable(&user.id, true)]);
    world.leaves.fail(true);
    assert_eq!(sign_in(3).unwrap_err().code(), "access-unwritten");
    assert!(world.accounts().sessions(&user.id).unwrap().is_empty(), "no leaf, no session");
    assert!(world.desk.unreviewed().unwrap().is_empty());
    world.leaves.fail(false);
    let begun = sign_in(4).unwrap();
    assert_eq!(begun.ends, at(4 + 3600));
    assert_eq!(world.leaves.all(), [(user.id.clone(), at(4 + 3600))]);
    let holder = world.desk.holder(&begun.secret, at(5)).unwrap().unwrap();
    assert_eq!(holder.role, Role::Emergency);
    let waiting = world.desk.unreviewed().unwrap();
    let number = waiting.first().unwrap().number;
    let own = world.desk.review(number, &Principal::Account(holder), at(6));
    assert_eq!(own.unwrap_err().code(), "access-unknown", "not by itself");
    let admin = world.desk.holder(&world.sign_in(7).secret, at(7)).unwrap().unwrap();
    world.desk.review(number, &Principal::Account(admin), at(8)).unwrap();
    assert!(world.desk.unreviewed().unwrap().is_empty());
}

#[tokio::test]
async fn no_file_tells_who_anybody_is() {
    let world = World::new();
    let link = world.desk.first_link(at(0)).unwrap().unwrap();
    let name = "canary.quillon@example.org";
    let begun = world.desk.take_link(&link, &personal(name), &personal(PASSWORD), at(1)).unwrap();
    let whole = world.token(&[Scope::Read]);
    let sign_in = world.desk.sign_in(&personal(name), &personal("wrong password!"), HERE, at(2));
    assert!(sign_in.is_err());
    let secret = whole.rsplit('_').next().unwrap();
    for entry in std::fs::read_dir(world.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for canary in ["quillon", PASSWORD, &link, &begun.secret, secret] {
            assert!(!text.contains(&canary.to_lowercase()), "{canary} in {}", path.display());
        }
    }
    let rows = world.accounts().users().unwrap();
    assert_eq!(world.desk.name(&rows[0]), Some(personal(name)), "with the keys it opens");
}

#[tokio::test]
async fn what_has_ended_is_forgotten() {
    let world = World::new();
    world.admin();
    world.sign_in(10);
    world.desk.sweep(at(10 + 1800)).unwrap();
    let account = &world.accounts().users().unwrap()[0].id.clone();
    assert!(world.accounts().sessions(account).unwrap().is_empty());
    assert!(!world.accounts().trail(9).unwrap().is_empty());
    world.desk.sweep(at(10).plus(Duration::from_days(366))).unwrap();
    assert!(world.accounts().trail(9).unwrap().is_empty());
}
