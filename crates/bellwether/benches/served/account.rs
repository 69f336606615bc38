//! Everything about one account: whether the millionth signal costs more than the first.

use crate::house::{House, size};
use crate::load;
use anyhow::Result;
use serde_json::json;
use std::time::Instant;

const SIGNALS: usize = 1_000_000;
const BATCH: usize = 500;
/// Parts of equal size, each timed.
const PARTS: usize = 10;

pub(crate) fn run() -> Result<()> {
    let house = House::new("[intake]\nmost_waiting = 100000000\n", |_| {})?;
    let server = house.serve()?;
    let mut rates = Vec::new();
    for part in 0..PARTS {
        let begun = Instant::now();
        for batch in 0..SIGNALS / PARTS / BATCH {
            let first = part * (SIGNALS / PARTS) + batch * BATCH;
            let events = (first..first + BATCH).map(|nth| load::word(&format!("s{nth}"), "1"));
            server.send(&events.collect::<Vec<_>>())?;
        }
        server.drain()?;
        rates.push(((SIGNALS / PARTS) as f64 / begun.elapsed().as_secs_f64()).round());
    }
    let memory = server.memory()?;
    server.kill()?;
    let server = house.serve()?;
    let line = json!({
        "w": "ACCOUNT", "peer": "bellwether", "version": env!("CARGO_PKG_VERSION"),
        "signals": SIGNALS, "decided_per_s_by_tenth": rates, "rss_most_mb": memory.1,
        "ready_after_kill_s": server.ready.as_secs_f64(), "disk_mb": size(&house.data())? >> 20,
    });
    println!("{line}");
    server.end()
}
