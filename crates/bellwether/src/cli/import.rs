//! `import`: exports of other systems become history.

mod dry_run;
mod summary;

use super::context::{Context, now};
use super::sources::{SourceArgs, refuse_hindsight};
use super::{interrupt, mappings};
use crate::exit::{Exit, Failure, Problems};
use crate::progress;
use anyhow::Result;
use bellwether_adapters::Gates;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::import::{self, ImportError, Options, Progress, Report, Source};
use clap::builder::PossibleValuesParser;
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Arguments of `import`.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// Read the files to their ends and show the first ten signals of each, what is refused, what the
    /// mapping does not list, and what its gates say; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Let files pass a gate whatever it finds; it is recorded. May be given several times.
    #[arg(long, value_name = "GATE", value_parser = PossibleValuesParser::new(Gates::NAMES))]
    accept_gate: Vec<String>,
    /// How many MiB of rows may be sorted in memory; what is more waits on disk, sealed.
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    memory: usize,
}

pub(crate) fn run(context: &Context, args: &ImportArgs) -> Result<Exit> {
    if args.sources.wants_list() {
        print!("{}", mappings::table());
        return Ok(Exit::Fine);
    }
    let sources = args.sources.sources()?;
    for source in sources.iter().filter(|source| source.mapping.lacks_own_domains()) {
        let (file, mapping) = (&source.name, source.mapping.name());
        eprintln!(
            "note: `{mapping}` names no `own_domains`: in `{file}` our own mails count as received\n  \
             help: `bellwether mappings show {mapping} > my-{mapping}.yaml`, name your domains there and \
             import by that file instead; what was imported once stays"
        );
    }
    if args.dry_run {
        return dry_run::run(context, sources);
    }
    let mut driver = context.open()?;
    refuse_hindsight(&sources, driver.rules())?;
    let options =
        Options { now: now(), budget: args.memory.max(1) << 20, accept: args.accept_gate.clone() };
    let (start, report) = feed(&mut driver, &sources, options);
    finish(context, start, report)
}

/// Says what an import did, and how the command ends.
pub(super) fn finish(
    context: &Context,
    start: Instant,
    report: Result<Report, ImportError>,
) -> Result<Exit> {
    let report = match report {
        Err(ImportError::Held(problems)) => {
            crate::exit::print(&Problems(problems).into());
            eprintln!("nothing was imported; `bellwether quarantine list` shows what is held back");
            return Ok(Exit::Findings);
        }
        report => report.map_err(failure)?,
    };
    summary::print(context, &report, start.elapsed().as_secs_f64());
    if report.stopped {
        eprintln!("stopped; the same command goes on where it was");
        return Ok(Exit::Failed);
    }
    Ok(if report.refused.is_empty() { Exit::Fine } else { Exit::Findings })
}

/// Imports with a progress bar, until it is done or somebody stops it.
pub(super) fn feed(
    driver: &mut Embedded,
    sources: &[Source],
    options: Options,
) -> (Instant, Result<Report, ImportError>) {
    let stop = interrupt::flag("stopping after the next commit");
    let (start, mut bars) = (Instant::now(), Bars::default());
    let report = import::import(driver, sources, options, |progress| {
        bars.show(progress);
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    bars.clear();
    (start, report)
}

/// An import's error, with every problem and its code.
pub(crate) fn failure(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Files(problems) | ImportError::Held(problems) => Problems(problems).into(),
        ImportError::Drive(error) => Failure::drive(error).into(),
    }
}

#[derive(Default)]
struct Bars {
    reading: Option<ProgressBar>,
    feeding: Option<ProgressBar>,
}

impl Bars {
    fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Reading(rows) => {
                self.reading
                    .get_or_insert_with(|| progress::counter("rows read"))
                    .set_position(rows);
            }
            Progress::Feeding { done, of } => {
                if let Some(bar) = self.reading.take() {
                    bar.finish_and_clear();
                }
                let bar = self.feeding.get_or_insert_with(|| progress::bar(of, "signals"));
                bar.set_position(done);
            }
        }
    }

    fn clear(self) {
        self.reading.into_iter().chain(self.feeding).for_each(|bar| bar.finish_and_clear());
    }
}
