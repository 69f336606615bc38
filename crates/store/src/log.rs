//! The log's tree: hashes over the records, one tree an epoch, kept in the commit that appends them.
//!
//! - In: the record of each entry, in journal order; checkpoints, before they are published.
//! - Out: any tile or bundle of any size the log ever had, as a view over tiles and records.
//! - Never: signs; trusts a stored hash more than a record: whoever verifies reads both.
//!
//! Full tiles of leaf hashes are written once, tiles above when a tile below them is full. The last,
//! partial one is written with each checkpoint, so that a record that is changed afterwards is named;
//! until then its hashes are those of at most 255 records.

mod tip;

pub(crate) use tip::Tip;
use tip::tile_key;

use crate::open::set_mark;
use crate::rows::{self, blob};
use crate::schema::mark;
use crate::{Store, StoreError, View};
use bellwether_core::{Digest, Timestamp};
use bellwether_ledger::tree::{
    Head, LARGEST_ENTRY, TILE_HASHES, Tile, TileKind, leaf_hash, write_entry,
};
use rusqlite::{Connection, OptionalExtension};
use std::ops::ControlFlow;

type Result<T> = std::result::Result<T, StoreError>;

const HASH: usize = 32;
/// Tiles have 12 bits for their epoch.
const LAST_EPOCH: u64 = 1 << 12;
const TILE_BYTES: usize = TILE_HASHES as usize * HASH;

/// One hour's checkpoints but the newest, and the newest that as many witnesses signed, are dropped: a
/// newer one speaks for all of them.
const HOUR: i64 = 3_600_000_000;

/// One tree of the log: from the first record, or from a restore, up to the next restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Counts restores, from 1.
    pub number: u64,
    /// The first line of its checkpoints.
    pub origin: String,
    /// The journal position of its first leaf.
    pub first_pos: u64,
    /// How many leaves it has.
    pub size: u64,
    /// What was known of the log when the epoch began: a checkpoint, or nothing.
    pub before: Vec<u8>,
    /// When it began.
    pub at: Timestamp,
}

/// What begins after a restore.
#[derive(Clone, Copy, Debug)]
pub struct NewEpoch<'a> {
    /// Later than the one before.
    pub number: u64,
    /// The first line of its checkpoints.
    pub origin: &'a str,
    /// The last checkpoint known of the log, or nothing.
    pub before: &'a [u8],
    /// When it begins.
    pub at: Timestamp,
    /// The highest key slot that may have been taken: by rows, too, that the restored data has not.
    pub slots_taken: u64,
}

/// A checkpoint of the log, stored before it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Of which epoch.
    pub epoch: u64,
    /// How many leaves it covers, and the root over them.
    pub head: Head,
    /// The signed note; signatures may be added later under the same root.
    pub note: Vec<u8>,
    /// How many witnesses signed it.
    pub cosigned: u64,
    /// When it was made.
    pub at: Timestamp,
}

/// A public key of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKey {
    /// Its verifier key, as signed notes name it.
    pub vkey: String,
    /// The epoch whose checkpoints it signs.
    pub epoch: u64,
    /// The size from which on it signs.
    pub since: u64,
    /// When it stops signing; `None` while it is the newest.
    pub until: Option<Timestamp>,
}

/// A public key of the log that begins to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLogKey {
    /// The key.
    pub key: LogKey,
    /// Until when the keys before it sign beside it.
    pub others_until: Timestamp,
}

pub(crate) fn put_log_key(conn: &Connection, new: &NewLogKey) -> Result<()> {
    let NewLogKey { key: LogKey { vkey, epoch, since, until }, others_until } = new;
    let sql = "UPDATE log_key SET until = ?1 WHERE until IS NULL AND vkey <> ?2";
    conn.execute(sql, (others_until.micros(), vkey))?;
    let sql = "INSERT INTO log_key VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    conn.execute(sql, (vkey, epoch, since, until.map(Timestamp::micros)))?;
    Ok(())
}

pub(crate) fn put_epoch(conn: &Connection, first_pos: u64, new: &NewEpoch<'_>) -> Result<()> {
    let NewEpoch { number, origin, before, at, .. } = new;
    let sql = "INSERT INTO epoch VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.execute(sql, (number, origin, first_pos, before, at.micros()))?;
    Ok(())
}

impl View {
    /// Every epoch of the log, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn epochs(&self) -> Result<Vec<Epoch>> {
        let sql = "SELECT epoch, origin, first_pos, before, at FROM epoch ORDER BY epoch DESC";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let (mut found, mut end) = (Vec::new(), self.last_pos()? + 1);
        while let Some(row) = rows.next()? {
            let (first_pos, before) = (row.get(2)?, blob(row, 3)?.to_vec());
            let (number, origin, size) = (row.get(0)?, row.get(1)?, end - first_pos);
            let at = rows::instant(row, 4)?;
            found.push(Epoch { number, origin, first_pos, size, before, at });
            end = first_pos;
        }
        found.reverse();
        Ok(found)
    }

    /// The epoch that is written now.
    ///
    /// # Errors
    /// `store-corrupt` where there is none; `store-io`.
    pub fn epoch(&self) -> Result<Epoch> {
        let newest = self.epochs()?.pop();
        newest.ok_or_else(|| StoreError::corrupt("the log has no epoch"))
    }

    /// The bytes of a tile or bundle of an epoch's tree, at whatever width it ever had; `None` where the
    /// tree is too small or the stored tile is missing.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn tile(&self, epoch: &Epoch, tile: Tile) -> Result<Option<Vec<u8>>> {
        let level = match tile.kind() {
            TileKind::Hashes(level) => level,
            TileKind::Entries => return self.bundle(epoch, tile),
        };
        let width = usize::from(tile.width()) * HASH;
        let Ok(key) = tile_key(epoch.number, level, tile.index()) else { return Ok(None) };
        let mut read = self.conn.prepare_cached("SELECT hashes FROM tile WHERE id = ?1")?;
        let kept: Option<Vec<u8>> = read.query_row([key], |row| row.get(0)).optional()?;
        // What came after the newest checkpoint stands in the records only.
        let kept = kept.filter(|kept| kept.len() >= width || level > 0 || !tile.is_partial());
        match kept {
            // A tile that is longer or shorter than any tile is given as it is: a sweep names it.
            Some(mut kept) if kept.len().is_multiple_of(HASH) && kept.len() <= TILE_BYTES => {
                kept.truncate(width);
                Ok(Some(kept))
            }
            Some(kept) => Ok(Some(kept)),
            None if level == 0 && tile.is_partial() => {
                let mut hashes = Vec::with_capacity(width);
                let whole = self.leaves(epoch, tile, |record| {
                    hashes.extend(leaf_hash(record).as_bytes());
                })?;
                Ok(whole.then_some(hashes))
            }
            None => Ok(None),
        }
    }

    fn bundle(&self, epoch: &Epoch, tile: Tile) -> Result<Option<Vec<u8>>> {
        let (mut bundle, mut bad) = (Vec::with_capacity(LARGEST_ENTRY), None);
        let whole = self.leaves(epoch, tile, |record| {
            if let Err(error) = write_entry(&mut bundle, record) {
                bad = Some(error);
            }
        })?;
        match bad {
            Some(error) => Err(StoreError::corrupt(error.to_string())),
            None => Ok(whole.then_some(bundle)),
        }
    }

    /// The records under a tile of leaf hashes; whether they are all there.
    fn leaves(&self, epoch: &Epoch, tile: Tile, mut each: impl FnMut(&[u8])) -> Result<bool> {
        let width = u64::from(tile.width());
        if tile.start().saturating_add(width) > epoch.size {
            return Ok(false);
        }
        let (from, mut found) = (epoch.first_pos + tile.start(), 0);
        self.scan(from, |row| {
            if row.pos >= from + width {
                return ControlFlow::Break(());
            }
            each(row.record);
            found += 1;
            if found == width { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(found == width)
    }

    /// The newest checkpoint of an epoch.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn last_checkpoint(&self, epoch: u64) -> Result<Option<Checkpoint>> {
        self.last_cosigned(epoch, 0)
    }

    /// The newest checkpoint of an epoch that so many witnesses signed.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn last_cosigned(&self, epoch: u64, witnesses: u64) -> Result<Option<Checkpoint>> {
        let sql = "SELECT size, root, note, cosigned, at FROM checkpoint
                   WHERE epoch = ?1 AND cosigned >= ?2 ORDER BY size DESC LIMIT 1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query((epoch, witnesses))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let head = Head { size: row.get(0)?, root: rows::digest(row, 1)? };
        let (note, cosigned) = (blob(row, 2)?.to_vec(), row.get(3)?);
        Ok(Some(Checkpoint { epoch, head, note, cosigned, at: rows::instant(row, 4)? }))
    }

    /// Public keys of the log, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn log_keys(&self) -> Result<Vec<LogKey>> {
        let sql = "SELECT vkey, epoch, since, until FROM log_key ORDER BY epoch, since, vkey";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let until: Option<i64> = row.get(3)?;
            let (vkey, until) = (row.get(0)?, until.map(Timestamp::from_micros));
            found.push(LogKey { vkey, epoch: row.get(1)?, since: row.get(2)?, until });
        }
        Ok(found)
    }
}

impl Store {
    /// After a restore: a new tree begins under another origin, and no effect that waits may be sent
    /// before it is reconciled. Says how many effects that are.
    ///
    /// # Errors
    /// `store-conflict` if the epoch is not a later one; `store-full`, `store-io`.
    pub fn begin_epoch(&mut self, new: &NewEpoch<'_>) -> Result<u64> {
        let mut meta = self.meta()?;
        if new.number <= meta.epoch || new.number >= LAST_EPOCH {
            return Err(StoreError::conflict(
                "the epoch is not later than the one before, or too late",
            ));
        }
        (meta.epoch, meta.origin) = (new.number, new.origin.to_owned());
        let first_pos = self.last_pos + 1;
        let taken = self.slots_taken.max(new.slots_taken);
        let unknown = self.transact(|conn| {
            crate::open::put_meta(conn, &meta)?;
            put_epoch(conn, first_pos, new)?;
            set_mark(conn, mark::SLOTS, taken)?;
            crate::outbox::all_unknown(conn)
        })?;
        self.slots_taken = taken;
        self.tip = Tip::of(new.number);
        Ok(unknown)
    }

    /// Keeps a checkpoint; call it before the checkpoint is published.
    ///
    /// # Errors
    /// `store-conflict` if it is smaller than the last one, or has another root for the same size.
    pub fn put_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let Checkpoint { epoch, head, note, cosigned, at } = checkpoint;
        let last = self.last_checkpoint(*epoch)?;
        let fits = |last: &Checkpoint| last.head.size < head.size || last.head == *head;
        if !last.as_ref().is_none_or(fits) {
            return Err(StoreError::conflict("a checkpoint goes back, or contradicts the last"));
        }
        let tip = self.tip.clone();
        self.transact(|conn| {
            let sql = "DELETE FROM checkpoint
                       WHERE epoch = ?1 AND size <= ?2 AND at / ?3 = ?4 AND cosigned <= ?5";
            let hour = at.micros() / HOUR;
            conn.prepare_cached(sql)?.execute((epoch, head.size, HOUR, hour, cosigned))?;
            let sql = "INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let root: &Digest = &head.root;
            let row = (epoch, head.size, root.as_bytes(), note, cosigned, at.micros());
            conn.prepare_cached(sql)?.execute(row)?;
            tip.put_partial(conn, *epoch, head.size)
        })
    }

    /// Keeps a public key of the log. The keys before it that had no end get one.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_log_key(&mut self, key: &NewLogKey) -> Result<()> {
        self.transact(|conn| put_log_key(conn, key))
    }
}
