//! Proof files that we write, checked by Go: in a folder, and alone with an entry.

use super::folder::{checkpoint, entry, text, tree, trust, write_log};
use super::go::Go;
use bellwether_ledger::note::ProofFile;
use bellwether_ledger::tree::{leaf_hash, prove_inclusion};
use std::fs;

/// A proof of an entry in the log as it was at some size.
fn proof(index: u64, size: u64) -> ProofFile {
    let tree = tree(size);
    let hashes = prove_inclusion(&tree, index, size).unwrap();
    ProofFile { extra: Some(b"case 7".to_vec()), index, hashes, checkpoint: checkpoint(&tree) }
}

#[test]
fn go_checks_proof_files_in_a_folder_and_alone() {
    let Some(go) = Go::for_test("go_checks_proof_files_in_a_folder_and_alone") else { return };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    write_log(folder, 600);
    fs::create_dir(folder.join("proofs")).unwrap();
    let path = folder.join("proofs/one.tlog-proof");
    let keys = ["-key", "log.vkey", "-witnesses", "witnesses.vkey", "-proofs", "3"];
    for (index, size) in [(0, 1), (0, 600), (255, 256), (256, 300), (599, 600), (17, 512)] {
        let file = proof(index, size);
        assert!(file.check(&leaf_hash(&entry(index)), &trust()).is_ok());
        fs::write(&path, file.to_string()).unwrap();
        let said = go.run(folder, &keys);
        assert_eq!(said.status.code(), Some(0), "{index} of {size}: {}", text(&said));
        assert!(text(&said).contains("proof files: 1 hold"), "{}", text(&said));
        fs::write(folder.join("entry"), entry(index)).unwrap();
        let alone = |file: &str| {
            let said = go.run_in(folder, &path, &["-key", "log.vkey", "-entry", file]);
            (said.status.code(), text(&said))
        };
        let (code, said) = alone("entry");
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with(&format!("proof: entry {index} of ")), "{said}");
        fs::write(folder.join("entry"), b"another").unwrap();
        assert_eq!(alone("entry").0, Some(2));
        assert_eq!(alone("none").0, Some(1));
    }
    let good = proof(17, 512).to_string();
    let mut wrong = proof(17, 512);
    wrong.index = 18;
    let mut short = proof(17, 512);
    short.hashes.pop();
    for (what, text_of, part) in [
        ("another entry's", wrong.to_string(), "entry 18"),
        ("a hash too few", short.to_string(), "entry 17"),
        ("nothing", String::new(), "it is no proof file"),
        ("no index", good.replace("index 17\n", ""), "it has no index"),
        ("an index of its own spelling", good.replace("index 17", "index 017"), "its index is"),
        ("beyond its log", good.replace("index 17", "index 512"), "is over 512 entries"),
        ("another size", good.replace("\n512\n", "\n513\n"), "its checkpoint: invalid signature"),
        ("another log", good.replace("example.org/eu", "example.org/us"), "its checkpoint:"),
        ("ahead of the folder", proof(17, 700).to_string(), "it was rolled back"),
    ] {
        fs::write(&path, text_of).unwrap();
        let said = go.run(folder, &keys);
        assert_eq!(said.status.code(), Some(2), "{what}: {}", text(&said));
        let said = text(&said);
        let line = said.lines().find(|line| line.starts_with("differs: proofs/one.tlog-proof"));
        assert!(line.is_some_and(|line| line.contains(part)), "{what}: {said}");
    }
}
