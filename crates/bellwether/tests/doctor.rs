//! What the doctor finds where rows are damaged that the file system and SQLite think well of.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use bellwether_core::effect::{Timer, TimerKind};
use bellwether_core::{Code, Digest, DocKey, StreamId, Timestamp};
use bellwether_store::{
    Batch, Behind, Entry, NewEffect, Options, Snapshot, Store, StoredEntry, TimerRow,
};
use std::ops::ControlFlow;
use world::World;

fn open(world: &World) -> Store {
    Store::open(world.path("bellwether-data"), &Options::default()).unwrap()
}

/// The newest row of an account.
fn newest(store: &Store) -> StoredEntry {
    let mut newest = None;
    let keep = |row: &bellwether_store::Row<'_>| {
        if row.stream != StreamId::SYSTEM {
            newest = Some(row.to_owned());
        }
        ControlFlow::Continue(())
    };
    store.scan(1, keep).unwrap();
    newest.unwrap()
}

fn append(store: &mut Store, seq: u64, kept: &StoredEntry, record: String) {
    let mut batch = Batch::new(Timestamp::from_secs(1_790_000_000));
    batch.entries.push(Entry::new(kept.stream, seq, kept.event.clone(), record.into_bytes()));
    store.commit(&batch).unwrap();
}

#[test]
fn each_damaged_row_is_found() {
    for (damage, check, code) in [
        ("a record left out", "chains", "store-corrupt"),
        ("a record twice", "chains", "store-corrupt"),
        ("another record before", "chains", "store-corrupt"),
        ("rules that are not kept", "bundles", "step-unknown-rules"),
        ("a snapshot of something else", "snapshot heads", "store-corrupt"),
        ("a snapshot of what is not there", "snapshot heads", "store-corrupt"),
    ] {
        let world = World::with_deals();
        assert_eq!(world.doctor(0, "broken"), [], "{damage}");
        let mut store = open(&world);
        let kept = newest(&store);
        let record = String::from_utf8(kept.record.clone()).unwrap();
        let head = Digest::of(&kept.record).to_string();
        let after = |name: &str| record.split(name).nth(1).unwrap().split('"').next().unwrap();
        let (prev, rules) = (after("\"prev\":\""), after("\"rules\":\""));
        let follows = record.replace(prev, &head);
        match damage {
            "a record left out" => append(&mut store, kept.seq + 2, &kept, follows),
            "a record twice" => append(&mut store, kept.seq, &kept, record.clone()),
            "another record before" => append(&mut store, kept.seq + 1, &kept, record.clone()),
            "rules that are not kept" => {
                append(&mut store, kept.seq + 1, &kept, follows.replace(rules, &head));
            }
            _ => {
                let snapshot = store.snapshot(kept.stream).unwrap().unwrap();
                let wrong = match damage {
                    "a snapshot of something else" => Snapshot { head: Digest::ZERO, ..snapshot },
                    _ => Snapshot { seq: snapshot.seq + 7, ..snapshot },
                };
                let covered_pos = store.last_pos().unwrap();
                let rows = Behind { snapshots: &[wrong], timers: &[], covered_pos };
                store.put_behind(&rows).unwrap();
            }
        }
        drop(store);
        let broken = world.doctor(2, "broken");
        let found = broken.iter().find(|(about, _)| about == check).map(|(_, code)| code.as_str());
        assert_eq!(found, Some(code), "{damage}: {broken:?}");
        world.run(&["doctor"]).ends(2).says(&[&format!("broken: {check} [{code}]"), "help: "]);
    }
}

#[test]
fn an_overdue_timer_is_to_be_looked_at() {
    let world = World::with_deals();
    assert!(!world.doctor(0, "look").iter().any(|(about, _)| about == "timers"));
    let mut store = open(&world);
    let stream = newest(&store).stream;
    let (graph, due) = (Code::of("deals"), Timestamp::from_secs(1_770_000_000));
    let timer =
        Timer { doc: DocKey::Account, kind: TimerKind::Deadline, graph, generation: 1, due };
    let covered_pos = store.last_pos().unwrap();
    let timers = [TimerRow { stream, timer }];
    store.put_behind(&Behind { snapshots: &[], timers: &timers, covered_pos }).unwrap();
    drop(store);
    let overdue = "1 overdue, the first since 2026-02-02T02:40:00Z";
    assert!(!world.doctor(0, "look").iter().any(|(about, _)| about == "timers"));
    world.run(&["doctor"]).ends(0).says(&[overdue, "as history left them"]);
    // Once somebody was really asked, somebody waits for time to pass.
    let mut store = open(&world);
    let kept = newest(&store);
    let (event, record) = (kept.event.clone(), kept.record.clone());
    let mut entry = Entry::new(kept.stream, kept.seq + 1, event, record);
    let (key, body) = (Digest::of(b"an ask"), b"{}".to_vec());
    entry.effects.push(NewEffect { key, body, due });
    let mut batch = Batch::new(Timestamp::from_secs(1_790_000_000));
    batch.entries.push(entry);
    store.commit(&batch).unwrap();
    drop(store);
    assert!(world.doctor(2, "look").iter().any(|(about, _)| about == "timers"));
}

#[test]
fn sending_is_stopped_and_goes_on() {
    let world = World::with_deals();
    let listed = || world.run(&["outbox", "list", "--format", "json"]).ends(0).json();
    assert_eq!(listed()["sending"]["stopped"], false);
    world.run(&["stop", "--by", "ann"]).ends(0).says(&["stopped", "bellwether stop --resume"]);
    assert_eq!(listed()["sending"]["reason"], "by ann");
    assert!(world.doctor(0, "look").iter().any(|(about, _)| about == "outbox"));
    world.run(&["outbox", "list"]).ends(0).says(&["sending is stopped, by ann", "no dead letters"]);
    let said = world.run(&["stop", "--resume", "--format", "json"]).ends(0).json();
    assert_eq!((&said["stopped"], &said["reason"]), (&false.into(), &"by command".into()));
    for what in [&["retry", "1/0"][..], &["settle", "1/0", "--arrived"]] {
        world.run(&[&["outbox"], what].concat()).ends(1).warns(&["outbox-none"]);
    }
    for what in [&["retry", "1"][..], &["settle", "1/0"], &["retry", "1/256"]] {
        world.run(&[&["outbox"], what].concat()).ends(64);
    }
    world.run(&["log", "verify"]).ends(0);
}
