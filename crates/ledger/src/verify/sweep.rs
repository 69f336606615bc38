//! The sweep: every bundle and every tile read once, from the left, each hashed in its own right.

use super::{Finding, Report, judge};
use crate::tree::{Edge, Head, TILE_HASHES, Tile, TileKind, leaf_hash, read_bundle, read_tile};
use bellwether_core::Digest;

/// What stands at one level of tiles, above the leaves: three opinions on each hash.
#[derive(Default)]
pub(super) struct Level {
    /// The tile's own.
    pub(super) stored: Vec<Option<Digest>>,
    /// By the full tile below.
    pub(super) by_tiles: Vec<Option<Digest>>,
    /// By the entries below.
    pub(super) by_entries: Vec<Option<Digest>>,
}

/// What a sweep has seen of a log.
pub(super) struct Seen {
    pub(super) head: Head,
    /// Level 0 in `stored` and `by_entries` holds only the hashes of the last, partial tile.
    pub(super) levels: Vec<Level>,
    /// Entries whose hash is not the stored one.
    pub(super) differing: Vec<u64>,
    /// Whether whole tiles or bundles are missing or damaged.
    pub(super) damaged: bool,
}

struct Sweep<R> {
    read: R,
    report: Report,
}

/// Reads a whole log and compares it with its head, whoever signed that.
///
/// # Errors
/// What `read` says when it cannot answer.
pub fn sweep<E>(
    head: Head,
    read: impl FnMut(Tile) -> Result<Option<Vec<u8>>, E>,
) -> Result<Report, E> {
    let mut sweep = Sweep { read, report: Report::default() };
    let mut seen = Seen { head, levels: Vec::new(), differing: Vec::new(), damaged: false };
    if let Some(found) = sweep.leaves(&mut seen)? {
        sweep.report.add(Finding::Short { found, size: head.size });
        // Nothing above can be compared with a size that is not the log's.
        return Ok(sweep.report);
    }
    for level in 1..8 {
        if head.size >> (8 * level) > 0 {
            sweep.level(level, &mut seen)?;
        }
    }
    judge::judge(&seen, &mut sweep.report);
    Ok(sweep.report)
}

/// The root over hashes that stand side by side; `None` when one is not known.
fn fold(hashes: &[Option<Digest>]) -> Option<Digest> {
    let known: Option<Vec<Digest>> = hashes.iter().copied().collect();
    Some(Edge::over(&known?).root())
}

/// A list of the width asked for, from what there is of it.
fn padded(mut hashes: Vec<Digest>, width: usize) -> Vec<Option<Digest>> {
    hashes.truncate(width);
    let mut all: Vec<_> = hashes.into_iter().map(Some).collect();
    all.resize(width, None);
    all
}

impl<E, R: FnMut(Tile) -> Result<Option<Vec<u8>>, E>> Sweep<R> {
    /// A tile; where a partial one is gone, because the log has grown, the full one.
    fn fetch(&mut self, tile: Tile) -> Result<Option<(Tile, Vec<u8>)>, E> {
        let mut found = (self.read)(tile)?.map(|bytes| (tile, bytes));
        if found.is_none() && tile.is_partial() {
            found = (self.read)(tile.full())?.map(|bytes| (tile.full(), bytes));
        }
        self.report.files += u64::from(found.is_some());
        Ok(found)
    }

    /// Both files of the leaves in one place: hashes of the bundle's entries, and the tile.
    fn leaves(&mut self, seen: &mut Seen) -> Result<Option<u64>, E> {
        let size = seen.head.size;
        let (mut above, mut last) = (Level::default(), Level::default());
        // A size far beyond the log's end must not make us look for its end for ever.
        let ends = match size.checked_sub(1).and_then(|index| Tile::holding(0, index, size)) {
            Some((tile, _)) => self.fetch(tile)?.is_some() || self.fetch(bundle(tile))?.is_some(),
            None => true,
        };
        for start in (0..size).step_by(TILE_HASHES as usize) {
            let Some((tile, _)) = Tile::holding(0, start, size) else { break };
            let (bundle_bytes, tile_bytes) = (self.fetch(bundle(tile))?, self.fetch(tile)?);
            if !ends && bundle_bytes.is_none() && tile_bytes.is_none() {
                return Ok(Some(start));
            }
            let stored = self.hashes(tile, tile_bytes, seen);
            let entries = self.entries(tile, bundle_bytes, &stored, seen);
            if tile.is_partial() {
                (last.stored, last.by_entries) = (stored, entries);
            } else {
                above.by_tiles.push(fold(&stored));
                above.by_entries.push(fold(&entries));
            }
        }
        seen.levels = vec![last, above];
        Ok(None)
    }

    /// The hashes of a bundle's entries, compared with the stored ones.
    fn entries(
        &mut self,
        tile: Tile,
        bytes: Option<(Tile, Vec<u8>)>,
        stored: &[Option<Digest>],
        seen: &mut Seen,
    ) -> Vec<Option<Digest>> {
        let (width, tile) = (usize::from(tile.width()), bundle(tile));
        let Some((found, bytes)) = bytes else {
            self.report.add(Finding::Missing { tile });
            seen.damaged = true;
            return vec![None; width];
        };
        let (entries, broken) = read_bundle(&bytes);
        let hashes: Vec<_> = entries.iter().take(width).map(|entry| leaf_hash(entry)).collect();
        self.report.entries += hashes.len() as u64;
        let differs = |(at, (hash, stored)): (usize, (&Digest, &Option<Digest>))| {
            stored.is_some_and(|stored| stored != *hash).then_some(tile.start() + at as u64)
        };
        let mut differing = hashes.iter().zip(stored).enumerate().filter_map(differs);
        let whole = broken.is_none() && entries.len() == usize::from(found.width());
        if whole {
            seen.differing.extend(differing);
            return padded(hashes, width);
        }
        let (first, found) = (differing.next(), entries.len());
        let first = first.or((found < width).then_some(tile.start() + found as u64));
        self.report.add(Finding::Bundle { tile, found, first });
        seen.damaged = true;
        vec![None; width]
    }

    /// The hashes of a tile.
    fn hashes(
        &mut self,
        tile: Tile,
        bytes: Option<(Tile, Vec<u8>)>,
        seen: &mut Seen,
    ) -> Vec<Option<Digest>> {
        let width = usize::from(tile.width());
        let Some((named, bytes)) = bytes else {
            self.report.add(Finding::Missing { tile });
            seen.damaged = true;
            return vec![None; width];
        };
        let (expected, found) = (usize::from(named.width()) * 32, bytes.len());
        if expected != found {
            self.report.add(Finding::Length { tile, expected, found });
            seen.damaged = true;
        }
        padded(read_tile(&bytes), width)
    }

    /// A level of tiles above the leaves.
    fn level(&mut self, number: u8, seen: &mut Seen) -> Result<(), E> {
        let count = seen.head.size >> (8 * number);
        let mut level = seen.levels.pop().unwrap_or_default();
        for start in (0..count).step_by(TILE_HASHES as usize) {
            let Some((tile, _)) = Tile::holding(number, start, seen.head.size) else { break };
            let bytes = self.fetch(tile)?;
            level.stored.extend(self.hashes(tile, bytes, seen));
        }
        let full = |hashes: &[Option<Digest>]| {
            hashes.chunks_exact(TILE_HASHES as usize).map(fold).collect::<Vec<_>>()
        };
        let (by_tiles, by_entries) = (full(&level.stored), full(&level.by_entries));
        seen.levels.push(level);
        seen.levels.push(Level { stored: Vec::new(), by_tiles, by_entries });
        Ok(())
    }
}

/// The bundle under a tile of leaf hashes.
fn bundle(tile: Tile) -> Tile {
    Tile::new(TileKind::Entries, tile.index(), tile.width()).unwrap_or(tile)
}
