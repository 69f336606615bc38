//! The log's tree: every tile of every size, against a tree in memory.

use super::*;
use bellwether_ledger::note::{Scheme, Signer, Trust};
use bellwether_ledger::tree::{
    Head, MemoryTree, Tile, TileKind, leaf_hash, new_tiles, read_bundle, write_tile,
};
use bellwether_ledger::verify::{Finding, verify};

fn record(nth: u64) -> Vec<u8> {
    format!("record {nth}").into_bytes()
}

/// Commits so many entries more, in batches of uneven sizes.
fn grow(store: &mut Store, by: u64) {
    let (mut next, end) = (store.last_pos().unwrap() + 1, store.last_pos().unwrap() + by);
    let mut count = 1;
    while next <= end {
        let mut batch = Batch::new(at(1));
        let to = end.min(next + count - 1);
        batch.entries =
            (next..=to).map(|pos| Entry::new(stream(1), pos, vec![1], record(pos))).collect();
        store.commit(&batch).unwrap();
        (next, count) = (to + 1, count * 3 % 1009 + 1);
    }
}

fn tree(from: u64, size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (from..from + size).for_each(|nth| tree.push(leaf_hash(&record(nth))));
    tree
}

fn head(from: u64, size: u64) -> Head {
    tree(from, size).edge().head()
}

#[test]
fn every_tile_is_that_of_a_tree_in_memory() {
    let (dir, mut store) = fresh();
    let oracle = tree(1, 70_000);
    for (size, again) in [(1, true), (255, false), (256, true), (257, true), (70_000, true)] {
        let more = size - store.last_pos().unwrap();
        grow(&mut store, more);
        assert_eq!(store.log_head().unwrap(), head(1, size), "{size}");
        if again {
            drop(store);
            store = reopen(&dir);
            assert_eq!(store.log_head().unwrap(), head(1, size), "{size} reopened");
        }
        let epoch = store.epoch().unwrap();
        assert_eq!((epoch.number, epoch.first_pos, epoch.size), (1, 1, size));
        for older in [1, 3, 256, 300, 65_536, size].into_iter().filter(|older| *older <= size) {
            for tile in new_tiles(0, older) {
                let found = store.tile(&epoch, tile).unwrap().unwrap();
                if tile.kind() == TileKind::Entries {
                    let (entries, rest) = read_bundle(&found);
                    assert_eq!((entries.len(), rest), (usize::from(tile.width()), None));
                    assert_eq!(entries[0], record(1 + tile.start()));
                } else {
                    assert_eq!(found, write_tile(&oracle, tile).unwrap(), "{tile} of {older}");
                }
            }
        }
        let beyond = Tile::new(TileKind::Hashes(0), size / 256, (size % 256 + 1) as u16).unwrap();
        assert_eq!(store.tile(&epoch, beyond).unwrap(), None, "{size}");
    }
}

#[test]
fn a_file_without_tiles_gets_them_when_it_is_opened() {
    let (dir, mut store) = fresh();
    grow(&mut store, 1_000);
    store.conn.execute("DELETE FROM tile", []).unwrap();
    drop(store);
    let store = reopen(&dir);
    assert_eq!(store.log_head().unwrap(), head(1, 1_000));
    let epoch = store.epoch().unwrap();
    assert!(new_tiles(0, 1_000).all(|tile| store.tile(&epoch, tile).unwrap().is_some()));
}

#[test]
fn a_failed_commit_leaves_the_tree_as_it_was() {
    let (_dir, mut store) = fresh();
    grow(&mut store, 300);
    let mut bad = Batch::new(at(1));
    bad.entries = (0..300).map(|nth| Entry::new(stream(2), nth, vec![1], record(nth))).collect();
    bad.outbox = vec![OutboxChange::new((9, 0), OutboxStatus::Done, 1, at(1))];
    assert_eq!(store.commit(&bad).unwrap_err().code(), "store-conflict");
    assert_eq!(store.log_head().unwrap(), head(1, 300));
    grow(&mut store, 300);
    assert_eq!(store.log_head().unwrap(), head(1, 600));
}

#[test]
fn an_epoch_starts_a_tree_of_its_own_and_leaves_the_old_one_as_it_is() {
    let (dir, mut store) = fresh();
    grow(&mut store, 600);
    store.begin_epoch(&later(2)).unwrap();
    assert_eq!(store.log_head().unwrap(), Head::empty());
    grow(&mut store, 300);
    drop(store);
    let store = reopen(&dir);
    assert_eq!(store.log_head().unwrap(), head(601, 300));
    let epochs = store.epochs().unwrap();
    let shape: Vec<_> =
        epochs.iter().map(|e| (e.number, e.origin.as_str(), e.first_pos, e.size)).collect();
    assert_eq!(shape, [(1, "acme/eu/1", 1, 600), (2, "acme/eu/1/e2", 601, 300)]);
    assert_eq!((epochs[0].before.len(), epochs[1].before.as_slice()), (0, &b"note"[..]));
    for (epoch, from) in epochs.iter().zip([1, 601]) {
        let signer = Signer::new(&epoch.origin, Scheme::Plain, &[7; 32]).unwrap();
        let text = bellwether_ledger::note::Checkpoint::new(&epoch.origin, head(from, epoch.size));
        let note = text.sign(&[&signer], at(1)).unwrap().to_string();
        let trust = Trust::of(&epoch.origin, signer.verifier().clone());
        let report = verify(note.as_bytes(), &trust, |tile| store.tile(epoch, tile)).unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
        assert_eq!(report.entries, epoch.size);
    }
}

#[test]
fn a_sweep_names_a_changed_record_and_a_changed_hash() {
    let (_dir, mut store) = fresh();
    grow(&mut store, 700);
    let epoch = store.epoch().unwrap();
    let signed = store.log_head().unwrap();
    let sweep = |store: &Store| {
        bellwether_ledger::verify::sweep(signed, |tile| store.tile(&epoch, tile)).unwrap()
    };
    assert!(sweep(&store).is_clean());
    store.conn.execute("UPDATE journal SET record = x'00' WHERE pos = 300", []).unwrap();
    assert_eq!(sweep(&store).findings, [Finding::Entry { index: 299 }]);
    store.conn.execute("UPDATE journal SET record = ?1 WHERE pos = 300", [record(300)]).unwrap();
    let sql = "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE id = (1 << 51) + 1";
    assert_eq!(store.conn.execute(sql, []).unwrap(), 1);
    let tile = Tile::new(TileKind::Hashes(0), 1, 256).unwrap();
    assert_eq!(sweep(&store).findings, [Finding::Hash { tile, at: 0 }]);
    store.conn.execute("DELETE FROM tile WHERE id = (1 << 51) + 1", []).unwrap();
    assert_eq!(sweep(&store).findings, [Finding::Missing { tile }]);
}

#[test]
fn checkpoints_never_go_back_and_are_thinned_to_one_an_hour() {
    let (_dir, mut store) = fresh();
    let checkpoint = |size, root: &[u8], secs| Checkpoint {
        epoch: 1,
        head: Head { size, root: Digest::of(root) },
        note: vec![1],
        cosigned: 0,
        at: at(secs),
    };
    assert_eq!(store.last_checkpoint(1).unwrap(), None);
    store.put_checkpoint(&checkpoint(5, b"a", 1)).unwrap();
    store.put_checkpoint(&checkpoint(5, b"a", 2)).unwrap();
    for wrong in [checkpoint(5, b"b", 3), checkpoint(4, b"a", 3)] {
        assert_eq!(store.put_checkpoint(&wrong).unwrap_err().code(), "store-conflict");
    }
    store.put_checkpoint(&checkpoint(6, b"b", 4)).unwrap();
    store.put_checkpoint(&checkpoint(7, b"c", 4000)).unwrap();
    assert_eq!(store.last_checkpoint(1).unwrap(), Some(checkpoint(7, b"c", 4000)));
    assert_eq!(store.last_checkpoint(2).unwrap(), None);
    let kept: i64 =
        store.conn.query_row("SELECT count(*) FROM checkpoint", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2);
}

#[test]
fn a_new_key_ends_the_ones_before() {
    let (_dir, mut store) = fresh();
    let key = |vkey: &str, epoch, since| LogKey { vkey: vkey.into(), epoch, since, until: None };
    let new = |key, secs| NewLogKey { key, others_until: at(secs) };
    store.put_log_key(&new(key("a", 1, 0), 9)).unwrap();
    store.put_log_key(&new(key("b", 1, 50), 9)).unwrap();
    store.put_log_key(&new(key("b", 1, 50), 99)).unwrap();
    store.put_log_key(&new(key("c", 2, 0), 7)).unwrap();
    let ended = |key: LogKey, secs| LogKey { until: Some(at(secs)), ..key };
    let kept = [ended(key("a", 1, 0), 9), ended(key("b", 1, 50), 7), key("c", 2, 0)];
    assert_eq!(store.log_keys().unwrap(), kept);
}
