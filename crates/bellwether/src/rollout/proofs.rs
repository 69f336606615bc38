//! Reports of proofs, kept beside the data for as long as somebody may want to read them.
//!
//! - In: the report that a bundle brought when it was applied.
//! - Out: the same, for whoever looks at that version.
//! - Never: gives a report of other files. What decides is the lock, at the time of the proposal; a kept report is
//!   only shown.

use crate::disk::write_whole;
use crate::prove::report::Said;
use anyhow::{Context as _, Result};
use bellwether_policy::Files;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The folder in a data directory.
const FOLDER: &str = "proofs";
/// The most bytes of a report.
const MOST: u64 = 4 << 20;

/// Whether a report is about these files.
pub(crate) fn is_about(report: &str, files: &Files) -> bool {
    Said::read(report).is_some_and(|said| said.bundle == bellwether_policy::digest(files))
}

fn place(data: &Path, files: &Files) -> PathBuf {
    data.join(FOLDER).join(format!("{}.json", bellwether_policy::digest(files)))
}

/// Keeps a report.
///
/// # Errors
/// The system's.
pub(crate) fn keep(data: &Path, files: &Files, report: &str) -> Result<()> {
    let place = place(data, files);
    let kept = std::fs::create_dir_all(data.join(FOLDER));
    let kept = kept.and_then(|()| write_whole(&place, report.as_bytes()));
    kept.with_context(|| format!("cannot write {}", place.display()))
}

/// The report that was kept of these files, if there is one.
pub(crate) fn kept(data: &Path, files: &Files) -> Option<String> {
    let file = std::fs::File::open(place(data, files)).ok()?;
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).ok()?;
    is_about(&text, files).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_report_of_these_files_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::from([("a".to_owned(), "b".to_owned())]);
        let digest = bellwether_policy::digest(&files);
        let report = |digest| {
            format!(
                r#"{{"bundle":"{digest}","format":"bellwether proof 1","properties":[],"proved":true}}"#
            )
        };
        assert_eq!(kept(dir.path(), &files), None);
        keep(dir.path(), &files, &report(digest)).unwrap();
        assert_eq!(kept(dir.path(), &files), Some(report(digest)));
        keep(dir.path(), &files, &report(bellwether_core::Digest::of(b"other"))).unwrap();
        assert_eq!(kept(dir.path(), &files), None);
    }
}
