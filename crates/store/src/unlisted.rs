//! Unlisted fields: what a row held beyond its mapping, sealed, for a short time.

use crate::rows::blob;
use crate::{StoreError, View};

type Result<T> = std::result::Result<T, StoreError>;

impl View {
    /// What the mapping did not list of the row behind a position of the journal, sealed.
    ///
    /// # Errors
    /// `store-io`.
    pub fn unlisted(&self, pos: u64) -> Result<Option<Vec<u8>>> {
        let mut read = self.conn.prepare_cached("SELECT sealed FROM unlisted WHERE pos = ?1")?;
        let mut rows = read.query([pos])?;
        rows.next()?.map(|row| blob(row, 0).map(<[u8]>::to_vec)).transpose()
    }
}
