//! `link` and `unlink`: one company known under two accounts counts as one, until that is undone.

use super::Format;
use super::context::{Context, now};
use crate::exit::{Exit, Failure, Problems};
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_core::{AccountId, Problem};
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::embedded::refold::Linked;

/// Arguments of `link`. An account is named by its id (`acc_...`), a mail address of it, or its id in a
/// system (`zendesk=4711`).
#[derive(clap::Args)]
pub(crate) struct LinkArgs {
    /// The account whose signals shall count for the other one.
    #[arg(value_name = "ACCOUNT|EMAIL|SYSTEM=ID", required_unless_present = "list")]
    account: Option<String>,
    /// The account that they shall count for.
    #[arg(value_name = "SURVIVOR|EMAIL|SYSTEM=ID", required_unless_present = "list")]
    survivor: Option<String>,
    /// Show the links that stand, and change nothing.
    #[arg(long, conflicts_with = "account")]
    list: bool,
}

/// Arguments of `unlink`.
#[derive(clap::Args)]
pub(crate) struct UnlinkArgs {
    /// The account that was linked: its id (`acc_...`), as `link --list` shows it.
    account: AccountId,
}

pub(crate) fn link(context: &Context, args: &LinkArgs) -> Result<Exit> {
    let (Some(account), Some(survivor)) = (&args.account, &args.survivor) else {
        return list(context);
    };
    let mut driver = context.open()?;
    let other = find(&mut driver, account)?;
    let survivor = find(&mut driver, survivor)?;
    let done = driver.link(other, survivor, now()).map_err(Failure::drive)?;
    driver.write_behind().map_err(Failure::drive)?;
    if context.format == Format::Json {
        print_json(&done);
        return Ok(Exit::Fine);
    }
    println!("{} counts for {} from here on", done.other, done.survivor);
    println!(
        "  {} signals are counted together; {} open cases and deals went with them",
        thousands(done.survivor_signals as u64),
        thousands(done.moved as u64)
    );
    println!("  undo: bellwether unlink {}", done.other);
    Ok(Exit::Fine)
}

pub(crate) fn unlink(context: &Context, args: &UnlinkArgs) -> Result<Exit> {
    let mut driver = context.open()?;
    let done = driver.unlink(args.account, now()).map_err(Failure::drive)?;
    driver.write_behind().map_err(Failure::drive)?;
    if context.format == Format::Json {
        print_json(&done);
        return Ok(Exit::Fine);
    }
    println!("{} counts for itself again", done.other);
    println!(
        "  {} signals are its own, {} stay with {}; {} open cases and deals came back",
        thousands(done.other_signals as u64),
        thousands(done.survivor_signals as u64),
        done.survivor,
        thousands(done.moved as u64)
    );
    Ok(Exit::Fine)
}

fn print_json(done: &Linked) {
    let json = serde_json::json!({
        "account": done.other.to_string(), "survivor": done.survivor.to_string(),
        "survivor_signals": done.survivor_signals, "account_signals": done.other_signals,
        "moved": done.moved,
    });
    println!("{json}");
}

/// The links that stand, the oldest first.
fn list(context: &Context) -> Result<Exit> {
    let store = context.read()?;
    let mut rows = Vec::new();
    for link in store.links()?.iter().filter(|link| link.undone.is_none()) {
        let known = store.accounts(&[link.slot, link.survivor])?;
        let ids: Vec<_> = known.iter().flatten().map(|account| account.id.to_string()).collect();
        if let [account, survivor] = ids.as_slice() {
            rows.push([account.clone(), survivor.clone(), link.since.to_string()]);
        }
    }
    if context.format == Format::Json {
        let json = rows.iter().map(|[account, survivor, since]| {
            serde_json::json!({"account": account, "survivor": survivor, "since": since})
        });
        println!("{}", serde_json::Value::from_iter(json));
        return Ok(Exit::Fine);
    }
    let mut table = Table::new(&["account", "counts for", "since"]);
    rows.into_iter().for_each(|row| table.row(row));
    if table.is_empty() {
        eprintln!("no account is linked to another one");
    } else {
        print!("{}", table.render());
    }
    Ok(Exit::Fine)
}

/// The account that somebody means. Look-ups follow links that stand already.
fn find(driver: &mut Embedded, named: &str) -> Result<AccountId> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    let found = match named.split_once('=') {
        Some((system, id)) => driver.edge().lookup_external(system, id),
        None => driver.edge().lookup_email(named),
    };
    let found = found.map_err(|error| Failure::drive(error.into()))?.accounts;
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(refuse(
            Problem::new("link-not-found", "no account is known under what was given")
                .help("give its id (`acc_...`), a mail address, or `SYSTEM=ID`"),
        )),
        several => {
            let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
            let message = format!("it stands for {} accounts: {}", ids.len(), ids.join(", "));
            Err(refuse(Problem::new("link-ambiguous", message).help("give one of these ids")))
        }
    }
}

fn refuse(problem: Problem) -> anyhow::Error {
    Problems(vec![problem]).into()
}
