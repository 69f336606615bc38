//! The files of a bundle by their paths: which there are, and reading one.
//!
//! - In: texts by path.
//! - Out: documents; a problem for a file that is missing, cannot be read, or that nobody reads.
//! - Never: a file left out in silence because its name is misspelt.

use crate::policy::Files;
use bellwether_core::authored::{Document, lies_in};
use bellwether_core::problem::nearest;
use bellwether_core::{Place, Problem};

/// The place of a file as a whole.
pub(crate) fn top(path: &str) -> Place {
    Place { file: path.to_owned(), line: 1, column: 0 }
}

/// The document of a file that must be there.
pub(crate) fn document(files: &Files, path: &str, problems: &mut Vec<Problem>) -> Option<Document> {
    let Some(text) = files.get(path) else {
        let problem = Problem::new("policy-missing-file", format!("`{path}` is missing"));
        problems
            .push(problem.at(top(path)).help("a bundle has bundle.yaml, people.yaml and routing/"));
        return None;
    };
    Document::read(path, text).map_err(|found| problems.extend(found)).ok()
}

/// The documents of a folder, in the order of their paths; what cannot be read is a problem.
pub(crate) fn documents(files: &Files, folder: &str, problems: &mut Vec<Problem>) -> Vec<Document> {
    let paths = files.keys().filter(|path| is_in(path, folder));
    paths.filter_map(|path| document(files, path, problems)).collect()
}

/// Whether a path is a YAML file right in a folder.
pub(crate) fn is_in(path: &str, folder: &str) -> bool {
    lies_in(path, folder, ".yaml")
}

/// Folders whose Cedar files some room reads.
const CEDAR: [&str; 2] = ["boundaries", "invariants"];

/// Whether a path is a Cedar file that some room reads: right in one of its folders.
pub fn is_cedar(path: &str) -> bool {
    CEDAR.iter().any(|folder| lies_in(path, folder, ".cedar"))
}

/// YAML files that some room reads at the top of a bundle.
const TOP: [&str; 7] = [
    "bundle.yaml",
    "facts.yaml",
    "features.yaml",
    "thresholds.yaml",
    "actions.yaml",
    "people.yaml",
    "rates.yaml",
];

/// Folders whose YAML files some room reads.
const FOLDERS: [&str; 4] = ["routing", "tests", "overrides", "messages"];

/// A misspelt file would be left out in silence, so one that nobody reads is pointed at.
pub(crate) fn check_names(files: &Files, problems: &mut Vec<Problem>) {
    for path in files.keys() {
        let written = [".yaml", ".yml", ".cedar"].iter().any(|end| path.ends_with(end));
        let known = is_cedar(path)
            || TOP.contains(&path.as_str())
            || FOLDERS.iter().any(|folder| is_in(path, folder));
        if !written || known {
            continue;
        }
        let problem = Problem::new("policy-unknown-file", format!("nothing reads `{path}`"));
        let help = match path.split_once('/') {
            _ if path.ends_with(".cedar") => {
                Some("name it boundaries/<name>.cedar or invariants/<name>.cedar".to_owned())
            }
            None => nearest(path, TOP).map(|close| format!("did you mean `{close}`?")),
            Some((folder, _)) if FOLDERS.contains(&folder) => {
                Some(format!("name it {folder}/<name>.yaml"))
            }
            Some((folder, _)) => {
                nearest(folder, FOLDERS).map(|close| format!("did you mean the folder `{close}`?"))
            }
        };
        let help = help.unwrap_or_else(|| "rename it, or remove it".to_owned());
        problems.push(problem.at(top(path)).warning().help(help));
    }
}
