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

/// An alteration, said in a sentence, and what a finding about it must name.
type Altered = (String, String);

/// Somebody with another program.
struct Hand<'c>(&'c Connection);

impl Hand<'_> {
    fn number(&self, sql: &str) -> i64 {
        self.0.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn record(&self, pos: i64) -> Vec<u8> {
        let sql = "SELECT record FROM journal WHERE pos = ?1";
        self.0.query_row(sql, [pos], |row| row.get(0)).unwrap()
    }

    /// The key of some row.
    fn one(&self, table: &str, key: &str, dice: &mut Dice) -> Option<i64> {
        let rows = self.number(&format!("SELECT count(*) FROM {table}"));
        let nth = dice.below(rows.max(1) as u64);
        let sql = format!("SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {nth}");
        self.0.query_row(&sql, [], |row| row.get(0)).ok()
    }

    fn flip(&self, place: [&str; 3], id: i64, dice: &mut Dice) -> Option<String> {
        let [table, column, key] = place;
        let sql = format!("SELECT {column} FROM {table} WHERE {key} = {id}");
        let mut bytes: Vec<u8> = self.0.query_row(&sql, [], |row| row.get(0)).ok()?;
        let at = dice.below(bytes.len() as u64) as usize;
        *bytes.get_mut(at)? ^= 1 << dice.below(8);
        let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {key} = {id}");
        self.0.execute(&sql, [bytes]).unwrap();
        Some(format!("bit flipped in byte {at} of {table}.{column} at {id}"))
    }

    fn delete(&self, table: &str, key: &str, id: i64) -> String {
        let sql = format!("DELETE FROM {table} WHERE {key} = ?1");
        assert_eq!(self.0.execute(&sql, [id]).unwrap(), 1);
        format!("{table} {id} deleted")
    }

    /// Alters something; `None` when the dice hit nothing that could be altered.
    fn alter(&self, dice: &mut Dice) -> Option<Altered> {
        let pos = dice.below(self.number("SELECT max(pos) FROM journal") as u64) as i64 + 1;
        match dice.below(17) {
            kind @ 0..6 => self.alter_bytes(kind, pos, dice),
            kind => self.alter_rows(kind, pos, dice),
        }
    }

    fn alter_bytes(&self, kind: u64, pos: i64, dice: &mut Dice) -> Option<Altered> {
        let (table, column, key, id) = match kind {
            0 => ("journal", "record", "pos", pos),
            1 => ("journal", "event", "pos", pos),
            2 => ("tile", "hashes", "id", self.one("tile", "id", dice)?),
            3 => ("evidence", "body", "pos", self.one("evidence", "pos", dice)?),
            4 => ("outbox", "key", "id", self.one("outbox", "id", dice)?),
            _ => ("checkpoint", "note", "epoch", 1),
        };
        let name = match column {
            "record" => format!("entry {} ", pos - 1),
            "event" => format!("{pos} verify-event"),
            "hashes" => "tile/".to_owned(),
            "body" => format!("{id} verify-no-evidence"),
            "key" => format!("{} verify-no-leaf", id >> 8),
            _ => "verify-checkpoint".to_owned(),
        };
        Some((self.flip([table, column, key], id, dice)?, name))
    }

    fn alter_rows(&self, kind: u64, pos: i64, dice: &mut Dice) -> Option<Altered> {
        let last = self.number("SELECT max(pos) FROM journal");
        let run = |sql: &str, pos: i64| assert!(self.0.execute(sql, [pos]).unwrap() > 0, "{sql}");
        Some(match kind {
            6 => {
                let other = dice.below(last as u64) as i64 + 1;
                (other != pos).then_some(())?;
                let sql = "UPDATE journal SET record = ?2 WHERE pos = ?1";
                for (pos, record) in [(pos, self.record(other)), (other, self.record(pos))] {
                    self.0.execute(sql, (pos, record)).unwrap();
                }
                (format!("records {pos} and {other} swapped"), format!("entry {} ", pos - 1))
            }
            7 => {
                run("UPDATE journal SET record = substr(record, 2) WHERE pos = ?1", pos);
                (format!("record {pos} cut"), format!("entry {} ", pos - 1))
            }
            8 => {
                run("DELETE FROM journal WHERE pos >= ?1", pos);
                (format!("journal cut from {pos}"), "log-rolled-back".to_owned())
            }
            9 => {
                let add =
                    "INSERT INTO journal SELECT ?1, stream, seq + 1, event, record FROM journal
                           WHERE pos = ?1 - 1";
                run(add, last + 1);
                ("a row added".to_owned(), format!("{} verify-chain", last + 1))
            }
            10 => {
                let id = self.one("outbox", "id", dice)?;
                (self.delete("outbox", "id", id), format!("{} verify-no-row", id >> 8))
            }
            11 => {
                let row = "VALUES ((?1 << 8) + 200, randomblob(32), x'7b7d', 0, 0, 0, '', 0, '')";
                run(&format!("INSERT INTO outbox {row}"), pos);
                (format!("an effect added at {pos}"), format!("{pos} verify-no-leaf"))
            }
            12 => {
                // The last tile of leaf hashes is a view over records wherever it is not stored.
                let whole = "(SELECT id FROM tile WHERE length(hashes) = 8192 OR id >= 17 << 47)";
                let id = self.one(whole, "id", dice)?;
                (self.delete("tile", "id", id), "verify-missing tile/".to_owned())
            }
            13 => {
                run("UPDATE journal SET event = x'' WHERE pos = ?1", pos);
                (format!("event {pos} emptied"), format!("{pos} verify-event"))
            }
            14 => {
                let id = self.one("outbox", "id", dice)?;
                let sql = "UPDATE outbox SET body = CAST(replace(CAST(body AS TEXT), '-1', '-2') AS BLOB) WHERE id = ?1";
                run(sql, id);
                (format!("another person in effect {id}"), format!("{} verify-effect", id >> 8))
            }
            15 => {
                run(
                    "INSERT INTO outbox VALUES ((?1 + 7) << 8, randomblob(32), x'7b7d', 0, 0, 0, '', 0, '')",
                    last,
                );
                ("an effect of tomorrow".to_owned(), format!("{} verify-no-leaf", last + 7))
            }
            _ => {
                let id = self.one("evidence", "pos", dice)?;
                (self.delete("evidence", "pos", id), format!("{id} verify-no-evidence"))
            }
        })
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
        let altered = Hand(&conn).alter(&mut dice);
        drop(conn);
        let Some((altered, name)) = altered else { continue };
        let found = findings(copy.path());
        let named = found.iter().any(|one| one.contains(&name));
        assert!(named, "seed {seed}, round {done}: {altered}: `{name}` is not in {found:?}");
        done += 1;
    }
    println!("{done} alterations, seed {seed}: all found and named");
}
