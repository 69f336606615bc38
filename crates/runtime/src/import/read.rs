//! Reading: every row of every file is mapped, counted, and set aside to be sorted.

use super::spool::{Spool, SpoolKey};
use super::{ImportError, Options, Progress, Refused, Report, Source};
use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::keys::Secret;
use bellwether_adapters::{Figures, Refusal, Row, Rows, decompress, rows};
use bellwether_core::{Personal, Place, Problem, Purpose};
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

/// The most refused rows that are kept of one import.
pub(super) const MOST_KEPT: usize = 100_000;

/// What was read.
pub(super) struct Reading {
    pub(super) spool: Spool,
    /// Refused rows, each with the number of its file.
    pub(super) refusals: Vec<(usize, Refusal)>,
    /// What each file is like.
    pub(super) figures: Vec<Figures>,
    kept_bytes: usize,
    most_bytes: usize,
}

impl Reading {
    pub(super) fn new(import: u64, options: &Options, key: &Secret) -> Self {
        Self {
            spool: Spool::new(import, options.budget, key),
            refusals: Vec::new(),
            figures: Vec::new(),
            kept_bytes: 0,
            most_bytes: options.budget / 4,
        }
    }

    /// Reads every row; breaks off when the caller says so.
    pub(super) fn read_all(
        &mut self,
        driver: &mut Embedded,
        sources: &[Source],
        report: &mut Report,
        progress: &mut impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ImportError> {
        for (file, source) in sources.iter().enumerate() {
            let mut figures = Figures::default();
            for row in each_row(source)? {
                report.rows += 1;
                if report.rows.is_multiple_of(1024)
                    && progress(Progress::Reading(report.rows)).is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
                match row {
                    Ok(row) => self.take(driver, file, source, &row, &mut figures, report)?,
                    Err(refusal) => {
                        figures.note_broken(&source.mapping, &refusal);
                        self.refuse(file, refusal, report);
                    }
                }
            }
            figures.end();
            self.figures.push(figures);
        }
        report.signals = self.spool.count();
        Ok(ControlFlow::Continue(()))
    }

    fn take(
        &mut self,
        driver: &mut Embedded,
        file: usize,
        source: &Source,
        row: &Row,
        figures: &mut Figures,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let signals = source.mapping.map(row);
        figures.note(&source.mapping, row, &signals);
        let mut bytes = None;
        for (nth, signal) in (0u16..).zip(signals) {
            match signal {
                Ok(signal) => {
                    let file = u16::try_from(file).map_err(|_| DriveError::Spool)?;
                    let key = SpoolKey { at: signal.at, file, row: row.number, nth };
                    let bytes = bytes.get_or_insert_with(|| row.to_bytes());
                    self.spool.push(driver.store_mut(), key, bytes.clone())?;
                    let (first, last) = report.span.unwrap_or((signal.at, signal.at));
                    report.span = Some((first.min(signal.at), last.max(signal.at)));
                }
                Err(refusal) => self.refuse(file, refusal, report),
            }
        }
        Ok(())
    }

    /// Keeps a refused row as long as there is room; what is more is counted.
    fn refuse(&mut self, file: usize, refusal: Refusal, report: &mut Report) {
        note_refusal(&mut report.refused, &refusal);
        let bytes = refusal.row.reveal(Purpose::Seal).len();
        if self.refusals.len() < MOST_KEPT && self.kept_bytes + bytes <= self.most_bytes {
            self.kept_bytes += bytes;
            self.refusals.push((file, refusal));
        } else {
            report.not_kept += 1;
        }
    }
}

/// Names the file by its number in the import, from 1, where the place of a refusal is kept in clear: a file
/// may be called after whoever wrote a mail. The row that is sealed beside it holds its name.
pub(super) fn number_file(refusal: &mut Refusal, file: usize) {
    if let Some(place) = &mut refusal.problem.place {
        place.file = format!("file {}", file + 1);
    }
}

pub(super) fn note_refusal(refused: &mut Refused, refusal: &Refusal) {
    let entry = refused.entry(refusal.problem.code);
    entry.or_insert_with(|| (0, (*refusal.problem).clone())).0 += 1;
}

pub(super) fn open(source: &Source) -> Result<Box<dyn Read>, ImportError> {
    (source.open)().map_err(|error| unreadable(source, &error))
}

pub(super) fn unreadable(source: &Source, error: &std::io::Error) -> ImportError {
    let message = format!("cannot read `{}`: {error}", source.name);
    let help = "check the path and that you may read it";
    ImportError::Files(vec![Problem::new("import-unreadable", message).help(help)])
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

/// Rows one by one, wherever they come from.
type EachRow<'a> = Box<dyn Iterator<Item = Result<Row, Refusal>> + 'a>;

/// The rows of a file, or quarantined rows as they were kept.
pub(super) fn each_row(source: &Source) -> Result<EachRow<'_>, ImportError> {
    if !source.kept {
        return Ok(Box::new(open_rows(source)?));
    }
    let lines = BufReader::new(open(source)?).split(b'\n');
    let row = |line: std::io::Result<Vec<u8>>| {
        let bytes = line.unwrap_or_default();
        Row::from_kept(&bytes, &source.mapping).ok_or_else(|| {
            let place = Place { file: source.name.clone(), line: 0, column: 0 };
            let problem = Problem::new("row-not-kept", "this row could never be cut into cells")
                .help("mend it in its file and import the file again");
            Refusal { problem: Box::new(problem.at(place)), row: Personal::new(bytes) }
        })
    };
    Ok(Box::new(lines.map(row)))
}
