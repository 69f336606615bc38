//! What came in and could not be used: quarantined rows, and counts by name.

use crate::rows::{self, blob};
use crate::{Store, StoreError, View};
use bellwether_core::Timestamp;
use rusqlite::{Connection, Row};

type Result<T> = std::result::Result<T, StoreError>;

/// How many names a family of counts keeps; the rest are counted together, so that a sender who
/// makes up names cannot fill the disk.
const MOST_NAMES: u64 = 1000;

/// The name under which all names beyond the first thousand are counted.
const OTHERS: &str = "(others)";

/// Something that was refused, sealed, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The problem's code.
    pub code: String,
    /// Where it stood: file, line and column, or the path of a request. No personal data.
    pub place: String,
    /// What is wrong, in a sentence without a word of it.
    pub reason: String,
    /// Which mapping read it.
    pub source: String,
    /// The import that read it.
    pub import: Option<u64>,
    /// When it was refused.
    pub at: Timestamp,
    /// The key slot it is sealed under.
    pub subject: u64,
    /// What was sent, sealed.
    pub sealed: Vec<u8>,
}

/// One more of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What is counted: `refused`, `unknown_kind`, ...
    pub family: &'static str,
    /// Which one: a problem's code, the name of a kind. No personal data.
    pub name: String,
    /// How many more.
    pub by: u64,
}

/// A count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tallied {
    /// Which one.
    pub name: String,
    /// How many there were.
    pub count: u64,
    /// When the first was counted.
    pub first_at: Timestamp,
    /// When the last was counted.
    pub last_at: Timestamp,
}

pub(crate) fn put_quarantine(conn: &Connection, rows: &[Quarantined]) -> Result<()> {
    for Quarantined { code, place, reason, source, import, at, subject, sealed } in rows {
        let sql = "INSERT INTO quarantine VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let row = (code, place, source, import, at.micros(), subject, sealed, reason);
        conn.prepare_cached(sql)?.execute(row)?;
    }
    Ok(())
}

pub(crate) fn put_tallies(conn: &Connection, at: Timestamp, tallies: &[Tally]) -> Result<()> {
    for Tally { family, name, by } in tallies {
        let mut raise = conn.prepare_cached(
            "UPDATE tally SET count = count + ?3, last_at = max(last_at, ?4)
             WHERE family = ?1 AND name = ?2",
        )?;
        if raise.execute((family, name, by, at.micros()))? > 0 {
            continue;
        }
        let mut count = conn.prepare_cached("SELECT count(*) FROM tally WHERE family = ?1")?;
        let names: u64 = count.query_row([family], |row| row.get(0))?;
        let name = if names < MOST_NAMES { name } else { OTHERS };
        let mut put = conn.prepare_cached(
            "INSERT INTO tally VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT DO UPDATE
             SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)",
        )?;
        put.execute((family, name, by, at.micros()))?;
    }
    Ok(())
}

impl Store {
    /// Removes quarantined rows that were mended and read again, or are not wanted. Says how many there
    /// were; their keys are destroyed by [`Keys::destroy_all`](crate::Keys::destroy_all).
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn release(&mut self, ids: &[u64]) -> Result<u64> {
        self.transact(|conn| {
            let mut remove = conn.prepare_cached("DELETE FROM quarantine WHERE id = ?1")?;
            ids.iter().map(|id| Ok(remove.execute([id])? as u64)).sum()
        })
    }
}

impl View {
    /// Quarantined rows by rising id, after one; of one code, or of all.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn quarantine(
        &self,
        code: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Quarantined)>> {
        let mut read = self.conn.prepare_cached(
            "SELECT id, code, place, source, import, at, subject, sealed, reason FROM quarantine
             WHERE id > ?1 AND (?2 IS NULL OR code = ?2) ORDER BY id LIMIT ?3",
        )?;
        let mut rows = read.query((after, code, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, read_quarantined(row)?));
        }
        Ok(found)
    }

    /// How many rows are quarantined, by code.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn quarantine_counts(&self) -> Result<Vec<(String, u64)>> {
        let sql = "SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY code";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?));
        }
        Ok(found)
    }

    /// The counts of a family, by name.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn tallies(&self, family: &str) -> Result<Vec<Tallied>> {
        let mut read = self.conn.prepare_cached(
            "SELECT name, count, first_at, last_at FROM tally WHERE family = ?1 ORDER BY name",
        )?;
        let mut rows = read.query([family])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Tallied {
                name: row.get(0)?,
                count: row.get(1)?,
                first_at: rows::instant(row, 2)?,
                last_at: rows::instant(row, 3)?,
            });
        }
        Ok(found)
    }
}

fn read_quarantined(row: &Row<'_>) -> Result<Quarantined> {
    Ok(Quarantined {
        code: row.get(1)?,
        place: row.get(2)?,
        source: row.get(3)?,
        import: row.get(4)?,
        at: rows::instant(row, 5)?,
        subject: row.get(6)?,
        sealed: blob(row, 7)?.to_vec(),
        reason: row.get(8)?,
    })
}
