//! Events and records to bytes, and events back.

#![expect(clippy::unwrap_used, reason = "a bench is a test")]

use bellwether_core::effect::{Timer, TimerKind};
use bellwether_core::event::Seen;
use bellwether_core::record::{Decision, Record, Status};
use bellwether_core::signal::{MatchedBy, RawValue};
use bellwether_core::{
    AccountId, Body, Code, Digest, DocKey, Id, Origin, Ppm, StreamId, Timestamp, Trust,
};
use bellwether_ledger::{
    DraftBody, EventDraft, SignalDraft, decode_event, encode_event, write_record,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const AT: Timestamp = Timestamp::from_secs(1_767_225_600);

fn stream() -> StreamId {
    StreamId::account(AccountId(Id::from_bits(7)))
}

fn events(criterion: &mut Criterion) {
    let fields = [
        ("conf".to_owned(), RawValue::Int(868)),
        ("exec".to_owned(), RawValue::Bool(true)),
        ("intent".to_owned(), RawValue::Word("cancel".to_owned())),
        ("sentiment".to_owned(), RawValue::Ratio(Ppm::new(-420_000))),
    ];
    let draft = EventDraft {
        stream: stream(),
        at: AT,
        rules: Digest::of(b"rules"),
        origin: Origin::Live,
        epoch: 1,
        seen: Seen::Unasked,
        failed: false,
        via: None,
        body: DraftBody::Signal(SignalDraft {
            key: 1,
            content: 2,
            source: "desk",
            kind: "email.received",
            at: AT,
            known_at: AT,
            trust: Trust::Partner,
            doc: None,
            contact: None,
            matched_by: MatchedBy::External,
            fields: &fields,
            commitments: &[],
        }),
    };
    let bytes = encode_event(&draft).0;
    let mut group = criterion.benchmark_group("event");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("encode", |bencher| bencher.iter(|| encode_event(black_box(&draft))));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| decode_event(black_box(&bytes)).unwrap());
    });
    group.finish();
}

fn records(criterion: &mut Criterion) {
    let facts = [(Code::of("neg7"), AT), (Code::of("tier"), Timestamp::MIN)];
    let decision = Decision {
        graph: "support",
        doc: DocKey::Account,
        hit: &[1 << 40 | 5],
        unknown: &[0],
        rule: "R03-cancel-threat",
        node: "manager",
        outcome: "person",
        completeness: Ppm::ONE,
        confidence: None,
        certificate: None,
        trust: Trust::System,
        facts: &facts,
        overridden_by: None,
        owner: "support",
        supersedes: None,
        held_back_by: None,
        evidence: Some(Digest::of(b"evidence")),
    };
    let timer = Timer {
        doc: DocKey::Account,
        kind: TimerKind::Reevaluate,
        graph: Code::default(),
        generation: 3,
        due: AT,
    };
    let record = Record {
        stream: stream(),
        seq: 12,
        prev: Digest::of(b"before"),
        at: AT,
        stream_time: AT,
        event: Digest::of(b"event"),
        rules: Digest::of(b"rules"),
        engine: 1,
        shadow: false,
        origin: Origin::Live,
        epoch: 1,
        body: &Body::RulesActivated { rules: Digest::ZERO, preimage: String::new() },
        status: Status::Applied,
        why: None,
        decisions: &[decision],
        moves: &[],
        effects: &[],
        timers: &[timer],
    };
    let words = |code: Code| facts.iter().find(|(known, _)| *known == code).map(|_| "a.fact");
    let mut out = Vec::new();
    write_record(&record, &words, &mut out);
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Bytes(out.len() as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            write_record(black_box(&record), &words, &mut out);
        });
    });
    group.bench_function("digest", |bencher| bencher.iter(|| Digest::of(black_box(&out))));
    group.finish();
}

criterion_group!(benches, events, records);
criterion_main!(benches);
