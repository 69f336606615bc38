//! `keys`: which master key is in force, and putting another one in its place.

use super::Format;
use super::context::{Context, now};
use crate::exit::{Exit, Failure};
use crate::table::thousands;
use anyhow::Result;
use bellwether_runtime::StoredKeys;
use bellwether_runtime::keys::{KeyError, fingerprint, rotate};
use bellwether_store::{Keys, Options, Store, StoreError};
use serde_json::json;
use std::time::Instant;

/// What to do about keys.
#[derive(clap::Subcommand)]
pub(crate) enum KeysCommand {
    /// Where the master key comes from, how often it was rotated, and how many keys it wraps.
    Status,
    /// Put another master key in the place of the present one, and wrap every key anew.
    Rotate,
}

pub(crate) fn run(context: &Context, command: &KeysCommand) -> Result<Exit> {
    match command {
        KeysCommand::Status => status(context),
        KeysCommand::Rotate => turn(context),
    }
}

fn failure(error: KeyError) -> anyhow::Error {
    Failure::drive(error.into()).into()
}

fn database(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Missing { .. } => failure(KeyError::DatabaseMissing),
        other => Failure::drive(other.into()).into(),
    }
}

fn status(context: &Context) -> Result<Exit> {
    context.must_exist()?;
    let keys = Keys::open(&context.data, true).map_err(database)?;
    let (minted, destroyed) = keys.counts().map_err(database)?;
    let ring = keys.ring().map_err(database)?;
    let master = fingerprint(&context.keys()?.master().map_err(failure)?);
    let own: Vec<_> = ring.iter().filter(|row| row.master == master).collect();
    let version = own.iter().map(|row| row.version).max().unwrap_or(0);
    let since = own.iter().map(|row| row.at).max();
    let turning = own.iter().any(|row| row.version < version) || own.len() < ring.len();
    let hex: String = master.iter().map(|byte| format!("{byte:02x}")).collect();
    let origin = context.key_origin()?;
    if context.format == Format::Json {
        let json = json!({
            "master": hex, "from": origin, "rotations": version,
            "since": since.map(|at| at.to_string()), "rotation_under_way": turning,
            "keys": minted, "destroyed": destroyed,
        });
        println!("{json}");
        return Ok(Exit::Fine);
    }
    println!("master key {hex}, from {origin}");
    match since {
        Some(since) => println!("  rotated {version} times, last at {since}"),
        None => println!("  never rotated"),
    }
    println!("  {} keys, {} of them destroyed", thousands(minted), thousands(destroyed));
    if turning {
        println!("  a rotation is under way: `bellwether keys rotate` goes on with it");
    }
    Ok(Exit::Fine)
}

fn turn(context: &Context) -> Result<Exit> {
    context.must_exist()?;
    let start = Instant::now();
    // Held to the end: nobody may mint or open keys meanwhile.
    let store = Store::open(&context.data, &Options::default()).map_err(database)?;
    let tenant = store.meta().map_err(database)?.tenant;
    let mut keys = StoredKeys(store.keys().map_err(database)?);
    let provider = context.keys()?;
    let done = rotate(&*provider, &mut keys, &tenant, now()).map_err(failure)?;
    let seconds = start.elapsed().as_secs_f64();
    if context.format == Format::Json {
        let json = json!({
            "rotations": done.version, "rewrapped": done.rewrapped, "resumed": done.resumed,
            "seconds": seconds,
        });
        println!("{json}");
    } else {
        let went_on = if done.resumed { ", where it had stopped" } else { "" };
        println!(
            "rotation {}: {} keys wrapped anew{went_on} ({seconds:.1} s)",
            done.version,
            thousands(done.rewrapped)
        );
    }
    eprintln!("back up keys.db now; copies of keys.db from before need the old master key");
    if context.keeps_its_key()? {
        eprintln!("keep a copy of {} apart from backups", context.key_file().display());
    } else {
        eprintln!("put the next master key in the place of the first before anything else runs");
    }
    Ok(Exit::Fine)
}
