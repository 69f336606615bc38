//! Findings: one thing that differs, where it is, and what it differs from.

use crate::note::TrustError;
use crate::note::text::base64;
use crate::tree::Tile;
use bellwether_core::Digest;
use std::fmt;

/// A part of the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Not readable as a checkpoint.
    Text,
    /// The first line.
    Origin,
    /// The second line, or more lines than one.
    Size,
    /// The third line.
    Root,
    /// A line after the third.
    Extensions,
    /// The log's signature.
    Signature,
    /// The signatures of witnesses.
    Witnesses,
}

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The checkpoint does not pass.
    Checkpoint {
        /// Its part that is wrong.
        field: Field,
        /// What does not hold.
        why: TrustError,
    },
    /// The log ends before the size that the checkpoint says.
    Short {
        /// Entries up to where tiles and bundles are missing.
        found: u64,
        /// Entries by the checkpoint.
        size: u64,
    },
    /// A tile or bundle is not there.
    Missing {
        /// Which one.
        tile: Tile,
    },
    /// A tile has too few or too many bytes.
    Length {
        /// Which one.
        tile: Tile,
        /// Bytes by its name.
        expected: usize,
        /// Bytes it has.
        found: usize,
    },
    /// A bundle has too few or too many entries, or breaks off.
    Bundle {
        /// Which one.
        tile: Tile,
        /// Whole entries in it.
        found: usize,
        /// The first entry of the log from which on its entries are other ones, if known.
        first: Option<u64>,
    },
    /// An entry is not the one that was logged.
    Entry {
        /// Which one, from 0.
        index: u64,
    },
    /// A stored hash is not the one of what is below it.
    Hash {
        /// The tile it stands in.
        tile: Tile,
        /// Its place in the tile, from 0.
        at: u64,
    },
    /// All that a tile stands for was changed with it: it does not lead to the tile above.
    Tile {
        /// The tile below.
        tile: Tile,
    },
    /// An entry and its stored hash differ, and nothing above tells which was changed.
    Either {
        /// The entry, from 0.
        index: u64,
        /// The tile of its hash.
        tile: Tile,
    },
    /// Entries and tiles agree with each other, and not with the checkpoint.
    Root {
        /// The root that the log leads to.
        found: Digest,
        /// The root by the checkpoint.
        expected: Digest,
    },
}

impl Finding {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Checkpoint { .. } => "verify-checkpoint",
            Self::Short { .. } => "verify-short",
            Self::Missing { .. } => "verify-missing",
            Self::Length { .. } => "verify-length",
            Self::Bundle { .. } => "verify-bundle",
            Self::Entry { .. } => "verify-entry",
            Self::Hash { .. } => "verify-hash",
            Self::Tile { .. } => "verify-tile",
            Self::Either { .. } => "verify-either",
            Self::Root { .. } => "verify-root",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "its form",
            Self::Origin => "its origin",
            Self::Size => "its size, or more than one line",
            Self::Root => "its root",
            Self::Extensions => "a line after its root",
            Self::Signature => "the log's signature",
            Self::Witnesses => "the witnesses' signatures",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint { field, why } => write!(f, "checkpoint: {field} is wrong: {why}"),
            Self::Short { found, size } => {
                write!(f, "the log ends near entry {found}; the checkpoint is over {size}")
            }
            Self::Missing { tile } => write!(f, "{tile} is missing"),
            Self::Length { tile, expected, found } => {
                write!(f, "{tile} has {found} bytes, not {expected}")
            }
            Self::Bundle { tile, found, first } => {
                write!(f, "{tile} holds {found} whole entries, not {}", tile.width())?;
                let Some(first) = first else { return Ok(()) };
                write!(f, "; from entry {first} on they are not those that were logged")
            }
            Self::Entry { index } => write!(f, "entry {index} is not the one that was logged"),
            Self::Hash { tile, at } => {
                write!(f, "{tile}: hash {at} is not the one of the entries below it")
            }
            Self::Tile { tile } => {
                write!(f, "{tile} and the entries below it were changed together")
            }
            Self::Either { index, tile } => {
                write!(f, "entry {index} and its hash in {tile} differ; one of them was changed")
            }
            Self::Root { found, expected } => {
                let (found, expected) = (base64(found.as_bytes()), base64(expected.as_bytes()));
                write!(f, "entries and tiles lead to the root {found}, not to {expected}")
            }
        }
    }
}
