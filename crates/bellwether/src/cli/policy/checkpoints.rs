//! `policy checkpoints`: what each approval costs and catches, and which could go.
//!
//! - In: a bundle, or the rules in force, and the history of a data directory.
//! - Out: for each approval who answers for it, how often it was asked, how long it made people wait, what it
//!   caught, and what would break without it.
//! - Never: removes anything, or says that an approval may go that a proof or a test rests on.

mod history;
#[cfg(test)]
mod tests;
mod without;

use super::counted;
use crate::cli::{Format, context::Context};
use crate::exit::{Exit, Failure};
use crate::table::{Table, thousands};
use crate::{bundle, progress};
use anyhow::Result;
use bellwether_core::Duration;
use bellwether_engine::Rules;
use bellwether_measure::checkpoints::{Checkpoint, checkpoints};
use bellwether_runtime::embedded::read_rules;
use history::History;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use without::{Needed, Without};

/// Which approvals.
#[derive(clap::Args)]
pub(crate) struct CheckpointsArgs {
    /// The bundle: a folder, or the name of a shipped one; without it, the rules in force.
    #[arg(long, value_name = "DIR|NAME")]
    bundle: Option<PathBuf>,
    /// The solver, if it is not the variable CVC5 or `cvc5` of the PATH.
    #[arg(long, value_name = "PATH")]
    solver: Option<PathBuf>,
}

/// A node that asks for an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    graph: String,
    node: String,
    role: String,
    /// Who answers for the graph.
    owner: String,
}

impl Step {
    fn name(&self) -> String {
        format!("{}/{}", self.graph, self.node)
    }
}

/// A step with what history says of it, and what its absence would break.
struct Row {
    step: Step,
    /// Nothing where nobody was asked.
    seen: Option<Checkpoint>,
    needed: Needed,
}

pub(super) fn run(context: &Context, args: &CheckpointsArgs) -> Result<Exit> {
    context.must_exist()?;
    let store = context.read()?;
    let book = read_rules(&store).map_err(Failure::drive)?;
    let rules = match &args.bundle {
        Some(place) => Arc::new(bundle::load(place)?),
        None => context.active_rules(&store, &book)?,
    };
    let bar = progress::bar(store.last_pos()?, "events");
    let told = History::of(&store, &book, || bar.inc(1));
    bar.finish_and_clear();
    let rows = rows(&rules, &told?, crate::prove::find(args.solver.as_deref()));
    match context.format {
        Format::Json => println!("{}", rows.iter().map(to_json).collect::<Value>()),
        Format::Text => print!("{}", to_text(&rows)),
    }
    Ok(Exit::Fine)
}

/// The approvals of every graph, the one that cost the most waiting first.
fn rows(rules: &Rules, told: &History, solver: Option<PathBuf>) -> Vec<Row> {
    let seen = checkpoints(told.passages()).into_iter();
    let mut seen: BTreeMap<String, Checkpoint> = seen.map(|one| (one.step.clone(), one)).collect();
    let mut without = Without::new(rules, solver);
    let steps = steps(rules).into_iter();
    let mut rows: Vec<Row> = steps
        .map(|step| Row { seen: seen.remove(&step.name()), needed: without.needed(&step), step })
        .collect();
    let total = |row: &Row| row.seen.as_ref().map_or(0, |seen| seen.total);
    rows.sort_by_key(|row| std::cmp::Reverse(total(row)));
    rows
}

/// The nodes that ask for an approval, in the order of graphs.
fn steps(rules: &Rules) -> Vec<Step> {
    let mut steps = Vec::new();
    for graph in rules.policy().graphs() {
        let asking = graph.nodes().iter().filter_map(|node| Some((node, node.approval()?)));
        steps.extend(asking.map(|(node, human)| Step {
            graph: graph.name().to_owned(),
            node: node.name.clone(),
            role: human.role.clone(),
            owner: graph.owner().to_owned(),
        }));
    }
    steps
}

fn to_text(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "no graph asks for an approval\n".to_owned();
    }
    let mut table =
        Table::new(&["approval", "role", "owner", "asked", "refused", "wait", "without it"]);
    for row in rows {
        let (asked, refused, wait) = match &row.seen {
            None => ("0".to_owned(), String::new(), String::new()),
            Some(seen) => (thousands(seen.asked), thousands(seen.caught.hits), wait(seen)),
        };
        let Step { role, owner, .. } = &row.step;
        table.row([
            row.step.name(),
            role.clone(),
            owner.clone(),
            asked,
            refused,
            wait,
            verdict(row),
        ]);
    }
    let could = rows.iter().filter(|row| row.could_go()).count();
    let mut text = table.render();
    text.push_str(&format!("{}, {could} could go\n", counted(rows.len(), "approval")));
    text
}

/// The median, and what nine of ten stay below.
fn wait(seen: &Checkpoint) -> String {
    let told = |micros: Option<f64>| micros.map(|micros| span(micros).to_string());
    match (told(seen.wait.median), told(seen.wait.p90)) {
        (Some(median), Some(p90)) => format!("{median}, p90 {p90}"),
        _ => "nobody answered".to_owned(),
    }
}

/// To the minute, or to the second where it was shorter.
fn span(micros: f64) -> Duration {
    let seconds = (micros / 1_000_000.0).round() as i64;
    Duration::from_secs(if seconds < 60 { seconds } else { seconds / 60 * 60 })
}

impl Row {
    /// Whether nothing rests on it and it never caught anything, although people looked.
    fn could_go(&self) -> bool {
        let answered = self.seen.as_ref().map_or(0, |seen| seen.caught.of);
        let caught = self.seen.as_ref().map_or(0, |seen| seen.caught.hits);
        self.needed == Needed::No && caught == 0 && answered > 0
    }
}

fn verdict(row: &Row) -> String {
    let caught = row.seen.as_ref().map(|seen| seen.caught).unwrap_or_default();
    let (hits, of) = (thousands(caught.hits), thousands(caught.of));
    match &row.needed {
        Needed::No if row.could_go() => {
            format!("could go: every proof still holds, it caught {hits} of {of}")
        }
        Needed::No if caught.of == 0 => {
            "every proof still holds; nobody has answered it yet".to_owned()
        }
        Needed::No => format!("every proof still holds, but it caught {hits} of {of}"),
        Needed::Proof(why) => format!("breaks {why}"),
        Needed::Tests(names) => format!("expected by the tests {}", names.join(", ")),
        Needed::Open(why) => format!("not known: {why}"),
    }
}

fn to_json(row: &Row) -> Value {
    let Step { graph, node, role, owner } = &row.step;
    let seconds = |micros: f64| (micros / 1_000_000.0).round() as i64;
    let seen = row.seen.as_ref();
    let wait = seen.map(|seen| {
        json!({
            "median": seen.wait.median.map(seconds), "p90": seen.wait.p90.map(seconds),
            "total": seen.total / 1_000_000,
        })
    });
    json!({
        "graph": graph, "node": node, "role": role, "owner": owner,
        "asked": seen.map_or(0, |seen| seen.asked),
        "answered": seen.map_or(0, |seen| seen.caught.of),
        "refused": seen.map_or(0, |seen| seen.caught.hits),
        "dropped": seen.map_or(0, |seen| seen.dropped),
        "open": seen.map_or(0, |seen| seen.open),
        "wait_seconds": wait,
        "could_go": row.could_go(), "without": verdict(row),
    })
}
