//! Sheets: a business analyst's decision table becomes a table of `thresholds.yaml`.
//!
//! - In: the cells of a sheet with its header, and what the sheet does not say (type, owner).
//! - Out: the lines of each table, and for each line and cell where in the sheet it stands.
//! - Never: judges a fact or a value: whoever loads the bundle does, and [`Written::origin`] leads its problems back.

use crate::write::scalar;
use bellwether_core::{Place, Problem, Type};

/// A sheet that was cut into cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The file as the user named it.
    pub file: String,
    /// The line of its header.
    pub top: u32,
    /// The names of its columns.
    pub header: Vec<String>,
    /// Its rows: the line where each starts, and its cells.
    pub rows: Vec<(u32, Vec<String>)>,
}

/// What stands above the rows of a table, as words of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The type of its values.
    pub kind: String,
    /// What it is about.
    pub scope: String,
    /// Who answers for it.
    pub owner: String,
    /// Why there is such a table; may be empty.
    pub reason: String,
    /// How its rows are read.
    pub hit: String,
    /// Which values are stricter, where a child may replace it; empty where none may.
    pub child: String,
}

/// A column with values: `value`, `value:TABLE` or `value:TABLE:TYPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its position, from 0.
    at: usize,
    /// The table that it names; the one that is imported where it names none.
    pub table: Option<String>,
    /// The type that it names.
    pub kind: Option<String>,
}

/// A table as lines of `thresholds.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its name, without the prefix.
    pub name: String,
    /// Its lines, from the one with its name on, each without the indentation of tables.
    pub lines: Vec<Line>,
}

/// A line of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its text.
    pub text: String,
    /// The line of the sheet that it is from.
    from: Option<u32>,
    /// The column where each cell starts, and that of the sheet; both from 1.
    cells: Vec<(u32, u32)>,
}

impl Written {
    /// Where in the sheet a place of this table is from: `line` counts from 0 at the table's name, and `column`
    /// from 1 behind the indentation of tables. Columns of the result are those of the sheet, from 1.
    pub fn origin(&self, sheet: &Sheet, line: u32, column: u32) -> Option<Place> {
        let line = self.lines.get(line as usize)?;
        let cell = line.cells.iter().rev().find(|(start, _)| *start <= column);
        let column = cell.map_or(0, |(_, column)| *column);
        Some(Place { file: sheet.file.clone(), line: line.from?, column })
    }
}

/// Columns that hold neither conditions nor values.
const REMARKS: [&str; 2] = ["id", "reason"];

/// The columns with values.
///
/// # Errors
/// Everything that is wrong with the header: `row-duplicate-column`, `table-columns`, `table-empty`.
pub fn outputs(sheet: &Sheet) -> Result<Vec<Output>, Vec<Problem>> {
    let (mut problems, mut found) = (Vec::new(), Vec::new());
    let place = |at: usize| Place { column: number(at + 1), ..top(sheet) };
    if sheet.header.iter().all(String::is_empty) || sheet.rows.is_empty() {
        let message = "there is no table: no header, or no row below it";
        let problem = Problem::new("table-empty", message).at(top(sheet));
        let help =
            "write the names of the columns in the first line, and a row for each case below";
        return Err(vec![problem.help(help)]);
    }
    for (at, name) in sheet.header.iter().enumerate() {
        if sheet.header.iter().take(at).any(|known| known == name) {
            let message = format!("the column `{name}` stands here twice");
            let problem = Problem::new("row-duplicate-column", message).at(place(at));
            problems.push(problem.help("rename one of them: a value must have one meaning"));
            continue;
        }
        if name.is_empty() {
            let message = format!("column {} has no name", at + 1);
            let problem = Problem::new("table-columns", message).at(place(at));
            problems.push(problem.help("write the name of a fact above it, or remove the column"));
        }
        let mut parts = name.split(':').map(str::trim);
        if parts.next() != Some("value") {
            continue;
        }
        let (table, kind) = (parts.next(), parts.next());
        let fine = kind.is_none_or(|kind| Type::from_word(kind).is_some());
        if parts.next().is_some() || table == Some("") || !fine {
            let message = format!("`{name}` names no values");
            let problem = Problem::new("table-columns", message).at(place(at));
            let types = Type::ALL.map(Type::as_str).join(", ");
            problems.push(problem.help(format!(
                "write `value`, `value:TABLE` or `value:TABLE:TYPE`, where the type is one of {types}"
            )));
            continue;
        }
        found.push(Output { at, table: table.map(str::to_owned), kind: kind.map(str::to_owned) });
    }
    if found.is_empty() && problems.is_empty() {
        let names = sheet.header.join("`, `");
        let message = format!("no column holds values: the columns are `{names}`");
        let problem = Problem::new("table-columns", message).at(top(sheet));
        let help = "name the column with what each row gives `value`; if there is one, look at the delimiter: it is \
                    taken from the first line";
        problems.push(problem.help(help));
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Writes the table of one column with values.
///
/// # Errors
/// Everything that cannot be written: `row-ragged`, `table-cell`.
pub fn write(
    sheet: &Sheet,
    output: &Output,
    name: &str,
    head: &Head,
) -> Result<Written, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut lines = vec![plain(format!("{}:", scalar(name)))];
    for (key, value) in [
        ("type", &head.kind),
        ("scope", &head.scope),
        ("owner", &head.owner),
        ("reason", &head.reason),
        ("hit", &head.hit),
        ("child", &head.child),
    ] {
        if !value.is_empty() {
            lines.push(plain(format!("  {key}: {}", scalar(value))));
        }
    }
    let conditions = sheet.header.iter().enumerate().filter(|(_, name)| {
        !REMARKS.contains(&name.as_str()) && name.split(':').next().map(str::trim) != Some("value")
    });
    let conditions: Vec<(usize, &str)> = conditions.map(|(at, name)| (at, name.as_str())).collect();
    let mut columns =
        Line { text: "  columns: [".to_owned(), from: Some(sheet.top), cells: Vec::new() };
    for (nth, (at, name)) in conditions.iter().enumerate() {
        columns.text.push_str(if nth == 0 { "" } else { ", " });
        columns.cell(*at, &scalar(name));
    }
    columns.text.push(']');
    if !conditions.is_empty() {
        lines.push(columns);
    }
    lines.push(plain("  rows:".to_owned()));
    for (line, cells) in &sheet.rows {
        let place = Place { file: sheet.file.clone(), line: *line, column: 0 };
        match row(sheet, output, &conditions, cells, &place) {
            Ok(mut row) => {
                row.from = Some(*line);
                lines.push(row);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(Written { name: name.to_owned(), lines }) } else { Err(problems) }
}

impl Line {
    /// Adds what a cell of the sheet becomes.
    fn cell(&mut self, at: usize, text: &str) {
        self.cells.push((number(self.text.chars().count() + 1), number(at + 1)));
        self.text.push_str(text);
    }
}

fn row(
    sheet: &Sheet,
    output: &Output,
    conditions: &[(usize, &str)],
    cells: &[String],
    place: &Place,
) -> Result<Line, Vec<Problem>> {
    let (found, expected) = (cells.len(), sheet.header.len());
    if found != expected {
        let message = format!("this row has {found} fields, the header {expected}");
        let problem = Problem::new("row-ragged", message).at(place.clone());
        let help = "put fields that hold the delimiter, a quote or a line break in quotes";
        return Err(vec![problem.help(help)]);
    }
    let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).unwrap_or_default();
    let mut problems = Vec::new();
    let mut line = Line { text: "    - {".to_owned(), ..Line::default() };
    for (at, name) in conditions {
        match condition(cell(*at)) {
            Ok(Some(asks)) => {
                line.cell(*at, &format!("{}: {asks}", scalar(name)));
                line.text.push_str(", ");
            }
            Ok(None) => {}
            Err(problem) => {
                problems.push(problem.at(Place { column: number(at + 1), ..place.clone() }));
            }
        }
    }
    line.cell(output.at, &format!("value: {}", scalar(cell(output.at))));
    let remark = |name: &str| {
        sheet
            .header
            .iter()
            .position(|known| known == name)
            .map(cell)
            .filter(|text| !text.is_empty())
    };
    let reason = match (remark("id"), remark("reason")) {
        (Some(id), Some(reason)) => format!("{id}: {reason}"),
        (id, reason) => id.or(reason).unwrap_or_default().to_owned(),
    };
    if !reason.is_empty() {
        line.text.push_str(&format!(", reason: {}", scalar(&reason)));
    }
    line.text.push('}');
    if problems.is_empty() { Ok(line) } else { Err(problems) }
}

/// A cell as the table language writes it; nothing where it asks for nothing.
fn condition(text: &str) -> Result<Option<String>, Problem> {
    let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match (text, list) {
        ("" | "any", _) => Ok(None),
        (_, Some(list)) => {
            let words: Vec<_> = list.split(',').map(|word| scalar(word.trim())).collect();
            Ok(Some(format!("[{}]", words.join(", "))))
        }
        _ if text.contains(',') => {
            let message = format!("`{text}` has a comma");
            let help = "a list of words stands in brackets, `[gold, silver]`; a number has a point and no thousands \
                        mark, `1250.50`";
            Err(Problem::new("table-cell", message).help(help))
        }
        _ => Ok(Some(scalar(text))),
    }
}

fn plain(text: String) -> Line {
    Line { text, ..Line::default() }
}

fn top(sheet: &Sheet) -> Place {
    Place { file: sheet.file.clone(), line: sheet.top.max(1), column: 0 }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
