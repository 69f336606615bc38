//! `quarantine`: what was refused or held back, why, and what to do about it.
//!
//! Nothing of a row is printed unless `--reveal` says what for, which is recorded first.

pub(crate) mod list;
mod retry;

use super::Format;
use super::context::{Context, now};
use crate::exit::{Exit, Failure, Problems};
use anyhow::Result;
use bellwether_core::{Problem, Purpose};
use bellwether_runtime::embedded::Embedded;
use bellwether_store::{Access, Quarantined, View};

/// What to do with the quarantine.
#[derive(clap::Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Files that gates hold back, and refused rows by code.
    List(list::ListArgs),
    /// One refused row: why it was refused, and with `--reveal` what it says.
    Show(ShowArgs),
    /// Read refused rows again, by a mended mapping.
    Retry(retry::RetryArgs),
    /// Erase refused rows with their keys, or forget that files were held back.
    Drop(DropArgs),
}

/// Which row to show.
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// The number of the row, as `list` shows it.
    id: u64,
    /// Print the row itself, which holds personal data; say what for. It is recorded.
    #[arg(long, value_name = "PURPOSE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reveal: Option<String>,
}

/// Which rows.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true)))]
pub(crate) struct Which {
    /// Numbers of rows, as `list` shows them.
    #[arg(group = "which")]
    ids: Vec<u64>,
    /// All rows that were refused with this code.
    #[arg(long, group = "which")]
    code: Option<String>,
    /// All rows and files of this import.
    #[arg(long, value_name = "NUMBER", group = "which")]
    import: Option<u64>,
    /// All rows.
    #[arg(long, group = "which")]
    all: bool,
}

/// What to erase.
#[derive(clap::Args)]
pub(crate) struct DropArgs {
    #[command(flatten)]
    which: Which,
    /// Do it. It cannot be brought back.
    #[arg(long, required = true)]
    yes: bool,
}

/// Quarantined rows with their numbers.
type Rows = Vec<(u64, Quarantined)>;

pub(crate) fn run(context: &Context, command: &QuarantineCommand) -> Result<Exit> {
    match command {
        QuarantineCommand::List(args) => list::run(context, args),
        QuarantineCommand::Show(args) => show(context, args),
        QuarantineCommand::Retry(args) => retry::run(context, args),
        QuarantineCommand::Drop(args) => drop_rows(context, &args.which),
    }
}

impl Which {
    fn takes(&self, id: u64, row: &Quarantined) -> bool {
        let code = self.code.as_ref().is_some_and(|code| *code == row.code);
        let import = self.import.is_some_and(|import| row.import == Some(import));
        self.all || code || import || self.ids.contains(&id)
    }

    /// The rows that are meant.
    fn rows(&self, store: &View) -> Result<Rows> {
        Ok(all(store)?.into_iter().filter(|(id, row)| self.takes(*id, row)).collect())
    }
}

/// Every quarantined row.
fn all(store: &View) -> Result<Rows> {
    let rows = store.quarantine(None, 0, usize::try_from(i64::MAX).unwrap_or(usize::MAX));
    rows.map_err(|error| Failure::drive(error.into()).into())
}

fn nothing() -> anyhow::Error {
    let help = "`bellwether quarantine list` shows what is there";
    Problems(vec![Problem::new("quarantine-none", "no such row is in quarantine").help(help)])
        .into()
}

fn show(context: &Context, args: &ShowArgs) -> Result<Exit> {
    let one = |store: &View| -> Result<Quarantined> {
        let found = all(store)?.into_iter().find(|(id, _)| *id == args.id);
        found.map(|(_, row)| row).ok_or_else(nothing)
    };
    let Some(purpose) = &args.reveal else {
        let row = one(&*context.read()?)?;
        print(context, args.id, &row, None);
        return Ok(Exit::Fine);
    };
    let mut driver = context.open()?;
    let row = one(driver.store())?;
    let what = format!("quarantine row {}", args.id);
    let access = Access { at: now(), what, purpose: purpose.clone() };
    driver.note_access(&access).map_err(Failure::drive)?;
    let opened = driver.open_quarantined(&row).map_err(Failure::drive)?;
    let text = String::from_utf8_lossy(opened.reveal(Purpose::Show)).into_owned();
    print(context, args.id, &row, Some(text));
    Ok(Exit::Fine)
}

fn print(context: &Context, id: u64, row: &Quarantined, words: Option<String>) {
    if context.format == Format::Json {
        let mut json = list::json(id, row);
        if let (Some(words), Some(object)) = (words, json.as_object_mut()) {
            object.insert("row".to_owned(), words.into());
        }
        println!("{json}");
        return;
    }
    println!("{}: error[{}]: {}", row.place, row.code, row.reason);
    println!("  refused at {} by the mapping `{}`, import {}", row.at, row.source, import(row));
    println!("  what it means and how to mend it: docs/errors/{}.md", row.code);
    match words {
        Some(words) => println!("{words}"),
        None => println!("  the row is sealed; `--reveal PURPOSE` prints it and records why"),
    }
}

fn import(row: &Quarantined) -> String {
    row.import.map_or_else(|| "unknown".to_owned(), |import| import.to_string())
}

fn drop_rows(context: &Context, which: &Which) -> Result<Exit> {
    let mut driver = context.open()?;
    let rows = which.rows(driver.store())?;
    let dropped = driver.drop_quarantined(&rows, now()).map_err(Failure::drive)?;
    let files = held(&driver, which)?;
    for import in &files {
        driver.forget_held(*import).map_err(Failure::drive)?;
    }
    if dropped == 0 && files.is_empty() {
        return Err(nothing());
    }
    match context.format {
        Format::Json => {
            println!("{}", serde_json::json!({"dropped": dropped, "files": files.len()}))
        }
        Format::Text => {
            println!("{dropped} rows erased with their keys, {} imports forgotten", files.len());
        }
    }
    Ok(Exit::Fine)
}

/// The imports that are meant and held back.
fn held(driver: &Embedded, which: &Which) -> Result<Vec<u64>> {
    let results = driver.store().gate_results();
    let results = results.map_err(|error| Failure::drive(error.into()))?;
    let meant = |import: u64| which.all || which.import == Some(import);
    let held = results.into_iter().filter(|one| !one.accepted).map(|one| one.import);
    let mut held: Vec<_> = held.filter(|import| meant(*import)).collect();
    held.dedup();
    Ok(held)
}
