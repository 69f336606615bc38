//! `intent`: train readers of texts, and say how well they read.

mod classify;
mod sets;

use super::Format;
use super::context::Context;
use crate::exit::Exit;
use crate::progress;
use crate::table::Table;
use anyhow::Result;
use classify::Judged;
use serde_json::json;
use sets::{Set, Suite};
use std::path::PathBuf;

/// Readers of texts.
#[derive(clap::Subcommand)]
pub(crate) enum IntentCommand {
    /// How well the readers read collections of other people's texts.
    Eval(EvalArgs),
}

/// Arguments of `intent eval`.
#[derive(clap::Args)]
pub(crate) struct EvalArgs {
    /// Which collection; `all` reads each that is there.
    #[arg(long, value_name = "NAME", default_value = "all")]
    suite: Suite,
    /// The folder that holds the collections, a folder each.
    #[arg(long, value_name = "DIR")]
    sets: PathBuf,
    /// Learn from so many examples of each label only.
    #[arg(long, value_name = "COUNT")]
    shots: Option<usize>,
    /// The seed of whatever is drawn.
    #[arg(long, value_name = "NUMBER", default_value_t = 2026)]
    seed: u64,
}

pub(crate) fn run(context: &Context, command: &IntentCommand) -> Result<Exit> {
    match command {
        IntentCommand::Eval(args) => eval(context, args),
    }
}

fn eval(context: &Context, args: &EvalArgs) -> Result<Exit> {
    let found = sets::find(&args.sets, args.suite)?;
    let bar = progress::bar(found.len() as u64, "collections");
    let mut judged = Vec::new();
    for suite in found {
        let mut set = Set::read(&args.sets, suite)?;
        if let Some(shots) = args.shots {
            set.keep_shots(shots, args.seed);
        }
        judged.push(classify::judge(&set, args.seed)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    match context.format {
        Format::Text => print!("{}", text(&judged)),
        Format::Json => println!("{}", json!(judged.iter().map(Judged::json).collect::<Vec<_>>())),
    }
    Ok(Exit::Fine)
}

fn text(judged: &[Judged]) -> String {
    let titles = [
        "collection", ">learnt from", ">labels", ">read", ">accuracy", ">ECE", ">Brier", ">outside told",
        ">inside kept", ">AUROC",
    ];
    let mut table = Table::new(&titles);
    for one in judged {
        table.row(one.cells());
    }
    table.render()
}
