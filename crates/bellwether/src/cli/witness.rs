//! `witness`: co-signs checkpoints of logs on other machines, and refuses those that take something back.
//!
//! - In: a folder of its own; requests over HTTP.
//! - Out: co-signatures; tables of what was signed, of forks, and of what was refused.
//! - Never: needs a data directory, or sees anything of a log but its checkpoints.

mod serve;
mod status;

use super::context::{Context, now};
use crate::exit::{Exit, Failure};
use anyhow::{Context as _, Result};
use bellwether_ledger::note::VerifierKey;
use bellwether_runtime::witness::{Desk, DeskError, log_key};
use bellwether_store::{StoreError, WitnessState};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The largest file of keys that is read.
const LARGEST_FILE: u64 = 64 << 10;

/// What a witness does.
#[derive(clap::Subcommand)]
pub(crate) enum WitnessCommand {
    /// Make a witness: its key and its folder.
    Init(InitArgs),
    /// Say which logs it co-signs for.
    Trust(TrustArgs),
    /// Answer requests until it is ended.
    Serve(ServeArgs),
    /// What was co-signed last for each log, whether it contradicted itself, and what was refused.
    Status(StatusArgs),
}

#[derive(clap::Args)]
pub(crate) struct Folder {
    /// The witness's folder.
    #[arg(long, value_name = "DIR", default_value = "bellwether-witness")]
    #[arg(env = "BELLWETHER_WITNESS")]
    state: PathBuf,
}

/// Arguments of `witness init`.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    folder: Folder,
    /// Its name, as it stands in its signatures; best a host's name that is yours.
    #[arg(long)]
    name: String,
}

/// Arguments of `witness trust`.
#[derive(clap::Args)]
pub(crate) struct TrustArgs {
    #[command(flatten)]
    folder: Folder,
    /// The log's public key, or a file with one a line.
    #[arg(long, value_name = "VKEY|FILE")]
    log: String,
    /// The first line of the log's checkpoints, where it is not the key's name.
    #[arg(long)]
    origin: Option<String>,
    /// No longer believe these keys. What was co-signed for the log is not forgotten.
    #[arg(long)]
    remove: bool,
}

/// Arguments of `witness serve`.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    folder: Folder,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7480")]
    listen: SocketAddr,
}

/// Arguments of `witness status`.
#[derive(clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    folder: Folder,
    /// Also print the notes of each fork: the one co-signed, and the one that contradicts it.
    #[arg(long)]
    evidence: bool,
}

pub(crate) fn run(context: &Context, command: &WitnessCommand) -> Result<Exit> {
    match command {
        WitnessCommand::Init(args) => init(args),
        WitnessCommand::Trust(args) => trust(args),
        WitnessCommand::Serve(args) => serve::run(&args.folder.state, args.listen),
        WitnessCommand::Status(args) => status::run(context, &args.folder.state, args.evidence),
    }
}

fn failure(error: impl Into<DeskError>) -> anyhow::Error {
    Failure::witness(&error.into()).into()
}

fn init(args: &InitArgs) -> Result<Exit> {
    let dir = &args.folder.state;
    let desk = Desk::create(dir, &args.name, now()).map_err(failure)?;
    println!("{}", desk.key());
    eprintln!("{}: ready; its secret key stays in that folder", dir.display());
    eprintln!("give the line above to the log's administrator and to its auditors");
    eprintln!("next: `bellwether witness trust --log VKEY`, then `bellwether witness serve`");
    Ok(Exit::Fine)
}

fn trust(args: &TrustArgs) -> Result<Exit> {
    let mut state = WitnessState::open(&args.folder.state, false).map_err(failure)?;
    for key in keys(&args.log)? {
        let origin = args.origin.as_deref().unwrap_or(key.name());
        change(&mut state, origin, &key, args.remove).map_err(failure)?;
    }
    Ok(Exit::Fine)
}

fn change(
    state: &mut WitnessState,
    origin: &str,
    key: &VerifierKey,
    remove: bool,
) -> Result<(), StoreError> {
    let vkey = key.to_string();
    let id = format!("{:08x}", key.id());
    match remove {
        false => {
            state.trust(origin, &vkey, now())?;
            println!("{origin}: signatures by the key {id} are believed");
        }
        true if state.distrust(origin, &vkey)? => {
            println!("{origin}: signatures by the key {id} are no longer believed");
        }
        true => println!("{origin}: the key {id} was not believed"),
    }
    Ok(())
}

/// One key, or all keys of a file.
fn keys(log: &str) -> Result<Vec<VerifierKey>> {
    let place = Path::new(log);
    if !place.is_file() {
        return Ok(vec![log_key(log).map_err(failure)?]);
    }
    let size = place.metadata().map(|file| file.len()).unwrap_or(0);
    anyhow::ensure!(size <= LARGEST_FILE, "{log} is larger than 64 KiB: it is no file of keys");
    let text = std::fs::read_to_string(place).with_context(|| format!("cannot read {log}"))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Result<Vec<_>> = lines.map(|line| log_key(line).map_err(failure)).collect();
    let keys = keys?;
    anyhow::ensure!(!keys.is_empty(), "{log} holds no key");
    Ok(keys)
}
