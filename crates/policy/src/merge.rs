//! Parent and child: a business unit's bundle on top of the enterprise's, of which it may only tighten.
//!
//! - In: the files of both.
//! - Out: the files of both as one bundle, or everything that the child may not do, with its place.
//! - Never: lets a child say again, in other words or letters that look the same, what the parent says.
//!
//! A child may add facts, features, people, roles, graphs, tests, boundaries and invariants under new
//! names, and overrides. That its boundaries only forbid is for whoever reads Cedar to check.

mod look;
pub(crate) mod write;

pub use look::same_look;

use crate::policy::Files;
use bellwether_core::authored::{Document, Key, Kind, Node};
use bellwether_core::{Place, Problem};

/// Files of which both may have one: its sections, and whether a child may add to each.
const SHARED: [(&str, &[(&str, bool)]); 3] = [
    ("facts.yaml", &[("facts", true), ("signals", false)]),
    ("features.yaml", &[("features", true)]),
    ("people.yaml", &[("roles", true), ("people", true), ("always", false)]),
];

/// Folders in which a child may have files of its own.
const FOLDERS: [&str; 5] = ["routing", "tests", "overrides", "boundaries", "invariants"];

/// What `bundle.yaml` of a child must say as the parent's does: the meaning of the rules hangs on it.
const SAME: [&str; 2] = ["currency", "lateness"];

/// The files of a parent and of a child as those of one bundle. `bundle.yaml` is the child's; a file that
/// only one of them has is as it was written.
///
/// # Errors
/// `merge-not-yours` for files and sections that are the parent's alone, `merge-redefines` for names and
/// paths that the parent has, `merge-looks-alike` for those that look like one of its; `yaml-*`.
pub fn merge(parent: &Files, child: &Files) -> Result<Files, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut merged = parent.clone();
    let mut names = Names::of(parent);
    for (path, text) in child {
        if path == "bundle.yaml" {
            check_head(parent, text, &mut problems);
            merged.insert(path.clone(), text.clone());
        } else if let Some((_, sections)) = SHARED.iter().find(|(name, _)| name == path) {
            match join(path, parent.get(path), text, sections, &mut names) {
                Ok(joined) => drop(merged.insert(path.clone(), joined)),
                Err(found) => problems.extend(found),
            }
        } else if let Some(problem) = check_path(parent, path) {
            problems.push(problem);
        } else {
            problems.extend(check_graph(path, text, &mut names));
            merged.insert(path.clone(), text.clone());
        }
    }
    if problems.is_empty() { Ok(merged) } else { Err(problems) }
}

/// Names that are taken, by what they name.
struct Names {
    taken: Vec<(&'static str, String)>,
}

impl Names {
    fn of(parent: &Files) -> Self {
        let mut names = Self { taken: Vec::new() };
        for (path, sections) in SHARED {
            let document = parent.get(path).and_then(|text| Document::read(path, text).ok());
            for (section, _) in sections {
                let document = document.as_ref();
                for (key, _) in document.map(|it| entries(it, section)).unwrap_or_default() {
                    names.taken.push((family(section), key.text.clone()));
                }
            }
        }
        let graphs = parent.iter().filter(|(path, _)| path.starts_with("routing/"));
        for (path, text) in graphs {
            if let Some(name) = graph_name(path, text) {
                names.taken.push(("graph", name.0));
            }
        }
        names
    }

    /// Takes a name, unless the parent has it or one that looks like it.
    fn take(&mut self, what: &'static str, name: &str, place: Place) -> Option<Problem> {
        let mut ours = self.taken.iter().filter(|(of, _)| *of == what).map(|(_, name)| name);
        if ours.clone().any(|known| known == name) {
            let problem =
                Problem::new("merge-redefines", format!("the parent has the {what} `{name}`"));
            return Some(
                problem.at(place).help("name yours otherwise; the parent's stays as it is"),
            );
        }
        if let Some(known) = ours.find(|known| same_look(known, name)) {
            let message = format!("the {what} `{name}` looks like the parent's `{known}`");
            let problem = Problem::new("merge-looks-alike", message).at(place);
            return Some(problem.help("name it so that nobody takes one for the other"));
        }
        if !name.is_ascii() {
            let message = format!("the name of the {what} `{name}` has letters beyond a-z");
            let problem = Problem::new("merge-looks-alike", message).at(place);
            return Some(
                problem.help(
                    "letters of other alphabets look like these: use a-z, 0-9, `_`, `-`, `.`",
                ),
            );
        }
        None
    }
}

/// Facts and features share their names.
fn family(section: &str) -> &'static str {
    match section {
        "facts" | "features" => "fact",
        "roles" => "role",
        "people" => "person",
        _ => "section",
    }
}

fn entries<'a>(document: &'a Document, section: &str) -> &'a [(Key, Node)] {
    match find(document, section).map(|node| &node.kind) {
        Some(Kind::Map(entries)) => entries,
        _ => &[],
    }
}

fn find<'a>(document: &'a Document, name: &str) -> Option<&'a Node> {
    let Kind::Map(entries) = &document.root.kind else { return None };
    entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
}

/// What only the parent says must be the same, or not there.
fn check_head(parent: &Files, text: &str, problems: &mut Vec<Problem>) {
    let Ok(child) = Document::read("bundle.yaml", text) else { return };
    let head = parent.get("bundle.yaml").and_then(|text| Document::read("bundle.yaml", text).ok());
    let Some(head) = head else { return };
    let said = |document: &Document, name: &str| match find(document, name).map(|node| &node.kind) {
        Some(Kind::Scalar { text, .. }) => Some(text.clone()),
        _ => None,
    };
    let at = |name: &str| child.place(find(&child, name).unwrap_or(&child.root));
    for name in SAME {
        if said(&child, name) != said(&head, name) {
            let theirs = said(&head, name).unwrap_or_else(|| "nothing".to_owned());
            let message = format!("`{name}` must be what the parent says: {theirs}");
            let problem = Problem::new("merge-not-yours", message).at(at(name));
            problems.push(problem.help("amounts and times in its rules would mean something else"));
        }
    }
    if let (Some(name), Some(theirs)) = (said(&child, "bundle"), said(&head, "bundle"))
        && same_look(&name, &theirs)
    {
        let message = format!("the bundle `{name}` is called like its parent `{theirs}`");
        let problem = Problem::new("merge-looks-alike", message).at(at("bundle"));
        problems.push(problem.help("records name bundles: give it a name of its own"));
    }
}

/// A file of the child's own: of a kind that it may have, under a path that is not the parent's.
fn check_path(parent: &Files, path: &str) -> Option<Problem> {
    let place = Place { file: path.to_owned(), line: 1, column: 0 };
    if let Some(known) = parent.keys().find(|known| same_look(known, path)) {
        let code = if known == path { "merge-redefines" } else { "merge-looks-alike" };
        let message = format!("the parent has the file `{known}`");
        return Some(Problem::new(code, message).at(place).help("name yours otherwise"));
    }
    let folder = path.split_once('/').map(|(folder, _)| folder);
    if folder.is_some_and(|folder| FOLDERS.contains(&folder)) && path.is_ascii() {
        return None;
    }
    let message = format!("`{path}` is the parent's to say: a child may not");
    let help = format!(
        "a child has {}, and files in {}",
        SHARED.map(|(name, _)| name).join(", "),
        FOLDERS.join(", ")
    );
    Some(Problem::new("merge-not-yours", message).at(place).help(help))
}

fn graph_name(path: &str, text: &str) -> Option<(String, Place)> {
    let document = Document::read(path, text).ok()?;
    let node = find(&document, "graph")?;
    let Kind::Scalar { text, .. } = &node.kind else { return None };
    Some((text.clone(), document.place(node)))
}

fn check_graph(path: &str, text: &str, names: &mut Names) -> Option<Problem> {
    let (name, place) = path.starts_with("routing/").then(|| graph_name(path, text)).flatten()?;
    names.take("graph", &name, place)
}

/// A file that both have, with the child's entries behind the parent's.
fn join(
    path: &str,
    parent: Option<&String>,
    text: &str,
    sections: &[(&str, bool)],
    names: &mut Names,
) -> Result<String, Vec<Problem>> {
    let mut child = Document::read(path, text)?;
    let mut problems = Vec::new();
    if let Kind::Map(found) = &child.root.kind {
        for (key, _) in
            found.iter().filter(|(key, _)| sections.contains(&(key.text.as_str(), false)))
        {
            let message = format!("`{}` of {path} is the parent's to say", key.text);
            let problem = Problem::new("merge-not-yours", message).at(child.place_of_key(key));
            problems.push(problem.help("remove it: what the parent says holds"));
        }
    }
    for (section, _) in sections {
        for (key, _) in entries(&child, section) {
            problems.extend(names.take(family(section), &key.text, child.place_of_key(key)));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let Some(parent) = parent else { return Ok(text.to_owned()) };
    let mut whole = Document::read(path, parent)?;
    if let (Kind::Map(ours), Kind::Map(theirs)) = (&mut whole.root.kind, &mut child.root.kind) {
        for (key, node) in theirs.drain(..) {
            match ours.iter_mut().find(|(known, _)| known.text == key.text) {
                Some((_, known)) => add(known, node),
                None => ours.push((key, node)),
            }
        }
    }
    Ok(format!(
        "# Put together from the parent's file and the child's.\n{}",
        write::yaml(&whole.root)
    ))
}

/// Adds the entries of a section.
fn add(section: &mut Node, more: Node) {
    match (&mut section.kind, more.kind) {
        (Kind::Map(known), Kind::Map(more)) => known.extend(more),
        (known @ Kind::Null, more) => *known = more,
        _ => {}
    }
}

#[cfg(test)]
mod tests;
