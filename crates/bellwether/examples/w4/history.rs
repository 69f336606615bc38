//! The benchmark's files, read once and shared out by account.
//!
//! - In: two files of lines, cut into pieces that any number of threads take in turn.
//! - Out: [`Part`]s: each thread's rows, by [`SHARDS`] of the accounts.
//! - Never: the text of a file as a whole in memory; a row whose kind lacks a field.

use crate::line::{self, Line};
use anyhow::{Context, Result, ensure};
use bellwether_core::{Code, Timestamp, Type};
use bellwether_engine::Rules;
use bellwether_features::KindDef;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Into how many shards accounts go: so many that the rows of one stay in the cache of a core.
pub(crate) const SHARDS: usize = 256;

/// The kind of the signal that says what is known of an account.
const ACCOUNT: &str = "account";

/// Bytes of a piece of a file.
const PIECE: u64 = 1 << 20;

/// More than any line has.
const LINE: u64 = 1 << 12;

/// A kind of signal, with its fields in the order of their names.
pub(crate) struct Kind {
    pub(crate) code: Code,
    pub(crate) fields: Vec<(Code, Type)>,
    /// Where a line has them; instants it does not have.
    places: Vec<usize>,
    /// Bits of those places.
    given: u32,
}

/// The kinds whose fields the files name.
pub(crate) fn kinds(rules: &Rules) -> Vec<Kind> {
    rules.features().schema().iter().filter_map(Kind::of).collect()
}

impl Kind {
    fn of(kind: &KindDef) -> Option<Self> {
        let fields = kind.fields.iter().map(|field| (field.code, field.kind)).collect();
        let (mut places, mut given) = (Vec::new(), 0);
        for field in kind.fields.iter().filter(|field| field.kind != Type::Time) {
            let place = line::place(&field.name, field.kind)?;
            places.push(place);
            given |= 1 << place;
        }
        Some(Self { code: kind.code, fields, places, given })
    }
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
    /// The position of its part, once parts are brought together.
    pub(crate) part: u16,
}

/// The rows of one shard that one thread read, in the order of the file.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) rows: Vec<Row>,
    /// One number a field of a row's kind, but for instants.
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

/// What one thread reads of both files.
pub(crate) fn read(files: [&Pieces<'_>; 2], kinds: &[Kind]) -> Result<Vec<Part>> {
    let (account, mut line) = (Code::of(ACCOUNT), Line::default());
    let mut parts: Vec<Part> = (0..SHARDS).map(|_| Part::default()).collect();
    for pieces in files {
        pieces.lines(|text| {
            line.read(text)?;
            let code = line.kind.unwrap_or(account);
            let kind = kinds.iter().position(|kind| kind.code == code).context("unknown kind")?;
            let shard = line.account.context("no account")? as usize % SHARDS;
            let part = parts.get_mut(shard).context("no such shard")?;
            part.take(&line, kind, kinds.get(kind).context("no such kind")?)
        })?;
    }
    Ok(parts)
}

impl Part {
    fn take(&mut self, line: &Line, number: usize, kind: &Kind) -> Result<()> {
        ensure!(line.given == kind.given, "a line has other fields than its kind");
        self.rows.push(Row {
            at: line.kind.map_or(Timestamp::MIN, |_| Timestamp::from_secs(line.ts)),
            account: line.account.unwrap_or(0),
            id: line.id,
            values: u32::try_from(self.values.len())?,
            kind: number as u16,
            part: 0,
        });
        self.values.extend(kind.places.iter().map(|place| line.value(*place)));
        Ok(())
    }
}
