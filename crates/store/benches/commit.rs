//! What a commit costs: batches of 1, 64 and 1,024 rows of a 500-byte event and a 450-byte record,
//! each durable when it returns; then the disk per row and the rate of a recovery scan.
//!
//! The folder comes from `TMPDIR`, so that a memory disk can be told apart from a real one.

use bellwether_core::{Id, StreamId, StreamKind, Timestamp};
use bellwether_store::{Batch, Entry, Meta, Options, Store, StoreError};
use criterion::{Criterion, Throughput};
use std::ops::ControlFlow;
use std::time::Instant;

const STREAMS: u128 = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    for rows in [1u64, 64, 1024] {
        commits(&mut criterion, rows)?;
    }
    disk_and_scan()?;
    criterion.final_summary();
    Ok(())
}

fn commits(criterion: &mut Criterion, rows: u64) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let mut store = fresh(dir.path())?;
    let batch = batch(rows);
    let mut group = criterion.benchmark_group("commit");
    group.throughput(Throughput::Elements(rows));
    let mut failed = None;
    group.bench_function(format!("{rows} rows"), |bench| {
        bench.iter(|| failed = store.commit(&batch).err());
    });
    group.finish();
    Ok(failed.map_or(Ok(()), Err)?)
}

fn disk_and_scan() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let mut store = fresh(dir.path())?;
    let (batches, rows) = (200, 1024);
    let mut batch = batch(rows);
    let started = Instant::now();
    for nth in 0..batches {
        // The index refuses the same seq of a stream twice.
        (1..).zip(&mut batch.entries).for_each(|(seq, entry)| entry.seq = nth * rows + seq);
        store.commit(&batch)?;
    }
    let total = batches * rows;
    let commit = total as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    let (mut seen, mut bytes) = (0u64, 0usize);
    store.scan(1, |row| {
        seen += 1;
        bytes += row.event.len() + row.record.len();
        ControlFlow::Continue(())
    })?;
    let scan = seen as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    while store.index_behind(50_000)? {}
    let index = total as f64 / started.elapsed().as_secs_f64();
    drop(store);
    let size = std::fs::metadata(dir.path().join("data.db"))?.len();
    let (file, own) = (size / total, bytes as u64 / total);
    println!(
        "{total} rows of {own} bytes: {commit:.0}/s in, {scan:.0}/s out, {index:.0}/s indexed"
    );
    println!("{file} bytes of file per row, the stream index included");
    Ok(())
}

fn fresh(dir: &std::path::Path) -> Result<Store, StoreError> {
    let (tenant, region, origin) = ("t".to_owned(), "r".to_owned(), "bench".to_owned());
    let created = Timestamp::from_secs(0);
    Store::open(dir, &Options::create(Meta { tenant, region, origin, epoch: 1, created }))
}

fn batch(rows: u64) -> Batch {
    let mut batch = Batch::new(Timestamp::from_secs(0));
    for seq in 1..=rows {
        let id = Id::from_bits(u128::from(seq) * 0x9e37_79b9_7f4a_7c15_f39c % (STREAMS << 64));
        let stream = StreamId { kind: StreamKind::Account, id };
        batch.entries.push(Entry::new(stream, seq, vec![b'e'; 500], vec![b'r'; 450]));
    }
    batch
}
