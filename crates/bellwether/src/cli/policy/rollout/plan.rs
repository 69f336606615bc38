//! `policy plan`: what would change if a bundle came into force, and whether it may. Writes nothing.

use super::PlanArgs;
use crate::bundle;
use crate::cli::Format;
use crate::cli::context::{Context, now};
use crate::cli::policy::{counted, diff, problems_json};
use crate::exit::{Exit, Failure, Problems};
use crate::rollout::signed::{self, Checked};
use anyhow::Result;
use bellwether_core::{Digest, Problem};
use bellwether_engine::Rules;
use bellwether_engine::trial::run_tests;
use bellwether_policy::{Change, TestOutcome};
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::rollout::{Mode, check_begin};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// What a bundle would do to the rules in force.
pub(super) struct Plan {
    in_force: Arc<Rules>,
    composed: Option<Rules>,
    changes: Vec<Change>,
    tests: usize,
    checked: Option<Checked>,
    /// Everything that is to be said; with an error it may not be applied.
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Plan {
    /// Compares a bundle, as it is to begin, with the rules in force.
    ///
    /// # Errors
    /// What the data directory or the bundle's folder says when they cannot be read.
    pub(super) fn of(context: &Context, place: &Path, mode: Mode) -> Result<Self> {
        context.must_exist()?;
        let store = context.read()?;
        let book = read_rules(&store).map_err(Failure::drive)?;
        let in_force = context.active_rules(&store, &book)?;
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        let source = bundle::source(place)?;
        let composed = match Rules::compose(source.files.clone()) {
            Ok(rules) => {
                warnings = rules.warnings().to_vec();
                Some(rules)
            }
            Err(found) => {
                problems = found;
                None
            }
        };
        let (mut changes, mut tests) = (Vec::new(), 0);
        if let Some(rules) = &composed {
            changes = diff::changes(&in_force, rules);
            let outcomes = run_tests(rules);
            tests = outcomes.len();
            problems.extend(outcomes.iter().filter(|one| !one.passed()).map(failed));
            problems.extend(
                check_begin(&in_force, rules, mode)
                    .err()
                    .map(|older| Problem::new(older.code(), older.to_string()).help(older.help())),
            );
        }
        let asked = context.config()?.config.rules;
        let checked = signed::check(source, &asked, now());
        let checked = checked.map_err(|found| problems.extend(found)).ok();
        Ok(Self { in_force, composed, changes, tests, checked, problems, warnings })
    }

    /// The bundle, if it may be applied.
    ///
    /// # Errors
    /// [`Problems`]: why not.
    pub(super) fn accept(self) -> Result<Checked> {
        match self.checked.filter(|_| self.problems.is_empty()) {
            Some(checked) => Ok(checked),
            None => Err(Problems(self.problems).into()),
        }
    }

    /// The digest of the rules, where they compose.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.composed.as_ref().map(Rules::digest)
    }

    fn is_same(&self) -> bool {
        self.digest() == Some(self.in_force.digest())
    }
}

fn failed(outcome: &TestOutcome) -> Problem {
    let message = format!("the test `{}` fails: {}", outcome.name, outcome.failures.join("; "));
    let problem = Problem::new("rollout-tests", message).at(outcome.place.clone());
    problem.help("`bellwether policy test` shows what happened instead")
}

pub(in crate::cli::policy) fn plan(context: &Context, args: &PlanArgs) -> Result<Exit> {
    let plan = Plan::of(context, &args.bundle, Mode::Enforce)?;
    let may = plan.problems.is_empty();
    match context.format {
        Format::Json => println!("{}", plan.json(may)),
        Format::Text => print!("{}", plan.text(may)),
    }
    Ok(if may { Exit::Fine } else { Exit::Findings })
}

impl Plan {
    fn json(&self, may: bool) -> serde_json::Value {
        json!({
            "may_be_applied": may,
            "in_force": bundle::told(&self.in_force),
            "planned": self.composed.as_ref().map(bundle::told),
            "same": self.is_same(),
            "changes": serde_json::Value::from_iter(self.changes.iter().map(diff::change_json)),
            "tests": self.tests,
            "signed_by": self.checked.as_ref().map(|checked| &checked.signed_by),
            "problems": problems_json(&self.problems),
            "warnings": problems_json(&self.warnings),
        })
    }

    fn text(&self, may: bool) -> String {
        use std::fmt::Write as _;
        let name = |rules: &Rules| {
            let meta = rules.policy().meta();
            format!("{} {} ({})", meta.name, meta.version, rules.digest())
        };
        let mut text = format!("in force: {}\n", name(&self.in_force));
        if let Some(rules) = &self.composed {
            let _ = writeln!(text, "planned:  {}\n", name(rules));
            if self.is_same() {
                text.push_str("they are the very rules in force: nothing would change\n");
            }
            for change in &self.changes {
                let _ = writeln!(text, "{change}");
            }
            if !self.changes.is_empty() {
                let _ = writeln!(text, "{}\n", counted(self.changes.len(), "difference"));
            }
            let _ = writeln!(text, "{} ran", counted(self.tests, "test"));
        }
        if let Some(checked) = self.checked.as_ref().filter(|checked| !checked.signed_by.is_empty())
        {
            let _ = writeln!(text, "signed by {}", checked.signed_by.join(", "));
        }
        let said: Vec<Problem> = self.problems.iter().chain(&self.warnings).cloned().collect();
        if !said.is_empty() {
            let _ = writeln!(text, "\n{}", Problems(said));
        }
        text.push_str(if may { "it may be applied\n" } else { "it may not be applied\n" });
        text
    }
}
