//! Layers: defaults, below the file, below the environment, as one document in which everything knows its
//! place.
//!
//! What the environment sets counts as lines behind the file's last, so that one reader serves for both;
//! [`Layers::tell`] gives a problem there the variable's name instead of a line.

use super::keys::every;
use bellwether_core::authored::{Document, Key, Kind, Node};
use bellwether_core::problem::{Place, Problem, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Variables begin so.
const PREFIX: &str = "BELLWETHER_";
/// Where a default stands: nowhere.
pub(super) const DEFAULT: u32 = u32::MAX;
/// The deepest nesting that is read; no section needs more.
const DEEPEST: usize = 16;

/// Everything that was set.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) document: Document,
    /// The number of the file's last line.
    lines: u32,
    variables: Vec<String>,
}

impl Layers {
    /// Reads the file's text, and the variables that begin with `BELLWETHER_` and a section's name.
    pub(super) fn read(
        file: &str,
        text: &str,
        variables: &[(String, String)],
    ) -> Result<Self, Vec<Problem>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let places = Places { text };
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let problem = |error: &toml::de::Error| {
                let message = format!("not TOML: {}", error.message());
                let (line, column) = places.at(error.span().map_or(0, |span| span.start));
                let place = Place { file: file.to_owned(), line, column };
                Problem::new("config-syntax", message).at(place)
            };
            return Err(errors.iter().map(problem).collect());
        }
        let mut root = places.table(table.get_ref(), 0, 0);
        root.line = 1;
        let lines = u32::try_from(text.lines().count()).unwrap_or(DEFAULT / 2);
        let mut names = Vec::new();
        let mut wanted: Vec<_> = variables
            .iter()
            .filter_map(|(name, value)| Some((section_of(name)?, name, value)))
            .collect();
        wanted.sort();
        let mut problems = Vec::new();
        for (section, name, value) in wanted {
            let line = lines + 1 + u32::try_from(names.len()).unwrap_or(0);
            names.push(name.clone());
            let node = variable(value, line);
            if let Err(problem) = set(&mut root, section, name, node) {
                problems.push(problem);
            }
        }
        complete(&mut root);
        let layers =
            Self { document: Document { file: file.to_owned(), root }, lines, variables: names };
        if problems.is_empty() { Ok(layers) } else { Err(problems) }
    }

    /// Where a value was set, if not in the file: `default`, or the variable.
    pub(super) fn origin(&self, line: u32) -> Option<&str> {
        let behind = line.checked_sub(self.lines + 1)?;
        Some(self.variables.get(behind as usize).map_or("default", String::as_str))
    }

    /// A problem as it is told: by the words of this file, and with the variable where one is to blame.
    pub(super) fn tell(&self, mut problem: Problem) -> Problem {
        problem.code = code(problem.code);
        if problem.code == "config-missing" {
            problem.help = problem.help.replace(": ...`", " = ...`");
        }
        let Some(place) = &problem.place else { return problem };
        if let Some(name) = self.origin(place.line) {
            problem.message = format!("in the variable {name}: {}", problem.message);
            problem.place = None;
        }
        problem
    }
}

/// The reader of authored files names what is wrong as in YAML; here it is TOML.
fn code(code: &'static str) -> &'static str {
    match code {
        "yaml-unknown-key" => "config-unknown-key",
        "yaml-missing-key" => "config-missing",
        "yaml-value" => "config-value",
        "yaml-shape" => "config-shape",
        other => other,
    }
}

struct Places<'a> {
    text: &'a str,
}

impl Places<'_> {
    /// Line and column of a byte, both from 1.
    fn at(&self, byte: usize) -> (u32, u32) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (u32::try_from(line).unwrap_or(0), u32::try_from(column).unwrap_or(0))
    }

    fn table(&self, table: &DeTable<'_>, start: usize, depth: usize) -> Node {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| {
                let (line, column) = self.at(key.span().start);
                let key = Key { text: key.get_ref().to_string(), line, column };
                (key, self.value(value, depth + 1))
            })
            .collect();
        entries.sort_by_key(|(key, _)| (key.line, key.column));
        let (line, column) = self.at(start);
        Node { kind: Kind::Map(entries), line, column }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>, depth: usize) -> Node {
        let start = value.span().start;
        let (line, column) = self.at(start);
        let scalar = |text: String, quoted| Kind::Scalar { text, quoted };
        let kind = match value.get_ref() {
            _ if depth > DEEPEST => Kind::Null,
            DeValue::String(text) => scalar(text.to_string(), true),
            DeValue::Integer(number) => scalar(number.to_string(), false),
            DeValue::Float(number) => scalar(number.as_str().to_owned(), false),
            DeValue::Boolean(flag) => scalar(flag.to_string(), false),
            DeValue::Datetime(at) => scalar(at.to_string(), false),
            DeValue::Array(items) => {
                Kind::List(items.iter().map(|item| self.value(item, depth + 1)).collect())
            }
            DeValue::Table(table) => self.table(table, start, depth).kind,
        };
        Node { kind, line, column }
    }
}

/// A variable's value: a list if it is written as one, else text.
fn variable(value: &str, line: u32) -> Node {
    let list = value.trim_start().starts_with('[').then(|| DeValue::parse(value).ok()).flatten();
    let mut node = match list {
        Some(list) => Places { text: "" }.value(&list, 0),
        None => {
            Node { kind: Kind::Scalar { text: value.to_owned(), quoted: true }, line, column: 1 }
        }
    };
    place(&mut node, line);
    node
}

fn place(node: &mut Node, line: u32) {
    (node.line, node.column) = (line, 1);
    if let Kind::List(items) = &mut node.kind {
        items.iter_mut().for_each(|item| place(item, line));
    }
}

/// The section in which a variable sets something; the longest that its name begins with.
fn section_of(name: &str) -> Option<&'static str> {
    let rest = name.strip_prefix(PREFIX)?;
    let fits = |section: &&str| {
        let fixed = section.trim_end_matches(".NAME").replace('.', "_").to_uppercase();
        rest.strip_prefix(&fixed).is_some_and(|rest| rest.starts_with('_'))
    };
    every().map(|key| key.section).filter(fits).max_by_key(|section| section.len())
}

/// Puts what a variable says into the tree.
fn set(root: &mut Node, wanted: &str, name: &str, node: Node) -> Result<(), Problem> {
    let rest = name.get(PREFIX.len()..).unwrap_or_default();
    let fixed = wanted.trim_end_matches(".NAME");
    let rest = rest.get(fixed.len() + 1..).unwrap_or_default();
    let Some(mut at) = section(root, fixed, node.line) else { return Ok(()) };
    let rest = match wanted.ends_with(".NAME") {
        false => rest,
        true => {
            let Kind::Map(entries) = &at.kind else { return Ok(()) };
            let names = entries.iter().map(|(key, _)| key.text.clone());
            let as_written = |name: &str| format!("{}_", name.replace('-', "_").to_uppercase());
            let found = names.filter(|name| rest.starts_with(&as_written(name)));
            let Some(found) = found.max_by_key(String::len) else {
                let message = format!(
                    "the variable {name} sets something in `{fixed}` that the file does not have"
                );
                let known = entries.iter().map(|(key, _)| key.text.as_str());
                let problem = Problem::new("config-variable", message);
                let help = format!("write a section `[{fixed}.NAME]` into the file first");
                return Err(match nearest(&rest.to_lowercase(), known) {
                    Some(close) => problem.help(format!("did you mean `{close}`?")),
                    None => problem.help(help),
                });
            };
            let Some(named) = entry(at, &found, node.line) else { return Ok(()) };
            at = named;
            rest.get(found.len() + 1..).unwrap_or_default()
        }
    };
    let (key, line) = (rest.to_lowercase(), node.line);
    let Kind::Map(entries) = &mut at.kind else { return Ok(()) };
    entries.retain(|(known, _)| known.text != key);
    entries.push((Key { text: key, line, column: 1 }, node));
    Ok(())
}

/// The node of a key, made where there is none. What is of the wrong shape has no keys; it is refused
/// when it is read.
fn entry<'a>(node: &'a mut Node, name: &str, line: u32) -> Option<&'a mut Node> {
    if node.kind == Kind::Null {
        node.kind = Kind::Map(Vec::new());
    }
    let Kind::Map(entries) = &mut node.kind else { return None };
    let at = entries.iter().position(|(key, _)| key.text == name).unwrap_or(entries.len());
    if at == entries.len() {
        let nothing = Node { kind: Kind::Map(Vec::new()), line, column: 1 };
        entries.push((Key { text: name.to_owned(), line, column: 1 }, nothing));
    }
    entries.get_mut(at).map(|(_, node)| node)
}

/// The section of a path, made where there is none.
fn section<'a>(root: &'a mut Node, path: &str, line: u32) -> Option<&'a mut Node> {
    path.split('.').try_fold(root, |at, part| entry(at, part, line))
}

/// Adds the defaults of everything that is not set.
fn complete(root: &mut Node) {
    for key in every().filter(|key| !key.default.is_empty()) {
        let (fixed, named) = match key.section.strip_suffix(".NAME") {
            Some(fixed) => (fixed, true),
            None => (key.section, false),
        };
        // OpenID Connect is off where nothing is said about it.
        if (named || fixed == "access.oidc") && !is_there(root, fixed) {
            continue;
        }
        let Some(at) = section(root, fixed, DEFAULT) else { continue };
        let sections: Vec<&mut Node> = match (&mut at.kind, named) {
            (Kind::Map(entries), true) => entries.iter_mut().map(|(_, node)| node).collect(),
            _ if named => Vec::new(),
            _ => vec![at],
        };
        for section in sections {
            let Kind::Map(entries) = &mut section.kind else { continue };
            let kind = entries.iter().find(|(known, _)| known.text == "kind");
            let fits = key.kinds.is_empty()
                || matches!(kind, Some((_, Node { kind: Kind::Scalar { text, .. }, .. }))
                    if key.kinds.contains(&text.as_str()));
            if fits && !entries.iter().any(|(known, _)| known.text == key.name) {
                let node = variable(key.default, DEFAULT);
                entries.push((Key { text: key.name.to_owned(), line: DEFAULT, column: 1 }, node));
            }
        }
    }
}

fn is_there(root: &Node, section: &str) -> bool {
    section.split('.').try_fold(root, |at, part| at.get(part)).is_some()
}
