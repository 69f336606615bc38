//! Purging: what is past its retention, told first and then removed, in pieces.
//!
//! Journal rows know no clock; the table `tick` says which positions were committed by when, to
//! the hour. A row is purged only when it is certain to be older than its span.

use crate::commit::TICK;
use crate::open::set_mark;
use crate::rows::{part_key, split_part};
use crate::{Keep, RETENTION, Retention, Store, StoreError, View};
use bellwether_core::{Duration, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, StoreError>;

/// Spans that take the place of the defaults, by table.
pub type Overrides = BTreeMap<String, Duration>;

/// What `purge` would remove from a table, or what may be trimmed from the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purgeable {
    /// The table.
    pub table: &'static str,
    /// How many rows are past their span.
    pub rows: u64,
    /// When the oldest of them was committed, to the hour.
    pub oldest: Option<Timestamp>,
    /// What was committed before is past its span.
    pub cutoff: Timestamp,
}

/// What was removed from a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    /// The table.
    pub table: &'static str,
    /// How many rows were removed.
    pub rows: u64,
    /// Whether the limit left some: call again.
    pub more: bool,
}

/// How the rows of a table that are past their span are found: `?1` is the bound.
struct Rule {
    table: &'static str,
    /// Which rows, given the bound.
    past: &'static str,
    /// What the bound is.
    bound: Bound,
    /// The instant of a row, where it carries one.
    at: Option<&'static str>,
}

enum Bound {
    /// The cutoff itself, in microseconds.
    Instant,
    /// The first position that may be younger.
    Position,
    /// The same as the key of its first part.
    Part,
}

const RULES: [Rule; 13] = [
    // 5 is the system's own stream, which stays whole, as do the events that commit bases.
    Rule {
        table: "journal",
        past: "pos < ?1 AND event <> x'' AND substr(stream, 1, 1) <> x'05'
            AND pos NOT IN (SELECT pos FROM base)",
        bound: Bound::Position,
        at: None,
    },
    Rule { table: "payload", past: "id < ?1", bound: Bound::Part, at: None },
    Rule { table: "unlisted", past: "pos < ?1", bound: Bound::Position, at: None },
    Rule { table: "evidence", past: "pos < ?1", bound: Bound::Position, at: None },
    // 0, 1 and 4 still wait for something.
    Rule {
        table: "outbox",
        past: "id < ?1 AND status NOT IN (0, 1, 4)",
        bound: Bound::Part,
        at: None,
    },
    Rule { table: "trace", past: "pos < ?1", bound: Bound::Position, at: None },
    Rule { table: "quarantine", past: "at < ?1", bound: Bound::Instant, at: Some("at") },
    Rule { table: "staff", past: "gone < ?1", bound: Bound::Instant, at: Some("gone") },
    Rule { table: "gate_result", past: "at < ?1", bound: Bound::Instant, at: Some("at") },
    Rule { table: "import_file", past: "at < ?1", bound: Bound::Instant, at: Some("at") },
    Rule { table: "access", past: "at < ?1", bound: Bound::Instant, at: Some("at") },
    Rule { table: "tally", past: "last_at < ?1", bound: Bound::Instant, at: Some("last_at") },
    Rule {
        table: "spill",
        past: "import NOT IN (SELECT id FROM import WHERE done IS NULL AND started >= ?1)",
        bound: Bound::Instant,
        at: None,
    },
];

impl View {
    /// What is past its retention, table by table; nothing is changed.
    ///
    /// # Errors
    /// `store-conflict` for an override of a table that has no span; `store-io`.
    pub fn purge_plan(&self, now: Timestamp, overrides: &Overrides) -> Result<Vec<Purgeable>> {
        let mut plan = Vec::new();
        for (rule, cutoff) in cutoffs(now, overrides)? {
            let bound = self.bound(&rule.bound, cutoff)?;
            let (table, past) = (rule.table, rule.past);
            let first = match (rule.at, &rule.bound) {
                (Some(at), _) => format!("min({at})"),
                (None, Bound::Position) => "min(pos)".to_owned(),
                (None, Bound::Part) => "min(id) >> 8".to_owned(),
                (None, Bound::Instant) => "NULL".to_owned(),
            };
            let sql = format!("SELECT count(*), {first} FROM {table} WHERE {past}");
            let (rows, first): (u64, Option<i64>) =
                self.conn.query_row(&sql, [bound], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let oldest = match (rule.at, first) {
                (Some(_), at) => at.map(Timestamp::from_micros),
                (None, Some(pos)) => self.committed_by(pos)?,
                (None, None) => None,
            };
            plan.push(Purgeable { table, rows, oldest, cutoff });
        }
        Ok(plan)
    }

    /// How many rows each table of `data.db` has, in the order of [`RETENTION`].
    ///
    /// # Errors
    /// `store-io`.
    pub fn row_counts(&self) -> Result<Vec<(&'static Retention, u64)>> {
        let there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let mut found = Vec::new();
        for line in RETENTION {
            if self.conn.prepare_cached(there)?.exists([line.table])? {
                let sql = format!("SELECT count(*) FROM {}", line.table);
                found.push((line, self.conn.query_row(&sql, [], |row| row.get(0))?));
            }
        }
        Ok(found)
    }

    /// Rows of a table that belong to positions below this one may have been purged.
    ///
    /// # Errors
    /// `store-io`.
    pub fn purged_pos(&self, table: &str) -> Result<u64> {
        self.mark(&purged_mark(table))
    }

    /// The first position that may have been committed at a cutoff or later.
    ///
    /// # Errors
    /// `store-io`.
    pub fn first_after(&self, cutoff: Timestamp) -> Result<u64> {
        // A commit an hour after a tick makes the next one, so what follows a tick is less than
        // an hour younger.
        let sql = "SELECT min(pos) FROM tick WHERE at > ?1";
        let bound = [cutoff.minus(TICK).micros()];
        let pos: Option<u64> = self.conn.prepare_cached(sql)?.query_row(bound, |row| row.get(0))?;
        pos.map_or_else(|| Ok(self.last_pos()? + 1), Ok)
    }

    fn some(&self, sql: &str, bound: i64, limit: u64) -> Result<Vec<u64>> {
        let mut read = self.conn.prepare(sql)?;
        let found = read.query_map((bound, limit), |row| row.get(0))?;
        Ok(found.collect::<std::result::Result<_, _>>()?)
    }

    fn bound(&self, bound: &Bound, cutoff: Timestamp) -> Result<i64> {
        let beyond = || StoreError::corrupt("a position beyond 55 bits");
        let pos = || self.first_after(cutoff);
        match bound {
            Bound::Instant => Ok(cutoff.micros()),
            Bound::Position => i64::try_from(pos()?).map_err(|_| beyond()),
            Bound::Part => part_key(pos()?, 0).ok_or_else(beyond),
        }
    }

    /// The newest tick at or before a position.
    fn committed_by(&self, pos: i64) -> Result<Option<Timestamp>> {
        let sql = "SELECT at FROM tick WHERE pos <= ?1 ORDER BY pos DESC LIMIT 1";
        let at = self.conn.prepare_cached(sql)?.query_row([pos], |row| row.get(0)).optional()?;
        Ok(at.map(Timestamp::from_micros))
    }
}

impl Store {
    /// Removes up to `limit` rows of each table that are past their span. Events are not touched:
    /// see [`Store::trim_events`].
    ///
    /// # Errors
    /// `store-conflict` for an override of a table that has no span; `store-full`, `store-io`.
    pub fn purge(
        &mut self,
        now: Timestamp,
        overrides: &Overrides,
        limit: u64,
    ) -> Result<Vec<Purged>> {
        let mut purged = Vec::new();
        for (rule, cutoff) in cutoffs(now, overrides)? {
            if rule.table == "journal" {
                continue;
            }
            let (bound, table, past) = (self.bound(&rule.bound, cutoff)?, rule.table, rule.past);
            let some = format!("FROM {table} WHERE {past} ORDER BY {} LIMIT ?2", primary(table));
            if let Some(slot) = own_key(table) {
                // The keys first: a row whose key is gone is still there to be removed.
                let slots = self.some(&format!("SELECT {slot} {some}"), bound, limit)?;
                self.keys()?.destroy_all(&slots, now)?;
            }
            let key = primary(table);
            let sql = format!("DELETE FROM {table} WHERE ({key}) IN (SELECT {key} {some})");
            let upto = match rule.bound {
                Bound::Instant => None,
                Bound::Position => Some(bound),
                Bound::Part => Some(split_part(bound).0 as i64),
            };
            let rows = self.transact(|conn| {
                let rows = conn.execute(&sql, (bound, limit))? as u64;
                if let (1.., Some(upto)) = (rows, upto) {
                    set_mark(conn, &purged_mark(table), upto.unsigned_abs())?;
                }
                Ok(rows)
            })?;
            purged.push(Purged { table, rows, more: rows == limit });
        }
        Ok(purged)
    }

    /// Moves the write-ahead log into the file and cuts it to nothing, so that no removed row is
    /// left in it. Says whether that worked; a reader may have been in the way.
    ///
    /// # Errors
    /// `store-io`, `store-uncertain`.
    pub fn fold_log(&mut self) -> Result<bool> {
        if self.uncertain {
            return Err(StoreError::Uncertain);
        }
        let (busy, _, _) = checkpoint(&self.conn, "TRUNCATE")?;
        Ok(busy == 0)
    }

    /// Runs a checkpoint when the log has grown enough. A reader may keep it from finishing; then
    /// the next one comes only after the log has grown by as much again.
    pub(crate) fn checkpoint_if_due(&mut self) -> Result<()> {
        let pages = self.wal_pages();
        if pages < self.checkpoint_at || self.uncertain {
            return Ok(());
        }
        self.checkpoint_at = pages + crate::open::CHECKPOINT_PAGES;
        let (_, log, moved) = checkpoint(&self.conn, "PASSIVE")?;
        if moved == log {
            self.checkpoint_at = crate::open::CHECKPOINT_PAGES;
        }
        Ok(())
    }
}

fn checkpoint(conn: &Connection, mode: &str) -> Result<(i64, i64, i64)> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let mut run = conn.prepare_cached(&sql)?;
    Ok(run.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

/// The mark of how far a table was purged.
fn purged_mark(table: &str) -> String {
    format!("purged.{table}")
}

/// What names a row.
fn primary(table: &str) -> &'static str {
    match table {
        "tally" => "family, name",
        "spill" => "import, key",
        "import_file" => "import, nth",
        "staff" => "person",
        _ => "rowid",
    }
}

/// The column of the key slot, where each row has a key of its own, which goes with it.
fn own_key(table: &str) -> Option<&'static str> {
    match table {
        "quarantine" => Some("subject"),
        "staff" => Some("slot"),
        _ => None,
    }
}

/// The rules with the instants before which rows are past their span.
fn cutoffs(now: Timestamp, overrides: &Overrides) -> Result<Vec<(&'static Rule, Timestamp)>> {
    if let Some(unknown) = overrides.keys().find(|name| !RULES.iter().any(|r| r.table == *name)) {
        return Err(StoreError::conflict(format!("the table `{unknown}` has no span to change")));
    }
    let span = |table: &str| {
        let line = RETENTION.iter().find(|line| line.table == table)?;
        overrides.get(table).copied().or(match line.keep {
            Keep::For(span) | Keep::UntilBase(span) => Some(span),
            Keep::Always | Keep::Newest => None,
        })
    };
    Ok(RULES.iter().filter_map(|rule| Some((rule, now.minus(span(rule.table)?)))).collect())
}
