//! Who may open what, and what the refusals are called.

use super::*;

#[test]
fn a_store_is_created_once_and_keeps_what_it_is_about() {
    let (dir, store) = fresh();
    assert_eq!(store.meta().unwrap(), meta());
    assert_eq!(Keys::open(dir.path(), false).unwrap().next_free_slot().unwrap(), 1);
    drop(store);
    assert_eq!(reopen(dir.path()).meta().unwrap(), meta());
    let again = Store::open(dir.path(), &Options::create(meta())).unwrap_err();
    assert_eq!(again.code(), "store-exists");
}

#[test]
fn durability_and_erasure_are_set() {
    let (_dir, store) = fresh();
    for (name, wanted) in [("synchronous", 2), ("secure_delete", 1), ("page_size", 8192)] {
        let found: i64 = store.conn.pragma_query_value(None, name, |row| row.get(0)).unwrap();
        assert_eq!(found, wanted, "{name}");
    }
    let mode: String = store.conn.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let (dir, mut store) = fresh();
    let second = Store::open(dir.path(), &Options::default()).unwrap_err();
    assert_eq!(second.code(), "store-locked");
    let mut reader = Store::open(dir.path(), &Options::read_only()).unwrap();
    let view = store.view().unwrap();
    store.commit(&rich(1)).unwrap();
    assert_eq!((reader.last_pos().unwrap(), view.last_pos().unwrap()), (1, 1));
    assert_eq!(reader.commit(&rich(2)).unwrap_err().code(), "store-read-only");
    drop(store);
    reopen(dir.path());
}

#[test]
fn what_is_not_a_store_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let code = || Store::open(dir.path(), &Options::default()).unwrap_err().code();
    let file = dir.path().join("data.db");
    assert_eq!(code(), "store-missing");
    std::fs::write(&file, b"").unwrap();
    assert_eq!(code(), "store-missing", "a creation that was cut short");
    std::fs::write(&file, b"this is a text and no database, whatever its name says").unwrap();
    assert_eq!(code(), "store-corrupt");
    std::fs::remove_file(&file).unwrap();
    rusqlite::Connection::open(&file).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    assert_eq!(code(), "store-version");
    let none = Store::open(dir.path().join("none"), &Options::default()).unwrap_err();
    assert_eq!(none.code(), "store-missing");
}

#[test]
fn a_creation_that_was_cut_short_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["data.db", "keys.db"] {
        std::fs::write(dir.path().join(file), b"").unwrap();
    }
    Store::open(dir.path(), &Options::create(meta())).unwrap();
    let store = reopen(dir.path());
    assert_eq!(store.meta().unwrap(), meta());
    assert_eq!(store.keys().unwrap().next_free_slot().unwrap(), 1);
}

#[test]
fn a_newer_store_is_refused() {
    let (dir, store) = fresh();
    store.conn.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    let error = Store::open(dir.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, StoreError::Version { found: 99, .. }), "{error}");
}

#[test]
fn a_directory_of_an_earlier_version_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    for (file, tables, id) in [
        ("data.db", &crate::schema::DATA[..2], crate::schema::DATA_ID),
        ("keys.db", &crate::schema::KEYS[..1], crate::schema::KEYS_ID),
    ] {
        let conn = rusqlite::Connection::open(dir.path().join(file)).unwrap();
        for (number, (name, sql)) in (1i64..).zip(tables) {
            conn.execute_batch(sql).unwrap();
            conn.execute("INSERT INTO migration VALUES (?1, ?2)", (number, name)).unwrap();
        }
        conn.pragma_update(None, "application_id", id).unwrap();
        conn.pragma_update(None, "user_version", tables.len()).unwrap();
        if file == "data.db" {
            crate::open::put_meta(&conn, &meta()).unwrap();
            let row = "INSERT INTO journal VALUES (?1, ?2, ?1, x'01', x'02')";
            for pos in 1..=300 {
                conn.execute(row, (pos, crate::rows::stream_key(stream(1)))).unwrap();
            }
        }
    }
    let read = || Store::open(dir.path(), &Options::read_only());
    assert!(matches!(read().unwrap_err(), StoreError::Version { found: 2, .. }));
    assert!(upgrade(dir.path()).unwrap());
    assert!(!upgrade(dir.path()).unwrap(), "once is enough");
    let store = read().unwrap();
    let epoch = store.epoch().unwrap();
    assert_eq!((epoch.number, epoch.first_pos, epoch.size), (1, 1, 300));
    let full = bellwether_ledger::tree::Tile::all(256).next().unwrap();
    assert_eq!(store.tile(&epoch, full).unwrap().unwrap().len(), 8192);
    assert!(store.keys().unwrap().signed().unwrap().is_empty());
}

#[test]
fn a_restore_begins_a_later_epoch() {
    let (_dir, mut store) = fresh();
    store.begin_epoch(&later(2)).unwrap();
    let now = store.meta().unwrap();
    assert_eq!((now.epoch, now.origin.as_str()), (2, "acme/eu/1/e2"));
    assert_eq!(store.begin_epoch(&later(2)).unwrap_err().code(), "store-conflict");
}
