//! Read models: rows that the driver makes out of the journal for lists and pages, built behind.
//!
//! A model is a name, rows with a key and a rank to sort by, and the position it reflects.

use crate::open::set_mark;
use crate::rows::blob;
use crate::{Store, StoreError, View};
use rusqlite::OptionalExtension;

type Result<T> = std::result::Result<T, StoreError>;

/// A row of a read model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRow {
    /// What names it within its model.
    pub key: Vec<u8>,
    /// What it is sorted by: an instant, an amount.
    pub rank: i64,
    /// What it shows; `None` removes it.
    pub body: Option<Vec<u8>>,
}

fn covered(model: &str) -> String {
    format!("model.{model}")
}

impl Store {
    /// Writes rows of a model, and up to which position of the journal it now reflects.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_model(&mut self, model: &str, rows: &[ModelRow], covered_pos: u64) -> Result<()> {
        self.transact(|conn| {
            let mut put =
                conn.prepare_cached("INSERT OR REPLACE INTO model VALUES (?1, ?2, ?3, ?4)")?;
            let mut remove =
                conn.prepare_cached("DELETE FROM model WHERE model = ?1 AND key = ?2")?;
            for ModelRow { key, rank, body } in rows {
                match body {
                    Some(body) => put.execute((model, key, rank, body))?,
                    None => remove.execute((model, key))?,
                };
            }
            set_mark(conn, &covered(model), covered_pos)
        })
    }

    /// Removes a model; it is built again from the first position.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn drop_model(&mut self, model: &str) -> Result<()> {
        self.transact(|conn| {
            conn.execute("DELETE FROM model WHERE model = ?1", [model])?;
            set_mark(conn, &covered(model), 0)
        })
    }
}

impl View {
    /// Up to which position of the journal a model reflects it.
    ///
    /// # Errors
    /// `store-io`.
    pub fn model_covered(&self, model: &str) -> Result<u64> {
        self.mark(&covered(model))
    }

    /// One row of a model.
    ///
    /// # Errors
    /// `store-io`.
    pub fn model_row(&self, model: &str, key: &[u8]) -> Result<Option<ModelRow>> {
        let sql = "SELECT rank, body FROM model WHERE model = ?1 AND key = ?2";
        let mut read = self.conn.prepare_cached(sql)?;
        let found =
            read.query_row((model, key), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(found.map(|(rank, body)| ModelRow { key: key.to_vec(), rank, body }))
    }

    /// A page of a model by rising rank, after the rank and key of the last row of the page before.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn model_page(
        &self,
        model: &str,
        after: Option<(i64, &[u8])>,
        limit: usize,
    ) -> Result<Vec<ModelRow>> {
        // Keys are not empty, so this lies before every row.
        let (rank, key) = after.unwrap_or((i64::MIN, &[]));
        let mut read = self.conn.prepare_cached(
            "SELECT key, rank, body FROM model
             WHERE model = ?1 AND (rank, key) > (?2, ?3) ORDER BY rank, key LIMIT ?4",
        )?;
        let mut rows = read.query((model, rank, key, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let body = Some(blob(row, 2)?.to_vec());
            found.push(ModelRow { key: blob(row, 0)?.to_vec(), rank: row.get(1)?, body });
        }
        Ok(found)
    }
}
