//! The log's tree: appending in groups, and proofs from memory.

use bellwether_ledger::tree::{
    Edge, MemoryTree, check_inclusion, leaf_hash, prove_consistency, prove_inclusion,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Entries committed together.
const GROUP: u64 = 256;

/// Bytes of a usual record.
const ENTRY: usize = 300;

const SIZE: u64 = 1_000_000;

fn entry(number: u64) -> Vec<u8> {
    let mut entry = vec![b'x'; ENTRY];
    entry.splice(..8, number.to_be_bytes());
    entry
}

fn appends(criterion: &mut Criterion) {
    let entries: Vec<_> = (0..GROUP).map(entry).collect();
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::Elements(GROUP));
    group.bench_function("append 256 of 300 bytes: hashes to store, right edge, root", |bench| {
        let mut edge = Edge::over(&vec![leaf_hash(b""); 99_999]);
        let mut stored = Vec::with_capacity(1024);
        bench.iter(|| {
            stored.clear();
            for entry in &entries {
                edge.push(leaf_hash(entry), |node, hash| stored.push((node, hash)));
            }
            black_box((edge.root(), stored.len()))
        });
    });
    group.bench_function("append 256 of 300 bytes: tree in memory", |bench| {
        bench.iter_batched_ref(
            MemoryTree::default,
            |tree| {
                for entry in &entries {
                    tree.push(leaf_hash(entry));
                }
                black_box(tree.edge().root())
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn proofs(criterion: &mut Criterion) {
    let mut tree = MemoryTree::default();
    for number in 0..SIZE {
        tree.push(leaf_hash(&number.to_be_bytes()));
    }
    let root = tree.edge().root();
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::Elements(1));
    let mut at = 0;
    group.bench_function("prove inclusion, 1,000,000 in memory", |bench| {
        bench.iter(|| {
            at = (at + 7_919) % SIZE;
            black_box(prove_inclusion(&tree, at, SIZE))
        });
    });
    group.bench_function("prove consistency, 1,000,000 in memory", |bench| {
        bench.iter(|| {
            at = (at + 7_919) % SIZE;
            black_box(prove_consistency(&tree, at + 1, SIZE))
        });
    });
    let index = 123_456;
    let leaf = leaf_hash(&u64::to_be_bytes(index));
    let proof = prove_inclusion(&tree, index, SIZE).unwrap_or_default();
    group.bench_function("check inclusion, 1,000,000", |bench| {
        bench.iter(|| black_box(check_inclusion(&leaf, index, SIZE, &root, &proof)));
    });
    group.finish();
}

criterion_group!(benches, appends, proofs);
criterion_main!(benches);
