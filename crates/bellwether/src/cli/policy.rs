//! `policy`: check, test, try, show and compare bundles.
//!
//! - In: bundles as folders or shipped names; nothing but their files.
//! - Out: problems, failing tests, graphs and differences in words.
//! - Never: opens a data directory or changes a file.

mod attempt;
mod check;
mod diff;
mod show;
#[cfg(test)]
mod tests;
mod trial;

pub(super) use check::json as problems_json;

use super::{Format, context::Context};
use crate::bundle;
use crate::exit::Exit;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_core::Place;
use std::path::{Path, PathBuf};

/// What to do with bundles.
#[derive(clap::Subcommand)]
pub(crate) enum PolicyCommand {
    /// Every problem of a bundle, with its place and how to mend it.
    Check(BundleArgs),
    /// Run the tests that a bundle brings along.
    Test(BundleArgs),
    /// What a bundle would decide about facts, and what its boundaries say to an action; nothing is done.
    Try(attempt::TryArgs),
    /// The routing of a bundle as text: nodes, rules in order, deadlines, and who would be asked.
    Show(show::ShowArgs),
    /// What differs between two bundles.
    Diff(diff::DiffArgs),
    /// The bundles inside the program.
    List,
}

/// Which bundle.
#[derive(clap::Args)]
pub(crate) struct BundleArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(value_name = "DIR|NAME")]
    bundle: PathBuf,
}

pub(crate) fn run(context: &Context, command: &PolicyCommand) -> Result<Exit> {
    match command {
        PolicyCommand::Check(args) => check::run(context, &args.bundle),
        PolicyCommand::Test(args) => trial::run(context, &args.bundle),
        PolicyCommand::Try(args) => attempt::run(context, args),
        PolicyCommand::Show(args) => show::run(context, args),
        PolicyCommand::Diff(args) => diff::run(context, args),
        PolicyCommand::List => Ok(list(context)),
    }
}

fn list(context: &Context) -> Exit {
    if context.format == Format::Json {
        let shipped = bundle::SHIPPED.iter();
        let shipped =
            shipped.map(|one| serde_json::json!({"bundle": one.name, "about": one.about}));
        println!("{}", serde_json::Value::from_iter(shipped));
        return Exit::Fine;
    }
    let mut table = Table::new(&["bundle", "about"]);
    for shipped in bundle::SHIPPED {
        table.row([shipped.name, shipped.about]);
    }
    print!("{}", table.render());
    Exit::Fine
}

/// A place as the user would open it: below the folder that was named.
fn below(folder: &Path, place: Place) -> Place {
    if !folder.is_dir() {
        return place;
    }
    Place { file: folder.join(&place.file).display().to_string(), ..place }
}

/// `1 rule`, `2 rules`.
fn counted(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", thousands(number as u64))
}
