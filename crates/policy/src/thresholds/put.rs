//! Putting a table into the text of `thresholds.yaml`.
//!
//! - In: the text as it is, and the lines of a table.
//! - Out: the text with the table in it, or why it cannot be put there.
//! - Never: changes a byte outside the table: comments and other tables stay as somebody wrote them.

use super::sheet::Written;
use bellwether_core::authored::{Document, Key, Kind, Node};
use bellwether_core::{Place, Problem};

/// The name of the file in a bundle.
pub const FILE: &str = "thresholds.yaml";

/// What a table of a file says of itself in single values, by key.
pub fn said<'a>(document: &'a Document, table: &str) -> Vec<(&'a str, &'a str)> {
    let known = tables(document).and_then(|(_, tables)| tables.get(table));
    let said = known.map(Node::entries).unwrap_or_default().iter();
    said.filter_map(|(key, node)| Some((key.text.as_str(), node.text()?))).collect()
}

/// Puts a table at the end of the others, or where one of its name stands.
///
/// # Errors
/// `table-exists` unless it may be replaced, `table-layout` where the file is not written in lines; a file that
/// cannot be read.
pub fn put(text: &str, table: &Written, replace: bool) -> Result<String, Vec<Problem>> {
    let document = Document::read(FILE, text)?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let place = plan(&document, &lines, table, replace).map_err(|problem| vec![problem])?;
    let mut before = lines.get(..place.from).unwrap_or_default().concat();
    let after = lines.get(place.to..).unwrap_or_default().concat();
    if !before.is_empty() && !before.ends_with('\n') {
        before.push_str(end);
    }
    if place.opens {
        before.push_str("thresholds:");
        before.push_str(end);
    }
    let own = table.lines.iter();
    let own = own.map(|line| format!("{:width$}{}{end}", "", line.text, width = place.indent));
    let text = format!("{before}{}{after}", own.collect::<String>());
    let kept = Document::read(FILE, &text).is_ok_and(|now| keeps(&document, &now, table));
    if kept { Ok(text) } else { Err(vec![layout(1)]) }
}

/// Where the name of a table stands.
pub fn place_of(document: &Document, table: &str) -> Option<Place> {
    let (key, _) = tables(document)?.1.entry(table)?;
    Some(document.place_of_key(key))
}

/// Which lines give way to a table.
struct Plan {
    from: usize,
    to: usize,
    indent: usize,
    /// Whether `thresholds:` has to be written first.
    opens: bool,
}

fn plan(
    document: &Document,
    lines: &[&str],
    table: &Written,
    replace: bool,
) -> Result<Plan, Problem> {
    let Some((above, node)) = tables(document) else {
        let fresh = matches!(&document.root.kind, Kind::Null | Kind::Map(_));
        let at = lines.len();
        let plan = Plan { from: at, to: at, indent: 2, opens: true };
        return if fresh { Ok(plan) } else { Err(layout(document.root.line)) };
    };
    let entries = match &node.kind {
        Kind::Null => {
            let at = above.line as usize;
            return Ok(Plan { from: at, to: at, indent: above.column as usize + 1, opens: false });
        }
        Kind::Map(entries) => entries,
        _ => return Err(layout(above.line)),
    };
    let own_line = |key: &Key| {
        let line = lines.get(key.line as usize - 1).map(|line| line.trim_start_matches('\u{feff}'));
        line.is_some_and(|line| depth(line) + 1 == key.column as usize)
    };
    let Some((last, _)) = entries.last().filter(|_| entries.iter().all(|(key, _)| own_line(key)))
    else {
        return Err(layout(above.line));
    };
    let indent = last.column as usize - 1;
    match entries.iter().find(|(key, _)| key.text == table.name) {
        Some((key, _)) if !replace => {
            let message = format!("there is a table `{}` already", table.name);
            let place = document.place_of_key(key);
            let help = "add `--replace` to put this one in its place, or choose another `--name`";
            Err(Problem::new("table-exists", message).at(place).help(help))
        }
        Some((key, _)) => {
            let from = key.line as usize - 1;
            Ok(Plan { from, to: end_of(lines, key), indent, opens: false })
        }
        None => {
            let at = end_of(lines, last);
            Ok(Plan { from: at, to: at, indent, opens: false })
        }
    }
}

/// The line behind the last one of an entry; comments and blank lines at its end are not its own.
fn end_of(lines: &[&str], key: &Key) -> usize {
    let mut end = key.line as usize;
    for (at, line) in lines.iter().enumerate().skip(end) {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if depth(line) < key.column as usize {
            break;
        }
        end = at + 1;
    }
    end
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn layout(line: u32) -> Problem {
    let message = "the tables of this file do not stand in lines of their own";
    let help = "write each table as `name:` with its keys indented below, or `--print` the table and put it in by hand";
    let place = Place { file: FILE.to_owned(), line, column: 0 };
    Problem::new("table-layout", message).at(place).help(help)
}

/// The tables of a file, with the key above them.
fn tables(document: &Document) -> Option<&(Key, Node)> {
    document.root.entry("thresholds")
}

/// Whether everything but a table says what it said, and the table is there.
fn keeps(old: &Document, new: &Document, table: &Written) -> bool {
    let others = |document: &Document| -> Vec<(String, Told)> {
        let top = document.root.entries().iter().filter(|(key, _)| key.text != "thresholds");
        let tables = tables(document).map(|(_, node)| node.entries()).unwrap_or_default();
        let tables = tables.iter().filter(|(key, _)| key.text != table.name);
        top.chain(tables).map(|(key, node)| (key.text.clone(), told(node))).collect()
    };
    let there = tables(new).is_some_and(|(_, node)| {
        node.get(&table.name).is_some_and(|table| !table.entries().is_empty())
    });
    there && others(old) == others(new)
}

/// What a node says, wherever it stands.
#[derive(PartialEq, Eq)]
enum Told {
    Null,
    Scalar(String, bool),
    List(Vec<Told>),
    Map(Vec<(String, Told)>),
}

fn told(node: &Node) -> Told {
    match &node.kind {
        Kind::Null => Told::Null,
        Kind::Scalar { text, quoted } => Told::Scalar(text.clone(), *quoted),
        Kind::List(items) => Told::List(items.iter().map(told).collect()),
        Kind::Map(entries) => {
            Told::Map(entries.iter().map(|(key, node)| (key.text.clone(), told(node))).collect())
        }
    }
}
