//! A commit is whole or nothing, whatever fails.

use super::*;

#[test]
fn positions_start_at_one_and_leave_no_gap() {
    let (dir, mut store) = fresh();
    let done = commit_each(&mut store, &[rich(1), Batch::new(at(1)), rich(2)]);
    let places: Vec<_> = done.iter().map(|done| (done.first_pos, done.last_pos)).collect();
    assert_eq!(places, [(1, 1), (2, 1), (2, 2)]);
    drop(store);
    let mut store = reopen(dir.path());
    assert_eq!(store.commit(&rich(3)).unwrap(), Committed { first_pos: 3, last_pos: 3 });
    assert_eq!(store.slots_taken().unwrap(), 3);
    let found = store.entry(2).unwrap().unwrap();
    assert_eq!((found.stream, found.seq), (stream(7), 2));
    assert_eq!(found.event, b"event 2 of 7");
    assert_eq!(store.payloads(2).unwrap(), rich(2).entries[0].payloads);
    assert_eq!(store.evidence(2).unwrap(), rich(2).entries[0].evidence);
    assert_eq!(store.entry(4).unwrap(), None);
    assert_eq!(store.evidence(4).unwrap(), None);
}

/// Breaks every statement in turn: the tables that a batch writes, each with a trigger that refuses.
#[test]
fn a_failure_at_any_statement_leaves_nothing_behind() {
    let tables = [
        "journal",
        "payload",
        "evidence",
        "outbox",
        "tick",
        "account",
        "identity",
        "link",
        "quarantine",
        "tally",
        "gate",
        "mark",
    ];
    for table in tables {
        let (_dir, mut store) = fresh();
        store.commit(&rich(1)).unwrap();
        let before = dump(&store);
        store
            .conn
            .execute_batch(&format!(
                "CREATE TEMP TRIGGER broken BEFORE INSERT ON {table}
                 BEGIN SELECT raise(ABORT, 'injected'); END"
            ))
            .unwrap();
        let mut batch = rich(2);
        batch.at = at(2).plus(bellwether_core::Duration::from_days(1));
        let error = store.commit(&batch).unwrap_err();
        assert_eq!(error.code(), "store-conflict", "{table}");
        assert_eq!(dump(&store), before, "{table}");
        store.conn.execute_batch("DROP TRIGGER broken").unwrap();
        assert_eq!(store.commit(&batch).unwrap().first_pos, 2, "{table}");
    }
}

/// The disk fills at every page in turn.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let mut refused = 0;
    for spare in 0.. {
        let (dir, mut store) = fresh();
        store.commit(&rich(1)).unwrap();
        let pages = store.footprint().unwrap().pages;
        drop(store);
        let max_pages = Some(u32::try_from(pages + spare).unwrap());
        let options = Options { max_pages, ..Options::default() };
        let mut store = Store::open(dir.path(), &options).unwrap();
        let before = dump(&store);
        match store.commit(&entries(60)) {
            Ok(_) => break,
            Err(error) => assert_eq!(error.code(), "store-full", "{spare} pages to spare"),
        }
        refused += 1;
        assert_eq!(dump(&store), before, "{spare} pages to spare");
        assert_eq!(store.integrity(Depth::Full).unwrap(), [""; 0]);
        drop(store);
        // With room again it goes on at the same position.
        assert_eq!(reopen(dir.path()).commit(&entries(60)).unwrap().first_pos, 2);
    }
    assert!(refused > 5, "the batch was meant to need more than {refused} pages");
}

/// What the disk holds is unknown after a commit that failed half-way, so nothing is built on it.
#[test]
fn after_an_uncertain_commit_only_reopening_helps() {
    let (dir, mut store) = fresh();
    store.commit(&rich(1)).unwrap();
    store.uncertain = true;
    assert_eq!(store.commit(&rich(2)).unwrap_err().code(), "store-uncertain");
    assert_eq!(store.fold_log().unwrap_err().code(), "store-uncertain");
    drop(store);
    assert_eq!(reopen(dir.path()).commit(&rich(2)).unwrap().first_pos, 2);
}

#[test]
fn rows_that_contradict_are_refused_whole() {
    let (_dir, mut store) = fresh();
    store.commit(&rich(1)).unwrap();
    let before = dump(&store);
    let with = |change: &dyn Fn(&mut Batch)| {
        let mut batch = entries(3);
        change(&mut batch);
        batch
    };
    for (what, batch) in [
        ("another slot for a blind index", with(&|b| b.identities = vec![identity(1, 2)])),
        (
            "a short blind index",
            with(&|b| b.identities = vec![Identity { blind: vec![1; 15], ..identity(1, 1) }]),
        ),
        ("another id for a slot", with(&|b| b.accounts = vec![Account { slot: 1, ..account(5) }])),
        (
            "a link elsewhere",
            with(&|b| b.links = vec![Link { slot: 1, survivor: 5, since: at(1), undone: None }]),
        ),
        (
            "an effect that is not there",
            with(&|b| {
                let (status, due) = (OutboxStatus::Done, at(1));
                b.outbox = vec![OutboxChange::new((1, 1), status, 1, due)]
            }),
        ),
        (
            "an import that was never begun",
            with(&|b| {
                b.imports =
                    vec![ImportProgress { import: 1, rows: 1, refused: 0, offset: 1, done: None }]
            }),
        ),
    ] {
        assert_eq!(store.commit(&batch).unwrap_err().code(), "store-conflict", "{what}");
        assert_eq!(dump(&store), before, "{what}");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let (_dir, mut store) = fresh();
    let mut many = entries(1);
    many.entries[0].payloads = vec![Payload { subject: 1, sealed: vec![] }; 257];
    let mut large = entries(1);
    large.entries[0].event = vec![0; (4 << 20) + 1];
    for batch in [many, large] {
        assert_eq!(store.commit(&batch).unwrap_err().code(), "store-too-large");
    }
    let mut full = entries(1);
    full.entries[0].payloads = vec![Payload { subject: 1, sealed: vec![5] }; 256];
    full.entries[0].event = Vec::new();
    store.commit(&full).unwrap();
    assert_eq!(store.payloads(1).unwrap().len(), 256);
    assert_eq!(store.payloads(2).unwrap(), []);
}

#[test]
fn saying_the_same_again_is_fine() {
    let (_dir, mut store) = fresh();
    store.commit(&rich(1)).unwrap();
    let mut again = Batch::new(at(2));
    (again.accounts, again.identities) = (rich(1).accounts, rich(1).identities);
    again.accounts[0].name_sealed = None;
    store.commit(&again).unwrap();
    assert_eq!(store.accounts(&[1]).unwrap(), [Some(account(1))], "a name is not lost");
}

/// So many entries of one stream each.
pub(crate) fn entries(count: u64) -> Batch {
    let mut batch = Batch::new(at(50));
    batch.entries = (1..=count)
        .map(|nth| Entry { event: vec![nth as u8; 700], ..entry(u128::from(nth) + 1000, 1) })
        .collect();
    batch
}

#[test]
fn the_log_stays_bounded() {
    let (dir, mut store) = fresh();
    let mut batch = Batch::new(at(1));
    batch.entries = vec![Entry::new(stream(1), 1, vec![1; 1 << 20], vec![2; 1 << 20])];
    for _ in 0..40 {
        store.commit(&batch).unwrap();
    }
    let log = store.footprint().unwrap().log_bytes;
    assert!(log < 50 << 20, "80 MiB went through a log of {log} bytes");
    assert!(store.fold_log().unwrap());
    assert_eq!(store.footprint().unwrap().log_bytes, 0);
    drop(store);
    assert_eq!(reopen(dir.path()).last_pos().unwrap(), 40);
}
