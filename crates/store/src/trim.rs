//! Trimming: old events are emptied once a state is kept that later ones can be derived from.
//!
//! Records stay, so the log still verifies; so do the events that commit bases, and the system's own
//! stream, which names rules, and nobody.

use crate::open::set_mark;
use crate::rows::{self, stream_key};
use crate::schema::mark;
use crate::{Store, StoreError, View};
use bellwether_core::StreamId;
use std::collections::BTreeSet;

type Result<T> = std::result::Result<T, StoreError>;

/// A state that a stream may be derived from: the events up to it are not needed any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The stream.
    pub stream: StreamId,
    /// The record after which the stream stood so.
    pub seq: u64,
    /// Where the record stands in the journal that commits the state's digest.
    pub pos: u64,
    /// The state's bytes.
    pub state: Vec<u8>,
}

impl View {
    /// The state that a stream may be derived from, where events of it were trimmed.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn base(&self, stream: StreamId) -> Result<Option<Base>> {
        let sql = "SELECT seq, pos, state FROM base WHERE stream = ?1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([stream_key(stream)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (seq, pos, state) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Some(Base { stream, seq, pos, state }))
    }

    /// Where the records stand that commit bases.
    ///
    /// # Errors
    /// `store-io`.
    pub fn base_positions(&self) -> Result<BTreeSet<u64>> {
        let mut read = self.conn.prepare_cached("SELECT pos FROM base")?;
        let found = read.query_map([], |row| row.get(0))?;
        Ok(found.collect::<std::result::Result<_, _>>()?)
    }

    /// Events below this position were trimmed.
    ///
    /// # Errors
    /// `store-io`.
    pub fn trimmed_pos(&self) -> Result<u64> {
        self.mark(mark::TRIMMED)
    }
}

impl Store {
    /// Keeps states that streams may be derived from, each in the place of the one before.
    ///
    /// # Errors
    /// `store-conflict` if the journal has no such row that could commit it; `store-full`, `store-io`.
    pub fn put_bases(&mut self, bases: &[Base]) -> Result<()> {
        let trimmed = self.trimmed_pos()?;
        self.transact(|conn| {
            let mut old = conn.prepare(
                "UPDATE journal SET event = x''
                 WHERE pos < ?1 AND pos = (SELECT pos FROM base WHERE stream = ?2 AND pos <> ?3)",
            )?;
            let mut there =
                conn.prepare("SELECT 1 FROM journal WHERE pos = ?3 AND stream = ?1 AND seq > ?2")?;
            let mut put = conn.prepare("INSERT OR REPLACE INTO base VALUES (?1, ?2, ?3, ?4)")?;
            for Base { stream, seq, pos, state } in bases {
                let key = stream_key(*stream);
                if !there.exists((key, seq, pos))? {
                    return Err(StoreError::conflict("a base names a row that is not there"));
                }
                // The one before was spared by trims that have passed it.
                old.execute((trimmed, key, pos))?;
                put.execute((key, seq, pos, state))?;
            }
            Ok(())
        })
    }

    /// Empties the events of up to `limit` rows below a position; their records stay, so the log
    /// still verifies. The system's own stream stays whole, since it names rules, and nobody; so do the
    /// events that commit bases. Says whether some are left.
    ///
    /// # Errors
    /// `store-base-missing` unless every stream has a base at or after its last event below the
    /// position; `store-conflict` beyond what snapshots cover; `store-full`, `store-io`.
    pub fn trim_events(&mut self, before_pos: u64, limit: u64) -> Result<bool> {
        if before_pos > self.covered_pos()? + 1 {
            return Err(StoreError::conflict("events that no snapshot covers cannot be trimmed"));
        }
        let from = self.trimmed_pos()?.max(1);
        let to = before_pos.min(from.saturating_add(limit));
        if from >= to {
            return Ok(false);
        }
        if let Some(stream) = self.without_base(from, before_pos)? {
            return Err(StoreError::BaseMissing { pos: before_pos, stream: stream.to_string() });
        }
        self.transact(|conn| {
            let sql = "UPDATE journal SET event = x''
                 WHERE pos >= ?1 AND pos < ?2 AND substr(stream, 1, 1) <> x'05'
                 AND pos NOT IN (SELECT pos FROM base)";
            conn.prepare_cached(sql)?.execute((from, to))?;
            set_mark(conn, mark::TRIMMED, to)
        })?;
        Ok(to < before_pos)
    }

    fn without_base(&self, from: u64, before: u64) -> Result<Option<StreamId>> {
        let mut read = self.conn.prepare_cached(
            "SELECT j.stream FROM journal j LEFT JOIN base b ON b.stream = j.stream
             WHERE j.pos >= ?1 AND j.pos < ?2 AND substr(j.stream, 1, 1) <> x'05'
             AND (b.seq IS NULL OR b.seq < j.seq AND b.pos <> j.pos) LIMIT 1",
        )?;
        let mut found = read.query((from, before))?;
        found.next()?.map(|row| rows::stream(row, 0)).transpose()
    }
}
