//! A backup while signals come, and a restore of it in a fresh folder: what was lost, and seconds.
//!
//! One sender, so that the journal has its signals in the order sent: as many as the copy holds are the
//! first ones.

use crate::house::House;
use crate::load;
use anyhow::{Result, ensure};
use bellwether_store::{Options, Store};
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// Signals there are before the backup begins.
const BEFORE: usize = 200_000;
const BATCH: usize = 100;

pub(crate) fn run() -> Result<()> {
    let house = House::new("[intake]\nmost_waiting = 100000000\n", |_| {})?;
    let server = house.serve()?;
    let (acknowledged, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (at_begin, at_end, backup) = std::thread::scope(|scope| -> Result<_> {
        let sender = scope.spawn(|| -> Result<()> {
            let mut next = 0;
            while !stop.load(Ordering::Relaxed) {
                let event =
                    |nth: usize| load::word(&format!("b{nth}"), &(nth % 20_000).to_string());
                server.send(&(next..next + BATCH).map(event).collect::<Vec<_>>())?;
                next += BATCH;
                acknowledged.store(next as u64, Ordering::Release);
                // Not faster than it is decided: the copy is of a server that keeps up.
                if next % 10_000 == 0 && next < BEFORE {
                    server.drain()?;
                }
            }
            Ok(())
        });
        let copied = (|| -> Result<_> {
            server.until("there is enough", |_| {
                Ok(acknowledged.load(Ordering::Acquire) >= BEFORE as u64 || sender.is_finished())
            })?;
            let (at_begin, begun) = (acknowledged.load(Ordering::Acquire), Instant::now());
            house.say(&["backup", "copy", "--keys", "copy-keys"])?;
            Ok((at_begin, acknowledged.load(Ordering::Acquire), begun.elapsed()))
        })();
        stop.store(true, Ordering::Relaxed);
        sender.join().map_err(|_| anyhow::anyhow!("the sender broke off"))??;
        copied
    })?;
    server.kill()?;
    let lost_most = acknowledged.into_inner();
    std::fs::rename(house.data(), house.path("gone"))?;
    // The master key is in no backup: its owner keeps it.
    std::fs::create_dir(house.data())?;
    std::fs::copy(house.path("gone/master.key"), house.data().join("master.key"))?;
    let begun = Instant::now();
    house.say(&["restore", "copy", "--keys", "copy-keys"])?;
    let restored = begun.elapsed();
    let server = house.serve()?;
    server.drain()?;
    let usable = begun.elapsed();
    server.end()?;
    let kept = signals(&house)?;
    ensure!(
        kept >= at_begin,
        "{kept} of {at_begin} that were acknowledged before the backup began"
    );
    house.say(&["log", "verify"])?;
    let line = json!({
        "w": "BACKUP", "peer": "bellwether", "version": env!("CARGO_PKG_VERSION"),
        "acknowledged_before_backup": at_begin, "acknowledged_during_backup": at_end - at_begin,
        "acknowledged_in_all": lost_most, "kept": kept, "lost_from_before": at_begin.saturating_sub(kept),
        "lost_from_after_it_began": lost_most - kept, "backup_s": backup.as_secs_f64(),
        "restore_s": restored.as_secs_f64(), "serving_again_s": usable.as_secs_f64(),
    });
    println!("{line}");
    Ok(())
}

/// How many signals the journal counts.
fn signals(house: &House) -> Result<u64> {
    let store = Store::open(house.data(), &Options::read_only())?;
    let mut count = 0;
    store.scan(1, |row| {
        let record = String::from_utf8_lossy(row.record);
        let counted = ["applied", "late"]
            .iter()
            .any(|word| record.contains(&format!("\"status\":\"{word}\"")));
        count += u64::from(counted && record.contains("\"kind\":\"signal\""));
        ControlFlow::Continue(())
    })?;
    Ok(count)
}
