//! The outbox: effects that wait, are tried, or are done. Only their status ever changes.
//!
//! Nothing dispatches effects yet: [`Store::mark_sending_unknown`] waits for what will, at its start.

use crate::rows::{self, PARTS, blob, part_key, split_part};
use crate::{Store, StoreError, View};
use bellwether_core::{Digest, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};

type Result<T> = std::result::Result<T, StoreError>;

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutboxStatus {
    /// It is to be performed when it is due.
    Waiting,
    /// It is being performed; after a crash nobody knows how that ended.
    Sending,
    /// It was performed.
    Done,
    /// It will not be tried again.
    GivenUp,
    /// Whether it was performed is not known: it must be reconciled before anything is sent.
    Unknown,
}

impl OutboxStatus {
    /// These numbers stand in data files: never change one. The index of what waits relies on 0.
    const ALL: [(Self, i64); 5] = [
        (Self::Waiting, 0),
        (Self::Sending, 1),
        (Self::Done, 2),
        (Self::GivenUp, 3),
        (Self::Unknown, 4),
    ];

    fn number(self) -> i64 {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or(0, |(_, number)| *number)
    }

    fn of(number: i64) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == number);
        found.map(|(status, _)| *status).ok_or_else(|| StoreError::corrupt("an unknown status"))
    }
}

/// An effect as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// The position of its record.
    pub pos: u64,
    /// Which effect of that record, from 0.
    pub nth: u32,
    /// Its stable key.
    pub key: Digest,
    /// What to do.
    pub body: Vec<u8>,
    /// Where it stands.
    pub status: OutboxStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before.
    pub due: Timestamp,
}

/// Another status for an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxChange {
    /// The position of its record.
    pub pos: u64,
    /// Which effect of that record, from 0.
    pub nth: u32,
    /// Where it stands now.
    pub status: OutboxStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before.
    pub due: Timestamp,
}

pub(crate) fn change(conn: &Connection, changes: &[OutboxChange]) -> Result<()> {
    for OutboxChange { pos, nth, status, attempts, due } in changes {
        let sql = "UPDATE outbox SET status = ?2, attempts = ?3, due = ?4 WHERE id = ?1";
        let id = part_key(*pos, *nth as usize);
        let row = (id, status.number(), attempts, due.micros());
        if conn.prepare_cached(sql)?.execute(row)? == 0 {
            return Err(StoreError::conflict("no such effect is in the outbox"));
        }
    }
    Ok(())
}

impl Store {
    /// Changes the status of effects that need no record of it; others change in a batch.
    ///
    /// # Errors
    /// `store-conflict` for an effect that is not there; `store-full`, `store-io`.
    pub fn set_outbox(&mut self, changes: &[OutboxChange]) -> Result<()> {
        self.transact(|conn| change(conn, changes))
    }

    /// After a crash: what was being sent may have arrived. Says how many.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn mark_sending_unknown(&mut self) -> Result<u64> {
        self.transact(|conn| mark_unknown(conn, &[OutboxStatus::Sending]))
    }
}

/// After a restore: what is not done may have been done since the backup. Says how many.
pub(crate) fn all_unknown(conn: &Connection) -> Result<u64> {
    mark_unknown(conn, &[OutboxStatus::Waiting, OutboxStatus::Sending])
}

fn mark_unknown(conn: &Connection, from: &[OutboxStatus]) -> Result<u64> {
    let unknown = OutboxStatus::Unknown.number();
    let mut set = conn.prepare("UPDATE outbox SET status = ?2 WHERE status = ?1")?;
    let changed = from.iter().map(|status| set.execute((status.number(), unknown)));
    changed.map(|count| Ok(count? as u64)).sum()
}

const ROW: &str = "SELECT id, key, body, status, attempts, due FROM outbox";

impl View {
    /// Effects that wait and are due up to an instant, the first due first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn due_effects(&self, until: Timestamp, limit: usize) -> Result<Vec<OutboxRow>> {
        let sql = format!("{ROW} WHERE status = 0 AND due <= ?1 ORDER BY due, id LIMIT ?2");
        let mut read = self.conn.prepare_cached(&sql)?;
        read_all(read.query((until.micros(), limit))?)
    }

    /// When the next waiting effect is due.
    ///
    /// # Errors
    /// `store-io`.
    pub fn next_effect_due(&self) -> Result<Option<Timestamp>> {
        let sql = "SELECT min(due) FROM outbox WHERE status = 0";
        let due: Option<i64> = self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(due.map(Timestamp::from_micros))
    }

    /// Effects of one status after a place in the journal, in journal order; for pages.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn effects_in(
        &self,
        status: OutboxStatus,
        after: (u64, u32),
        limit: usize,
    ) -> Result<Vec<OutboxRow>> {
        let sql = format!("{ROW} WHERE status = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        let after = part_key(after.0, after.1 as usize);
        let mut read = self.conn.prepare_cached(&sql)?;
        read_all(read.query((status.number(), after, limit))?)
    }

    /// The effects of a record, in order.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn effects(&self, pos: u64) -> Result<Vec<OutboxRow>> {
        let mut read = self.conn.prepare_cached(&format!("{ROW} WHERE id BETWEEN ?1 AND ?2"))?;
        read_all(read.query((part_key(pos, 0), part_key(pos, PARTS - 1)))?)
    }

    /// Effects at positions that the journal has not reached: nothing puts them there.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn effects_beyond_journal(&self) -> Result<Vec<OutboxRow>> {
        let sql = format!(
            "{ROW} WHERE id > (SELECT coalesce(max(pos), 0) << 8 | 255 FROM journal) LIMIT 100"
        );
        let mut read = self.conn.prepare_cached(&sql)?;
        read_all(read.query([])?)
    }

    /// W3C `traceparent` of whatever caused a record, if it was given.
    ///
    /// # Errors
    /// `store-io`.
    pub fn trace(&self, pos: u64) -> Result<Option<String>> {
        let mut read = self.conn.prepare_cached("SELECT parent FROM trace WHERE pos = ?1")?;
        Ok(read.query_row([pos], |row| row.get(0)).optional()?)
    }

    /// How many effects stand where.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn outbox_counts(&self) -> Result<Vec<(OutboxStatus, u64)>> {
        let sql = "SELECT status, count(*) FROM outbox GROUP BY status ORDER BY status";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((OutboxStatus::of(row.get(0)?)?, row.get(1)?));
        }
        Ok(found)
    }
}

fn read_all(mut rows: rusqlite::Rows<'_>) -> Result<Vec<OutboxRow>> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_row(row)?);
    }
    Ok(found)
}

fn read_row(row: &Row<'_>) -> Result<OutboxRow> {
    let (pos, nth) = split_part(row.get(0)?);
    Ok(OutboxRow {
        pos,
        nth,
        key: rows::digest(row, 1)?,
        body: blob(row, 2)?.to_vec(),
        status: OutboxStatus::of(row.get(3)?)?,
        attempts: row.get(4)?,
        due: rows::instant(row, 5)?,
    })
}
