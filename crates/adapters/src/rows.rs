//! Rows: bytes of CSV, JSON, JSON lines or mail, cut into rows that know their place.
//!
//! - In: a reader, the name of the file for messages, its [`Format`] and the [`Mapping`] to be used.
//! - Out: an iterator of [`Row`]s, each holding what the mapping asks for and, apart, the rest, and of
//!   [`Refusal`]s. After a refused row the next one is tried, unless the bytes themselves broke.
//! - Never: keeps more than one row, reads deeper than [`MAX_DEPTH`], or takes a row over [`MAX_ROW`].

mod csv;
mod json;
mod kept;
mod mail;
mod scan;
mod spill;
#[cfg(test)]
mod tests;
pub(crate) mod tree;
mod unlisted;

pub mod gzip;

use crate::mapping::{Format, Mapping};
use bellwether_core::{Personal, Place, Problem};
use std::io::BufRead;
use std::sync::Arc;

pub use unlisted::MAX_UNLISTED;

/// The longest row and the longest field, in bytes.
pub const MAX_ROW: usize = 1 << 20;

/// The deepest nesting of a JSON row.
pub const MAX_DEPTH: usize = 64;

/// One row, reduced to the values that the mapping reads.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The position in the file, from 1; refused rows count.
    pub number: u64,
    pub(crate) file: Arc<str>,
    pub(crate) line: u32,
    /// All texts, one after the other.
    pub(crate) text: String,
    /// For each path of the mapping, what was found there.
    pub(crate) cells: Vec<Cell>,
    /// What the mapping does not list, as a JSON object; nothing where it says `unknown: drop`.
    pub(crate) rest: Option<String>,
}

/// What stands where a path of the mapping points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing, or `null`.
    Missing,
    /// A list or an object.
    Compound,
    /// A single value: this part of the row's text.
    Text { start: u32, end: u32 },
}

/// A row, or a part of one, that could not be understood.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is wrong, without a word of the row itself.
    pub problem: Box<Problem>,
    /// The row as it came (as far as it was read), to be sealed.
    pub row: Personal<Vec<u8>>,
}

impl Row {
    fn new(number: u64, file: &Arc<str>, line: u32, paths: usize) -> Self {
        let cells = Vec::with_capacity(paths);
        Self { number, file: Arc::clone(file), line, text: String::new(), cells, rest: None }
    }

    /// The file and the line on which the row starts.
    pub fn place(&self) -> Place {
        Place { file: self.file.to_string(), line: self.line, column: 0 }
    }

    /// The names of what the mapping does not list, at the top of the row.
    pub fn unlisted(&self) -> Vec<String> {
        let rest = self.rest.as_deref().and_then(tree::Json::read);
        match rest {
            Some(tree::Json::Object(entries)) => {
                entries.into_iter().map(|(name, _)| name.into_owned()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn push(&mut self, text: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.cells.push(Cell::Text { start, end: self.text.len() as u32 });
    }

    pub(crate) fn cell(&self, path: usize) -> Cell {
        self.cells.get(path).copied().unwrap_or(Cell::Missing)
    }

    pub(crate) fn text(&self, path: usize) -> Option<&str> {
        match self.cell(path) {
            Cell::Text { start, end } => self.text.get(start as usize..end as usize),
            Cell::Missing | Cell::Compound => None,
        }
    }
}

/// A row may hold personal data, so only its place is shown.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row {{ number: {}, place: {} }}", self.number, self.place())
    }
}

impl Refusal {
    fn new(problem: Problem, file: &Arc<str>, line: u32, row: &[u8]) -> Self {
        let place = Place { file: file.to_string(), line, column: 0 };
        Self { problem: Box::new(problem.at(place)), row: Personal::new(row.to_vec()) }
    }
}

/// The rows of one file.
pub struct Rows<'m, R>(Kind<'m, R>);

enum Kind<'m, R> {
    Csv(csv::CsvRows<R>),
    Json(json::JsonRows<'m, R>),
    Mail(mail::MailRows<R>),
}

/// Opens a file. The bytes may be compressed only if they came through [`gzip::decompress`].
///
/// # Errors
/// For tables: every column that the mapping reads and the header lacks (with the nearest name), and
/// every name that stands in the header twice. For mail: paths that a mail does not have.
pub fn rows<'m, R: BufRead>(
    reader: R,
    file: &str,
    format: Format,
    mapping: &'m Mapping,
) -> Result<Rows<'m, R>, Vec<Problem>> {
    let file: Arc<str> = Arc::from(file);
    Ok(Rows(match format {
        Format::Csv => Kind::Csv(csv::CsvRows::open(reader, file, mapping)?),
        Format::Json | Format::JsonLines => {
            Kind::Json(json::JsonRows::open(reader, file, format, mapping))
        }
        Format::Mbox | Format::Eml => {
            Kind::Mail(mail::MailRows::open(reader, file, format, mapping)?)
        }
    }))
}

impl<R: BufRead> Iterator for Rows<'_, R> {
    type Item = Result<Row, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Kind::Csv(rows) => rows.next(),
            Kind::Json(rows) => rows.next(),
            Kind::Mail(rows) => rows.next(),
        }
    }
}

fn too_long(what: &str) -> Problem {
    Problem::new("row-too-long", format!("{what} is longer than {MAX_ROW} bytes"))
        .help("split it; in a table, look for a quote that is not closed")
}

fn not_utf8() -> Problem {
    Problem::new("row-not-utf8", "this row is not UTF-8")
        .help("export the file as UTF-8, or convert it: `iconv -f WINDOWS-1252 -t UTF-8`")
}

/// Where the names of a header are not what the mapping reads.
fn unknown_column(name: &str, place: Place, known: &[&str]) -> Problem {
    let problem = Problem::new("row-unknown-column", format!("there is no column `{name}` here"));
    let list = known.join(", ");
    problem
        .at(place)
        .help(format!("the columns are: {list}; write `{name}?` if exports may lack it"))
        .nearest(name, known.iter().copied())
}
