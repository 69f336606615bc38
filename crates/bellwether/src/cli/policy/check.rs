//! `policy check`: every problem at once, warnings among them, or a short summary.

use super::{below, counted};
use crate::bundle;
use crate::cli::Format;
use crate::cli::context::{Context, now};
use crate::exit::{Exit, Problems};
use anyhow::Result;
use bellwether_core::{Problem, Severity};
use bellwether_engine::Rules;
use std::path::Path;

pub(super) fn run(context: &Context, place: &Path) -> Result<Exit> {
    let composed = Rules::compose(bundle::files(place)?);
    let found = match &composed {
        Ok(rules) => {
            let overdue = rules.boundaries().map(|known| known.overdue(now())).unwrap_or_default();
            [rules.warnings(), &overdue].concat()
        }
        Err(problems) => problems.clone(),
    };
    let found: Vec<Problem> = found.into_iter().map(|problem| placed(place, problem)).collect();
    if context.format == Format::Json {
        println!("{}", json(&found));
    } else {
        if !found.is_empty() {
            println!("{}", Problems(found));
        }
        if let Ok(rules) = &composed {
            println!("{}", summary(rules));
        }
    }
    Ok(if composed.is_ok() { Exit::Fine } else { Exit::Findings })
}

fn placed(folder: &Path, mut problem: Problem) -> Problem {
    problem.place = problem.place.map(|place| below(folder, place));
    problem
}

pub(in crate::cli) fn json(problems: &[Problem]) -> serde_json::Value {
    let one = |problem: &Problem| {
        let place = problem.place.as_ref();
        serde_json::json!({
            "code": problem.code,
            "severity": match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "file": place.map(|place| &place.file),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column).filter(|column| *column > 0),
            "message": problem.message,
            "help": problem.help,
        })
    };
    serde_json::Value::from_iter(problems.iter().map(one))
}

pub(super) fn summary(rules: &Rules) -> String {
    let policy = rules.policy();
    let meta = policy.meta();
    let of_rules = policy.graphs().iter().map(|graph| graph.rules().len()).sum();
    let parts = [
        (policy.graphs().len(), "graph"),
        (of_rules, "rule"),
        (rules.catalogue().len(), "fact"),
        (policy.people().roles().count(), "role"),
    ];
    let mut parts = parts.map(|(number, thing)| counted(number, thing)).join(", ");
    if let Some(known) = rules.boundaries() {
        let actions = counted(policy.actions().len(), "action");
        let number = known.boundaries().len();
        let noun = if number == 1 { "boundary" } else { "boundaries" };
        parts = format!("{parts}, {actions}, {number} {noun}");
    }
    let people = policy.people().persons().len();
    let tests = counted(policy.tests().len(), "test");
    format!("{} {}: fine ({parts}, {people} people, {tests})", meta.name, meta.version)
}
