//! Parent and child: a business unit's bundle on top of the enterprise's, of which it may only tighten.
//!
//! - In: the files of both.
//! - Out: the files of both as one bundle, or everything that the child may not do, with its place.
//! - Never: lets a child say again, in other words or letters that look the same, what the parent says.
//!
//! A child may add facts, features, people, roles, graphs, tests, boundaries and invariants under new
//! names, and overrides; and stricter tables where the parent lets it. That its boundaries only forbid is
//! for whoever reads Cedar to check.

mod look;

pub use look::same_look;

use crate::bundle::DEFAULT_CHECKPOINTS;
use crate::policy::Files;
use bellwether_core::authored::{Document, Key, Kind, Node};
use bellwether_core::{Duration, Place, Problem};

/// Files of which both may have one: its sections, and whether a child may add to each.
const SHARED: [(&str, &[(&str, bool)]); 4] = [
    ("facts.yaml", &[("facts", true), ("signals", false)]),
    ("features.yaml", &[("features", true)]),
    ("thresholds.yaml", &[(THRESHOLDS, true)]),
    ("people.yaml", &[("roles", true), ("people", true), ("always", false)]),
];

/// The section whose entries a child may replace, where the parent's says in which direction (`child`). The
/// parent's stays inside the child's, so that whoever reads the file can compare them.
const THRESHOLDS: &str = "thresholds";

/// What an override of a child may not say about a graph of the parent's, why, and how to mend it.
const LOOSENS: [(&str, &str, &str); 2] = [
    (
        "owner_signs",
        "a child's override only tightens",
        "leave `owner_signs` out, or let the parent have this override",
    ),
    (
        "approvals",
        "whoever approves for a child could refuse what the parent asks",
        "write `route` to a node of a higher level, ask for approvals of an `action`, or let the parent have this \
         override",
    ),
];

/// Folders in which a child may have files of its own.
const FOLDERS: [&str; 5] = ["routing", "tests", "overrides", "boundaries", "invariants"];

/// What `bundle.yaml` of a child must say as the parent's does: the meaning of the rules hangs on it. Of
/// `reach`, `checkpoints` and `mode` it may only say more.
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
    let names = Names::of(parent);
    for (path, text) in child {
        if path == "bundle.yaml" {
            check_head(parent, text, &mut problems);
            merged.insert(path.clone(), text.clone());
        } else if let Some((_, sections)) = SHARED.iter().find(|(name, _)| name == path) {
            match join(path, parent.get(path), text, sections, &names) {
                Ok(joined) => drop(merged.insert(path.clone(), joined)),
                Err(found) => problems.extend(found),
            }
        } else if let Some(problem) = check_path(parent, path) {
            problems.push(problem);
        } else {
            problems.extend(check_graph(path, text, &names));
            problems.extend(check_overrides(path, text, &names));
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

    fn has(&self, what: &str, name: &str) -> bool {
        self.taken.iter().any(|(of, known)| *of == what && known == name)
    }

    /// Why a child may not use a name: the parent has it, or one that looks like it.
    fn refused(&self, what: &'static str, name: &str, place: Place) -> Option<Problem> {
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
        THRESHOLDS => "table",
        _ => "section",
    }
}

fn entries<'a>(document: &'a Document, section: &str) -> &'a [(Key, Node)] {
    document.root.get(section).map(Node::entries).unwrap_or_default()
}

/// What only the parent says must be the same, or not there.
fn check_head(parent: &Files, text: &str, problems: &mut Vec<Problem>) {
    let Ok(child) = Document::read("bundle.yaml", text) else { return };
    let head = parent.get("bundle.yaml").and_then(|text| Document::read("bundle.yaml", text).ok());
    let Some(head) = head else { return };
    let said = |document: &Document, name: &str| {
        document.root.get(name).and_then(Node::text).map(str::to_owned)
    };
    let at = |name: &str| child.place(child.root.get(name).unwrap_or(&child.root));
    for name in SAME {
        if said(&child, name) != said(&head, name) {
            let theirs = said(&head, name).unwrap_or_else(|| "nothing".to_owned());
            let message = format!("`{name}` must be what the parent says: {theirs}");
            let problem = Problem::new("merge-not-yours", message).at(at(name));
            problems.push(problem.help("amounts and times in its rules would mean something else"));
        }
    }
    for (name, looser, help) in [
        (
            "reach",
            later(said(&child, "reach"), said(&head, "reach")),
            "promise as much as the parent, or more",
        ),
        (
            "checkpoints",
            most(said(&child, "checkpoints")) > most(said(&head, "checkpoints")),
            "ask for no more approvals than the parent lets anybody",
        ),
        (
            "mode",
            said(&head, "mode").as_deref() == Some("enforce")
                && said(&child, "mode").as_deref() != Some("enforce"),
            "write `mode: enforce`: the parent's rules ask people, and go on to do so",
        ),
    ] {
        if looser {
            let theirs = said(&head, name).unwrap_or_else(|| DEFAULT_CHECKPOINTS.to_string());
            let message = format!("`{name}` is looser than what the parent says: {theirs}");
            problems.push(Problem::new("merge-not-yours", message).at(at(name)).help(help));
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

/// Whether a promise is later than the parent's, or there is none. What is no span is for whoever reads it.
fn later(own: Option<String>, parents: Option<String>) -> bool {
    let Some(parents) = parents.and_then(|text| Duration::parse(&text)) else { return false };
    own.is_none_or(|own| Duration::parse(&own).is_some_and(|own| own > parents))
}

/// How many approvals may be asked for on one way.
fn most(said: Option<String>) -> usize {
    said.and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_CHECKPOINTS)
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
    let node = document.root.get("graph")?;
    Some((node.text()?.to_owned(), document.place(node)))
}

fn check_graph(path: &str, text: &str, names: &Names) -> Option<Problem> {
    let (name, place) = path.starts_with("routing/").then(|| graph_name(path, text)).flatten()?;
    names.refused("graph", &name, place)
}

/// An override that an owner signs may let something pass, and whoever must approve may refuse, which ends what
/// the parent would have asked or leads it elsewhere: of the parent's graphs both are the parent's to say.
fn check_overrides(path: &str, text: &str, names: &Names) -> Vec<Problem> {
    let document = path.starts_with("overrides/").then(|| Document::read(path, text).ok());
    let Some(document) = document.flatten() else { return Vec::new() };
    let overrides = document.root.get("overrides").map(Node::items).unwrap_or_default();
    let of_parent = overrides.iter().filter_map(|one| {
        let graph = one.get("graph").and_then(Node::text)?;
        names.has("graph", graph).then_some((graph, one))
    });
    let told = of_parent.flat_map(|(graph, one)| {
        LOOSENS.iter().filter_map(move |(key, why, help)| Some((graph, one.entry(key)?, why, help)))
    });
    let told = told.map(|(graph, (key, _), why, help)| {
        let message = format!("`{graph}` is the parent's graph: {why}");
        let problem = Problem::new("merge-not-yours", message).at(document.place_of_key(key));
        problem.help(*help)
    });
    told.collect()
}

/// What is required counts towards `completeness`, which the parent's rules compare with limits.
fn check_required(document: &Document, entry_of: &Node) -> Option<Problem> {
    let (key, node) = entry_of.entry("required")?;
    if node.text() == Some("false") {
        return None;
    }
    let message = "what is `required` moves the `completeness` that the parent's rules ask for";
    let problem = Problem::new("merge-not-yours", message).at(document.place_of_key(key));
    Some(problem.help("remove it: which facts a decision needs is the parent's to say"))
}

/// A file that both have, with the child's entries behind the parent's.
fn join(
    path: &str,
    parent: Option<&String>,
    text: &str,
    sections: &[(&str, bool)],
    names: &Names,
) -> Result<String, Vec<Problem>> {
    let mut child = Document::read(path, text)?;
    let parent = parent.map(|parent| Document::read(path, parent)).transpose()?;
    let mut problems = Vec::new();
    let found = child.root.entries().iter();
    for (key, _) in found.filter(|(key, _)| sections.contains(&(key.text.as_str(), false))) {
        let message = format!("`{}` of {path} is the parent's to say", key.text);
        let problem = Problem::new("merge-not-yours", message).at(child.place_of_key(key));
        problems.push(problem.help("remove it: what the parent says holds"));
    }
    for (section, _) in sections {
        for (key, node) in entries(&child, section) {
            if *section == THRESHOLDS && node.get("parent").is_some() {
                let message = format!("`{}` says itself what its parent's is", key.text);
                let problem = Problem::new("merge-not-yours", message).at(child.place_of_key(key));
                problems.push(problem.help("remove `parent`: the parent's own table is taken"));
            }
            let ours = parent.as_ref().filter(|_| *section == THRESHOLDS);
            let ours = ours.and_then(|parent| parent.root.get(section)?.get(&key.text));
            if ours.is_none_or(|ours| ours.get("child").is_none()) {
                let place = child.place_of_key(key);
                problems.extend(names.refused(family(section), &key.text, place));
            }
            problems.extend(check_required(&child, node).filter(|_| family(section) == "fact"));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let Some(mut whole) = parent else { return Ok(text.to_owned()) };
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
        crate::write::yaml(&whole.root)
    ))
}

/// Adds the entries of a section; one that the parent has too takes its place, with the parent's inside.
fn add(section: &mut Node, more: Node) {
    match (&mut section.kind, more.kind) {
        (Kind::Map(known), Kind::Map(more)) => {
            for (key, mut node) in more {
                match known.iter_mut().find(|(known, _)| known.text == key.text) {
                    Some((own, before)) => {
                        if let Kind::Map(entries) = &mut node.kind {
                            let parent = Key { text: "parent".to_owned(), ..own.clone() };
                            entries.push((parent, before.clone()));
                        }
                        *before = node;
                    }
                    None => known.push((key, node)),
                }
            }
        }
        (known @ Kind::Null, more) => *known = more,
        _ => {}
    }
}

#[cfg(test)]
mod tests;
