//! `log check`: a record and its proof, against keys that somebody brought along.

use super::trust::TrustArgs;
use crate::cli::Format;
use crate::cli::context::{Context, read_file};
use crate::exit::{Exit, Problems};
use anyhow::Result;
use bellwether_core::Problem;
use bellwether_ledger::note::{Checkpoint, ProofFile, Trust};
use bellwether_ledger::tree::leaf_hash;
use serde_json::json;
use std::path::PathBuf;

/// What to check.
#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// The record, byte for byte.
    record: PathBuf,
    /// Its proof.
    proof: PathBuf,
    /// The log that it must be of; without it any log that the key signs for.
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
}

pub(super) fn run(context: &Context, args: &CheckArgs) -> Result<Exit> {
    if !args.trust.brought() {
        let problem =
            Problem::new("log-no-key", "a proof is worth what its key is worth: name one");
        let help = "`--key` takes the log's public key, from somebody whom you trust";
        return Err(Problems(vec![problem.help(help)]).into());
    }
    let record = read_file(&args.record)?;
    let proof = ProofFile::parse(&read_file(&args.proof)?);
    let checked = proof.and_then(|proof| {
        let text: Checkpoint =
            proof.checkpoint.text().parse().map_err(bellwether_ledger::note::TrustError::from)?;
        Ok((proof, text.origin))
    });
    let (proof, origin) = match checked {
        Ok(found) => found,
        Err(error) => {
            let message = format!("{}: {error}", args.proof.display());
            let exit = refuse(context, error.code(), &message);
            eprintln!(
                "help: give the record, then the proof, as `bellwether log prove` wrote them"
            );
            return Ok(exit);
        }
    };
    let origin = args.origin.clone().unwrap_or(origin);
    let own = Trust { origin, log_keys: Vec::new(), witnesses: Vec::new(), needed: 0 };
    let trust = args.trust.over(own)?;
    match proof.check(&leaf_hash(&record), &trust) {
        Ok(opened) => {
            let head = opened.checkpoint.head;
            match context.format {
                Format::Text => println!(
                    "entry {} (the first is 0) of {} in {}, signed by {} and {} witnesses",
                    proof.index,
                    head.size,
                    trust.origin,
                    opened.log.first().map_or("nobody", |signed| signed.key.name()),
                    opened.witnesses.len()
                ),
                Format::Json => println!(
                    "{}",
                    json!({
                        "index": proof.index, "size": head.size, "origin": trust.origin,
                        "witnesses": opened.witnesses.len(),
                    })
                ),
            }
            Ok(Exit::Fine)
        }
        Err(error) => Ok(refuse(context, error.code(), &error.to_string())),
    }
}

fn refuse(context: &Context, code: &str, message: &str) -> Exit {
    match context.format {
        Format::Text => println!("not proved: {message} [{code}]"),
        Format::Json => println!("{}", json!({"code": code, "message": message})),
    }
    Exit::Findings
}
