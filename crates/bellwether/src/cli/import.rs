//! `import`: exports of other systems become history.

use super::Format;
use super::context::{Context, now};
use super::sources::{SourceArgs, refuse_hindsight};
use super::{interrupt, mappings};
use crate::exit::{Exit, Failure, Problems};
use crate::progress;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_core::signal::{RawSignal, RawValue};
use bellwether_runtime::import::{self, ImportError, Options, Progress, Report};
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Arguments of `import`.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// Show the first ten signals of each file and what is refused; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import even when more than a fifth of the rows are refused.
    #[arg(long)]
    accept_refused: bool,
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
    if args.dry_run {
        return dry_run(context, &sources);
    }
    let mut driver = context.open()?;
    refuse_hindsight(&sources, driver.rules())?;
    let options = Options {
        now: now(),
        budget: args.memory.max(1) << 20,
        refused_percent: if args.accept_refused { 100 } else { 20 },
    };
    let stop = interrupt::flag("stopping after the next commit");
    let (start, mut bars) = (Instant::now(), Bars::default());
    let report = import::import(&mut driver, &sources, options, |progress| {
        bars.show(progress);
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    bars.clear();
    let report = report.map_err(failure)?;
    print_report(context, &report, start.elapsed().as_secs_f64());
    if report.stopped {
        eprintln!("stopped; the same command goes on where it was");
        return Ok(Exit::Failed);
    }
    Ok(if report.refused.is_empty() { Exit::Fine } else { Exit::Findings })
}

/// An import's error, with every problem and its code.
pub(crate) fn failure(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Files(problems) => Problems(problems).into(),
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

fn print_report(context: &Context, report: &Report, seconds: f64) {
    if context.format == Format::Json {
        let refused: serde_json::Map<_, _> = report
            .refused
            .iter()
            .map(|(code, (count, _))| ((*code).to_owned(), (*count).into()))
            .collect();
        let json = serde_json::json!({
            "rows": report.rows, "signals": report.signals, "resumed": report.resumed,
            "refused": refused, "statuses": report.statuses, "timers": report.timers,
            "unread": report.unread, "already": report.already, "stopped": report.stopped,
            "seconds": seconds,
        });
        println!("{json}");
        return;
    }
    if report.already {
        println!("this import was done before; nothing changed");
        return;
    }
    let fed = report.signals - report.resumed;
    let rate = (fed as f64 / seconds.max(0.001)) as u64;
    println!(
        "{} rows gave {} signals in {seconds:.1} s ({} signals/s)",
        thousands(report.rows),
        thousands(report.signals),
        thousands(rate)
    );
    if report.resumed > 0 {
        println!("{} of them had been imported before", thousands(report.resumed));
    }
    for (status, count) in &report.statuses {
        println!("  {:>9}  {status}", thousands(*count));
    }
    println!("  {:>9}  timers that fired as time passed", thousands(report.timers));
    if !report.refused.is_empty() {
        let mut table = Table::new(&[">refused", "code", "first"]);
        for (code, (count, first)) in &report.refused {
            let place = first.place.as_ref().map(ToString::to_string).unwrap_or_default();
            table.row([&thousands(*count), *code, &format!("{place}: {}", first.message)]);
        }
        print!("{}", table.render());
        for (code, (_, first)) in &report.refused {
            if !first.help.is_empty() {
                println!("{code}: help: {}", first.help);
            }
        }
        println!("refused rows are kept sealed in quarantine");
    }
    for (kind, count) in &report.unread {
        eprintln!("note: no feature reads `{kind}` ({} signals)", thousands(*count));
    }
}

/// Shows what a mapping makes of a file.
fn dry_run(context: &Context, sources: &[import::Source]) -> Result<Exit> {
    let (signals, problems) = import::preview(sources, 10).map_err(failure)?;
    if context.format == Format::Json {
        println!("{}", serde_json::Value::from_iter(signals.iter().map(describe)));
    } else {
        for signal in &signals {
            println!("{}  {}  {}", signal.at, signal.kind, about(signal));
            for (name, value) in &signal.fields {
                println!("    {name} = {}", show(value));
            }
            for field in &signal.hidden.fields {
                println!("    {} = (a keyed digest)", field.name);
            }
            if !signal.personal.is_empty() {
                let parts: Vec<_> = signal.personal.iter().map(|(part, _)| part.as_str()).collect();
                println!("    sealed: {}", parts.join(", "));
            }
        }
    }
    for problem in &problems {
        eprintln!("{problem}");
    }
    Ok(if problems.is_empty() { Exit::Fine } else { Exit::Findings })
}

fn about(signal: &RawSignal) -> String {
    let case = signal.case.iter().map(|case| format!("case {case}"));
    let deal = signal.deal.iter().map(|deal| format!("deal {deal}"));
    let hints = format!("{} ways to find the account", signal.account.len());
    case.chain(deal).chain([hints]).collect::<Vec<_>>().join(", ")
}

fn describe(signal: &RawSignal) -> serde_json::Value {
    let fields: serde_json::Map<_, _> =
        signal.fields.iter().map(|(name, value)| (name.clone(), show(value).into())).collect();
    let sealed: Vec<_> = signal.personal.iter().map(|(part, _)| part.as_str()).collect();
    serde_json::json!({
        "at": signal.at.to_string(), "kind": signal.kind, "source": signal.source,
        "case": signal.case, "deal": signal.deal, "fields": fields, "sealed": sealed,
    })
}

fn show(value: &RawValue) -> String {
    match value {
        RawValue::Word(word) => word.clone(),
        RawValue::Money(money) => money.to_string(),
        other => {
            let value = other.value();
            bellwether_core::value::show_raw(value.kind(), value.raw())
        }
    }
}
