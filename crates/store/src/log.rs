//! The log's tree: hashes over the records, one tree an epoch, kept in the commit that appends them.
//!
//! - In: the record of each entry, in journal order; checkpoints, before they are published.
//! - Out: any tile or bundle of any size the log ever had, as a view over tiles and records.
//! - Never: signs; trusts a stored hash more than a record: whoever verifies reads both.
//!
//! Full tiles of leaf hashes are written once. The hashes of the last, partial one are those of at most
//! 255 records, so they are not stored at all; tiles above are written when a tile below them is full.

use crate::open::set_mark;
use crate::rows::{self, blob};
use crate::schema::mark;
use crate::{Store, StoreError, View};
use bellwether_core::{Digest, Timestamp};
use bellwether_ledger::tree::{
    Edge, Head, LARGEST_ENTRY, TILE_HASHES, Tile, TileKind, leaf_hash, read_tile, write_entry,
};
use rusqlite::{Connection, OptionalExtension};
use std::ops::ControlFlow;

type Result<T> = std::result::Result<T, StoreError>;

const HASH: usize = 32;
const TILE_BYTES: usize = TILE_HASHES as usize * HASH;

/// One hour's checkpoints but the newest are dropped: a newer one speaks for all of them.
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
    /// The key slot that its secret is derived from.
    pub slot: u64,
    /// The size from which on it signs.
    pub since: u64,
    /// When it stops signing; `None` while it is the newest.
    pub until: Option<Timestamp>,
}

/// The right edge of the newest tree: the last, partial tile of each level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tip {
    epoch: u64,
    size: u64,
    levels: Vec<Vec<u8>>,
}

impl Tip {
    /// Appends leaves and stores the tiles that they complete.
    pub(crate) fn append<'a>(
        &mut self,
        conn: &Connection,
        records: impl Iterator<Item = &'a [u8]>,
    ) -> Result<()> {
        let mut put = conn.prepare_cached("INSERT OR REPLACE INTO tile VALUES (?1, ?2)")?;
        for record in records {
            let (mut hash, mut index) = (leaf_hash(record), self.size);
            for level in 0u8.. {
                let at = usize::from(level);
                if self.levels.len() == at {
                    self.levels.push(Vec::with_capacity(TILE_BYTES));
                }
                let Some(tile) = self.levels.get_mut(at) else { break };
                tile.extend(hash.as_bytes());
                let full = tile.len() == TILE_BYTES;
                if full || level > 0 {
                    put.execute((tile_key(self.epoch, level, index >> 8)?, &*tile))?;
                }
                if !full {
                    break;
                }
                hash = Edge::over(&read_tile(tile)).root();
                index >>= 8;
                tile.clear();
            }
            self.size += 1;
        }
        Ok(())
    }

    fn head(&self) -> Result<Head> {
        let mut peaks = Vec::new();
        for tile in self.levels.iter().rev() {
            peaks.extend(Edge::over(&read_tile(tile)).peaks());
        }
        let edge = Edge::new(self.size, peaks);
        Ok(edge.map_err(|bad| StoreError::corrupt(bad.to_string()))?.head())
    }
}

fn tile_key(epoch: u64, level: u8, index: u64) -> Result<i64> {
    let fits = epoch < 1 << 12 && level < 1 << 4 && index < 1 << 47;
    let key = epoch << 51 | u64::from(level) << 47 | index;
    i64::try_from(key).ok().filter(|_| fits).ok_or_else(|| StoreError::conflict("no such tile"))
}

pub(crate) fn put_epoch(
    conn: &Connection,
    (number, origin): (u64, &str),
    first_pos: u64,
    before: &[u8],
) -> Result<()> {
    let sql = "INSERT INTO epoch VALUES (?1, ?2, ?3, ?4)";
    conn.execute(sql, (number, origin, first_pos, before))?;
    Ok(())
}

impl View {
    /// Every epoch of the log, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn epochs(&self) -> Result<Vec<Epoch>> {
        let sql = "SELECT epoch, origin, first_pos, before FROM epoch ORDER BY epoch DESC";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let (mut found, mut end) = (Vec::new(), self.last_pos()? + 1);
        while let Some(row) = rows.next()? {
            let (first_pos, before) = (row.get(2)?, blob(row, 3)?.to_vec());
            let (number, origin, size) = (row.get(0)?, row.get(1)?, end - first_pos);
            found.push(Epoch { number, origin, first_pos, size, before });
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
        let sql = "SELECT size, root, note, at FROM checkpoint WHERE epoch = ?1
                   ORDER BY size DESC LIMIT 1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([epoch])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let head = Head { size: row.get(0)?, root: rows::digest(row, 1)? };
        let (note, at) = (blob(row, 2)?.to_vec(), rows::instant(row, 3)?);
        Ok(Some(Checkpoint { epoch, head, note, at }))
    }

    /// Public keys of the log, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn log_keys(&self) -> Result<Vec<LogKey>> {
        let sql = "SELECT vkey, epoch, slot, since, until FROM log_key ORDER BY epoch, since, vkey";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let until: Option<i64> = row.get(4)?;
            let (vkey, epoch, slot) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (since, until) = (row.get(3)?, until.map(Timestamp::from_micros));
            found.push(LogKey { vkey, epoch, slot, since, until });
        }
        Ok(found)
    }

    /// Takes the newest tree up where it was left.
    fn kept_tip(&self) -> Result<Tip> {
        let epoch = self.epoch()?;
        let mut tip =
            Tip { epoch: epoch.number, size: self.sequenced(epoch.number)?, levels: vec![] };
        for level in 0u8.. {
            let hashes = tip.size >> (8 * u32::from(level));
            if hashes == 0 {
                break;
            }
            let mut tile = Vec::with_capacity(TILE_BYTES);
            if let (1.., Some(last)) = (level, Tile::new(TileKind::Hashes(level), hashes >> 8, 1)) {
                let width = (hashes & (TILE_HASHES - 1)) as usize * HASH;
                let key = tile_key(epoch.number, level, last.index())?;
                let mut read = self.conn.prepare_cached("SELECT hashes FROM tile WHERE id = ?1")?;
                let kept: Option<Vec<u8>> = read.query_row([key], |row| row.get(0)).optional()?;
                tile.extend(kept.unwrap_or_default().into_iter().take(width));
            }
            tip.levels.push(tile);
        }
        Ok(tip)
    }

    /// Leaves of an epoch whose tiles are stored: whole tiles only.
    fn sequenced(&self, epoch: u64) -> Result<u64> {
        let sql = "SELECT max(id) FROM tile WHERE id BETWEEN ?1 AND ?2";
        let (first, last) = (tile_key(epoch, 0, 0)?, tile_key(epoch, 0, (1 << 47) - 1)?);
        let newest: Option<i64> =
            self.conn.prepare_cached(sql)?.query_row((first, last), |row| row.get(0))?;
        Ok(newest.map_or(0, |newest| (newest - first + 1) as u64 * TILE_HASHES))
    }
}

impl Store {
    /// The newest tree as it stands: what a checkpoint says.
    ///
    /// # Errors
    /// `store-corrupt` where stored tiles are missing.
    pub fn log_head(&self) -> Result<Head> {
        self.tip.head()
    }

    /// Appends the records that no tile covers yet: the last few of every start, and all of a file that
    /// was written before there were tiles.
    pub(crate) fn sequence(&mut self) -> Result<()> {
        const PIECE: u64 = 1 << 16;
        let mut tip = self.kept_tip()?;
        let epoch = self.epoch()?;
        while tip.size < epoch.size {
            let (from, mut records) = (epoch.first_pos + tip.size, Vec::new());
            self.scan(from, |row| {
                records.push(row.record.to_vec());
                let more = row.pos + 1 < from + PIECE;
                if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            if records.is_empty() {
                return Err(StoreError::corrupt("the journal has a gap"));
            }
            let completes =
                (tip.size + records.len() as u64) / TILE_HASHES > tip.size / TILE_HASHES;
            let records = records.iter().map(Vec::as_slice);
            // Without a tile to write, opening writes nothing.
            if completes {
                self.transact(|conn| tip.append(conn, records))?;
            } else {
                tip.append(&self.conn, records)?;
            }
        }
        self.tip = tip;
        Ok(())
    }

    /// After a restore: a new tree begins under another origin, and no effect that waits may be sent
    /// before it is reconciled. `before` is what was known of the log. Says how many effects that are.
    ///
    /// # Errors
    /// `store-conflict` if the epoch is not a later one; `store-full`, `store-io`.
    pub fn begin_epoch(&mut self, number: u64, origin: &str, before: &[u8]) -> Result<u64> {
        let mut meta = self.meta()?;
        if number <= meta.epoch {
            return Err(StoreError::conflict("the epoch is not later than the one before"));
        }
        (meta.epoch, meta.origin) = (number, origin.to_owned());
        let first_pos = self.last_pos + 1;
        let unknown = self.transact(|conn| {
            crate::open::put_meta(conn, &meta)?;
            put_epoch(conn, (number, origin), first_pos, before)?;
            crate::outbox::all_unknown(conn)
        })?;
        self.tip = Tip { epoch: number, ..Tip::default() };
        Ok(unknown)
    }

    /// Keeps a checkpoint; call it before the checkpoint is published.
    ///
    /// # Errors
    /// `store-conflict` if it is smaller than the last one, or has another root for the same size.
    pub fn put_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let Checkpoint { epoch, head, note, at } = checkpoint;
        let last = self.last_checkpoint(*epoch)?;
        let fits = |last: &Checkpoint| last.head.size < head.size || last.head == *head;
        if !last.as_ref().is_none_or(fits) {
            return Err(StoreError::conflict("a checkpoint goes back, or contradicts the last"));
        }
        self.transact(|conn| {
            let sql = "DELETE FROM checkpoint WHERE epoch = ?1 AND size <= ?2 AND at / ?3 = ?4";
            conn.prepare_cached(sql)?.execute((epoch, head.size, HOUR, at.micros() / HOUR))?;
            let sql = "INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2, ?3, ?4, ?5)";
            let root: &Digest = &head.root;
            let row = (epoch, head.size, root.as_bytes(), note, at.micros());
            conn.prepare_cached(sql)?.execute(row)?;
            Ok(())
        })
    }

    /// Keeps a public key of the log. The keys of its epoch that had no end get one.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_log_key(&mut self, key: &LogKey, others_until: Timestamp) -> Result<()> {
        let taken = self.slots_taken.max(key.slot);
        self.transact(|conn| {
            let sql =
                "UPDATE log_key SET until = ?2 WHERE epoch = ?1 AND until IS NULL AND vkey <> ?3";
            conn.execute(sql, (key.epoch, others_until.micros(), &key.vkey))?;
            let sql = "INSERT INTO log_key VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
            let until = key.until.map(Timestamp::micros);
            conn.execute(sql, (&key.vkey, key.epoch, key.slot, key.since, until))?;
            set_mark(conn, mark::SLOTS, taken)
        })?;
        self.slots_taken = taken;
        Ok(())
    }
}
