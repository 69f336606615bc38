//! `backtest`: history through a bundle under a virtual clock, judged by what then happened.

mod outcome;
mod watch;

use super::Format;
use super::context::{Context, read_time};
use super::sources::{SourceArgs, refuse_hindsight};
use crate::exit::{Exit, Problems};
use crate::{bundle, progress, report};
use anyhow::{Context as _, Result};
use bellwether_core::{Problem, RawSignal, Timestamp};
use bellwether_measure::backtest::{Question, judge};
use bellwether_runtime::import::{Source, open_rows};
use bellwether_runtime::rehearsal::Rehearsal;
use outcome::Outcome;
use std::path::PathBuf;
use std::sync::Arc;
use watch::Watch;

/// Arguments of `backtest`.
#[derive(clap::Args)]
pub(crate) struct BacktestArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// The bundle to judge: a folder, or the name of a shipped one.
    #[arg(long, value_name = "DIR|NAME")]
    bundle: PathBuf,
    /// What escalations should foresee: `KIND.FIELD` (a yes or no) or `KIND.FIELD=WORD`, such as
    /// `outcome.sla.missed` or `outcome.case.outcome=sla_missed`.
    #[arg(long, value_name = "KIND.FIELD[=WORD]")]
    outcome: Outcome,
    /// A time field of the outcome that lead is measured to; without it, the outcome's own instant.
    #[arg(long, value_name = "FIELD", default_value = "reference")]
    reference: String,
    /// Judge only subjects opened from here on; earlier ones still count as history.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    since: Option<Timestamp>,
    /// Fields to break the result down by, as first seen.
    #[arg(long, value_name = "FIELD")]
    segment: Vec<String>,
    /// The field of the priority-only policy; smaller is more urgent.
    #[arg(long, value_name = "FIELD", default_value = "priority")]
    priority: String,
    /// Write one self-contained page with charts.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(crate) fn run(context: &Context, args: &BacktestArgs) -> Result<Exit> {
    if args.sources.wants_list() {
        print!("{}", super::mappings::table());
        return Ok(Exit::Fine);
    }
    let rules = Arc::new(bundle::load(&args.bundle)?);
    let sources = args.sources.sources()?;
    refuse_hindsight(&sources, &rules)?;
    let (signals, refused) = read(&sources)?;
    let mut watch =
        Watch::new(&rules, &args.outcome, &args.reference, &args.priority, &args.segment);
    let mut rehearsal =
        Rehearsal::new(Arc::clone(&rules), 1).map_err(crate::exit::Failure::drive)?;
    let bar = progress::bar(signals.len() as u64, "signals");
    let mut last = None;
    for raw in &signals {
        let stream = rehearsal.take(raw, |event, step| watch.step(event, step));
        watch.after(raw, stream.map_err(crate::exit::Failure::drive)?);
        last = Some(raw.at);
        bar.inc(1);
    }
    if let Some(last) = last {
        let passed = rehearsal.pass(last, |event, step| watch.step(event, step));
        passed.map_err(crate::exit::Failure::drive)?;
    }
    bar.finish_and_clear();
    let meta = rules.policy().meta();
    let question = Question {
        bundle: format!("{} {}", meta.name, meta.version),
        subjects: watch.subjects_are(),
        outcome: args.outcome.to_string(),
        reference: args.reference.clone(),
        baseline: args.priority.clone(),
        since: args.since,
    };
    let subjects = watch.subjects(args.since);
    if subjects.iter().all(|subject| subject.outcome.is_none()) {
        let message = format!("no subject has the outcome `{}`", args.outcome);
        let help = "check the kind and field; `import --dry-run` shows the signals of a file";
        return Err(Problems(vec![Problem::new("backtest-no-outcome", message).help(help)]).into());
    }
    let judged = judge(&subjects, &question);
    if let Some(file) = &args.html {
        let page = report::html(&judged);
        std::fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))?;
        eprintln!("wrote {}", file.display());
    }
    match context.format {
        Format::Text => print!("{}", report::text(&judged)),
        Format::Json => println!("{}", report::json(&judged)),
    }
    if refused > 0 {
        eprintln!("{refused} rows were refused; `import --dry-run` says why");
    }
    Ok(Exit::Fine)
}

/// Every signal of some files, by event time.
pub(crate) fn read(sources: &[Source]) -> Result<(Vec<RawSignal>, u64)> {
    let mut signals = Vec::new();
    let mut refused = 0;
    for source in sources {
        let rows = open_rows(source).map_err(super::import::failure)?;
        for row in rows {
            let mapped = match row {
                Ok(row) => source.mapping.map(&row),
                Err(refusal) => vec![Err(refusal)],
            };
            for signal in mapped {
                match signal {
                    Ok(signal) => signals.push(signal),
                    Err(_) => refused += 1,
                }
            }
        }
    }
    signals.sort_by_key(|signal| signal.at);
    Ok((signals, refused))
}
