//! A start after a crash with 1,000,000 signals and 100,000 open deadlines, and another one once all
//! of the deadlines have passed: seconds to ready, and that each fires once.

use crate::house::{House, size};
use crate::load;
use anyhow::{Result, ensure};
use bellwether_core::effect::TimerKind;
use bellwether_core::{Body, StreamId};
use bellwether_ledger::decode_event;
use bellwether_store::{Options, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

const SIGNALS: usize = 1_000_000;
const ACCOUNTS: usize = 100_000;
const BATCH: usize = 500;
/// How long somebody has to answer; filling must be done before.
const ACK: Duration = Duration::from_secs(300);

pub(crate) fn run() -> Result<()> {
    let scale = std::env::var("SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (signals, accounts, ack) = (SIGNALS / scale, ACCOUNTS / scale, ACK / u32::try_from(scale)?);
    let seconds = format!("ack: {}s", ack.as_secs());
    let house = House::new("[intake]\nmost_waiting = 100000000\n", |files| {
        files.values_mut().for_each(|text| *text = text.replace("ack: 8h", &seconds));
    })?;
    let server = house.serve()?;
    let filled = Instant::now();
    let mut batch: Vec<Value> = Vec::with_capacity(BATCH);
    // Everybody's serious ticket comes last: its deadline is open when the server dies.
    for nth in 0..signals {
        let account = (nth % accounts).to_string();
        batch.push(match nth + accounts < signals {
            true => load::word(&format!("s{nth}"), &account),
            false => load::ticket(&format!("s{nth}"), &account),
        });
        if batch.len() == BATCH || nth + 1 == signals {
            server.send(&batch)?;
            batch.clear();
        }
    }
    server.drain()?;
    let asked = Instant::now();
    let (filled, memory) = (filled.elapsed(), server.memory()?);
    server.kill()?;
    let server = house.serve()?;
    let ready = server.ready;
    ensure!(asked.elapsed() < ack / 2, "it took too long: deadlines have passed already");
    server.kill()?;
    std::thread::sleep(
        (asked + ack + Duration::from_secs(1)).saturating_duration_since(Instant::now()),
    );
    let server = house.serve()?;
    let (overdue, begun) = (server.ready, Instant::now());
    let all = accounts as f64;
    server.until("all deadlines fired", |server| {
        Ok(server.metric("bellwether_timers_fired_total")? >= all)
    })?;
    let fired = overdue + begun.elapsed();
    let after = server.memory()?;
    server.end()?;
    let fired_times = deadlines(&house)?;
    ensure!(fired_times.len() == accounts, "{} of {accounts} deadlines fired", fired_times.len());
    let once = fired_times.values().filter(|times| **times == 1).count();
    ensure!(once == accounts, "{} deadlines fired more than once", accounts - once);
    let line = json!({
        "w": "RESTART", "peer": "bellwether", "version": env!("CARGO_PKG_VERSION"),
        "signals": signals, "deadlines": accounts, "fill_s": filled.as_secs_f64(),
        "ready_s": ready.as_secs_f64(), "ready_overdue_s": overdue.as_secs_f64(),
        "all_fired_s": fired.as_secs_f64(), "fired": fired_times.len(), "fired_once": once,
        "rss_filled_mb": memory.0, "rss_after_mb": after.0, "disk_mb": size(&house.data())? >> 20,
    });
    println!("{line}");
    Ok(())
}

/// How often each deadline fired.
fn deadlines(house: &House) -> Result<BTreeMap<(StreamId, String), u64>> {
    let store = Store::open(house.data(), &Options::read_only())?;
    let mut fired = BTreeMap::new();
    store.scan(1, |row| {
        if let Ok(event) = decode_event(row.event)
            && matches!(event.body, Body::Timer { kind: TimerKind::Deadline, .. })
        {
            *fired.entry((row.stream, format!("{:?}", event.body))).or_default() += 1;
        }
        ControlFlow::Continue(())
    })?;
    Ok(fired)
}
