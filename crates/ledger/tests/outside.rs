//! Logs in folders, checked by programs that hold none of our code.
//!
//! Go with its package for transparency logs (Debian: golang-go, golang-golang-x-mod-dev) and pymerkle
//! for Python; where one is missing, its test says on stderr that it was skipped.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::disallowed_methods, reason = "a test may write files and start programs")]
#![expect(clippy::disallowed_types, reason = "a test may write files and start programs")]

use bellwether_core::Timestamp;
use bellwether_ledger::note::{Checkpoint, Scheme, Signer, Trust};
use bellwether_ledger::tree::{
    Head, MemoryTree, TILE_HASHES, Tile, TileKind, leaf_hash, write_entry, write_tile,
};
use bellwether_ledger::verify::verify;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

const ORIGIN: &str = "example.org/eu/acme/decisions";

/// Where Debian puts Go's packages.
const GO_PATH: &str = "/usr/share/gocode";

/// Past the capture of a passing test: whoever runs the tests must see what was left out.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn signer() -> Signer {
    Signer::new(ORIGIN, Scheme::Plain, &[7; 32]).unwrap()
}

/// About as long as a record is.
fn entry(number: u64) -> Vec<u8> {
    let digest = leaf_hash(&number.to_be_bytes());
    let filled = "x".repeat(150 + (number % 97) as usize);
    format!(r#"{{"at":"2026-11-21T00:00:00Z","by":"{digest}","n":"{number}","why":"{filled}"}}"#)
        .into()
}

/// Writes `checkpoint`, `vkey` and all tiles and bundles of a log of so many entries.
fn write_log(folder: &Path, size: u64) -> Head {
    let mut tree = MemoryTree::default();
    (0..size).for_each(|number| tree.push(leaf_hash(&entry(number))));
    for tile in Tile::all(size) {
        let mut bytes = write_tile(&tree, tile).unwrap();
        if tile.kind() == TileKind::Entries {
            let numbers = tile.start()..tile.start() + u64::from(tile.width());
            numbers.for_each(|number| write_entry(&mut bytes, &entry(number)).unwrap());
        }
        let path = folder.join(tile.to_string());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let head = tree.edge().head();
    let note = Checkpoint::new(ORIGIN, head).sign(&[&signer()], Timestamp::from_secs(0)).unwrap();
    fs::write(folder.join("checkpoint"), note.to_string()).unwrap();
    fs::write(folder.join("vkey"), signer().verifier().to_string()).unwrap();
    head
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    *bytes.get_mut(at).unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).trim_end().to_owned()
}

/// The Go program, built; or why it cannot be.
fn go_verifier(folder: &Path) -> Result<std::path::PathBuf, &'static str> {
    if Command::new("go").arg("version").output().is_err() {
        return Err("there is no `go` (Debian: golang-go)");
    }
    if !Path::new(GO_PATH).join("src/golang.org/x/mod/sumdb/tlog").exists() {
        return Err("Go's package x/mod is missing (Debian: golang-golang-x-mod-dev)");
    }
    let program = folder.join("verify-go");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/verify-go");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(source);
    build.env("GO111MODULE", "off").env("GOPATH", GO_PATH).env("GOFLAGS", "");
    let built = build.env("GOCACHE", folder.join("go-cache")).output().unwrap();
    assert!(built.status.success(), "{}", text(&built));
    Ok(program)
}

#[test]
fn a_go_program_verifies_200_000_entries() {
    let place = tempfile::tempdir().unwrap();
    let program = match go_verifier(place.path()) {
        Ok(program) => program,
        Err(why) => return say(&format!("SKIPPED a_go_program_verifies_200_000_entries: {why}")),
    };
    let folder = place.path().join("log");
    let begun = Instant::now();
    write_log(&folder, 200_000);
    let written = begun.elapsed().as_secs_f64();
    let run = || {
        let mut go = Command::new(&program);
        go.arg("-key").arg(folder.join("vkey")).args(["-proofs", "300"]).arg(&folder);
        go.output().unwrap()
    };
    let fine = run();
    assert!(fine.status.success(), "{}", text(&fine));
    let said = text(&fine);
    for part in ["200000 entries", "sweep: 200000", "300 inclusion, 300 consistency hold"] {
        assert!(said.contains(part), "{said}");
    }
    say(&format!("a log of 200,000 entries, written in {written:.1} s; Go says:\n{said}"));

    // It finds what is altered, so that its silence means something.
    let size_line = ORIGIN.len() + 1;
    for (flips, part) in [
        (&[("tile/entries/300", 40)][..], "entry 76800 is not the one that was logged"),
        (&[("tile/0/300", 5)], "hash 76800 of level 0 is not the one of the entries"),
        (&[("tile/1/003.p/13", 40)], "hash 769 of level 1 is not the one of the entries"),
        (&[("checkpoint", size_line)], "invalid signature"),
        // An altered tile must not vouch for an altered entry.
        (&[("tile/entries/300", 40), ("tile/0/300", 5)], "entry 76800 is not the one"),
    ] {
        let turn = || flips.iter().for_each(|(path, at)| flip(&folder.join(path), *at));
        turn();
        let found = run();
        assert_eq!(found.status.code(), Some(2), "{flips:?}: {}", text(&found));
        assert!(text(&found).contains(part), "{flips:?}: {}", text(&found));
        turn();
    }
    assert!(run().status.success(), "put right again");
}

#[test]
fn our_own_sweep_reads_the_same_folder() {
    let place = tempfile::tempdir().unwrap();
    let size = 3 * TILE_HASHES + 17;
    write_log(place.path(), size);
    let trust = Trust::of(ORIGIN, signer().verifier().clone());
    let sweep = || {
        let read = |tile: Tile| match fs::read(place.path().join(tile.to_string())) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        };
        verify(&fs::read(place.path().join("checkpoint")).unwrap(), &trust, read).unwrap()
    };
    assert_eq!((sweep().entries, sweep().findings), (size, vec![]));
    flip(&place.path().join("tile/entries/002"), 40);
    let found: Vec<_> = sweep().findings.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["entry 512 is not the one that was logged"]);
}

/// Reads bundles itself and gives the root, in hexadecimal.
const PYTHON: &str = r"
import pathlib, sys
from pymerkle import InmemoryTree
tree = InmemoryTree(algorithm='sha256')
for bundle in sorted(pathlib.Path(sys.argv[1], 'tile/entries').rglob('*')):
    data = bundle.read_bytes() if bundle.is_file() else b''
    while data:
        end = 2 + int.from_bytes(data[:2], 'big')
        tree.append_entry(data[2:end])
        data = data[end:]
print(tree.get_size(), tree.get_root().hex())
";

#[test]
fn pymerkle_finds_the_same_root() {
    let has = Command::new("python3").args(["-c", "import pymerkle"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        let why = "there is no `python3` with pymerkle 7 (pip install pymerkle)";
        return say(&format!("SKIPPED pymerkle_finds_the_same_root: {why}"));
    }
    for size in [1, 255, 256, 257, 5_120, 6_001] {
        let place = tempfile::tempdir().unwrap();
        let head = write_log(place.path(), size);
        let output = Command::new("python3").arg("-c").arg(PYTHON).arg(place.path()).output();
        let hex: String = head.root.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text(&output.unwrap()), format!("{size} {hex}"));
    }
}
