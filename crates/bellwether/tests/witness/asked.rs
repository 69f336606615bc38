//! What the witness answers.

use super::log::{Log, ORIGIN, signer};
use super::process::Place;
use bellwether_core::{Digest, Timestamp};
use bellwether_ledger::note::{Note, Scheme, Signer, Trust};
use bellwether_ledger::witness::Request;
use bellwether_runtime::witness::SIZE_TYPE;
use std::sync::Barrier;

#[test]
fn a_log_that_grows_is_co_signed_and_a_rollback_is_named() {
    let (place, log) = (Place::new(), Log::of("a", 300));
    let working = place.start();
    let trust = Trust {
        witnesses: vec![place.key()],
        needed: 1,
        ..Trust::of(ORIGIN, signer(1).verifier().clone())
    };
    let mut last = 0;
    for size in [1, 2, 64, 65, 256, 257, 300] {
        let signature = place.cosign(&working, &log, last, size).unwrap();
        let mut note = log.checkpoint(size);
        note.add(signature);
        assert_eq!(trust.open(&note).unwrap().witnesses.len(), 1, "{size}");
        last = size;
    }
    // A client that knows nothing is told where the witness stands, and goes on from there.
    assert!(place.cosign(&working, &log, 0, 300).is_ok());
    assert!(place.cosign(&working, &log, 100, 300).is_ok());
    // Somebody puts back the whole folder of the log, keys and all, as it was at 256 entries.
    for last in [256, 0, 300] {
        let error = place.cosign(&working, &log, last, 256).unwrap_err();
        assert_eq!((error.code(), error.is_alarm()), ("witness-rollback", true));
        assert!(error.to_string().contains("300 entries and this log has 256"), "{error}");
    }
    // And lets it grow again, differently.
    let other = Log::of("b", 400);
    assert_eq!(place.cosign(&working, &other, 300, 300).unwrap_err().code(), "witness-fork");
    assert_eq!(place.cosign(&working, &other, 0, 300).unwrap_err().code(), "witness-fork");
    assert_eq!(
        place.cosign(&working, &other, 300, 400).unwrap_err().code(),
        "witness-inconsistent"
    );
    // The fork is kept with the checkpoint that it contradicts, the rest is counted; shown beside
    // the witness.
    let (said, code) = place.status(&["--evidence"]);
    assert_eq!(code, Some(2), "{said}");
    let notes = [log.checkpoint(300), other.checkpoint(300)];
    for part in ["witness-rollback", "witness-fork", "witness-inconsistent", ORIGIN, &place.vkey]
        .map(str::to_owned)
        .iter()
        .chain(&notes.map(|note: Note| note.to_string()))
    {
        assert!(said.contains(part.as_str()), "{part}\n---\n{said}");
    }
    let (said, code) = working.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("ended"), "{said}");
    assert!(!said.contains("127.0.0.1"), "who asked is not written down: {said}");
}

#[test]
fn what_anybody_can_send_accuses_no_log() {
    let (place, log) = (Place::new(), Log::of("a", 300));
    let working = place.start();
    assert!(place.cosign(&working, &log, 0, 200).is_ok());
    // Public checkpoints: a newer one with a proof made up, and every older one again.
    let made_up = log.request(199, 300).replace("old 199\n", "old 200\n");
    assert_eq!(working.post("/add-checkpoint", made_up.as_bytes()).0, 422);
    for size in 0..150 {
        assert_eq!(working.post("/add-checkpoint", log.request(0, size).as_bytes()).0, 409);
    }
    let (said, code) = place.status(&["--evidence"]);
    assert_eq!(code, Some(0), "{said}");
    let rows = said.lines().filter(|line| line.starts_with("witness-"));
    let counted: Vec<_> =
        rows.map(|row| row.split_whitespace().take(3).collect::<Vec<_>>()).collect();
    assert_eq!(
        counted,
        [["witness-inconsistent", ORIGIN, "1"], ["witness-rollback", ORIGIN, "150"]],
        "{said}"
    );
    let (said, _) = place.status(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&json["forks"], &json["refused"][1]["times"]),
        (&serde_json::json!([]), &150.into())
    );
    // Evidence still has its place.
    let fork = Log::of("b", 200).request(200, 200);
    assert_eq!(working.post("/add-checkpoint", fork.as_bytes()).0, 409);
    let (said, code) = place.status(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("`--evidence` prints both"), "{said}");
}

#[test]
fn every_refusal_has_its_status() {
    let (place, log) = (Place::new(), Log::of("a", 60));
    let working = place.start();
    assert_eq!(working.post("/add-checkpoint", log.request(0, 50).as_bytes()).0, 200);
    let forged = log.request_with(50, 60, log.signed(ORIGIN, 60, &signer(9)));
    let elsewhere = Signer::new("example.org/other", Scheme::Plain, &[1; 32]).unwrap();
    let other_log = log.request_with(50, 60, log.signed("example.org/other", 60, &elsewhere));
    let altered = log.request(50, 60).replace("\n60\n", "\n59\n");
    // 63 hashes, and as many signatures as a note may have.
    let mut signed = log.checkpoint(60);
    for number in 0..99 {
        let other =
            Signer::new(&format!("witness-{number}.example"), Scheme::Cosignature, &[9; 32]);
        signed.add(other.unwrap().sign(signed.text(), Timestamp::from_secs(0)));
    }
    let proof = vec![Digest::of(b"made up"); 63];
    let longest = Request { old_size: 50, proof, checkpoint: signed }.to_string();
    let size = (SIZE_TYPE, "50\n");
    for (what, body, status, expected) in [
        ("an old checkpoint again", log.request(0, 40), 409, Some(size)),
        ("from the wrong size", log.request(40, 60), 409, Some(size)),
        ("another root", Log::of("b", 60).request(50, 50), 409, Some(size)),
        ("another history", Log::of("b", 60).request(50, 60), 422, None),
        ("a forged signature", forged, 403, None),
        ("another size than signed", altered, 403, None),
        ("another log", other_log, 404, None),
        ("beyond its end", log.request(60, 50), 400, None),
        ("garbage", "\u{1F980}".repeat(99), 400, None),
        ("nothing", String::new(), 400, None),
        ("the longest of all", longest, 422, None),
        ("33 KiB", "x".repeat(33 << 10), 413, None),
        ("2 MB", "x".repeat(2 << 20), 413, None),
    ] {
        let (found, kind, said) = working.post("/add-checkpoint", body.as_bytes());
        assert_eq!(found, status, "{what}: {said}");
        match expected {
            Some(expected) => assert_eq!((kind.as_str(), said.as_str()), expected, "{what}"),
            None => assert_ne!(kind, SIZE_TYPE, "{what}"),
        }
    }
    assert_eq!(working.post("/add-checkpoint", b"\xff\xfe").0, 400);
    assert_eq!(working.post("/", b"").0, 404);
    // None of it moved anything.
    assert!(place.cosign(&working, &log, 50, 60).is_ok());
}

#[test]
fn requests_at_once_never_roll_it_back() {
    let (place, log) = (Place::new(), Log::of("a", 4000));
    // Two processes on one folder: even that must hold.
    let working = [place.start(), place.start()];
    let mut stands = 1;
    assert!(place.cosign(&working[0], &log, 0, stands).is_ok());
    for round in 0..40u64 {
        let sizes = [stands + 1, stands + 40 + round, stands + 7, stands + 1];
        let barrier = Barrier::new(sizes.len());
        let answers: Vec<(u64, u16)> = std::thread::scope(|scope| {
            let (barrier, log, working) = (&barrier, &log, &working);
            let ask = |(number, size): (usize, u64)| {
                scope.spawn(move || {
                    let body = log.request(stands, size);
                    barrier.wait();
                    (size, working[number % 2].post("/add-checkpoint", body.as_bytes()).0)
                })
            };
            let asked: Vec<_> = sizes.into_iter().enumerate().map(ask).collect();
            asked.into_iter().map(|one| one.join().unwrap()).collect()
        });
        // All went from one size: only the first could, the others came too late.
        let signed: Vec<u64> =
            answers.iter().filter(|(_, status)| *status == 200).map(|(size, _)| *size).collect();
        assert_eq!(signed.len(), 1, "round {round}: {answers:?}");
        assert!(answers.iter().all(|(_, status)| [200, 409].contains(status)), "{answers:?}");
        stands = signed[0];
        let (_, _, said) = working[0].post("/add-checkpoint", log.request(0, 1).as_bytes());
        assert_eq!(said, format!("{stands}\n"), "round {round}");
    }
}

#[test]
fn a_killed_witness_remembers_everything_it_signed() {
    let (place, log) = (Place::new(), Log::of("a", 100));
    let mut last = 0;
    for size in [10, 20, 33, 64, 100] {
        let working = place.start();
        place.cosign(&working, &log, last, size).unwrap();
        working.kill();
        last = size;
        let working = place.start();
        let error = place.cosign(&working, &log, size, size - 1).unwrap_err();
        assert_eq!(error.code(), "witness-rollback");
        assert!(place.cosign(&working, &log, 0, size).is_ok(), "asked again, it signs again");
        working.kill();
    }
}

#[test]
fn trust_is_seen_at_once_and_a_removed_key_signs_nothing() {
    let (place, log) = (Place::new(), Log::of("a", 20));
    let working = place.start();
    assert!(place.cosign(&working, &log, 0, 10).is_ok());
    let vkey = signer(1).verifier().to_string();
    let said = place.run(&["trust", "--log", &vkey, "--remove"]);
    assert!(said.status.success());
    assert_eq!(place.cosign(&working, &log, 10, 20).unwrap_err().code(), "witness-unknown-log");
    // A file of keys, as an export has it: the old key and the new one.
    let keys = format!("{vkey}\n{}\n", signer(2).verifier());
    std::fs::write(place.dir.path().join("log.vkey"), keys).unwrap();
    assert!(place.run(&["trust", "--log", "log.vkey"]).status.success());
    assert!(place.cosign(&working, &log, 10, 20).is_ok());
    let (said, code) = place.status(&[]);
    assert_eq!(code, Some(0));
    let line = said.lines().last().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!((line[0], line[1], line[2]), (ORIGIN, "2", "20"), "{said}");
    let (said, _) = place.status(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["logs"][0]["cosigned"]["entries"], 20, "{json}");
    // A witness's key is no log's, and a second witness does not take the first one's folder.
    for (args, code) in [
        (["trust", "--log", &place.vkey], "witness-not-a-log"),
        (["trust", "--log", "nonsense"], "note-key"),
        (["init", "--name", "again.example"], "key-file-exists"),
        (["init", "--name", "two words"], "note-key"),
    ] {
        let output = place.run(&args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("[{code}]")), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn the_secret_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let key = place.state().join("witness.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let output = place.run(&["serve"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("[key-file-exposed]"), "{said}");
}
