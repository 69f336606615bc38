//! The client against answers of every kind, and the desk through a whole life of a log.

use super::*;
use bellwether_core::Timestamp;
use bellwether_ledger::note::{NoteError, Scheme, Signer, Trust};
use bellwether_ledger::tree::Head;
use bellwether_ledger::tree::{MemoryTree, leaf_hash, prove_consistency, tree_root};
use bellwether_store::WitnessState;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use tempfile::TempDir;

const ORIGIN: &str = "example.org/eu/acme/decisions";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn log_signer() -> Signer {
    Signer::new(ORIGIN, Scheme::Plain, &[1; 32]).unwrap()
}

fn tree(name: &str, size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (0..size).for_each(|number| tree.push(leaf_hash(format!("{name} {number}").as_bytes())));
    tree
}

fn checkpoint(tree: &MemoryTree, size: u64) -> Note {
    let head = Head { size, root: tree_root(tree, size).unwrap() };
    Checkpoint::new(ORIGIN, head).sign(&[&log_signer()], at(0)).unwrap()
}

fn prover(tree: &MemoryTree, size: u64) -> impl FnMut(u64) -> Result<Vec<Digest>, ProofFailure> {
    move |old| Ok(prove_consistency(tree, old, size)?)
}

fn desk() -> (TempDir, Desk) {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::create(dir.path(), "w.example", at(1)).unwrap();
    let vkey = log_signer().verifier().to_string();
    WitnessState::open(dir.path(), false).unwrap().trust(ORIGIN, &vkey, at(1)).unwrap();
    (dir, desk)
}

fn request(tree: &MemoryTree, old: u64, new: u64) -> String {
    let proof = prove_consistency(tree, old.min(new), new).unwrap();
    Request { old_size: old, proof, checkpoint: checkpoint(tree, new) }.to_string()
}

fn refused(desk: &Desk, body: &str) -> (&'static str, u16, Option<u64>) {
    let refused = desk.answer(body.as_bytes(), at(9)).unwrap_err();
    (refused.code(), refused.status(), refused.size())
}

#[test]
fn a_desk_signs_what_grows_and_keeps_what_contradicts() {
    let (dir, desk) = desk();
    let (honest, other) = (tree("a", 70), tree("b", 70));
    for (old, new) in [(0, 0), (0, 3), (3, 3), (3, 50)] {
        let line = desk.answer(request(&honest, old, new).as_bytes(), at(7)).unwrap();
        let mut note = checkpoint(&honest, new);
        note.add(line.trim_end_matches('\n').parse().unwrap());
        let signed = note.verify(std::slice::from_ref(desk.key())).unwrap();
        assert_eq!(signed[0].at, Some(at(7)), "{old} to {new}");
    }
    assert_eq!(refused(&desk, &request(&honest, 49, 60)), ("witness-behind", 409, Some(50)));
    assert_eq!(refused(&desk, &request(&honest, 3, 49)), ("witness-rollback", 409, Some(50)));
    assert_eq!(refused(&desk, &request(&other, 50, 50)), ("witness-fork", 409, Some(50)));
    assert_eq!(refused(&desk, &request(&other, 50, 60)), ("witness-inconsistent", 422, None));
    assert_eq!(refused(&desk, &request(&honest, 61, 60)), ("witness-backwards", 400, None));
    assert_eq!(refused(&desk, "nonsense"), ("witness-request", 400, None));
    let foreign = request(&honest, 50, 60).replace(ORIGIN, "example.org/other");
    assert_eq!(refused(&desk, &foreign), ("witness-unknown-log", 404, None));
    let forged = request(&honest, 50, 60).replace("\n60\n", "\n61\n");
    assert_eq!(refused(&desk, &forged), ("note-signature", 403, None));
    // Two notes of one size that the log signed are evidence; what anybody can send is counted.
    let state = WitnessState::open(dir.path(), true).unwrap();
    let forks = state.forks().unwrap();
    assert_eq!((forks.len(), forks[0].tree.size), (1, 50));
    let refused: Vec<_> =
        state.refused().unwrap().into_iter().map(|one| (one.code, one.times)).collect();
    assert_eq!(
        refused,
        [("witness-inconsistent".to_owned(), 1), ("witness-rollback".to_owned(), 1)]
    );
    let trust = Trust::of(ORIGIN, log_signer().verifier().clone());
    let both = [&forks[0].tree.note, &forks[0].cosigned].map(|note| Note::parse(note).unwrap());
    let heads = both.each_ref().map(|note| trust.open(note).unwrap().checkpoint.head);
    assert_eq!((heads[0].size, heads[1].size), (50, 50));
    assert_ne!(heads[0].root, heads[1].root);
    // After all that, the log goes on.
    assert!(desk.answer(request(&honest, 50, 60).as_bytes(), at(9)).is_ok());
}

#[test]
fn nobody_else_can_make_a_witness_accuse_a_log() {
    let (dir, desk) = desk();
    let (honest, other) = (tree("a", 300), tree("b", 300));
    desk.answer(request(&honest, 0, 200).as_bytes(), at(2)).unwrap();
    // A public checkpoint with a proof made up, and every older one again, from the empty tree on.
    let made_up = Request {
        old_size: 200,
        proof: vec![Digest::of(b"made up")],
        checkpoint: checkpoint(&honest, 300),
    };
    assert_eq!(refused(&desk, &made_up.to_string()).0, "witness-inconsistent");
    for size in 0..200 {
        assert_eq!(refused(&desk, &request(&honest, size, size)).0, "witness-rollback");
    }
    let state = WitnessState::open(dir.path(), true).unwrap();
    assert_eq!(state.forks().unwrap(), []);
    let times: Vec<_> = state.refused().unwrap().iter().map(|one| one.times).collect();
    assert_eq!(times, [1, 200]);
    // None of it stands in the way of evidence.
    assert_eq!(refused(&desk, &request(&other, 200, 200)).0, "witness-fork");
    assert_eq!(state.forks().unwrap().len(), 1);
}

#[test]
fn a_wrong_root_of_nothing_contradicts_no_note() {
    let (dir, desk) = desk();
    let head = Head { size: 0, root: Digest::of(b"not the empty tree") };
    let checkpoint = Checkpoint::new(ORIGIN, head).sign(&[&log_signer()], at(0)).unwrap();
    let first = Request { old_size: 0, proof: Vec::new(), checkpoint };
    let (code, _, _) = refused(&desk, &first.to_string());
    assert_eq!(code, "witness-fork");
    let state = WitnessState::open(dir.path(), true).unwrap();
    assert_eq!((state.forks().unwrap().len(), state.refused().unwrap().len()), (0, 1));
}

#[test]
fn a_desk_that_died_before_it_signed_signs_when_asked_again() {
    let (dir, desk) = desk();
    let log = tree("a", 9);
    desk.answer(request(&log, 0, 5).as_bytes(), at(2)).unwrap();
    drop(desk);
    // As if the process had ended between the two steps: the tree is stored, nothing was sent.
    let mut state = WitnessState::open(dir.path(), false).unwrap();
    let was = state.cosigned(ORIGIN).unwrap().unwrap();
    let root = tree_root(&log, 9).unwrap();
    let note = checkpoint(&log, 9).to_string().into_bytes();
    let new = bellwether_store::Cosigned { size: 9, root, note, at: at(3), ..was.clone() };
    assert!(state.replace(Some((was.size, was.root)), &new).unwrap());
    let desk = Desk::open(dir.path()).unwrap();
    assert_eq!(refused(&desk, &request(&log, 5, 9)), ("witness-behind", 409, Some(9)));
    assert!(desk.answer(request(&log, 9, 9).as_bytes(), at(4)).is_ok());
}

#[test]
fn a_desk_opens_only_with_its_own_key() {
    let (dir, first) = desk();
    let vkey = first.key().to_string();
    drop(first);
    assert_eq!(Desk::open(dir.path()).unwrap().key().to_string(), vkey);
    assert_eq!(Desk::create(dir.path(), "w", at(1)).unwrap_err().code(), "key-file-exists");
    let (other, _) = desk();
    std::fs::copy(other.path().join("witness.key"), dir.path().join("witness.key")).unwrap();
    assert_eq!(Desk::open(dir.path()).unwrap_err().code(), "witness-other-key");
    std::fs::remove_file(dir.path().join("witness.key")).unwrap();
    assert_eq!(Desk::open(dir.path()).unwrap_err().code(), "key-file-missing");
    // A key whose state is gone has forgotten what it signed, and starts no new one.
    std::fs::remove_file(other.path().join("witness.db")).unwrap();
    assert_eq!(Desk::open(other.path()).unwrap_err().code(), "store-missing");
    assert_eq!(Desk::create(other.path(), "w", at(1)).unwrap_err().code(), "key-file-exists");
    assert_eq!(Desk::create(other.path(), "a name", at(1)).unwrap_err().code(), "note-key");
}

/// A witness whose answers are written down, one connection each; gives the requests' bodies.
fn scripted(
    answers: Vec<(u16, &'static str, Vec<u8>)>,
) -> (Witness, Signer, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for (status, kind, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut asked = vec![0; length];
            reader.read_exact(&mut asked).unwrap();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
            drop(send.send(String::from_utf8(asked).unwrap()));
        }
    });
    let signer = Signer::new("w.example", Scheme::Cosignature, &[2; 32]).unwrap();
    let key = signer.verifier().clone();
    let witness = Witness::new(&Configured { url, key, private: true }).unwrap();
    (witness, signer, bodies)
}

#[test]
fn every_answer_is_understood() {
    let log = tree("a", 9);
    let signer = |secret| Signer::new("w.example", Scheme::Cosignature, &[secret; 32]).unwrap();
    let line = |secret, size| {
        format!("{}\n", signer(secret).sign(checkpoint(&log, size).text(), at(5))).into_bytes()
    };
    let other = Signer::new("v.example", Scheme::Cosignature, &[3; 32]).unwrap();
    let foreign = format!("{}\n", other.sign(checkpoint(&log, 9).text(), at(5))).into_bytes();
    let (fine, sized) =
        (|body: Vec<u8>| (200, "text/plain", body), |size: &str| (409, SIZE_TYPE, size.into()));
    let both = [foreign.clone(), line(2, 9)].concat();
    for (what, answers, expected) in [
        ("signed", vec![fine(line(2, 9))], Ok(())),
        ("signed by others too", vec![fine(both)], Ok(())),
        ("asked again", vec![sized("5\n"), fine(line(2, 9))], Ok(())),
        ("over another text", vec![fine(line(2, 8))], Err("note-signature")),
        ("by another secret", vec![fine(line(4, 9))], Err("witness-answer")),
        ("by another witness", vec![fine(foreign)], Err("witness-answer")),
        ("nothing", vec![fine(Vec::new())], Err("witness-answer")),
        ("no text", vec![fine(vec![255, 254])], Err("witness-answer")),
        ("too much", vec![fine(vec![b'x'; 100_000])], Err("transport-too-large")),
        ("rolled back", vec![sized("10\n")], Err("witness-rollback")),
        ("forked", vec![sized("9\n"), sized("9\n")], Err("witness-fork")),
        ("moving", vec![sized("4\n"), sized("5\n")], Err("witness-behind")),
        ("standing where it was asked", vec![sized("3\n")], Err("witness-behind")),
        ("a size without its end", vec![sized("5")], Err("witness-answer")),
        ("no size", vec![sized("-5\n")], Err("witness-answer")),
        (
            "a size of another type",
            vec![(409, "text/html", b"5\n".to_vec())],
            Err("witness-answer"),
        ),
        ("rewritten", vec![(422, "text/plain", Vec::new())], Err("witness-inconsistent")),
        ("unknown log", vec![(404, "text/plain", Vec::new())], Err("witness-unknown-log")),
        ("unknown key", vec![(403, "text/plain", Vec::new())], Err("witness-log-key")),
        ("broken", vec![(500, "text/plain", Vec::new())], Err("witness-unavailable")),
        ("elsewhere", vec![(302, "text/plain", Vec::new())], Err("witness-unavailable")),
    ] {
        let asked = answers.len();
        let (witness, _, bodies) = scripted(answers);
        let got = witness.cosign(&checkpoint(&log, 9), 3, prover(&log, 9));
        assert_eq!(
            got.as_ref().map(|_| ()).map_err(CosignError::code),
            expected,
            "{what}: {got:?}"
        );
        let bodies: Vec<_> = (0..asked).map(|_| bodies.recv().unwrap()).collect();
        assert!(bodies[0].starts_with("old 3\n"), "{what}");
    }
}

#[test]
fn a_witness_that_is_ahead_of_a_short_log_says_so() {
    let log = tree("a", 9);
    let (witness, _, bodies) = scripted(vec![(409, SIZE_TYPE, b"20\n".to_vec())]);
    let error = witness.cosign(&checkpoint(&log, 9), 20, prover(&log, 9)).unwrap_err();
    assert_eq!((error.code(), error.is_alarm()), ("witness-rollback", true));
    assert!(bodies.recv().unwrap().starts_with("old 9\n\n"));
}

#[test]
fn all_witnesses_are_asked_and_what_they_say_is_gathered() {
    let log = tree("a", 9);
    let signer = Signer::new("w.example", Scheme::Cosignature, &[2; 32]).unwrap();
    let line = format!("{}\n", signer.sign(checkpoint(&log, 9).text(), at(5)));
    let (first, ..) = scripted(vec![(500, "text/plain", Vec::new())]);
    let (second, ..) = scripted(vec![(200, "text/plain", line.into_bytes())]);
    let got = cosign(&[first, second], &checkpoint(&log, 9), |_| 0, prover(&log, 9));
    assert_eq!((got.signed, got.refused.len()), (1, 1));
    assert_eq!(got.refused[0].1.code(), "witness-unavailable");
    let witnesses = vec![signer.verifier().clone()];
    let trust =
        Trust { witnesses, needed: 1, ..Trust::of(ORIGIN, log_signer().verifier().clone()) };
    assert_eq!(trust.open(&got.note).unwrap().witnesses.len(), 1);
    let none = checkpoint(&log, 9).verify(&trust.witnesses).unwrap_err();
    assert_eq!(none, NoteError::Unsigned);
}

#[test]
fn logs_are_trusted_by_their_own_keys_only() {
    let log = log_signer().verifier().to_string();
    assert_eq!(log_key(&format!(" {log}\n")).unwrap().to_string(), log);
    let witness = Signer::new("w", Scheme::Cosignature, &[2; 32]).unwrap().verifier().to_string();
    assert_eq!(log_key(&witness).unwrap_err().code(), "witness-not-a-log");
    assert_eq!(log_key("nothing").unwrap_err().code(), "note-key");
}
