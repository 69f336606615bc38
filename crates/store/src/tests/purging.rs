//! Retention: declared for every table, told before it is applied, applied in pieces.

use super::*;
use bellwether_core::Duration;
use std::collections::BTreeSet;

const DAY: i64 = 86_400;

#[test]
fn every_table_has_a_line_and_every_line_a_table() {
    let (dir, store) = fresh();
    let keys = rusqlite::Connection::open(dir.path().join("keys.db")).unwrap();
    let found: BTreeSet<_> = tables_of(&store.conn).into_iter().chain(tables_of(&keys)).collect();
    let declared: BTreeSet<_> = RETENTION.iter().map(|line| line.table.to_owned()).collect();
    assert_eq!(found, declared);
    let in_keys = tables_of(&keys);
    for line in RETENTION.iter().filter(|line| line.table != "migration") {
        let file =
            if in_keys.iter().any(|table| table == line.table) { "keys.db" } else { "data.db" };
        assert_eq!(line.file(), file, "{}", line.table);
    }
    assert_eq!(RETENTION.len(), declared.len(), "a table is declared twice");
    for line in RETENTION {
        assert!(!line.holds.is_empty() && !line.erased.is_empty(), "{}", line.table);
    }
}

/// Ten days, one rich batch each, and one that is refused each.
fn ten_days() -> (tempfile::TempDir, Store) {
    let (dir, mut store) = fresh();
    for day in 0..10u64 {
        let mut batch = rich(day + 1);
        batch.at = at(day as i64 * DAY);
        batch.quarantine[0].at = batch.at;
        let sealed = vec![1; 40];
        batch.entries[0].unlisted = Some(Payload { subject: 1, sealed });
        store.commit(&batch).unwrap();
    }
    (dir, store)
}

fn spans(tables: &[&str], days: i64) -> Overrides {
    tables.iter().map(|table| ((*table).to_owned(), Duration::from_days(days))).collect()
}

#[test]
fn a_plan_changes_nothing_and_says_what_is_past() {
    let (_dir, store) = ten_days();
    let before = dump(&store);
    let all = ["journal", "payload", "unlisted", "evidence", "outbox", "quarantine", "tally"];
    let plan = store.purge_plan(at(10 * DAY), &spans(&all, 5)).unwrap();
    assert_eq!(dump(&store), before);
    let told: Vec<_> = plan.iter().map(|p| (p.table, p.rows, p.oldest)).collect();
    // What was committed on day 5 itself is less than five days old, or might be.
    assert_eq!(
        told,
        [
            ("journal", 5, Some(at(0))),
            ("payload", 5, Some(at(0))),
            ("unlisted", 5, Some(at(0))),
            ("evidence", 5, Some(at(0))),
            ("outbox", 0, None),
            ("trace", 0, None),
            ("quarantine", 5, Some(at(0))),
            ("staff", 0, None),
            ("gate_result", 0, None),
            ("import_file", 0, None),
            ("access", 0, None),
            ("tally", 5, Some(at(0))),
            ("spill", 0, None),
        ]
    );
    let defaults = ["trace", "staff", "gate_result", "import_file", "access", "spill"];
    assert!(plan.iter().all(|p| defaults.contains(&p.table) || p.cutoff == at(5 * DAY)));
    let default = store.purge_plan(at(10 * DAY), &Overrides::new()).unwrap();
    assert!(default.iter().all(|p| p.rows == 0));
    let wrong = store.purge_plan(at(0), &spans(&["identity"], 1)).unwrap_err();
    assert_eq!(wrong.code(), "store-conflict");
}

#[test]
fn a_purge_removes_in_pieces_what_the_plan_told() {
    let (dir, mut store) = ten_days();
    let (status, due) = (OutboxStatus::Done, at(1));
    let done = [1, 2, 9].map(|pos| OutboxChange::new((pos, 0), status, 1, due));
    store.set_outbox(&done).unwrap();
    let old = rich(1).entries[0].payloads[0].sealed.clone();
    let spans =
        spans(&["journal", "payload", "unlisted", "evidence", "outbox", "quarantine", "tally"], 5);
    let purged = store.purge(at(10 * DAY), &spans, 3).unwrap();
    let told: Vec<_> = purged.iter().map(|p| (p.table, p.rows, p.more)).collect();
    assert_eq!(
        told,
        [
            ("payload", 3, true),
            ("unlisted", 3, true),
            ("evidence", 3, true),
            ("outbox", 2, false),
            ("trace", 0, false),
            ("quarantine", 3, true),
            ("staff", 0, false),
            ("gate_result", 0, false),
            ("import_file", 0, false),
            ("access", 0, false),
            ("tally", 3, true),
            ("spill", 0, false),
        ]
    );
    while store.purge(at(10 * DAY), &spans, 3).unwrap().iter().any(|p| p.more) {}
    let plan = store.purge_plan(at(10 * DAY), &spans).unwrap();
    assert!(plan.iter().all(|p| p.rows == 0 || p.table == "journal"), "{plan:?}");
    assert_eq!(scanned(&store, 1).len(), 10, "events and records stay");
    assert_eq!(store.payloads(5).unwrap(), []);
    assert_eq!(store.payloads(6).unwrap().len(), 1);
    // Everything old: then no byte of it is left in the files.
    while store.purge(at(900 * DAY), &Overrides::new(), 3).unwrap().iter().any(|p| p.more) {}
    assert!(store.fold_log().unwrap());
    drop(store);
    assert!(!on_disk(dir.path(), &old));
}

#[test]
fn spilled_rows_go_when_their_import_is_done_or_abandoned() {
    let (_dir, mut store) = fresh();
    let new = |name: &[u8], started| NewImport {
        file: Digest::of(name),
        mapping: Digest::of(b"m"),
        source: "erp".into(),
        started,
    };
    let now = at(100 * DAY);
    let (done, open, left) = (
        store.begin_import(&new(b"done", at(99 * DAY))).unwrap().id,
        store.begin_import(&new(b"open", at(99 * DAY))).unwrap().id,
        store.begin_import(&new(b"left", at(50 * DAY))).unwrap().id,
    );
    let mut batch = Batch::new(now);
    batch.imports =
        vec![ImportProgress { import: done, rows: 0, refused: 0, offset: 9, done: Some(now) }];
    store.commit(&batch).unwrap();
    for import in [done, open, left] {
        store.spill(import, &[(vec![1], vec![2]), (vec![2], vec![3])]).unwrap();
    }
    let purged = store.purge(now, &Overrides::new(), 100).unwrap();
    assert_eq!(purged.iter().find(|p| p.table == "spill").unwrap().rows, 4);
    assert_eq!(store.spilled(open, &[1], 9).unwrap(), [(vec![2], vec![3])]);
    assert_eq!(store.spilled(left, &[], 9).unwrap(), []);
}

#[test]
fn events_are_trimmed_only_below_bases() {
    let (_dir, mut store) = fresh();
    let mut batch = Batch::new(at(1));
    let rows = [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3)];
    batch.entries = rows.map(|(nth, seq)| entry(nth, seq)).to_vec();
    let base = |nth, seq, pos| Base { stream: stream(nth), seq, pos, state: vec![7; 40] };
    store.commit(&batch).unwrap();
    assert_eq!(store.trim_events(4, 10).unwrap_err().code(), "store-conflict", "no snapshots");
    store.put_behind(&Behind { snapshots: &[], timers: &[], covered_pos: 6 }).unwrap();
    assert_eq!(store.trim_events(4, 10).unwrap_err().code(), "store-base-missing");
    for absent in [base(1, 2, 4), base(1, 3, 5), base(1, 2, 3)] {
        assert_eq!(store.put_bases(&[absent]).unwrap_err().code(), "store-conflict");
    }
    store.put_bases(&[base(1, 2, 5)]).unwrap();
    assert_eq!(store.base(stream(1)).unwrap(), Some(base(1, 2, 5)));
    assert_eq!(store.trim_events(4, 10).unwrap_err().code(), "store-base-missing");
    assert_eq!(store.base(stream(2)).unwrap(), None);
    store.put_bases(&[base(2, 1, 6)]).unwrap();
    assert_eq!(store.trim_events(5, 10).unwrap_err().code(), "store-base-missing");
    assert!(store.trim_events(4, 2).unwrap(), "in pieces");
    assert!(!store.trim_events(4, 2).unwrap());
    assert_eq!(store.trimmed_pos().unwrap(), 4);
    let rows = scanned(&store, 1);
    let empty: Vec<_> = rows.iter().map(|row| row.event.is_empty()).collect();
    assert_eq!(empty, [true, true, true, false, false, false]);
    // What commits a base stays until another one takes its place.
    store.put_bases(&[base(2, 2, 6)]).unwrap();
    assert!(!store.trim_events(6, 10).unwrap());
    let kept = |store: &Store, pos: u64| !store.entry(pos).unwrap().unwrap().event.is_empty();
    assert!(!kept(&store, 4) && kept(&store, 5));
    let mut more = Batch::new(at(2));
    more.entries = vec![entry(1, 4)];
    store.commit(&more).unwrap();
    store.put_bases(&[base(1, 3, 7)]).unwrap();
    assert!(!kept(&store, 5));
    let rows = scanned(&store, 1);
    assert!(rows.iter().all(|row| !row.record.is_empty()), "the log still verifies");
}

#[test]
fn what_has_a_key_of_its_own_takes_it_along() {
    let (dir, mut store) = fresh();
    let mut keys = store.keys().unwrap();
    let minted: Vec<_> = (1..=6u8)
        .map(|nth| {
            (bellwether_core::SubjectId(Id::from_bits(u128::from(nth))), vec![nth ^ 0xa5; 72])
        })
        .collect();
    keys.mint_block(&minted).unwrap();
    drop(keys);
    let staff = |person: &str, slot, gone: Option<i64>| Staff {
        person: person.to_owned(),
        slot,
        sealed: vec![7; 30],
        since: at(0),
        gone: gone.map(at),
    };
    let mut batch = Batch::new(at(0));
    batch.quarantine = [1, 2].map(|slot| quarantined("a-b", slot)).to_vec();
    batch.quarantine[1].at = at(50 * DAY);
    batch.staff = vec![staff("a", 3, None), staff("b", 4, Some(0)), staff("c", 5, Some(450 * DAY))];
    store.commit(&batch).unwrap();
    store.purge(at(60 * DAY), &Overrides::new(), 9).unwrap();
    store.purge(at(500 * DAY), &spans(&["quarantine"], 480), 9).unwrap();
    let keys = store.keys().unwrap();
    let left = (1..=6).filter(|slot| keys.key(*slot).unwrap().unwrap().wrapped.is_some());
    assert_eq!(left.collect::<Vec<_>>(), [2, 3, 5, 6]);
    assert_eq!(store.quarantine(None, 0, 9).unwrap().len(), 1);
    let kept: Vec<_> = store.staff().unwrap().into_iter().map(|one| one.person).collect();
    assert_eq!(kept, ["a", "c"]);
    assert!(!on_disk(dir.path(), &minted[0].1));
    let mut batch = Batch::new(at(1));
    batch.forget = vec![5];
    store.commit(&batch).unwrap();
    assert_eq!(store.staff().unwrap(), [staff("a", 3, None)]);
}

#[test]
fn what_gates_said_is_kept_and_dropped_by_import() {
    let (_dir, mut store) = fresh();
    let said = |import, gate: &str, accepted| GateResult {
        import,
        file: "deals.csv".to_owned(),
        mapping: "crm-deals".to_owned(),
        gate: gate.to_owned(),
        reason: "30 % refused, at most 20 %".to_owned(),
        accepted,
        at: at(5),
    };
    let first = [said(1, "refused", false), said(1, "volume", true)];
    store.put_gate_results(1, &first, &[]).unwrap();
    store.put_gate_results(2, &[said(2, "age", false)], &[]).unwrap();
    store.put_gate_results(1, &first, &[]).unwrap();
    assert_eq!(store.gate_results().unwrap().len(), 3, "said again, kept once");
    assert_eq!(store.drop_gate_results(1).unwrap(), 1);
    let left: Vec<_> = store.gate_results().unwrap().into_iter().map(|one| one.gate).collect();
    assert_eq!(left, ["age", "volume"]);
    store.put_gate_results(3, &[], &["deals.csv"]).unwrap();
    assert_eq!(store.gate_results().unwrap().len(), 1, "what was let through stays");
}

#[test]
fn files_that_were_read_to_the_end_are_remembered_by_mapping() {
    let (_dir, mut store) = fresh();
    let new = |file: &[u8]| NewImport {
        file: Digest::of(file),
        mapping: Digest::of(b"m"),
        source: "crm".to_owned(),
        started: at(0),
    };
    for (nth, done) in [(1u8, Some(at(9))), (2, None), (3, Some(at(9)))] {
        let import = store.begin_import(&new(&[nth])).unwrap().id;
        let figures = |name: &str| (name.to_owned(), format!("{nth}"));
        store.put_import_files(import, &[figures("deals"), figures("mail")], at(1)).unwrap();
        let mut batch = Batch::new(at(1));
        batch.imports = vec![ImportProgress { import, rows: 0, refused: 0, offset: 0, done }];
        store.commit(&batch).unwrap();
    }
    assert_eq!(store.past_files("deals", 9).unwrap(), ["3", "1"]);
    assert_eq!(store.past_files("mail", 1).unwrap(), ["3"]);
    assert!(store.past_files("other", 9).unwrap().is_empty());
    assert_eq!(
        store
            .purge(at(500 * DAY), &Overrides::new(), 9)
            .unwrap()
            .iter()
            .find(|one| one.table == "import_file")
            .map(|one| one.rows),
        Some(6)
    );
}
