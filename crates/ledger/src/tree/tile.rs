//! Tiles by name: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]` (c2sp.org/tlog-tiles).
//!
//! A tile is 256 hashes that stand side by side at every eighth level of the tree; the last of a
//! level may be partial. `<N>` is written in groups of three digits, all but the last led by `x`.

use super::Node;
use std::fmt;
use std::str::FromStr;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_HASHES: u64 = 256;

/// Binary levels of the tree in one tile.
const HEIGHT: u8 = 8;

/// The format has room for this level, although no tree is high enough.
const HIGHEST: u8 = 63;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of the tree's level `8 * L`.
    Hashes(u8),
    /// The entries under a tile of leaf hashes.
    Entries,
}

/// One file of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// A path that names no tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not the path of a tile")]
pub struct BadTilePath {
    /// What was given, cut to 80 characters.
    pub path: String,
}

impl BadTilePath {
    fn of(path: &str) -> Self {
        Self { path: path.chars().take(80).collect() }
    }

    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        "tile-path"
    }
}

impl Tile {
    /// A tile of a kind, by its place and its width from 1 to 256; `None` when there is none such.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Option<Self> {
        let level = if let TileKind::Hashes(level) = kind { level } else { 0 };
        let fits = level <= HIGHEST && (1..=256).contains(&width) && index <= u64::MAX >> HEIGHT;
        fits.then_some(Self { kind, index, width })
    }

    /// What it holds.
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Its place within its kind, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries: 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it will grow.
    pub fn is_partial(&self) -> bool {
        u64::from(self.width) < TILE_HASHES
    }

    /// Whether a tree of `size` entries has all of it.
    pub fn is_within(&self, size: u64) -> bool {
        let level = if let TileKind::Hashes(level) = self.kind { u32::from(level) } else { 0 };
        let has = size.checked_shr(level * u32::from(HEIGHT)).unwrap_or(0);
        self.start().saturating_add(u64::from(self.width)) <= has
    }

    /// The same place when it is full: what may be there once the tree has grown.
    #[must_use]
    pub fn full(&self) -> Self {
        Self { width: TILE_HASHES as u16, ..*self }
    }

    /// The index of its first hash or entry within the level.
    pub fn start(&self) -> u64 {
        self.index << HEIGHT
    }

    /// The nodes of the tree that a tile of hashes holds; none for entries or beyond any tree.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        let level = match self.kind {
            TileKind::Hashes(level) => level.checked_mul(HEIGHT).filter(|level| *level < 64),
            TileKind::Entries => None,
        };
        let (start, width) = (self.start(), u64::from(self.width));
        let indexes = start..start.saturating_add(width);
        level
            .into_iter()
            .flat_map(move |level| indexes.clone().map(move |i| Node { level, index: i }))
    }

    /// The tile that holds hash `index` of a tile level in a tree of `size` entries, and where in it;
    /// `None` when that subtree is not complete at that size.
    pub fn holding(level: u8, index: u64, size: u64) -> Option<(Self, usize)> {
        let hashes = size.checked_shr(u32::from(level) * u32::from(HEIGHT)).unwrap_or(0);
        let number = index >> HEIGHT;
        let width = hashes.checked_sub(number << HEIGHT)?.min(TILE_HASHES);
        let tile = Self::new(TileKind::Hashes(level), number, width as u16)?;
        let at = index & (TILE_HASHES - 1);
        (at < width).then_some((tile, at as usize))
    }

    /// All tiles and bundles of a tree of `size` entries, entries last.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        new_tiles(0, size)
    }
}

/// The tiles and bundles that a log of `new` entries has and that one of `old` entries had not, or
/// had narrower: what to write when the log has grown.
pub fn new_tiles(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let level = move |kind: TileKind, shift: u32| {
        let (had, has) = (old >> shift, new >> shift);
        let first = had >> HEIGHT;
        let last = if has > had { has.div_ceil(TILE_HASHES) } else { first };
        (first..last).filter_map(move |index| {
            let width = (has - (index << HEIGHT)).min(TILE_HASHES);
            Tile::new(kind, index, width as u16)
        })
    };
    let hashes = (0..HEIGHT).flat_map(move |l| level(TileKind::Hashes(l), u32::from(l * HEIGHT)));
    hashes.chain(level(TileKind::Entries, 0))
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (at, group) in groups.iter().enumerate().rev() {
            if at > 0 { write!(f, "x{group:03}/")? } else { write!(f, "{group:03}")? }
        }
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for Tile {
    type Err = BadTilePath;

    fn from_str(path: &str) -> Result<Self, BadTilePath> {
        let tile = parse(path).ok_or_else(|| BadTilePath::of(path))?;
        // Only one spelling names a tile: no `+1`, no leading zeros, no leading groups of zeros.
        if tile.to_string() == path { Ok(tile) } else { Err(BadTilePath::of(path)) }
    }
}

fn parse(path: &str) -> Option<Tile> {
    let rest = path.strip_prefix("tile/")?;
    let (kind, place) = rest.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(level.parse().ok()?),
    };
    let (place, width) = match place.split_once(".p/") {
        Some((place, width)) => (place, width.parse().ok()?),
        None => (place, TILE_HASHES as u16),
    };
    let mut index = 0u64;
    for group in place.split('/') {
        let group: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(group)?;
    }
    Tile::new(kind, index, width)
}
