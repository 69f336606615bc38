//! `doctor`: what is well, what to look at, what is broken, and how to mend each.
//!
//! - In: a data directory, read beside whoever works in it; the configuration; optionally a bundle.
//! - Out: a finding per check, exit 2 when something is broken.
//! - Never: changes what is kept. It tries the lock and lets go, mints no key, writes no snapshot.

mod finding;
mod house;
mod keys;
mod records;
mod service;
mod streams;
mod tables;

#[cfg(test)]
mod tests;

use super::{Format, context::Context, context::now};
use crate::exit::Exit;
use crate::{bundle, exit::Problems};
use anyhow::Result;
use bellwether_store::{Depth, Options, Store, TableSize};
use finding::{Finding, State};
use std::path::{Path, PathBuf};

/// Arguments of `doctor`.
#[derive(clap::Args)]
pub(crate) struct DoctorArgs {
    /// Also check this bundle: a folder, or the name of a shipped one.
    #[arg(long, value_name = "DIR|NAME")]
    bundle: Option<PathBuf>,
    /// Also check every index entry against its row, and derive every record again. It takes about
    /// as long as `replay --all`.
    #[arg(long)]
    full: bool,
    /// Also connect to every mailbox and channel that is configured.
    #[arg(long)]
    online: bool,
    /// Only ask the server whether it is ready: for a container's health check.
    #[arg(long, conflicts_with_all = ["full", "online", "bundle"])]
    alive: bool,
}

pub(crate) fn run(context: &Context, args: &DoctorArgs) -> Result<Exit> {
    if args.alive {
        return Ok(tell(context, &[service::alive(context)], &[]));
    }
    let mut findings = house::look(&context.data);
    let mut sizes = Vec::new();
    if !context.data.is_dir() {
        findings.extend(service::look(context, None, args.online));
    } else {
        let store = match Store::open(&context.data, &Options::read_only()) {
            Ok(store) => Some(store),
            Err(error) => {
                findings.push(Finding::store("store", &error));
                None
            }
        };
        findings.extend(keys::look(context, store.as_ref()));
        if let Some(store) = &store {
            let depth = if args.full { Depth::Full } else { Depth::Quick };
            findings.extend(tables::look(store, depth, now()));
            findings.extend(streams::look(store));
            findings.extend(records::look(store, args.full, now()));
            sizes = tables::sizes(store);
        }
        findings.extend(service::look(context, store.as_ref(), args.online));
    }
    findings.extend(args.bundle.as_deref().map(check_bundle));
    Ok(tell(context, &findings, &sizes))
}

fn tell(context: &Context, findings: &[Finding], sizes: &[TableSize]) -> Exit {
    match context.format {
        Format::Text => print!("{}", finding::text(findings, sizes)),
        Format::Json => println!("{}", finding::json(findings, sizes)),
    }
    let broken = findings.iter().any(|finding| finding.state == State::Broken);
    if broken { Exit::Findings } else { Exit::Fine }
}

fn check_bundle(place: &Path) -> Finding {
    let about = format!("bundle {}", place.display());
    let error = match bundle::load(place) {
        Ok(rules) if rules.warnings().is_empty() => {
            let meta = rules.policy().meta();
            return Finding::ok(about, format!("{} {} composes", meta.name, meta.version));
        }
        Ok(rules) => {
            let found = format!("warnings: {}", rules.warnings().len());
            let mend = format!("`bellwether policy check {}` shows them", place.display());
            return Finding::look(about, found, mend);
        }
        Err(error) => error,
    };
    match error.downcast_ref::<Problems>().map(|problems| problems.0.as_slice()) {
        Some(problems @ [first, ..]) => {
            let found = format!("problems: {}, the first: {}", problems.len(), first.message);
            let mend = format!("`bellwether policy check {}` shows them all", place.display());
            Finding::broken(about, found, mend).code(first.code)
        }
        _ => Finding::broken(about, error.to_string(), "name a folder or a shipped bundle"),
    }
}
