//! What a child's boundaries may say: they forbid, or narrow what is allowed; they permit nothing.
//!
//! - In: the files of a parent and of a child.
//! - Out: every boundary of the child that permits, and every id that is the parent's or looks like it.
//! - Never: reads a policy that Cedar cannot read as fine; compiling refuses that later, and so does this.

use bellwether_core::{Place, Problem};
use bellwether_policy::{Files, is_cedar, same_look};
use cedar_policy::{Effect, PolicySet};

/// Every problem of the child's boundaries and invariants.
pub(super) fn check(parent: &Files, child: &Files) -> Vec<Problem> {
    let taken: Vec<String> = policies(parent).flat_map(|(_, text)| ids(text)).collect();
    let mut problems = Vec::new();
    for (path, text) in policies(child) {
        let place = Place { file: path.clone(), line: 1, column: 0 };
        let Ok(set) = text.parse::<PolicySet>() else {
            let problem = Problem::new("merge-not-yours", format!("`{path}` is not Cedar"));
            problems
                .push(problem.at(place).help("`bellwether policy check` of it alone says where"));
            continue;
        };
        let permits = set.policies().any(|policy| policy.effect() == Effect::Permit);
        if path.starts_with("boundaries/") && (permits || set.templates().next().is_some()) {
            let message = format!("`{path}` permits something: a child only forbids");
            let problem = Problem::new("merge-not-yours", message).at(place.clone());
            problems.push(
                problem.help(
                    "say `forbid` for what the child may not; `bellwether policy prove` shows what it would allow",
                ),
            );
        }
        for id in ids(text) {
            let Some(known) = taken.iter().find(|known| same_look(known, &id)) else { continue };
            let code = if *known == id { "merge-redefines" } else { "merge-looks-alike" };
            let message = format!("the policy `{id}` is called like the parent's `{known}`");
            let problem = Problem::new(code, message).at(place.clone());
            problems.push(problem.help("give it an @id of its own"));
        }
    }
    problems
}

fn policies(files: &Files) -> impl Iterator<Item = (&String, &String)> {
    files.iter().filter(|(path, _)| is_cedar(path))
}

/// The `@id`s of the policies of a file.
fn ids(text: &str) -> Vec<String> {
    let Ok(set) = text.parse::<PolicySet>() else { return Vec::new() };
    set.policies().filter_map(|policy| Some(policy.annotation("id")?.to_owned())).collect()
}
