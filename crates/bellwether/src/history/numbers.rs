//! Numbers of the rules: those in the guards of rules and in tables, and the rules with one of them changed.
//!
//! - In: the files of a bundle.
//! - Out: each [`Number`] with its place; files in which one is another.
//! - Never: anything in the place of a number but a number. What stands twice in one column of a table, as the
//!   end of a row and the beginning of the next, moves together.

use bellwether_core::Duration;
use bellwether_core::authored::{Document, Key, Kind, Node};
use bellwether_engine::Rules;
use bellwether_expr::scalar_place;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;
use utoipa::ToSchema;

/// The most characters of a number.
const LONGEST: usize = 32;

/// A number of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RulesNumber)]
pub(crate) struct Number {
    /// What it is called: the graph, the rule and which of its numbers; or the table, the column and the number.
    pub(crate) id: String,
    /// What it stands in, as written.
    pub(crate) text: String,
    /// The number, as written.
    pub(crate) value: String,
    #[serde(skip)]
    spots: Vec<(String, Range<usize>)>,
}

/// Every number of the rules that may be moved, tables first, then graph by graph.
pub(crate) fn all(files: &BTreeMap<String, String>) -> Vec<Number> {
    let mut found = Vec::new();
    for (file, text) in files {
        let Ok(document) = Document::read(file, text) else { continue };
        let mut scalars = Vec::new();
        if file == "thresholds.yaml" {
            tables(&document, &mut scalars);
        } else if file.starts_with("routing/") {
            guards(&document, &mut scalars);
        }
        for (name, node) in scalars {
            note(&mut found, (file, text, &document), (&name, node));
        }
    }
    found
}

/// What a scalar belongs to; of a cell, its column.
enum Name {
    Guard(String),
    Cell(String),
}

fn tables<'a>(document: &'a Document, found: &mut Vec<(Name, &'a Node)>) {
    let tables = document.root.get("thresholds").map(Node::entries).unwrap_or_default();
    for (Key { text: table, .. }, node) in tables {
        let Some(Node { kind: Kind::List(rows), .. }) = node.get("rows") else { continue };
        for (nth, row) in rows.iter().enumerate() {
            for (column, cell) in row.entries() {
                let name = match column.text.as_str() {
                    "reason" => continue,
                    "value" => format!("{table}/value {}", nth + 1),
                    column => format!("{table}/{column}"),
                };
                let cells = match &cell.kind {
                    Kind::List(cells) => cells.iter().collect(),
                    _ => vec![cell],
                };
                found.extend(cells.into_iter().map(|cell| (Name::Cell(name.clone()), cell)));
            }
        }
    }
}

fn guards<'a>(document: &'a Document, found: &mut Vec<(Name, &'a Node)>) {
    let Some(graph) = document.root.get("graph").and_then(Node::text) else { return };
    let Some(Node { kind: Kind::List(rules), .. }) = document.root.get("rules") else {
        return;
    };
    for rule in rules {
        if let (Some(id), Some(when)) = (rule.get("id").and_then(Node::text), rule.get("when")) {
            found.push((Name::Guard(format!("{graph}/{id}")), when));
        }
    }
}

fn note(
    found: &mut Vec<Number>,
    (file, text, document): (&str, &str, &Document),
    (name, node): (&Name, &Node),
) {
    let Some(written) = node.text() else { return };
    let place = scalar_place(document, node);
    let Some(start) = offset(text, place.line, place.column) else { return };
    let raw = text.get(start..).unwrap_or_default();
    let wanted: Vec<_> = numbers(written, usize::MAX);
    let spots = numbers(raw, wanted.len());
    let texts = |text: &str, spots: &[Range<usize>]| {
        spots
            .iter()
            .filter_map(|spot| text.get(spot.clone()).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    // What is written over several lines, or with escapes, is only taken where both readings agree.
    let values = texts(written, &wanted);
    if values != texts(raw, &spots) {
        return;
    }
    for (nth, (value, spot)) in values.into_iter().zip(spots).enumerate() {
        let spot = (file.to_owned(), start + spot.start..start + spot.end);
        let id = match name {
            Name::Guard(name) => format!("{name}/{}", nth + 1),
            Name::Cell(name) => format!("threshold.{name}/{value}"),
        };
        match found.iter_mut().find(|known| known.id == id) {
            Some(known) => known.spots.push(spot),
            None => {
                let text = written.split_whitespace().collect::<Vec<_>>().join(" ");
                found.push(Number { id, text, value, spots: vec![spot] });
            }
        }
    }
}

/// The byte of a place; lines and columns count from 1.
fn offset(text: &str, line: u32, column: u32) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let rest = text.get(start..)?;
    let within = rest.char_indices().nth(usize::try_from(column).ok()?.checked_sub(1)?);
    Some(start + within.map_or(rest.len(), |(at, _)| at))
}

/// Where the first numbers of an expression or a cell stand, spans in quotes among them.
fn numbers(text: &str, most: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    while let Some((start, first)) = chars.next() {
        if found.len() == most {
            break;
        }
        match first {
            '\'' | '"' => {
                let inside = start + 1;
                let end =
                    text.get(inside..).and_then(|rest| rest.find(first)).map(|at| inside + at);
                let Some(end) = end else { continue };
                let word = text.get(inside..end).unwrap_or_default();
                let bare = word.trim_end_matches('\\');
                if bare.starts_with(|c: char| c.is_ascii_digit()) && Duration::parse(bare).is_some()
                {
                    found.push(inside..inside + bare.len());
                }
                while chars.next_if(|(at, _)| *at <= end).is_some() {}
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                while chars.next_if(|(_, c)| letter(*c) || *c == '.').is_some() {}
            }
            '0'..='9' => {
                let mut end = start + 1;
                while let Some((at, c)) = chars.peek().copied() {
                    // `1..5` are two numbers.
                    let after = text.get(at + 1..).and_then(|rest| rest.chars().next());
                    let point = c == '.' && after.is_some_and(|after| after.is_ascii_digit());
                    if !letter(c) && !point {
                        break;
                    }
                    end = at + 1;
                    chars.next();
                }
                found.push(start..end);
            }
            _ => {}
        }
    }
    found
}

/// Whether a text is one number and nothing else.
pub(crate) fn is_number(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '.'));
    let one = numbers(text, 2).first() == Some(&(0..text.len()));
    text.len() <= LONGEST && one && (plain || Duration::parse(text).is_some())
}

/// The files of some rules with one number changed wherever it stands.
pub(crate) fn changed(rules: &Rules, number: &Number, value: &str) -> BTreeMap<String, String> {
    let mut files = rules.files().clone();
    let mut spots = number.spots.clone();
    spots.sort_by_key(|(file, spot)| (file.clone(), std::cmp::Reverse(spot.start)));
    for (file, spot) in spots {
        if let Some(text) = files.get_mut(&file) {
            text.replace_range(spot, value);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_and_nothing_else() {
        for (text, expected) in [
            ("deal.amount >= 250_000 && deal.fit < 0.75", &["250_000", "0.75"][..]),
            ("spend_90d > 5 || a.b2 == 'won'", &["5"]),
            ("since < duration(\"3d\") && at == 'q3'", &["3d"]),
            ("since < duration(\\\"3d\\\")", &["3d"]),
            ("100000..500000", &["100000", "500000"]),
            (">= 1.", &["1"]),
            ("-0.1", &["0.1"]),
            ("'3d", &["3d"]),
            ("any", &[]),
            ("", &[]),
        ] {
            let found: Vec<_> =
                numbers(text, 9).into_iter().map(|at| text.get(at).unwrap()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn only_a_number_is_one() {
        for (text, fine) in [
            ("5", true),
            ("0.25", true),
            ("3d", true),
            ("250_000", true),
            ("", false),
            ("-5", false),
            ("5 || true", false),
            ("5\n", false),
            ("1..2", false),
            ("'3d'", false),
            ("x", false),
            ("5x", false),
            ("123456789012345678901234567890123", false),
        ] {
            assert_eq!(is_number(text), fine, "{text}");
        }
    }

    #[test]
    fn numbers_of_guards_and_tables_are_moved_where_they_stand() {
        let files: BTreeMap<_, _> = [
            (
                "routing/a.yaml",
                "graph: g\nrules:\n  - {id: R1, when: \"a >= 5 && b < duration('3d')\"} # 7\n  - id: R2\n    when: >\n      a > 6\n      || a < 1\n    reason: 9\n",
            ),
            (
                "thresholds.yaml",
                "thresholds:\n  t:\n    rows:\n      - {x: \"< 10\", value: 1, reason: 4}\n      - {x: \"10..20\", value: 2}\n      - {value: 3}\n",
            ),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
        let found = all(&files);
        let told: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.spots.len())).collect();
        expect_test::expect![[r#"
            [
                (
                    "g/R1/1",
                    1,
                ),
                (
                    "g/R1/2",
                    1,
                ),
                (
                    "g/R2/1",
                    1,
                ),
                (
                    "g/R2/2",
                    1,
                ),
                (
                    "threshold.t/x/10",
                    2,
                ),
                (
                    "threshold.t/value 1/1",
                    1,
                ),
                (
                    "threshold.t/x/20",
                    1,
                ),
                (
                    "threshold.t/value 2/2",
                    1,
                ),
                (
                    "threshold.t/value 3/3",
                    1,
                ),
            ]
        "#]]
        .assert_debug_eq(&told);
        for one in &found {
            for (file, spot) in &one.spots {
                assert_eq!(files[file].get(spot.clone()), Some(&*one.value), "{}", one.id);
            }
        }
    }
}
