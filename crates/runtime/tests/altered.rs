//! A data directory that somebody altered with another program: whatever was changed is found and named.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::{Origin, Timestamp};
use bellwether_ledger::verify::verify;
use bellwether_runtime::log::{check_start, complete, own_trust};
use bellwether_store::{Options, Store, StoreError};
use bellwether_testkit::Dice;
use common::{START, create, signal};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

/// What is said of one directory: places with codes.
fn findings(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let store = match Store::open(dir, &Options::read_only()) {
        Ok(store) => store,
        Err(error) => return vec![format!("store {}", error.code())],
    };
    if let Err(error) = sweep(&store, &mut found) {
        found.push(format!("store {}", error.code()));
    }
    found
}

fn sweep(store: &Store, found: &mut Vec<String>) -> Result<(), StoreError> {
    let epoch = store.epoch()?;
    let keys = store.keys()?;
    match store.last_checkpoint(1)? {
        None => found.push("checkpoint gone".to_owned()),
        Some(kept) => {
            let trust = own_trust(store, &epoch).unwrap();
            let report = verify(&kept.note, &trust, |tile| store.tile(&epoch, tile))?;
            found.extend(report.findings.iter().map(|one| format!("{} {one}", one.code())));
        }
    }
    if let Err(error) = check_start(store, &keys) {
        found.push(format!("start {}", error.code()));
    }
    let told = |pos, what: bellwether_runtime::log::Incomplete| {
        found.push(format!("{pos} {}", what.code()));
    };
    complete(store, told, || {}).map_err(|error| StoreError::Conflict { what: error.to_string() })
}

/// One alteration, said in a sentence, and what a finding about it must name; `None` when the dice hit
/// nothing that could be altered.
fn alter(conn: &Connection, dice: &mut Dice) -> Option<(String, String)> {
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as u64;
    let last = count("SELECT max(pos) FROM journal");
    let pos = dice.below(last) + 1;
    let one = |table: &str, key: &str, dice: &mut Dice| -> Option<i64> {
        let rows = count(&format!("SELECT count(*) FROM {table}"));
        let nth = dice.below(rows.max(1));
        let sql = format!("SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {nth}");
        conn.query_row(&sql, [], |row| row.get(0)).ok()
    };
    let flip = |table: &str, column: &str, key: &str, id: i64, dice: &mut Dice| {
        let sql = format!("SELECT {column} FROM {table} WHERE {key} = {id}");
        let mut bytes: Vec<u8> = conn.query_row(&sql, [], |row| row.get(0)).ok()?;
        let at = dice.below(bytes.len() as u64) as usize;
        *bytes.get_mut(at)? ^= 1 << dice.below(8);
        let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {key} = {id}");
        conn.execute(&sql, [bytes]).unwrap();
        Some(format!("bit flipped in byte {at} of {table}.{column} at {id}"))
    };
    let pos = pos as i64;
    let entry = format!("entry {} ", pos - 1);
    match dice.below(14) {
        0 => Some((flip("journal", "record", "pos", pos, dice)?, entry)),
        1 => Some((flip("journal", "event", "pos", pos, dice)?, format!("{pos} verify-event"))),
        2 => Some((flip("tile", "hashes", "id", one("tile", "id", dice)?, dice)?, "tile/".into())),
        3 => {
            let id = one("evidence", "pos", dice)?;
            let altered = flip("evidence", "body", "pos", id, dice)?;
            Some((altered, format!("{id} verify-no-evidence")))
        }
        4 => {
            let id = one("outbox", "id", dice)?;
            let altered = flip("outbox", "key", "id", id, dice)?;
            Some((altered, format!("{} verify-no-leaf", id >> 8)))
        }
        5 => {
            let altered = flip("checkpoint", "note", "epoch", 1, dice)?;
            Some((altered, "verify-checkpoint".to_owned()))
        }
        6 => {
            let other = dice.below(last) as i64 + 1;
            let read = |pos: i64| -> Vec<u8> {
                let sql = "SELECT record FROM journal WHERE pos = ?1";
                conn.query_row(sql, [pos], |row| row.get(0)).unwrap()
            };
            let (one, two) = (read(pos), read(other));
            for (pos, record) in [(pos, two), (other, one)].into_iter().filter(|_| other != pos) {
                conn.execute("UPDATE journal SET record = ?2 WHERE pos = ?1", (pos, record))
                    .unwrap();
            }
            (other != pos).then_some(())?;
            Some((format!("records {pos} and {other} swapped"), entry))
        }
        7 => {
            let cut =
                "UPDATE journal SET record = substr(record, 1, length(record) - 1) WHERE pos = ?1";
            conn.execute(cut, [pos]).unwrap();
            Some((format!("record {pos} cut"), entry))
        }
        8 => {
            conn.execute("DELETE FROM journal WHERE pos > ?1", [pos - 1]).unwrap();
            Some((format!("journal cut from {pos}"), "log-rolled-back".to_owned()))
        }
        9 => {
            let add = "INSERT INTO journal SELECT max(pos) + 1, stream, seq + 1, event, record FROM journal";
            conn.execute(add, []).unwrap();
            Some(("a row added".to_owned(), format!("{} verify-chain", last + 1)))
        }
        10 => {
            let id = one("outbox", "id", dice)?;
            conn.execute("DELETE FROM outbox WHERE id = ?1", [id]).unwrap();
            Some((format!("effect {id} deleted"), format!("{} verify-no-row", id >> 8)))
        }
        11 => {
            let add =
                "INSERT INTO outbox VALUES ((?1 << 8) + 200, randomblob(32), x'7b7d', 0, 0, 0)";
            conn.execute(add, [pos]).unwrap();
            Some((format!("an effect added at {pos}"), format!("{pos} verify-no-leaf")))
        }
        12 => {
            // The last tile of leaf hashes is a view over records wherever it is not stored.
            let whole =
                "(SELECT id FROM tile WHERE length(hashes) = 8192 OR id >= (1 << 51) + (1 << 47))";
            let id = one(whole, "id", dice)?;
            conn.execute("DELETE FROM tile WHERE id = ?1", [id]).unwrap();
            Some((format!("tile {id} deleted"), "verify-missing tile/".to_owned()))
        }
        _ => {
            let id = one("evidence", "pos", dice)?;
            conn.execute("DELETE FROM evidence WHERE pos = ?1", [id]).unwrap();
            Some((format!("evidence {id} deleted"), format!("{id} verify-no-evidence")))
        }
    }
}

#[test]
fn whatever_is_altered_is_found() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = |secs: i64| Timestamp::from_secs(START + secs);
    let mut driver = create(dir.path());
    for nth in 0..450 {
        let (account, id) = (format!("a{}", nth % 7), format!("t{nth}"));
        let mut raw = signal(&account, &id, "ticket.updated", START + nth);
        raw.case = Some(format!("c{}", nth % 11));
        raw.fields = vec![("urgency".to_owned(), bellwether_core::RawValue::Int(1))];
        let mut chat = raw.clone();
        (chat.kind, chat.id, chat.fields) = ("chat.message".to_owned(), format!("m{nth}"), vec![]);
        driver.take(&raw, Origin::Live, at(nth)).unwrap();
        driver.take(&chat, Origin::Live, at(nth)).unwrap();
    }
    driver.commit().unwrap();
    driver.checkpoint(at(500)).unwrap();
    drop(driver);
    assert_eq!(findings(dir.path()), Vec::<String>::new());
    let full = std::env::var_os("BELLWETHER_FULL").is_some();
    let (rounds, seed) = (if full { 1000 } else { 60 }, 11);
    let mut dice = Dice(seed);
    let mut done = 0;
    while done < rounds {
        for file in ["data.db", "keys.db"] {
            fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
        }
        let conn = Connection::open(copy.path().join("data.db")).unwrap();
        let altered = alter(&conn, &mut dice);
        drop(conn);
        let Some((altered, name)) = altered else { continue };
        let found = findings(copy.path());
        let named = found.iter().any(|one| one.contains(&name));
        assert!(named, "seed {seed}, round {done}: {altered}: `{name}` is not in {found:?}");
        done += 1;
    }
    println!("{done} alterations, seed {seed}: all found and named");
}
