//! Notes against the published example, keys and checkpoints by tables, witnesses by counting.

use super::*;
use crate::tree::{Head, MemoryTree, leaf_hash, prove_inclusion};
use bellwether_core::Timestamp;

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

/// The secret key that the example gives away, after one byte for the algorithm.
const PETERS_SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

/// The example in the documentation of Go's package `note`.
const EXAMPLE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n\
    \u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

const ORIGIN: &str = "example.org/eu/acme/decisions";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn log() -> Signer {
    Signer::new(ORIGIN, Scheme::Plain, &[1; 32]).unwrap()
}

fn witness(number: u8) -> Signer {
    Signer::new(&format!("witness.example/w{number}"), Scheme::Cosignature, &[number; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new(ORIGIN, Head { size: 20_852_163, root: leaf_hash(b"root") })
}

fn trust(witnesses: &[u8], needed: usize) -> Trust {
    let witnesses = witnesses.iter().map(|number| witness(*number).verifier().clone()).collect();
    Trust { witnesses, needed, ..Trust::of(ORIGIN, log().verifier().clone()) }
}

#[test]
fn the_published_example_verifies() {
    let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(note.to_string(), EXAMPLE);
    let keys = [PETER.parse().unwrap()];
    let both = [PETER.parse().unwrap(), ENOCH.parse().unwrap()];
    assert_eq!(note.verify(&both).unwrap().len(), 2);
    let signed = note.verify(&keys).unwrap();
    assert_eq!((signed.len(), signed[0].key.name(), signed[0].at), (1, "PeterNeumann", None));
    let other = note.verify(std::slice::from_ref(log().verifier())).unwrap_err();
    assert_eq!(other.code(), "note-unsigned");
    let altered = EXAMPLE.replace("the answer", "an answer");
    let altered = Note::parse(altered.as_bytes()).unwrap().verify(&keys).unwrap_err();
    assert_eq!(altered.code(), "note-signature");
}

#[test]
fn signing_gives_the_published_signature() {
    let secret = text::from_base64(PETERS_SECRET).unwrap();
    let signer =
        Signer::new("PeterNeumann", Scheme::Plain, secret[1..].try_into().unwrap()).unwrap();
    let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
    let signature = signer.sign(note.text(), at(0));
    assert_eq!(&signature, &note.signatures()[0]);
    assert_eq!(signer.verifier().to_string(), PETER);
    let mut again = note.clone();
    again.add(signature);
    assert_eq!(again, note, "a key signs a note once");
}

#[test]
fn keys_come_back_and_cannot_be_printed() {
    for key in [log(), witness(2)] {
        let vkey = key.verifier().to_string();
        assert_eq!(vkey.parse().as_ref(), Ok(key.verifier()));
        assert_eq!(format!("{key:?}"), format!("Signer({vkey})"), "only the public half");
    }
    let good = witness(2).verifier().to_string();
    for bad in [
        "".to_owned(),
        "name".to_owned(),
        "name+00000000".to_owned(),
        good.replace("w2", "w3"),
        good.replace("w2", "w 2"),
        good.replacen('+', "+0", 1),
        good.replace("+BI", "+CI"),
        format!("{good}AAAA"),
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("c74f20a3", "+74f20a3"),
        PETER.replace("ARpc", "BRpc"),
    ] {
        let refused = bad.parse::<VerifierKey>().expect_err(&bad);
        assert_eq!(refused.code(), "note-key", "{bad}");
    }
    assert!(Signer::new("a+b", Scheme::Plain, &[0; 32]).is_err());
}

#[test]
fn a_secret_is_known_by_its_looks() {
    let secret = bellwether_core::Digest::of(b"x").to_string();
    for (text, is) in [
        (secret.as_str(), true),
        (&format!(" {secret}\n"), true),
        ("PRIVATE+KEY+ann+1a2b3c4d+AYEK", true),
        ("-----BEGIN PRIVATE KEY-----", true),
        (PETER, false),
        ("", false),
    ] {
        assert_eq!(is_secret(text), is, "{text}");
    }
}

#[test]
fn malformed_notes_are_refused() {
    let line = EXAMPLE.lines().last().unwrap();
    let many = format!("text\n\n{}", format!("{line}\n").repeat(101));
    for (bytes, what) in [
        ("", "no line is empty"),
        ("text\n", "no line is empty"),
        ("text\n\n", "its last line is not whole"),
        (&format!("text\n\n{line}"), "its last line is not whole"),
        (&format!("te\txt\n\n{line}\n"), "it holds control characters"),
        (&format!("text\n\n{line}\r\n"), "a line of a signature is malformed"),
        (&format!("text\n\n-{line}\n"), "a line of a signature is malformed"),
        (&format!("text\n\n{line}=\n"), "a line of a signature is malformed"),
        ("text\n\n\u{2014} a\n", "a line of a signature is malformed"),
        ("text\n\n\u{2014} a AAAA\n", "a line of a signature is malformed"),
        ("text\n\n\u{2014} a AAAAAA==\n", "a line of a signature is malformed"),
        ("text\n\n\u{2014} a+b AAAAAAA=\n", "a line of a signature is malformed"),
        (&many, "it has more than 100 signatures"),
    ] {
        assert_eq!(Note::parse(bytes.as_bytes()), Err(NoteError::Format { what }), "{bytes}");
    }
    assert!(Note::parse(b"te\xffxt\n\n").is_err());
    assert!(Note::parse(&vec![b'\n'; 2 << 20]).is_err());
}

#[test]
fn checkpoints_are_written_as_the_format_says() {
    let note = checkpoint().sign(&[&log(), &witness(2)], at(1_679_315_147)).unwrap();
    expect_test::expect![[r#"
        example.org/eu/acme/decisions
        20852163
        PAb5plclr2BSYfY2ZyyWINQJcx2JpFHXRV/pxK4WeCk=

    "#]]
    .assert_eq(&note.to_string().lines().take(4).map(|l| format!("{l}\n")).collect::<String>());
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(read, note);
    assert_eq!(read.text().parse(), Ok(checkpoint()));
    let broken = Checkpoint::new("two\nlines", checkpoint().head);
    assert_eq!(broken.sign(&[&log()], at(0)).unwrap_err().code(), "note-format");
}

#[test]
fn malformed_checkpoints_are_refused() {
    let root = text::base64([7; 32]);
    for (body, what) in [
        ("a\n1".to_owned(), "its last line is not whole"),
        (format!("\n1\n{root}\n"), "the first line, the origin, is empty"),
        (format!("a\n01\n{root}\n"), "the second line is not a number of entries"),
        (format!("a\n+1\n{root}\n"), "the second line is not a number of entries"),
        (format!("a\n\n{root}\n"), "the second line is not a number of entries"),
        (format!("a\n9223372036854775808\n{root}\n"), "the second line is not a number of entries"),
        ("a\n1\n".to_owned(), "the third line is not a hash in base 64"),
        (format!("a\n1\n{root}AAAA\n"), "the third line is not a hash in base 64"),
        (format!("a\n1\n{root}\n\nmore\n"), "a line is empty"),
    ] {
        assert_eq!(body.parse::<Checkpoint>(), Err(BadCheckpoint { what }), "{body:?}");
    }
    let extended = format!("a\n1\n{root}\nmore\n");
    assert_eq!(extended.parse::<Checkpoint>().unwrap().to_string(), extended);
}

#[test]
fn a_cosignature_carries_its_time_and_is_bound_to_it() {
    let note = checkpoint().sign(&[&log(), &witness(2)], at(1_679_315_147)).unwrap();
    let known = trust(&[2], 1);
    let opened = known.open(&note).unwrap();
    assert_eq!(opened.witnesses[0].at, Some(at(1_679_315_147)));
    assert_eq!(opened.log[0].at, None);
    // The time stands in the signature's bytes 4 to 12; another one is another message.
    let line = note.signatures()[1].to_string();
    let (name, sealed) = line.rsplit_once(' ').unwrap();
    let mut bytes = text::from_base64(sealed).unwrap();
    bytes[11] ^= 1;
    let mut altered = note.clone();
    altered.add(format!("{name} {}", text::base64(bytes)).parse().unwrap());
    assert_eq!(known.open(&altered).unwrap_err().code(), "note-signature");
}

#[test]
fn witnesses_are_counted_once_each() {
    let note = |witnesses: &[Signer]| {
        let log = log();
        let signers: Vec<_> = std::iter::once(&log).chain(witnesses).collect();
        checkpoint().sign(&signers, at(5)).unwrap()
    };
    let renamed = Signer::new("other.example", Scheme::Cosignature, &[2; 32]).unwrap();
    let mut twice = trust(&[2, 3], 2);
    twice.witnesses.push(renamed.verifier().clone());
    for (trust, signed, found) in [
        (trust(&[], 0), vec![], Ok(0)),
        (trust(&[2, 3, 4], 2), vec![witness(3), witness(4)], Ok(2)),
        (trust(&[2, 3, 4], 2), vec![witness(3), witness(5)], Err("checkpoint-unwitnessed")),
        (trust(&[2, 3], 0), vec![witness(9)], Ok(0)),
        (trust(&[2], 2), vec![witness(2)], Err("checkpoint-unwitnessed")),
        // One secret under two names is one witness.
        (twice, vec![witness(2), renamed], Err("checkpoint-unwitnessed")),
    ] {
        let note = note(&signed);
        let got = trust.open(&note).map(|opened| opened.witnesses.len());
        assert_eq!(got.map_err(|wrong| wrong.code()), found, "{trust:?}");
    }
}

#[test]
fn another_log_is_refused_and_a_key_may_change() {
    let note = checkpoint().sign(&[&log()], at(0)).unwrap();
    let mut other = trust(&[], 0);
    other.origin = "example.org/eu/other/decisions".to_owned();
    assert_eq!(other.open(&note).unwrap_err().code(), "checkpoint-origin");
    let new_key = Signer::new(ORIGIN, Scheme::Plain, &[2; 32]).unwrap();
    let both = checkpoint().sign(&[&log(), &new_key], at(0)).unwrap();
    for key in [&log(), &new_key] {
        let opened = Trust::of(ORIGIN, key.verifier().clone());
        assert!(opened.open(&both).is_ok(), "{key:?}");
    }
    let unknown = Trust::of(ORIGIN, new_key.verifier().clone());
    assert_eq!(unknown.open(&note).unwrap_err().code(), "note-unsigned");
    let unread = Note::new("a\n").unwrap();
    assert_eq!(unknown.open(&unread).unwrap_err().code(), "checkpoint-format");
}

#[test]
fn a_proof_file_proves_its_entry_and_no_other() {
    let mut tree = MemoryTree::default();
    for number in 0u8..100 {
        tree.push(leaf_hash(&[number]));
    }
    let sealed = Checkpoint::new(ORIGIN, tree.edge().head()).sign(&[&log()], at(0)).unwrap();
    let trust = trust(&[], 0);
    for extra in [None, Some(b"which record".to_vec())] {
        for index in [0, 63, 99] {
            let hashes = prove_inclusion(&tree, index, 100).unwrap();
            let file =
                ProofFile { extra: extra.clone(), index, hashes, checkpoint: sealed.clone() };
            let read = ProofFile::parse(file.to_string().as_bytes()).unwrap();
            assert_eq!(read, file);
            assert!(read.check(&leaf_hash(&[index as u8]), &trust).is_ok());
            let other = read.check(&leaf_hash(&[50]), &trust).unwrap_err();
            assert_eq!(other.code(), "log-proof-invalid");
            let untrusted = Trust { needed: 1, ..trust.clone() };
            let refused = read.check(&leaf_hash(&[index as u8]), &untrusted).unwrap_err();
            assert_eq!(refused.code(), "checkpoint-unwitnessed");
        }
    }
    let mut alone = MemoryTree::default();
    alone.push(leaf_hash(b"alone"));
    let sealed = Checkpoint::new(ORIGIN, alone.edge().head()).sign(&[&log()], at(0)).unwrap();
    let file = ProofFile { extra: None, index: 0, hashes: Vec::new(), checkpoint: sealed };
    assert_eq!(ProofFile::parse(file.to_string().as_bytes()), Ok(file));
}

#[test]
fn malformed_proof_files_are_refused() {
    let end = format!("\n{}", checkpoint().sign(&[&log()], at(0)).unwrap());
    let (head, hash) = ("c2sp.org/tlog-proof@v1\n", text::base64([3; 32]));
    for (body, code) in [
        (String::new(), "proof-file-format"),
        (format!("c2sp.org/tlog-proof@v2\nindex 1\n{end}"), "proof-file-format"),
        (format!("{head}extra ?\nindex 1\n{end}"), "proof-file-format"),
        (format!("{head}index 01\n{end}"), "proof-file-format"),
        (format!("{head}{end}"), "proof-file-format"),
        (format!("{head}index 1\nAAAA\n{end}"), "proof-file-format"),
        (format!("{head}index 1\n{}{end}", format!("{hash}\n").repeat(64)), "proof-file-format"),
        (format!("{head}index 1\n{hash}\n\nno note"), "note-format"),
    ] {
        assert_eq!(ProofFile::parse(body.as_bytes()).unwrap_err().code(), code, "{body}");
    }
}
