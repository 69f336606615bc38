//! Ten times too much: a cap of 1,000 signals a second, 10,000 signals a second for a minute, ten a
//! request, sent on time whether or not earlier ones were answered (an open loop). Latency counts from the planned instant.

use crate::house::{House, Server};
use crate::load;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CAP: u64 = 1_000;
const RATE: u64 = 10_000;
const LASTS: Duration = Duration::from_secs(60);
/// Connections; each sends when its turn comes, so this bounds how many answers may be outstanding.
const SENDERS: u64 = 32;
/// Signals of a request: two cores cannot send and refuse 10,000 requests a second.
const EACH: u64 = 10;

/// What became of requests, by status; 0 is no answer. Microseconds each.
type Told = BTreeMap<u16, Vec<u64>>;

pub(crate) fn run() -> Result<()> {
    let house = House::new(&format!("[intake]\nper_second = {CAP}\n"), |_| {})?;
    let server = house.serve()?;
    server.send(&[load::word("before", "1")])?;
    let (before, cpu, ids) = (server.memory()?.0, server.cpu()?, AtomicU64::new(0));
    let begun = Instant::now() + Duration::from_millis(100);
    let told = std::thread::scope(|scope| {
        let sender = |nth| {
            scope.spawn({
                let (server, ids) = (&server, &ids);
                move || send(server, ids, begun, nth)
            })
        };
        let senders: Vec<_> = (0..SENDERS).map(sender).collect();
        let told = senders.into_iter().filter_map(|sender| sender.join().ok());
        told.fold(Told::new(), |mut all, own| {
            own.into_iter()
                .for_each(|(status, times)| all.entry(status).or_default().extend(times));
            all
        })
    });
    let took = begun.elapsed();
    let during = server.memory()?;
    // A sender that was refused is taken again from here.
    let word = [load::word("after", "1")];
    let recovered = Instant::now();
    server.send(&word)?;
    let recovered = recovered.elapsed();
    let drained = server.drain()?;
    let statuses: BTreeMap<_, _> = told
        .into_iter()
        .map(|(status, mut times)| {
            times.sort_unstable();
            let at = |per_mille: usize| {
                let place = (times.len() * per_mille / 1000).min(times.len().saturating_sub(1));
                times.get(place).copied().unwrap_or_default() as f64 / 1e3
            };
            let told =
                json!({"signals": times.len() as u64 * EACH, "p50_ms": at(500), "p99_ms": at(990), "max_ms": at(1000)});
            (status.to_string(), told)
        })
        .collect();
    let line = json!({
        "w": "OVERLOAD", "peer": "bellwether", "version": env!("CARGO_PKG_VERSION"),
        "cap_per_s": CAP, "sent_per_s": ids.into_inner() as f64 / took.as_secs_f64(),
        "seconds": took.as_secs_f64(), "statuses": statuses,
        "server_cpu_s": server.cpu()? - cpu,
        "rss_before_mb": before, "rss_most_mb": during.1, "rss_after_mb": server.memory()?.0,
        "recovered_ms": recovered.as_secs_f64() * 1e3, "drained_ms": drained.as_secs_f64() * 1e3,
    });
    println!("{line}");
    server.end()
}

fn send(server: &Server, ids: &AtomicU64, begun: Instant, nth: u64) -> Told {
    let (agent, url, bearer) = server.sender();
    let mut told = Told::new();
    let pause = Duration::from_secs(SENDERS * EACH) / u32::try_from(RATE).unwrap_or(u32::MAX);
    let mut planned = begun + pause.mul_f64(nth as f64 / SENDERS as f64);
    while planned < begun + LASTS {
        std::thread::sleep(planned.saturating_duration_since(Instant::now()));
        let first = ids.fetch_add(EACH, Ordering::Relaxed);
        let event = |id: u64| load::word(&format!("o{id}"), &(id % 1_000).to_string());
        let body = Value::from((first..first + EACH).map(event).collect::<Vec<_>>()).to_string();
        let request = agent.post(&url).header("authorization", &bearer);
        let request = request.header("content-type", "application/cloudevents-batch+json");
        let status = request.send(body.as_bytes()).map_or(0, |mut answer| {
            drop(answer.body_mut().read_to_vec());
            answer.status().as_u16()
        });
        let micros = u64::try_from(planned.elapsed().as_micros()).unwrap_or(u64::MAX);
        told.entry(status).or_default().push(micros);
        planned += pause;
    }
    told
}
