//! Scenarios of a rollout as tables.

mod back;
mod dying;
mod refused;

use super::*;
use crate::base::{Retrace, Traced};
use crate::embedded::tests::message;
use crate::embedded::{Embedded, Tenancy, read_rules};
use crate::error::DriveError;
use crate::keys::SeededKeys;
use bellwether_core::signal::{AccountHint, RawSignal};
use bellwether_core::{Body, Digest, Origin, Personal, StreamId, Timestamp};
use bellwether_engine::{RuleBook, Rules};
use bellwether_ledger::decode_event;
use bellwether_store::Depth;
use bellwether_testkit::Dice;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// A bundle of one graph: whoever writes more often than `limit` is looked at by a person.
fn rules(version: &str, limit: i64) -> Arc<Rules> {
    let files = [
        (
            "bundle.yaml",
            format!("bundle: b\nversion: {version}\nowner: o\ncurrency: EUR\nmode: enforce\n"),
        ),
        (
            "facts.yaml",
            "facts:\n  seen: {type: int, from: chat.message.n}\nsignals:\n  chat.message: {n: int}\n"
                .to_owned(),
        ),
        (
            "people.yaml",
            "roles: {desk: [dora]}\npeople: {dora: {name: Dora Quint, email: dora@us.example}}\n\
             always: desk\n"
                .to_owned(),
        ),
        (
            "routing/a.yaml",
            format!(
                "graph: g\nsubject: account\nowner: o\nstart: look\nnodes:\n  \
                 look: {{kind: decide, unknown: desk}}\n  \
                 desk: {{kind: human, role: desk, ack: 1h}}\n  none: {{kind: end}}\nrules:\n  \
                 - {{id: r1, from: look, to: desk, when: \"seen > {limit}\"}}\n  \
                 - {{id: r2, from: look, to: none, otherwise: true}}\n"
            ),
        ),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
    Arc::new(Rules::compose(files).unwrap())
}

fn keys() -> Box<SeededKeys> {
    Box::new(SeededKeys(7))
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn driver(dir: &Path, first: &Arc<Rules>) -> Embedded {
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
    Embedded::create(dir, keys(), &tenancy, Arc::clone(first), at(1_000)).unwrap()
}

fn wanted(rules: &Arc<Rules>, mode: Mode, by: &str, four_eyes: bool) -> Proposal {
    let (rules, by, reason) = (Arc::clone(rules), by.to_owned(), "a test".to_owned());
    Proposal { rules, mode, by, account: None, reason, approved: None, four_eyes }
}

/// Somebody agrees.
fn agreed(rules: &Arc<Rules>, mode: Mode, by: &'static str) -> Approval<'static> {
    Approval { rules: rules.digest(), mode, given: None, by, account: None, reason: "fine" }
}

fn told(account: u64, n: i64, secs: i64) -> RawSignal {
    let mut raw = message(n, secs);
    raw.id = format!("m{account}-{secs}");
    raw.account = vec![AccountHint::Domain(Personal::new(format!("a{account}.example")))];
    raw
}

/// Versions in words: what stands where, who said so, and what decides.
fn status(driver: &Embedded, names: &[(&str, &Arc<Rules>)]) -> String {
    let rollout = driver.rollout().unwrap();
    let name = |digest: Digest| {
        names.iter().find(|(_, rules)| rules.digest() == digest).map_or("?", |(name, _)| name)
    };
    let mut text = String::new();
    for version in rollout.versions() {
        let by =
            |said: &Option<Said>| said.as_ref().map_or("-", |said| said.by.as_str()).to_owned();
        let (proposed, approved) = (by(&version.proposed), by(&version.approved));
        let waits = version.waits.map(|mode| format!(", waits for {mode}")).unwrap_or_default();
        let (name, state) = (name(version.rules), version.state);
        let _ = writeln!(text, "{name}: {state}{waits} ({proposed}, {approved})");
    }
    assert_eq!(rollout.active(), Some(driver.rules().digest()));
    let canary = driver.canary_rules().map(|rules| rules.digest());
    assert_eq!(rollout.canary().map(|(canary, ..)| canary), canary);
    text
}

#[derive(Clone, Copy)]
enum Do {
    Propose(&'static str, Mode, &'static str),
    Approve(&'static str, &'static str),
    Back(Option<&'static str>),
    Withdraw(&'static str),
}

/// Does one thing after the other under four eyes, each in its own transaction; the directory is opened
/// again after each.
fn played(steps: &[Do]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let all =
        [("old", "1.0.0", 5), ("new", "1.1.0", 3), ("third", "1.2.0", 2), ("aged", "0.9.0", 9)];
    let all = all.map(|(name, version, limit)| (name, rules(version, limit)));
    let named = |name: &str| &all.iter().find(|(known, _)| *known == name).unwrap().1;
    let names: Vec<_> = all.iter().map(|(name, rules)| (*name, rules)).collect();
    let mut world = driver(dir.path(), named("old"));
    let mut text = String::new();
    for (nth, step) in (2_000..).zip(steps) {
        let now = at(nth);
        let done = match *step {
            Do::Propose(name, mode, by) => {
                world.propose(&wanted(named(name), mode, by, true), now).map(drop)
            }
            Do::Approve(name, by) => {
                let rollout = world.rollout().unwrap();
                let waits = rollout.version(named(name).digest()).and_then(|one| one.waits);
                let mode = waits.unwrap_or(Mode::Enforce);
                world.approve(&agreed(named(name), mode, by), now).map(drop)
            }
            Do::Back(to) => {
                world.roll_back(to.map(|to| named(to).digest()), ("kim", "bad"), now).map(drop)
            }
            Do::Withdraw(name) => world.withdraw(named(name).digest(), ("kim", "no"), now),
        };
        match done {
            Ok(()) => world.commit().unwrap(),
            Err(error) => {
                world.drop_batch();
                let _ = writeln!(text, "refused: {}", error.code());
            }
        }
        let before = status(&world, &names);
        drop(world);
        world = Embedded::open(dir.path(), keys()).unwrap();
        assert_eq!(status(&world, &names), before, "a restart changes nothing");
    }
    assert_replays(&world);
    text + &status(&world, &names)
}

fn assert_replays(driver: &Embedded) {
    let store = driver.store();
    let book = read_rules(store).unwrap();
    let mut retrace = Retrace::new(store, &book);
    store
        .scan(1, |row| {
            assert!(matches!(retrace.check(row), Ok(Traced::Same(_))), "position {}", row.pos);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(driver.frozen().count(), 0);
    assert_eq!(store.integrity(Depth::Full).unwrap(), [""; 0]);
}

#[test]
fn proposals_need_who_they_need() {
    use Do::{Approve, Propose};
    let all = Mode::Enforce;
    let cases: [(&str, &[Do], &str); 6] = [
        (
            "two people",
            &[Propose("new", all, "ann"), Approve("new", "bob")],
            "old: was in force (-, -)\nnew: in force (ann, bob)\n",
        ),
        (
            "one person waits",
            &[Propose("new", all, "ann")],
            "old: in force (-, -)\nnew: proposed, waits for enforce (ann, -)\n",
        ),
        (
            "the same person twice",
            &[Propose("new", all, "ann"), Approve("new", "ann")],
            "refused: rollout-same-person\nold: in force (-, -)\nnew: proposed, waits for enforce (ann, -)\n",
        ),
        (
            "an older version",
            &[Propose("aged", all, "ann")],
            "refused: rollout-downgrade\nold: in force (-, -)\n",
        ),
        (
            "a shadow waits for nobody",
            &[Propose("new", Mode::Shadow, "ann")],
            "old: in force (-, -)\nnew: shadow (ann, -)\n",
        ),
        (
            "nothing to approve",
            &[Approve("new", "bob")],
            "refused: rollout-unknown\nold: in force (-, -)\n",
        ),
    ];
    for (name, steps, expected) in cases {
        assert_eq!(played(steps), expected, "{name}");
    }
}

#[test]
fn canaries_grow_and_there_is_a_way_back() {
    use Do::{Approve, Back, Propose, Withdraw};
    let (canary, all) = (Mode::Canary(10), Mode::Enforce);
    let cases: [(&str, &[Do], &str); 6] = [
        (
            "a canary that grows",
            &[
                Propose("new", canary, "ann"),
                Approve("new", "bob"),
                Propose("new", Mode::Canary(50), "bob"),
                Approve("new", "ann"),
            ],
            "old: in force (-, -)\nnew: canary 50 % (bob, ann)\n",
        ),
        (
            "a canary that is enforced",
            &[
                Propose("new", canary, "ann"),
                Approve("new", "bob"),
                Propose("new", all, "ann"),
                Approve("new", "bob"),
            ],
            "old: was in force (-, -)\nnew: in force (ann, bob)\n",
        ),
        (
            "going back ends a canary",
            &[Propose("new", canary, "ann"), Approve("new", "bob"), Back(None)],
            "old: in force (-, -)\nnew: withdrawn (ann, bob)\n",
        ),
        (
            "going back",
            &[
                Propose("new", all, "ann"),
                Approve("new", "bob"),
                Back(None),
                Back(Some("new")),
                Back(Some("new")),
            ],
            "refused: rollout-already\nold: was in force (-, -)\nnew: in force (ann, bob)\n",
        ),
        (
            "only to what was in force",
            &[Back(None), Propose("new", Mode::Shadow, "ann"), Back(Some("new"))],
            "refused: rollout-never-in-force\nrefused: rollout-never-in-force\nold: in force (-, -)\nnew: shadow (ann, -)\n",
        ),
        (
            "taken back",
            &[Propose("new", all, "ann"), Withdraw("new"), Approve("new", "bob"), Withdraw("old")],
            "refused: rollout-not-proposed\nrefused: rollout-nothing-to-end\nold: in force (-, -)\nnew: withdrawn (ann, -)\n",
        ),
    ];
    for (name, steps, expected) in cases {
        assert_eq!(played(steps), expected, "{name}");
    }
}

/// The rules that the newest record of each account names.
fn decided_by(driver: &Embedded) -> std::collections::BTreeMap<StreamId, Digest> {
    let mut found = std::collections::BTreeMap::new();
    driver
        .store()
        .scan(1, |row| {
            let event = decode_event(row.event).unwrap();
            if matches!(event.body, Body::Signal(_)) {
                found.insert(row.stream, event.rules);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

#[test]
fn a_canary_decides_for_its_accounts_and_no_others() {
    const ACCOUNTS: u64 = 300;
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (rules("1.0.0", 5), rules("1.1.0", 3));
    let mut world = driver(dir.path(), &old);
    let mut secs = 2_000;
    let mut before = std::collections::BTreeSet::new();
    for percent in [20, 60] {
        let (asked, started) = (wanted(&new, Mode::Canary(percent), "ann", false), secs);
        assert_eq!(
            world.propose(&asked, at(started)).unwrap(),
            Stands::Begun(Mode::Canary(percent))
        );
        world.commit().unwrap();
        drop(world);
        world = Embedded::open(dir.path(), keys()).unwrap();
        for account in 0..ACCOUNTS {
            secs += 1;
            world.take(&told(account, 4, secs), Origin::Live, at(secs)).unwrap();
        }
        world.commit().unwrap();
        let chosen: std::collections::BTreeSet<StreamId> = decided_by(&world)
            .into_iter()
            .filter(|(_, rules)| *rules == new.digest())
            .map(|(stream, _)| stream)
            .collect();
        assert!(chosen.iter().all(|stream| world.rules_of(*stream) == new.digest()));
        assert!(before.is_subset(&chosen), "raising the share only adds accounts");
        let (share, p) = (chosen.len() as f64, f64::from(percent) / 100.0);
        let limit = 5.0 * (ACCOUNTS as f64 * p * (1.0 - p)).sqrt();
        assert!((share - ACCOUNTS as f64 * p).abs() <= limit, "{percent} %: {share}");
        before = chosen;
    }
    world.roll_back(None, ("kim", "bad"), at(secs + 1)).unwrap();
    world.commit().unwrap();
    assert!(before.iter().all(|stream| world.rules_of(*stream) == old.digest()));
    assert_replays(&world);
}

#[test]
fn a_shadow_counts_what_replay_counts_wherever_it_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (rules("1.0.0", 5), rules("1.1.0", 3));
    let mut driver = driver(dir.path(), &old);
    driver.propose(&wanted(&new, Mode::Shadow, "ann", false), at(1_500)).unwrap();
    let mut dice = Dice(11);
    for nth in 0..400 {
        let (account, n) = (dice.below(40), dice.below(8) as i64);
        driver.take(&told(account, n, 2_000 + nth), Origin::Live, at(2_000 + nth)).unwrap();
    }
    driver.commit().unwrap();
    let records = driver.store().last_pos().unwrap();
    let book = read_rules(driver.store()).unwrap();
    let stand_in = book.with_stand_in(&new);
    let replayed = replayed(driver.store(), &stand_in);
    let mut whole = shadow::Beside::new(driver.store(), &book, &stand_in, Arc::clone(&new));
    whole.follow(|| true).unwrap();
    let found = whole.found();
    assert_eq!((found.records.equal, found.records.differ), replayed);
    assert_eq!(found.records.equal + found.records.differ, records);
    assert!(found.decisions.differ > 0 && found.decisions.equal > 0, "{found:?}");
    assert!(found.newly() > 0 && found.no_longer() == 0, "a lower limit asks about more");
    assert_eq!(found.examples.first().unwrap().tried.first().unwrap(), "r1");
    // A few rows at a time come to the same.
    let mut parts = shadow::Beside::new(driver.store(), &book, &stand_in, Arc::clone(&new));
    while parts.pos() < records {
        let mut left = dice.below(50) + 1;
        parts
            .follow(|| {
                left -= 1;
                left > 0
            })
            .unwrap();
    }
    assert_eq!(parts.found(), found);
    assert_eq!(driver.store().last_pos().unwrap(), records, "nothing was written");
}

fn replayed(view: &bellwether_store::View, book: &RuleBook) -> (u64, u64) {
    let (mut retrace, mut equal, mut differ) = (Retrace::new(view, book), 0, 0);
    view.scan(1, |row| {
        match retrace.check(row) {
            Ok(_) => equal += 1,
            Err(_) => differ += 1,
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    (equal, differ)
}
