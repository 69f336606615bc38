//! The outbox: effects that wait, are tried, or are done. Only where they stand ever changes.

use crate::rows::{self, PARTS, blob, part_key, split_part};
use crate::{Store, StoreError, View};
use bellwether_core::{Code, Digest, Timestamp};
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
    /// It will not be tried again: no channel took it.
    GivenUp,
    /// Whether it was performed is not known: it must be reconciled before anything is sent.
    Unknown,
    /// Whether it was performed will never be known, and it is not repeated.
    Ambiguous,
    /// It will not be tried again: the last channel will never take it.
    Refused,
    /// Nobody wants it any more.
    Expired,
}

impl OutboxStatus {
    /// These numbers stand in data files: never change one. The indexes rely on them.
    const ALL: [(Self, i64); 8] = [
        (Self::Waiting, 0),
        (Self::Sending, 1),
        (Self::Done, 2),
        (Self::GivenUp, 3),
        (Self::Unknown, 4),
        (Self::Ambiguous, 5),
        (Self::Refused, 6),
        (Self::Expired, 7),
    ];

    fn number(self) -> i64 {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or(0, |(_, number)| *number)
    }

    fn of(number: i64) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == number);
        found.map(|(status, _)| *status).ok_or_else(|| StoreError::corrupt("an unknown status"))
    }

    /// Whether something is still to be done about it by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending | Self::Unknown)
    }

    /// Whether a person has to look at it: it did not arrive, or nobody knows.
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::GivenUp | Self::Ambiguous | Self::Refused)
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
    /// The channel that is tried, or was tried last; empty before the first.
    pub via: String,
    /// How often it was tried by that channel.
    pub tries: u32,
    /// A word that says why it has not arrived; empty where there is none.
    pub why: String,
}

/// Another status for an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The channel that is tried, or was tried last.
    pub via: String,
    /// How often it was tried by that channel.
    pub tries: u32,
    /// A word that says why it has not arrived.
    pub why: String,
}

impl OutboxChange {
    /// A change that says nothing about channels.
    pub fn new(
        (pos, nth): (u64, u32),
        status: OutboxStatus,
        attempts: u32,
        due: Timestamp,
    ) -> Self {
        let (via, tries, why) = (String::new(), 0, String::new());
        Self { pos, nth, status, attempts, due, via, tries, why }
    }
}

/// An ask that is on its way to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whom.
    pub person: Code,
    /// On which day: days since 1970, UTC.
    pub day: i64,
}

/// How long counts of asks are kept, in days.
const DAYS: i64 = 7;

pub(crate) fn change(conn: &Connection, changes: &[OutboxChange]) -> Result<()> {
    for OutboxChange { pos, nth, status, attempts, due, via, tries, why } in changes {
        let sql = "UPDATE outbox SET status = ?2, attempts = ?3, due = ?4, via = ?5, tries = ?6, \
                   why = ?7 WHERE id = ?1";
        let id = part_key(*pos, *nth as usize);
        let row = (id, status.number(), attempts, due.micros(), via, tries, why);
        if conn.prepare_cached(sql)?.execute(row)? == 0 {
            return Err(StoreError::conflict("no such effect is in the outbox"));
        }
    }
    Ok(())
}

pub(crate) fn reserve(conn: &Connection, asked: &[Asked]) -> Result<()> {
    for Asked { person, day } in asked {
        let sql =
            "INSERT INTO asked VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET count = count + 1";
        conn.prepare_cached(sql)?.execute((person.raw(), day))?;
        conn.prepare_cached("DELETE FROM asked WHERE person = ?1 AND day < ?2")?
            .execute((person.raw(), day - DAYS))?;
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
    let changed = mark_unknown(conn, &[OutboxStatus::Waiting, OutboxStatus::Sending])?;
    // Since the backup another channel may have been tried.
    conn.execute("UPDATE outbox SET via = '', tries = 0 WHERE status = 4", [])?;
    Ok(changed)
}

fn mark_unknown(conn: &Connection, from: &[OutboxStatus]) -> Result<u64> {
    let unknown = OutboxStatus::Unknown.number();
    let mut set = conn.prepare("UPDATE outbox SET status = ?2 WHERE status = ?1")?;
    let changed = from.iter().map(|status| set.execute((status.number(), unknown)));
    changed.map(|count| Ok(count? as u64)).sum()
}

const ROW: &str = "SELECT id, key, body, status, attempts, due, via, tries, why FROM outbox";

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

    /// Every effect about which something is still to be done, in journal order, at most so many.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn open_effects(&self, limit: usize) -> Result<Vec<OutboxRow>> {
        let open = "SELECT id FROM outbox WHERE status = 0 UNION ALL
                    SELECT id FROM outbox WHERE status IN (1, 4)";
        let sql = format!("{ROW} WHERE id IN ({open}) ORDER BY id LIMIT ?1");
        let mut read = self.conn.prepare_cached(&sql)?;
        read_all(read.query([limit])?)
    }

    /// Effects after a place in the journal, wherever they stand, in journal order.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn effects_after(&self, after: (u64, u32), limit: usize) -> Result<Vec<OutboxRow>> {
        let sql = format!("{ROW} WHERE id > ?1 ORDER BY id LIMIT ?2");
        let mut read = self.conn.prepare_cached(&sql)?;
        read_all(read.query((part_key(after.0, after.1 as usize), limit))?)
    }

    /// Effects that a person has to look at, after a place in the journal; for pages.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn dead_letters(&self, after: (u64, u32), limit: usize) -> Result<Vec<OutboxRow>> {
        let sql = format!("{ROW} WHERE status IN (3, 5, 6) AND id > ?1 ORDER BY id LIMIT ?2");
        let mut read = self.conn.prepare_cached(&sql)?;
        read_all(read.query((part_key(after.0, after.1 as usize), limit))?)
    }

    /// One effect.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn effect(&self, pos: u64, nth: u32) -> Result<Option<OutboxRow>> {
        let mut read = self.conn.prepare_cached(&format!("{ROW} WHERE id = ?1"))?;
        Ok(read_all(read.query([part_key(pos, nth as usize)])?)?.pop())
    }

    /// Whether the effect of a key arrived, or may have.
    ///
    /// # Errors
    /// `store-io`.
    pub fn has_arrived(&self, key: Digest) -> Result<bool> {
        let sql = "SELECT 1 FROM outbox WHERE key = ?1 AND status IN (2, 5)";
        Ok(self.conn.prepare_cached(sql)?.exists([key.as_bytes()])?)
    }

    /// How many asks a person got on a day (days since 1970, UTC).
    ///
    /// # Errors
    /// `store-io`.
    pub fn asked(&self, person: Code, day: i64) -> Result<u32> {
        let sql = "SELECT count FROM asked WHERE person = ?1 AND day = ?2";
        let mut read = self.conn.prepare_cached(sql)?;
        Ok(read.query_row((person.raw(), day), |row| row.get(0)).optional()?.unwrap_or(0))
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
        via: row.get(6)?,
        tries: row.get(7)?,
        why: row.get(8)?,
    })
}
