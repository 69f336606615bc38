//! An exported folder altered at a random place, byte by byte: our sweep and the Go program both find it,
//! and both name the file that was touched and no other.

use super::folder::{say, sweep, text, trust, write_log};
use super::go::Go;
use bellwether_ledger::note::Note;
use bellwether_ledger::tree::{Tile, TileKind};
use bellwether_ledger::verify::Finding;
use std::fs;
use std::path::Path;

/// xorshift64: the same alterations in every run.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        (0..8).for_each(|_| _ = dice.below(2)); // Seeds that follow each other begin alike.
        dice
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// Alters the bytes of a file; `None` removes it.
fn alter(bytes: &[u8], dice: &mut Dice) -> (&'static str, Option<Vec<u8>>) {
    let mut altered = bytes.to_vec();
    let (at, other) = (dice.below(bytes.len()), dice.below(bytes.len()));
    let what = match dice.below(16) {
        0..4 => {
            altered[at] ^= 1 << dice.below(8);
            "flip"
        }
        4..7 => {
            altered.remove(at);
            "delete"
        }
        7..10 => {
            altered.insert(at, dice.below(256) as u8);
            "insert"
        }
        10..13 => {
            altered.swap(at, other);
            "swap"
        }
        13..15 => {
            altered.truncate(at);
            "truncate"
        }
        _ => return ("remove", None),
    };
    (what, Some(altered))
}

/// Whether a finding is about a file of the folder.
fn concerns(finding: &Finding, file: &str) -> bool {
    let is = |tile: &Tile| tile.to_string() == file;
    let bundle = |index: u64| {
        let tile: Option<Tile> = file.parse().ok();
        tile.is_some_and(|tile| {
            let inside = (tile.start()..tile.start() + u64::from(tile.width())).contains(&index);
            tile.kind() == TileKind::Entries && inside
        })
    };
    match finding {
        Finding::Checkpoint { .. } | Finding::Root { .. } => file == "checkpoint",
        Finding::Entry { index } => bundle(*index),
        Finding::Short { .. } => true,
        Finding::Missing { tile }
        | Finding::Length { tile, .. }
        | Finding::Bundle { tile, .. }
        | Finding::Hash { tile, .. }
        | Finding::Tile { tile } => is(tile),
        Finding::Either { index, tile } => is(tile) || bundle(*index),
    }
}

/// Alters one file at random, lets both programs look, and puts it back.
fn try_one(seed: u64, folder: &Path, size: u64, go: Option<&Go>) {
    let mut dice = Dice::new(seed);
    let mut files: Vec<String> = Tile::all(size).map(|tile| tile.to_string()).collect();
    // Leaves, tiles and the checkpoint: a third each.
    let kind = dice.below(3);
    let entries = |file: &String| file.starts_with("tile/entries/");
    files.retain(|file| entries(file) == (kind == 0));
    let file =
        if kind == 2 { "checkpoint".to_owned() } else { files[dice.below(files.len())].clone() };
    let path = folder.join(&file);
    let was = fs::read(&path).unwrap();
    let (what, altered) = loop {
        let (what, altered) = alter(&was, &mut dice);
        if altered.as_ref() != Some(&was) {
            break (what, altered);
        }
    };
    match &altered {
        Some(bytes) => fs::write(&path, bytes).unwrap(),
        None => fs::remove_file(&path).unwrap(),
    }
    let about = format!("seed {seed}, {size} entries: {what} in {file}");
    let found = sweep(folder).findings;
    assert!(!found.is_empty(), "{about}: not found");
    // A checkpoint that says another size makes everything else look wrong too; it is named first.
    let named = if file == "checkpoint" { &found[..1] } else { &found[..] };
    assert!(named.iter().all(|finding| concerns(finding, &file)), "{about}: {found:?}");
    if let Some(go) = go {
        let said = go.check(folder, "2");
        let lines = text(&said);
        assert_eq!(said.status.code(), Some(2), "{about}: {lines}");
        let mut named = lines.lines().filter_map(|line| line.strip_prefix("differs: "));
        let begins = |line: &str| line.starts_with(&file);
        assert!(lines.contains("differs: ") && named.all(begins), "{about}: {lines}");
    }
    fs::write(&path, was).unwrap();
}

#[test]
fn alterations_of_a_folder_are_found_and_named_by_both_programs() {
    let full = std::env::var_os("BELLWETHER_FULL").is_some();
    let (count, go) = (if full { 1000 } else { 60 }, Go::for_test("alterations: the Go side"));
    let sizes = [1, 3, 256, 300, 700];
    let places = sizes.map(|_| tempfile::tempdir().unwrap());
    for (place, size) in places.iter().zip(sizes) {
        write_log(place.path(), size);
        assert!(sweep(place.path()).is_clean(), "{size}");
    }
    for seed in 1..=count {
        let at = (seed % 5) as usize;
        try_one(seed, places[at].path(), sizes[at], go);
    }
    say(&format!("{count} alterations of folders were found and named, seeds 1 to {count}"));
}

#[test]
fn a_folder_put_back_whole_is_clean_and_only_memory_tells() {
    let places = [200, 300].map(|size| {
        let place = tempfile::tempdir().unwrap();
        write_log(place.path(), size);
        place
    });
    let heads = places.each_ref().map(|place| {
        let note = Note::parse(&fs::read(place.path().join("checkpoint")).unwrap()).unwrap();
        trust().open(&note).unwrap().checkpoint.head
    });
    // The older folder holds together: keys and all, it is what it was.
    assert!(sweep(places[0].path()).is_clean());
    assert!(heads[0].size < heads[1].size);
    let Some(go) = Go::for_test("a_folder_put_back_whole: the Go side") else { return };
    assert_eq!(go.check(places[0].path(), "3").status.code(), Some(0));
    // Whoever kept the later checkpoint sees it: an auditor here, a witness in its own tests.
    let kept = places[1].path().join("checkpoint");
    let said = go.run(places[0].path(), &["-seen", kept.to_str().unwrap()]);
    assert_eq!(said.status.code(), Some(2));
    assert!(text(&said).contains("it was rolled back"), "{}", text(&said));
}
