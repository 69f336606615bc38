//! Imports: exports of other systems become history, in the order in which things happened.
//!
//! - In: files with their mappings. Everything is read, judged by its gates and sorted first, then fed
//!   by event time.
//! - Out: committed events and records, refused rows in quarantine, and a [`Report`].
//! - Never: takes a part of files that a gate holds back, or feeds a signal twice: the committed offset
//!   says where an interrupted import goes on, and a finished one is not begun again.

mod feed;
mod gates;
mod preview;
mod read;
mod spool;

use crate::embedded::Embedded;
use crate::error::DriveError;
use bellwether_adapters::{Mapping, Verdict};
use bellwether_core::{Digest, Problem, Timestamp};
use bellwether_store::NewImport;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::ops::ControlFlow;

pub use preview::{Preview, preview};
pub use read::open_rows;

/// One file and what its rows mean.
pub struct Source {
    /// The file as the user named it.
    pub name: String,
    /// What its rows mean.
    pub mapping: Mapping,
    /// Its bytes.
    pub open: Box<dyn Fn() -> std::io::Result<Box<dyn Read>>>,
    /// The lines are quarantined rows, as they were kept; gates do not judge them again.
    pub kept: bool,
}

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// The edge's clock.
    pub now: Timestamp,
    /// How many bytes of rows may be sorted in memory; what is more waits sealed in the store.
    pub budget: usize,
    /// Gates that may be passed whatever they find.
    pub accept: Vec<String>,
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

/// Refused rows by code: how many, and the first problem.
pub type Refused = BTreeMap<&'static str, (u64, Problem)>;

/// The word for signals about somebody who was erased that were not kept.
pub const ERASED: &str = "erased";

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows read.
    pub rows: u64,
    /// Signals that they gave.
    pub signals: u64,
    /// Signals that had been committed by an earlier run.
    pub resumed: u64,
    /// Refused rows.
    pub refused: Refused,
    /// Refused rows that were only counted, because too many are to be kept.
    pub not_kept: u64,
    /// Gates that somebody let a file through, with the file.
    pub accepted: Vec<(String, Verdict)>,
    /// Signals by what was done with them: words of [`Status`](bellwether_core::record::Status), or
    /// [`ERASED`].
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
    /// Gates hold files back: nothing was taken.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Held(Vec<Problem>),
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
/// [`ImportError`] when a file does not fit its mapping at all, a gate holds one back, or the store
/// cannot go on. What was committed stays; running it again goes on from there.
pub fn import(
    driver: &mut Embedded,
    sources: &[Source],
    options: Options,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Report, ImportError> {
    check_count(sources)?;
    let mut report = Report::default();
    driver.set_now(options.now);
    let key = spool::fresh_key()?;
    let begun = driver.begin_import(&what(sources, &options)?)?;
    if begun.done.is_some() {
        report.already = true;
        report.rows = begun.rows;
        return Ok(report);
    }
    let mut reading = read::Reading::new(begun.id, &options, &key);
    let read = reading.read_all(driver, sources, &mut report, &mut progress);
    if matches!(read, Err(ImportError::Files(_))) && begun.offset == 0 {
        // Files that do not fit are imported again as others, or under other mappings.
        driver.store_mut().forget_import(begun.id)?;
    }
    if read?.is_break() {
        report.stopped = true;
        return Ok(report);
    }
    let read::Reading { spool, refusals, figures, .. } = reading;
    gates::judge(driver, sources, &figures, begun.id, &options, &mut report)?;
    report.resumed = begun.offset.min(spool.count());
    let kept = refusals.len();
    if begun.offset == 0 {
        for (file, mut refusal) in refusals {
            read::number_file(&mut refusal, file);
            let mapping = sources.get(file).map_or("", |source| source.mapping.name());
            driver.quarantine(&refusal, mapping, begun.id, options.now)?;
        }
    }
    let total = spool.count();
    let sorted = spool.finish(driver.store_mut())?;
    let files = gates::to_keep(sources, &figures);
    driver.store_mut().put_import_files(begun.id, &files, options.now)?;
    let now = options.now;
    let (readers, import) = (driver.readers()?, begun.id);
    let report_of = &mut report;
    let mut feed = feed::Feed { driver, sources, report: report_of, import, now, kept, readers };
    feed.run(sorted, begun.offset, total, &mut progress)?;
    Ok(report)
}

/// Rows are sorted by the number of their file, which has 16 bits.
fn check_count(sources: &[Source]) -> Result<(), ImportError> {
    let most = usize::from(u16::MAX) + 1;
    if sources.len() <= most {
        return Ok(());
    }
    let message = format!("{} files at once; at most {most} are taken", sources.len());
    let help = "import them in several runs";
    Err(ImportError::Files(vec![Problem::new("import-too-many-files", message).help(help)]))
}

/// The digest of what is imported: the files' bytes and the mappings' meaning.
fn what(sources: &[Source], options: &Options) -> Result<NewImport, ImportError> {
    let mut files = Vec::new();
    let mut mappings = Vec::new();
    for source in sources {
        let mut reader = read::open(source)?;
        files.push(digest_of(&mut reader).map_err(|error| read::unreadable(source, &error))?);
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

/// The digest of all bytes, however they are cut when they are read.
fn digest_of(reader: &mut dyn Read) -> std::io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Digest::from_bytes(hash.finalize().into())),
            Ok(read) => hash.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
