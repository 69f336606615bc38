//! `privacy`: how long each table keeps its rows, removing what is past its span, and what a person may
//! ask for: erasure, access, restriction, objection.

mod erase;
mod hold;
mod open;
mod subject;

use super::Format;
use super::context::{Context, now, read_time, to_the_second};
use crate::exit::{Exit, Failure};
use crate::progress;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_core::Timestamp;
use bellwether_runtime::edge::Standing;
use bellwether_runtime::embedded::Trimmed;
use bellwether_store::{
    Keep, Options, Overrides, Purgeable, RETENTION, Retention, Store, StoreError,
};
use std::collections::BTreeMap;

/// Rows of a table that are removed in one transaction.
const PIECE: u64 = 10_000;

/// The table whose events are trimmed, while its records stay.
const JOURNAL: &str = "journal";

/// What to do about kept data.
#[derive(clap::Subcommand)]
pub(crate) enum PrivacyCommand {
    /// What each table holds, how close it is to a person, and how long it is kept.
    Retention,
    /// Remove what is past its retention, or show what would be removed.
    Purge(PurgeArgs),
    /// Erase name and address of somebody whom rules ask. Records keep the handle.
    ForgetStaff(ForgetArgs),
    /// Erase a person, or an account, from every store; the receipt lists each.
    Erase(erase::EraseArgs),
    /// Everything that is kept of somebody, opened, as JSON; the purpose is recorded.
    Export(open::ExportArgs),
    /// Keep what somebody does sealed, and neither use nor show it; also of somebody who is not known
    /// yet: a keyed hash holds whoever comes under that address or id.
    Restrict(hold::HoldArgs),
    /// Let nothing that somebody does cause an effect; also of somebody who is not known yet: a keyed
    /// hash holds whoever comes under that address or id.
    Object(hold::HoldArgs),
    /// Let somebody who was erased be learnt anew from what comes in.
    Admit(hold::AdmitArgs),
}

/// Whom to forget.
#[derive(clap::Args)]
pub(crate) struct ForgetArgs {
    /// The handle in `people.yaml`.
    person: String,
    /// Do it. It cannot be brought back.
    #[arg(long, required = true)]
    yes: bool,
}

/// How to purge.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("how").required(true)))]
pub(crate) struct PurgeArgs {
    /// Only show what would be removed; change nothing.
    #[arg(long, group = "how")]
    dry_run: bool,
    /// Remove it. It cannot be brought back.
    #[arg(long, group = "how")]
    yes: bool,
    /// What would be past its span at this instant, instead of now.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    now: Option<Timestamp>,
}

pub(crate) fn run(context: &Context, command: &PrivacyCommand) -> Result<Exit> {
    match command {
        PrivacyCommand::Retention => Ok(retention(context)),
        PrivacyCommand::Purge(args) => purge(context, args),
        PrivacyCommand::ForgetStaff(args) => forget_staff(context, &args.person),
        PrivacyCommand::Erase(args) => erase::run(context, args),
        PrivacyCommand::Export(args) => open::run(context, args),
        PrivacyCommand::Restrict(args) => hold::run(context, args, Standing::Restricted),
        PrivacyCommand::Object(args) => hold::run(context, args, Standing::Objected),
        PrivacyCommand::Admit(args) => hold::admit(context, args),
    }
}

fn forget_staff(context: &Context, person: &str) -> Result<Exit> {
    let mut driver = context.open()?;
    if !driver.forget_staff(person, now()).map_err(Failure::drive)? {
        eprintln!("no name or address of `{person}` is kept");
        return Ok(Exit::Findings);
    }
    println!("name and address of `{person}` are erased");
    eprintln!("note: take them out of people.yaml too: activating a bundle keeps what it holds");
    Ok(Exit::Fine)
}

fn retention(context: &Context) -> Exit {
    if context.format == Format::Json {
        let lines = RETENTION.iter().map(|line| {
            serde_json::json!({
                "file": line.file(), "table": line.table, "holds": line.holds, "pii": line.pii.as_str(),
                "kept": kept(line.keep), "erased": line.erased,
            })
        });
        println!("{}", serde_json::Value::from_iter(lines));
        return Exit::Fine;
    }
    let mut table = Table::new(&["file", "table", "holds", "about people", "kept", "an erasure"]);
    for line in RETENTION {
        let kept = kept(line.keep);
        table.row([line.file(), line.table, line.holds, line.pii.as_str(), &kept, line.erased]);
    }
    print!("{}", table.render());
    Exit::Fine
}

/// How long, in words.
pub(super) fn kept(keep: Keep) -> String {
    match keep {
        Keep::Always => "always".to_owned(),
        Keep::Newest => "the newest".to_owned(),
        Keep::For(span) => span.to_string(),
        Keep::UntilBase(span) => format!("records always, events {span}"),
    }
}

fn purge(context: &Context, args: &PurgeArgs) -> Result<Exit> {
    context.must_exist()?;
    let at = args.now.unwrap_or_else(now);
    let overrides = Overrides::new();
    if args.dry_run {
        let store = context.read()?;
        let plan = store.purge_plan(at, &overrides).map_err(failure)?;
        print_plan(context, &store.row_counts().map_err(failure)?, &plan, &BTreeMap::new());
        return Ok(Exit::Fine);
    }
    let (plan, counts) = {
        let store = context.read()?;
        let plan = store.purge_plan(at, &overrides).map_err(failure)?;
        (plan, store.row_counts().map_err(failure)?)
    };
    let trimmed = trim(context, &plan)?;
    let mut store = Store::open(&context.data, &Options::default()).map_err(failure)?;
    let mut removed = remove(&mut store, at, &plan).map_err(failure)?;
    removed.extend(trimmed.map(|trimmed| (JOURNAL, trimmed.events)));
    print_plan(context, &counts, &plan, &removed);
    if !store.fold_log().map_err(failure)? {
        eprintln!(
            "another process reads the store, so removed rows may still be in its log\n  \
             help: end it and run this again"
        );
        return Ok(Exit::Failed);
    }
    Ok(Exit::Fine)
}

/// Events are trimmed once the states that they led to are committed, which takes the keys.
fn trim(context: &Context, plan: &[Purgeable]) -> Result<Option<Trimmed>> {
    let past = plan.iter().find(|line| line.table == JOURNAL && line.rows > 0);
    let Some(past) = past else { return Ok(None) };
    let mut driver = context.open()?;
    let before = driver.store().first_after(past.cutoff).map_err(failure)?;
    let trimmed = driver.trim(before, now()).map_err(Failure::drive)?;
    eprintln!("note: {} streams have a base from which replay begins", thousands(trimmed.bases));
    Ok(Some(trimmed))
}

fn failure(error: StoreError) -> anyhow::Error {
    Failure::drive(error.into()).into()
}

/// Removes piece by piece; each is durable, so an interrupted purge only has less left to do.
fn remove(
    store: &mut Store,
    at: Timestamp,
    plan: &[Purgeable],
) -> Result<BTreeMap<&'static str, u64>, StoreError> {
    let planned = plan.iter().filter(|line| line.table != JOURNAL).map(|line| line.rows).sum();
    let bar = progress::bar(planned, "rows removed");
    let mut removed = BTreeMap::new();
    loop {
        let pieces = store.purge(at, &Overrides::new(), PIECE)?;
        for piece in &pieces {
            *removed.entry(piece.table).or_default() += piece.rows;
            bar.inc(piece.rows);
        }
        if !pieces.iter().any(|piece| piece.more) {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(removed)
}

/// Every table: what it holds now, for how long, and what is past that.
fn print_plan(
    context: &Context,
    counts: &[(&Retention, u64)],
    plan: &[Purgeable],
    removed: &BTreeMap<&'static str, u64>,
) {
    let past = |table: &str| plan.iter().find(|line| line.table == table);
    let gone = |table: &str| removed.get(table).copied();
    if context.format == Format::Json {
        let lines = counts.iter().map(|(line, rows)| {
            let past = past(line.table);
            serde_json::json!({
                "table": line.table, "all": rows, "kept": kept(line.keep),
                "rows": past.map_or(0, |past| past.rows),
                "cutoff": past.map(|past| past.cutoff.to_string()),
                "oldest": past.and_then(|past| past.oldest).map(|at| at.to_string()),
                "removed": gone(line.table).unwrap_or(0),
            })
        });
        println!("{}", serde_json::Value::from_iter(lines));
        return;
    }
    let mut table =
        Table::new(&["table", ">rows", "kept", ">past that", ">removed", "oldest of them"]);
    for (line, rows) in counts {
        let past = past(line.table);
        let oldest = past.and_then(|past| past.oldest).map(to_the_second);
        table.row([
            line.table.to_owned(),
            thousands(*rows),
            kept(line.keep),
            past.map_or_else(String::new, |past| thousands(past.rows)),
            gone(line.table).map_or_else(String::new, thousands),
            oldest.map_or_else(String::new, |at| at.to_string()),
        ]);
    }
    print!("{}", table.render());
}
