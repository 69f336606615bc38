//! The tip: the right edge of the newest tree, grown by every commit.

use super::{HASH, TILE_BYTES};
use crate::{Store, StoreError, View};
use bellwether_ledger::tree::{Edge, Head, TILE_HASHES, Tile, TileKind, leaf_hash, read_tile};
use rusqlite::{Connection, OptionalExtension};
use std::ops::ControlFlow;

type Result<T> = std::result::Result<T, StoreError>;

/// The right edge of the newest tree: the last, partial tile of each level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tip {
    epoch: u64,
    size: u64,
    levels: Vec<Vec<u8>>,
}

impl Tip {
    /// The tree of a new epoch.
    pub(super) fn of(epoch: u64) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// Appends leaves and stores the tiles that they complete.
    pub(crate) fn append<'a>(
        &mut self,
        conn: &Connection,
        records: impl Iterator<Item = &'a [u8]>,
    ) -> Result<()> {
        let mut put = conn.prepare_cached("INSERT OR REPLACE INTO tile VALUES (?1, ?2)")?;
        let epoch = self.epoch;
        for record in records {
            self.push(record, |level, index, tile| {
                put.execute((tile_key(epoch, level, index)?, tile))?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Appends a leaf; `put` is told of the tiles that change and are stored.
    fn push(
        &mut self,
        record: &[u8],
        mut put: impl FnMut(u8, u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
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
                put(level, index >> 8, tile)?;
            }
            if !full {
                break;
            }
            hash = Edge::over(&read_tile(tile)).root();
            index >>= 8;
            tile.clear();
        }
        self.size += 1;
        Ok(())
    }

    /// Stores the last tile of leaf hashes of a tree of `size` entries, unless it is stored or full.
    pub(super) fn put_partial(&self, conn: &Connection, epoch: u64, size: u64) -> Result<()> {
        let (index, width) = (size / TILE_HASHES, (size % TILE_HASHES) as usize * HASH);
        let here = self.epoch == epoch && self.size / TILE_HASHES == index;
        let hashes = self.levels.first().and_then(|tile| tile.get(..width));
        if let (true, Some(hashes @ [_, ..])) = (here, hashes) {
            let mut put = conn.prepare_cached("INSERT OR REPLACE INTO tile VALUES (?1, ?2)")?;
            put.execute((tile_key(epoch, 0, index)?, hashes))?;
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

pub(super) fn tile_key(epoch: u64, level: u8, index: u64) -> Result<i64> {
    let fits = epoch < 1 << 12 && level < 1 << 4 && index < 1 << 47;
    let key = epoch << 51 | u64::from(level) << 47 | index;
    i64::try_from(key).ok().filter(|_| fits).ok_or_else(|| StoreError::conflict("no such tile"))
}

impl View {
    /// Takes the newest tree up where it was left.
    /// The newest tree as stored tiles and the records after them give it: what the next checkpoint
    /// would say.
    ///
    /// # Errors
    /// `store-corrupt` where stored tiles are missing; `store-io`.
    pub fn log_head(&self) -> Result<Head> {
        let (mut tip, epoch, mut fault) = (self.kept_tip()?, self.epoch()?, Ok(()));
        self.scan(epoch.first_pos + tip.size, |row| {
            fault = tip.push(row.record, |_, _, _| Ok(()));
            if fault.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        fault?;
        tip.head()
    }

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
        // The newest one may be partial.
        let sql = "SELECT id FROM tile WHERE id BETWEEN ?1 AND ?2 AND length(hashes) = ?3
                   ORDER BY id DESC LIMIT 1";
        let (first, last) = (tile_key(epoch, 0, 0)?, tile_key(epoch, 0, (1 << 47) - 1)?);
        let mut newest = self.conn.prepare_cached(sql)?;
        let newest = newest.query_row((first, last, TILE_BYTES), |row| row.get::<_, i64>(0));
        let newest = newest.optional()?;
        Ok(newest.map_or(0, |newest| (newest - first + 1) as u64 * TILE_HASHES))
    }
}

impl Store {
    /// The newest tree as it is committed: what a checkpoint says.
    ///
    /// # Errors
    /// `store-corrupt` where stored tiles are missing.
    pub fn committed_head(&self) -> Result<Head> {
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
}
