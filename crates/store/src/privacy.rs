//! Privacy: erasures from intent to end, and files that keep no trace of removed rows.
//!
//! - In: slots, keyed hashes, and positions that the runtime has chosen.
//! - Out: what was removed, counted; rows that are to be looked through.
//! - Never: decides whose a row is; forgets an erasure that was begun: it stays open until its last
//!   piece is removed, however often the process ends in between.

use crate::guard::{Guard, put_guard};
use crate::rows::{self, blob};
use crate::{Keys, Store, StoreError, View, identity};
use bellwether_core::{StreamId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeSet;

type Result<T> = std::result::Result<T, StoreError>;

/// An erasure, from its intent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its number.
    pub id: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Whose keys are destroyed.
    pub slots: Vec<u64>,
    /// Rows sealed for others that name the subject and are to be removed too.
    pub named: Vec<NamedRow>,
    /// When everything was removed; `None` while something may be left.
    pub done: Option<Timestamp>,
}

/// What an erasure is to do.
#[derive(Clone, Debug, Default)]
pub struct Intent {
    /// Whose keys are to be destroyed.
    pub slots: Vec<u64>,
    /// Keyed hashes of what names the subject: they stay as guards.
    pub hashes: Vec<[u8; 16]>,
    /// Blind indexes that name the subject and lead to somebody else.
    pub blinds: Vec<[u8; 16]>,
    /// Rows sealed for others that name the subject.
    pub named: Vec<NamedRow>,
}

/// A row that is sealed for others and says what somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedRow {
    /// Where it is.
    pub table: Sealed,
    /// Its number there.
    pub id: i64,
    /// The slot of whom it names.
    pub slot: u64,
}

impl NamedRow {
    fn pack(&self) -> Vec<u8> {
        let table = [(self.table == Sealed::Unlisted) as u8];
        [&table[..], &self.id.to_be_bytes(), &self.slot.to_be_bytes()].concat()
    }

    fn unpack(bytes: &[u8; 17]) -> Option<Self> {
        let (table, rest) = bytes.split_first()?;
        let (id, slot) = rest.split_first_chunk()?;
        Some(Self {
            table: if *table == 1 { Sealed::Unlisted } else { Sealed::Payload },
            id: i64::from_be_bytes(*id),
            slot: u64::from_be_bytes(slot.try_into().ok()?),
        })
    }
}

/// What the intent of an erasure removed at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Keyed hashes that led to the subject.
    pub identities: u64,
    /// Sealed names of accounts.
    pub names: u64,
    /// Rows of staff.
    pub staff: u64,
    /// Refused rows.
    pub refused: u64,
    /// Restrictions and objections that no longer have anything to hold.
    pub guards: u64,
}

/// A table whose rows are sealed for the subjects of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sealed {
    /// What signals said.
    Payload,
    /// What mappings do not list.
    Unlisted,
}

impl Sealed {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Payload, Self::Unlisted];

    /// The table's name.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Unlisted => "unlisted",
        }
    }
}

/// Marks say that a name or domain means nobody in particular: they are about the name.
const MARKS: &str = "('shared_name', 'shared_mail_domain', 'named_mail_domain')";

impl Store {
    /// Writes down that an erasure is to happen, and removes what leads to the subject, in one
    /// transaction: from here on nobody finds it, and the erasure is open until
    /// [`Store::end_erasure`].
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn begin_erasure(
        &mut self,
        at: Timestamp,
        intent: &Intent,
    ) -> Result<(Erasure, Forgotten)> {
        let Intent { slots, hashes, blinds, named } = intent;
        let packed: Vec<u8> = slots.iter().flat_map(|slot| slot.to_be_bytes()).collect();
        let rows: Vec<u8> = named.iter().flat_map(NamedRow::pack).collect();
        self.transact(|conn| {
            let sql = "INSERT INTO erasure VALUES (NULL, ?1, ?2, ?3, NULL)";
            conn.execute(sql, (at.micros(), &packed, &rows))?;
            let id = u64::try_from(conn.last_insert_rowid()).unwrap_or_default();
            for hash in hashes {
                let guard = Guard {
                    hash: *hash,
                    kind: "erased".to_owned(),
                    at,
                    erasure: Some(id),
                    slot: None,
                };
                put_guard(conn, &guard)?;
            }
            let mut forgotten = forget(conn, slots)?;
            let mut lift =
                conn.prepare("DELETE FROM guard WHERE hash = ?1 AND kind = 'restricted'")?;
            for hash in hashes {
                forgotten.guards += lift.execute([hash])? as u64;
            }
            let mut remove = conn.prepare("DELETE FROM identity WHERE blind = ?1")?;
            for blind in blinds {
                forgotten.identities += remove.execute([blind])? as u64;
            }
            let (slots, named) = (slots.clone(), named.clone());
            Ok((Erasure { id, at, slots, named, done: None }, forgotten))
        })
    }

    /// Removes sealed rows. Says how many there were.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn remove_sealed(&mut self, table: Sealed, ids: &[i64]) -> Result<u64> {
        let sql = format!("DELETE FROM {} WHERE rowid = ?1", table.table());
        self.transact(|conn| {
            let mut remove = conn.prepare_cached(&sql)?;
            ids.iter().map(|id| Ok(remove.execute([id])? as u64)).sum()
        })
    }

    /// Everything of an erasure is removed.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn end_erasure(&mut self, id: u64, at: Timestamp) -> Result<()> {
        self.transact(|conn| {
            let sql = "UPDATE erasure SET done = ?2, named = x'' WHERE id = ?1 AND done IS NULL";
            conn.execute(sql, (id, at.micros()))?;
            Ok(())
        })
    }

    /// Writes `data.db` anew without free pages or gaps, and cuts its log to nothing, so that no byte
    /// of a removed row is left in either. It needs as much free disk as the file is long.
    ///
    /// # Errors
    /// `store-busy` while another process reads; `store-full`, `store-io`.
    pub fn rewrite(&mut self) -> Result<()> {
        rewrite(&self.conn)
    }
}

impl Keys {
    /// As [`Store::rewrite`], for `keys.db`.
    ///
    /// # Errors
    /// As there.
    pub fn rewrite(&mut self) -> Result<()> {
        rewrite(&self.conn)
    }
}

impl View {
    /// Every erasure, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn erasures(&self) -> Result<Vec<Erasure>> {
        let mut read = self
            .conn
            .prepare_cached("SELECT id, at, slots, named, done FROM erasure ORDER BY id")?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let slots = blob(row, 2)?.as_chunks().0.iter().map(|slot| u64::from_be_bytes(*slot));
            let named = blob(row, 3)?.as_chunks().0.iter().filter_map(NamedRow::unpack);
            let done: Option<i64> = row.get(4)?;
            found.push(Erasure {
                id: row.get(0)?,
                at: rows::instant(row, 1)?,
                slots: slots.collect(),
                named: named.collect(),
                done: done.map(Timestamp::from_micros),
            });
        }
        Ok(found)
    }

    /// Slots that identities, names, staff and refused rows lead to. It reads these tables whole.
    ///
    /// # Errors
    /// `store-io`.
    pub fn slots_named(&self) -> Result<BTreeSet<u64>> {
        let sql = "SELECT slot FROM identity UNION SELECT slot FROM staff
             UNION SELECT slot FROM account WHERE name_sealed IS NOT NULL
             UNION SELECT subject FROM quarantine";
        let mut read = self.conn.prepare_cached(sql)?;
        let found = read.query_map([], |row| row.get(0))?;
        Ok(found.collect::<std::result::Result<_, _>>()?)
    }

    /// Looks at every sealed row of a table: its number, the position it belongs to, its bytes. It
    /// reads the whole table: for a person's request, not for a signal.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn each_sealed(&self, table: Sealed, mut look: impl FnMut(i64, u64, &[u8])) -> Result<()> {
        let mut read =
            self.conn.prepare(&format!("SELECT rowid, sealed FROM {}", table.table()))?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let pos = match table {
                Sealed::Payload => rows::split_part(id).0,
                Sealed::Unlisted => u64::try_from(id).unwrap_or_default(),
            };
            look(id, pos, blob(row, 1)?);
        }
        Ok(())
    }

    /// Looks at the sealed rows of one position: where each is, its number, its bytes.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn sealed_at(&self, pos: u64, mut look: impl FnMut(Sealed, i64, &[u8])) -> Result<()> {
        for (table, first, last) in [
            (Sealed::Payload, rows::part_key(pos, 0), rows::part_key(pos, rows::PARTS - 1)),
            (Sealed::Unlisted, i64::try_from(pos).ok(), i64::try_from(pos).ok()),
        ] {
            let name = table.table();
            let sql = format!("SELECT rowid, sealed FROM {name} WHERE rowid BETWEEN ?1 AND ?2");
            let mut read = self.conn.prepare_cached(&sql)?;
            let mut found = read.query((first, last))?;
            while let Some(row) = found.next()? {
                look(table, row.get(0)?, blob(row, 1)?);
            }
        }
        Ok(())
    }

    /// The stream of a position.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn stream_of(&self, pos: u64) -> Result<Option<StreamId>> {
        let mut read = self.conn.prepare_cached("SELECT stream FROM journal WHERE pos = ?1")?;
        let mut rows = read.query([pos])?;
        rows.next()?.map(|row| rows::stream(row, 0)).transpose()
    }

    /// When a position was committed, to the hour; the tick before it.
    ///
    /// # Errors
    /// `store-io`.
    pub fn committed_about(&self, pos: u64) -> Result<Option<Timestamp>> {
        let sql = "SELECT at FROM tick WHERE pos <= ?1 ORDER BY pos DESC LIMIT 1";
        let at = self.conn.prepare_cached(sql)?.query_row([pos], |row| row.get(0)).optional()?;
        Ok(at.map(Timestamp::from_micros))
    }
}

/// Counts what is there, then removes it as every erasure of a slot does.
fn forget(conn: &Connection, slots: &[u64]) -> Result<Forgotten> {
    let mut forgotten = Forgotten::default();
    let keep = format!("UPDATE identity SET slot = 1 WHERE slot = ?1 AND how IN {MARKS}");
    for slot in slots {
        let count = |sql: &str| -> Result<u64> {
            Ok(conn.prepare_cached(sql)?.query_row([slot], |row| row.get(0))?)
        };
        conn.prepare_cached(&keep)?.execute([slot])?;
        forgotten.identities += count("SELECT count(*) FROM identity WHERE slot = ?1")?;
        let named = "SELECT count(*) FROM account WHERE slot = ?1 AND name_sealed IS NOT NULL";
        forgotten.names += count(named)?;
        forgotten.staff += count("SELECT count(*) FROM staff WHERE slot = ?1")?;
        forgotten.refused += count("SELECT count(*) FROM quarantine WHERE subject = ?1")?;
        let lift = "DELETE FROM guard WHERE slot = ?1 AND kind = 'restricted'";
        forgotten.guards += conn.prepare_cached(lift)?.execute([slot])? as u64;
        conn.prepare_cached("UPDATE guard SET slot = NULL WHERE slot = ?1")?.execute([slot])?;
    }
    identity::forget(conn, slots)?;
    Ok(forgotten)
}

fn rewrite(conn: &Connection) -> Result<()> {
    // Removed rows are overwritten as they go, but rows that a page has moved to its neighbour leave
    // their old bytes in the gap.
    conn.execute_batch("VACUUM")?;
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
}
