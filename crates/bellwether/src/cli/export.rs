//! `export`: what was decided, for spreadsheets and other programs.
//!
//! - In: the records of a data directory, read beside whoever works in it.
//! - Out: one row per decision, in the order of the journal, to a file or to stdout.
//! - Never: a half-written file under the name that was asked for; anything personal that was not asked
//!   for with a purpose: records hold ids and handles only.

pub(crate) mod row;
mod sink;
#[cfg(test)]
mod tests;

use super::context::{Context, read_time};
use super::names::{NameArgs, Names};
use super::{Format, interrupt};
use crate::exit::{Exit, Failure};
use crate::progress;
use crate::table::thousands;
use anyhow::{Context as _, Result, bail};
use bellwether_core::Timestamp;
use bellwether_core::problem::nearest;
use bellwether_ledger::whole_record;
use bellwether_runtime::embedded::read_rules;
use bellwether_store::Store;
use row::{Row, rows};
use sink::Sink;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// What to export.
#[derive(clap::Subcommand)]
pub(crate) enum ExportCommand {
    /// One row for each decision.
    Decisions(DecisionsArgs),
}

/// Which decisions, and where to.
#[derive(clap::Args)]
pub(crate) struct DecisionsArgs {
    /// The file to write; `-` is stdout. It appears when it is whole.
    #[arg(long, value_name = "FILE|-")]
    out: PathBuf,
    /// The form of the rows; without it, what the file's name says, else CSV.
    #[arg(long = "as", value_enum)]
    form: Option<Form>,
    /// Only what was decided at this instant or later.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    from: Option<Timestamp>,
    /// Only what was decided before this instant.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    until: Option<Timestamp>,
    /// Only what this graph decided.
    #[arg(long, value_name = "NAME")]
    graph: Option<String>,
    /// Only decisions that differ from the one before about the same subject.
    #[arg(long)]
    changed: bool,
    #[command(flatten)]
    names: NameArgs,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// For spreadsheets: a cell that would be read as a formula gets a quote mark before it.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl DecisionsArgs {
    fn form(&self) -> Form {
        let by_name = || match self.out.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl" | "ndjson" | "json") => Form::Jsonl,
            _ => Form::Csv,
        };
        self.form.unwrap_or_else(by_name)
    }

    fn wants(&self, at: Timestamp, row: &Row<'_>) -> bool {
        self.from.is_none_or(|from| from <= at)
            && self.until.is_none_or(|until| at < until)
            && self.graph.as_ref().is_none_or(|graph| *graph == row.graph)
            && (row.changed || !self.changed)
    }
}

pub(crate) fn run(context: &Context, command: &ExportCommand) -> Result<Exit> {
    let ExportCommand::Decisions(args) = command;
    let store = context.read()?;
    if let Some(graph) = &args.graph {
        must_know(&store, graph)?;
    }
    let names = Names::open(context, &args.names)?;
    let mut sink = Sink::open(&args.out, args.form())?;
    let written = match write(&store, args, &names, &mut sink) {
        Ok(Some(written)) => written,
        Ok(None) => {
            eprintln!("stopped; {} was not written", args.out.display());
            return Ok(Exit::Failed);
        }
        Err(error) if reader_left(&error) => return Ok(Exit::Fine),
        Err(error) => return Err(error),
    };
    match sink.finish() {
        Err(error) if reader_left(&error) => return Ok(Exit::Fine),
        other => other?,
    }
    let file = args.out.display();
    match context.format {
        Format::Json if args.out.as_os_str() != "-" => {
            println!("{}", serde_json::json!({"file": file.to_string(), "decisions": written}));
        }
        _ => eprintln!("{} decisions written to {file}", thousands(written)),
    }
    Ok(Exit::Fine)
}

/// Writes every wanted row; `None` when it was interrupted.
fn write(
    store: &Store,
    args: &DecisionsArgs,
    names: &Names,
    sink: &mut Sink,
) -> Result<Option<u64>> {
    let stop = interrupt::flag("stopping; a second time ends it at once");
    let bar = progress::bar(store.last_pos()?, "records");
    let (mut written, mut done) = (0, Ok(()));
    let scanned = store.scan(1, |kept| {
        bar.inc(1);
        done = whole_record(kept.record, || store.evidence(kept.pos))
            .map_err(anyhow::Error::from)
            .and_then(|record| {
                let (at, rows) = rows(&record)?;
                for mut row in rows.into_iter().filter(|row| args.wants(at, row)) {
                    if let Ok(doc) = row.doc.parse() {
                        row.account_name = names.account(kept.stream);
                        row.source_id = names.source_id(kept.stream, doc);
                    }
                    sink.put(&row)?;
                    written += 1;
                }
                Ok(())
            })
            .with_context(|| format!("the record at position {} of the journal", kept.pos));
        match done.is_err() || stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    bar.finish_and_clear();
    scanned.map_err(|error| Failure::drive(error.into()))?;
    done?;
    Ok((!stop.load(Ordering::Relaxed)).then_some(written))
}

/// Says which graphs there are when the wanted one is not among those that ever decided.
fn must_know(store: &Store, graph: &str) -> Result<()> {
    let book = read_rules(store).map_err(Failure::drive)?;
    let mut known = Vec::new();
    for (digest, _) in store.blobs("rules")? {
        let graphs = book.get(&digest).map(|rules| rules.policy().graphs());
        known.extend(graphs.unwrap_or_default().iter().map(|graph| graph.name().to_owned()));
    }
    if known.iter().any(|name| name == graph) {
        return Ok(());
    }
    known.sort_unstable();
    known.dedup();
    match nearest(graph, known.iter().map(String::as_str)) {
        Some(close) => bail!("no rules here have a graph `{graph}`; did you mean `{close}`?"),
        None => bail!("no rules here have a graph `{graph}`; there are: {}", known.join(", ")),
    }
}

/// Whoever read our output has seen enough, as `head` does.
fn reader_left(error: &anyhow::Error) -> bool {
    let io = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.into_iter().any(|error| error.kind() == ErrorKind::BrokenPipe)
}
