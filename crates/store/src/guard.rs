//! Guards: who is treated apart, as keyed hashes, in the data and beside the keys.
//!
//! The hashes of the erased are kept in both files: whichever is restored from a backup, the other one
//! still knows.

use crate::rows;
use crate::{Keys, Store, StoreError, View};
use bellwether_core::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use std::collections::BTreeSet;

type Result<T> = std::result::Result<T, StoreError>;

/// Somebody who is to be treated apart, as a keyed hash of what names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The keyed hash: 16 bytes.
    pub hash: [u8; 16],
    /// How: `erased`, `restricted`, `objected`.
    pub kind: String,
    /// Since when.
    pub at: Timestamp,
    /// The erasure that it belongs to.
    pub erasure: Option<u64>,
    /// The key slot whose names it hides, and with which it is forgotten, while that means somebody.
    pub slot: Option<u64>,
}

impl Store {
    /// Guards somebody. One that is known already gets the slot if that is another, and stays as it is
    /// otherwise. Says how many are new or changed.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_guards(&mut self, guards: &[Guard]) -> Result<u64> {
        self.transact(|conn| guards.iter().map(|guard| put_guard(conn, guard)).sum())
    }

    /// Lifts guards of a kind. Says how many there were.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn drop_guards(&mut self, kind: &str, hashes: &[[u8; 16]]) -> Result<u64> {
        self.transact(|conn| {
            let mut lift = conn.prepare("DELETE FROM guard WHERE kind = ?1 AND hash = ?2")?;
            hashes.iter().map(|hash| Ok(lift.execute((kind, hash))? as u64)).sum()
        })
    }
}

impl View {
    /// Everybody who is guarded.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn guards(&self) -> Result<Vec<Guard>> {
        let sql = "SELECT hash, kind, at, erasure, slot FROM guard ORDER BY hash, kind";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Guard {
                hash: rows::bytes(row, 0)?,
                kind: row.get(1)?,
                at: rows::instant(row, 2)?,
                erasure: row.get(3)?,
                slot: row.get(4)?,
            });
        }
        Ok(found)
    }
}

impl Keys {
    /// Keeps keyed hashes of who was erased.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn put_erased(&mut self, hashes: &[[u8; 16]]) -> Result<()> {
        self.each_hash("INSERT OR IGNORE INTO erased VALUES (?1)", hashes)
    }

    /// Removes them: they may be learnt again.
    ///
    /// # Errors
    /// As [`Keys::put_erased`].
    pub fn drop_erased(&mut self, hashes: &[[u8; 16]]) -> Result<()> {
        self.each_hash("DELETE FROM erased WHERE hash = ?1", hashes)
    }

    fn each_hash(&mut self, sql: &str, hashes: &[[u8; 16]]) -> Result<()> {
        let change = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for hash in hashes {
            change.prepare_cached(sql)?.execute([hash])?;
        }
        Ok(change.commit()?)
    }

    /// Keyed hashes of who was erased.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn erased(&self) -> Result<BTreeSet<[u8; 16]>> {
        let mut read = self.conn.prepare_cached("SELECT hash FROM erased")?;
        let mut rows = read.query([])?;
        let mut found = BTreeSet::new();
        while let Some(row) = rows.next()? {
            found.insert(rows::bytes(row, 0)?);
        }
        Ok(found)
    }
}

pub(crate) fn put_guard(conn: &Connection, guard: &Guard) -> Result<u64> {
    let mut put = conn.prepare_cached(
        "INSERT INTO guard VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
         SET slot = excluded.slot WHERE excluded.slot IS NOT slot AND excluded.slot IS NOT NULL",
    )?;
    let Guard { hash, kind, at, erasure, slot } = guard;
    Ok(put.execute((hash, kind, at.micros(), erasure, slot))? as u64)
}
