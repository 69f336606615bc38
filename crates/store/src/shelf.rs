//! Things kept by name or digest: rules and models, gates, and small notes.

use crate::rows;
use crate::{Store, StoreError, View};
use bellwether_core::{Digest, Timestamp};
use rusqlite::{Connection, OptionalExtension};

type Result<T> = std::result::Result<T, StoreError>;

/// A gate that stops effects while it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Its name: `all`, a channel, an action.
    pub name: String,
    /// Whether nothing passes.
    pub closed: bool,
    /// Why it was set so: a code or a sentence without personal data.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

pub(crate) fn put_gates(conn: &Connection, gates: &[Gate]) -> Result<()> {
    for Gate { name, closed, reason, at } in gates {
        let mut put = conn.prepare_cached("INSERT OR REPLACE INTO gate VALUES (?1, ?2, ?3, ?4)")?;
        put.execute((name, closed, reason, at.micros()))?;
    }
    Ok(())
}

impl Store {
    /// Keeps bytes under a digest. Saying the same again is fine.
    ///
    /// # Errors
    /// `store-conflict` if other bytes are kept under it; `store-full`, `store-io`.
    pub fn put_blob(&mut self, kind: &str, digest: Digest, bytes: &[u8]) -> Result<()> {
        self.transact(|conn| {
            let mut put = conn.prepare(
                "INSERT INTO blob (digest, kind, bytes) VALUES (?1, ?2, ?3) ON CONFLICT (digest)
                 DO UPDATE SET kind = kind WHERE kind = excluded.kind AND bytes = excluded.bytes",
            )?;
            match put.execute((digest.as_bytes(), kind, bytes))? {
                0 => Err(StoreError::conflict("other bytes are kept under the digest")),
                _ => Ok(()),
            }
        })
    }

    /// Removes what no retained record names any more.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn drop_blob(&mut self, digest: Digest) -> Result<()> {
        self.transact(|conn| {
            conn.execute("DELETE FROM blob WHERE digest = ?1", [digest.as_bytes()])?;
            Ok(())
        })
    }

    /// Keeps a small note of the driver's own.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.transact(|conn| {
            let sql = "INSERT OR REPLACE INTO meta VALUES ('note.' || ?1, ?2)";
            conn.prepare_cached(sql)?.execute((name, bytes))?;
            Ok(())
        })
    }
}

impl View {
    /// The kind and bytes kept under a digest.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn blob(&self, digest: Digest) -> Result<Option<(String, Vec<u8>)>> {
        let mut read =
            self.conn.prepare_cached("SELECT kind, bytes FROM blob WHERE digest = ?1")?;
        let found = read.query_row([digest.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// The digests of a kind with their sizes in bytes, in the order they came.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn blobs(&self, kind: &str) -> Result<Vec<(Digest, u64)>> {
        let sql = "SELECT digest, length(bytes) FROM blob WHERE kind = ?1 ORDER BY rowid";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([kind])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((rows::digest(row, 0)?, row.get(1)?));
        }
        Ok(found)
    }

    /// All gates, by name.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn gates(&self) -> Result<Vec<Gate>> {
        let sql = "SELECT name, closed, reason, at FROM gate ORDER BY name";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (name, closed, reason) = (row.get(0)?, row.get(1)?, row.get(2)?);
            found.push(Gate { name, closed, reason, at: rows::instant(row, 3)? });
        }
        Ok(found)
    }

    /// A small note of the driver's own.
    ///
    /// # Errors
    /// `store-io`.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let mut read =
            self.conn.prepare_cached("SELECT value FROM meta WHERE key = 'note.' || ?1")?;
        Ok(read.query_row([name], |row| row.get(0)).optional()?)
    }
}
