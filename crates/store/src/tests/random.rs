//! Random histories against a model in memory; a failure prints its seed.

use super::*;
use bellwether_core::Code;
use bellwether_core::effect::{Timer, TimerKind};
use std::collections::BTreeMap;

/// What the store should answer.
#[derive(Default)]
struct Model {
    journal: Vec<Entry>,
    effects: BTreeMap<(u64, u32), (OutboxStatus, Timestamp)>,
    identities: BTreeMap<Vec<u8>, u64>,
    snapshots: BTreeMap<StreamId, Snapshot>,
    timers: BTreeMap<(StreamId, DocKey, TimerKind, Code), Timer>,
    tallies: BTreeMap<String, u64>,
    covered: u64,
    slots: u64,
}

#[test]
fn random_histories_agree_with_the_model() {
    for seed in 0..25 {
        println!("seed {seed}");
        let (dir, mut store) = fresh();
        let (mut dice, mut model) = (Dice(seed), Model::default());
        for step in 0..40 {
            match dice.roll(10) {
                0 => {
                    drop(store);
                    store = reopen(dir.path());
                }
                1 => fail(&mut dice, &mut store, &model),
                2 => behind(&mut dice, &mut store, &mut model),
                3 => drop(store.index_behind(dice.roll(20) + 1).unwrap()),
                4 => send(&mut dice, &mut store, &mut model),
                5 => {
                    store.fold_log().unwrap();
                }
                _ => commit(&mut dice, &mut store, &mut model),
            }
            compare(&store, &model, &format!("seed {seed}, step {step}"));
        }
        assert_eq!(store.integrity(Depth::Full).unwrap(), [""; 0], "seed {seed}");
    }
}

fn random_batch(dice: &mut Dice, model: &Model) -> Batch {
    let mut batch = Batch::new(at(dice.roll(100_000) as i64));
    let mut seqs: BTreeMap<StreamId, u64> = BTreeMap::new();
    for entry in &model.journal {
        seqs.insert(entry.stream, entry.seq);
    }
    for _ in 0..dice.roll(12) {
        let kind = StreamKind::ALL[dice.roll(5) as usize].0;
        let stream = StreamId { kind, id: Id::from_bits(u128::from(dice.roll(4))) };
        let seq = seqs.entry(stream).or_insert(0);
        *seq += 1;
        let mut entry = Entry::new(stream, *seq, dice.bytes(1500), dice.bytes(600));
        for _ in 0..dice.roll(3) {
            entry.payloads.push(Payload { subject: dice.roll(50), sealed: dice.bytes(200) });
        }
        entry.evidence = (dice.roll(3) == 0).then(|| dice.bytes(100));
        for _ in 0..dice.roll(3) {
            let (key, due) = (Digest::of(&dice.bytes(9)), at(dice.roll(1000) as i64));
            entry.effects.push(NewEffect { key, body: dice.bytes(80), due });
        }
        batch.entries.push(entry);
    }
    for _ in 0..dice.roll(4) {
        let nth = dice.roll(60);
        batch.identities.push(identity(nth, nth + 1));
    }
    for _ in 0..dice.roll(3) {
        let name = format!("kind{}", dice.roll(5));
        batch.tallies.push(Tally { family: "unknown_kind", name, by: dice.roll(9) + 1 });
    }
    batch
}

fn commit(dice: &mut Dice, store: &mut Store, model: &mut Model) {
    for _ in 0..=dice.roll(2) {
        let batch = random_batch(dice, model);
        let done = store.commit(&batch).unwrap();
        assert_eq!(done.first_pos, model.journal.len() as u64 + 1);
        model.slots = model.slots.max(batch.highest_slot());
        for (pos, entry) in (done.first_pos..).zip(&batch.entries) {
            for (nth, effect) in (0u32..).zip(&entry.effects) {
                model.effects.insert((pos, nth), (OutboxStatus::Waiting, effect.due));
            }
        }
        model.journal.extend(batch.entries);
        model.identities.extend(batch.identities.into_iter().map(|i| (i.blind, i.slot)));
        for Tally { name, by, .. } in batch.tallies {
            *model.tallies.entry(name).or_default() += by;
        }
    }
}

/// A batch whose last statement fails; the model does not move.
fn fail(dice: &mut Dice, store: &mut Store, model: &Model) {
    let mut batch = random_batch(dice, model);
    batch.imports = vec![ImportProgress { import: 9, rows: 1, refused: 0, offset: 1, done: None }];
    assert_eq!(store.commit(&batch).unwrap_err().code(), "store-conflict");
}

fn behind(dice: &mut Dice, store: &mut Store, model: &mut Model) {
    let last = model.journal.len() as u64;
    let covered_pos = model.covered + dice.roll(last - model.covered + 1);
    let (from, to) = (model.covered as usize, covered_pos as usize);
    let (mut snapshots, mut timers) = (Vec::new(), Vec::new());
    for (pos, entry) in (model.covered + 1..).zip(&model.journal[from..to]) {
        let (stream, seq, state) = (entry.stream, entry.seq, dice.bytes(2000));
        let (head, tag) = (Digest::of(&entry.record), Digest::of(b"tag"));
        snapshots.push(Snapshot { stream, seq, pos, head, tag, state });
        let kind = TimerKind::ALL[dice.roll(3) as usize];
        let due = if dice.roll(4) == 0 { Timestamp::MAX } else { at(dice.roll(500) as i64) };
        let (doc, graph) = (doc(dice.roll(3)), Code::from_raw(dice.roll(2) as i64));
        timers.push(TimerRow { stream, timer: Timer { doc, kind, graph, generation: pos, due } });
    }
    store.put_behind(&Behind { snapshots: &snapshots, timers: &timers, covered_pos }).unwrap();
    model.covered = covered_pos;
    model.snapshots.extend(snapshots.into_iter().map(|s| (s.stream, s)));
    for TimerRow { stream, timer } in timers {
        let key = (stream, timer.doc, timer.kind, timer.graph);
        model.timers.insert(key, timer);
    }
    model.timers.retain(|_, timer| timer.due != Timestamp::MAX);
}

fn send(dice: &mut Dice, store: &mut Store, model: &mut Model) {
    let due = store.due_effects(at(dice.roll(1000) as i64), 5).unwrap();
    let statuses = [OutboxStatus::Sending, OutboxStatus::Done, OutboxStatus::Waiting];
    let mut changes = Vec::new();
    for row in due {
        let status = statuses[dice.roll(3) as usize];
        let OutboxRow { pos, nth, attempts, .. } = row;
        let due = at(dice.roll(1000) as i64);
        changes.push(OutboxChange::new((pos, nth), status, attempts + 1, due));
        model.effects.insert((pos, nth), (status, due));
    }
    store.set_outbox(&changes).unwrap();
    if dice.roll(5) == 0 {
        let next = store.epoch().unwrap().number + 1;
        store.begin_epoch(&later(next)).unwrap();
        for (status, _) in model.effects.values_mut() {
            if matches!(status, OutboxStatus::Waiting | OutboxStatus::Sending) {
                *status = OutboxStatus::Unknown;
            }
        }
    }
}

fn compare(store: &Store, model: &Model, what: &str) {
    let as_stored = |(pos, entry): (u64, &Entry)| {
        let Entry { stream, seq, event, record, .. } = entry.clone();
        StoredEntry { pos, stream, seq, event, record }
    };
    let journal: Vec<_> = (1..).zip(&model.journal).map(as_stored).collect();
    assert_eq!(scanned(store, 1), journal, "{what}");
    for (pos, entry) in (1..).zip(&model.journal) {
        assert_eq!(store.payloads(pos).unwrap(), entry.payloads, "{what}");
        assert_eq!(store.evidence(pos).unwrap(), entry.evidence, "{what}");
    }
    for (kind, _) in StreamKind::ALL {
        let stream = StreamId { kind, id: Id::from_bits(1) };
        let own = journal.iter().filter(|row| row.stream == stream && row.seq >= 2).cloned();
        assert_eq!(of_stream(store, stream, 2), own.collect::<Vec<_>>(), "{what}");
        assert_eq!(store.snapshot(stream).unwrap().as_ref(), model.snapshots.get(&stream));
    }
    assert_eq!(store.covered_pos().unwrap(), model.covered, "{what}");
    assert_eq!(store.slots_taken().unwrap(), model.slots, "{what}");

    let waiting = model.effects.iter().filter(|(_, (status, _))| *status == OutboxStatus::Waiting);
    let mut waiting: Vec<_> = waiting.map(|(place, (_, due))| (*due, *place)).collect();
    waiting.sort_unstable();
    let due = store.due_effects(Timestamp::MAX, 10_000).unwrap();
    let due: Vec<_> = due.iter().map(|row| (row.due, (row.pos, row.nth))).collect();
    assert_eq!(due, waiting, "{what}");
    assert_eq!(store.next_effect_due().unwrap(), waiting.first().map(|(due, _)| *due), "{what}");

    let mut timers: Vec<_> = model.timers.iter().map(|((s, ..), t)| (t.due, *s, *t)).collect();
    timers.sort_unstable();
    let kept = store.due_timers(Timestamp::MAX, 10_000).unwrap();
    let mut kept: Vec<_> = kept.iter().map(|row| (row.timer.due, row.stream, row.timer)).collect();
    assert!(kept.is_sorted_by_key(|(due, ..)| *due), "{what}");
    kept.sort_unstable();
    assert_eq!(kept, timers, "{what}");

    let blinds: Vec<_> = (0..60).map(blind).collect();
    let found = store.find(&blinds).unwrap();
    let slots: Vec<_> = found.iter().map(|found| found.as_ref().map(|i| i.slot)).collect();
    let wanted: Vec<_> = blinds.iter().map(|b| model.identities.get(b).copied()).collect();
    assert_eq!(slots, wanted, "{what}");
    let tallies = store.tallies("unknown_kind").unwrap();
    let tallies: BTreeMap<_, _> = tallies.into_iter().map(|t| (t.name, t.count)).collect();
    assert_eq!(tallies, model.tallies, "{what}");
}
