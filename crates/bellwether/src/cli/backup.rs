//! `backup` and `restore`: copies of the data, of the keys apart, and going on from one.
//!
//! - In: a data directory that may be in use; a folder with a copy.
//! - Out: a consistent copy; a data directory whose log goes on in a new epoch.
//! - Never: puts data and keys in one folder; overwrites a data directory; brings an erased person back:
//!   keys that are in place stay.

use super::Format;
use super::context::{Context, now, read_file};
use crate::exit::{Exit, Failure, Problems};
use crate::table::thousands;
use anyhow::{Context as _, Result};
use bellwether_core::Problem;
use bellwether_runtime::keys::KeyError;
use bellwether_runtime::log::{LogError, Restored, begin_epoch, check_start};
use bellwether_store::{BACKUP_FILES, BESIDE_FILES, Depth, Keys, StoreError, View, back_up_beside};
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
    /// With `--in-place`, also when the log is not behind what was signed: it then begins an epoch that
    /// nothing calls for, and everybody who checks it needs another key.
    #[arg(long, requires = "in_place")]
    yes: bool,
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
    if args.keys.as_ref().is_some_and(|folder| same(folder, &args.folder)) {
        let problem = Problem::new("backup-together", "data and keys would lie in one folder");
        let help = "name another folder: whoever has both can read everything, for ever";
        return Err(Problems(vec![problem.help(help)]).into());
    }
    // What the data gets meanwhile is in both copies, and known by its number.
    let beside = back_up_beside(&context.data, &args.folder).map_err(failed)?;
    let data = store.back_up(&args.folder).map_err(failed)?;
    let keys = match &args.keys {
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
            beside.iter().for_each(|path| println!("{}", path.display()));
            match &keys {
                Some(keys) => println!("{}: the keys; keep them 30 days at most", keys.display()),
                None => eprintln!("note: the keys are not in it; `--keys DIR` copies them apart"),
            }
        }
        Format::Json => println!(
            "{}",
            json!({
                "data": data.display().to_string(), "records": records,
                "beside": beside.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
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
    let known = args.checkpoint.as_deref().map(read_file).transpose()?;
    let [data, keys] = BACKUP_FILES;
    let home = &context.data;
    // Everything that can fail is tried before anything is put in place.
    let given = match &args.keys {
        Some(folder) => Some(available(folder, home, keys)?),
        None => None,
    };
    let copy = match &args.folder {
        Some(folder) => Some(available(folder, home, data)?),
        None => None,
    };
    let key_folder = given.as_ref().and_then(|path| path.parent()).unwrap_or(home);
    if !key_folder.join(keys).is_file() {
        let message = format!("there is no {} and no `--keys`", home.join(keys).display());
        let problem = Problem::new("restore-no-keys", message);
        let help =
            "give `--keys DIR` with a copy of them, or put keys.db and master.key there first";
        return Err(Problems(vec![problem.help(help)]).into());
    }
    context.keys()?.master().map_err(no_master)?;
    let failed = |error: StoreError| -> anyhow::Error { Failure::drive(error.into()).into() };
    let reader = Keys::open(key_folder, true).map_err(failed)?;
    if args.in_place && !args.yes {
        must_be_behind(context, &reader)?;
    }
    std::fs::create_dir_all(home).with_context(|| format!("cannot create {}", home.display()))?;
    // The epoch begins in a copy that stands apart: data that was put in place without it would go on
    // signing the old tree, and sending what may have been sent.
    let apart = Apart(home.join("restore.half"));
    let done = match &copy {
        Some(copy) => begin_in(&apart.0, copy, &reader, known.as_deref())?,
        None => {
            context.must_exist()?;
            begin_epoch(home, &reader, known.as_deref(), now()).map_err(not_begun)?
        }
    };
    drop(reader);
    if let Some(given) = &given {
        drop_strays(home, keys)?;
        put(given, &home.join(keys))?;
    }
    if copy.is_some() {
        put_beside(copy.as_deref().and_then(Path::parent), home)?;
        drop_strays(home, data)?;
        std::fs::rename(apart.0.join(data), home.join(data))?;
    }
    drop(apart);
    // Opening writes the first leaf of the epoch and erases again; closing signs.
    drop(context.open()?);
    print(context, &done);
    if given.is_some() {
        eprintln!(
            "note: the keys are those of the copy: whoever was erased since can be read again; erase them \
             again, from the receipts"
        );
    }
    Ok(Exit::Fine)
}

/// Begins the epoch in a folder apart, in a copy of a backup; the backup must be whole.
fn begin_in(apart: &Path, backup: &Path, keys: &Keys, known: Option<&[u8]>) -> Result<Restored> {
    // Pages have 512 bytes or a multiple of it; what is cut within the last one may still open.
    if !matches!(backup.metadata()?.len(), size @ 1.. if size.is_multiple_of(512)) {
        return Err(damaged(backup, "it is cut short"));
    }
    let _ = std::fs::remove_dir_all(apart);
    std::fs::create_dir_all(apart)?;
    let [data, _] = BACKUP_FILES;
    put(backup, &apart.join(data))?;
    let done = match begin_epoch(apart, keys, known, now()) {
        Err(LogError::Store(error @ StoreError::Corrupt { .. })) => {
            return Err(damaged(backup, &error.to_string()));
        }
        done => done.map_err(not_begun)?,
    };
    let found = View::open(apart).and_then(|view| view.integrity(Depth::Quick));
    match found.map_err(|error| Failure::drive(error.into()))?.first() {
        Some(finding) => Err(damaged(backup, finding)),
        None => Ok(done),
    }
}

/// Says why there is no master key. `init`, which helps elsewhere, would make one that opens nothing of this.
fn no_master(error: KeyError) -> anyhow::Error {
    if !matches!(error, KeyError::Missing { .. }) {
        return Failure::drive(error.into()).into();
    }
    let help = "put the master.key of this data back first, then repeat; nothing was put in place";
    Problems(vec![Problem::new("key-file-missing", error.to_string()).help(help)]).into()
}

fn not_begun(error: LogError) -> anyhow::Error {
    Failure::drive(error.into()).into()
}

/// Says that a copy cannot be used.
fn damaged(copy: &Path, why: &str) -> anyhow::Error {
    let problem = Problem::new("store-corrupt", format!("{}: {why}", copy.display()));
    let help = "copy it here again, or take another backup; nothing was put in place";
    Problems(vec![problem.help(help)]).into()
}

/// A folder for what is not in place yet: gone at the end, whatever came of it.
struct Apart(PathBuf);

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new epoch costs everybody who checks the log a new key, so nobody begins one by mistake.
fn must_be_behind(context: &Context, keys: &Keys) -> Result<()> {
    match check_start(&*context.read()?, keys) {
        Err(LogError::RolledBack { .. }) => Ok(()),
        Err(error) => Err(Failure::drive(error.into()).into()),
        Ok(()) => {
            let message = "the log is not behind what was signed: nothing calls for a new epoch";
            let problem = Problem::new("restore-not-behind", message);
            let help = "if it must be all the same, repeat with `--yes`";
            Err(Problems(vec![problem.help(help)]).into())
        }
    }
}

/// The file of a backup, if it is there and none stands where it goes.
fn available(from: &Path, to: &Path, name: &str) -> Result<PathBuf> {
    let (source, target) = (from.join(name), to.join(name));
    if !source.is_file() {
        let message = format!("there is no {}", source.display());
        let problem = Problem::new("restore-missing", message);
        return Err(Problems(vec![problem.help("name a folder that `backup` wrote")]).into());
    }
    if target.exists() {
        let message = format!("{} is there already", target.display());
        let problem = Problem::new("restore-exists", message);
        let help = match name {
            "keys.db" => "leave `--keys` out: the keys that are there stay",
            _ => "move it away, or name another directory with `--data`",
        };
        return Err(Problems(vec![problem.help(help)]).into());
    }
    Ok(source)
}

/// Copies a file to where none is, and makes it appear when it is whole.
fn put(source: &Path, target: &Path) -> Result<()> {
    let half = target.with_extension("half");
    let copied = std::fs::copy(source, &half)
        .and_then(|_| std::fs::File::open(&half)?.sync_all())
        .and_then(|()| std::fs::rename(&half, target));
    copied.with_context(|| format!("cannot copy {} to {}", source.display(), target.display()))
}

/// Puts back what lay beside the data. What is in place is newer than the copy, and stays.
fn put_beside(from: Option<&Path>, home: &Path) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    for name in BESIDE_FILES {
        let (source, target) = (from.join(name), home.join(name));
        if source.is_file() && !target.exists() {
            drop_strays(home, name)?;
            put(&source, &target)?;
        }
    }
    Ok(())
}

/// Removes what belonged to a file that was lost: it would be played into the restored one.
fn drop_strays(folder: &Path, name: &str) -> Result<()> {
    for stray in ["-wal", "-shm"].map(|ending| folder.join(format!("{name}{ending}"))) {
        match std::fs::remove_file(&stray) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", stray.display()));
            }
            _ => {}
        }
    }
    Ok(())
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
