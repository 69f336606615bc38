//! What a child that permits something would allow and its parent does not.
//!
//! - In: a bundle's folder whose child was refused, and a solver.
//! - Out: for each action a request that shows it; nothing where that cannot be told.
//! - Never: lets such a child pass: it stays refused, and this says why.

use crate::bundle;
use crate::prove::{self, Claim, Outcome, Task};
use bellwether_engine::Rules;
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The actions with a request each that only the child would allow.
pub(super) fn requests(
    place: &Path,
    solver: Option<PathBuf>,
    limit: Duration,
) -> Vec<(String, String)> {
    told(place, solver, limit).unwrap_or_default()
}

fn told(place: &Path, solver: Option<PathBuf>, limit: Duration) -> Option<Vec<(String, String)>> {
    let (parent, merged) = bundle::with_permits(place)?;
    let bundle = bellwether_policy::digest(&merged);
    let rules = |files| Rules::compose(files).ok();
    let (parent, merged) = (rules(parent)?, rules(merged)?);
    let (older, subject) = (prove::subject(&parent)?, prove::subject(&merged)?);
    let older = [("parent".to_owned(), older)];
    let task = Task { bundle, subject: &subject, older: &older, solver, limit };
    let report = prove::run(&task, &ProgressBar::hidden()).ok()?;
    let tightens = report.properties.into_iter().filter(|one| one.kind == Claim::Tightens);
    let shown = tightens.filter_map(|one| match one.outcome {
        Outcome::Broken(request) => Some((one.about, request)),
        Outcome::Proved | Outcome::Open(_) => None,
    });
    Some(shown.collect())
}
