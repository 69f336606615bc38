//! Tables: comma-separated values with a header, one row at a time.

use super::gzip::read_problem;
use super::unlisted::Unlisted;
use super::{Cell, MAX_ROW, Refusal, Row, not_utf8, too_long, unknown_column};
use crate::mapping::Mapping;
use bellwether_core::{Place, Problem};
use csv::ByteRecord;
use std::io::{BufRead, Read};
use std::sync::Arc;

/// The most that one row may swallow before the file is given up: a quote that is never closed.
const GIVE_UP: usize = 32 * MAX_ROW;

pub(super) struct CsvRows<R> {
    reader: csv::Reader<Leash<R>>,
    file: Arc<str>,
    /// For each path of the mapping, the column that holds it.
    columns: Vec<Option<usize>>,
    /// Columns that the mapping does not list, with their names, where they are kept.
    others: Vec<(usize, String)>,
    /// What means "nothing here".
    empty: Vec<String>,
    width: usize,
    record: ByteRecord,
    number: u64,
    ended: bool,
}

impl<R: BufRead> CsvRows<R> {
    pub(super) fn open(reader: R, file: Arc<str>, mapping: &Mapping) -> Result<Self, Vec<Problem>> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(mapping.delimiter())
            .has_headers(false)
            .flexible(true)
            // Lines are counted right only if the end of a line is one byte; `\r` is cut off below.
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(Leash { reader, left: GIVE_UP });
        let mut header = ByteRecord::new();
        let place = Place { file: file.to_string(), line: 1, column: 0 };
        let found = reader.read_byte_record(&mut header);
        if let Err(error) = found {
            return Err(vec![failure(&error).at(place)]);
        }
        let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
        let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
        let mut problems = duplicates(&names, &place);
        let mut columns = Vec::new();
        for path in mapping.paths() {
            let name = path.column();
            let column = names.iter().position(|known| *known == name);
            if column.is_none() && !path.optional {
                problems.push(unknown_column(name, place.clone(), &names));
            }
            columns.push(column);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let listed = |at: &usize| columns.contains(&Some(*at));
        let others = names.iter().enumerate().filter(|(at, _)| !listed(at));
        let others = others.map(|(at, name)| (at, (*name).to_owned()));
        let others = if mapping.keeps_unlisted() { others.collect() } else { Vec::new() };
        let empty = mapping.empty().to_vec();
        let (width, record) = (names.len(), ByteRecord::new());
        Ok(Self { reader, file, columns, others, empty, width, record, number: 0, ended: false })
    }

    pub(super) fn next(&mut self) -> Option<Result<Row, Refusal>> {
        if self.ended {
            return None;
        }
        match self.record() {
            Ok(true) => {
                self.number += 1;
                let line = self.record.position().map_or(0, |position| position.line());
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                Some(self.row(line).map_err(|problem| {
                    Refusal::new(problem, &self.file, line, self.record.as_slice())
                }))
            }
            Ok(false) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                let line = u32::try_from(self.reader.position().line()).unwrap_or(u32::MAX);
                Some(Err(Refusal::new(failure(&error), &self.file, line, b"")))
            }
        }
    }

    /// Reads the next record that is not an empty line.
    fn record(&mut self) -> Result<bool, csv::Error> {
        loop {
            self.reader.get_mut().left = GIVE_UP;
            let found = self.reader.read_byte_record(&mut self.record)?;
            if !found || self.record.as_slice() != b"\r" {
                return Ok(found);
            }
        }
    }

    fn row(&self, line: u32) -> Result<Row, Problem> {
        let bytes = self.record.as_slice();
        if bytes.len() > MAX_ROW {
            return Err(too_long("this row"));
        }
        if self.record.len() != self.width {
            let (found, expected) = (self.record.len(), self.width);
            let message = format!("this row has {found} fields, the header {expected}");
            return Err(Problem::new("row-ragged", message)
                .help("quote fields that hold the delimiter, a quote or a line break"));
        }
        // Cells are checked apart: a character must not be cut by a column's end.
        let mut row = Row::new(self.number, &self.file, line, self.columns.len());
        let ascii = bytes.is_ascii();
        if !ascii && self.record.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
            return Err(not_utf8());
        }
        for column in &self.columns {
            let cell = column.and_then(|column| self.record.get(column));
            match cell.and_then(|cell| std::str::from_utf8(cell).ok()) {
                Some(text) => row.push(text.strip_suffix('\r').unwrap_or(text)),
                None => row.cells.push(Cell::Missing),
            }
        }
        if !self.others.is_empty() {
            row.rest = self.rest();
        }
        Ok(row)
    }

    /// The cells of other columns that hold anything.
    fn rest(&self) -> Option<String> {
        let mut rest = Unlisted::default();
        for (column, name) in &self.others {
            let cell = self.record.get(*column).and_then(|cell| std::str::from_utf8(cell).ok());
            let cell = cell.map(str::trim).unwrap_or_default();
            if !cell.is_empty() && !self.empty.iter().any(|word| word == cell) {
                rest.text(name, cell);
            }
        }
        rest.end()
    }
}

fn duplicates(names: &[&str], place: &Place) -> Vec<Problem> {
    let twice = names
        .iter()
        .enumerate()
        .filter(|(at, name)| !name.is_empty() && names.iter().take(*at).any(|n| n == *name));
    let problem = |name: &str| {
        Problem::new("row-duplicate-column", format!("the column `{name}` stands here twice"))
            .at(place.clone())
            .help("rename one of them: a value must have one meaning")
    };
    twice.map(|(_, name)| problem(name)).collect()
}

fn failure(error: &csv::Error) -> Problem {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<TooFar>()) => {
            too_long("this row, and all that follows it,")
        }
        csv::ErrorKind::Io(error) => read_problem(error),
        _ => Problem::new("row-ragged", "this is not a row of a table")
            .help("look for a quote that is not closed"),
    }
}

/// Lets one record take a limited number of bytes.
struct Leash<R> {
    reader: R,
    left: usize,
}

/// One record took more than [`GIVE_UP`].
#[derive(Debug, thiserror::Error)]
#[error("a row without an end")]
struct TooFar;

impl<R: Read> Read for Leash<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::Error::other(TooFar));
        }
        let read = self.reader.read(into)?;
        self.left = self.left.saturating_sub(read);
        Ok(read)
    }
}
