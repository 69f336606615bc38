//! Things kept by name or digest: rules and models, gates, checkpoints, tiles, and small notes.

use crate::rows::{self, blob};
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

/// A checkpoint of the log, stored before it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many leaves it covers.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The signed note; may be added later under the same root.
    pub note: Vec<u8>,
    /// When it was made.
    pub at: Timestamp,
}

/// A full tile of the log's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its level, from 0.
    pub level: u8,
    /// Its number within the level, from 0.
    pub index: u64,
    /// Its hashes, one after another.
    pub hashes: Vec<u8>,
}

pub(crate) fn put_gates(conn: &Connection, gates: &[Gate]) -> Result<()> {
    for Gate { name, closed, reason, at } in gates {
        let mut put = conn.prepare_cached("INSERT OR REPLACE INTO gate VALUES (?1, ?2, ?3, ?4)")?;
        put.execute((name, closed, reason, at.micros()))?;
    }
    Ok(())
}

fn tile_key(level: u8, index: u64) -> Result<i64> {
    let fits = level < 64 && index < 1 << 56;
    let key = u64::from(level) << 56 | index;
    i64::try_from(key).ok().filter(|_| fits).ok_or_else(|| StoreError::conflict("no such tile"))
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

    /// Keeps a checkpoint; call it before the checkpoint is published.
    ///
    /// # Errors
    /// `store-conflict` if it is smaller than the last one, or has another root for the same size.
    pub fn put_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let last = self.last_checkpoint()?;
        let fits = |last: &Checkpoint| {
            last.size < checkpoint.size
                || (last.size == checkpoint.size && last.root == checkpoint.root)
        };
        if !last.as_ref().is_none_or(fits) {
            return Err(StoreError::conflict("a checkpoint goes back, or contradicts the last"));
        }
        self.transact(|conn| {
            let Checkpoint { size, root, note, at } = checkpoint;
            let sql = "INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2, ?3, ?4)";
            conn.prepare_cached(sql)?.execute((size, root.as_bytes(), note, at.micros()))?;
            Ok(())
        })
    }

    /// Keeps full tiles of the log's tree.
    ///
    /// # Errors
    /// `store-conflict` for a level or index out of range; `store-full`, `store-io`.
    pub fn put_tiles(&mut self, tiles: &[Tile]) -> Result<()> {
        self.transact(|conn| {
            let mut put = conn.prepare_cached("INSERT OR REPLACE INTO tile VALUES (?1, ?2)")?;
            for Tile { level, index, hashes } in tiles {
                put.execute((tile_key(*level, *index)?, hashes))?;
            }
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

    /// The newest checkpoint.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>> {
        let sql = "SELECT size, root, note, at FROM checkpoint ORDER BY size DESC LIMIT 1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (size, root, note) = (row.get(0)?, rows::digest(row, 1)?, blob(row, 2)?.to_vec());
        Ok(Some(Checkpoint { size, root, note, at: rows::instant(row, 3)? }))
    }

    /// A full tile of the log's tree.
    ///
    /// # Errors
    /// `store-conflict` for a level or index out of range; `store-io`.
    pub fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>> {
        let mut read = self.conn.prepare_cached("SELECT hashes FROM tile WHERE id = ?1")?;
        Ok(read.query_row([tile_key(level, index)?], |row| row.get(0)).optional()?)
    }

    /// How many full tiles a level has.
    ///
    /// # Errors
    /// `store-conflict` for a level out of range; `store-io`.
    pub fn tiles(&self, level: u8) -> Result<u64> {
        let sql = "SELECT count(*) FROM tile WHERE id BETWEEN ?1 AND ?2";
        let range = (tile_key(level, 0)?, tile_key(level, (1 << 56) - 1)?);
        Ok(self.conn.prepare_cached(sql)?.query_row(range, |row| row.get(0))?)
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
