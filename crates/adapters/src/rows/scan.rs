//! Walking through a JSON document without reading it whole: values are skipped or cut out.

use super::{MAX_ROW, gzip::read_problem};
use bellwether_core::Problem;
use std::io::BufRead;

/// A reader that knows its line and sees one byte ahead.
pub(super) struct Scanner<R> {
    reader: R,
    pub(super) line: u32,
}

/// A value that was cut out of the document.
pub(super) struct Piece {
    /// Its bytes, or the beginning of them.
    pub(super) bytes: Vec<u8>,
    /// The line on which it starts.
    pub(super) line: u32,
    /// Whether it was longer than a row may be; the rest of it was skipped.
    pub(super) too_long: bool,
}

impl Piece {
    fn add(&mut self, part: &[u8]) {
        let room = MAX_ROW.saturating_sub(self.bytes.len());
        self.too_long |= part.len() > room;
        self.bytes.extend(part.iter().take(room));
    }
}

impl<R: BufRead> Scanner<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, line: 1 }
    }

    /// The next byte that is no space, not taken; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Problem> {
        loop {
            match self.ahead()? {
                Some(space) if space.is_ascii_whitespace() => self.take(),
                other => return Ok(other),
            }
        }
    }

    /// Takes the next byte that is no space, if it is the one that is expected.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Problem> {
        match self.peek()? {
            Some(found) if found == byte => {
                self.take();
                Ok(())
            }
            _ => Err(syntax()),
        }
    }

    /// Takes the byte that was seen.
    pub(super) fn take(&mut self) {
        let newline = matches!(self.reader.fill_buf(), Ok([b'\n', ..]));
        self.line = self.line.saturating_add(u32::from(newline));
        self.reader.consume(1);
    }

    /// Skips the mark that some editors put before the first byte.
    pub(super) fn skip_byte_order_mark(&mut self) -> Result<(), Problem> {
        let head = self.reader.fill_buf().map_err(|error| read_problem(&error))?;
        if head.starts_with("\u{feff}".as_bytes()) {
            self.reader.consume(3);
        }
        Ok(())
    }

    fn ahead(&mut self) -> Result<Option<u8>, Problem> {
        let buffer = self.reader.fill_buf().map_err(|error| read_problem(&error))?;
        Ok(buffer.first().copied())
    }

    /// Cuts out the next line that is not empty; `None` at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<Piece>, Problem> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let mut piece = Piece { bytes: Vec::new(), line: self.line, too_long: false };
        loop {
            let buffer = self.reader.fill_buf().map_err(|error| read_problem(&error))?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let done = end.is_some() || buffer.is_empty();
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let length = part.len() + usize::from(end.is_some());
            piece.add(part);
            self.reader.consume(length);
            if done {
                self.line = self.line.saturating_add(1);
                return Ok(Some(piece));
            }
        }
    }

    /// Cuts out the value that comes next. Brackets and quotes are matched, nothing more.
    pub(super) fn value(&mut self) -> Result<Piece, Problem> {
        self.peek()?;
        let mut piece = Piece { bytes: Vec::new(), line: self.line, too_long: false };
        let mut nesting = Nesting::default();
        loop {
            let buffer = self.reader.fill_buf().map_err(|error| read_problem(&error))?;
            if buffer.is_empty() {
                return if nesting.open() || piece.bytes.is_empty() {
                    Err(syntax())
                } else {
                    Ok(piece)
                };
            }
            let (length, done) = nesting.length(buffer);
            let (part, _) = buffer.split_at_checked(length).unwrap_or((buffer, &[]));
            let lines = part.iter().filter(|byte| **byte == b'\n').count();
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            piece.add(part);
            self.reader.consume(length);
            if done {
                return if piece.bytes.is_empty() { Err(syntax()) } else { Ok(piece) };
            }
        }
    }
}

/// Where a value ends: its brackets and quotes so far.
#[derive(Default)]
struct Nesting {
    depth: usize,
    quoted: bool,
    escaped: bool,
    begun: bool,
}

impl Nesting {
    fn open(&self) -> bool {
        self.depth > 0 || self.quoted
    }

    /// How many bytes of the buffer belong to the value, and whether it ends there.
    fn length(&mut self, buffer: &[u8]) -> (usize, bool) {
        for (at, byte) in buffer.iter().enumerate() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.quoted => self.escaped = true,
                b'"' => {
                    self.quoted = !self.quoted;
                    if !self.open() {
                        return (at + 1, true);
                    }
                }
                _ if self.quoted => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                b'}' | b']' | b',' | b':' if self.depth == 0 => return (at, true),
                space if space.is_ascii_whitespace() && self.begun && self.depth == 0 => {
                    return (at, true);
                }
                _ => {}
            }
            self.begun = true;
        }
        (buffer.len(), false)
    }
}

pub(super) fn syntax() -> Problem {
    Problem::new("row-not-json", "this is not JSON")
        .help("look at this line: a bracket, a quote or a comma is missing or too many")
}
