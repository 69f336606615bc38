//! `log`: the tamper-evident log, signed, searched, proved and checked.
//!
//! - In: a data directory, or a folder that was exported from one.
//! - Out: checkpoints, folders and proofs that others check with their own tools; findings.
//! - Never: needs more than a folder and public keys to check a log; repairs anything.

mod check;
pub(crate) mod checkpoint;
pub(crate) mod prove;
mod search;
mod serve;
pub(crate) mod show;
mod trust;
mod verify;

pub(super) use trust::read_all as read_keys;

use super::Format;
use super::context::{Context, now};
use crate::exit::{Exit, Failure, Problems};
use crate::progress;
use crate::table::thousands;
use anyhow::Result;
use bellwether_core::Problem;
use bellwether_runtime::log::{self, LogError};
use bellwether_store::{Epoch, View};
use serde_json::json;
use std::path::PathBuf;

/// What to do with the log.
#[derive(clap::Subcommand)]
pub(crate) enum LogCommand {
    /// The epochs of the log, their keys, and how far each is signed.
    Show,
    /// Sign what is there now, and have witnesses co-sign it.
    Checkpoint(checkpoint::CheckpointArgs),
    /// Check all of it: every record, hash and signature, and what belongs to the records.
    Verify(verify::VerifyArgs),
    /// Records by person, rule, role, verdict and time.
    Search(search::SearchArgs),
    /// The proof that a record is in the log, for somebody who has nothing else of it.
    Prove(prove::ProveArgs),
    /// Check a record and its proof, without the log.
    Check(check::CheckArgs),
    /// Write the log as files that any web server carries and others' tools verify.
    Export(ExportArgs),
    /// Serve checkpoint and tiles over HTTP, to be read by anybody's tools.
    Serve(serve::ServeArgs),
    /// Let another key sign the log; the old one signs beside it for 30 days.
    RotateKey(RotateArgs),
}

/// Where to write the log.
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// The folder; one that holds an earlier part of the same log is brought up to date.
    folder: PathBuf,
    /// Another epoch than the newest one.
    #[arg(long, value_name = "N")]
    epoch: Option<u64>,
}

/// Whether it is meant.
#[derive(clap::Args)]
pub(crate) struct RotateArgs {
    /// Do it. Whoever checks the log must be given the new key.
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(context: &Context, command: &LogCommand) -> Result<Exit> {
    match command {
        LogCommand::Show => show::run(context),
        LogCommand::Checkpoint(args) => checkpoint::run(context, args),
        LogCommand::Verify(args) => verify::run(context, args),
        LogCommand::Search(args) => search::run(context, args),
        LogCommand::Prove(args) => prove::run(context, args),
        LogCommand::Check(args) => check::run(context, args),
        LogCommand::Export(args) => export(context, args),
        LogCommand::Serve(args) => serve::run(context, args),
        LogCommand::RotateKey(args) => rotate(context, args),
    }
}

fn export(context: &Context, args: &ExportArgs) -> Result<Exit> {
    let store = context.read()?;
    let epoch = epoch(&store, args.epoch)?;
    let quorum = checkpoint::quorum(context)?;
    let kept = log::published(&store, epoch.number, quorum).map_err(failed)?;
    let bar = progress::counter("files");
    let done = log::export(&store, &epoch, &kept, &args.folder, || bar.inc(1));
    bar.finish_and_clear();
    let done = done.map_err(failed)?;
    match context.format {
        Format::Text => {
            let folder = args.folder.display();
            println!(
                "{folder}: {} records of {}, {} of them new; {} files written",
                thousands(done.entries),
                epoch.origin,
                thousands(done.new),
                thousands(done.files)
            );
            println!("check it: bellwether log verify {folder}");
        }
        Format::Json => println!(
            "{}",
            json!({"origin": epoch.origin, "entries": done.entries, "new": done.new, "files": done.files})
        ),
    }
    Ok(Exit::Fine)
}

fn rotate(context: &Context, args: &RotateArgs) -> Result<Exit> {
    if !args.yes {
        let message = "another key would sign the log from here on";
        let help = "repeat with `--yes`, and give the new key to whoever checks the log";
        return Err(Problems(vec![Problem::new("log-rotate-unsure", message).help(help)]).into());
    }
    let new = context.open()?.rotate_log_key(now()).map_err(Failure::drive)?;
    match context.format {
        Format::Text => println!("{new}"),
        Format::Json => println!("{}", json!({"key": new})),
    }
    Ok(Exit::Fine)
}

/// The epoch that somebody means: the newest one if they do not say.
fn epoch(store: &View, number: Option<u64>) -> Result<Epoch> {
    let mut epochs = store.epochs().map_err(|error| failed(error.into()))?;
    let found = match number {
        None => epochs.pop(),
        Some(number) => epochs.into_iter().find(|epoch| epoch.number == number),
    };
    found.ok_or_else(|| {
        let which = number.map_or_else(String::new, |number| format!(" {number}"));
        let problem = Problem::new("log-no-epoch", format!("the log has no epoch{which}"));
        Problems(vec![problem.help("`bellwether log show` lists them")]).into()
    })
}

fn failed(error: LogError) -> anyhow::Error {
    Failure::drive(error.into()).into()
}
