//! `policy prove`: what the graphs promise, and what the boundaries claim for every request there can be.
//!
//! - In: a bundle, perhaps an older version of it, and where the solver is.
//! - Out: a table of properties, or both reports as JSON; with `--out`, that of the boundaries in a file, for a lock.
//! - Never: prints times into the report.

use super::{loosened, proofs};
use crate::bundle;
use crate::cli::{Format, context::Context};
use crate::exit::{Exit, Problems};
use crate::prove::{self, Outcome, Report, Task};
use crate::table::{Table, thousands};
use crate::{disk, progress};
use anyhow::{Context as _, Result};
use bellwether_core::{Digest, Problem, Trust};
use bellwether_engine::Rules;
use bellwether_policy::proof::{Proof, render};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What to prove, and with what.
#[derive(clap::Args)]
pub(crate) struct ProveArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(value_name = "DIR|NAME")]
    bundle: PathBuf,
    /// An older version: prove that nothing is allowed that it did not allow.
    #[arg(long, value_name = "DIR|NAME")]
    old: Option<PathBuf>,
    /// The solver, if it is not the variable CVC5 or `cvc5` of the PATH.
    #[arg(long, value_name = "PATH")]
    solver: Option<PathBuf>,
    /// The most seconds for one question.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Write the report here; as PROOF.json in the bundle's folder, the lock names it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &ProveArgs) -> Result<Exit> {
    let files = bundle::files(&args.bundle).inspect_err(|_| show_loosened(context, args))?;
    let digest = bellwether_policy::digest(&files);
    let rules = Rules::compose(files).map_err(Problems)?;
    let graphs = graph_proofs(&rules);
    let kept = graphs.iter().all(|proof| proof.holds);
    let boundaries = boundaries(args, digest, &rules)?;
    match context.format {
        Format::Json => {
            let boundaries = boundaries.as_ref().map(|report| report.json());
            let boundaries =
                boundaries.as_deref().map(serde_json::from_str::<Value>).transpose()?;
            println!("{}", json!({"graphs": proofs::json(&graphs), "boundaries": boundaries}));
        }
        Format::Text => {
            print!("{}", render(&graphs));
            match &boundaries {
                Some(report) => print!("\n{}", text(report)),
                None => println!("\nno boundaries: the agent may do nothing on its own"),
            }
        }
    }
    let proved = boundaries.is_none_or(|report| report.proved());
    Ok(if kept && proved { Exit::Fine } else { Exit::Findings })
}

/// A child was refused because it permits something: requests that show what.
fn show_loosened(context: &Context, args: &ProveArgs) {
    let (solver, limit) = (prove::find(args.solver.as_deref()), Duration::from_secs(args.timeout));
    let found = loosened::requests(&args.bundle, solver, limit);
    match context.format {
        Format::Json if !found.is_empty() => {
            let one = |(action, request): &(String, String)| json!({"action": action, "request": request});
            println!("{}", json!({"loosens": found.iter().map(one).collect::<Vec<_>>()}));
        }
        _ => {
            for (action, request) in &found {
                println!("{action}: {request}");
            }
        }
    }
}

/// What holds of the graphs, and that nobody outside moves what limits an action.
pub(crate) fn graph_proofs(rules: &Rules) -> Vec<Proof> {
    let mut proofs = bellwether_policy::proof::prove(rules.policy());
    let limits = rules.policy().actions().iter().flat_map(|action| {
        let facts = action.context.iter().filter(|fact| action.limits.contains(&fact.name));
        facts.filter_map(|fact| Some(rules.catalogue().fact(fact.slot)?.name.as_str()))
    });
    let limits: BTreeSet<&str> = limits.collect();
    proofs.extend(rules.prove_trust(limits, Trust::Operator));
    proofs
}

/// The boundaries' report; nothing where there are none.
fn boundaries(args: &ProveArgs, digest: Digest, rules: &Rules) -> Result<Option<Report>> {
    let Some(subject) = prove::subject(rules) else {
        // Whoever requires a proof is shown that there was nothing to prove.
        write_report(args, &Report::of_nothing(digest))?;
        return Ok(None);
    };
    let mut older = Vec::new();
    let parent = bundle::parent(&args.bundle)?.map(|files| ("parent", files));
    let old = args.old.as_deref().map(bundle::files).transpose()?.map(|files| ("old", files));
    for (name, files) in parent.into_iter().chain(old) {
        let subject = prove::subject(&Rules::compose(files).map_err(Problems)?);
        older.extend(subject.map(|subject| (name.to_owned(), subject)));
    }
    let solver = prove::find(args.solver.as_deref());
    let missing = solver.is_none();
    let limit = Duration::from_secs(args.timeout);
    let task = Task { bundle: digest, subject: &subject, older: &older, solver, limit };
    let bar = progress::bar(prove::steps(&task), "properties");
    let start = Instant::now();
    let report = prove::run(&task, &bar).map_err(|problem| Problems(vec![problem]))?;
    bar.finish_and_clear();
    if missing {
        eprintln!("{}", no_solver(args.solver.as_deref()));
    }
    write_report(args, &report)?;
    let counts = report.counts;
    eprintln!(
        "{} questions, {} of them for the solver, {} known ones between; {:.1} s",
        thousands(counts.asked),
        thousands(counts.solver),
        thousands(counts.known),
        start.elapsed().as_secs_f64(),
    );
    Ok(Some(report))
}

fn write_report(args: &ProveArgs, report: &Report) -> Result<()> {
    let Some(out) = &args.out else { return Ok(()) };
    disk::write_whole(out, report.json().as_bytes())
        .with_context(|| format!("cannot write {}", out.display()))
}

fn no_solver(told: Option<&Path>) -> Problem {
    let message = match told {
        Some(path) => format!("there is no solver at {}", path.display()),
        None => "there is no solver: neither CVC5 nor the PATH leads to cvc5".to_owned(),
    };
    let help =
        "`apt install cvc5`, or name one with `--solver PATH`; until then all below is not proved";
    Problem::new("prove-solver-missing", message).help(help)
}

/// What is not proved with its reason, where forbids win, and the counts.
fn text(report: &Report) -> String {
    let mut table = Table::new(&["claim", "about", "result", "why"]);
    for one in &report.properties {
        let (result, why) = match &one.outcome {
            Outcome::Proved => ("proved", ""),
            Outcome::Broken(why) => ("BROKEN", why.as_str()),
            Outcome::Open(why) => ("not proved", why.as_str()),
        };
        table.row([one.kind.as_str(), &one.about, result, why]);
    }
    let mut text = table.render();
    if !report.conflicts.is_empty() {
        let mut table = Table::new(&["action", "forbid", "wins over"]);
        for one in &report.conflicts {
            table.row([&one.action, &one.forbid, &one.permit]);
        }
        text.push_str("\nwhere a forbid wins over a permit, as it should:\n");
        text.push_str(&table.render());
    }
    for one in &report.implied {
        let (id, by) = (&one.invariant, &one.by);
        text.push_str(&format!(
            "\nwarning: the invariant {id} follows from {by}: it limits nothing\n"
        ));
    }
    let [proved, broken, open] = report.numbers();
    text.push_str(&format!("\n{proved} proved, {broken} broken, {open} not proved\n"));
    text
}
