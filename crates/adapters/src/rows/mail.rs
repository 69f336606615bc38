//! Mail: one message, or a mailbox of many, as rows with the fields of [`FIELDS`].

use super::gzip::read_problem;
use super::unlisted::Unlisted;
use super::{Cell, MAX_ROW, Refusal, Row, too_long, unknown_column};
use crate::mapping::{Format, Mapping};
use bellwether_core::{Place, Problem};
use mail_parser::{Address, Message, MessageParser};
use std::io::{BufRead, Read};
use std::sync::Arc;

/// What a mail has. `thread` is the first message of the conversation; `from` and `to` are bare
/// addresses; `date` is RFC 3339; `auto_submitted` is `no` unless a header says that a machine wrote.
pub(crate) const FIELDS: [&str; 10] = [
    "message_id",
    "thread",
    "in_reply_to",
    "from",
    "from_name",
    "to",
    "date",
    "subject",
    "body",
    "auto_submitted",
];

/// The longest mail, in bytes: attachments are passed over, so it may be longer than a row.
const MAX_MAIL: usize = 32 * MAX_ROW;

pub(super) struct MailRows<R> {
    reader: R,
    file: Arc<str>,
    format: Format,
    /// For each path of the mapping, the field of a mail.
    columns: Vec<Option<usize>>,
    keeps_unlisted: bool,
    number: u64,
    line: u32,
    /// A `From ` line was read, so a message follows.
    pending: bool,
    ended: bool,
}

/// The bytes of one message.
struct Raw {
    bytes: Vec<u8>,
    line: u32,
    too_long: bool,
}

impl<R: BufRead> MailRows<R> {
    pub(super) fn open(
        reader: R,
        file: Arc<str>,
        format: Format,
        mapping: &Mapping,
    ) -> Result<Self, Vec<Problem>> {
        let place = Place { file: file.to_string(), line: 1, column: 0 };
        let (mut columns, mut problems) = (Vec::new(), Vec::new());
        for path in mapping.paths() {
            let column = FIELDS.iter().position(|field| *field == path.column());
            if column.is_none() && !path.optional {
                problems.push(unknown_column(path.column(), place.clone(), &FIELDS));
            }
            columns.push(column);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let (number, line, pending, ended) = (0, 0, false, false);
        let keeps_unlisted = mapping.keeps_unlisted();
        Ok(Self { reader, file, format, columns, keeps_unlisted, number, line, pending, ended })
    }

    pub(super) fn next(&mut self) -> Option<Result<Row, Refusal>> {
        let raw = match self.raw() {
            Ok(raw) => raw?,
            Err(problem) => {
                self.ended = true;
                return Some(Err(Refusal::new(problem, &self.file, self.line, b"")));
            }
        };
        self.number += 1;
        Some(self.row(&raw).map_err(|problem| {
            let head = raw.bytes.get(..MAX_ROW).unwrap_or(&raw.bytes);
            Refusal::new(problem, &self.file, raw.line, head)
        }))
    }

    fn raw(&mut self) -> Result<Option<Raw>, Problem> {
        if self.ended {
            return Ok(None);
        }
        if self.format == Format::Mbox {
            return self.next_of_mailbox();
        }
        self.ended = true;
        let mut bytes = Vec::new();
        let limited = Read::by_ref(&mut self.reader).take(MAX_MAIL as u64 + 1);
        let mut limited = limited;
        limited.read_to_end(&mut bytes).map_err(|error| read_problem(&error))?;
        let too_long = bytes.len() > MAX_MAIL;
        Ok(Some(Raw { bytes, line: 1, too_long }))
    }

    /// The lines up to the next separator, without the `>` that protects `From ` in a text.
    fn next_of_mailbox(&mut self) -> Result<Option<Raw>, Problem> {
        let mut raw = Raw { bytes: Vec::new(), line: self.line.max(1), too_long: false };
        let mut after_blank = true;
        let mut line = Vec::new();
        loop {
            line.clear();
            if !self.read_line(&mut line)? {
                self.ended = true;
                return Ok(self.pending.then_some(raw));
            }
            if after_blank && is_separator(&line) {
                if std::mem::replace(&mut self.pending, true) {
                    return Ok(Some(raw));
                }
                raw.line = self.line;
            } else if self.pending {
                let quotes = line.iter().take_while(|byte| **byte == b'>').count();
                let protected = line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "));
                let skip = usize::from(quotes > 0 && protected);
                let room = MAX_MAIL.saturating_sub(raw.bytes.len());
                raw.too_long |= line.len() > room;
                raw.bytes.extend(line.iter().skip(skip).take(room));
            } else if !line.trim_ascii().is_empty() {
                return Err(Problem::new("row-not-mailbox", "this is not a mailbox (mbox)").help(
                    "a mailbox starts with a line `From ADDRESS DATE`; a single mail is `eml`",
                ));
            }
            after_blank = line.trim_ascii().is_empty();
        }
    }

    /// Reads a line, of which at most [`MAX_MAIL`] bytes are kept.
    fn read_line(&mut self, line: &mut Vec<u8>) -> Result<bool, Problem> {
        self.line = self.line.saturating_add(1);
        let mut limited = Read::by_ref(&mut self.reader).take(MAX_MAIL as u64);
        let read = limited.read_until(b'\n', line).map_err(|error| read_problem(&error))?;
        Ok(read > 0)
    }

    fn row(&self, raw: &Raw) -> Result<Row, Problem> {
        if raw.too_long {
            let message = format!("this mail is longer than {MAX_MAIL} bytes");
            return Err(Problem::new("row-mail-too-long", message)
                .help("remove its attachments before the import"));
        }
        let message = MessageParser::default().parse(&raw.bytes).ok_or_else(not_mail)?;
        if message.headers().is_empty() {
            return Err(not_mail());
        }
        let values = values(&message);
        if values.iter().flatten().any(|value| value.len() > MAX_ROW) {
            return Err(too_long("the text of this mail"));
        }
        let mut row = Row::new(self.number, &self.file, raw.line, self.columns.len());
        for column in &self.columns {
            match column.and_then(|column| values.get(column)?.as_deref()) {
                Some(text) => row.push(text),
                None => row.cells.push(Cell::Missing),
            }
        }
        if self.keeps_unlisted {
            let mut rest = Unlisted::default();
            for ((at, name), value) in FIELDS.iter().enumerate().zip(&values) {
                if let Some(text) = value.as_deref().filter(|_| !self.columns.contains(&Some(at))) {
                    rest.text(name, text);
                }
            }
            row.rest = rest.end();
        }
        Ok(row)
    }
}

fn not_mail() -> Problem {
    Problem::new("row-not-mail", "this is not a mail").help("a mail starts with its headers")
}

/// `From address Mon Jan  1 10:00:00 2026`: the clock tells it from a sentence that begins so.
fn is_separator(line: &[u8]) -> bool {
    let clock =
        |part: &[u8]| matches!(part, [a, b':', b] if a.is_ascii_digit() && b.is_ascii_digit());
    line.starts_with(b"From ") && line.windows(3).any(clock)
}

/// The values of [`FIELDS`].
fn values(message: &Message<'_>) -> [Option<String>; FIELDS.len()] {
    let id = message.message_id().map(str::to_owned);
    let replied = first_id(message.in_reply_to());
    let root = first_id(message.references()).or_else(|| replied.clone()).or_else(|| id.clone());
    let from = message.from().or_else(|| message.sender());
    let date = message.date().filter(|date| date.is_valid()).map(|date| date.to_rfc3339());
    let name = from.and_then(Address::first).and_then(|one| one.name()).map(str::to_owned);
    [
        id,
        root,
        replied,
        address(from),
        name,
        address(message.to()),
        date,
        message.subject().map(str::to_owned),
        message.body_text(0).map(std::borrow::Cow::into_owned),
        Some(automatic(message)),
    ]
}

fn address(header: Option<&Address<'_>>) -> Option<String> {
    header?.iter().find_map(|one| one.address()).map(str::to_ascii_lowercase)
}

fn first_id(header: &mail_parser::HeaderValue<'_>) -> Option<String> {
    let list = header.as_text_list().and_then(|ids| ids.first().map(ToString::to_string));
    list.or_else(|| header.as_text().map(str::to_owned))
}

/// What wrote the mail: RFC 3834 says `no` for a person, and mailing lists say `bulk`.
fn automatic(message: &Message<'_>) -> String {
    let said = |name: &'static str| message.header(name).and_then(|value| value.as_text());
    let word = said("Auto-Submitted").or_else(|| said("Precedence").map(str::trim));
    let word = word.and_then(|word| word.split(';').next()).map_or("no", str::trim);
    word.to_ascii_lowercase()
}
