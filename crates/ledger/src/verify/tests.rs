//! A thousand logs altered in one place each: every alteration is found, and its place is named.

use super::*;
use crate::note::{Scheme, Signer};
use crate::tree::{Edge, MemoryTree, TileKind, leaf_hash, write_entry, write_tile};
use bellwether_core::Timestamp;
use std::collections::BTreeMap;
use std::convert::Infallible;

const ORIGIN: &str = "example.org/eu/acme/decisions";

#[derive(Clone)]
struct Log {
    entries: Vec<Vec<u8>>,
    files: BTreeMap<Tile, Vec<u8>>,
    checkpoint: Vec<u8>,
}

fn signers() -> (Signer, Signer) {
    let log = Signer::new(ORIGIN, Scheme::Plain, &[1; 32]).unwrap();
    (log, Signer::new("witness.example", Scheme::Cosignature, &[2; 32]).unwrap())
}

fn trust() -> Trust {
    let (log, witness) = signers();
    let witnesses = vec![witness.verifier().clone()];
    Trust { witnesses, needed: 1, ..Trust::of(ORIGIN, log.verifier().clone()) }
}

fn bundle_of(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    entries.iter().for_each(|entry| write_entry(&mut bytes, entry).unwrap());
    bytes
}

fn entries_of(size: u64) -> Vec<Vec<u8>> {
    (0..size).map(|n| format!("{{\"entry\":{n},\"v\":1}}").into_bytes()).collect()
}

fn log_of(entries: Vec<Vec<u8>>) -> Log {
    let mut tree = MemoryTree::default();
    entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    let head = tree.edge().head();
    let bytes = |tile: Tile| match tile.kind() {
        TileKind::Hashes(_) => write_tile(&tree, tile).unwrap(),
        TileKind::Entries => bundle_of(&entries[range(tile)]),
    };
    let files = Tile::all(head.size).map(|tile| (tile, bytes(tile))).collect();
    let (log, witness) = signers();
    let note = Checkpoint::new(ORIGIN, head).sign(&[&log, &witness], Timestamp::from_secs(7));
    Log { checkpoint: note.unwrap().to_string().into_bytes(), entries, files }
}

fn range(tile: Tile) -> std::ops::Range<usize> {
    let start = tile.start() as usize;
    start..start + usize::from(tile.width())
}

fn check(log: &Log) -> Report {
    let read = |tile| Ok::<_, Infallible>(log.files.get(&tile).cloned());
    verify(&log.checkpoint, &trust(), read).unwrap()
}

/// xorshift64: the same alterations in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// What an alteration must be called.
#[derive(Debug)]
enum Named {
    /// Exactly these.
    Exactly(Vec<Finding>),
    /// A bundle, from this entry on.
    Bundle(Tile, Option<u64>),
    /// A tile's length; nothing outside the tile.
    Length(Tile),
    /// The checkpoint, one of these parts of it.
    Checkpoint(Vec<Field>),
}

impl Named {
    fn fits(&self, found: &[Finding]) -> bool {
        match self {
            Self::Exactly(expected) => found == expected,
            Self::Bundle(named, from) => matches!(
                found, [Finding::Bundle { tile, first, .. }] if tile == named && first == from),
            Self::Length(named) => {
                let inside = |finding: &Finding| match finding {
                    Finding::Length { tile, .. } | Finding::Hash { tile, .. } => tile == named,
                    _ => false,
                };
                matches!(found, [Finding::Length { .. }, ..]) && found.iter().all(inside)
            }
            Self::Checkpoint(fields) => matches!(
                found, [Finding::Checkpoint { field, .. }, ..] if fields.contains(field)),
        }
    }
}

fn alter(log: &mut Log, dice: &mut Dice) -> (String, Named) {
    match dice.below(3) {
        0 => alter_entries(log, dice),
        1 => alter_tile(log, dice),
        _ => alter_checkpoint(log, dice),
    }
}

fn alter_entries(log: &mut Log, dice: &mut Dice) -> (String, Named) {
    let index = dice.below(log.entries.len());
    let (leaf, _) = Tile::holding(0, index as u64, log.entries.len() as u64).unwrap();
    let tile = Tile::new(TileKind::Entries, leaf.index(), leaf.width()).unwrap();
    let mut entries = log.entries[range(tile)].to_vec();
    let (at, count) = (index % 256, entries.len());
    let mut broken = None;
    let from = Some(index as u64);
    let (what, named) = match dice.below(6) {
        0 => {
            let byte = dice.below(entries[at].len());
            entries[at][byte] ^= 1 << dice.below(8);
            ("flip", Named::Exactly(vec![Finding::Entry { index: index as u64 }]))
        }
        1 => {
            entries.remove(at);
            ("delete", Named::Bundle(tile, from))
        }
        2 => {
            let at = dice.below(count + 1);
            entries.insert(at, b"more".to_vec());
            ("insert", Named::Bundle(tile, (at < count).then_some(tile.start() + at as u64)))
        }
        3 if count > 1 => {
            let other = (at + 1 + dice.below(count - 1)) % count;
            entries.swap(at, other);
            let start = tile.start();
            let both = [at.min(other), at.max(other)].map(|at| start + at as u64);
            ("swap", Named::Exactly(both.map(|index| Finding::Entry { index }).to_vec()))
        }
        4 => {
            log.files.remove(&tile);
            let short = Finding::Missing { tile };
            return (format!("remove {tile}"), Named::Exactly(vec![short]));
        }
        _ => {
            let whole = bundle_of(&entries[..at]).len();
            let cut = whole + dice.below(entries[at].len() + 2);
            broken = Some(bundle_of(&entries)[..cut].to_vec());
            ("truncate", Named::Bundle(tile, from))
        }
    };
    log.files.insert(tile, broken.unwrap_or_else(|| bundle_of(&entries)));
    (format!("{what} entry {index}"), named)
}

fn alter_tile(log: &mut Log, dice: &mut Dice) -> (String, Named) {
    let hashes = |tile: &&Tile| tile.kind() != TileKind::Entries;
    let tiles: Vec<_> = log.files.keys().filter(hashes).copied().collect();
    let tile = tiles[dice.below(tiles.len())];
    let bytes = log.files.get_mut(&tile).unwrap();
    let count = bytes.len() / 32;
    let at = dice.below(count);
    let named = |at| Finding::Hash { tile, at: at as u64 };
    let (what, named) = match dice.below(6) {
        0 => {
            bytes[at * 32 + dice.below(32)] ^= 1 << dice.below(8);
            ("flip", Named::Exactly(vec![named(at)]))
        }
        1 => {
            bytes.drain(at * 32..at * 32 + 32);
            ("delete", Named::Length(tile))
        }
        2 => {
            bytes.splice(at * 32..at * 32, [9; 32]);
            ("insert", Named::Length(tile))
        }
        3 if count > 1 => {
            let other = (at + 1 + dice.below(count - 1)) % count;
            (0..32).for_each(|byte| bytes.swap(at * 32 + byte, other * 32 + byte));
            ("swap", Named::Exactly(vec![named(at.min(other)), named(at.max(other))]))
        }
        4 => {
            log.files.remove(&tile);
            ("remove", Named::Exactly(vec![Finding::Missing { tile }]))
        }
        _ => {
            bytes.truncate(at * 32 + dice.below(32));
            ("truncate", Named::Length(tile))
        }
    };
    (format!("{what} hash {at} of {tile}"), named)
}

fn alter_checkpoint(log: &mut Log, dice: &mut Dice) -> (String, Named) {
    let mut lines: Vec<Vec<u8>> =
        log.checkpoint.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let number = dice.below(6);
    let fields = match number {
        0 => vec![Field::Origin, Field::Text],
        1 => vec![Field::Size, Field::Text],
        2 => vec![Field::Root, Field::Text],
        3 => vec![Field::Text, Field::Extensions],
        4 => vec![Field::Signature, Field::Text],
        _ => vec![Field::Witnesses, Field::Text],
    };
    let line = &mut lines[number];
    let at = dice.below(line.len().max(1));
    let (what, fields) = match dice.below(5) {
        0 if !line.is_empty() => {
            line[at] ^= 1 << dice.below(8);
            ("flip", fields)
        }
        1 if !line.is_empty() => {
            line.remove(at);
            ("delete", fields)
        }
        2 => {
            line.insert(at, b"Aa1"[dice.below(3)]);
            ("insert", fields)
        }
        3 => {
            let other = (number + 1 + dice.below(5)) % 6;
            lines.swap(number, other);
            // The order of signatures says nothing; nothing else may change places.
            if number.min(other) == 4 {
                lines.swap(number, other);
                lines[4].clear();
            }
            let all = [Field::Text, Field::Origin, Field::Size, Field::Root, Field::Signature];
            ("swap", all.to_vec())
        }
        _ => {
            let before: usize = lines[..number].iter().map(|line| line.len() + 1).sum();
            log.checkpoint.truncate(before + at);
            let fields = vec![Field::Text, Field::Witnesses];
            return (format!("truncate line {number} at {at}"), Named::Checkpoint(fields));
        }
    };
    log.checkpoint = lines.join(&b'\n');
    (format!("{what} line {number} at {at}"), Named::Checkpoint(fields))
}

#[test]
fn whole_logs_are_clean() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 600, 65_536, 66_000] {
        let log = log_of(entries_of(size));
        let report = check(&log);
        assert_eq!(report.findings, [], "{size}");
        assert_eq!(report.entries, size);
        assert_eq!(
            report.root,
            Edge::over(&log.entries.iter().map(|e| leaf_hash(e)).collect::<Vec<_>>()).root().into()
        );
    }
}

#[test]
fn a_thousand_alterations_are_found_and_named() {
    let sizes = [1, 2, 5, 60, 255, 256, 257, 300, 511, 512, 513, 700];
    let logs = sizes.map(|size| log_of(entries_of(size)));
    for seed in 1..=1000u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..8 {
            dice.below(2); // Seeds that follow each other begin alike.
        }
        let original = &logs[dice.below(logs.len())];
        let mut log = original.clone();
        let (what, named) = alter(&mut log, &mut dice);
        let found = check(&log).findings;
        let size = original.entries.len();
        assert!(
            named.fits(&found),
            "seed {seed}, {size} entries: {what}: {named:?}, found {found:?}"
        );
    }
}

#[test]
fn alterations_of_a_log_with_three_levels_are_named() {
    let original = log_of(entries_of(66_000));
    for seed in 1..=12u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut log = original.clone();
        let (what, named) = alter_tile(&mut log, &mut dice);
        let found = check(&log).findings;
        assert!(named.fits(&found), "seed {seed}: {what}: {named:?}, found {found:?}");
    }
}

#[test]
fn two_alterations_at_once_are_both_named() {
    let original = log_of(entries_of(700));
    for seed in 1..=100u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (entry, hash) = (dice.below(256), 256 + dice.below(256));
        let mut log = original.clone();
        let tile = |kind, index| Tile::new(kind, index, 256).unwrap();
        let mut entries = log.entries[..256].to_vec();
        entries[entry].push(b'x');
        log.files.insert(tile(TileKind::Entries, 0), bundle_of(&entries));
        let second = tile(TileKind::Hashes(0), 1);
        log.files.get_mut(&second).unwrap()[(hash - 256) * 32] ^= 1;
        let expected = [
            Finding::Entry { index: entry as u64 },
            Finding::Hash { tile: second, at: hash as u64 - 256 },
        ];
        assert_eq!(check(&log).findings, expected, "seed {seed}");
    }
}

/// Files of one log in the place of another's.
fn rewritten(upto: u8) -> Log {
    let (mut log, mut entries) = (log_of(entries_of(700)), entries_of(700));
    entries[300].push(b'x');
    let other = log_of(entries);
    for (tile, bytes) in other.files {
        if !matches!(tile.kind(), TileKind::Hashes(level) if level > upto) {
            log.files.insert(tile, bytes);
        }
    }
    log
}

#[test]
fn a_rewritten_log_is_named_at_the_height_where_it_stops() {
    let said = |log: &Log| {
        let found = check(log).findings;
        found.iter().map(|f| format!("{}: {f}\n", f.code())).collect::<String>()
    };
    expect_test::expect![[r#"
        verify-tile: tile/0/001 and the entries below it were changed together
    "#]]
    .assert_eq(&said(&rewritten(0)));
    expect_test::expect![[r#"
        verify-root: entries and tiles lead to the root ruI1PZWpKX5+XyBLur/aAlfsQWnnZmgbTZ/xyOVjkJw=, not to kcXkrTWKZjko4RVYz4AwkJz+Sxdb3R/L6gXGRALaSaQ=
    "#]].assert_eq(&said(&rewritten(1)));
    let mut checkpoint = log_of(entries_of(700));
    checkpoint.checkpoint = log_of(entries_of(600)).checkpoint;
    expect_test::expect![[r#"
        verify-short: the log ends near entry 512; the checkpoint is over 600
    "#]]
    .assert_eq(&said(&checkpoint));
    checkpoint.checkpoint = log_of(entries_of(512)).checkpoint;
    checkpoint.files.retain(|tile, _| !tile.is_partial() || tile.kind() != TileKind::Hashes(1));
    expect_test::expect![[r#"
        verify-missing: tile/1/000.p/2 is missing
    "#]]
    .assert_eq(&said(&checkpoint));
    checkpoint.checkpoint = log_of(entries_of(2000)).checkpoint;
    expect_test::expect![[r#"
        verify-short: the log ends near entry 512; the checkpoint is over 2000
    "#]]
    .assert_eq(&said(&checkpoint));
}

#[test]
fn an_impossible_size_ends_the_sweep() {
    let log = log_of(entries_of(300));
    let (signer, witness) = signers();
    let head = Head { size: i64::MAX as u64, root: leaf_hash(b"") };
    let note = Checkpoint::new(ORIGIN, head).sign(&[&signer, &witness], Timestamp::from_secs(7));
    let checkpoint = note.unwrap().to_string().into_bytes();
    let found = check(&Log { checkpoint, ..log }).findings;
    assert_eq!(found, [Finding::Short { found: 256, size: i64::MAX as u64 }]);
}

#[test]
fn a_reader_that_fails_is_no_finding() {
    let log = log_of(entries_of(3));
    let failed = verify(&log.checkpoint, &trust(), |_| Err::<Option<Vec<u8>>, _>("no disk"));
    assert_eq!(failed, Err("no disk"));
}
