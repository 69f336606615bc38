//! Table families that are not on the commit path, each by a short story.

use super::*;
use bellwether_core::Code;
use bellwether_core::effect::{Timer, TimerKind};

#[test]
fn snapshots_reach_forward_and_can_be_discarded() {
    let (dir, mut store) = fresh();
    commit_each(&mut store, &[rich(1), rich(2)]);
    let (head, tag) = (Digest::of(b"head"), Digest::of(b"tag"));
    let snapshot = Snapshot { stream: stream(7), seq: 1, pos: 1, head, tag, state: vec![1; 50] };
    let timer = Timer {
        doc: doc(3),
        kind: TimerKind::Deadline,
        graph: Code::of("g"),
        generation: 4,
        due: at(60),
    };
    let timer = TimerRow { stream: stream(7), timer };
    let put = |store: &mut Store, covered_pos| {
        let (snapshots, timers) = (std::slice::from_ref(&snapshot), &[timer]);
        store.put_behind(&Behind { snapshots, timers, covered_pos })
    };
    assert_eq!(put(&mut store, 3).unwrap_err().code(), "store-conflict", "beyond the journal");
    put(&mut store, 2).unwrap();
    assert_eq!(put(&mut store, 1).unwrap_err().code(), "store-conflict", "backwards");
    drop(store);
    let mut store = reopen(dir.path());
    assert_eq!(store.snapshot(stream(7)).unwrap(), Some(snapshot.clone()));
    assert_eq!(store.snapshot(stream(8)).unwrap(), None);
    let mut all = Vec::new();
    let each = |found| {
        all.push(found);
        ControlFlow::Continue(())
    };
    store.snapshots(each).unwrap();
    assert_eq!(all, [snapshot]);
    assert_eq!(store.due_timers(at(59), 9).unwrap(), []);
    assert_eq!(store.due_timers(at(60), 9).unwrap(), [timer]);
    assert_eq!(store.next_due().unwrap(), Some(at(60)));
    store.discard_behind().unwrap();
    assert_eq!((store.covered_pos().unwrap(), store.next_due().unwrap()), (0, None));
    assert_eq!(store.snapshot(stream(7)).unwrap(), None);
}

#[test]
fn the_index_refuses_a_seq_that_comes_twice() {
    let (_dir, mut store) = fresh();
    let mut batch = Batch::new(at(1));
    batch.entries = vec![entry(1, 1), entry(1, 1)];
    store.commit(&batch).unwrap();
    assert!(store.index_behind(1).unwrap());
    assert_eq!(store.index_behind(10).unwrap_err().code(), "store-conflict");
    assert_eq!(store.indexed_pos().unwrap(), 1);
}

#[test]
fn a_reading_can_stop() {
    let (_dir, mut store) = fresh();
    store.commit(&commits::entries(20)).unwrap();
    let mut seen = Vec::new();
    let each = |row: &Row<'_>| {
        seen.push(row.pos);
        if row.pos == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    store.scan(5, each).unwrap();
    assert_eq!(seen, [5, 6, 7]);
    assert_eq!(scanned(&store, 21), []);
}

#[test]
fn outbox_rows_move_with_their_records() {
    let (_dir, mut store) = fresh();
    commit_each(&mut store, &[rich(1), rich(2), rich(3)]);
    let change = |pos, status| OutboxChange::new((pos, 0), status, 1, at(70));
    let mut result = Batch::new(at(9));
    result.entries = vec![entry(7, 4)];
    result.outbox = vec![change(1, OutboxStatus::Done)];
    store.commit(&result).unwrap();
    store.set_outbox(&[change(2, OutboxStatus::Sending)]).unwrap();
    let due: Vec<_> = store.due_effects(at(5), 9).unwrap().iter().map(|row| row.pos).collect();
    assert_eq!(due, [3]);
    assert_eq!(store.mark_sending_unknown().unwrap(), 1);
    assert_eq!(store.begin_epoch(&later(2)).unwrap(), 1);
    let counts = store.outbox_counts().unwrap();
    assert_eq!(counts, [(OutboxStatus::Done, 1), (OutboxStatus::Unknown, 2)]);
    let unknown = store.effects_in(OutboxStatus::Unknown, (2, 0), 9).unwrap();
    assert_eq!(unknown.len(), 1);
    assert_eq!(store.effects(3).unwrap(), unknown);
    assert_eq!((unknown[0].pos, &unknown[0].body), (3, &vec![3; 50]));
}

#[test]
fn what_is_open_dead_or_arrived_is_found_and_asks_are_counted_by_day() {
    use OutboxStatus::{Ambiguous, Done, Expired, GivenUp, Refused, Sending, Unknown, Waiting};
    let (_dir, mut store) = fresh();
    let all = [Waiting, Sending, Done, GivenUp, Unknown, Ambiguous, Refused, Expired];
    let mut batches: Vec<_> = (1..=8).map(rich).collect();
    for (nth, batch) in batches.iter_mut().enumerate() {
        batch.entries[0].effects[0].key = Digest::of(&nth.to_be_bytes());
    }
    commit_each(&mut store, &batches);
    let changes = (1..).zip(all).map(|(pos, status)| OutboxChange {
        via: "mail".to_owned(),
        tries: 3,
        why: "busy".to_owned(),
        ..OutboxChange::new((pos, 0), status, 7, at(70))
    });
    store.set_outbox(&changes.collect::<Vec<_>>()).unwrap();
    let places = |rows: Vec<OutboxRow>| rows.iter().map(|row| row.pos).collect::<Vec<_>>();
    assert_eq!(places(store.open_effects(99).unwrap()), [1, 2, 5]);
    assert_eq!(places(store.open_effects(2).unwrap()), [1, 2]);
    assert_eq!(places(store.effects_after((6, 255), 99).unwrap()), [7, 8]);
    assert_eq!(places(store.dead_letters((0, 0), 2).unwrap()), [4, 6]);
    assert_eq!(places(store.dead_letters((6, 0), 99).unwrap()), [7]);
    for (pos, status) in (1..).zip(all) {
        let row = store.effect(pos, 0).unwrap().unwrap();
        assert_eq!((row.status, row.attempts, row.tries), (status, 7, 3));
        assert_eq!((row.via.as_str(), row.why.as_str()), ("mail", "busy"));
        let arrived = store.has_arrived(row.key).unwrap();
        assert_eq!(arrived, matches!(status, Done | Ambiguous), "{status:?}");
        assert!(!(status.is_open() && status.is_dead()));
    }
    let [ann, bob] = ["ann", "bob"].map(Code::of);
    let mut batch = Batch::new(at(9));
    batch.asked =
        [(ann, 5), (ann, 5), (ann, 6), (bob, 6)].map(|(person, day)| Asked { person, day }).into();
    store.commit(&batch).unwrap();
    let asked = |store: &Store| {
        [(ann, 5), (ann, 6), (bob, 6), (bob, 5)].map(|(who, day)| store.asked(who, day).unwrap())
    };
    assert_eq!(asked(&store), [2, 1, 1, 0]);
    batch.asked = vec![Asked { person: ann, day: 13 }];
    store.commit(&batch).unwrap();
    assert_eq!(asked(&store), [0, 1, 1, 0], "a week is kept");
    assert_eq!(store.stream_at(1).unwrap(), Some(batches[0].entries[0].stream));
    assert_eq!(store.begin_epoch(&later(9)).unwrap(), 2);
    let unknown = store.effects_in(Unknown, (0, 0), 99).unwrap();
    assert!(unknown.len() == 3 && unknown.iter().all(|row| row.via.is_empty()), "{unknown:?}");
}

#[test]
fn links_are_kept_with_their_undoing() {
    let (_dir, mut store) = fresh();
    let link = |slot, survivor, undone| Link { slot, survivor, since: at(4), undone };
    let mut batch = Batch::new(at(4));
    batch.links = vec![link(1, 2, None), link(2, 3, None)];
    store.commit(&batch).unwrap();
    batch.links = vec![link(2, 3, Some(at(8)))];
    store.commit(&batch).unwrap();
    assert_eq!(store.links().unwrap(), [link(1, 2, None), link(2, 3, Some(at(8)))]);
    batch.links = vec![link(2, 1, None)];
    assert_eq!(store.commit(&batch).unwrap_err().code(), "store-conflict", "it leads elsewhere");
}

#[test]
fn accounts_are_found_both_ways() {
    let (_dir, mut store) = fresh();
    commit_each(&mut store, &[rich(1), rich(2)]);
    assert_eq!(store.slot_of(account(2).id).unwrap(), Some(2));
    assert_eq!(store.accounts_after(1, 5).unwrap(), [account(2)]);
    assert_eq!(store.accounts(&[3, 1]).unwrap(), [None, Some(account(1))]);
}

#[test]
fn names_that_somebody_makes_up_do_not_fill_the_disk() {
    let (_dir, mut store) = fresh();
    for round in 0..3 {
        let mut batch = Batch::new(at(round));
        let name = |nth| format!("made.up.{nth}");
        batch.tallies =
            (0..1500).map(|nth| Tally { family: "unknown_kind", name: name(nth), by: 1 }).collect();
        store.commit(&batch).unwrap();
    }
    let tallies = store.tallies("unknown_kind").unwrap();
    assert_eq!(tallies.len(), 1001);
    let others = tallies.iter().find(|t| t.name == "(others)").unwrap();
    assert_eq!((others.count, others.first_at, others.last_at), (1500, at(0), at(2)));
    assert_eq!(tallies.iter().map(|t| t.count).sum::<u64>(), 4500);
}

#[test]
fn quarantined_rows_are_listed_counted_and_released() {
    let (_dir, mut store) = fresh();
    let mut batch = Batch::new(at(1));
    batch.quarantine = ["a-b", "c-d", "a-b"].map(|code| quarantined(code, 3)).to_vec();
    store.commit(&batch).unwrap();
    let counts = store.quarantine_counts().unwrap();
    assert_eq!(counts, [("a-b".to_owned(), 2), ("c-d".to_owned(), 1)]);
    assert_eq!(store.quarantine(None, 1, 1).unwrap(), [(2, quarantined("c-d", 3))]);
    assert_eq!(store.quarantine(Some("a-b"), 0, 9).unwrap().len(), 2);
    assert_eq!(store.release(&[1, 9]).unwrap(), 1);
    assert_eq!(store.quarantine(Some("a-b"), 0, 9).unwrap().len(), 1);
    assert_eq!(store.slots_taken().unwrap(), 3);
}

#[test]
fn an_import_goes_on_where_it_was_committed() {
    let (_dir, mut store) = fresh();
    let (file, mapping) = (Digest::of(b"file"), Digest::of(b"mapping"));
    let new = NewImport { file, mapping, source: "orders.csv".into(), started: at(1) };
    let import = store.begin_import(&new).unwrap();
    let progress =
        |offset, done| ImportProgress { import: import.id, rows: 10, refused: 1, offset, done };
    let mut batch = Batch::new(at(1));
    batch.imports = vec![progress(500, None)];
    store.commit(&batch).unwrap();
    let again = store.begin_import(&new).unwrap();
    assert_eq!((again.id, again.rows, again.refused, again.offset), (import.id, 10, 1, 500));
    batch.imports = vec![progress(499, None)];
    assert_eq!(store.commit(&batch).unwrap_err().code(), "store-conflict", "backwards");
    batch.imports = vec![progress(900, Some(at(2)))];
    store.commit(&batch).unwrap();
    assert_eq!(store.imports().unwrap()[0].done, Some(at(2)));
    let other = NewImport { mapping: Digest::of(b"other"), ..new };
    assert_ne!(store.begin_import(&other).unwrap().id, import.id);
    store.spill(import.id, &[(vec![2], vec![9]), (vec![1], vec![8])]).unwrap();
    let sorted = store.spilled(import.id, &[], 9).unwrap();
    assert_eq!(sorted, [(vec![1], vec![8]), (vec![2], vec![9])]);
    store.drop_spill(import.id).unwrap();
    assert_eq!(store.spilled(import.id, &[], 9).unwrap(), []);
}

#[test]
fn the_shelf_keeps_things_by_digest_and_name() {
    let (_dir, mut store) = fresh();
    let digest = Digest::of(b"rules");
    store.put_blob("rules", digest, b"bundle").unwrap();
    store.put_blob("rules", digest, b"bundle").unwrap();
    assert_eq!(store.put_blob("rules", digest, b"x").unwrap_err().code(), "store-conflict");
    assert_eq!(store.blob(digest).unwrap(), Some(("rules".to_owned(), b"bundle".to_vec())));
    assert_eq!(store.blobs("rules").unwrap(), [(digest, 6)]);
    store.drop_blob(digest).unwrap();
    assert_eq!(store.blob(digest).unwrap(), None);

    store.put_note("active_rules", b"one").unwrap();
    store.put_note("active_rules", b"two").unwrap();
    assert_eq!(store.note("active_rules").unwrap(), Some(b"two".to_vec()));
    assert_eq!(store.note("none").unwrap(), None);
    let gate = |closed| Gate { name: "all".into(), closed, reason: "drill".into(), at: at(3) };
    for closed in [true, false] {
        let mut batch = Batch::new(at(1));
        batch.gates = vec![gate(closed)];
        store.commit(&batch).unwrap();
        assert_eq!(store.gates().unwrap(), [gate(closed)]);
    }
}

#[test]
fn a_model_is_paged_by_rank_then_key() {
    let (_dir, mut store) = fresh();
    let row = |key: u8, rank| ModelRow { key: vec![key], rank, body: Some(vec![key; 3]) };
    store.put_model("open", &[row(1, 50), row(2, -5), row(3, 50), row(4, 7)], 9).unwrap();
    store.put_model("other", &[row(9, 1)], 3).unwrap();
    let first = store.model_page("open", None, 2).unwrap();
    assert_eq!(first, [row(2, -5), row(4, 7)]);
    assert_eq!(store.model_page("open", Some((50, &[1])), 9).unwrap(), [row(3, 50)]);
    store.put_model("open", &[ModelRow { body: None, ..row(2, 0) }, row(4, 99)], 10).unwrap();
    let all = store.model_page("open", None, 9).unwrap();
    assert_eq!(all, [row(1, 50), row(3, 50), row(4, 99)]);
    assert_eq!(store.model_row("open", &[4]).unwrap(), Some(row(4, 99)));
    assert_eq!(store.model_row("open", &[2]).unwrap(), None);
    assert_eq!(store.model_covered("open").unwrap(), 10);
    store.drop_model("open").unwrap();
    assert_eq!(store.model_covered("open").unwrap(), 0);
    assert_eq!(store.model_page("other", None, 9).unwrap(), [row(9, 1)]);
}

#[test]
fn the_doctor_sees_damage_and_sizes() {
    let (dir, mut store) = fresh();
    store.commit(&commits::entries(300)).unwrap();
    let sizes = store.table_sizes().unwrap();
    assert_eq!(sizes[0].table, "journal");
    let print = store.footprint().unwrap();
    let sum: u64 = sizes.iter().map(|size| size.bytes).sum();
    assert!(sum <= print.pages * print.page_bytes && print.log_bytes > 0 && print.keys_bytes > 0);
    for depth in [Depth::Quick, Depth::Full] {
        assert_eq!(store.integrity(depth).unwrap(), [""; 0]);
    }
    store.conn.execute("DELETE FROM journal WHERE pos = 5", []).unwrap();
    assert_eq!(store.integrity(Depth::Quick).unwrap(), [""; 0]);
    let gap = store.integrity(Depth::Full).unwrap();
    assert_eq!(gap, ["the journal has 299 rows for 300 positions"]);
    store.conn.execute("INSERT INTO evidence VALUES (400, x'00')", []).unwrap();
    assert_eq!(store.integrity(Depth::Quick).unwrap().len(), 1);
    assert!(store.fold_log().unwrap());
    drop(store);
    let path = dir.path().join("data.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    assert!(!View::open(dir.path()).unwrap().integrity(Depth::Quick).unwrap().is_empty());
}
