//! `privacy erase`: somebody leaves every store; the receipt says what was removed from each.

use super::subject::SubjectArgs;
use crate::cli::Format;
use crate::cli::context::{Context, now};
use crate::cli::names;
use crate::exit::{Exit, Failure};
use crate::table::{Table, thousands};
use anyhow::{Context as _, Result};
use bellwether_runtime::DriveError;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::privacy::{PrivacyError, Receipt, Shared, State, Subject};
use bellwether_store::{RETENTION, Retention, Sealed};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// Whom to erase.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("how").required(true)))]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    whom: SubjectArgs,
    /// Only say who would be erased, and whom else that concerns; change nothing.
    #[arg(long, group = "how")]
    dry_run: bool,
    /// Do it. It cannot be brought back.
    #[arg(long, group = "how")]
    yes: bool,
    /// Keep the receipt in this file too, as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    receipt: Option<PathBuf>,
}

/// Where copies may be that this program does not hold.
const OUTSIDE: [&str; 6] = [
    "the systems that the data came from, and files that were imported",
    "files written by `export`, `privacy export` and `backtest --html`",
    "messages that were already sent, and what other systems were told",
    "what others wrote about the person: it is sealed under their keys, and stays theirs",
    "backups of the data directory: sealed parts in them stay closed unless keys.db is restored with them",
    "backups of keys.db: they hold the keys until they are past their own, short retention",
];

pub(crate) fn run(context: &Context, args: &EraseArgs) -> Result<Exit> {
    let start = Instant::now();
    let mut driver = context.open()?;
    let subject = args.whom.find(&mut driver)?;
    if args.dry_run {
        return preview(context, &driver, &subject);
    }
    let receipt = driver.erase(&subject, now()).map_err(Failure::drive)?;
    let opened = opened(&driver)?;
    let json = json(&receipt, opened, start.elapsed().as_secs_f64());
    if let Some(file) = &args.receipt {
        std::fs::write(file, format!("{json:#}\n"))
            .with_context(|| format!("erased, but cannot write the receipt {}", file.display()))?;
    }
    match context.format {
        Format::Json => println!("{json}"),
        Format::Text => print(&receipt, opened, start.elapsed().as_secs_f64()),
    }
    Ok(Exit::Fine)
}

/// How often data was opened by hand so far: each may have left a copy outside.
fn opened(driver: &Embedded) -> Result<u64> {
    let fault = |error: bellwether_store::StoreError| Failure::drive(error.into());
    let by_name = driver.store().tallies(names::FAMILY).map_err(fault)?;
    let by_hand = driver.store().accesses().map_err(fault)?;
    Ok(by_name.iter().map(|one| one.count).sum::<u64>() + by_hand.len() as u64)
}

fn preview(context: &Context, driver: &Embedded, subject: &Subject) -> Result<Exit> {
    if !subject.is_known() && subject.erased.is_none() {
        return Err(Failure::drive(DriveError::from(PrivacyError::Unknown)).into());
    }
    let would = driver.preview_erasure(subject).map_err(Failure::drive)?;
    let texts = |ids: Vec<String>| ids;
    let json = json!({
        "parts": would.parts, "shared": shared(&would.shared),
        "subjects": texts(subject.slots.values().map(ToString::to_string).collect()),
        "accounts": texts(subject.accounts.iter().map(ToString::to_string).collect()),
        "kept_accounts": texts(subject.kept_accounts.iter().map(ToString::to_string).collect()),
        "staff": subject.staff, "refused": subject.refused.len(), "searched": subject.searched,
        "erased": subject.erased.as_ref().map(|erased| erased.at.to_string()),
    });
    if context.format == Format::Json {
        println!("{json}");
        return Ok(Exit::Fine);
    }
    for id in subject.slots.values() {
        println!("the key of {id} would be destroyed, and what needs it removed");
    }
    for account in &subject.accounts {
        println!("{account} would be erased as a whole");
    }
    for account in &subject.kept_accounts {
        println!("{account} would stay: it is not this person's alone");
    }
    if let Some(erased) = &subject.erased {
        println!("erased at {} already", erased.at);
    }
    println!("{} sealed parts would be removed", thousands(would.parts));
    if would.shared.parts > 0 {
        println!(
            "{} of them are sealed for {} too: they would be gone for them as well",
            thousands(would.shared.parts),
            others(&would.shared)
        );
    }
    Ok(Exit::Fine)
}

fn shared(shared: &Shared) -> Value {
    let people: Vec<_> = shared.people.iter().map(ToString::to_string).collect();
    let accounts: Vec<_> = shared.accounts.iter().map(ToString::to_string).collect();
    json!({"parts": shared.parts, "people": people, "accounts": accounts})
}

/// For whom else parts are sealed: how many people and accounts, and who.
fn others(shared: &Shared) -> String {
    let people: Vec<_> = shared.people.iter().map(ToString::to_string).collect();
    let accounts: Vec<_> = shared.accounts.iter().map(ToString::to_string).collect();
    let kinds = [("other people", people), ("other accounts", accounts)];
    let told = kinds.iter().filter(|(_, ids)| !ids.is_empty());
    let told = told.map(|(what, ids)| format!("{} {what} ({})", ids.len(), ids.join(", ")));
    told.collect::<Vec<_>>().join(" and ")
}

/// What was removed from a table; `None` where an erasure has nothing to remove.
fn removed(receipt: &Receipt, table: &str) -> Option<u64> {
    let sealed = |table| Some(receipt.sealed.get(&table).copied().unwrap_or(0));
    match table {
        "payload" => sealed(Sealed::Payload),
        "unlisted" => sealed(Sealed::Unlisted),
        "identity" => Some(receipt.forgotten.identities),
        "account" => Some(receipt.forgotten.names),
        "staff" => Some(receipt.forgotten.staff),
        "quarantine" => Some(receipt.forgotten.refused),
        "keys" => Some(receipt.keys),
        _ => None,
    }
}

fn state(receipt: &Receipt) -> &'static str {
    match receipt.state {
        State::Done => "erased",
        State::Resumed => "finished",
        State::Already => "already",
    }
}

fn json(receipt: &Receipt, opened: u64, seconds: f64) -> Value {
    let stores = stores(receipt).into_iter().map(|line| {
        json!({
            "file": line.file(), "table": line.table, "holds": line.holds,
            "removed": removed(receipt, line.table), "what_happens": line.erased,
        })
    });
    let told = receipt.told.iter().map(|(stream, subject, parts)| {
        json!({"stream": stream.to_string(), "subject": subject.to_string(), "parts": parts})
    });
    let texts = |ids: Vec<String>| ids;
    json!({
        "state": state(receipt), "erasure": receipt.erasure, "at": receipt.at.to_string(),
        "done": receipt.done.to_string(), "seconds": (seconds * 1000.0).round() / 1000.0,
        "subjects": texts(receipt.subjects.iter().map(ToString::to_string).collect()),
        "stores": Value::from_iter(stores),
        "log": Value::from_iter(told),
        "log_frozen": texts(receipt.untold.iter().map(ToString::to_string).collect()),
        "kept_accounts": texts(receipt.kept_accounts.iter().map(ToString::to_string).collect()),
        "shared": shared(&receipt.shared),
        "refused_rows_searched": receipt.searched,
        "files": "data.db and keys.db written anew, their logs cut to nothing",
        "outside": OUTSIDE, "opened_by_hand": opened,
    })
}

/// Every store; those from which something was removed come first.
fn stores(receipt: &Receipt) -> Vec<&'static Retention> {
    let mut lines: Vec<_> = RETENTION.iter().collect();
    lines.sort_by_key(|line| removed(receipt, line.table).is_none_or(|rows| rows == 0));
    lines
}

fn print(receipt: &Receipt, opened: u64, seconds: f64) {
    if receipt.state == State::Already {
        println!("erased at {} already; nothing changed (erasure {})", receipt.at, receipt.erasure);
        return;
    }
    let finished =
        if receipt.state == State::Resumed { ", begun earlier and finished now" } else { "" };
    println!("erased: erasure {}, {}{finished} ({seconds:.1} s)", receipt.erasure, receipt.at);
    for subject in &receipt.subjects {
        println!("  the key of {subject} is destroyed");
    }
    let mut table = Table::new(&["file", "table", ">removed", "what happens there"]);
    for line in stores(receipt) {
        let rows = removed(receipt, line.table).map_or_else(String::new, thousands);
        table.row([line.file(), line.table, &rows, line.erased]);
    }
    print!("{}", table.render());
    println!("data.db and keys.db were written anew, their logs cut to nothing");
    for (stream, subject, parts) in &receipt.told {
        println!("the log tells of it in {stream}: {} parts of {subject}", thousands(*parts));
    }
    for stream in &receipt.untold {
        println!("{stream} is frozen and was not told");
    }
    if receipt.shared.parts > 0 {
        println!(
            "{} of the removed parts were sealed for {} too: gone for them as well; whatever else is \
             kept of them stays",
            thousands(receipt.shared.parts),
            others(&receipt.shared)
        );
    }
    for account in &receipt.kept_accounts {
        println!(
            "{account} stays, because it is not this person's alone; `--subject` erases it too"
        );
    }
    if !receipt.searched {
        println!("refused rows were not searched: no address or longer id is known; try `--email`");
    }
    println!("not held here, so look there too (data was opened by hand {opened} times so far):");
    OUTSIDE.iter().for_each(|place| println!("  {place}"));
}
