//! `policy`: check, test, try, show, compare, prove and sign bundles, and bring them into force.
//!
//! - In: bundles as folders or shipped names; for `plan` to `shadow` also the data directory.
//! - Out: problems, failing tests, graphs, differences in words, proofs; a lock, a key, a starter; versions, and
//!   which one decides.
//! - Never: changes a file of a bundle that it did not write, but for the table that it is told to put in.

mod attempt;
mod check;
mod checkpoints;
pub(crate) mod diff;
mod draw;
mod history;
mod init;
mod loosened;
pub(crate) mod overrides;
pub(crate) mod proofs;
pub(crate) mod prove;
mod rollout;
mod schema;
mod show;
mod sign;
mod table;
#[cfg(test)]
mod tests;
mod trial;

pub(in crate::cli) use check::json as problems_json;

use super::{Format, context::Context};
use crate::bundle;
use crate::exit::Exit;
use crate::table::{Table, counted};
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
    /// What differs between two bundles, in words or over the history of a data directory.
    Diff(diff::DiffArgs),
    /// The exceptions of a bundle: what holds, what ends soon, what is over, and who answers for it.
    Overrides(overrides::OverridesArgs),
    /// What each approval costs and catches, and which could go while every proof still holds.
    Checkpoints(checkpoints::CheckpointsArgs),
    /// Prove what the boundaries claim, for every request there can be, with cvc5.
    Prove(prove::ProveArgs),
    /// Begin a bundle: a commented one that checks, tests and proves.
    Init(init::InitArgs),
    /// Bring a decision table from a spreadsheet (CSV) into `thresholds.yaml`.
    ImportTable(table::TableArgs),
    /// JSON Schemas of every file of a bundle, for editors.
    Schema(schema::SchemaArgs),
    /// Make a key to sign bundles with.
    Keygen(sign::KeygenArgs),
    /// Sign a bundle: write its lock, or add a signature to it.
    Sign(sign::SignArgs),
    /// Whether a bundle is what enough trusted people signed.
    Verify(sign::VerifyArgs),
    /// The bundles inside the program.
    List,
    /// What would change if a bundle came into force, and whether it may. Writes nothing.
    Plan(rollout::PlanArgs),
    /// Bring a bundle into force: for all, for a share of the accounts, or in shadow.
    Apply(rollout::ApplyArgs),
    /// Agree to a proposal as a second person; it then begins.
    Approve(rollout::ApproveArgs),
    /// Go back to rules that were in force, or end a canary.
    Rollback(rollout::RollbackArgs),
    /// Take a proposal back, or end a shadow or a canary.
    Withdraw(rollout::WithdrawArgs),
    /// The versions that are kept, where each stands, and who said so.
    Status,
    /// What rules in shadow would have decided otherwise.
    Shadow(rollout::ShadowArgs),
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
        PolicyCommand::Overrides(args) => overrides::run(context, args),
        PolicyCommand::Checkpoints(args) => checkpoints::run(context, args),
        PolicyCommand::Prove(args) => prove::run(context, args),
        PolicyCommand::Init(args) => init::run(context, args),
        PolicyCommand::ImportTable(args) => table::run(context, args),
        PolicyCommand::Schema(args) => schema::run(args),
        PolicyCommand::Keygen(args) => sign::keygen(context, args),
        PolicyCommand::Sign(args) => sign::sign(context, args),
        PolicyCommand::Verify(args) => sign::verify(context, args),
        PolicyCommand::List => Ok(list(context)),
        PolicyCommand::Plan(args) => rollout::plan(context, args),
        PolicyCommand::Apply(args) => rollout::apply(context, args),
        PolicyCommand::Approve(args) => rollout::approve(context, args),
        PolicyCommand::Rollback(args) => rollout::rollback(context, args),
        PolicyCommand::Withdraw(args) => rollout::withdraw(context, args),
        PolicyCommand::Status => rollout::status(context),
        PolicyCommand::Shadow(args) => rollout::shadow(context, args),
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
