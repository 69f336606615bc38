//! What a demo folder holds: a company of one seed and size, whole or not.

use super::DemoArgs;
use crate::exit::Problems;
use anyhow::{Context as _, Result};
use bellwether_core::Problem;
use std::fs;
use std::path::Path;

const MARK: &str = "demo-company";

/// Makes room for a company: what an interrupted demo left is made anew, and another company is not
/// written over.
pub(super) fn begin(folder: &Path, args: &DemoArgs) -> Result<()> {
    let wanted = company(args);
    match fs::read_to_string(folder.join(MARK)) {
        Ok(held) if held == wanted => Ok(()),
        Ok(held) => {
            let message = format!("{} holds another company ({})", folder.display(), held.trim());
            let help = "name another folder with `--data DIR`, or remove this one";
            Err(Problems(vec![Problem::new("demo-other", message).help(help)]).into())
        }
        Err(_) => {
            for desk in ["prospects", "customers"] {
                let desk = folder.join(desk);
                // Only what a demo made: its keys come from a seed.
                if desk.join("seed-not-secret").exists() {
                    fs::remove_dir_all(&desk)
                        .with_context(|| format!("cannot remove {}", desk.display()))?;
                }
            }
            Ok(())
        }
    }
}

/// The company is there as a whole.
pub(super) fn complete(folder: &Path, args: &DemoArgs) -> Result<()> {
    let mark = folder.join(MARK);
    fs::write(&mark, company(args)).with_context(|| format!("cannot write {}", mark.display()))
}

fn company(args: &DemoArgs) -> String {
    let DemoArgs { seed, accounts, signals, days, .. } = args;
    format!("seed {seed}, {accounts} accounts, {signals} signals, {days} days\n")
}
