//! Every Rust file says first what it is for.

use crate::{Finding, Repo};

/// Rust files of the crates that do not start with a `//!` line.
pub fn check(repo: &Repo) -> Vec<Finding> {
    let files = repo.rust().filter(|(path, _)| path.starts_with("crates/"));
    files
        .filter(|(_, text)| !has_header(text))
        .map(|(path, _)| {
            Finding::new(path, "the first line must be `//! ` and what the file is for")
        })
        .collect()
}

fn has_header(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|said| !said.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_starts_with_what_it_is_for() {
        for (path, text, findings) in [
            ("crates/a/src/lib.rs", "//! A.\nuse b;", 0),
            ("crates/a/src/b/c.rs", "use b;", 1),
            ("crates/a/src/b/c.rs", "//!\n", 1),
            ("crates/a/src/b/c.rs", "/// A.\n", 1),
            ("crates/a/src/tests.rs", "", 1),
            ("crates/a/tests/all.rs", "use b;\n//! A.", 1),
            ("crates/a/notes.md", "no header", 0),
        ] {
            assert_eq!(check(&Repo::of(&[(path, text)])).len(), findings, "{path}: {text}");
        }
    }
}
