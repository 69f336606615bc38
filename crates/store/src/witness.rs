//! A witness's memory: the logs it co-signs for, the newest tree of each, forks, and what it refused.
//!
//! - In: trees to put in the place of the one that was read; pairs of signed notes to keep as evidence.
//! - Out: the same, from a file of its own in a folder of its own, usually on another machine.
//! - Never: goes back. A tree is replaced only in one durable step that compares what is there with
//!   what the caller saw; a log's tree outlives the trust in its keys. Evidence makes no room for
//!   anything that somebody without the log's key could send.

use crate::migrate::{is_older, migrate};
use crate::open::{Access, connect};
use crate::{StoreError, rows};
use bellwether_core::{Digest, Timestamp};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;

pub(crate) const FILE: &str = "witness.db";
/// Marks the file as ours: the bytes "BlwW".
pub(crate) const ID: i64 = 0x426c_7757;
pub(crate) const TABLES: &[(&str, &str)] = &[("witness", FIRST), ("forks", FORKS)];

const FIRST: &str = "
CREATE TABLE migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE self (vkey TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE log_key (origin TEXT NOT NULL, vkey TEXT NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY (origin, vkey)) STRICT, WITHOUT ROWID;
CREATE TABLE tree (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL,
    note BLOB NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE refused (id INTEGER PRIMARY KEY, origin TEXT NOT NULL, code TEXT NOT NULL,
    size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, cosigned BLOB NOT NULL,
    at INTEGER NOT NULL, UNIQUE (origin, code, size, root)) STRICT;
";

/// Only two notes of one size prove anything. What anybody could have sent again is counted.
const FORKS: &str = "
CREATE TABLE fork (id INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL,
    root BLOB NOT NULL, note BLOB NOT NULL, cosigned BLOB NOT NULL, at INTEGER NOT NULL,
    UNIQUE (origin, size, root)) STRICT;
INSERT INTO fork (origin, size, root, note, cosigned, at)
    SELECT origin, size, root, note, cosigned, at FROM refused
    WHERE code = 'witness-fork' AND length(cosigned) > 0 ORDER BY id;
CREATE TABLE count (origin TEXT NOT NULL, code TEXT NOT NULL, times INTEGER NOT NULL,
    newest INTEGER NOT NULL, PRIMARY KEY (origin, code)) STRICT, WITHOUT ROWID;
INSERT INTO count SELECT origin, code, count(*), max(at) FROM refused
    WHERE code <> 'witness-fork' GROUP BY origin, code;
DROP TABLE refused;
";

/// Forks kept for one log, the newest.
const MOST_FORKS: u64 = 100;

const CACHE_MIB: u32 = 1;

type Result<T> = std::result::Result<T, StoreError>;

/// A tree that was co-signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The log.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The checkpoint as the log signed it.
    pub note: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

/// A log that contradicted itself: two notes that its own keys signed, of one size with two roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The tree that was refused.
    pub tree: Cosigned,
    /// The note that was co-signed before it.
    pub cosigned: Vec<u8>,
}

/// How often checkpoints of a log were refused that prove nothing: anybody may have sent them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The log.
    pub origin: String,
    /// Why: an error code.
    pub code: String,
    /// How often.
    pub times: u64,
    /// When last.
    pub newest: Timestamp,
}

/// The state of a witness. Several connections and processes may use it; they take turns.
#[derive(Debug)]
pub struct WitnessState {
    conn: Connection,
}

impl WitnessState {
    /// Creates the state of a new witness, in a folder that exists.
    ///
    /// # Errors
    /// `store-exists`, `store-read-only`, `store-io`.
    pub fn create(dir: impl AsRef<Path>, vkey: &str, at: Timestamp) -> Result<Self> {
        let mut conn = connect(dir.as_ref(), FILE, Access::Create, CACHE_MIB)?;
        migrate(&mut conn, FILE, Access::Create, |conn| {
            conn.execute("INSERT INTO self VALUES (?1, ?2)", (vkey, at.micros()))?;
            Ok(())
        })?;
        Ok(Self { conn })
    }

    /// Opens the state of a witness. One that an earlier version wrote is brought to this version, also
    /// for whoever only reads.
    ///
    /// # Errors
    /// `store-missing`, `store-version`, `store-corrupt`, `store-io`.
    pub fn open(dir: impl AsRef<Path>, read_only: bool) -> Result<Self> {
        if read_only && is_older(dir.as_ref(), FILE)? {
            Self::open(dir.as_ref(), false)?;
        }
        let access = if read_only { Access::Read } else { Access::Write };
        let mut conn = connect(dir.as_ref(), FILE, access, CACHE_MIB)?;
        migrate(&mut conn, FILE, access, |_| Ok(()))?;
        Ok(Self { conn })
    }

    /// The witness's own verifier key.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn vkey(&self) -> Result<String> {
        let found = self.conn.query_row("SELECT vkey FROM self", [], |row| row.get(0));
        let missing = || StoreError::corrupt("the witness's own key is missing");
        found.optional()?.ok_or_else(missing)
    }

    /// Co-signs for a log from now on, by this key of it; several keys of one log may be trusted.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn trust(&mut self, origin: &str, vkey: &str, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO log_key VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.conn.execute(sql, (origin, vkey, at.micros()))?;
        Ok(())
    }

    /// No longer believes a key; its log's tree stays. Says whether it was believed.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn distrust(&mut self, origin: &str, vkey: &str) -> Result<bool> {
        let sql = "DELETE FROM log_key WHERE origin = ?1 AND vkey = ?2";
        Ok(self.conn.execute(sql, (origin, vkey))? > 0)
    }

    /// The keys of a log that are believed; none for an unknown one.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn log_keys(&self, origin: &str) -> Result<Vec<String>> {
        let sql = "SELECT vkey FROM log_key WHERE origin = ?1 ORDER BY since, vkey";
        let mut read = self.conn.prepare_cached(sql)?;
        let keys = read.query_map([origin], |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// Every log that is or was known, by its origin.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn origins(&self) -> Result<Vec<String>> {
        let sql = "SELECT origin FROM log_key UNION SELECT origin FROM tree ORDER BY 1";
        let mut read = self.conn.prepare_cached(sql)?;
        let origins = read.query_map([], |row| row.get(0))?;
        Ok(origins.collect::<rusqlite::Result<_>>()?)
    }

    /// The tree of a log that was co-signed last.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn cosigned(&self, origin: &str) -> Result<Option<Cosigned>> {
        let sql = "SELECT size, root, note, at FROM tree WHERE origin = ?1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([origin])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Cosigned {
            origin: origin.to_owned(),
            size: row.get(0)?,
            root: rows::digest(row, 1)?,
            note: rows::blob(row, 2)?.to_vec(),
            at: rows::instant(row, 3)?,
        }))
    }

    /// Puts a tree in the place of the one that the caller `seen`, durable on return. `false` when
    /// another one stands there by now: then nothing is changed, and nothing may be signed.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn replace(&mut self, seen: Option<(u64, Digest)>, new: &Cosigned) -> Result<bool> {
        let Cosigned { origin, size, root, note, at } = new;
        let (root, at) = (root.as_bytes(), at.micros());
        let changed = match seen {
            None => {
                let sql = "INSERT INTO tree VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
                self.conn.prepare_cached(sql)?.execute((origin, size, root, note, at))?
            }
            Some((seen, seen_root)) => {
                let sql = "UPDATE tree SET size = ?2, root = ?3, note = ?4, at = ?5
                     WHERE origin = ?1 AND size = ?6 AND root = ?7 AND ?2 >= size";
                let values = (origin, size, root, note, at, seen, seen_root.as_bytes());
                self.conn.prepare_cached(sql)?.execute(values)?
            }
        };
        Ok(changed == 1)
    }

    /// Keeps a fork as evidence, each once; of a log's forks the newest hundred.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn keep_fork(&mut self, fork: &Fork) -> Result<()> {
        let Fork { tree: Cosigned { origin, size, root, note, at }, cosigned } = fork;
        let change = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let keep = "INSERT INTO fork (origin, size, root, note, cosigned, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
        change.execute(keep, (origin, size, root.as_bytes(), note, cosigned, at.micros()))?;
        let oldest = "DELETE FROM fork WHERE origin = ?1 AND id NOT IN
             (SELECT id FROM fork WHERE origin = ?1 ORDER BY id DESC LIMIT ?2)";
        change.execute(oldest, (origin, MOST_FORKS))?;
        Ok(change.commit()?)
    }

    /// Counts a checkpoint that was refused and proves nothing.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn count_refused(&mut self, origin: &str, code: &str, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO count VALUES (?1, ?2, 1, ?3) ON CONFLICT DO UPDATE
             SET times = times + 1, newest = max(newest, excluded.newest)";
        self.conn.prepare_cached(sql)?.execute((origin, code, at.micros()))?;
        Ok(())
    }

    /// The forks that are kept, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn forks(&self) -> Result<Vec<Fork>> {
        let sql = "SELECT origin, size, root, note, cosigned, at FROM fork ORDER BY id";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let tree = Cosigned {
                origin: row.get(0)?,
                size: row.get(1)?,
                root: rows::digest(row, 2)?,
                note: rows::blob(row, 3)?.to_vec(),
                at: rows::instant(row, 5)?,
            };
            found.push(Fork { tree, cosigned: rows::blob(row, 4)?.to_vec() });
        }
        Ok(found)
    }

    /// What else was refused, by log and reason.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn refused(&self) -> Result<Vec<Refused>> {
        let sql = "SELECT origin, code, times, newest FROM count ORDER BY origin, code";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (origin, code, times) = (row.get(0)?, row.get(1)?, row.get(2)?);
            found.push(Refused { origin, code, times, newest: rows::instant(row, 3)? });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
