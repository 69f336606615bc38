//! What a witness signs and what it refuses, by tables, and over a whole life of a log.

use super::*;
use crate::note::{Checkpoint, Scheme};
use crate::tree::{MemoryTree, leaf_hash, prove_consistency, tree_root};

const ORIGIN: &str = "example.org/anchor";

fn log() -> Signer {
    Signer::new(ORIGIN, Scheme::Plain, &[1; 32]).unwrap()
}

fn trust() -> Trust {
    Trust::of(ORIGIN, log().verifier().clone())
}

fn tree(name: &str, size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (0..size).for_each(|number| tree.push(leaf_hash(format!("{name} {number}").as_bytes())));
    tree
}

fn head(tree: &MemoryTree, size: u64) -> Head {
    Head { size, root: tree_root(tree, size).unwrap() }
}

fn note(origin: &str, head: Head, signer: &Signer) -> Note {
    Checkpoint::new(origin, head).sign(&[signer], Timestamp::from_secs(0)).unwrap()
}

fn request(tree: &MemoryTree, old: u64, new: u64) -> Request {
    let proof = prove_consistency(tree, old.min(new), new).unwrap();
    Request { old_size: old, proof, checkpoint: note(ORIGIN, head(tree, new), &log()) }
}

#[test]
fn a_log_that_grows_is_co_signed_all_its_life() {
    let (tree, signer) = (tree("a", 70), Signer::new("w.example", Scheme::Cosignature, &[2; 32]));
    let signer = signer.unwrap();
    let mut stored = None;
    for (old, new) in [(0, 0), (0, 3), (3, 3), (3, 4), (4, 11), (11, 64), (64, 70)] {
        let request = Request::parse(request(&tree, old, new).to_string().as_bytes()).unwrap();
        let accepted = consider(&trust(), stored, &request).unwrap();
        stored = Some(accepted.head());
        let mut note = request.checkpoint.clone();
        note.add(accepted.cosign(&signer, Timestamp::from_secs(9)));
        let witnesses = vec![signer.verifier().clone()];
        let opened = Trust { witnesses, needed: 1, ..trust() };
        assert!(opened.open(&note).is_ok(), "{old} to {new}");
    }
}

#[test]
fn what_does_not_continue_the_log_is_refused() {
    let (honest, other) = (tree("a", 70), tree("b", 70));
    let seen = Some(head(&honest, 50));
    let mut forged = request(&honest, 50, 60);
    forged.checkpoint =
        note(ORIGIN, head(&honest, 60), &Signer::new(ORIGIN, Scheme::Plain, &[3; 32]).unwrap());
    let mut altered = request(&honest, 50, 60);
    let text = altered.checkpoint.to_string().replace("\n60\n", "\n61\n");
    altered.checkpoint = Note::parse(text.as_bytes()).unwrap();
    let mut foreign = request(&honest, 50, 60);
    foreign.checkpoint = note("example.org/other", head(&honest, 60), &log());
    let mut unproved = request(&honest, 50, 60);
    unproved.proof.pop();
    let mut unneeded = request(&honest, 50, 50);
    unneeded.proof.push(leaf_hash(b"more"));
    let mut empty = request(&honest, 0, 0);
    empty.checkpoint = note(ORIGIN, Head { size: 0, root: leaf_hash(b"") }, &log());
    for (what, stored, request, code, status) in [
        ("rolled back", seen, request(&honest, 40, 49), "witness-rollback", 409),
        ("rolled back to nothing", seen, request(&honest, 0, 0), "witness-rollback", 409),
        ("an old checkpoint again", seen, request(&honest, 0, 49), "witness-rollback", 409),
        ("forked at this size", seen, request(&other, 50, 50), "witness-fork", 409),
        ("forked, from the start", seen, request(&other, 0, 50), "witness-fork", 409),
        ("forked and grown", seen, request(&other, 50, 60), "witness-inconsistent", 422),
        ("no full proof", seen, unproved, "witness-inconsistent", 422),
        ("a proof of nothing", seen, unneeded, "witness-inconsistent", 422),
        ("from the wrong size", seen, request(&honest, 49, 60), "witness-behind", 409),
        ("as if never seen", seen, request(&honest, 0, 60), "witness-behind", 409),
        ("from where it never was", None, request(&honest, 49, 60), "witness-behind", 409),
        ("from beyond", seen, request(&honest, 61, 60), "witness-backwards", 400),
        ("another key", seen, forged, "note-unsigned", 403),
        ("an altered size", seen, altered, "note-signature", 403),
        ("another log", seen, foreign, "checkpoint-origin", 404),
        ("an empty log that is not", None, empty, "witness-fork", 409),
    ] {
        let refused = consider(&trust(), stored, &request).expect_err(what);
        assert_eq!((refused.code(), refused.status()), (code, status), "{what}: {refused}");
    }
}

#[test]
fn malformed_requests_are_refused() {
    let good = request(&tree("a", 9), 3, 9).to_string();
    let hash = base64([3; 32]);
    for (body, code) in [
        (String::new(), "witness-request"),
        (good.replace("old 3", "old 03"), "witness-request"),
        (good.replace("old 3", "new 3"), "witness-request"),
        (good.replace("old 3\n", "old 3\nAAAA\n"), "witness-request"),
        (
            good.replace("old 3\n", &format!("old 3\n{}", format!("{hash}\n").repeat(64))),
            "witness-request",
        ),
        (good.replace("\u{2014}", "-"), "note-format"),
    ] {
        let refused = Request::parse(body.as_bytes()).unwrap_err();
        assert_eq!((refused.code(), refused.status()), (code, 400), "{body}");
    }
    assert!(Request::parse(b"\xff").is_err());
}
