//! All or nothing, once only, and nothing left behind.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn user(id: &str, blind: u8) -> UserRow {
    UserRow {
        id: id.to_owned(),
        kind: "local".to_owned(),
        role: "viewer".to_owned(),
        person: None,
        enabled: true,
        password: None,
        blind: [blind; 16],
        sealed: vec![1],
        created: at(1),
    }
}

fn session(account: &str, hash: u8) -> SessionRow {
    let (created, authed, seen, ends) = (at(10), at(10), at(10), at(100));
    SessionRow {
        number: 0,
        hash: [hash; 32],
        account: account.to_owned(),
        created,
        authed,
        seen,
        ends,
    }
}

fn line(what: &'static str) -> Trail {
    Trail { at: at(5), what, account: None, actor: "command".to_owned() }
}

#[test]
fn a_link_makes_one_account_and_only_one() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ours, mut theirs) =
        (Accounts::open(dir.path()).unwrap(), Accounts::open(dir.path()).unwrap());
    let link = LinkRow {
        hash: [7; 32],
        kind: "first".to_owned(),
        role: "admin".to_owned(),
        person: None,
        account: None,
        ends: at(20),
    };
    assert!(ours.change(&line("link"), &[Change::AddLink(&link)]).unwrap());
    assert_eq!(theirs.link(&[7; 32], at(19)).unwrap(), Some(link));
    assert_eq!(theirs.link(&[7; 32], at(20)).unwrap(), None, "it has ended");
    let (ann, bob) = (user("ann", 1), user("bob", 2));
    let take = |who| [Change::TakeLink(&[7; 32], at(19)), Change::NoUsers, Change::AddUser(who)];
    assert!(theirs.change(&line("first"), &take(&ann)).unwrap());
    assert!(!ours.change(&line("first"), &take(&bob)).unwrap(), "it was taken");
    assert_eq!(ours.users().unwrap(), [ann]);
    let told: Vec<_> = ours.trail(9).unwrap().into_iter().map(|line| line.what).collect();
    assert_eq!(told, ["first", "link"], "what did not happen is not told");
}

#[test]
fn a_batch_that_fails_in_the_middle_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut accounts = Accounts::open(dir.path()).unwrap();
    assert!(accounts.change(&line("add"), &[Change::AddUser(&user("ann", 1))]).unwrap());
    let token = TokenRow {
        id: "t".to_owned(),
        hash: [3; 32],
        label: "crm".to_owned(),
        scopes: vec!["read".to_owned(), "metrics".to_owned()],
        sources: Vec::new(),
        trust: Some("partner".to_owned()),
        created: at(1),
        ends: at(99),
        used: None,
        revoked: None,
    };
    assert!(accounts.change(&line("token"), &[Change::AddToken(&token)]).unwrap());
    assert_eq!(accounts.token("t").unwrap(), Some(token));
    for failing in [
        Change::AddUser(&user("ann", 9)),
        Change::AddUser(&user("zoe", 1)),
        Change::Enable("nobody", true),
        Change::Password("nobody", "x"),
        Change::Begin(&session("nobody", 1)),
        Change::End(&[1; 32]),
        Change::EndNumber("ann", 1),
        Change::TakeLink(&[1; 32], at(1)),
        Change::RevokeToken("u", at(1)),
        Change::Review(1, "ann", at(1)),
        Change::NoUsers,
    ] {
        let shown = format!("{failing:?}");
        let changes = [Change::Role("ann", "admin"), failing];
        assert!(!accounts.change(&line("no"), &changes).unwrap(), "{shown}");
        assert_eq!(accounts.user("ann").unwrap().unwrap().role, "viewer", "{shown}");
    }
    assert_eq!(accounts.trail(9).unwrap().len(), 2);
}

#[test]
fn sessions_begin_only_for_the_enabled_and_end_together() {
    let dir = tempfile::tempdir().unwrap();
    let mut accounts = Accounts::open(dir.path()).unwrap();
    let add = [Change::AddUser(&user("ann", 1)), Change::AddUser(&user("bob", 2))];
    assert!(accounts.change(&line("add"), &add).unwrap());
    for (account, hash) in [("ann", 1), ("ann", 2), ("bob", 3)] {
        assert!(accounts.change(&line("in"), &[Change::Begin(&session(account, hash))]).unwrap());
    }
    accounts.touch_session(&[1; 32], at(50)).unwrap();
    accounts.touch_session(&[1; 32], at(40)).unwrap();
    assert_eq!(accounts.session(&[1; 32]).unwrap().unwrap().seen, at(50), "never backwards");
    let off = [Change::Enable("ann", false), Change::EndAll("ann")];
    assert!(accounts.change(&line("off"), &off).unwrap());
    assert!(accounts.sessions("ann").unwrap().is_empty());
    assert_eq!(accounts.sessions("bob").unwrap().len(), 1);
    assert!(!accounts.change(&line("in"), &[Change::Begin(&session("ann", 4))]).unwrap());
    assert_eq!(accounts.sweep(at(60), at(9), at(0)).unwrap(), 0);
    assert_eq!(accounts.sweep(at(60), at(10), at(0)).unwrap(), 1, "nobody used it");
    assert_eq!(accounts.sweep(at(60), at(0), at(6)).unwrap(), 5, "the trail grows old");
}

#[test]
fn nobody_reviews_their_own_emergency() {
    let dir = tempfile::tempdir().unwrap();
    let mut accounts = Accounts::open(dir.path()).unwrap();
    let opened = [Change::Emergency("glass", at(5), at(65))];
    assert!(accounts.change(&line("emergency"), &opened).unwrap());
    assert!(!accounts.change(&line("review"), &[Change::Review(1, "glass", at(9))]).unwrap());
    assert!(accounts.change(&line("review"), &[Change::Review(1, "ann", at(9))]).unwrap());
    assert!(!accounts.change(&line("review"), &[Change::Review(1, "bob", at(9))]).unwrap());
    let seen = accounts.emergencies().unwrap();
    assert_eq!(seen[0].reviewed, Some(("ann".to_owned(), at(9))));
}
