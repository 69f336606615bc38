//! `backup` and `restore`: copies of the data, of the keys apart, and going on from one.
//!
//! - In: a data directory that may be in use; a folder with a copy.
//! - Out: a consistent copy; a data directory whose log goes on in a new epoch.
//! - Never: puts data and keys in one folder; overwrites a data directory; brings an erased person back:
//!   keys that are in place stay.

use super::Format;
use super::context::{Context, now};
use crate::exit::{Exit, Failure, Problems};
use crate::table::thousands;
use anyhow::{Context as _, Result};
use bellwether_core::Problem;
use bellwether_ledger::note::{Checkpoint as Text, Note};
use bellwether_runtime::DriveError;
use bellwether_runtime::log::{Restored, begin_epoch};
use bellwether_store::{BACKUP_FILES, Checkpoint};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Where copies go.
#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// The folder for the copy of the data; a new one for each backup.
    folder: PathBuf,
    /// Also copy the keys, to another folder. Keep these copies apart and for 30 days at most: an older
    /// one brings people back who were erased since.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

/// Where a copy comes from.
#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// The folder with the copy of the data.
    #[arg(required_unless_present = "in_place", conflicts_with = "in_place")]
    folder: Option<PathBuf>,
    /// The data directory holds the older copy already.
    #[arg(long)]
    in_place: bool,
    /// Also restore the keys, from this folder: only when they are lost.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// The newest checkpoint that somebody else kept, a witness or an auditor: it goes into the first
    /// record of the new epoch.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

pub(crate) fn back_up(context: &Context, args: &BackupArgs) -> Result<Exit> {
    let store = context.read()?;
    let failed = |error: bellwether_store::StoreError| Failure::drive(error.into());
    let data = store.back_up(&args.folder).map_err(failed)?;
    let keys = match &args.keys {
        Some(folder) if same(folder, &args.folder) => {
            let problem = Problem::new("backup-together", "data and keys would lie in one folder");
            let help = "name another folder: whoever has both can read everything, for ever";
            return Err(Problems(vec![problem.help(help)]).into());
        }
        Some(folder) => {
            let keys = store.keys().and_then(|keys| keys.back_up(folder));
            Some(keys.map_err(failed)?)
        }
        None => None,
    };
    let records = store.last_pos()?;
    match context.format {
        Format::Text => {
            println!("{}: {} records", data.display(), thousands(records));
            match &keys {
                Some(keys) => println!("{}: the keys; keep them 30 days at most", keys.display()),
                None => eprintln!("note: the keys are not in it; `--keys DIR` copies them apart"),
            }
        }
        Format::Json => println!(
            "{}",
            json!({
                "data": data.display().to_string(), "records": records,
                "keys": keys.map(|keys| keys.display().to_string()),
            })
        ),
    }
    Ok(Exit::Fine)
}

fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

pub(crate) fn restore(context: &Context, args: &RestoreArgs) -> Result<Exit> {
    let known = args.checkpoint.as_deref().map(read_checkpoint).transpose()?;
    let [data, keys] = BACKUP_FILES;
    if let Some(folder) = &args.keys {
        put_back(folder, &context.data, keys)?;
    }
    if let Some(folder) = &args.folder {
        put_back(folder, &context.data, data)?;
    }
    context.must_exist()?;
    let failed = |error| Failure::drive(DriveError::from(error));
    let done = begin_epoch(&context.data, known, now()).map_err(failed)?;
    // Opening writes the first leaf of the epoch, and closing signs it.
    let mut driver = context.open()?;
    let again = driver.erase_restored(now()).map_err(Failure::drive)?;
    drop(driver);
    print(context, &done);
    if let Some(again) = again {
        let people = thousands(again.subjects.len() as u64);
        eprintln!("note: {people} who were erased since the backup are erased again");
    }
    Ok(Exit::Fine)
}

/// Copies a file to where none is, and makes it appear when it is whole.
fn put_back(from: &Path, to: &Path, name: &str) -> Result<()> {
    let (source, target) = (from.join(name), to.join(name));
    if !source.is_file() {
        let message = format!("there is no {}", source.display());
        let problem = Problem::new("restore-missing", message);
        return Err(Problems(vec![problem.help("name a folder that `backup` wrote")]).into());
    }
    if target.exists() {
        let message = format!("{} is there already", target.display());
        let problem = Problem::new("restore-exists", message);
        let help = "move it away, or name another directory with `--data`";
        return Err(Problems(vec![problem.help(help)]).into());
    }
    std::fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    // A log that belonged to the file that was lost would be played into the restored one.
    for stray in ["-wal", "-shm"].map(|ending| to.join(format!("{name}{ending}"))) {
        if stray.exists() {
            let aside = PathBuf::from(format!("{}.before-restore", stray.display()));
            std::fs::rename(&stray, &aside)
                .with_context(|| format!("cannot move {} away", stray.display()))?;
        }
    }
    let half = to.join(format!("{name}.half"));
    let copied = std::fs::copy(&source, &half)
        .and_then(|_| std::fs::File::open(&half)?.sync_all())
        .and_then(|()| std::fs::rename(&half, &target));
    copied.with_context(|| format!("cannot copy {} to {}", source.display(), target.display()))
}

fn read_checkpoint(path: &Path) -> Result<Checkpoint> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let about = || format!("{} is no checkpoint of a log", path.display());
    let note = Note::parse(&bytes).with_context(about)?;
    let text: Text = note.text().parse().with_context(about)?;
    let epoch = text.origin.rsplit_once("/e").and_then(|(_, number)| number.parse().ok());
    Ok(Checkpoint { epoch: epoch.unwrap_or(1), head: text.head, note: bytes, at: now() })
}

fn print(context: &Context, done: &Restored) {
    let lost = done.signed.saturating_sub(done.records);
    if context.format == Format::Json {
        println!(
            "{}",
            json!({
                "epoch": done.epoch, "origin": done.origin, "records": done.records,
                "signed": done.signed, "lost": lost, "unknown_effects": done.unknown,
            })
        );
        return;
    }
    println!("the log goes on as {} (epoch {})", done.origin, done.epoch);
    println!("  {} records were restored", thousands(done.records));
    if lost > 0 {
        println!("  {} records that were signed are lost", thousands(lost));
    }
    println!(
        "  {} effects may have been performed since; they are asked about before any is sent",
        thousands(done.unknown)
    );
    println!("next: give witnesses and auditors the new key: `bellwether log show`");
}
