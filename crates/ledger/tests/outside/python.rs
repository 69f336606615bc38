//! pymerkle for Python: the same roots, over the bytes of the bundles alone.

use super::folder::{say, text, write_log};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// A Python that has it: the one that `./test` makes beside what it builds, or the system's.
fn python() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("python/bin/python3");
    let has = |python: &PathBuf| {
        let output = Command::new(python).args(["-c", "import pymerkle"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    [beside, PathBuf::from("python3")].into_iter().find(has)
}

#[test]
fn pymerkle_finds_the_same_root() {
    let Some(python) = python() else {
        let why = "there is no `python3` with pymerkle 7 (pip install pymerkle)";
        return say(&format!("SKIPPED pymerkle_finds_the_same_root: {why}"));
    };
    for size in [1, 255, 256, 257, 5_120, 6_001] {
        let place = tempfile::tempdir().unwrap();
        let head = write_log(place.path(), size).edge().head();
        let output = Command::new(&python).arg("-c").arg(PYTHON).arg(place.path()).output();
        let hex: String = head.root.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text(&output.unwrap()), format!("{size} {hex}"));
    }
}
