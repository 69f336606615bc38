//! The inbox: what was taken over HTTP or from a mailbox, durable before it is answered, until it is
//! stepped into the journal.
//!
//! - In: sealed deliveries, many in one transaction.
//! - Out: the same in the order in which they came, from a file of its own beside `data.db`, so that
//!   taking in never waits for deciding.
//! - Never: gives a number twice, or forgets a delivery that the journal does not have.

use crate::migrate::migrate;
use crate::open::{Access, connect};
use crate::schema::mark;
use crate::{Store, StoreError, View, rows};
use bellwether_core::{Digest, Timestamp};
use rusqlite::Connection;
use std::path::Path;

/// Its file in a data directory.
pub(crate) const FILE: &str = "inbox.db";
/// Marks the file as ours: the bytes "BlwI".
pub(crate) const ID: i64 = 0x426c_7749;
pub(crate) const TABLES: &[(&str, &str)] = &[("inbox", FIRST)];

const FIRST: &str = "
CREATE TABLE migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
-- signals: how many the sealed delivery holds.
CREATE TABLE inbox (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, signals INTEGER NOT NULL,
    sealed BLOB NOT NULL) STRICT;
-- Deliveries that their senders repeat, by a digest of what tells them apart.
CREATE TABLE seen (once BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);
";

const CACHE_MIB: u32 = 4;

type Result<T> = std::result::Result<T, StoreError>;

/// One delivery that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number; they count up.
    pub seq: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// What it counts among those that wait.
    pub weight: u64,
    /// Its bytes, sealed.
    pub sealed: Vec<u8>,
    /// What tells a repetition of it, where its sender repeats; not given back.
    pub once: Option<Digest>,
}

/// Writes the inbox; one for each data directory, by whoever holds its store.
#[derive(Debug)]
pub struct Inbox {
    conn: Connection,
}

impl Store {
    /// Opens the inbox of this directory, or makes it.
    ///
    /// # Errors
    /// `store-version`, `store-corrupt`, `store-full`, `store-io`.
    pub fn inbox(&self) -> Result<Inbox> {
        let there = self.dir.join(FILE).exists();
        let access = if there { Access::Write } else { Access::Create };
        let mut conn = connect(&self.dir, FILE, access, CACHE_MIB)?;
        migrate(&mut conn, FILE, access, |_| Ok(()))?;
        Ok(Inbox { conn })
    }
}

impl View {
    /// Up to which delivery of the inbox the journal has everything.
    ///
    /// # Errors
    /// `store-io`.
    pub fn inbox_done(&self) -> Result<u64> {
        self.mark(mark::INBOX)
    }
}

impl Inbox {
    /// Opens the inbox of a directory for reading, beside whoever writes it.
    ///
    /// # Errors
    /// `store-missing`, `store-version`, `store-io`.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self> {
        let mut conn = connect(dir.as_ref(), FILE, Access::Read, CACHE_MIB)?;
        migrate(&mut conn, FILE, Access::Read, |_| Ok(()))?;
        Ok(Self { conn })
    }

    /// Keeps deliveries: durable when it returns, or none of them is kept.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put(&mut self, deliveries: &[Delivery]) -> Result<()> {
        let work = self.conn.transaction()?;
        {
            let mut put = work.prepare_cached("INSERT INTO inbox VALUES (?1, ?2, ?3, ?4)")?;
            let mut see = work.prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?;
            for Delivery { seq, at, weight, sealed, once } in deliveries {
                put.execute((seq, at.micros(), weight, sealed))?;
                if let Some(once) = once {
                    see.execute((once.as_bytes(), at.micros()))?;
                }
            }
        }
        Ok(work.commit()?)
    }

    /// Deliveries from a number on, in order, at most so many.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn from(&self, seq: u64, limit: usize) -> Result<Vec<Delivery>> {
        let sql =
            "SELECT seq, at, signals, sealed FROM inbox WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut found = read.query((seq, limit))?;
        let mut deliveries = Vec::new();
        while let Some(row) = found.next()? {
            deliveries.push(Delivery {
                seq: row.get(0)?,
                at: rows::instant(row, 1)?,
                weight: row.get(2)?,
                sealed: rows::blob(row, 3)?.to_vec(),
                once: None,
            });
        }
        Ok(deliveries)
    }

    /// The highest number that waits, and what waits behind `done`, by weight.
    ///
    /// # Errors
    /// `store-io`.
    pub fn waiting(&self, done: u64) -> Result<(u64, u64)> {
        let sql = "SELECT coalesce(max(seq), 0),
            coalesce(sum(CASE WHEN seq > ?1 THEN signals ELSE 0 END), 0) FROM inbox";
        let row = self.conn.query_row(sql, [done], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(row?)
    }

    /// Whether a delivery was taken before.
    ///
    /// # Errors
    /// `store-io`.
    pub fn has_seen(&self, once: Digest) -> Result<bool> {
        let mut read = self.conn.prepare_cached("SELECT 1 FROM seen WHERE once = ?1")?;
        Ok(read.exists([once.as_bytes()])?)
    }

    /// Forgets which deliveries were taken before an instant: nobody repeats them any more.
    ///
    /// # Errors
    /// `store-io`.
    pub fn forget_seen(&mut self, before: Timestamp) -> Result<usize> {
        Ok(self.conn.execute("DELETE FROM seen WHERE at < ?1", [before.micros()])?)
    }

    /// Forgets what the journal has, up to a number. Says how many deliveries that were.
    ///
    /// # Errors
    /// `store-io`.
    pub fn drop_until(&mut self, seq: u64) -> Result<usize> {
        Ok(self.conn.execute("DELETE FROM inbox WHERE seq <= ?1", [seq])?)
    }

    /// Folds the write-ahead log into the file.
    ///
    /// # Errors
    /// `store-io`.
    pub fn fold(&mut self) -> Result<()> {
        Ok(self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
    }
}

#[cfg(test)]
mod tests;
