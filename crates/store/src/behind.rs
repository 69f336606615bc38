//! Snapshots and timers: caches built behind the journal, up to a position that they remember.
//!
//! Both move in one transaction with that position. Recovery is: the snapshot of a stream, the
//! timers, and a scan of the journal from the covered position on.

use crate::open::set_mark;
use crate::rows::{self, blob, stream_key};
use crate::schema::mark;
use crate::{Store, StoreError, View};
use bellwether_core::effect::{Timer, TimerKind};
use bellwether_core::{Code, Digest, StreamId, Timestamp};
use rusqlite::{Connection, Row};
use std::ops::ControlFlow;

type Result<T> = std::result::Result<T, StoreError>;

/// The state of a stream after one of its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamId,
    /// The last record that the state contains.
    pub seq: u64,
    /// How far the journal was read: that record stands there or before.
    pub pos: u64,
    /// Its digest: the head of the stream's chain.
    pub head: Digest,
    /// What the state was made with; another tag makes it worthless.
    pub tag: Digest,
    /// The state.
    pub state: Vec<u8>,
}

/// A timer of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerRow {
    /// The stream.
    pub stream: StreamId,
    /// The timer; one that is never due removes the one it replaces.
    pub timer: Timer,
}

/// What one pass behind the journal writes.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'a> {
    /// The newest state of every stream that changed since the pass before.
    pub snapshots: &'a [Snapshot],
    /// Every timer that was set since the pass before, in journal order.
    pub timers: &'a [TimerRow],
    /// Both reflect the journal up to here.
    pub covered_pos: u64,
}

impl Store {
    /// Writes snapshots and timers, and up to where they reach.
    ///
    /// # Errors
    /// `store-conflict` if the position lies before the covered one or beyond the journal;
    /// `store-full`, `store-io`.
    pub fn put_behind(&mut self, behind: &Behind<'_>) -> Result<()> {
        let to = behind.covered_pos;
        if to < self.covered_pos()? || to > self.last_pos {
            return Err(StoreError::conflict("snapshots must reach forward, within the journal"));
        }
        self.transact(|conn| {
            put_snapshots(conn, behind.snapshots)?;
            put_timers(conn, behind.timers)?;
            set_mark(conn, mark::COVERED, to)
        })
    }

    /// Throws snapshots and timers away: recovery starts from the first position.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn discard_behind(&mut self) -> Result<()> {
        self.transact(|conn| {
            conn.execute_batch("DELETE FROM snapshot; DELETE FROM timer;")?;
            set_mark(conn, mark::COVERED, 0)
        })
    }
}

fn put_snapshots(conn: &Connection, snapshots: &[Snapshot]) -> Result<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO snapshot (stream, seq, pos, head, tag, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, pos = excluded.pos,
             head = excluded.head, tag = excluded.tag, state = excluded.state",
    )?;
    for Snapshot { stream, seq, pos, head, tag, state } in snapshots {
        put.execute((stream_key(*stream), seq, pos, head.as_bytes(), tag.as_bytes(), state))?;
    }
    Ok(())
}

fn put_timers(conn: &Connection, timers: &[TimerRow]) -> Result<()> {
    let mut put =
        conn.prepare_cached("INSERT OR REPLACE INTO timer VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let mut remove = conn.prepare_cached(
        "DELETE FROM timer WHERE stream = ?1 AND doc = ?2 AND kind = ?3 AND graph = ?4",
    )?;
    for TimerRow { stream, timer } in timers {
        let (stream, doc, kind) = (stream_key(*stream), timer.doc.to_string(), timer.kind.as_str());
        let graph = timer.graph.raw();
        if timer.due == Timestamp::MAX {
            remove.execute((stream, doc, kind, graph))?;
        } else {
            put.execute((stream, doc, kind, graph, timer.generation, timer.due.micros()))?;
        }
    }
    Ok(())
}

const SNAPSHOT: &str = "SELECT stream, seq, pos, head, tag, state FROM snapshot";
const TIMER: &str = "SELECT stream, doc, kind, graph, generation, due FROM timer";

impl View {
    /// Up to where snapshots and timers reflect the journal.
    ///
    /// # Errors
    /// `store-io`.
    pub fn covered_pos(&self) -> Result<u64> {
        self.mark(mark::COVERED)
    }

    /// The snapshot of a stream.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn snapshot(&self, stream: StreamId) -> Result<Option<Snapshot>> {
        let mut read = self.conn.prepare_cached(&format!("{SNAPSHOT} WHERE stream = ?1"))?;
        let mut rows = read.query([stream_key(stream)])?;
        rows.next()?.map(read_snapshot).transpose()
    }

    /// Gives every snapshot, until told to break.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn snapshots(&self, mut each: impl FnMut(Snapshot) -> ControlFlow<()>) -> Result<()> {
        let mut read = self.conn.prepare_cached(SNAPSHOT)?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            if each(read_snapshot(row)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Timers due up to an instant, the first due first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<TimerRow>> {
        let sql = format!("{TIMER} WHERE due <= ?1 ORDER BY due LIMIT ?2");
        let mut read = self.conn.prepare_cached(&sql)?;
        let mut rows = read.query((until.micros(), limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_timer(row)?);
        }
        Ok(found)
    }

    /// When the next timer is due.
    ///
    /// # Errors
    /// `store-io`.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let mut read = self.conn.prepare_cached("SELECT min(due) FROM timer")?;
        let due: Option<i64> = read.query_row([], |row| row.get(0))?;
        Ok(due.map(Timestamp::from_micros))
    }
}

fn read_snapshot(row: &Row<'_>) -> Result<Snapshot> {
    Ok(Snapshot {
        stream: rows::stream(row, 0)?,
        seq: row.get(1)?,
        pos: row.get(2)?,
        head: rows::digest(row, 3)?,
        tag: rows::digest(row, 4)?,
        state: blob(row, 5)?.to_vec(),
    })
}

fn read_timer(row: &Row<'_>) -> Result<TimerRow> {
    let wrong = |what: &str| StoreError::corrupt(format!("a timer's {what} is unknown"));
    let (doc, kind): (String, String) = (row.get(1)?, row.get(2)?);
    let timer = Timer {
        doc: doc.parse().map_err(|_| wrong("document"))?,
        kind: TimerKind::from_word(&kind).ok_or_else(|| wrong("kind"))?,
        graph: Code::from_raw(row.get(3)?),
        generation: row.get(4)?,
        due: rows::instant(row, 5)?,
    };
    Ok(TimerRow { stream: rows::stream(row, 0)?, timer })
}
