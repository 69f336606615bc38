//! The server under load, as its senders and its operator see it.
//!
//! - In: a workload by its name; for `w6` the benchmark's data in the folder that `PEERS_DATA` names, and
//!   `wrk` on the path; with `PEERS_BENCH`, the folder of the peers' benchmark, the peers run as well.
//! - Out: a line of JSON for each figure; rates per CPU second of the server's process where they say so.
//! - Never: counts a request that was not answered with 202.
//!
//! `cargo bench -p bellwether --bench served -- w6 | overload | restart | backup | account`

mod account;
mod backup;
mod house;
mod load;
mod overload;
mod restart;
mod w6;

use anyhow::Result;

#[path = "../../examples/peers/bundle.rs"]
#[expect(dead_code, reason = "W1 also measures other rules")]
mod bundle;

fn main() -> Result<()> {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    match words.first().map(String::as_str) {
        Some("w6") => w6::run(),
        Some("overload") => overload::run(),
        Some("restart") => restart::run(),
        Some("backup") => backup::run(),
        Some("account") => account::run(),
        _ => {
            println!("skipped: say which: w6, overload, restart, backup or account");
            Ok(())
        }
    }
}
