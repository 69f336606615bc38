//! How many signals a second of processor time are read from batches of 100 CloudEvents.

#![expect(clippy::unwrap_used, reason = "a bench is a test")]

use bellwether_adapters::cloudevents::{Intake, read};
use bellwether_core::{Timestamp, Trust};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

/// A usage signal, as product telemetry sends them by the thousand.
fn usage(nth: usize) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"u-{nth}","source":"product","type":"usage.changed","time":"2026-11-21T10:00:{:02}Z","data":{{"account":{{"external":"A-{}","system":"crm"}},"fields":{{"metric":"seats","value":{nth},"change":{{"ratio":-0.25}}}}}}}}"#,
        nth % 60,
        nth % 17
    )
}

/// A ticket with words of a customer.
fn ticket(nth: usize) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"t-{nth}","source":"product","type":"ticket.opened","time":"2026-11-21T10:00:{:02}Z","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":{{"account":{{"external":"A-{}","system":"crm","email":"p{nth}@company.example"}},"contact":"p{nth}@company.example","case":"{nth}","fields":{{"priority":"p1","status":"new","wants_human":true,"reopens":2,"amount":{{"money":"1200.50","currency":"EUR"}}}},"text":{{"subject":"Pump broken, second time this month","body":"{}"}}}}}}"#,
        nth % 60,
        nth % 17,
        "The pump is broken again. ".repeat(8)
    )
}

/// The processor time that this thread had, since others may be busy too.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

fn intake(bench: &mut Criterion) {
    let how = Intake {
        source: "product",
        trust: Trust::System,
        accepted: Timestamp::from_secs(1_795_255_200),
        own_domains: &[],
    };
    let headers = [("content-type", "application/cloudevents-batch+json")];
    for (name, event) in [("usage", usage as fn(usize) -> String), ("ticket", ticket)] {
        let body = format!("[{}]", (0..100).map(event).collect::<Vec<_>>().join(","));
        let mut group = bench.benchmark_group("intake");
        group.throughput(Throughput::Elements(100));
        group.bench_function(format!("{name}_{}_bytes", body.len() / 100), |bencher| {
            bencher.iter_custom(|times| {
                let before = processor_time();
                for _ in 0..times {
                    black_box(read(&headers, black_box(body.as_bytes()), &how).unwrap());
                }
                processor_time().saturating_sub(before)
            });
        });
        group.finish();
    }
}

criterion_group!(benches, intake);
criterion_main!(benches);
