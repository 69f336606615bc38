//! Pure crates stay pure: the same ban list in each, few dependencies, none that does IO.

use crate::{Finding, Repo, lexer, manifest};
use std::collections::BTreeSet;

/// Crates that never touch a clock, the environment, files, threads or the network.
const PURE: [&str; 11] = [
    "core", "expr", "features", "intent", "policy", "boundary", "planner", "ledger", "measure",
    "engine", "demo",
];

/// The ban list that each of them carries a copy of.
const TEMPLATE: &str = "crates/tidy/pure-clippy.toml";

/// Trains models, so it may use the float functions that the others may not.
const TRAINS: &str = "intent";

const MOST_DEPENDENCIES: usize = 8;

const NEVER: [&str; 12] = [
    "async-std",
    "axum",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "rusqlite",
    "smol",
    "tokio",
    "tokio-postgres",
    "ureq",
];

/// Whether a crate is one of the pure ones.
pub fn is_pure(name: &str) -> bool {
    PURE.contains(&name)
}

/// Checks each pure crate's ban list and dependencies.
pub fn check(repo: &Repo) -> Vec<Finding> {
    let Some(template) = repo.text(TEMPLATE) else {
        return vec![Finding::new(TEMPLATE, "the template of the ban list is missing")];
    };
    let mut findings = Vec::new();
    for (name, manifest) in repo.crates().filter(|(name, _)| is_pure(name)) {
        let place = format!("crates/{name}/clippy.toml");
        if let Some(what) = wrong_bans(name, repo.text(&place), template) {
            findings.push(Finding::new(place, what));
        }
        let place = format!("crates/{name}/Cargo.toml");
        findings.extend(wrong_dependencies(name, manifest, &place));
    }
    findings
}

fn wrong_bans(name: &str, own: Option<&str>, template: &str) -> Option<String> {
    let Some(own) = own else {
        return Some(format!("missing; copy {TEMPLATE}, since `{name}` is pure"));
    };
    if name != TRAINS {
        return (own != template).then(|| format!("differs from {TEMPLATE}; copy it"));
    }
    let kept = bans(own);
    let lost: Vec<_> = bans(template).difference(&kept).copied().filter(|p| !is_float(p)).collect();
    (!lost.is_empty()).then(|| format!("no longer bans {}", lost.join(", ")))
}

/// The paths that a list bans: every text that names one.
fn bans(list: &str) -> BTreeSet<&str> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let texts = lines.flat_map(lexer::tokens).filter_map(|token| match token.kind {
        lexer::Kind::Text(text) if text.contains("::") && !text.contains(' ') => Some(text),
        _ => None,
    });
    texts.collect()
}

fn is_float(path: &str) -> bool {
    path.starts_with("f64::") || path.starts_with("f32::")
}

fn wrong_dependencies(name: &str, manifest: &str, place: &str) -> Vec<Finding> {
    let all = manifest::dependencies(manifest);
    let outside: Vec<_> = all.values().filter(|name| !name.starts_with("bellwether")).collect();
    let mut findings = Vec::new();
    for package in outside.iter().filter(|package| NEVER.contains(&package.as_str())) {
        let what =
            format!("`{name}` is pure and must not use `{package}`; that belongs to a driver");
        findings.push(Finding::new(place, what));
    }
    if outside.len() > MOST_DEPENDENCIES {
        let count = outside.len();
        let what =
            format!("{count} outside dependencies; a pure crate has {MOST_DEPENDENCIES} at most");
        findings.push(Finding::new(place, what));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANS: &str = "# { path = \"std::gone\" }\ndisallowed-methods = [\n\
        { path = \"std::env::var\", reason = \"a: b\" },\n{ path = \"f64::exp\", reason = \"c\" },\n]\n";

    fn said(name: &str, manifest: &str, own: Option<&str>) -> Vec<String> {
        let (toml, bans) =
            (format!("crates/{name}/Cargo.toml"), format!("crates/{name}/clippy.toml"));
        let mut files = vec![(TEMPLATE, BANS), (toml.as_str(), manifest)];
        files.extend(own.map(|text| (bans.as_str(), text)));
        check(&Repo::of(&files)).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_pure_crate_carries_the_ban_list() {
        let no_floats = "disallowed-methods = [{ path = \"std::env::var\" }]";
        for (name, own, part) in [
            ("core", Some(BANS), ""),
            ("core", None, "missing; copy"),
            ("core", Some(no_floats), "differs"),
            ("store", None, ""),
            ("intent", Some(BANS), ""),
            ("intent", Some(no_floats), ""),
            ("intent", Some("disallowed-methods = []"), "no longer bans std::env::var"),
            ("intent", None, "missing; copy"),
        ] {
            let got = said(name, "", own);
            assert_eq!(got.is_empty(), part.is_empty(), "{name}: {got:?}");
            assert!(got.iter().all(|what| what.contains(part)), "{name}: {got:?}");
        }
    }

    #[test]
    fn a_pure_crate_has_few_dependencies_and_none_that_does_io() {
        let lines =
            |count: usize| (0..count).map(|n| format!("a{n} = \"1\"\n")).collect::<String>();
        for (name, uses, findings) in [
            ("core", lines(8), 0),
            ("core", lines(9), 1),
            ("core", format!("bellwether-x = \"0\"\n{}", lines(8)), 0),
            ("core", "tokio.workspace = true".to_owned(), 1),
            ("core", "x = { package = \"rusqlite\" }".to_owned(), 1),
            ("core", "[dev-dependencies]\ntokio = \"1\"".to_owned(), 0),
            ("store", "rusqlite = \"0\"".to_owned(), 0),
        ] {
            let got = said(name, &format!("[dependencies]\n{uses}"), Some(BANS));
            assert_eq!(got.len(), findings, "{name} with {uses}: {got:?}");
        }
    }
}
