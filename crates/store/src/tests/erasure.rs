//! What is erased is gone from every file, not only from the tables.

use super::*;
use bellwether_core::SubjectId;

fn key(nth: u8) -> (SubjectId, Vec<u8>) {
    (SubjectId(Id::from_bits(u128::from(nth) << 100)), vec![nth ^ 0xa5; 72])
}

#[test]
fn keys_are_minted_in_blocks_and_read_by_slot() {
    let (dir, store) = fresh();
    let mut keys = store.keys().unwrap();
    assert_eq!(keys.mint_block(&[key(1), key(2)]).unwrap(), 1..3);
    assert_eq!(keys.mint_block(&[]).unwrap(), 3..3);
    let mut other = Keys::open(dir.path(), false).unwrap();
    assert_eq!(other.mint_block(&[key(3)]).unwrap(), 3..4);
    assert_eq!(keys.next_free_slot().unwrap(), 4);
    let second = keys.key(2).unwrap().unwrap();
    let (id, wrapped) = key(2);
    assert_eq!(second, Key { slot: 2, id, wrapped: Some(wrapped), destroyed_at: None });
    assert_eq!(keys.block(2..9).unwrap().len(), 2);
    assert_eq!(keys.slot_of(key(3).0).unwrap(), Some(3));
    assert_eq!(keys.slot_of(key(4).0).unwrap(), None);
    assert_eq!(keys.key(4).unwrap(), None);
    keys.rewrap(&[(1, vec![7; 72])]).unwrap();
    assert_eq!(keys.key(1).unwrap().unwrap().wrapped, Some(vec![7; 72]));
    assert!(!on_disk(dir.path(), &key(1).1), "the old wrapping is gone");
}

#[test]
fn a_destroyed_key_is_in_no_file() {
    let (dir, store) = fresh();
    let mut keys = store.keys().unwrap();
    keys.mint_block(&(1..=200).map(key).collect::<Vec<_>>()).unwrap();
    assert!(on_disk(dir.path(), &key(50).1));
    assert!(keys.destroy(50, at(9)).unwrap());
    assert!(!on_disk(dir.path(), &key(50).1));
    assert!(on_disk(dir.path(), &key(51).1), "its neighbour stays");
    let gone = keys.key(50).unwrap().unwrap();
    assert_eq!((gone.wrapped, gone.destroyed_at), (None, Some(at(9))));
    assert!(!keys.destroy(50, at(10)).unwrap(), "once is enough");
    assert_eq!(keys.key(50).unwrap().unwrap().destroyed_at, Some(at(9)));
    keys.rewrap(&[(50, vec![1; 72])]).unwrap();
    assert_eq!(keys.key(50).unwrap().unwrap().wrapped, None, "rewrapping brings nothing back");
    assert_eq!(keys.mint_block(&[key(250)]).unwrap(), 201..202, "slots are not used again");
}

#[test]
fn a_reader_in_the_way_of_a_destruction_is_told_and_it_can_be_finished() {
    let (dir, store) = fresh();
    let mut keys = store.keys().unwrap();
    keys.mint_block(&[key(1), key(2)]).unwrap();
    keys.rewrap(&[]).unwrap();
    let reader = Keys::open(dir.path(), true).unwrap();
    keys.conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    reader.conn.execute_batch("BEGIN; SELECT * FROM keys").unwrap();
    assert_eq!(keys.destroy(1, at(1)).unwrap_err().code(), "store-busy");
    reader.conn.execute_batch("COMMIT").unwrap();
    assert!(!keys.destroy(1, at(2)).unwrap());
    assert!(!on_disk(dir.path(), &key(1).1));
}

#[cfg(unix)]
#[test]
fn only_the_service_reads_the_keys() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, _store) = fresh();
    let mode = std::fs::metadata(dir.path().join("keys.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_forgotten_subject_leaves_no_hash_and_no_name() {
    let (dir, mut store) = fresh();
    let mut batch = rich(1);
    batch.identities = (0..300).map(|nth| identity(nth, nth / 3)).collect();
    batch.accounts[0].slot = 50;
    batch.accounts[0].name_sealed = Some(b"a sealed name of fifty".to_vec());
    batch.quarantine = vec![quarantined("signal-shape", 50)];
    batch.quarantine[0].sealed = b"what fifty sent".to_vec();
    store.commit(&batch).unwrap();
    assert_eq!(store.identities_of(50).unwrap().len(), 3);
    let mut forget = Batch::new(at(9));
    forget.entries = vec![entry(7, 2)];
    forget.forget = vec![50];
    store.commit(&forget).unwrap();
    assert!(store.fold_log().unwrap());
    assert_eq!(store.identities_of(50).unwrap(), []);
    assert_eq!(store.accounts(&[50]).unwrap()[0].as_ref().unwrap().name_sealed, None);
    for needle in [blind(150), b"a sealed name of fifty".to_vec(), b"what fifty sent".to_vec()] {
        assert!(!on_disk(dir.path(), &needle), "{}", String::from_utf8_lossy(&needle));
    }
    assert!(on_disk(dir.path(), &blind(153)), "its neighbour stays");
}

#[test]
fn a_replaced_secret_is_in_no_file() {
    let (dir, store) = fresh();
    let mut keys = store.keys().unwrap();
    let secret = |what: &str, byte: u8| (what.to_owned(), vec![byte; 72]);
    keys.put_secrets(&[secret("log", 0xb1), secret("hook", 0xb2)], at(1)).unwrap();
    keys.put_secrets(&[secret("log", 0xb3)], at(2)).unwrap();
    assert_eq!(keys.secrets().unwrap(), [secret("hook", 0xb2), secret("log", 0xb3)]);
    assert!(!on_disk(dir.path(), &[0xb1; 72]) && on_disk(dir.path(), &[0xb3; 72]));
}
