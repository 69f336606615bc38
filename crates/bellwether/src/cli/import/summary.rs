//! What an import did, in words: counts, what they mean, and what to do about them.

use super::super::Format;
use super::super::context::Context;
use crate::table::{Table, thousands};
use bellwether_runtime::import::{ERASED, Refused, Report};

/// What signals became that do not simply count, and what to do about it.
const MEANT: [(&str, &str); 5] = [
    ("duplicate", "told before: not counted again; nothing to do"),
    ("late", "told after newer ones, and counted: decisions that they change were made anew"),
    (
        "too_late",
        "older than the bundle's `lateness` when they came: kept, not counted; give files that belong \
         together in one command, or raise `lateness` in bundle.yaml",
    ),
    ("conflict", "their ids were told before with other content: the first counts, see quarantine"),
    (ERASED, "about somebody who was erased: not kept; nothing to do"),
];

pub(super) fn print(context: &Context, report: &Report, seconds: f64) {
    if context.format == Format::Json {
        println!("{}", json(report, seconds));
        return;
    }
    if report.already {
        println!("this import was done before; nothing changed");
        return;
    }
    let taken: u64 = report.statuses.values().sum();
    let fed = if report.stopped { taken } else { report.signals - report.resumed };
    let rate = (fed as f64 / seconds.max(0.001)) as u64;
    let (rows, signals) = (thousands(report.rows), thousands(report.signals));
    if report.stopped {
        println!("{} of {signals} signals were taken before the stop", thousands(taken));
    } else {
        println!(
            "{rows} rows gave {signals} signals in {seconds:.1} s ({} signals/s)",
            thousands(rate)
        );
    }
    if report.resumed > 0 {
        println!("{} of them had been imported before", thousands(report.resumed));
    }
    for (status, count) in &report.statuses {
        let meant = MEANT.iter().find(|(word, _)| word == status);
        let meant = meant.map_or_else(String::new, |(_, meant)| format!(": {meant}"));
        println!("  {:>9}  {}{meant}", thousands(*count), status);
    }
    println!("  {:>9}  timers that fired as time passed", thousands(report.timers));
    for (file, verdict) in &report.accepted {
        println!(
            "`{file}` was let through the gate `{}`: {}",
            verdict.gate, verdict.problem.message
        );
    }
    if !report.refused.is_empty() {
        refused(&report.refused);
        println!("refused rows are kept sealed; `bellwether quarantine list` shows them");
        if report.not_kept > 0 {
            println!("{} more were only counted", thousands(report.not_kept));
        }
    }
    for (kind, count) in &report.unread {
        eprintln!("note: no feature reads `{kind}` ({} signals)", thousands(*count));
    }
}

/// The table of refused rows by code, with the mend of each.
pub(super) fn refused(refused: &Refused) {
    let mut table = Table::new(&[">refused", "code", "first"]);
    for (code, (count, first)) in refused {
        let place = first.place.as_ref().map(ToString::to_string).unwrap_or_default();
        table.row([&thousands(*count), *code, &format!("{place}: {}", first.message)]);
    }
    print!("{}", table.render());
    for (code, (_, first)) in refused {
        if !first.help.is_empty() {
            println!("{code}: help: {}", first.help);
        }
    }
}

/// Refused rows by code, as numbers.
pub(super) fn counts(refused: &Refused) -> serde_json::Map<String, serde_json::Value> {
    refused.iter().map(|(code, (count, _))| ((*code).to_owned(), (*count).into())).collect()
}

fn json(report: &Report, seconds: f64) -> serde_json::Value {
    let accepted = report.accepted.iter().map(|(file, verdict)| {
        serde_json::json!({
            "file": file, "gate": verdict.gate, "reason": verdict.problem.message,
        })
    });
    serde_json::json!({
        "rows": report.rows, "signals": report.signals, "resumed": report.resumed,
        "refused": counts(&report.refused), "not_kept": report.not_kept,
        "accepted_gates": accepted.collect::<Vec<_>>(), "statuses": report.statuses,
        "timers": report.timers, "unread": report.unread, "already": report.already,
        "stopped": report.stopped, "seconds": seconds,
    })
}
