//! Imports: exports of other systems become history, in the order in which things happened.
//!
//! - In: files with their mappings. Everything is read and sorted first, then fed by event time.
//! - Out: committed events and records, refused rows in quarantine, and a [`Report`].
//! - Never: feeds a signal twice: the committed offset says where an interrupted import goes on, and
//!   a finished one is not begun again.

mod spool;

use crate::embedded::{BATCH, Embedded};
use crate::error::DriveError;
use bellwether_adapters::{Mapping, Refusal, Row, Rows, decompress, rows};
use bellwether_core::record::Status;
use bellwether_core::signal::RawSignal;
use bellwether_core::{Digest, Origin, Personal, Problem, Timestamp};
use bellwether_store::{ImportProgress, NewImport, Tally};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

use spool::{Sorted, Spool, SpoolKey};

/// One file and what its rows mean.
pub struct Source {
    /// The file as the user named it.
    pub name: String,
    /// What its rows mean.
    pub mapping: Mapping,
    /// Its bytes.
    pub open: Box<dyn Fn() -> std::io::Result<Box<dyn Read>>>,
}

/// How to import.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The edge's clock.
    pub now: Timestamp,
    /// How many bytes of rows may be sorted in memory; what is more waits sealed in the store.
    pub budget: usize,
    /// Above this share of refused rows, in percent, nothing is imported: the mapping is probably
    /// wrong. 100 takes everything.
    pub refused_percent: u64,
}

/// How far an import is; the caller shows it, and may stop it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Rows read so far.
    Reading(u64),
    /// Signals durable, of all.
    Feeding {
        /// So many are durable.
        done: u64,
        /// Of so many.
        of: u64,
    },
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows read.
    pub rows: u64,
    /// Signals that they gave.
    pub signals: u64,
    /// Signals that had been committed by an earlier run.
    pub resumed: u64,
    /// Refused rows by code: how many, and the first problem.
    pub refused: BTreeMap<&'static str, (u64, Problem)>,
    /// Steps by what was done.
    pub statuses: BTreeMap<&'static str, u64>,
    /// Signals of kinds that no feature reads, by kind.
    pub unread: BTreeMap<String, u64>,
    /// Timers that fired, as time passed in the history.
    pub timers: u64,
    /// The first and the last instant.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The whole import had been done before; nothing changed.
    pub already: bool,
    /// The caller stopped it; running it again goes on where it was.
    pub stopped: bool,
}

/// Why an import could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read, or does not fit its mapping.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Files(Vec<Problem>),
    /// The driver could not go on.
    #[error(transparent)]
    Drive(#[from] DriveError),
}

impl From<bellwether_store::StoreError> for ImportError {
    fn from(error: bellwether_store::StoreError) -> Self {
        Self::Drive(error.into())
    }
}

/// Imports files as history.
///
/// # Errors
/// [`ImportError`] when a file does not fit its mapping at all, too many rows are refused, or the
/// store cannot go on. What was committed stays; running it again goes on from there.
pub fn import(
    driver: &mut Embedded,
    sources: &[Source],
    options: Options,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Report, ImportError> {
    let mut report = Report::default();
    driver.set_now(options.now);
    let key = spool::fresh_key()?;
    let begun = driver.begin_import(&what(sources, options)?)?;
    if begun.done.is_some() {
        report.already = true;
        report.rows = begun.rows;
        return Ok(report);
    }
    let mut spool = Spool::new(begun.id, options.budget, &key);
    let refusals = read_all(driver, sources, &mut spool, &mut report, &mut progress)?;
    let Some(refusals) = refusals else {
        report.stopped = true;
        return Ok(report);
    };
    check_gate(&report, options)?;
    report.resumed = begun.offset.min(spool.count());
    if begun.offset == 0 {
        for refusal in &refusals {
            driver.quarantine(refusal, "", begun.id, options.now)?;
        }
    }
    drop(refusals);
    let total = spool.count();
    let sorted = spool.finish(driver.store_mut())?;
    let mut feed = Feed { driver, sources, report: &mut report, import: begun.id, options };
    feed.run(sorted, begun.offset, total, &mut progress)?;
    Ok(report)
}

/// The digest of what is imported: the files' bytes and the mappings' meaning.
fn what(sources: &[Source], options: Options) -> Result<NewImport, ImportError> {
    let mut files = Vec::new();
    let mut mappings = Vec::new();
    for source in sources {
        let mut reader = open(source)?;
        files.push(digest_of(&mut reader).map_err(|error| unreadable(source, &error))?);
        mappings.push(source.mapping.digest());
    }
    let join = |digests: &[Digest]| Digest::of_parts(digests.iter().map(|d| &d.as_bytes()[..]));
    let names: Vec<&str> = sources.iter().map(|source| source.mapping.source()).collect();
    Ok(NewImport {
        file: join(&files),
        mapping: join(&mappings),
        source: names.join(","),
        started: options.now,
    })
}

fn digest_of(reader: &mut dyn Read) -> std::io::Result<Digest> {
    let mut parts = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = reader.read(&mut buffer)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        parts.extend_from_slice(Digest::of(part).as_bytes());
    }
    Ok(Digest::of(&parts))
}

fn open(source: &Source) -> Result<Box<dyn Read>, ImportError> {
    (source.open)().map_err(|error| unreadable(source, &error))
}

fn unreadable(source: &Source, error: &std::io::Error) -> ImportError {
    let message = format!("cannot read `{}`: {error}", source.name);
    let help = "check the path and that you may read it";
    ImportError::Files(vec![Problem::new("import-unreadable", message).help(help)])
}

/// Reads every row into the spool. `None` when the caller stopped it.
fn read_all(
    driver: &mut Embedded,
    sources: &[Source],
    spool: &mut Spool,
    report: &mut Report,
    progress: &mut impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Vec<Refusal>>, ImportError> {
    let mut refusals = Vec::new();
    for (file, source) in (0u16..).zip(sources) {
        let rows = open_rows(source)?;
        for row in rows {
            report.rows += 1;
            if report.rows.is_multiple_of(1024)
                && progress(Progress::Reading(report.rows)).is_break()
            {
                return Ok(None);
            }
            let row = match row {
                Ok(row) => row,
                Err(refusal) => {
                    note_refusal(report, &refusal);
                    refusals.push(refusal);
                    continue;
                }
            };
            let mut bytes = None;
            for (nth, signal) in (0u16..).zip(source.mapping.map(&row)) {
                match signal {
                    Ok(signal) => {
                        let key = SpoolKey { at: signal.at, file, row: row.number, nth };
                        let bytes = bytes.get_or_insert_with(|| row.to_bytes());
                        spool.push(driver.store_mut(), key, bytes.clone())?;
                        let (first, last) = report.span.unwrap_or((signal.at, signal.at));
                        report.span = Some((first.min(signal.at), last.max(signal.at)));
                    }
                    Err(refusal) => {
                        note_refusal(report, &refusal);
                        refusals.push(refusal);
                    }
                }
            }
        }
    }
    report.signals = spool.count();
    Ok(Some(refusals))
}

/// The rows of a file, decompressed where it is compressed.
///
/// # Errors
/// [`ImportError::Files`] when it cannot be read or does not fit its mapping.
pub fn open_rows(source: &Source) -> Result<Rows<'_, Box<dyn BufRead>>, ImportError> {
    let reader = decompress(BufReader::with_capacity(1 << 16, open(source)?));
    let reader = reader.map_err(|error| unreadable(source, &error))?;
    let reader: Box<dyn BufRead> = Box::new(BufReader::with_capacity(1 << 16, reader));
    let format = source.mapping.format();
    rows(reader, &source.name, format, &source.mapping).map_err(ImportError::Files)
}

fn note_refusal(report: &mut Report, refusal: &Refusal) {
    let entry = report.refused.entry(refusal.problem.code);
    entry.or_insert_with(|| (0, (*refusal.problem).clone())).0 += 1;
}

/// Too many refused rows mean that the mapping does not fit; then nothing is taken.
fn check_gate(report: &Report, options: Options) -> Result<(), ImportError> {
    let refused: u64 = report.refused.values().map(|(count, _)| count).sum();
    if report.rows < 50 || refused * 100 <= report.rows * options.refused_percent {
        return Ok(());
    }
    let message = format!("{refused} of {} rows were refused: nothing was imported", report.rows);
    let help = "check the mapping with `--dry-run`, or accept it with `--accept-refused`";
    let mut problems = vec![Problem::new("import-gate", message).help(help)];
    problems.extend(report.refused.values().map(|(_, first)| first.clone()));
    Err(ImportError::Files(problems))
}

/// Feeds sorted rows to the driver.
struct Feed<'a> {
    driver: &'a mut Embedded,
    sources: &'a [Source],
    report: &'a mut Report,
    import: u64,
    options: Options,
}

impl Feed<'_> {
    fn run(
        &mut self,
        mut sorted: Sorted,
        skip: u64,
        total: u64,
        progress: &mut impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(), ImportError> {
        let mut done = 0;
        while let Some((key, row)) = sorted.next(self.driver.store())? {
            done += 1;
            if done <= skip {
                continue;
            }
            self.feed(key, &row)?;
            if self.driver.waiting() >= BATCH {
                self.commit(done, None)?;
                if progress(Progress::Feeding { done, of: total }).is_break() {
                    self.report.stopped = true;
                    return Ok(());
                }
            }
        }
        self.commit(done, None)?;
        if let Some((_, last)) = self.report.span {
            self.report.timers += self.driver.tick(last, Origin::History)? as u64;
        }
        // Who left after the last row has left all the same.
        self.driver.tell_all()?;
        self.commit(done, Some(self.options.now))?;
        self.driver.write_behind()?;
        self.driver.store_mut().drop_spill(self.import)?;
        let _ = progress(Progress::Feeding { done, of: total });
        Ok(())
    }

    fn feed(&mut self, key: SpoolKey, row: &[u8]) -> Result<(), ImportError> {
        let Some(raw) = self.signal(key, row) else { return Err(DriveError::Spool.into()) };
        if !self.driver.rules().reads_kind(&raw.kind) {
            *self.report.unread.entry(raw.kind.clone()).or_default() += 1;
            let tally = Tally { family: "unread kind", name: raw.kind.clone(), by: 1 };
            self.driver.batch().tallies.push(tally);
        }
        let taken = match self.driver.take(&raw, Origin::History, raw.at) {
            Err(error) if error.is_refusal() => return self.refuse(row, &error),
            taken => taken?,
        };
        self.report.timers += taken.fired as u64;
        *self.report.statuses.entry(taken.step.status.as_str()).or_default() += 1;
        if taken.step.status == Status::Conflict {
            let message =
                format!("a signal of `{}` came twice and says something else", raw.source);
            let help = "find out which one is right; the first one counts";
            let problem = Problem::new("signal-conflict", message).help(help);
            let refusal = Refusal { problem: Box::new(problem), row: Personal::new(row.to_vec()) };
            note_refusal(self.report, &refusal);
            self.driver.quarantine(&refusal, "", self.import, self.options.now)?;
        }
        Ok(())
    }

    /// Keeps a signal that the edge refused, and goes on with the next one.
    fn refuse(&mut self, row: &[u8], error: &DriveError) -> Result<(), ImportError> {
        let problem = Problem::new(error.code(), error.to_string()).help(error.help());
        let refusal = Refusal { problem: Box::new(problem), row: Personal::new(row.to_vec()) };
        note_refusal(self.report, &refusal);
        Ok(self.driver.quarantine(&refusal, "", self.import, self.options.now)?)
    }

    fn signal(&self, key: SpoolKey, row: &[u8]) -> Option<RawSignal> {
        let source = self.sources.get(usize::from(key.file))?;
        let row = Row::from_bytes(row)?;
        source.mapping.map(&row).into_iter().nth(usize::from(key.nth))?.ok()
    }

    fn commit(&mut self, offset: u64, done: Option<Timestamp>) -> Result<(), ImportError> {
        let (import, rows, refused) = (self.import, self.report.rows, self.refused());
        // The counts are added up by the store, so they are given once, with the end.
        let (rows, refused) = if done.is_some() { (rows, refused) } else { (0, 0) };
        let progress = ImportProgress { import, rows, refused, offset, done };
        let batch = self.driver.batch();
        batch.at = self.options.now;
        batch.imports.push(progress);
        Ok(self.driver.commit()?)
    }

    fn refused(&self) -> u64 {
        self.report.refused.values().map(|(count, _)| count).sum()
    }
}

/// The first signals of some files, in order, without importing anything: for `--dry-run`.
///
/// # Errors
/// [`ImportError`] when a file does not fit its mapping at all.
pub fn preview(
    sources: &[Source],
    limit: usize,
) -> Result<(Vec<RawSignal>, Vec<Problem>), ImportError> {
    let (mut signals, mut problems) = (Vec::new(), Vec::new());
    for source in sources {
        let rows = open_rows(source)?;
        let start = signals.len();
        for row in rows {
            if signals.len() - start >= limit {
                break;
            }
            let mapped = match row {
                Ok(row) => source.mapping.map(&row),
                Err(refusal) => vec![Err(refusal)],
            };
            for signal in mapped {
                match signal {
                    Ok(signal) => signals.push(signal),
                    Err(refusal) => problems.push(*refusal.problem),
                }
            }
        }
    }
    Ok((signals, problems))
}
