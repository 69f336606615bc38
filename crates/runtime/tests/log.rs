//! The log over a data directory: signed, exported, proved, altered, restored.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::{Origin, Timestamp};
use bellwether_ledger::note::{Note, ProofFile, Scheme, Signer, Trust};
use bellwether_ledger::tree::{Tile, TileKind, check_consistency, leaf_hash};
use bellwether_ledger::verify::verify;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::keys::SeededKeys;
use bellwether_runtime::log::{
    Folder, Incomplete, begin_epoch, check_start, complete, export, own_trust, prove, prove_growth,
    published,
};
use bellwether_store::{Checkpoint, Keys, OutboxStatus, Store};
use common::{DAY, START, create, reopen, signal};
use std::fs;
use std::path::Path;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

/// So many live signals more, each angry enough that somebody is asked now and then.
fn grow(driver: &mut Embedded, from: i64, count: i64) {
    for nth in from..from + count {
        let mut raw =
            signal(&format!("a{}", nth % 7), &format!("t{nth}"), "ticket.updated", START + nth);
        raw.case = Some(format!("c{}", nth % 11));
        raw.fields = vec![("urgency".to_owned(), bellwether_core::RawValue::Int(1))];
        let mut chat = raw.clone();
        (chat.kind, chat.id) = ("chat.message".to_owned(), format!("m{nth}"));
        chat.fields = Vec::new();
        driver.take(&raw, Origin::Live, at(nth)).unwrap();
        driver.take(&chat, Origin::Live, at(nth)).unwrap();
    }
    driver.commit().unwrap();
}

fn trust(store: &Store) -> Trust {
    own_trust(store, &store.epoch().unwrap()).unwrap()
}

fn problems(store: &Store) -> Vec<(u64, Incomplete)> {
    let mut found = Vec::new();
    complete(store, |pos, what| found.push((pos, what)), || {}).unwrap();
    found
}

#[test]
fn a_checkpoint_is_signed_once_for_the_same_tree_and_proves_every_entry() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    grow(&mut driver, 0, 200);
    let first = driver.checkpoint(at(300)).unwrap();
    assert_eq!(driver.checkpoint(at(301)).unwrap(), first, "nothing is new");
    assert_eq!(driver.checkpoint(at(300 + 7000)).unwrap(), first, "nor is it later");
    let (trust, epoch) = (trust(driver.store()), driver.store().epoch().unwrap());
    assert_eq!(first.head.size, epoch.size);
    for index in 0..epoch.size {
        let proof = prove(driver.store(), &epoch, &first, index).unwrap();
        let proof = ProofFile::parse(proof.to_string().as_bytes()).unwrap();
        let leaf = leaf_hash(&driver.store().entry(index + 1).unwrap().unwrap().record);
        assert!(proof.check(&leaf, &trust).is_ok(), "{index}");
        assert!(proof.check(&leaf_hash(b"other"), &trust).is_err());
    }
    grow(&mut driver, 400, 50);
    let beyond = driver.store().epoch().unwrap().size - 1;
    assert_eq!(
        prove(driver.store(), &epoch, &first, beyond).unwrap_err().code(),
        "log-not-covered"
    );
    let second = driver.checkpoint(at(2000)).unwrap();
    let epoch = driver.store().epoch().unwrap();
    let proof = prove_growth(driver.store(), &epoch, first.head.size).unwrap();
    check_consistency(&first.head, &second.head, &proof).unwrap();
    assert_eq!(problems(driver.store()), []);
}

#[test]
fn a_new_key_signs_beside_the_old_one_for_a_while_and_a_leaf_names_both() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    driver.checkpoint(at(1)).unwrap();
    let old = trust(driver.store());
    let new = driver.rotate_log_key(at(10)).unwrap();
    let signed = |driver: &mut Embedded, secs| driver.checkpoint(at(secs)).unwrap();
    let both = signed(&mut driver, 11);
    let new = Trust::of(&old.origin, new.parse().unwrap());
    for trust in [&old, &new] {
        assert!(trust.open(&Note::parse(&both.note).unwrap()).is_ok());
    }
    let last = driver.store().entry(driver.store().last_pos().unwrap()).unwrap().unwrap();
    let leaf = String::from_utf8(last.record).unwrap();
    assert!(leaf.contains(r#""type":"key.rotate""#) && leaf.contains(&new.log_keys[0].to_string()));
    drop(driver);
    let mut driver = reopen(dir.path());
    grow(&mut driver, 20, 1);
    let later = signed(&mut driver, 31 * DAY);
    let later = Note::parse(&later.note).unwrap();
    assert!(new.open(&later).is_ok());
    assert_eq!(old.open(&later).unwrap_err().code(), "note-unsigned");
}

#[test]
fn an_exported_folder_verifies_and_grows() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut driver = create(dir.path());
    let folder = Folder::at(out.path());
    let mut before = 0;
    for (round, count) in [200, 1, 130, 900].into_iter().enumerate() {
        grow(&mut driver, 1000 * round as i64, count);
        let signed = driver.checkpoint(at(1000 * round as i64 + 950)).unwrap();
        let epoch = driver.store().epoch().unwrap();
        if round == 3 {
            // Whoever keeps the folder may delete partial tiles.
            for tile in Tile::all(before).filter(Tile::is_partial) {
                let parts = out.path().join(tile.to_string());
                fs::remove_dir_all(parts.parent().unwrap()).unwrap();
            }
        }
        let done = export(driver.store(), &epoch, &signed, out.path(), || {}).unwrap();
        assert_eq!((done.entries, done.new), (signed.head.size, signed.head.size - before));
        before = signed.head.size;
        let checkpoint = folder.checkpoint().unwrap().unwrap();
        let keys = folder.keys().unwrap().unwrap();
        let trust = Trust::of(&epoch.origin, keys.trim().parse().unwrap());
        let report = verify(&checkpoint, &trust, |tile| folder.tile(tile)).unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
        assert_eq!(report.entries, before);
    }
    let other = tempfile::tempdir().unwrap();
    let mut stranger = create(other.path());
    grow(&mut stranger, 7, 3000);
    let signed = stranger.checkpoint(at(9000)).unwrap();
    let epoch = stranger.store().epoch().unwrap();
    let refused = export(stranger.store(), &epoch, &signed, out.path(), || {}).unwrap_err();
    assert_eq!(refused.code(), "log-other-folder");
}

fn alter(dir: &Path, file: &str, sql: &str) {
    let conn = rusqlite::Connection::open(dir.join(file)).unwrap();
    assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn what_differs_from_what_was_signed_is_not_opened_for_work() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    grow(&mut driver, 0, 400);
    driver.checkpoint(at(500)).unwrap();
    drop(driver);
    let tile = "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)
                WHERE id = (1 << 51)";
    alter(dir.path(), "data.db", tile);
    let open = || Embedded::open(dir.path(), Box::new(SeededKeys(7)));
    assert_eq!(open().err().unwrap().code(), "log-root-differs");
    // Reading goes on, and a sweep names what was changed.
    let store = Store::open(dir.path(), &bellwether_store::Options::read_only()).unwrap();
    let (epoch, kept) = (store.epoch().unwrap(), store.last_checkpoint(1).unwrap().unwrap());
    let report = verify(&kept.note, &trust(&store), |tile| store.tile(&epoch, tile)).unwrap();
    let tile = Tile::new(TileKind::Hashes(0), 0, 256).unwrap();
    let named = bellwether_ledger::verify::Finding::Hash { tile, at: 0 };
    assert_eq!(report.findings, [named]);
}

#[test]
fn a_wrong_hash_above_the_leaves_is_noticed_before_it_is_signed() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    grow(&mut driver, 0, 400);
    driver.checkpoint(at(500)).unwrap();
    drop(driver);
    let above = "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)
                 WHERE id = (1 << 51) + (1 << 47)";
    alter(dir.path(), "data.db", above);
    let open = Embedded::open(dir.path(), Box::new(SeededKeys(7)));
    assert_eq!(open.err().unwrap().code(), "log-root-differs");
}

#[test]
fn what_differs_in_the_last_tile_is_noticed_although_records_came_after_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    grow(&mut driver, 0, 150);
    let signed = driver.checkpoint(at(500)).unwrap().head.size;
    grow(&mut driver, 600, 5);
    let size = driver.store().epoch().unwrap().size;
    assert!(signed < size && signed / 256 == size / 256, "{signed} and {size} end in one tile");
    drop(driver);
    let record = format!("UPDATE journal SET record = x'7b7d' WHERE pos = {}", signed - 9);
    alter(dir.path(), "data.db", &record);
    let store = Store::open(dir.path(), &bellwether_store::Options::read_only()).unwrap();
    let error = check_start(&store, &store.keys().unwrap()).unwrap_err();
    assert_eq!(error.code(), "log-root-differs");
}

#[test]
fn who_cosigned_is_kept_while_nothing_better_came() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    let signed = driver.checkpoint(at(1)).unwrap();
    let witness = Signer::new("w", Scheme::Cosignature, &[9; 32]).unwrap();
    let note = Note::parse(&signed.note).unwrap();
    let cosigned = driver.add_signatures(&signed, vec![witness.sign(note.text(), at(2))]).unwrap();
    assert_eq!((cosigned.cosigned, driver.checkpoint(at(9_000)).unwrap()), (1, cosigned.clone()));
    grow(&mut driver, 20, 3);
    let newer = driver.checkpoint(at(30)).unwrap();
    let shown = |quorum| published(driver.store(), 1, quorum).unwrap();
    assert_eq!((shown(0), shown(1), shown(2)), (newer.clone(), cosigned, newer));
}

#[test]
fn what_does_not_belong_to_its_leaf_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    grow(&mut driver, 0, 40);
    let effect = driver.store().due_effects(Timestamp::MAX, 1).unwrap().pop().unwrap();
    let store = driver.store();
    let evidence = (1..).find(|pos| store.evidence(*pos).unwrap().is_some()).unwrap();
    drop(driver);
    let pos = effect.pos;
    let cases: [(&str, String, &str); 5] = [
        ("outbox", format!("DELETE FROM outbox WHERE id = {pos} << 8"), "verify-no-row"),
        (
            "outbox",
            format!("UPDATE outbox SET key = zeroblob(32) WHERE id = {pos} << 8"),
            "verify-no-leaf",
        ),
        ("evidence", format!("DELETE FROM evidence WHERE pos = {evidence}"), "verify-no-evidence"),
        ("journal", "UPDATE journal SET event = x'7b7d' WHERE pos = 9".to_owned(), "verify-event"),
        ("journal", "UPDATE journal SET record = x'7b7d' WHERE pos = 9".to_owned(), "verify-chain"),
    ];
    for (table, sql, code) in cases {
        let copy = tempfile::tempdir().unwrap();
        for file in ["data.db", "keys.db"] {
            fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
        }
        let read = || Store::open(copy.path(), &bellwether_store::Options::read_only()).unwrap();
        assert_eq!(problems(&read()), []);
        alter(copy.path(), "data.db", &sql);
        let found = problems(&read());
        assert!(found.iter().any(|(_, what)| what.code() == code), "{table} {found:?}");
    }
}

#[test]
fn a_restored_copy_is_noticed_and_goes_on_in_a_new_epoch() {
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut driver = create(dir.path());
    grow(&mut driver, 0, 300);
    driver.checkpoint(at(400)).unwrap();
    let backup = driver.store().back_up(kept.path()).unwrap();
    let waiting = driver.store().due_effects(Timestamp::MAX, 9_999).unwrap().len() as u64;
    assert!(waiting > 0);
    let had = driver.store().epoch().unwrap().size;
    grow(&mut driver, 500, 100);
    let last = driver.checkpoint(at(700)).unwrap();
    let taken = driver.store().slots_taken().unwrap();
    drop(driver);
    for file in ["data.db-wal", "data.db-shm"] {
        let _ = fs::remove_file(dir.path().join(file));
    }
    fs::copy(backup, dir.path().join("data.db")).unwrap();
    let open = || Embedded::open(dir.path(), Box::new(SeededKeys(7)));
    assert_eq!(open().err().unwrap().code(), "log-rolled-back");
    let keys = Keys::open(dir.path(), true).unwrap();
    for foreign in [
        "x",
        "acme/e4095\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u{2014} a AAAAAA==\n",
    ] {
        let refused = begin_epoch(dir.path(), &keys, Some(foreign.as_bytes()), at(800));
        assert_eq!(refused.unwrap_err().code(), "log-foreign-checkpoint");
    }
    let restored = begin_epoch(dir.path(), &keys, None, at(800)).unwrap();
    assert_eq!((restored.epoch, restored.records, restored.signed), (2, had, last.head.size));
    assert_eq!(restored.unknown, waiting);
    assert!(restored.origin.ends_with("/e2"));
    let mut driver = open().unwrap();
    let first = driver.store().entry(had + 1).unwrap().unwrap();
    let leaf: serde_json::Value = serde_json::from_slice(&first.record).unwrap();
    assert_eq!((&leaf["type"], &leaf["epoch"]), (&"restore.epoch".into(), &2.into()));
    assert_eq!(leaf["before"].as_str().unwrap().as_bytes(), last.note, "the last checkpoint");
    assert!(driver.store().due_effects(Timestamp::MAX, 1).unwrap().is_empty(), "nothing is sent");
    let unknown = driver.store().effects_in(OutboxStatus::Unknown, (0, 0), 9_999).unwrap();
    assert_eq!(unknown.len() as u64, waiting);
    grow(&mut driver, 900, 50);
    assert!(driver.store().slots_taken().unwrap() > taken, "no key is used for two people");
    let second = driver.checkpoint(at(990)).unwrap();
    assert_eq!(second.epoch, 2);
    let store = driver.store();
    for epoch in store.epochs().unwrap() {
        let kept = store.last_checkpoint(epoch.number).unwrap().unwrap();
        let trust = own_trust(store, &epoch).unwrap();
        let report = verify(&kept.note, &trust, |tile| store.tile(&epoch, tile)).unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
    }
    assert_eq!(problems(store), []);
    drop(driver);
    let again = reopen(dir.path());
    let keys: Keys = again.store().keys().unwrap();
    check_start(again.store(), &keys).unwrap();
    let again: Checkpoint = keys.signed().unwrap().pop().unwrap();
    assert_eq!((again.epoch, again.head), (2, second.head));
}
