//! Trees go forward, evidence is bounded, and an earlier version's file is understood.

use super::*;
use std::sync::Barrier;
use tempfile::TempDir;

const ORIGIN: &str = "example.org/log";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn tree(size: u64) -> Cosigned {
    let root = Digest::of(&size.to_be_bytes());
    let note = format!("note {size}").into_bytes();
    Cosigned { origin: ORIGIN.to_owned(), size, root, note, at: at(size as i64) }
}

fn fresh() -> (TempDir, WitnessState) {
    let dir = tempfile::tempdir().unwrap();
    let state = WitnessState::create(dir.path(), "w+0+key", at(1)).unwrap();
    (dir, state)
}

fn seen(size: u64) -> Option<(u64, Digest)> {
    Some((size, tree(size).root))
}

#[test]
fn a_tree_is_replaced_only_where_it_was_seen() {
    let (dir, mut state) = fresh();
    assert_eq!(state.cosigned(ORIGIN).unwrap(), None);
    for (seen, new, replaced) in [
        (seen(3), 5, false),
        (None, 5, true),
        (None, 6, false),
        (seen(4), 6, false),
        (Some((5, tree(4).root)), 6, false),
        (seen(5), 4, false),
        (seen(5), 5, true),
        (seen(5), 9, true),
        (seen(5), 10, false),
    ] {
        let before = state.cosigned(ORIGIN).unwrap();
        assert_eq!(state.replace(seen, &tree(new)).unwrap(), replaced, "{seen:?} to {new}");
        let expected = if replaced { Some(tree(new)) } else { before };
        assert_eq!(state.cosigned(ORIGIN).unwrap(), expected, "{seen:?} to {new}");
    }
    drop(state);
    let again = WitnessState::open(dir.path(), true).unwrap();
    assert_eq!(
        (again.cosigned(ORIGIN).unwrap(), again.vkey().unwrap().as_str()),
        (Some(tree(9)), "w+0+key")
    );
    let twice = WitnessState::create(dir.path(), "w", at(1)).unwrap_err();
    assert_eq!(twice.code(), "store-exists");
}

#[test]
fn of_those_who_saw_the_same_tree_one_replaces_it() {
    let (dir, mut state) = fresh();
    assert!(state.replace(None, &tree(1)).unwrap());
    for round in 1u64..=20 {
        let barrier = Barrier::new(4);
        let won: Vec<bool> = std::thread::scope(|scope| {
            let ask = |new: u64| {
                let (barrier, dir) = (&barrier, dir.path());
                scope.spawn(move || {
                    let mut own = WitnessState::open(dir, false).unwrap();
                    barrier.wait();
                    own.replace(seen(round), &Cosigned { note: vec![new as u8], ..tree(round + 1) })
                        .unwrap()
                })
            };
            let all: Vec<_> = (0..4).map(ask).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "round {round}");
        let winner = won.iter().position(|won| *won).unwrap() as u8;
        assert_eq!(state.cosigned(ORIGIN).unwrap().unwrap().note, [winner]);
    }
}

#[test]
fn trust_comes_and_goes_and_the_tree_stays() {
    let (_dir, mut state) = fresh();
    for key in ["b", "a", "b"] {
        state.trust(ORIGIN, key, at(2)).unwrap();
    }
    assert_eq!(state.log_keys(ORIGIN).unwrap(), ["a", "b"]);
    assert!(state.log_keys("other").unwrap().is_empty());
    assert!(state.replace(None, &tree(7)).unwrap());
    assert_eq!(
        [state.distrust(ORIGIN, "a"), state.distrust(ORIGIN, "a")].map(Result::unwrap),
        [true, false]
    );
    assert!(state.distrust(ORIGIN, "b").unwrap());
    assert_eq!(state.origins().unwrap(), [ORIGIN]);
    assert_eq!(state.cosigned(ORIGIN).unwrap(), Some(tree(7)));
}

fn fork(size: u64) -> Fork {
    Fork { tree: tree(size), cosigned: b"known".to_vec() }
}

#[test]
fn the_newest_forks_are_kept_once_and_the_rest_is_counted() {
    let (_dir, mut state) = fresh();
    let other = Fork { tree: Cosigned { origin: "other".to_owned(), ..tree(3) }, ..fork(3) };
    state.keep_fork(&other).unwrap();
    for size in 0..150 {
        state.keep_fork(&fork(size)).unwrap();
        state.keep_fork(&fork(size)).unwrap();
        state.count_refused(ORIGIN, "old", at(200 - size as i64)).unwrap();
    }
    state.count_refused(ORIGIN, "new", at(7)).unwrap();
    let expected: Vec<_> = std::iter::once(other).chain((50..150).map(fork)).collect();
    assert_eq!(state.forks().unwrap(), expected);
    let refused = |code: &str, times, newest| Refused {
        origin: ORIGIN.to_owned(),
        code: code.to_owned(),
        times,
        newest: at(newest),
    };
    assert_eq!(state.refused().unwrap(), [refused("new", 1, 7), refused("old", 150, 200)]);
}

#[test]
fn of_an_earlier_versions_evidence_forks_stay_and_the_rest_is_counted() {
    let (dir, state) = fresh();
    let old = "DROP TABLE fork; DROP TABLE count; DELETE FROM migration WHERE version = 2;
         CREATE TABLE refused (id INTEGER PRIMARY KEY, origin TEXT NOT NULL, code TEXT NOT NULL,
             size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
             cosigned BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
         PRAGMA user_version = 1;";
    state.conn.execute_batch(old).unwrap();
    for (code, size, cosigned) in [
        ("witness-fork", 4, "known"),
        ("witness-fork", 0, ""),
        ("witness-rollback", 3, "known"),
        ("witness-rollback", 2, "known"),
    ] {
        let Cosigned { origin, size, root, note, at } = tree(size);
        let sql = "INSERT INTO refused VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (root, cosigned, at) = (root.as_bytes(), cosigned.as_bytes(), at.micros());
        let values = (origin, code, size, root, note, cosigned, at);
        state.conn.execute(sql, values).unwrap();
    }
    drop(state);
    let again = WitnessState::open(dir.path(), true).unwrap();
    assert_eq!(again.forks().unwrap(), [fork(4)]);
    let refused = again.refused().unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].times, refused[0].newest), (2, at(3)));
}
