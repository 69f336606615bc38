//! A drop folder: files that somebody puts there are read, row by row, and moved to `done/`.
//!
//! - In: a folder that is looked at now and then.
//! - Out: parcels of rows, each durable before the file is moved.
//! - Never: takes a file that still grows, that is hidden or called `.part`, or that is no plain file;
//!   follows a link; loses a row of a file when it ends in between: the file is read again, and what was
//!   taken is known by its ids.

use super::{Feed, MOST_KEPT, PassError, ROWS, hide};
use bellwether_adapters::{Refusal, decompress, rows};
use bellwether_core::{Personal, Problem};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Rows of one parcel, and about how many bytes.
const ROWS_AT_ONCE: usize = 256;
const BYTES_AT_ONCE: usize = 512 << 10;
/// Where files go that were read.
const DONE: &str = "done";
/// Where files go that fit no mapping.
const REFUSED: &str = "refused";

/// What a file was like when it was looked at.
type Seen = (u64, Option<SystemTime>);

/// See the module.
pub struct Folder {
    path: PathBuf,
    pattern: Option<String>,
    every: Duration,
    feed: Feed,
    seen: BTreeMap<OsString, Seen>,
}

impl Folder {
    /// A folder, looked at so often; of the names in it those that fit, with `*` for anything.
    pub fn new(path: PathBuf, pattern: Option<String>, every: Duration, feed: Feed) -> Self {
        Self { path, pattern, every, feed, seen: BTreeMap::new() }
    }

    /// Looks at it until it is to end.
    pub fn run(mut self) {
        let mut failed = false;
        loop {
            match self.pass() {
                Ok(_) => failed = false,
                Err(PassError::Ended) => return,
                Err(error) => {
                    // Once, not every time that it is tried again.
                    if !std::mem::replace(&mut failed, true) {
                        tracing::error!(code = error.code(), source = self.feed.name, "{error}");
                    }
                }
            }
            if !self.feed.pace.pause(self.every) {
                return;
            }
        }
    }

    /// Looks once. Says how many files were taken.
    ///
    /// # Errors
    /// [`PassError`]; the next look goes on.
    pub fn pass(&mut self) -> Result<usize, PassError> {
        let asked = |error: io::Error| PassError::Asked {
            name: self.feed.name.clone(),
            what: error.to_string(),
        };
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.path).map_err(asked)? {
            let entry = entry.map_err(asked)?;
            let name = entry.file_name();
            // Without following links; what is gone again is of no interest.
            let Ok(there) = entry.metadata() else { continue };
            if there.is_file() && self.wants(&name) {
                found.insert(name, (there.len(), there.modified().ok()));
            }
        }
        let still: Vec<OsString> = found
            .iter()
            .filter(|(name, now)| self.seen.get(*name) == Some(*now))
            .map(|(name, _)| name.clone())
            .collect();
        self.seen = found;
        for name in &still {
            let fits = self.take(&self.path.join(name))?;
            self.put_away(name, if fits { DONE } else { REFUSED }).map_err(asked)?;
            self.seen.remove(name);
        }
        Ok(still.len())
    }

    fn wants(&self, name: &OsString) -> bool {
        let name = name.to_string_lossy();
        let hidden = name.starts_with('.') || name.ends_with('~');
        let unfinished = [".part", ".tmp", ".filepart"].iter().any(|end| name.ends_with(end));
        let fits = self.pattern.as_ref().is_none_or(|pattern| fits(pattern, &name));
        !hidden && !unfinished && fits
    }

    /// Reads a file; whether it fits its mapping at all.
    fn take(&self, path: &Path) -> Result<bool, PassError> {
        let asked = |error: io::Error| PassError::Asked {
            name: self.feed.name.clone(),
            what: error.to_string(),
        };
        let (mapping, shown) = (&self.feed.mapping, path.display().to_string());
        let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(asked)?);
        let file = decompress(file).map_err(asked)?;
        let reader: Box<dyn BufRead> = Box::new(BufReader::with_capacity(1 << 16, file));
        let rows = match rows(reader, &shown, mapping.format(), mapping) {
            Ok(rows) => rows,
            Err(problems) => {
                let kept = |problem: Problem| Refusal {
                    problem: Box::new(problem),
                    row: Personal::new(start_of(path)),
                };
                let problem = problems.into_iter().next();
                let problem = problem.unwrap_or_else(|| {
                    Problem::new("source-file", "this file does not fit its mapping")
                });
                self.feed.refuse(vec![hide(kept(problem), &self.feed.name)])?;
                return Ok(false);
            }
        };
        let (mut body, mut signals, mut refusals, mut count) =
            (Vec::new(), Vec::new(), Vec::new(), 0);
        for row in rows {
            match row {
                Ok(row) => {
                    let (mut understood, refused) = self.feed.understand(&row, &self.feed.name);
                    refusals.extend(refused);
                    if !understood.is_empty() {
                        signals.append(&mut understood);
                        body.extend(row.to_kept(mapping));
                        body.push(b'\n');
                    }
                }
                Err(refusal) => refusals.push(hide(refusal, &self.feed.name)),
            }
            count += 1;
            if count >= ROWS_AT_ONCE || body.len() >= BYTES_AT_ONCE {
                self.give(&mut body, &mut signals, &mut refusals)?;
                count = 0;
            }
        }
        self.give(&mut body, &mut signals, &mut refusals)?;
        Ok(true)
    }

    fn give(
        &self,
        body: &mut Vec<u8>,
        signals: &mut Vec<bellwether_core::RawSignal>,
        refusals: &mut Vec<Refusal>,
    ) -> Result<(), PassError> {
        if !signals.is_empty() {
            self.feed.offer(ROWS, std::mem::take(body), std::mem::take(signals))?;
        }
        self.feed.refuse(std::mem::take(refusals))
    }

    /// Moves a file away, under a name that is free there.
    fn put_away(&self, name: &OsString, to: &str) -> io::Result<()> {
        let folder = self.path.join(to);
        fs::create_dir_all(&folder)?;
        let mut target = folder.join(name);
        for nth in 2.. {
            if !target.try_exists()? {
                break;
            }
            let mut other = name.clone();
            other.push(format!(".{nth}"));
            target = folder.join(other);
        }
        fs::rename(self.path.join(name), &target)
    }
}

/// What is kept of a file that fits no mapping.
fn start_of(path: &Path) -> Vec<u8> {
    use std::io::Read as _;
    let mut start = Vec::new();
    if let Ok(file) = File::open(path) {
        drop(file.take(MOST_KEPT as u64 / 16).read_to_end(&mut start));
    }
    start
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_pattern_is_a_name_with_stars() {
        for (pattern, name, fine) in [
            ("a.csv", "a.csv", true),
            ("a.csv", "a.csv2", false),
            ("*.csv", "x.csv", true),
            ("*.csv", "x.csv.gz", false),
            ("a-*.csv", "a-1.csv", true),
            ("a-*.csv", "b-1.csv", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("**", "x", true),
        ] {
            assert_eq!(fits(pattern, name), fine, "{pattern} {name}");
        }
    }
}
