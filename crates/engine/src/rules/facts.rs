//! The facts of a bundle, and what else is wrong with one whose facts cannot all be read.
//!
//! - In: the files of a bundle.
//! - Out: its features; or every problem of `facts.yaml`, `features.yaml` and `thresholds.yaml`, and of the
//!   policy those that do not hang on facts that nobody knows.
//! - Never: a fact that is said not to be there, where a file that may define it cannot be read.

use bellwether_core::Problem;
use bellwether_core::authored::Document;
use bellwether_expr::Catalogue;
use bellwether_features::{Choice, FeatureSet};
use bellwether_policy::Files;
use bellwether_policy::thresholds::{self, Outline, Row};

/// What may only follow from facts that could not be read.
const FOLLOWS: [&str; 4] =
    ["expr-unknown-fact", "feature-cycle", "policy-unknown-fact", "threshold-column"];

/// Reads the features of a bundle.
pub(super) fn read(files: &Files) -> Result<FeatureSet, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut document = |name: &str| {
        let read = files.get(name).map(|text| Document::read(name, text))?;
        read.map_err(|found| problems.extend(found)).ok()
    };
    let facts = document("facts.yaml");
    let (features, tables) = (document("features.yaml"), document("thresholds.yaml"));
    if !files.contains_key("facts.yaml") {
        let message = "the bundle has no `facts.yaml`";
        problems.push(
            Problem::new("bundle-file-missing", message)
                .help("name the facts that rules may read in `facts.yaml`"),
        );
    }
    let whole = problems.is_empty();
    let mut known = Catalogue::default();
    if let Some(facts) = &facts {
        match compile((facts, features.as_ref(), tables.as_ref()), &mut known) {
            Ok(set) if whole => return Ok(set),
            Ok(_) => {}
            Err(found) => problems.extend(found.into_iter().filter(|one| whole || stands(one))),
        }
    }
    let rest = bellwether_policy::compile(files, &mut known);
    let rest = rest.map_or_else(|problems| problems, |compiled| compiled.warnings);
    problems.extend(rest.into_iter().filter(stands));
    Err(problems)
}

/// Whether a problem is one whatever the facts are that could not be read.
fn stands(problem: &Problem) -> bool {
    !FOLLOWS.contains(&problem.code)
}

/// Tables read facts, and facts may read tables: first their names and types are known, then their rows. What
/// is known of the facts in the end goes into `known`, although something is wrong.
fn compile(
    (facts, features, tables): (&Document, Option<&Document>, Option<&Document>),
    known: &mut Catalogue,
) -> Result<FeatureSet, Vec<Problem>> {
    let outlines = tables.map(thresholds::outlines).unwrap_or_default().into_iter();
    let named: Vec<_> = outlines.map(|outline| choice(outline, Vec::new())).collect();
    let first = FeatureSet::compile(facts, features, &named);
    let alone = || FeatureSet::compile(facts, None, &named).ok();
    let part = if first.is_err() { alone() } else { None };
    if let Some(set) = first.as_ref().ok().or(part.as_ref()) {
        *known = set.catalogue().clone();
    }
    let rows = tables.map(|tables| thresholds::read(tables, known));
    let rows = rows.unwrap_or_else(|| Ok(Vec::new()));
    match (first, rows) {
        (Ok(set), Ok(rows)) if rows.is_empty() => Ok(set),
        (Ok(_), Ok(rows)) => {
            let choices = rows.into_iter().map(|table| choice(table.outline, table.rows));
            FeatureSet::compile(facts, features, &choices.collect::<Vec<_>>())
        }
        (Ok(_), Err(found)) => Err(found),
        (Err(mut problems), rows) => {
            problems.extend(rows.err().unwrap_or_default().into_iter().filter(stands));
            Err(problems)
        }
    }
}

fn choice(outline: Outline, rows: Vec<Row>) -> Choice {
    Choice {
        name: outline.name,
        place: outline.place,
        kind: outline.kind,
        values: outline.values,
        scope: outline.scope,
        description: outline.reason,
        rows: rows.into_iter().map(|row| (row.when, row.value, row.place)).collect(),
    }
}
