//! The Go program of `tools/verify-go`, built once, over folders of every size.

use super::build_go;
use super::folder::{ORIGIN, checkpoint, flip, say, signer, text, tree, witness, write_log};
use bellwether_core::Timestamp;
use bellwether_ledger::note::{Checkpoint, Scheme, Signer};
use bellwether_ledger::tree::leaf_hash;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Instant;
use tempfile::TempDir;

/// The Go program.
pub(crate) struct Go(PathBuf);

impl Go {
    /// `None`, and a line on stderr, where it cannot be built.
    pub(crate) fn for_test(name: &str) -> Option<&'static Self> {
        static BUILT: OnceLock<Result<(Go, TempDir), &'static str>> = OnceLock::new();
        match BUILT.get_or_init(build) {
            Ok((go, _)) => Some(go),
            Err(why) => {
                say(&format!("SKIPPED {name}: {why}"));
                None
            }
        }
    }

    /// Checks a place from within a folder, so that arguments may name its files.
    pub(crate) fn run_in(&self, folder: &Path, place: &Path, args: &[&str]) -> Output {
        Command::new(&self.0).args(args).arg(place).current_dir(folder).output().unwrap()
    }

    pub(crate) fn run(&self, folder: &Path, args: &[&str]) -> Output {
        self.run_in(folder, folder, args)
    }

    /// With the keys beside the folder's files.
    pub(crate) fn check(&self, folder: &Path, proofs: &str) -> Output {
        let keys = ["-key", "log.vkey", "-witnesses", "witnesses.vkey", "-proofs", proofs];
        self.run(folder, &keys)
    }
}

fn build() -> Result<(Go, TempDir), &'static str> {
    let place = tempfile::tempdir().unwrap();
    let program = build_go::verifier(place.path())?;
    Ok((Go(program), place))
}

#[test]
fn a_go_program_verifies_200_000_entries() {
    let Some(go) = Go::for_test("a_go_program_verifies_200_000_entries") else { return };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let begun = Instant::now();
    write_log(folder, 200_000);
    let written = begun.elapsed().as_secs_f64();
    let fine = go.check(folder, "300");
    let said = text(&fine);
    assert_eq!(fine.status.code(), Some(0), "{said}");
    for part in
        ["200000 entries", "sweep: 200000", "300 inclusion, 300 consistency hold", "all holds"]
    {
        assert!(said.contains(part), "{said}");
    }
    say(&format!("a log of 200,000 entries, written in {written:.1} s; Go says:\n{said}"));

    // It finds what is altered, so that its silence means something.
    let size_line = ORIGIN.len() + 1;
    for (flips, parts) in [
        (
            &[("tile/entries/300", 40)][..],
            &["tile/entries/300: entry 76800 is not the one that was logged"][..],
        ),
        (&[("tile/0/300", 5)], &["tile/0/300: hash 0 is not the one of entry 76800"]),
        (
            &[("tile/1/003.p/13", 40)],
            &["tile/1/003.p/13: hash 1 is not the one of the entries below it"],
        ),
        (&[("checkpoint", size_line)], &["checkpoint: invalid signature"]),
        // An altered tile must not vouch for an altered entry.
        (
            &[("tile/entries/300", 40), ("tile/0/300", 5)],
            &["entry 76800 and its hash in tile/0/300 differ"],
        ),
        (
            &[("tile/entries/300", 40), ("tile/0/301", 5)],
            &["entry 76800 and its hash", "entry 77056 and its hash in tile/0/301 differ"],
        ),
    ] {
        let turn = || flips.iter().for_each(|(path, at)| flip(&folder.join(path), *at));
        turn();
        let found = go.check(folder, "300");
        assert_eq!(found.status.code(), Some(2), "{flips:?}: {}", text(&found));
        for part in parts {
            assert!(text(&found).contains(part), "{flips:?}: {}", text(&found));
        }
        turn();
    }
    assert!(go.check(folder, "1").status.success(), "put right again");
}

#[test]
fn a_go_program_verifies_logs_of_every_size() {
    let Some(go) = Go::for_test("a_go_program_verifies_logs_of_every_size") else { return };
    for size in [0, 1, 2, 3, 7, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 66_049] {
        let place = tempfile::tempdir().unwrap();
        write_log(place.path(), size);
        let fine = go.check(place.path(), "20");
        assert_eq!(fine.status.code(), Some(0), "{size}: {}", text(&fine));
    }
}

#[test]
fn the_go_program_knows_whom_to_believe() {
    let Some(go) = Go::for_test("the_go_program_knows_whom_to_believe") else { return };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let log = write_log(folder, 300);
    let other = Signer::new(ORIGIN, Scheme::Plain, &[8; 32]).unwrap();
    let elsewhere = Signer::new("example.org/other", Scheme::Plain, &[7; 32]).unwrap();
    let write = |name: &str, signers: &[&Signer]| {
        let keys: String = signers.iter().map(|s| format!("{}\n", s.verifier())).collect();
        fs::write(folder.join(name), keys).unwrap();
    };
    write("other.vkey", &[&other]);
    write("both.vkey", &[&other, &signer(), &elsewhere]);
    write("elsewhere.vkey", &[&elsewhere]);
    write("two.vkey", &[&witness(1), &witness(2)]);
    write("strange.vkey", &[&witness(3)]);
    fs::write(folder.join("not.vkey"), "nothing\n").unwrap();
    let shorter = tree(200);
    fs::write(folder.join("seen-200"), checkpoint(&shorter).to_string()).unwrap();
    let longer = tree(301);
    fs::write(folder.join("seen-301"), checkpoint(&longer).to_string()).unwrap();
    let mut forked = tree(199);
    forked.push(leaf_hash(b"another"));
    fs::write(folder.join("seen-fork"), checkpoint(&forked).to_string()).unwrap();
    for (args, code, part) in [
        (&[][..], 0, "note: the log's keys are taken from the folder itself"),
        (&["-key", "log.vkey"], 0, "the log's signature holds"),
        (&["-key", "both.vkey"], 0, "the log's signature holds"),
        (&["-key", "other.vkey"], 2, "differs: checkpoint:"),
        (&["-key", "elsewhere.vkey"], 2, "differs: checkpoint:"),
        (&["-key", "not.vkey"], 1, "cannot check"),
        (&["-key", "none.vkey"], 1, "cannot check"),
        (&["-witnesses", "witnesses.vkey"], 0, "witnessed by w1.example at 1970-01-01T00:00:01Z"),
        (&["-witnesses", "two.vkey"], 2, "1 of 2 witnesses have signed it"),
        (&["-witnesses", "two.vkey", "-quorum", "1"], 0, "witnessed by w1.example"),
        (&["-witnesses", "strange.vkey"], 2, "0 of 1 witnesses have signed it"),
        (&["-witnesses", "strange.vkey", "-quorum", "0"], 0, "all holds"),
        (&["-witnesses", "two.vkey", "-quorum", "3"], 1, "cannot check"),
        (&["-witnesses", "log.vkey"], 1, "is no key of a witness"),
        (&["-seen", "seen-200"], 0, "earlier: seen-200, 200 entries: this log continues it"),
        (
            &["-seen", "seen-301"],
            2,
            "seen-301 is over 301 entries and the log has 300: it was rolled back",
        ),
        (&["-seen", "seen-fork"], 2, "seen-fork has another root at 200 entries than the log"),
        (&["-nonsense"], 1, "flag provided but not defined"),
    ] {
        let said = go.run(folder, args);
        assert_eq!(said.status.code(), Some(code), "{args:?}: {}", text(&said));
        assert!(text(&said).contains(part), "{args:?}: {}", text(&said));
    }
    // A checkpoint of another log, signed by the right key.
    let head = log.edge().head();
    let foreign =
        Checkpoint::new("example.org/other", head).sign(&[&signer()], Timestamp::from_secs(0));
    fs::write(folder.join("checkpoint"), foreign.unwrap().to_string()).unwrap();
    let said = go.run(folder, &["-key", "log.vkey"]);
    assert_eq!(said.status.code(), Some(2), "{}", text(&said));
    let said = go.run(folder, &["-key", "log.vkey", "-origin", "example.org/other"]);
    assert_eq!(said.status.code(), Some(0), "{}", text(&said));
    fs::remove_file(folder.join("checkpoint")).unwrap();
    let said = go.run(folder, &["-key", "log.vkey"]);
    assert_eq!(
        (said.status.code(), text(&said).as_str()),
        (Some(2), "differs: checkpoint is missing")
    );
}
