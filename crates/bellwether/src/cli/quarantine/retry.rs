//! `quarantine retry`: refused rows are read again, by the mapping as it is now or by another one.

use super::super::context::{Context, now};
use super::super::import::{feed, finish};
use super::super::sources::{read_mapping, refuse_hindsight};
use super::{Rows, Which, nothing};
use crate::exit::{Exit, Failure, Problems};
use anyhow::Result;
use bellwether_adapters::Row;
use bellwether_core::{Personal, Problem, Purpose};
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::import::{Options, Source};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// Which rows to read again, and how.
#[derive(clap::Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    which: Which,
    /// The mapping to read them by: a shipped one, or a file; without it the shipped one that refused
    /// them.
    #[arg(long, value_name = "NAME|FILE")]
    mapping: Option<String>,
    /// How many MiB of rows may be sorted in memory.
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    memory: usize,
}

pub(super) fn run(context: &Context, args: &RetryArgs) -> Result<Exit> {
    let mut driver = context.open()?;
    let rows = args.which.rows(driver.store())?;
    if rows.is_empty() {
        return Err(nothing());
    }
    let (sources, rows) = sources(&driver, rows, args.mapping.as_deref())?;
    refuse_hindsight(&sources, driver.rules())?;
    let budget = args.memory.max(1) << 20;
    let options = Options { now: now(), budget, accept: Vec::new() };
    let (start, report) = feed(&mut driver, &sources, options);
    let done = report.as_ref().is_ok_and(|report| !report.stopped && !report.already);
    if report.as_ref().is_ok_and(|report| report.already) {
        eprintln!(
            "this mapping read these rows before: mend it, name another with --mapping, or drop them"
        );
    }
    let exit = finish(context, start, report)?;
    if done {
        // Whatever was refused again stands in quarantine anew.
        driver.drop_quarantined(&rows, now()).map_err(Failure::drive)?;
    }
    Ok(exit)
}

/// The rows by mapping, opened, and those of them that can be read again.
fn sources(driver: &Embedded, rows: Rows, mapping: Option<&str>) -> Result<(Vec<Source>, Rows)> {
    let mut by_mapping: BTreeMap<String, (Vec<u8>, Rows)> = BTreeMap::new();
    let (mut problems, mut broken) = (Vec::new(), 0u64);
    for (id, row) in rows {
        let name = mapping.unwrap_or(&row.source).to_owned();
        let opened = driver.open_quarantined(&row).map_err(Failure::drive)?;
        let bytes = opened.reveal(Purpose::Seal);
        if !Row::is_kept(bytes) {
            broken += 1;
            continue;
        }
        let (lines, taken) = by_mapping.entry(name).or_default();
        if !lines.is_empty() {
            lines.push(b'\n');
        }
        lines.extend_from_slice(bytes);
        taken.push((id, row));
    }
    let (mut sources, mut all) = (Vec::new(), Vec::new());
    for (name, (lines, taken)) in by_mapping {
        match read_mapping(&name) {
            Ok(mapping) => sources.push(kept(mapping, lines)),
            Err(found) => problems.extend(found),
        }
        all.extend(taken);
    }
    if broken > 0 {
        eprintln!(
            "{broken} rows could never be cut into cells: mend them in their file and import it"
        );
    }
    if sources.is_empty() && problems.is_empty() {
        let help = "mend the rows in their file and import it again";
        problems
            .push(Problem::new("row-not-kept", "none of these rows can be read again").help(help));
    }
    if problems.is_empty() { Ok((sources, all)) } else { Err(Problems(problems).into()) }
}

fn kept(mapping: bellwether_adapters::Mapping, lines: Vec<u8>) -> Source {
    let lines = Personal::new(lines);
    let open = move || -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(Cursor::new(lines.reveal(Purpose::Read).clone())))
    };
    Source { name: "quarantine".to_owned(), mapping, open: Box::new(open), kept: true }
}
