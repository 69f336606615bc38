//! Logs as an export writes them: `checkpoint`, `log.vkey`, `witnesses.vkey`, `tile/...`.

use bellwether_core::Timestamp;
use bellwether_ledger::note::{Checkpoint, Note, Scheme, Signer, Trust};
use bellwether_ledger::tree::{MemoryTree, Tile, TileKind, leaf_hash, write_entry, write_tile};
use bellwether_ledger::verify::{Report, verify};
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Output;

pub(crate) const ORIGIN: &str = "example.org/eu/acme/decisions";

/// Past the capture of a passing test: whoever runs the tests must see what was left out.
pub(crate) fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

pub(crate) fn signer() -> Signer {
    Signer::new(ORIGIN, Scheme::Plain, &[7; 32]).unwrap()
}

pub(crate) fn witness(number: u8) -> Signer {
    let name = format!("w{number}.example");
    Signer::new(&name, Scheme::Cosignature, &[number; 32]).unwrap()
}

/// What the folder's own keys say: the log's, and one witness of one.
pub(crate) fn trust() -> Trust {
    let witnesses = vec![witness(1).verifier().clone()];
    Trust { witnesses, needed: 1, ..Trust::of(ORIGIN, signer().verifier().clone()) }
}

/// About as long as a record is.
pub(crate) fn entry(number: u64) -> Vec<u8> {
    let digest = leaf_hash(&number.to_be_bytes());
    let filled = "x".repeat(150 + (number % 97) as usize);
    format!(r#"{{"at":"2026-11-21T00:00:00Z","by":"{digest}","n":"{number}","why":"{filled}"}}"#)
        .into()
}

/// A log of so many entries.
pub(crate) fn tree(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (0..size).for_each(|number| tree.push(leaf_hash(&entry(number))));
    tree
}

/// The tree's checkpoint, signed by the log and one witness.
pub(crate) fn checkpoint(tree: &MemoryTree) -> Note {
    let signers = [&signer(), &witness(1)];
    Checkpoint::new(ORIGIN, tree.edge().head()).sign(&signers, Timestamp::from_secs(1)).unwrap()
}

/// Writes the export of a log of so many entries.
pub(crate) fn write_log(folder: &Path, size: u64) -> MemoryTree {
    let tree = tree(size);
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
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("checkpoint"), checkpoint(&tree).to_string()).unwrap();
    fs::write(folder.join("log.vkey"), format!("{}\n", signer().verifier())).unwrap();
    fs::write(folder.join("witnesses.vkey"), format!("{}\n", witness(1).verifier())).unwrap();
    tree
}

/// Our own sweep over a folder.
pub(crate) fn sweep(folder: &Path) -> Report {
    let read = |path: &str| match fs::read(folder.join(path)) {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    };
    let checkpoint = read("checkpoint").unwrap().unwrap_or_default();
    verify(&checkpoint, &trust(), |tile: Tile| read(&tile.to_string())).unwrap()
}

pub(crate) fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    *bytes.get_mut(at).unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

pub(crate) fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).trim_end().to_owned()
}
