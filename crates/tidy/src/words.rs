//! Words that do not belong in the repository: loose ends, and traces of one machine.

use crate::{Finding, Repo, lexer, repo};

/// Written in two halves, so that this file does not find itself.
const LOOSE_ENDS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

const MACHINE: [&str; 3] = [concat!("/wo", "rk"), concat!("/ho", "me"), concat!("/ro", "ot")];

const SCRATCH: &str = concat!("/t", "mp");

const REGISTRIES: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("proxy.go", "lang.org"),
    concat!("jfr", "og"),
];

/// The one source that the lock file may name.
const PUBLIC_INDEX: &str = concat!("registry+https://github.com/rust-lang/crates", ".io-index");

/// Kinds of file that people write; others are data.
const WRITTEN: [&str; 14] =
    ["rs", "md", "toml", "yaml", "yml", "cedar", "sh", "py", "js", "css", "html", "txt", "sql", ""];

/// Looks through every text file that is ours.
pub fn check(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repo.texts() {
        if path == "Cargo.lock" {
            findings.extend(wrong_sources(path, text));
        } else if !is_foreign(path) {
            findings.extend(wrong_words(path, text));
        }
    }
    findings
}

/// Other people's API descriptions and recordings are kept as they came.
fn is_foreign(path: &str) -> bool {
    path.split('/').any(|part| part == "specs" || part == "recordings")
}

fn wrong_sources(path: &str, text: &str) -> Vec<Finding> {
    let sources = text.lines().filter_map(|line| line.strip_prefix("source = "));
    let other = sources.filter(|source| source.trim_matches('"') != PUBLIC_INDEX);
    other
        .map(|source| Finding::new(path, format!("the source {source} is not the public index")))
        .collect()
}

fn wrong_words(path: &str, text: &str) -> Vec<Finding> {
    let extension = path.rsplit('/').next().and_then(|file| file.rsplit_once('.'));
    let written = WRITTEN.contains(&extension.map_or("", |(_, extension)| extension));
    let tests =
        if path.ends_with(".rs") { lexer::test_lines(&lexer::tokens(text)) } else { Vec::new() };
    let test_file = repo::is_test_file(path);
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
        let mut say = |what: String| findings.push(Finding::new(format!("{path}:{number}"), what));
        if let Some(word) = LOOSE_ENDS.iter().find(|word| written && has_word(line, word))
            && !names_an_issue(line)
        {
            say(format!("`{word}` needs the number of its issue, as in #12; or do it now"));
        }
        let in_test = test_file || tests.iter().any(|range| range.contains(&number));
        let places = MACHINE.iter().chain((!in_test).then_some(&SCRATCH));
        if let Some(place) = places.into_iter().find(|place| has_path(line, place)) {
            say(format!("`{place}` is a place on one machine; take it from an argument"));
        }
        if let Some(host) = REGISTRIES.iter().find(|host| line.contains(**host)) {
            say(format!(
                "`{host}` is a package registry; name the package, not where it came from"
            ));
        }
    }
    findings
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the word stands there, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    around(line, word)
        .any(|(before, after)| !before.is_some_and(is_word) && !after.is_some_and(is_word))
}

/// Whether an absolute path starts with that folder: `x/folder` and `/folderish` do not count.
fn has_path(line: &str, folder: &str) -> bool {
    around(line, folder).any(|(before, after)| {
        let absolute = !before.is_some_and(|c| is_word(c) || ".-~})>]$*".contains(c));
        absolute && !after.is_some_and(|c| is_word(c) || c == '-')
    })
}

/// The characters on both sides of each occurrence.
fn around<'a>(line: &'a str, part: &'a str) -> impl Iterator<Item = (Option<char>, Option<char>)> {
    line.match_indices(part).map(move |(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + part.len()..).and_then(|text| text.chars().next());
        (before, after)
    })
}

fn names_an_issue(line: &str) -> bool {
    line.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_ends_and_machine_places_are_found() {
        let [to_do, fix_me, _] = LOOSE_ENDS;
        let [work, home, root] = MACHINE;
        let [registry, ..] = REGISTRIES;
        for (path, text, findings) in [
            ("a.rs", format!("// {to_do}: later"), 1),
            ("a.rs", format!("// {to_do}(#12): later"), 0),
            ("a.md", fix_me.to_owned(), 1),
            ("a.rs", format!("let m{to_do} = 1;"), 0),
            ("a.csv", to_do.to_owned(), 0),
            ("test", format!("# {to_do}"), 1),
            ("specs/a.yaml", format!("{to_do} {home}/x"), 0),
            ("a.md", format!("see {work}/x"), 1),
            ("a.md", format!("\"{home}/x\""), 1),
            ("a.md", format!("cd {root}"), 1),
            ("a.md", format!("GET /v1/log{root}"), 0),
            ("a.md", format!("{work}ers"), 0),
            ("a.md", format!("$X{work}/x"), 0),
            ("a.json", format!("\"{home}/x\""), 1),
            ("a.rs", format!("let a = \"{SCRATCH}/x\";"), 1),
            ("tests/a.rs", format!("let a = \"{SCRATCH}/x\";"), 0),
            ("a.rs", format!("#[cfg(test)]\nmod t {{\n \"{SCRATCH}/x\" }}"), 0),
            ("a.rs", format!("#[cfg(test)]\nmod t {{}}\n\"{SCRATCH}/x\""), 1),
            ("a.md", format!("https://{registry}/x"), 1),
        ] {
            let got = check(&Repo::of(&[(path, &text)]));
            assert_eq!(got.len(), findings, "{path}: {text}: {got:?}");
        }
    }

    #[test]
    fn the_lock_file_names_the_public_index_only() {
        for (source, findings) in [(PUBLIC_INDEX, 0), ("registry+https://mirror.example/", 1)] {
            let lock = format!("[[package]]\nsource = \"{source}\"\n");
            assert_eq!(check(&Repo::of(&[("Cargo.lock", &lock)])).len(), findings, "{source}");
        }
    }
}
