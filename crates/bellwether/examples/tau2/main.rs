//! How well the airline's and the bank's bundles decide, on tasks with a ground truth.
//!
//! - In: the folder that `TAU2_DATA` names; with `--sets DIR`, other tasks (`DIR/airline`,
//!   `DIR/banking_knowledge`) with their annotations (`DIR/annotations`).
//! - Out: shares, and every miss with what each request came to; with `--all`, every task.
//! - Never: writes anything.
//!
//! `cargo run -p bellwether --example tau2 -- [--sets DIR] [--all]`

#[path = "mod.rs"]
mod tau2;

use anyhow::{Result, bail};
use std::path::PathBuf;
use tau2::{Folders, SETS, ours, run};

fn main() -> Result<()> {
    let (mut sets, mut all) = (None, false);
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--sets") => sets = arguments.next().map(PathBuf::from),
            Some("--all") => all = true,
            _ => bail!("usage: tau2 [--sets DIR] [--all]"),
        }
    }
    let Some(data) = std::env::var_os("TAU2_DATA").map(PathBuf::from) else {
        println!("skipped: TAU2_DATA does not name the folder of the data sets");
        return Ok(());
    };
    let folders = match sets {
        Some(sets) => Folders { annotations: sets.join("annotations"), tasks: sets, data },
        None => Folders { annotations: ours().join("annotations"), tasks: data.clone(), data },
    };
    for set in SETS {
        match run(&folders, set)? {
            Some(total) => println!("{}", total.table(all)),
            None => println!("{}: no tasks in {}", set.0, folders.tasks.join(set.1).display()),
        }
    }
    Ok(())
}
