//! `import --dry-run`: what would become of files, read to their ends, without changing anything.

use super::super::Format;
use super::super::context::{Context, now};
use super::{failure, summary};
use crate::exit::Exit;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_core::signal::{RawSignal, RawValue};
use bellwether_runtime::import::{Preview, Source, preview};
use bellwether_store::RETENTION;

/// How many signals and problems of a file are shown.
const SHOWN: usize = 10;

pub(super) fn run(context: &Context, sources: Vec<Source>) -> Result<Exit> {
    // Earlier files are known only where there is a data directory; a mapping can be tried without.
    let store = context.read().ok();
    let (mut fine, mut lines) = (true, Vec::new());
    for source in sources {
        let keeps = source.mapping.keeps_unlisted();
        let source = Source { mapping: source.mapping.keeping_unlisted(), ..source };
        let found = preview(&source, SHOWN, store.as_deref(), now()).map_err(failure)?;
        fine &= found.refused.is_empty() && found.verdicts.is_empty();
        if context.format == Format::Json {
            lines.push(json(&source, &found, keeps));
        } else {
            print(&source, &found, keeps);
        }
    }
    if context.format == Format::Json {
        println!("{}", serde_json::Value::from(lines));
    }
    Ok(if fine { Exit::Fine } else { Exit::Findings })
}

fn print(source: &Source, found: &Preview, keeps: bool) {
    for signal in &found.first {
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
    for problem in &found.problems {
        eprintln!("{problem}");
    }
    let (rows, signals) = (thousands(found.figures.rows), thousands(found.figures.signals));
    println!("{}: {rows} rows give {signals} signals", source.name);
    if !found.refused.is_empty() {
        summary::refused(&found.refused);
    }
    if !found.unlisted.is_empty() {
        println!("not listed by the mapping, so no rule can read them: {}", fate(keeps));
        let mut table = Table::new(&["  column", ">rows"]);
        for (name, count) in &found.unlisted {
            table.row([format!("  {name}"), thousands(*count)]);
        }
        print!("{}", table.render());
    }
    if found.verdicts.is_empty() {
        println!("its gates let it pass");
    }
    for verdict in &found.verdicts {
        println!("held back by the gate `{}`: {}", verdict.gate, verdict.problem);
    }
}

/// What happens to unlisted fields.
fn fate(keeps: bool) -> String {
    if !keeps {
        return "dropped (`unknown: drop`)".to_owned();
    }
    let line = RETENTION.iter().find(|line| line.table == "unlisted");
    let span = line.map_or_else(String::new, |line| super::super::privacy::kept(line.keep));
    format!("kept sealed for {span} (`unknown: drop` in the mapping drops them)")
}

fn json(source: &Source, found: &Preview, keeps: bool) -> serde_json::Value {
    let gates = found.verdicts.iter().map(|verdict| {
        let problem = &verdict.problem;
        serde_json::json!({
            "gate": verdict.gate, "code": problem.code, "message": problem.message,
            "help": problem.help,
        })
    });
    serde_json::json!({
        "file": source.name, "rows": found.figures.rows, "signals": found.figures.signals,
        "refused": summary::counts(&found.refused), "gates": gates.collect::<Vec<_>>(),
        "unlisted": found.unlisted, "unlisted_are_kept": keeps,
        "first": found.first.iter().map(describe).collect::<Vec<_>>(),
    })
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
    let digests: Vec<_> = signal.hidden.fields.iter().map(|field| field.name.as_str()).collect();
    serde_json::json!({
        "at": signal.at.to_string(), "kind": signal.kind, "source": signal.source,
        "case": signal.case, "deal": signal.deal, "fields": fields, "sealed": sealed,
        "digests": digests,
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
