//! Commands that pages and helps quote: each must be one that the program has.
//!
//! - In: every page and every source file of the repository.
//! - Out: a list of what is quoted and does not exist, with the file.
//! - Never: a list of exceptions, but for this file, which quotes what is wrong.

use super::help;
use clap::Command;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Files that people read, or whose strings they do.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && !matches!(name, "target" | "tests") {
            files(&path, found);
        } else if matches!(
            path.extension().and_then(|end| end.to_str()),
            Some("md" | "rs" | "yaml")
        ) {
            found.push(path);
        }
    }
}

/// What a text tells somebody to type: between backticks, or as a line of its own.
fn quoted(text: &str) -> Vec<String> {
    const NAME: &str = "bellwether ";
    // A quotation may go on in the next line, also of a comment.
    let joined = text.replace("\n/// ", " ").replace("\n//! ", " ").replace('\n', " ");
    let between = joined.split('`').skip(1).step_by(2).filter(|part| part.starts_with(NAME));
    let lines = text.lines().map(|line| line.trim().trim_start_matches("$ "));
    let lines = lines.filter(|line| line.starts_with(NAME));
    between.chain(lines).map(str::to_owned).collect()
}

/// What is wrong with a quoted command.
fn fault(root: &Command, quoted: &str) -> Option<String> {
    let (mut command, mut named) = (root, false);
    for word in quoted.split_whitespace().skip(1) {
        if matches!(word, "#" | "\\" | "|" | ">" | "&&") {
            break;
        }
        let word = word.trim_end_matches([',', '.', ';', ')', '"']);
        if let Some(flag) = word.strip_prefix("--") {
            let flag = flag.split('=').next().unwrap_or_default();
            let of = |one: &Command| one.get_arguments().any(|arg| arg.get_long() == Some(flag));
            if !matches!(flag, "help" | "version") && !of(command) && !of(root) {
                return Some(format!("`{}` has no `--{flag}`", command.get_name()));
            }
        } else if command.has_subcommands() && !named {
            // A name in capitals stands for any command.
            named = word.starts_with(|first: char| first.is_uppercase() || first == '{');
            match command.find_subcommand(word) {
                Some(next) => command = next,
                None if named || word.starts_with('-') => {}
                None => return Some(format!("`{}` has no `{word}`", command.get_name())),
            }
        }
    }
    None
}

#[test]
fn every_quoted_command_exists() {
    let (root, mut all) = (help::command(), Vec::new());
    files(Path::new(ROOT), &mut all);
    let (mut faults, mut seen) = (Vec::new(), 0);
    for path in all {
        if path.ends_with("cli/quoted.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for one in quoted(&text) {
            seen += 1;
            let place = path.strip_prefix(ROOT).unwrap_or(&path).display();
            faults.extend(fault(&root, &one).map(|fault| format!("{place}: {one}: {fault}")));
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_does_not_exist_is_seen() {
    let root = help::command();
    for (text, fine) in [
        ("say `bellwether doctor`", true),
        ("`bellwether quarantine list --data x`", true),
        ("`bellwether import list`", true), // a file called so
        ("`bellwether serves`", false),
        ("`bellwether quarantine lists`", false),
        ("`bellwether doctor --fuller`", false),
        ("  $ bellwether replay --all   # --any", true),
        ("`bellwether COMMAND --help`", true),
        ("/// `bellwether\n/// doctors`", false),
    ] {
        let found = quoted(text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found.iter().all(|one| fault(&root, one).is_none()), fine, "{text}");
    }
}
