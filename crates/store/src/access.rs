//! Access: who opened sealed data by hand, when and what for.

use crate::rows;
use crate::{Store, StoreError, View};
use bellwether_core::Timestamp;

type Result<T> = std::result::Result<T, StoreError>;

/// Sealed data was opened by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// What was opened: a table and the number of its row. No personal data.
    pub what: String,
    /// What for, as whoever did it says.
    pub purpose: String,
}

impl Store {
    /// Records an access; call it before anything is shown.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_access(&mut self, access: &Access) -> Result<()> {
        self.transact(|conn| {
            let mut put = conn.prepare_cached("INSERT INTO access VALUES (NULL, ?1, ?2, ?3)")?;
            put.execute((access.at.micros(), &access.what, &access.purpose))?;
            Ok(())
        })
    }
}

impl View {
    /// All accesses, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn accesses(&self) -> Result<Vec<Access>> {
        let mut read =
            self.conn.prepare_cached("SELECT at, what, purpose FROM access ORDER BY id")?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (what, purpose) = (row.get(1)?, row.get(2)?);
            found.push(Access { at: rows::instant(row, 0)?, what, purpose });
        }
        Ok(found)
    }
}
