//! Reading the journal: all of it in order, one position, or one stream.

use crate::open::set_mark;
use crate::rows::{self, blob, part_key, stream_key};
use crate::schema::mark;
use crate::{Payload, Store, StoreError, View};
use bellwether_core::{StreamId, Timestamp};
use rusqlite::{OptionalExtension, Rows};
use std::ops::ControlFlow;

type Result<T> = std::result::Result<T, StoreError>;

/// A long reading is cut into pieces, so that it never keeps the write-ahead log from shrinking.
const PIECE: u64 = 16_384;

/// A row of the journal, borrowed while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Position in the journal, from 1.
    pub pos: u64,
    /// The stream.
    pub stream: StreamId,
    /// Position within the stream, from 1.
    pub seq: u64,
    /// The event's bytes; empty where retention trimmed it.
    pub event: &'a [u8],
    /// The record's bytes.
    pub record: &'a [u8],
}

/// A row of the journal, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Position in the journal, from 1.
    pub pos: u64,
    /// The stream.
    pub stream: StreamId,
    /// Position within the stream, from 1.
    pub seq: u64,
    /// The event's bytes; empty where retention trimmed it.
    pub event: Vec<u8>,
    /// The record's bytes.
    pub record: Vec<u8>,
}

impl Row<'_> {
    /// A copy that outlives the reading.
    pub fn to_owned(&self) -> StoredEntry {
        let Self { pos, stream, seq, event, record } = *self;
        StoredEntry { pos, stream, seq, event: event.to_vec(), record: record.to_vec() }
    }
}

const COLUMNS: &str = "pos, stream, seq, event, record";

impl View {
    /// The last position that is committed; 0 in an empty journal.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn last_pos(&self) -> Result<u64> {
        let mut last = self.conn.prepare_cached("SELECT coalesce(max(pos), 0) FROM journal")?;
        Ok(last.query_row([], |row| row.get(0))?)
    }

    /// Gives rows from a position on, in order, until the end or until told to break.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn scan(
        &self,
        from_pos: u64,
        mut each: impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let last = self.last_pos()?;
        let sql = format!("SELECT {COLUMNS} FROM journal WHERE pos BETWEEN ?1 AND ?2 ORDER BY pos");
        let mut read = self.conn.prepare_cached(&sql)?;
        let mut from = from_pos;
        while from <= last {
            let to = last.min(from.saturating_add(PIECE - 1));
            if give(read.query((from, to))?, &mut each)?.is_break() {
                return Ok(());
            }
            from = to + 1;
        }
        Ok(())
    }

    /// The row at a position.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn entry(&self, pos: u64) -> Result<Option<StoredEntry>> {
        let sql = format!("SELECT {COLUMNS} FROM journal WHERE pos = ?1");
        let mut found = None;
        let mut read = self.conn.prepare_cached(&sql)?;
        let _ = give(read.query([pos])?, &mut |row| {
            found = Some(row.to_owned());
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// The stream of the row at a position.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn stream_at(&self, pos: u64) -> Result<Option<StreamId>> {
        let mut read = self.conn.prepare_cached("SELECT stream FROM journal WHERE pos = ?1")?;
        let mut rows = read.query([pos])?;
        rows.next()?.map(|row| rows::stream(row, 0)).transpose()
    }

    /// Gives the rows of one stream from a seq on, in order: complete, whatever is indexed.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn stream_events(
        &self,
        stream: StreamId,
        from_seq: u64,
        mut each: impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let indexed = self.indexed_pos()?;
        if self.give_indexed(stream, from_seq, indexed, &mut each)?.is_break() {
            return Ok(());
        }
        let mut tail = self.conn.prepare_cached(
            "SELECT pos, stream, seq, event, record FROM journal
             WHERE pos > ?3 AND stream = ?1 AND seq >= ?2 ORDER BY pos",
        )?;
        give(tail.query((stream_key(stream), from_seq, indexed))?, &mut each).map(|_| ())
    }

    /// The seq of a stream's newest record; 0 if it has none.
    ///
    /// # Errors
    /// `store-io`.
    pub fn last_seq(&self, stream: StreamId) -> Result<u64> {
        let key = stream_key(stream);
        let sql = "SELECT max(seq) FROM stream_position WHERE stream = ?1";
        let indexed: Option<u64> =
            self.conn.prepare_cached(sql)?.query_row([key], |row| row.get(0))?;
        let sql = "SELECT max(seq) FROM journal WHERE pos > ?2 AND stream = ?1";
        let mut tail = self.conn.prepare_cached(sql)?;
        let tail: Option<u64> = tail.query_row((key, self.indexed_pos()?), |row| row.get(0))?;
        Ok(indexed.max(tail).unwrap_or(0))
    }

    /// As [`View::stream_events`], but only what is indexed: for a stream that is known to have no rows
    /// behind the index. The rows behind the index are not searched, which takes as long as there are
    /// many, whatever their streams.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn stream_events_indexed(
        &self,
        stream: StreamId,
        from_seq: u64,
        mut each: impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.give_indexed(stream, from_seq, self.indexed_pos()?, &mut each).map(|_| ())
    }

    fn give_indexed(
        &self,
        stream: StreamId,
        from_seq: u64,
        indexed: u64,
        each: &mut impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        // The bound on `pos` keeps rows out that were indexed since, and that the tail gives.
        let mut read = self.conn.prepare_cached(
            "SELECT j.pos, j.stream, j.seq, j.event, j.record
             FROM stream_position p CROSS JOIN journal j ON j.pos = p.pos
             WHERE p.stream = ?1 AND p.seq >= ?2 AND p.pos <= ?3 ORDER BY p.seq",
        )?;
        give(read.query((stream_key(stream), from_seq, indexed))?, each)
    }

    /// The sealed payloads of a position, in order.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn payloads(&self, pos: u64) -> Result<Vec<Payload>> {
        let sql = "SELECT subject, sealed FROM payload WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query((part_key(pos, 0), part_key(pos, rows::PARTS - 1)))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Payload { subject: row.get(0)?, sealed: blob(row, 1)?.to_vec() });
        }
        Ok(found)
    }

    /// The evidence of a position.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn evidence(&self, pos: u64) -> Result<Option<Vec<u8>>> {
        let mut read = self.conn.prepare_cached("SELECT body FROM evidence WHERE pos = ?1")?;
        Ok(read.query_row([pos], |row| row.get(0)).optional()?)
    }

    /// Up to where stream positions are indexed.
    ///
    /// # Errors
    /// `store-io`.
    pub fn indexed_pos(&self) -> Result<u64> {
        self.mark(mark::INDEXED)
    }

    /// The newest row that says what was committed when.
    pub(crate) fn last_tick(&self) -> Result<Option<Timestamp>> {
        let mut read = self.conn.prepare_cached("SELECT at FROM tick ORDER BY pos DESC LIMIT 1")?;
        Ok(read.query_row([], |row| row.get(0)).optional()?.map(Timestamp::from_micros))
    }
}

impl Store {
    /// Indexes the stream positions of up to `limit` rows more; says whether some are left.
    ///
    /// # Errors
    /// `store-full`, `store-io`; `store-conflict` if a stream has the same seq twice.
    pub fn index_behind(&mut self, limit: u64) -> Result<bool> {
        let (from, last) = (self.indexed_pos()? + 1, self.last_pos);
        let to = last.min(from.saturating_add(limit).saturating_sub(1));
        if from > to {
            return Ok(from <= last);
        }
        self.transact(|conn| {
            // Sorted, so that the rows of one stream go to one page together.
            let mut put = conn.prepare_cached(
                "INSERT INTO stream_position SELECT stream, seq, pos FROM journal
                 WHERE pos BETWEEN ?1 AND ?2 ORDER BY stream, seq",
            )?;
            put.execute((from, to))?;
            set_mark(conn, mark::INDEXED, to)
        })?;
        Ok(to < last)
    }
}

fn give(
    mut rows: Rows<'_>,
    each: &mut impl FnMut(&Row<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    while let Some(row) = rows.next()? {
        let given = Row {
            pos: row.get(0)?,
            stream: rows::stream(row, 1)?,
            seq: row.get(2)?,
            event: blob(row, 3)?,
            record: blob(row, 4)?,
        };
        if each(&given).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
