//! Staff: whom rules ask, by handle, with a sealed name and address.

use crate::rows::{self, blob};
use crate::{StoreError, View};
use bellwether_core::Timestamp;
use rusqlite::Connection;

type Result<T> = std::result::Result<T, StoreError>;

/// Somebody whom rules ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The handle, as rules and records name the person.
    pub person: String,
    /// The key slot.
    pub slot: u64,
    /// Name and address, sealed under the slot's key.
    pub sealed: Vec<u8>,
    /// Since when they are kept so.
    pub since: Timestamp,
    /// When the rules in force stopped naming the person; retention counts from here.
    pub gone: Option<Timestamp>,
}

/// A known handle gets what is said last.
pub(crate) fn put(conn: &Connection, staff: &[Staff]) -> Result<()> {
    for Staff { person, slot, sealed, since, gone } in staff {
        let mut put =
            conn.prepare_cached("INSERT OR REPLACE INTO staff VALUES (?1, ?2, ?3, ?4, ?5)")?;
        put.execute((person, slot, sealed, since.micros(), gone.map(Timestamp::micros)))?;
    }
    Ok(())
}

impl View {
    /// Everybody whose name or address is kept, by handle.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn staff(&self) -> Result<Vec<Staff>> {
        let sql = "SELECT person, slot, sealed, since, gone FROM staff ORDER BY person";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let gone: Option<i64> = row.get(4)?;
            found.push(Staff {
                person: row.get(0)?,
                slot: row.get(1)?,
                sealed: blob(row, 2)?.to_vec(),
                since: rows::instant(row, 3)?,
                gone: gone.map(Timestamp::from_micros),
            });
        }
        Ok(found)
    }
}
