//! Whom to trust: keys on the command line, as text or in files.

use crate::exit::Problems;
use anyhow::{Result, bail};
use bellwether_core::Problem;
use bellwether_ledger::note::{Trust, VerifierKey};
use std::path::Path;

/// Keys that somebody brings along.
#[derive(clap::Args)]
pub(crate) struct TrustArgs {
    /// A public key of the log, or a file with one a line. Without it the log's own word is taken for
    /// who signs it, which shows damage, and not an administrator who signed something else.
    #[arg(long, value_name = "KEY|FILE")]
    key: Vec<String>,
    /// A public key of a witness, or a file with one a line.
    #[arg(long, value_name = "KEY|FILE")]
    witness: Vec<String>,
    /// How many witnesses must have signed; all that are named if it is not said.
    #[arg(long, value_name = "N")]
    quorum: Option<usize>,
}

impl TrustArgs {
    /// The keys of the log that were brought along, if any were.
    pub(super) fn brought(&self) -> bool {
        !self.key.is_empty()
    }

    /// What is trusted about a log; `own` is its own word for who signs it.
    pub(super) fn over(&self, own: Trust) -> Result<Trust> {
        let log_keys = if self.brought() { read_all(&self.key)? } else { own.log_keys };
        let witnesses = read_all(&self.witness)?;
        let needed = self.quorum.unwrap_or(witnesses.len());
        if needed > witnesses.len() {
            let message = format!("{needed} witnesses must sign and {} are named", witnesses.len());
            let problem = Problem::new("log-quorum", message);
            return Err(Problems(vec![problem.help("name each with `--witness`")]).into());
        }
        Ok(Trust { origin: own.origin, log_keys, witnesses, needed })
    }
}

/// Public keys, as text or in files with one a line.
pub(crate) fn read_all(named: &[String]) -> Result<Vec<VerifierKey>> {
    let mut keys = Vec::new();
    for named in named {
        if Path::new(named).is_file() {
            for line in std::fs::read_to_string(named)?.lines().filter(|line| !line.is_empty()) {
                keys.push(read(line)?);
            }
        } else if named.contains('+') {
            keys.push(read(named)?);
        } else {
            let problem = Problem::new("note-key", format!("there is no file `{named}`"));
            let help =
                "give a file with one key a line, or a key: `bellwether log show` prints the log's";
            bail!(Problems(vec![problem.help(help)]))
        }
    }
    Ok(keys)
}

fn read(text: &str) -> Result<VerifierKey> {
    match text.trim().parse() {
        Ok(key) => Ok(key),
        Err(error) => {
            let problem = Problem::new("note-key", format!("`{text}`: {error}"));
            bail!(Problems(vec![problem.help(
                "a key looks like `name+1a2b3c4d+AW9...`; `bellwether log show` prints the log's"
            )]))
        }
    }
}
