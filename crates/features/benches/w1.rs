//! W1 features: nanoseconds to fold a signal into its account and to read all facts.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench is a test"
)]

#[path = "../tests/w1/mod.rs"]
mod w1;

use bellwether_core::{Duration, Rates};
use bellwether_expr::Scope;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Nanoseconds that this thread has run; on a busy machine the clock on the wall says little.
fn on_cpu() -> u64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    spent.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

fn fold_and_read(criterion: &mut Criterion) {
    let Some(folder) = w1::folder() else { return };
    let set = w1::set();
    let signals = w1::signals(&folder, 200_000);
    let accounts = w1::accounts(&folder, signals[0].1.at);
    let rates = Rates::new("EUR".parse().unwrap());
    let lateness = Duration::from_days(7);
    let fresh = |registers: &mut _| {
        let open = |known: &bellwether_core::Signal| {
            let mut state = set.new_state(Scope::Account);
            set.fold_with(registers, &mut state, known, known.at, lateness, &rates);
            state
        };
        accounts.iter().map(open).collect::<Vec<_>>()
    };
    for round in 0..5 {
        let (mut registers, mut reading) = (set.registers(), set.reading());
        let mut cost = [0, 1].map(|reads| {
            let mut states = fresh(&mut registers);
            let before = on_cpu();
            for (account, signal) in &signals {
                let state = &mut states[*account];
                set.fold_with(&mut registers, state, signal, signal.at, lateness, &rates);
                if reads == 1 {
                    set.read(state, None, Some(signal), signal.at, &rates, &mut reading);
                }
            }
            (on_cpu() - before) / signals.len() as u64
        });
        cost[1] -= cost[0].min(cost[1]);
        eprintln!("round {round}: CPU ns a signal: fold {}, read {}", cost[0], cost[1]);
    }
    let mut group = criterion.benchmark_group("w1");
    group.sample_size(10).throughput(Throughput::Elements(signals.len() as u64));
    for (name, reads) in [("fold", false), ("fold and read", true)] {
        let (mut registers, mut reading) = (set.registers(), set.reading());
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || fresh(&mut set.registers()),
                |states| {
                    for (account, signal) in &signals {
                        let state = &mut states[*account];
                        set.fold_with(&mut registers, state, signal, signal.at, lateness, &rates);
                        if reads {
                            set.read(state, None, Some(signal), signal.at, &rates, &mut reading);
                        }
                    }
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    let mut states = fresh(&mut set.registers());
    let mut reading = set.reading();
    let last = signals[signals.len() - 1].1.clone();
    group.throughput(Throughput::Elements(1)).sample_size(100);
    group.bench_function("read one account again", |bencher| {
        bencher.iter(|| set.read(&mut states[0], None, Some(&last), last.at, &rates, &mut reading));
    });
    group.finish();
}

criterion_group!(benches, fold_and_read);
criterion_main!(benches);
