//! Whom to trust: keys on the command line, as text or in files.

use crate::exit::Problems;
use anyhow::{Result, bail};
use bellwether_core::Problem;
use bellwether_ledger::note::{Trust, VerifierKey, is_secret};
use std::path::Path;
use zeroize::Zeroizing;

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
            let text = Zeroizing::new(std::fs::read_to_string(named)?);
            for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
                if is_secret(line) {
                    let message = format!("{named} holds a secret key");
                    let help = format!("name the public one: {named}.pub");
                    bail!(Problems(vec![Problem::new("note-key", message).help(help)]))
                }
                keys.push(read(line, &format!("line {} of {named}", index + 1))?);
            }
        } else if is_secret(named) {
            let problem = Problem::new("note-key", "a secret key stands on the command line");
            let help = "make a new one, and name its public half: a file that ends with .pub";
            bail!(Problems(vec![problem.help(help)]))
        } else if named.contains('+') {
            keys.push(read(named, "the key on the command line")?);
        } else {
            let problem = Problem::new("note-key", format!("there is no file `{named}`"));
            let help =
                "give a file with one key a line, or a key: `bellwether log show` prints the log's";
            bail!(Problems(vec![problem.help(help)]))
        }
    }
    Ok(keys)
}

/// A key; what cannot be read is named by where it stands and never repeated, because it may be a secret.
fn read(text: &str, stands: &str) -> Result<VerifierKey> {
    match text.trim().parse() {
        Ok(key) => Ok(key),
        Err(error) => {
            let problem = Problem::new("note-key", format!("{stands}: {error}"));
            bail!(Problems(vec![problem.help(
                "a key looks like `name+1a2b3c4d+AW9...`; `bellwether log show` prints the log's"
            )]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_key_is_never_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ann.key");
        let named = file.to_str().unwrap().to_owned();
        let secret = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k";
        let private = format!("PRIVATE+KEY+ann+1a2b3c4d+{secret}");
        let shown = |error: anyhow::Error| error.to_string();
        for (text, said) in [
            (secret, "ann.key.pub"),
            (private.as_str(), "ann.key.pub"),
            (secret.get(..40).unwrap(), "line 1 of"),
            ("ann+00000000+q83vASNF", "line 1 of"),
        ] {
            std::fs::write(&file, format!("{text}\n")).unwrap();
            let found = shown(read_all(std::slice::from_ref(&named)).unwrap_err());
            assert!(found.contains("[note-key]") && found.contains(said), "{text}: {found}");
            assert!(!found.contains("q83vASNF"), "{found}");
        }
        for text in [secret, &private] {
            let found = shown(read_all(&[text.to_owned()]).unwrap_err());
            assert!(found.contains("secret key") && !found.contains("q83vASNF"), "{found}");
        }
    }
}
