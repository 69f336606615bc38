//! Proving: what boundaries claim, for every request there can be, by a solver that is not believed blindly.
//!
//! - In: a schema, boundaries, invariants; the older version of them, if there is one; where the solver is.
//! - Out: a [`Report`]: each property proved, broken with the request that shows it, or open with the reason.
//! - Never: calls a property proved for which there was no answer in time; believes a counterexample that the
//!   authorizer does not confirm, or a solver that gets a known question wrong.

mod ask;
mod implied;
mod properties;
pub(crate) mod report;
mod solver;
#[cfg(test)]
mod tests;
mod tighten;
mod world;

#[cfg(test)]
pub(crate) use report::Property;
pub(crate) use report::{Claim, Outcome, Report};
pub(crate) use solver::find;
pub(crate) use world::Subject;

use ask::{Asker, Lies};
use bellwether_boundary::Invariant;
use bellwether_core::{Digest, Problem};
use bellwether_engine::Rules;
use cedar_policy::{Policy, PolicyId};
use indicatif::ProgressBar;
use solver::Process;
use std::path::PathBuf;
use std::time::Duration;
use world::World;

/// What is to be proved, and by what.
pub(crate) struct Task<'a> {
    /// The digest of the bundle's files; it seeds where the known questions stand.
    pub(crate) bundle: Digest,
    /// The boundaries.
    pub(crate) subject: &'a Subject,
    /// Those of which they must allow nothing more, each with its name.
    pub(crate) older: &'a [(String, Subject)],
    /// The solver; without one everything stays open.
    pub(crate) solver: Option<PathBuf>,
    /// The most time for one question.
    pub(crate) limit: Duration,
}

/// The boundaries of a bundle; `None` where it has none.
pub(crate) fn subject(rules: &Rules) -> Option<Subject> {
    rules.boundaries().map(|boundaries| Subject {
        schema: boundaries.schema().clone(),
        boundaries: boundaries.policies().clone(),
        invariants: world::set(&named(boundaries.invariants())),
    })
}

/// Invariants under their own names, since Cedar numbers the policies of each file anew.
fn named(invariants: &[Invariant]) -> Vec<Policy> {
    invariants.iter().map(|one| one.policy.new_id(PolicyId::new(&one.id))).collect()
}

/// How many steps [`run`] tells of.
pub(crate) fn steps(task: &Task<'_>) -> u64 {
    let policies = task.subject.boundaries.policies().count();
    let invariants = task.subject.invariants.policies().count();
    (invariants + 5 * policies + task.older.len()) as u64
}

/// Proves what can be proved.
///
/// # Errors
/// `prove-cedar` when a policy cannot be read, `prove-solver-lies`, `prove-runtime`.
pub(crate) fn run(task: &Task<'_>, bar: &ProgressBar) -> Result<Report, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new("prove-runtime", error.to_string()))?;
    runtime.block_on(prove(task, bar))
}

async fn prove(task: &Task<'_>, bar: &ProgressBar) -> Result<Report, Problem> {
    let solver = match &task.solver {
        Some(path) => Process::version(path, task.limit).await,
        None => String::new(),
    };
    let [a, b, c, d, e, f, g, h, ..] = *task.bundle.as_bytes();
    let seed = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let mut asker = Asker::new(task.solver.clone(), task.limit, seed);
    let world = World::new(&task.subject.schema, &task.subject.boundaries)?;
    let invariants = world::named(&task.subject.invariants)?;
    let proved = properties::all(&world, &invariants, &mut asker, bar).await;
    let (mut properties, conflicts) = proved.map_err(lies)?;
    let implied = implied::all(&world, &invariants, &mut asker).await.map_err(lies)?;
    for (name, older) in task.older {
        bar.inc(1);
        let more = tighten::all(&world, name, older, &mut asker).await?;
        properties.extend(more.map_err(lies)?);
    }
    asker.finish().await.map_err(lies)?;
    let counts = asker.counts;
    Ok(Report { bundle: task.bundle, solver, properties, conflicts, implied, counts })
}

fn lies(Lies(what): Lies) -> Problem {
    let message = format!("the solver was asked something known and is wrong: {what}");
    let problem = Problem::new("prove-solver-lies", message);
    problem.help(
        "nothing that it said counts; use cvc5 as your system ships it, or `--solver` another",
    )
}
