//! The repository as text: every file that is, or is about to be, under version control.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file larger than this is data; its path counts, its text is not read.
const LARGEST_TEXT: u64 = 2 << 20;

/// Where no git answers (an unpacked archive), these folders are not part of the repository.
const NOT_OURS: [&str; 4] = [".git", "target", "bellwether-data", "node_modules"];

/// All paths, and the text of those that are text. Paths use `/` and start at the root.
#[derive(Clone, Debug, Default)]
pub struct Repo {
    paths: BTreeSet<String>,
    texts: BTreeMap<String, String>,
}

impl Repo {
    /// Reads the repository around this crate.
    pub fn read() -> std::io::Result<Self> {
        let root = Self::root();
        let paths = match listed_by_git(&root) {
            Some(paths) => paths,
            None => walked(&root)?,
        };
        let mut repo = Self::default();
        for path in paths {
            let file = root.join(&path);
            // A file deleted but not yet committed is still listed by git.
            let Ok(about) = file.symlink_metadata() else { continue };
            if about.is_file() && about.len() <= LARGEST_TEXT {
                let bytes = std::fs::read(&file)?;
                if let Ok(text) = String::from_utf8(bytes) {
                    repo.texts.insert(path.clone(), text);
                }
            }
            repo.paths.insert(path);
        }
        Ok(repo)
    }

    /// The root of the repository this crate was built in.
    pub fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// An invented repository, for tests of the checks.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let texts: BTreeMap<_, _> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { paths: texts.keys().cloned().collect(), texts }
    }

    /// The text of one file, if it is there and is text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// All text files as (path, text), in order of path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The Rust files among them.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| path.ends_with(".rs"))
    }

    /// Whether a file or a folder of that path exists.
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty()
            || self.paths.contains(path)
            || self.paths.range(folder.clone()..).next().is_some_and(|p| p.starts_with(&folder))
    }

    /// The names right below a folder: (name, whether it is itself a folder).
    pub fn below(&self, folder: &str) -> BTreeMap<&str, bool> {
        let prefix = format!("{folder}/");
        let rests = self.paths.iter().filter_map(|path| path.strip_prefix(&prefix));
        rests
            .map(|rest| rest.split_once('/').map_or((rest, false), |(name, _)| (name, true)))
            .collect()
    }

    /// The crates: folders below `crates/` that hold a manifest, with its text.
    pub fn crates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter_map(|(path, text)| {
            let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
            (!name.contains('/')).then_some((name, text))
        })
    }
}

/// Whether a Rust file holds nothing but tests, by its path.
pub fn is_test_file(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    file == "tests.rs"
        || file.ends_with("_tests.rs")
        || parts.any(|part| part == "tests" || part == "benches")
}

/// Tracked files and new ones that are not ignored; `None` where this is not a git checkout.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let ask = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let answer = Command::new("git").arg("-C").arg(root).args(ask).output().ok()?;
    let text = answer.status.success().then(|| String::from_utf8(answer.stdout).ok())??;
    let paths: Vec<_> = text.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    (!paths.is_empty()).then_some(paths)
}

fn walked(root: &Path) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            if !entry.file_type()?.is_dir() {
                found.push(path);
            } else if !NOT_OURS.contains(&name.as_str()) {
                open.push((entry.path(), format!("{path}/")));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_seen_through_their_files() {
        let repo = Repo::of(&[("a/b/c.md", ""), ("a-b", ""), ("crates/x/Cargo.toml", "m")]);
        for (path, there) in [("a", true), ("a/b", true), ("a/b/c.md", true), ("a/c", false)] {
            assert_eq!(repo.has(path), there, "{path}");
        }
        assert_eq!(repo.below("a"), BTreeMap::from([("b", true)]));
        assert_eq!(repo.crates().collect::<Vec<_>>(), [("x", "m")]);
    }

    #[test]
    fn test_files_are_known_by_their_path() {
        for (path, test) in [
            ("crates/x/src/tests.rs", true),
            ("crates/x/src/step/clock_tests.rs", true),
            ("crates/x/tests/all.rs", true),
            ("crates/x/benches/w1.rs", true),
            ("crates/testkit/src/lib.rs", false),
            ("crates/x/src/contests.rs", false),
        ] {
            assert_eq!(is_test_file(path), test, "{path}");
        }
    }

    #[test]
    fn an_archive_without_git_is_walked() {
        let files = walked(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this crate is readable");
        assert!(files.contains(&"src/repo.rs".to_owned()), "{files:?}");
    }
}
