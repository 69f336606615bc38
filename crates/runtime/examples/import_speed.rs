//! How long it takes to feed signals into a data directory that already knows their accounts.
//!
//! `cargo run -p bellwether-runtime --example import_speed -- 100000 20000`
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on must stop")]

#[path = "../tests/common/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::Origin;
use bellwether_runtime::embedded::{BATCH, Embedded};
use std::time::Instant;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let signals = numbers.next().unwrap_or(100_000);
    let accounts = numbers.next().unwrap_or(20_000);
    let dir = tempfile::tempdir().unwrap();
    let mut driver = common::create(dir.path());
    feed(&mut driver, "new accounts", 1, signals, accounts);
    drop(driver);
    let mut driver = common::reopen(dir.path());
    feed(&mut driver, "known accounts", 2, signals, accounts);
}

fn feed(driver: &mut Embedded, what: &str, round: i64, signals: u64, accounts: u64) {
    let days = 20;
    let mut history = common::history(round as u64, accounts, signals, days);
    for raw in &mut history {
        raw.at = raw.at.plus(bellwether_core::Duration::from_days(days * round));
        raw.id = format!("{round}-{}", raw.id);
    }
    let start = Instant::now();
    for raw in &history {
        driver.take(raw, Origin::History, raw.at).unwrap();
        if driver.waiting() >= BATCH {
            driver.commit().unwrap();
        }
    }
    driver.commit().unwrap();
    driver.write_behind().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {signals} signals of {accounts} accounts in {seconds:.1} s");
}
