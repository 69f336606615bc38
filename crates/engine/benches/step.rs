//! One step with and without a decision, and a stream's state to bytes and back.

#![expect(clippy::unwrap_used, reason = "a bench is a test")]

use bellwether_core::{Envelope, Origin};
use bellwether_engine::{RuleBook, Rules, Scratch, StreamState, step};
use bellwether_testkit::{happens, stream};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

const DAY: i64 = 86_400;

/// Three angry chats of an account call its lead.
fn bundle() -> Arc<Rules> {
    let files = [
        (
            "bundle.yaml",
            "bundle: bench\nversion: 1.0.0\nowner: support\ncurrency: EUR\nlateness: 7d\nmode: enforce\n",
        ),
        (
            "facts.yaml",
            "facts:\n  account.vip: {type: bool, from: firmographics.updated.strategic, default: false}\n",
        ),
        (
            "features.yaml",
            "features:\n  angry_7d: {count: chat.message, where: \"sentiment < -0.4\", window: 7d}\n  \
             chats_30d: {count: chat.message, window: 30d}\n  \
             mood: {decayed_mean: sentiment, of: chat.message, half_life: 7d}\n",
        ),
        ("people.yaml", "roles: {lead: [lead-1]}\npeople:\n  lead-1: {name: L}\nalways: lead\n"),
        (
            "routing/account.yaml",
            "graph: outreach\nsubject: account\nowner: success\nstart: look\nnodes:\n  \
             look: {kind: decide, unknown: lead}\n  lead: {kind: human, role: lead, level: 1, ack: 4h}\n  \
             nothing: {kind: end}\nrules:\n  \
             - {id: three-angry, from: look, to: lead, when: \"angry_7d >= 3 && (account.vip || mood < -0.2)\"}\n  \
             - {id: else, from: look, to: nothing, otherwise: true}\n",
        ),
    ];
    let files: BTreeMap<String, String> =
        files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    Arc::new(Rules::compose(files).map_err(|problems| format!("{problems:?}")).unwrap())
}

/// A stream that has lived for 60 days, and chats that come after.
fn lived(rules: &Rules, book: &RuleBook) -> (StreamState, Vec<Envelope>) {
    let chat = |nth: i64| {
        let mood = if nth % 3 == 0 { -600_000 } else { 200_000 };
        let chat = happens("chat.message", 20_000 * DAY + nth * DAY / 4).ppm("sentiment", mood);
        let at = chat.at;
        chat.event_at(rules.digest(), at, Origin::Live).1
    };
    let (mut state, mut scratch) = (StreamState::new(stream(1)), Scratch::default());
    for nth in 0..240 {
        step(&mut state, &chat(nth), book, &mut scratch).unwrap();
    }
    (state, (240..272).map(chat).collect())
}

fn steps(criterion: &mut Criterion) {
    let rules = bundle();
    let book = RuleBook::of(Arc::clone(&rules));
    let (state, chats) = lived(&rules, &book);
    let mut scratch = Scratch::default();
    let mut group = criterion.benchmark_group("step");
    for (name, again) in [("32 signals, decided", false), ("32 repeats, not decided", true)] {
        let mut before = state.clone();
        for chat in chats.iter().filter(|_| again) {
            step(&mut before, chat, &book, &mut scratch).unwrap();
        }
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || before.clone(),
                |state| {
                    for chat in &chats {
                        black_box(step(state, chat, &book, &mut scratch).unwrap());
                    }
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.bench_function("state to bytes", |bencher| {
        bencher.iter(|| black_box(&state).to_bytes(&book).unwrap());
    });
    let bytes = state.to_bytes(&book).unwrap();
    group.bench_function("state from bytes", |bencher| {
        bencher.iter(|| StreamState::from_bytes(black_box(&bytes), &book).unwrap());
    });
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
