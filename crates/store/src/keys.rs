//! The key database: wrapped subject keys in a file of their own.
//!
//! Whoever has the data without this file has nothing. It must have its own, shorter-lived backups:
//! a restored key brings back a person who was erased.

use crate::migrate::migrate;
use crate::open::{Access, KEYS_FILE, connect};
use crate::{Checkpoint, StoreError, rows};
use bellwether_core::{Id, SubjectId, Timestamp};
use bellwether_ledger::tree::Head;
use rusqlite::{Connection, Row, TransactionBehavior};
use std::ops::Range;
use std::path::Path;

/// Page cache of a connection, in MiB.
const CACHE_MIB: u32 = 16;

type Result<T> = std::result::Result<T, StoreError>;

/// A subject's key, wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its slot.
    pub slot: u64,
    /// The subject's id.
    pub id: SubjectId,
    /// The wrapped key; `None` once it is destroyed.
    pub wrapped: Option<Vec<u8>>,
    /// When it was destroyed.
    pub destroyed_at: Option<Timestamp>,
}

/// A tenant key, wrapped under a master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingRow {
    /// Fingerprint of the master key.
    pub master: [u8; 8],
    /// Which key: `root` or `wrapping`.
    pub what: String,
    /// Counts rotations.
    pub version: u64,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
    /// Since when.
    pub at: Timestamp,
}

/// The key database of a data directory. Several connections may be open; they take turns.
#[derive(Debug)]
pub struct Keys {
    pub(crate) conn: Connection,
}

impl Keys {
    /// Opens the key database of a directory.
    ///
    /// # Errors
    /// `store-missing`, `store-version`, `store-corrupt`, `store-io`.
    pub fn open(dir: impl AsRef<Path>, read_only: bool) -> Result<Self> {
        let access = if read_only { Access::Read } else { Access::Write };
        Self::connect(dir.as_ref(), access)
    }

    /// Creates the key database of a directory; creating a store does this too.
    ///
    /// # Errors
    /// `store-exists`, `store-read-only`, `store-io`.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self> {
        Self::connect(dir.as_ref(), Access::Create)
    }

    fn connect(dir: &Path, access: Access) -> Result<Self> {
        let mut conn = connect(dir, KEYS_FILE, access, CACHE_MIB)?;
        if access == Access::Create {
            restrict(&dir.join(KEYS_FILE))?;
        }
        migrate(&mut conn, KEYS_FILE, access, |_| Ok(()))?;
        Ok(Self { conn })
    }

    /// Mints a block of keys, durable when it returns, under the slots that it gives back.
    ///
    /// # Errors
    /// `store-full`, `store-read-only`, `store-busy`, `store-io`.
    pub fn mint_block(&mut self, block: &[(SubjectId, Vec<u8>)]) -> Result<Range<u64>> {
        let change = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let first = next_slot(&change)?;
        {
            let mut put = change.prepare_cached("INSERT INTO keys VALUES (?1, ?2, ?3, NULL)")?;
            for (slot, (id, wrapped)) in (first..).zip(block) {
                put.execute((slot, id.0.to_bytes(), wrapped))?;
            }
        }
        change.commit()?;
        Ok(first..first + block.len() as u64)
    }

    /// The slot that the next minted key gets; every lower one is minted.
    ///
    /// # Errors
    /// `store-io`.
    pub fn next_free_slot(&self) -> Result<u64> {
        next_slot(&self.conn)
    }

    /// The key of a slot.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn key(&self, slot: u64) -> Result<Option<Key>> {
        Ok(self.block(slot..slot.saturating_add(1))?.pop())
    }

    /// The keys of a range of slots, for filling a cache.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn block(&self, slots: Range<u64>) -> Result<Vec<Key>> {
        let mut read = self.conn.prepare_cached(
            "SELECT slot, id, wrapped, destroyed_at FROM keys WHERE slot >= ?1 AND slot < ?2
             ORDER BY slot",
        )?;
        let mut rows = read.query((slots.start, slots.end))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_key(row)?);
        }
        Ok(found)
    }

    /// The slot of a subject. It reads the whole table: for a person's request, not for a signal.
    ///
    /// # Errors
    /// `store-io`.
    pub fn slot_of(&self, id: SubjectId) -> Result<Option<u64>> {
        let mut read = self.conn.prepare_cached("SELECT slot FROM keys WHERE id = ?1")?;
        let mut rows = read.query([id.0.to_bytes()])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// Replaces wrapped keys by the same keys under another wrapping; destroyed ones stay destroyed.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn rewrap(&mut self, block: &[(u64, Vec<u8>)]) -> Result<()> {
        let change = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let sql = "UPDATE keys SET wrapped = ?2 WHERE slot = ?1 AND destroyed_at IS NULL";
            let mut put = change.prepare_cached(sql)?;
            for (slot, wrapped) in block {
                put.execute((slot, wrapped))?;
            }
        }
        change.commit()?;
        self.wipe_log()
    }

    /// The newest checkpoint that was signed in each epoch, the oldest first, whatever the data says.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn signed(&self) -> Result<Vec<Checkpoint>> {
        let sql = "SELECT epoch, size, root, note, at FROM signed ORDER BY epoch";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let head = Head { size: row.get(1)?, root: rows::digest(row, 2)? };
            let (epoch, note, at) = (row.get(0)?, row.get(3)?, rows::instant(row, 4)?);
            found.push(Checkpoint { epoch, head, note, cosigned: 0, at });
        }
        Ok(found)
    }

    /// Remembers the newest checkpoint of its epoch, durable when it returns.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn put_signed(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let Checkpoint { epoch, head: Head { size, root }, note, at, .. } = checkpoint;
        let sql = "INSERT OR REPLACE INTO signed VALUES (?1, ?2, ?3, ?4, ?5)";
        let row = (epoch, size, root.as_bytes(), note, at.micros());
        self.conn.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// Every row of the ring.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn ring(&self) -> Result<Vec<RingRow>> {
        let sql = "SELECT master, what, version, wrapped, at FROM ring ORDER BY version, what";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(RingRow {
                master: rows::bytes(row, 0)?,
                what: row.get(1)?,
                version: row.get(2)?,
                wrapped: row.get(3)?,
                at: rows::instant(row, 4)?,
            });
        }
        Ok(found)
    }

    /// Keeps rows of the ring, all or none.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn put_ring(&mut self, ring: &[RingRow]) -> Result<()> {
        let change = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for RingRow { master, what, version, wrapped, at } in ring {
            let row = (master, what, version, wrapped, at.micros());
            change.execute("INSERT INTO ring VALUES (?1, ?2, ?3, ?4, ?5)", row)?;
        }
        Ok(change.commit()?)
    }

    /// Keeps only the rows of one master key in one version.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn keep_ring(&mut self, master: [u8; 8], version: u64) -> Result<()> {
        let sql = "DELETE FROM ring WHERE master <> ?1 OR version <> ?2";
        self.conn.execute(sql, (master, version))?;
        self.wipe_log()
    }

    /// Every secret: its name and its sealed bytes, by name.
    ///
    /// # Errors
    /// `store-io`.
    pub fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut read = self.conn.prepare_cached("SELECT what, sealed FROM secret ORDER BY what")?;
        let found = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<std::result::Result<_, _>>()?)
    }

    /// Keeps sealed secrets, each in the place of the one that had its name, all or none; what stood
    /// there before is in no file any more.
    ///
    /// # Errors
    /// `store-busy` while another connection reads: they are kept, but call again for the old ones;
    /// `store-full`, `store-io`.
    pub fn put_secrets(&mut self, secrets: &[(String, Vec<u8>)], at: Timestamp) -> Result<()> {
        let change = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (what, sealed) in secrets {
            let row = (what, sealed, at.micros());
            change.execute("INSERT OR REPLACE INTO secret VALUES (?1, ?2, ?3)", row)?;
        }
        change.commit()?;
        self.wipe_log()
    }

    /// The slots whose keys are destroyed. It reads the whole table.
    ///
    /// # Errors
    /// `store-io`.
    pub fn destroyed(&self) -> Result<Vec<u64>> {
        let sql = "SELECT slot FROM keys WHERE destroyed_at IS NOT NULL ORDER BY slot";
        let mut read = self.conn.prepare_cached(sql)?;
        let found = read.query_map([], |row| row.get(0))?;
        Ok(found.collect::<std::result::Result<_, _>>()?)
    }

    /// How many keys there are, and how many of them are destroyed.
    ///
    /// # Errors
    /// `store-io`.
    pub fn counts(&self) -> Result<(u64, u64)> {
        let sql = "SELECT count(*), count(destroyed_at) FROM keys";
        Ok(self.conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Destroys a key for ever, in the file and in its write-ahead log. Says whether there was one
    /// to destroy. After `store-busy` the key is gone but the log may still hold it: call again.
    ///
    /// # Errors
    /// `store-busy` while another connection reads; `store-read-only`, `store-io`.
    pub fn destroy(&mut self, slot: u64, at: Timestamp) -> Result<bool> {
        let mut put = self.conn.prepare_cached(
            "UPDATE keys SET wrapped = NULL, destroyed_at = ?2
             WHERE slot = ?1 AND destroyed_at IS NULL",
        )?;
        let destroyed = put.execute((slot, at.micros()))? > 0;
        drop(put);
        self.wipe_log()?;
        Ok(destroyed)
    }

    /// Destroys the keys of several slots, as [`Keys::destroy`] does one.
    ///
    /// # Errors
    /// As [`Keys::destroy`].
    pub fn destroy_all(&mut self, slots: &[u64], at: Timestamp) -> Result<()> {
        let change = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut put = change.prepare_cached(
                "UPDATE keys SET wrapped = NULL, destroyed_at = ?2
                 WHERE slot = ?1 AND destroyed_at IS NULL",
            )?;
            for slot in slots {
                put.execute((slot, at.micros()))?;
            }
        }
        change.commit()?;
        self.wipe_log()
    }

    /// Moves the write-ahead log into the file and cuts it to nothing.
    fn wipe_log(&self) -> Result<()> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = self.conn.query_row(sql, [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }
}

fn next_slot(conn: &Connection) -> Result<u64> {
    let mut last = conn.prepare_cached("SELECT coalesce(max(slot), 0) + 1 FROM keys")?;
    Ok(last.query_row([], |row| row.get(0))?)
}

fn read_key(row: &Row<'_>) -> Result<Key> {
    let destroyed: Option<i64> = row.get(3)?;
    Ok(Key {
        slot: row.get(0)?,
        id: SubjectId(Id::from_bytes(rows::bytes(row, 1)?)),
        wrapped: row.get(2)?,
        destroyed_at: destroyed.map(Timestamp::from_micros),
    })
}

/// Wrapped keys are nobody's business but the service user's.
#[cfg(unix)]
pub(crate) fn restrict(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, mode).map_err(|e| StoreError::io("restrict the key file", e))
}

#[cfg(not(unix))]
pub(crate) fn restrict(_: &Path) -> Result<()> {
    Ok(())
}
