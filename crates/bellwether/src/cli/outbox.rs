//! `outbox`: dead letters, and what a person does about them: try again, or settle.

use super::Format;
use super::context::{Context, Working, now};
use crate::exit::{Exit, Failure, Problems};
use crate::serve::read::house::{LAST, counts, effect, sending};
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_core::Problem;
use bellwether_runtime::DriveError;
use bellwether_runtime::delivery::{self, Id};
use bellwether_runtime::embedded::Embedded;

/// What to do with the outbox.
#[derive(clap::Subcommand)]
pub(crate) enum OutboxCommand {
    /// What did not arrive, or may not have, with the channel and why; beside a server too.
    List(ListArgs),
    /// Try a dead letter again, from the first channel on, under the same key.
    Retry(RetryArgs),
    /// Settle a dead letter: it arrived after all, or nobody wants it any more.
    Settle(SettleArgs),
}

/// How much to list.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    /// How many dead letters are listed, the oldest first.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Which dead letter.
#[derive(clap::Args)]
pub(crate) struct RetryArgs {
    /// Its id, as `list` shows it, such as 4711/0.
    #[arg(value_parser = read_id)]
    id: Id,
}

/// Which dead letter, and what became of it.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub(crate) struct SettleArgs {
    /// Its id, as `list` shows it, such as 4711/0.
    #[arg(value_parser = read_id)]
    id: Id,
    /// It arrived after all.
    #[arg(long, group = "what")]
    arrived: bool,
    /// Nobody wants it any more.
    #[arg(long, group = "what")]
    unwanted: bool,
}

fn read_id(text: &str) -> Result<Id, String> {
    let read = |(pos, nth): (&str, &str)| Some((pos.parse().ok()?, nth.parse().ok()?));
    let id = text.split_once('/').and_then(read).filter(|id: &Id| id.0 <= LAST.0 && id.1 <= LAST.1);
    id.ok_or_else(|| "expected two numbers such as 4711/0".to_owned())
}

pub(crate) fn run(context: &Context, command: &OutboxCommand) -> Result<Exit> {
    match command {
        OutboxCommand::List(args) => list(context, args.limit),
        OutboxCommand::Retry(args) => {
            change(context, args.id, "waiting", |driver| delivery::retry(driver, now(), args.id))
        }
        OutboxCommand::Settle(args) => {
            let status = if args.arrived { "done" } else { "expired" };
            change(context, args.id, status, |driver| {
                delivery::settle(driver, now(), args.id, args.arrived)
            })
        }
    }
}

/// Opens the directory for work, and says where else it can be done while a server holds it.
pub(super) fn open(context: &Context) -> Result<Working> {
    context.open().map_err(|error| match error.downcast::<Failure>() {
        Ok(failure) if failure.code() == "store-locked" => failure
            .helped("a server holds it: use the Outbox page of its console, or `/v1/outbox`")
            .into(),
        Ok(failure) => failure.into(),
        Err(error) => error,
    })
}

fn change(
    context: &Context,
    (pos, nth): Id,
    status: &str,
    work: impl FnOnce(&mut Embedded) -> Result<bool, DriveError>,
) -> Result<Exit> {
    let mut driver = open(context)?;
    if !work(&mut driver).map_err(Failure::drive)? {
        let problem = Problem::new("outbox-none", "no such effect is a dead letter");
        let problem = problem.help("`bellwether outbox list` shows what is there");
        return Err(Problems(vec![problem]).into());
    }
    driver.commit().map_err(Failure::drive)?;
    match context.format {
        Format::Json => {
            println!("{}", serde_json::json!({"pos": pos, "nth": nth, "status": status}));
        }
        Format::Text => println!("{pos}/{nth} is {status} now"),
    }
    Ok(Exit::Fine)
}

fn list(context: &Context, limit: usize) -> Result<Exit> {
    let store = context.read()?;
    let (switch, counts) = (sending(&store)?, counts(&store)?);
    let rows = store.dead_letters((0, 0), limit)?;
    let rows = rows.iter().map(|row| effect(&store, row)).collect::<Result<Vec<_>, _>>()?;
    if context.format == Format::Json {
        println!("{}", serde_json::json!({"sending": switch, "counts": counts, "dead": rows}));
        return Ok(Exit::Fine);
    }
    if let (true, Some(reason), Some(since)) = (switch.stopped, &switch.reason, &switch.since) {
        println!("all sending is stopped, {reason}, since {since}\n");
    }
    let mut table = Table::new(&["effects", ">count"]);
    for one in counts {
        table.row([one.status, thousands(one.effects)]);
    }
    println!("{}", table.render());
    let mut table = Table::new(&["id", "kind", "for", "stands", "channel", "why", ">tries"]);
    for one in rows {
        let (id, tries) = (format!("{}/{}", one.pos, one.nth), one.attempts.to_string());
        table.row([id, one.kind, one.person, one.status, one.via, one.why, tries]);
    }
    match table.is_empty() {
        true => println!("no dead letters"),
        false => print!("{}", table.render()),
    }
    Ok(Exit::Fine)
}
