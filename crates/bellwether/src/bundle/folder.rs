//! The files of one bundle's folder.
//!
//! - In: a folder.
//! - Out: every file that decides, and beside them every file that looks as if it was meant to, so that its
//!   name is told; `README.md`, the lock, the proof and what begins with a dot are neither.
//! - Never: passes over a file of a folder that decides; reads a folder twice because of a link.

use super::{head, read_bytes};
use crate::exit::Problems;
use anyhow::{Context as _, Result};
use bellwether_core::{Place, Problem};
use bellwether_engine::Rules;
use bellwether_policy::is_folder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the files of a bundle end with, and what people write instead.
const ENDINGS: [&str; 5] = ["yaml", "yml", "cedar", "ceder", "cdr"];

/// What was found so far.
#[derive(Default)]
struct Found {
    files: BTreeMap<String, String>,
    problems: Vec<Problem>,
    /// The folders that were read, without links.
    folders: Vec<PathBuf>,
}

/// The files of a folder.
///
/// # Errors
/// `bundle-not-utf8` and `bundle-folder-loop`, with what else is wrong where no parent has to be read for
/// that; what the system says.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = Found::default();
    found.read(folder, "")?;
    let Found { files, mut problems, .. } = found;
    if problems.is_empty() {
        return Ok(files);
    }
    if head(&files, "parent").is_none() {
        problems.extend(Rules::compose(files).err().unwrap_or_default());
    }
    Err(Problems(problems).into())
}

impl Found {
    fn read(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let cannot = || format!("cannot read the folder {}", folder.display());
        self.folders.push(std::fs::canonicalize(folder).with_context(cannot)?);
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(cannot)? {
            entries.push(entry.with_context(cannot)?.path());
        }
        // Which of two ways to one folder is refused must not hang on the file system.
        entries.sort();
        let decides = is_folder(prefix.split('/').next().unwrap_or_default());
        for at in entries {
            let name = at.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            if at.is_dir() {
                if (decides || prefix.is_empty()) && !name.starts_with('.') {
                    self.enter(&at, &path)?;
                }
            } else if is_told(&name, prefix, decides) {
                self.take(&at, path)?;
            }
        }
        Ok(())
    }

    /// A folder in the bundle's, or what a link leads to.
    fn enter(&mut self, folder: &Path, path: &str) -> Result<()> {
        let real = std::fs::canonicalize(folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        if self.folders.contains(&real) {
            let message = format!("`{path}` leads to a folder that is read already");
            let problem = Problem::new("bundle-folder-loop", message).at(place(path, 1));
            self.problems.push(problem.help("remove the link"));
            return Ok(());
        }
        self.read(folder, path)
    }

    fn take(&mut self, at: &Path, path: String) -> Result<()> {
        let text = String::from_utf8(read_bytes(at)?).unwrap_or_else(|error| {
            let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            let line = good.filter(|byte| **byte == b'\n').count() + 1;
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let problem = Problem::new("bundle-not-utf8", "this file is not UTF-8");
            let help = "save it as UTF-8, or convert it: `iconv -f WINDOWS-1252 -t UTF-8 FILE`";
            self.problems.push(problem.at(place(&path, line)).help(help));
            // Refused it is; what else is wrong can be said nevertheless.
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        });
        self.files.insert(path, text);
        Ok(())
    }
}

/// Whether a file decides or looks as if it was meant to.
fn is_told(name: &str, prefix: &str, decides: bool) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let written = ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()));
    match (decides, name.starts_with('.')) {
        (true, true) => written,
        (true, false) => true,
        (false, hidden) => written && !(hidden && prefix.is_empty()),
    }
}

fn place(path: &str, line: u32) -> Place {
    Place { file: path.to_owned(), line, column: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, path: &str, bytes: &[u8]) {
        let at = folder.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, bytes).unwrap();
    }

    #[test]
    fn what_looks_as_if_it_decides_is_collected() {
        let folder = tempfile::tempdir().unwrap();
        for (path, is) in [
            ("bundle.yaml", true),
            ("facts.yml", true),
            ("stop.ceder", true),
            ("README.md", false),
            ("BUNDLE.lock", false),
            ("PROOF.json", false),
            (".hidden.yaml", false),
            (".git/config.yaml", false),
            ("overrides/x.yml", true),
            ("invariants/v.ceder", true),
            ("boundaries/stop.cdr", true),
            ("messages/words.txt", true),
            ("tests/NOTES", true),
            ("tests/.gitkeep", false),
            ("routing/.a.yaml", true),
            ("routing/sub/er/deep.yaml", true),
            ("routng/a.yaml", true),
            ("routng/sub/a.yaml", false),
            ("notes/a.md", false),
        ] {
            write(folder.path(), path, b"a: 1\n");
            assert_eq!(read(folder.path()).unwrap().contains_key(path), is, "{path}");
        }
    }

    #[test]
    fn a_file_that_is_not_utf8_is_told_with_its_place_and_so_is_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            "bundle.yaml",
            b"bundle: mine\nversion: one\nowner: ann\ncurrency: EUR\n",
        );
        write(folder.path(), "people.yaml", b"roles: {a: [bob]}\n# J\xfcrgen\n");
        let said = read(folder.path()).unwrap_err().to_string();
        assert!(said.contains("people.yaml:2: error[bundle-not-utf8]"), "{said}");
        assert!(said.contains("bundle.yaml:2:10: error[policy-version]"), "{said}");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_to_a_folder_is_followed_once() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write(folder.path(), "away/a.yaml", b"graph: a\n");
        write(folder.path(), "mine/bundle.yaml", b"bundle: mine\n");
        symlink(at("away"), at("mine/routing")).unwrap();
        assert!(read(&at("mine")).unwrap().contains_key("routing/a.yaml"));
        symlink(at("mine"), at("away/again")).unwrap();
        let said = read(&at("mine")).unwrap_err().to_string();
        assert!(said.contains("error[bundle-folder-loop]: `routing/again` leads"), "{said}");
    }
}
