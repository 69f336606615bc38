//! Imports: which file, how far it was read, and the rows that wait to be sorted by time.

use crate::rows::{self, blob};
use crate::{Store, StoreError, View};
use bellwether_core::{Digest, Timestamp};
use rusqlite::{Connection, Row};

type Result<T> = std::result::Result<T, StoreError>;

/// A file that is to be read through a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    /// Digest of the file.
    pub file: Digest,
    /// Digest of the mapping.
    pub mapping: Digest,
    /// The source as the operator named it.
    pub source: String,
    /// When it was begun.
    pub started: Timestamp,
}

/// An import as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: u64,
    /// What is read.
    pub what: NewImport,
    /// Rows that were committed.
    pub rows: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Up to where the file is committed; reading goes on from here.
    pub offset: u64,
    /// When it was finished.
    pub done: Option<Timestamp>,
}

/// How far an import came, committed with the rows that it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportProgress {
    /// The import.
    pub import: u64,
    /// Rows that this batch commits.
    pub rows: u64,
    /// Rows that this batch refuses.
    pub refused: u64,
    /// Up to where the file is committed now; never less than before.
    pub offset: u64,
    /// When it was finished.
    pub done: Option<Timestamp>,
}

pub(crate) fn put_progress(conn: &Connection, steps: &[ImportProgress]) -> Result<()> {
    for ImportProgress { import, rows, refused, offset, done } in steps {
        let mut put = conn.prepare_cached(
            "UPDATE import SET rows = rows + ?2, refused = refused + ?3, offset = ?4, done = ?5
             WHERE id = ?1 AND offset <= ?4",
        )?;
        let done = done.map(Timestamp::micros);
        if put.execute((import, rows, refused, offset, done))? == 0 {
            return Err(StoreError::conflict("an import goes back, or was never begun"));
        }
    }
    Ok(())
}

impl Store {
    /// Begins an import, or gives the one back that read the same file through the same mapping:
    /// then it goes on from its offset, or is done already.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn begin_import(&mut self, new: &NewImport) -> Result<Import> {
        let known = self.imports()?.into_iter().rev();
        let mut same = known.filter(|i| i.what.file == new.file && i.what.mapping == new.mapping);
        if let Some(import) = same.next() {
            return Ok(import);
        }
        let id = self.transact(|conn| {
            let mut put =
                conn.prepare("INSERT INTO import VALUES (NULL, ?1, ?2, ?3, ?4, 0, 0, 0, NULL)")?;
            let (file, mapping) = (new.file.as_bytes(), new.mapping.as_bytes());
            put.execute((file, mapping, &new.source, new.started.micros()))?;
            Ok(conn.last_insert_rowid() as u64)
        })?;
        Ok(Import { id, what: new.clone(), rows: 0, refused: 0, offset: 0, done: None })
    }

    /// Sets rows of an import aside, sealed, under keys that sort them.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn spill(&mut self, import: u64, rows: &[(Vec<u8>, Vec<u8>)]) -> Result<()> {
        self.transact(|conn| {
            let mut put =
                conn.prepare_cached("INSERT OR REPLACE INTO spill VALUES (?1, ?2, ?3)")?;
            for (key, body) in rows {
                put.execute((import, key, body))?;
            }
            Ok(())
        })
    }

    /// Forgets an import of which nothing was taken, with what it had set aside.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn forget_import(&mut self, import: u64) -> Result<()> {
        self.transact(|conn| {
            conn.execute("DELETE FROM spill WHERE import = ?1", [import])?;
            conn.execute("DELETE FROM import WHERE id = ?1 AND done IS NULL", [import])?;
            Ok(())
        })
    }

    /// Removes what an import had set aside.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn drop_spill(&mut self, import: u64) -> Result<()> {
        self.transact(|conn| {
            conn.prepare_cached("DELETE FROM spill WHERE import = ?1")?.execute([import])?;
            Ok(())
        })
    }
}

impl View {
    /// All imports, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn imports(&self) -> Result<Vec<Import>> {
        let mut read = self.conn.prepare_cached(
            "SELECT id, file, mapping, source, started, rows, refused, offset, done FROM import
             ORDER BY id",
        )?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_import(row)?);
        }
        Ok(found)
    }

    /// What an import had set aside, by rising key, after one; start with an empty key.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn spilled(
        &self,
        import: u64,
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let sql =
            "SELECT key, body FROM spill WHERE import = ?1 AND key > ?2 ORDER BY key LIMIT ?3";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query((import, after, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((blob(row, 0)?.to_vec(), blob(row, 1)?.to_vec()));
        }
        Ok(found)
    }
}

fn read_import(row: &Row<'_>) -> Result<Import> {
    let what = NewImport {
        file: rows::digest(row, 1)?,
        mapping: rows::digest(row, 2)?,
        source: row.get(3)?,
        started: rows::instant(row, 4)?,
    };
    let done: Option<i64> = row.get(8)?;
    let (id, read) = (row.get(0)?, row.get(5)?);
    let (refused, offset) = (row.get(6)?, row.get(7)?);
    Ok(Import { id, what, rows: read, refused, offset, done: done.map(Timestamp::from_micros) })
}
