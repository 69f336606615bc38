//! JSON documents and JSON lines: elements of one array, one at a time.

use super::scan::{Piece, Scanner, syntax};
use super::tree::{Json, deeper_than};
use super::unlisted::beyond;
use super::{Cell, MAX_DEPTH, Refusal, Row, not_utf8, too_long};
use crate::mapping::{Format, Mapping, Path, Step};
use bellwether_core::Problem;
use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::Arc;

pub(super) struct JsonRows<'m, R> {
    scanner: Scanner<R>,
    file: Arc<str>,
    mapping: &'m Mapping,
    state: State,
    number: u64,
    /// Rows of the element that was read last.
    ready: VecDeque<Result<Row, Refusal>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read.
    Start,
    /// Inside of the array, before its first element.
    First,
    /// Inside of the array, behind an element.
    Next,
    /// Between documents: JSON lines.
    Lines,
    /// Nothing more is to be read.
    Done,
}

impl<'m, R: BufRead> JsonRows<'m, R> {
    pub(super) fn open(reader: R, file: Arc<str>, format: Format, mapping: &'m Mapping) -> Self {
        let state = if format == Format::JsonLines { State::Lines } else { State::Start };
        let scanner = Scanner::new(reader);
        Self { scanner, file, mapping, state, number: 0, ready: VecDeque::new() }
    }

    pub(super) fn next(&mut self) -> Option<Result<Row, Refusal>> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(row);
            }
            match self.piece() {
                Ok(Some(piece)) => self.cut(&piece),
                Ok(None) => return None,
                Err(problem) => {
                    self.state = State::Done;
                    return Some(Err(Refusal::new(problem, &self.file, self.scanner.line, b"")));
                }
            }
        }
    }

    /// The next element of the array, or the next line.
    fn piece(&mut self) -> Result<Option<Piece>, Problem> {
        if self.state == State::Start {
            self.scanner.skip_byte_order_mark()?;
            self.state = if self.find()? { State::First } else { State::Done };
            if self.state == State::Done {
                return self.scanner.value().map(Some);
            }
        }
        match self.state {
            State::Start | State::Done => return Ok(None),
            State::Lines => return self.scanner.next_line(),
            State::First | State::Next => {}
        }
        let first = self.state == State::First;
        self.state = State::Next;
        match self.scanner.peek()? {
            Some(b']') => {
                self.state = State::Done;
                return Ok(None);
            }
            Some(b',') if !first => self.scanner.take(),
            Some(_) if first => {}
            _ => return Err(syntax()),
        }
        self.scanner.value().map(Some)
    }

    /// Walks to the array of the rows; false where there is a single object instead.
    fn find(&mut self) -> Result<bool, Problem> {
        for name in self.mapping.rows() {
            match self.scanner.peek()? {
                Some(b'{') => self.enter(name)?,
                _ => return Err(self.no_rows()),
            }
        }
        match self.scanner.peek()? {
            Some(b'[') => {
                self.scanner.take();
                Ok(true)
            }
            Some(b'{') => Ok(false),
            _ => Err(self.no_rows()),
        }
    }

    /// Walks into an object, up to the value of a key.
    fn enter(&mut self, name: &str) -> Result<(), Problem> {
        self.scanner.expect(b'{')?;
        loop {
            if self.scanner.peek()? != Some(b'"') {
                return Err(self.no_rows());
            }
            let key = self.scanner.value()?;
            self.scanner.expect(b':')?;
            let key = std::str::from_utf8(&key.bytes).ok().and_then(Json::read);
            if key.as_ref().and_then(Json::text) == Some(name) {
                return Ok(());
            }
            self.scanner.value()?;
            if self.scanner.peek()? == Some(b',') {
                self.scanner.take();
            }
        }
    }

    fn no_rows(&self) -> Problem {
        let pointer = self.mapping.pointer();
        Problem::new("row-no-rows", format!("there is no list of rows at `{pointer}`"))
            .help("give the JSON pointer of the list as `rows:` in the mapping; `/` parts are keys")
    }

    /// Turns an element into its rows.
    fn cut(&mut self, piece: &Piece) {
        self.number += 1;
        let read = text_of(piece).and_then(|text| Json::read(text).ok_or_else(syntax));
        let element = match read {
            Ok(element) => element,
            Err(problem) => {
                let refusal = Refusal::new(problem, &self.file, piece.line, &piece.bytes);
                self.ready.push_back(Err(refusal));
                return;
            }
        };
        let Some(each) = self.mapping.each() else {
            let row = self.row(&element, None, piece.line);
            self.ready.push_back(Ok(row));
            return;
        };
        let Some(Json::List(children)) = find(&element, each) else { return };
        for (position, child) in children.iter().enumerate() {
            self.number += u64::from(position > 0);
            let row = self.row(child, Some(&element), piece.line);
            self.ready.push_back(Ok(row));
        }
    }

    fn row(&self, element: &Json<'_>, parent: Option<&Json<'_>>, line: u32) -> Row {
        let paths = self.mapping.paths();
        let mut row = Row::new(self.number, &self.file, line, paths.len());
        for path in paths {
            let from = if path.parent { parent } else { Some(element) };
            match from.and_then(|from| find(from, path)) {
                None | Some(Json::Null) => row.cells.push(Cell::Missing),
                Some(Json::List(_) | Json::Object(_)) => row.cells.push(Cell::Compound),
                Some(single) => row.push(single.text().unwrap_or_default()),
            }
        }
        if self.mapping.keeps_unlisted() {
            row.rest = beyond(element, paths.iter().filter(|path| !path.parent));
        }
        row
    }
}

fn text_of(piece: &Piece) -> Result<&str, Problem> {
    if piece.too_long {
        return Err(too_long("this row"));
    }
    if deeper_than(MAX_DEPTH, &piece.bytes) {
        let message = format!("this row nests deeper than {MAX_DEPTH} levels");
        return Err(Problem::new("row-too-deep", message).help("flatten it before it is sent"));
    }
    std::str::from_utf8(&piece.bytes).map_err(|_| not_utf8())
}

/// The value that a path points at.
pub(super) fn find<'j, 'a>(from: &'j Json<'a>, path: &Path) -> Option<&'j Json<'a>> {
    path.steps.iter().try_fold(from, |value, step| match (step, value) {
        (Step::Key(name), _) => value.get(name),
        (Step::Index(at), Json::List(items)) => items.get(*at),
        (Step::Pick { key, value }, Json::List(items)) => {
            items.iter().find(|item| item.get(key).and_then(Json::text) == Some(value))
        }
        _ => None,
    })
}
