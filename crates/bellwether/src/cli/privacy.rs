//! `privacy`: how long each table keeps its rows, and removing what is past its span.

use super::Format;
use super::context::{Context, now, read_time, to_the_second};
use crate::exit::{Exit, Failure};
use crate::progress;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_core::Timestamp;
use bellwether_store::{Keep, Options, Overrides, Purgeable, RETENTION, Store, StoreError};
use std::collections::BTreeMap;

/// Rows of a table that are removed in one transaction.
const PIECE: u64 = 10_000;

/// The table whose events are trimmed, not purged.
const JOURNAL: &str = "journal";

/// What to do about kept data.
#[derive(clap::Subcommand)]
pub(crate) enum PrivacyCommand {
    /// What each table holds, how close it is to a person, and how long it is kept.
    Retention,
    /// Remove what is past its retention, or show what would be removed.
    Purge(PurgeArgs),
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
    }
}

fn retention(context: &Context) -> Exit {
    if context.format == Format::Json {
        let lines = RETENTION.iter().map(|line| {
            serde_json::json!({
                "table": line.table, "holds": line.holds, "pii": line.pii.as_str(),
                "kept": kept(line.keep), "erased": line.erased,
            })
        });
        println!("{}", serde_json::Value::from_iter(lines));
        return Exit::Fine;
    }
    let mut table = Table::new(&["table", "holds", "about people", "kept", "an erasure"]);
    for line in RETENTION {
        let kept = kept(line.keep);
        table.row([line.table, line.holds, line.pii.as_str(), &kept, line.erased]);
    }
    print!("{}", table.render());
    Exit::Fine
}

fn kept(keep: Keep) -> String {
    match keep {
        Keep::Always => "always".to_owned(),
        Keep::Newest => "the newest".to_owned(),
        Keep::For(span) => span.to_string(),
        Keep::UntilBase(span) => format!("{span}, then until a base"),
    }
}

fn purge(context: &Context, args: &PurgeArgs) -> Result<Exit> {
    context.must_exist()?;
    let at = args.now.unwrap_or_else(now);
    let overrides = Overrides::new();
    if args.dry_run {
        let plan = context.read()?.purge_plan(at, &overrides).map_err(failure)?;
        print_plan(context, &plan, &BTreeMap::new());
        return Ok(Exit::Fine);
    }
    let mut store = Store::open(&context.data, &Options::default()).map_err(failure)?;
    let plan = store.purge_plan(at, &overrides).map_err(failure)?;
    let removed = remove(&mut store, at, &plan).map_err(failure)?;
    print_plan(context, &plan, &removed);
    if !store.fold_log().map_err(failure)? {
        eprintln!(
            "another process reads the store, so removed rows may still be in its log\n  \
             help: end it and run this again"
        );
        return Ok(Exit::Failed);
    }
    Ok(Exit::Fine)
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

fn print_plan(context: &Context, plan: &[Purgeable], removed: &BTreeMap<&'static str, u64>) {
    if context.format == Format::Json {
        let lines = plan.iter().map(|line| {
            serde_json::json!({
                "table": line.table, "rows": line.rows, "cutoff": line.cutoff.to_string(),
                "oldest": line.oldest.map(|at| at.to_string()),
                "removed": removed.get(line.table).copied().unwrap_or(0),
            })
        });
        println!("{}", serde_json::Value::from_iter(lines));
        return;
    }
    let mut table = Table::new(&["table", ">past its span", ">removed", "oldest", "kept since"]);
    for line in plan {
        let gone = removed.get(line.table).map_or_else(String::new, |rows| thousands(*rows));
        let oldest = line.oldest.map_or_else(String::new, |at| to_the_second(at).to_string());
        let row = [&thousands(line.rows), &gone, &oldest, &to_the_second(line.cutoff).to_string()];
        table.row(std::iter::once(line.table).chain(row.map(String::as_str)));
    }
    print!("{}", table.render());
    if plan.iter().any(|line| line.table == JOURNAL && line.rows > 0) {
        eprintln!("note: old events stay until every stream has a base that covers them");
    }
}
