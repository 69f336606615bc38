//! `policy test`: the tests that a bundle brings along, and what failed.

use super::{below, counted};
use crate::bundle;
use crate::cli::{Format, context::Context};
use crate::exit::Exit;
use crate::table::Table;
use anyhow::Result;
use bellwether_engine::trial::run_tests;
use bellwether_expr::Slots;
use bellwether_policy::{Coverage, TestOutcome, coverage};
use std::path::Path;

pub(super) fn run(context: &Context, place: &Path) -> Result<Exit> {
    let rules = bundle::load(place)?;
    let choose = |slots: &mut Slots| rules.features().choose(slots);
    let mut outcomes = run_tests(&rules);
    let covered = coverage(rules.policy(), rules.catalogue(), &choose);
    for outcome in &mut outcomes {
        outcome.place = below(place, outcome.place.clone());
    }
    match context.format {
        Format::Json => println!("{}", json(&outcomes, &covered)),
        Format::Text => print!("{}{}", text(&outcomes), reached(&covered)),
    }
    if outcomes.is_empty() {
        eprintln!("note: without tests nobody notices when a rule changes its meaning");
    }
    let passed = outcomes.iter().all(TestOutcome::passed);
    Ok(if passed { Exit::Fine } else { Exit::Findings })
}

/// The failing tests with everything that was expected and did not happen, then the counts.
pub(super) fn text(outcomes: &[TestOutcome]) -> String {
    let mut table = Table::new(&["failed", "place", "what happened"]);
    for outcome in outcomes {
        for (nth, failure) in outcome.failures.iter().enumerate() {
            let (name, place) = match nth {
                0 => (outcome.name.as_str(), outcome.place.to_string()),
                _ => ("", String::new()),
            };
            table.row([name, &place, failure]);
        }
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    let passed = counted(outcomes.len() - failed, "test");
    let mut text = if table.is_empty() { String::new() } else { table.render() };
    text.push_str(&match failed {
        0 => format!("{passed} passed\n"),
        failed => format!("{passed} passed, {failed} failed\n"),
    });
    text
}

/// The share of rules, `unknown` edges and fallbacks that tests reach, and those that none does.
pub(super) fn reached(covered: &Coverage) -> String {
    let (reached, all) = (covered.reached, covered.all);
    let mut text = format!("{reached} of {all} rules, doubts and fallbacks are reached");
    if !covered.missing.is_empty() {
        text.push_str("; by no test:");
        covered.missing.iter().for_each(|one| text.push_str(&format!("\n  {one}")));
    }
    text.push('\n');
    text
}

pub(super) fn json(outcomes: &[TestOutcome], covered: &Coverage) -> serde_json::Value {
    let one = |outcome: &TestOutcome| {
        serde_json::json!({
            "test": outcome.name, "file": outcome.place.file, "line": outcome.place.line,
            "passed": outcome.passed(), "failures": outcome.failures,
        })
    };
    serde_json::json!({
        "tests": serde_json::Value::from_iter(outcomes.iter().map(one)),
        "coverage": {
            "reached": covered.reached, "all": covered.all, "missing": covered.missing,
        },
    })
}
