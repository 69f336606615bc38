//! The benchmark's files, read once and shared out by account.
//!
//! - In: two files of lines, cut into pieces that any number of threads take in turn.
//! - Out: [`Part`]s: each thread's rows, by [`SHARDS`] of the accounts.
//! - Never: the text of a file as a whole in memory; a row whose kind lacks a field.

use crate::line::{Line, Raw};
use anyhow::{Context, Result, ensure};
use bellwether_core::{Code, Timestamp, Type};
use bellwether_engine::Rules;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Into how many shards accounts go: so many that the states of one stay in the cache of a core.
pub(crate) const SHARDS: usize = 256;

/// The kind of the signal that says what is known of an account.
const ACCOUNT: &str = "account";

/// The field of it that the file does not have: when the history starts.
const START: &str = "start";

/// Bytes of a piece of a file.
const PIECE: u64 = 1 << 20;

/// More than any line has.
const LINE: u64 = 1 << 12;

/// A kind of signal and its fields, in the order of their names.
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) code: Code,
    pub(crate) fields: Vec<(String, Code, Type)>,
}

/// The kinds that rules know.
pub(crate) fn kinds(rules: &Rules) -> Vec<Kind> {
    let kinds = rules.features().schema().iter().map(|kind| {
        let fields = kind.fields.iter().map(|f| (f.name.clone(), f.code, f.kind)).collect();
        Kind { name: kind.name.clone(), code: kind.code, fields }
    });
    kinds.collect()
}

/// A signal, or what is known of an account; the latter comes before everything.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) at: Timestamp,
    pub(crate) account: u32,
    pub(crate) id: u32,
    /// Where its values start in its part.
    pub(crate) values: u32,
    /// The position of its kind.
    pub(crate) kind: u16,
}

/// The rows of one shard that one thread read, in the order of the file.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) rows: Vec<Row>,
    /// One number a field of a row's kind.
    pub(crate) values: Vec<i64>,
}

/// A file that threads share.
pub(crate) struct Pieces<'a> {
    path: &'a Path,
    len: u64,
    next: AtomicU64,
}

impl<'a> Pieces<'a> {
    pub(crate) fn of(path: &'a Path) -> Result<Self> {
        let len = std::fs::metadata(path).with_context(|| format!("no {}", path.display()))?.len();
        Ok(Self { path, len, next: AtomicU64::new(0) })
    }

    /// Reads pieces until none is left; `take` gets each line.
    fn lines(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let (mut file, mut bytes) = (File::open(self.path)?, Vec::new());
        loop {
            let from = self.next.fetch_add(PIECE, Ordering::Relaxed);
            if from >= self.len {
                return Ok(());
            }
            // A line belongs to the piece that its first byte lies in; one byte before the piece
            // says whether one starts right there.
            let before = from.saturating_sub(1);
            file.seek(SeekFrom::Start(before))?;
            bytes.clear();
            (&file).take(from - before + PIECE + LINE).read_to_end(&mut bytes)?;
            let own = ((from - before + PIECE) as usize).min(bytes.len());
            let mut at = match from {
                0 => 0,
                _ => memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |end| end + 1),
            };
            while at < own {
                let rest = bytes.get(at..).unwrap_or_default();
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                take(rest.get(..end).unwrap_or_default())?;
                at += end + 1;
            }
        }
    }
}

/// The words that a thread has seen, with their codes.
#[derive(Default)]
struct Words(Vec<(String, Code)>);

impl Words {
    fn code(&mut self, word: &str) -> Code {
        match self.0.iter().find(|(known, _)| known == word) {
            Some((_, code)) => *code,
            None => {
                let code = Code::of(word);
                self.0.push((word.to_owned(), code));
                code
            }
        }
    }
}

/// What one thread reads of both files.
pub(crate) fn read(files: [&Pieces<'_>; 2], kinds: &[Kind]) -> Result<Vec<Part>> {
    let mut words = Words::default();
    let mut parts: Vec<Part> = (0..SHARDS).map(|_| Part::default()).collect();
    for pieces in files {
        pieces.lines(|text| {
            let line = Line::read(text)?;
            let part = parts.get_mut(line.account as usize % SHARDS).context("no such shard")?;
            part.take(&line, kinds, &mut words)
        })?;
    }
    Ok(parts)
}

impl Part {
    fn take(&mut self, line: &Line<'_>, kinds: &[Kind], words: &mut Words) -> Result<()> {
        let name = line.kind.unwrap_or(ACCOUNT);
        let kind = kinds.iter().position(|kind| kind.name == name).context("an unknown kind")?;
        self.rows.push(Row {
            at: line.kind.map_or(Timestamp::MIN, |_| Timestamp::from_secs(line.ts)),
            account: line.account,
            id: line.id,
            values: u32::try_from(self.values.len())?,
            kind: kind as u16,
        });
        for (name, _, wanted) in kinds.get(kind).into_iter().flat_map(|kind| &kind.fields) {
            self.values.push(match (line.field(name), wanted) {
                (Some(Raw::Int(number)), Type::Int) => number,
                (Some(Raw::Word(word)), Type::Code) => words.code(word).raw(),
                (None, Type::Time) if name == START => 0,
                _ => anyhow::bail!("`{name}` is missing or of another type"),
            });
        }
        ensure!(line.account != u32::MAX, "a line without an account");
        Ok(())
    }
}
