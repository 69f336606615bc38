//! W5 of the peers' benchmark: records appended to the log, proved and checked, through the real commit.
//!
//! ```text
//! PEERS_DATA=DIR cargo run --release -p bellwether-runtime --example w5 [RECORDS]
//! ```
//!
//! Prints one line of JSON a way of grouping, with the keys of the other peers. `RECORDS` beyond the
//! data's repeats it; then only the largest groups are run. The
//! opening, the check at a start for work and the sweep are timed.

#![expect(clippy::print_stdout, reason = "a measurement says what it found")]

use bellwether_core::{Digest, Id, StreamId, StreamKind, Timestamp};
use bellwether_ledger::tree::{
    Head, TileNodes, check_consistency, check_inclusion, leaf_hash, prove_consistency,
    prove_inclusion, tree_root,
};
use bellwether_ledger::verify::sweep;
use bellwether_runtime::log::check_start;
use bellwether_store::{Batch, Checkpoint, Entry, Meta, Options, Store, StoreError};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Proofs of each kind, as the other Rust peer makes.
const PROOFS: usize = 1000;

/// How often they are made and checked again: the clock of the processor is a coarse one.
const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let data = std::env::var("PEERS_DATA").unwrap_or_default();
    let path = Path::new(&data).join("w5-records.jsonl");
    let Ok(text) = fs::read(&path) else {
        eprintln!("{} is missing: `run.sh W5` of the peers' benchmark makes it", path.display());
        return Ok(());
    };
    let known: Vec<&[u8]> =
        text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let wanted = std::env::args().nth(1).map(|n| n.parse()).transpose()?.unwrap_or(known.len());
    let records: Vec<&[u8]> = known.iter().copied().cycle().take(wanted).collect();
    let groups: &[usize] = if wanted > known.len() { &[8192] } else { &[1, 100, 1000, 8192] };
    for group in groups {
        run(&records, *group)?;
    }
    Ok(())
}

fn run(records: &[&[u8]], group: usize) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let records = if group == 1 { records.get(..5000).unwrap_or(records) } else { records };
    let (text, count) = (|text: &str| text.to_owned(), records.len() as u64);
    let meta = Meta {
        tenant: text("w5"),
        region: text("local"),
        origin: text("w5"),
        epoch: 1,
        created: Timestamp::from_secs(0),
    };
    let mut store = Store::open(dir.path(), &Options::create(meta))?;
    let batches = batches(records, group);
    let (wall, cpu) = (Instant::now(), cpu()?);
    for batch in &batches {
        store.commit(batch)?;
    }
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), self::cpu()? - cpu);
    let head = store.log_head()?;
    drop(store);
    let disk: u64 = fs::read_dir(dir.path())?
        .map(|file| Ok::<_, std::io::Error>(file?.metadata()?.len()))
        .sum::<Result<u64, _>>()?;

    let opening = Instant::now();
    let mut store = Store::open(dir.path(), &Options::default())?;
    let opened = opening.elapsed().as_secs_f64();
    let epoch = store.epoch()?;
    let (number, at) = (epoch.number, Timestamp::from_secs(2));
    let signed = Checkpoint { epoch: number, head, note: Vec::new(), cosigned: 0, at };
    store.put_checkpoint(&signed)?;
    let mut keys = store.keys()?;
    keys.put_signed(&signed)?;
    let starting = Instant::now();
    check_start(&store, &keys)?;
    let started = starting.elapsed().as_secs_f64();
    let proofs = proofs(records, &store, head)?;
    let sweeping = Instant::now();
    let report = sweep(head, |tile| store.tile(&epoch, tile))?;
    let swept = sweeping.elapsed().as_secs_f64();
    if !report.is_clean() || report.entries != count {
        return Err("the log does not verify".into());
    }
    let bytes: usize = records.iter().map(|record| record.len()).sum();
    println!(
        "{{\"w\":\"W5\",\"peer\":\"bellwether-group{group}\",\"version\":\"{}\",\"n\":{count},\
         \"append_per_cpu_s\":{:.0},\"append_per_wall_s\":{:.0},{proofs},\
         \"record_bytes\":{},\"disk_bytes_per_record\":{},\"open_s\":{opened:.3},\
         \"start_s\":{started:.3},\"sweep_s\":{swept:.3}}}",
        env!("CARGO_PKG_VERSION"),
        count as f64 / cpu,
        count as f64 / wall,
        bytes as u64 / count,
        disk / count,
    );
    Ok(())
}

/// Records as entries of 1,000 streams, with an event of one byte: the log alone is measured.
fn batches(records: &[&[u8]], group: usize) -> Vec<Batch> {
    let stream = |nth: usize| StreamId {
        kind: StreamKind::Account,
        id: Id::from_bits((nth % 1000) as u128 + 1),
    };
    let entry = |(nth, record): (usize, &&[u8])| {
        Entry::new(stream(nth), (nth / 1000) as u64 + 1, vec![0], record.to_vec())
    };
    let entries: Vec<Entry> = records.iter().enumerate().map(entry).collect();
    let batch = |entries: &[Entry]| {
        let mut batch = Batch::new(Timestamp::from_secs(1));
        batch.entries = entries.to_vec();
        batch
    };
    entries.chunks(group).map(batch).collect()
}

/// Makes and checks proofs of entries and sizes drawn as the other Rust peer draws them.
fn proofs(records: &[&[u8]], store: &Store, head: Head) -> Result<String, Box<dyn Error>> {
    let (epoch, count) = (store.epoch()?, records.len());
    let mut state = 5u64;
    let mut draw = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    let drawn: Vec<usize> = (0..PROOFS).map(|_| draw()).collect();
    let read = |tile| store.tile(&epoch, tile).map(Option::unwrap_or_default);
    let nodes = TileNodes::new(head.size, read);
    let start = cpu()?;
    let made: Result<Vec<Vec<Digest>>, _> =
        drawn.iter().map(|index| prove_inclusion(&nodes, *index as u64, head.size)).collect();
    let (made, cold) = (made?, cpu()? - start);
    // Once more: a server that answers many has the tiles at hand.
    let start = cpu()?;
    for index in std::iter::repeat_n(&drawn, ROUNDS).flatten() {
        prove_inclusion(&nodes, *index as u64, head.size)?;
    }
    let warm = cpu()? - start;
    let start = cpu()?;
    for (index, proof) in std::iter::repeat_n(drawn.iter().zip(&made), ROUNDS).flatten() {
        let record = records.get(*index).copied().unwrap_or_default();
        check_inclusion(&leaf_hash(record), *index as u64, head.size, &head.root, proof)?;
    }
    let checked = cpu()? - start;
    let sizes: Vec<u64> = drawn.iter().map(|index| *index as u64 % (head.size - 1) + 1).collect();
    let start = cpu()?;
    let all = std::iter::repeat_n(&sizes, ROUNDS).flatten();
    let grown: Result<Vec<Vec<Digest>>, _> =
        all.map(|size| prove_consistency(&nodes, *size, head.size)).collect();
    let (grown, consistency) = (grown?, cpu()? - start);
    for (size, proof) in sizes.iter().zip(&grown) {
        let old = Head { size: *size, root: tree_root::<_>(&nodes, *size).map_err(to_text)? };
        check_consistency(&old, &head, proof)?;
    }
    let per_second = |seconds: f64| (PROOFS * ROUNDS) as f64 / seconds;
    let longest = made.iter().map(|proof| proof.len() * 32).max().unwrap_or_default();
    Ok(format!(
        "\"prove_incl_per_cpu_s\":{:.0},\"prove_incl_cold_per_cpu_s\":{:.0},\"verify_incl_per_cpu_s\":{:.0},\
         \"prove_cons_per_cpu_s\":{:.0},\"proof_bytes\":{longest}",
        per_second(warm),
        PROOFS as f64 / cold,
        per_second(checked),
        per_second(consistency),
    ))
}

fn to_text(error: impl std::fmt::Display) -> StoreError {
    StoreError::Conflict { what: error.to_string() }
}

/// Seconds of processor time that this process has used, in user and system (Linux: utime and stime).
fn cpu() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/schedstat")?;
    let nanos: f64 = stat.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanos / 1e9)
}
