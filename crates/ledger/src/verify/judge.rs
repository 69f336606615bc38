//! The judgement: of entries, stored hashes and the signed root, which one was changed.
//!
//! - Entries that lead to the signed root are the logged ones: whatever differs from them is wrong.
//! - Otherwise a stored hash that agrees with the tile below it speaks for that tile and against the
//!   entries; one that agrees with the entries speaks against the tile between.
//! - What nothing above bears out is named as it is: two things that differ.

use super::sweep::{Level, Seen};
use super::{Finding, Report};
use crate::tree::{Edge, TILE_HASHES, Tile};
use bellwether_core::Digest;

pub(super) fn judge(seen: &Seen, report: &mut Report) {
    let by_entries = root(seen, |level| &level.by_entries);
    let by_tiles = root(seen, |level| &level.stored);
    let signed = Some(seen.head.root);
    report.root = by_entries;
    if by_entries == signed {
        return against_entries(seen, report);
    }
    let tiles_hold = by_tiles == signed;
    if tiles_hold {
        report.root = by_tiles;
    }
    for index in &seen.differing {
        let found = leaf(seen, *index, tiles_hold);
        found.into_iter().for_each(|finding| report.add(finding));
    }
    let mut consistent = true;
    for number in 1..seen.levels.len() {
        consistent &= above(seen, number, tiles_hold, report);
    }
    // Tiles that fit together and lead elsewhere: the checkpoint is of another log.
    if let Some(found) = by_tiles.filter(|_| consistent && !tiles_hold && !seen.damaged) {
        report.root = Some(found);
        report.add(Finding::Root { found, expected: seen.head.root });
    } else if report.findings.is_empty() {
        let found = by_entries.or(by_tiles).unwrap_or_default();
        report.add(Finding::Root { found, expected: seen.head.root });
    }
}

/// The root by one opinion: the subtrees at the right edge, from the highest level down.
fn root(seen: &Seen, opinion: impl Fn(&Level) -> &[Option<Digest>]) -> Option<Digest> {
    let mut peaks = Vec::new();
    for level in seen.levels.iter().rev() {
        let last = opinion(level).chunks(TILE_HASHES as usize).next_back().unwrap_or_default();
        if last.len() < TILE_HASHES as usize {
            let known: Option<Vec<Digest>> = last.iter().copied().collect();
            peaks.extend(Edge::over(&known?).peaks());
        }
    }
    Edge::new(seen.head.size, peaks).ok().map(|edge| edge.root())
}

/// The entries are right: every stored hash that differs is not.
fn against_entries(seen: &Seen, report: &mut Report) {
    for index in &seen.differing {
        report.add(hash(seen, 0, *index));
    }
    for (number, level) in seen.levels.iter().enumerate().skip(1) {
        for (at, (stored, right)) in (0u64..).zip(level.stored.iter().zip(&level.by_entries)) {
            if stored.is_some() && stored != right {
                report.add(hash(seen, number, at));
            }
        }
    }
}

/// An entry whose hash is not the stored one.
fn leaf(seen: &Seen, index: u64, tiles_hold: bool) -> Option<Finding> {
    let (tile, _) = Tile::holding(0, index, seen.head.size)?;
    let level = seen.levels.get(1)?;
    let of = |list: &[Option<Digest>]| list.get(usize::try_from(tile.index()).ok()?).copied()?;
    let parent = if tile.is_partial() { None } else { of(&level.stored) };
    let backs = |opinion: &[Option<Digest>]| parent.is_some() && of(opinion) == parent;
    Some(if backs(&level.by_tiles) || (tile.is_partial() && tiles_hold) {
        Finding::Entry { index }
    } else if backs(&level.by_entries) {
        hash(seen, 0, index)
    } else {
        Finding::Either { index, tile }
    })
}

/// The hashes of one level above the leaves; whether they all fit the tiles below them.
fn above(seen: &Seen, number: usize, tiles_hold: bool, report: &mut Report) -> bool {
    let Some(level) = seen.levels.get(number) else { return true };
    let below = (0u64..).zip(level.by_tiles.iter().zip(&level.by_entries));
    let mut consistent = true;
    for ((at, (by_tile, by_entries)), stored) in below.zip(&level.stored) {
        if by_tile == stored || by_tile.is_none() || stored.is_none() {
            continue;
        }
        consistent = false;
        if by_entries == by_tile && !tiles_hold {
            report.add(hash(seen, number, at));
        } else if by_entries == stored {
            // The tile between was changed: at level 0 its hashes were named with their entries.
            between(seen, number - 1, at).into_iter().for_each(|found| report.add(found));
        } else if let Some((tile, _)) = Tile::holding(number as u8 - 1, at << 8, seen.head.size) {
            report.add(Finding::Tile { tile });
        }
    }
    consistent
}

/// The hashes of a tile above the leaves that the entries below it do not bear out.
fn between(seen: &Seen, number: usize, tile: u64) -> Vec<Finding> {
    let Some(level) = seen.levels.get(number).filter(|_| number > 0) else { return Vec::new() };
    let (from, width) = ((tile << 8) as usize, TILE_HASHES as usize);
    let pairs = level.stored.iter().zip(&level.by_entries).enumerate().skip(from).take(width);
    let wrong = pairs.filter(|(_, (stored, right))| stored.is_some() && stored != right);
    wrong.map(|(at, _)| hash(seen, number, at as u64)).collect()
}

/// The stored hash at a place of a level.
fn hash(seen: &Seen, number: usize, index: u64) -> Finding {
    match Tile::holding(number as u8, index, seen.head.size) {
        Some((tile, at)) => Finding::Hash { tile, at: at as u64 },
        None => Finding::Short { found: index, size: seen.head.size },
    }
}
