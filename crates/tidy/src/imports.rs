//! The import table of ARCHITECTURE.md and the manifests say the same.

use crate::{Finding, Repo, manifest, purity};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = "ARCHITECTURE.md";

/// Which crates a crate may use, by what its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Uses {
    /// The crates named, and no other of ours.
    Named(BTreeSet<String>),
    /// Every crate that ships.
    All,
    /// A crate for tests and tools: it may use any, and no crate that ships may use it.
    DevOnly,
}

/// Compares each manifest with its row, and the crates with the rows.
pub fn check(repo: &Repo) -> Vec<Finding> {
    let Some(page) = repo.text(PAGE) else {
        return vec![Finding::new(PAGE, "the page is missing; it holds the import table")];
    };
    let mut findings = Vec::new();
    let table = table(page, &mut findings);
    for (name, manifest) in repo.crates() {
        let place = format!("crates/{name}/Cargo.toml");
        let Some(uses) = table.get(name) else {
            let what = format!("the import table of {PAGE} has no row for `{name}`");
            findings.push(Finding::new(place, what));
            continue;
        };
        for package in manifest::dependencies(manifest).values() {
            let Some(other) = our_crate(package) else { continue };
            if let Some(what) = refusal(name, uses, other, &table) {
                findings.push(Finding::new(place.clone(), what));
            }
        }
    }
    findings
}

/// Why `name` must not use `other`, if it must not.
fn refusal(name: &str, uses: &Uses, other: &str, table: &BTreeMap<String, Uses>) -> Option<String> {
    let dev_only = table.get(other) == Some(&Uses::DevOnly);
    match uses {
        Uses::DevOnly => None,
        Uses::Named(named) if !named.contains(other) => {
            Some(format!("`{name}` must not use `{other}` (import table of {PAGE})"))
        }
        _ if dev_only => {
            Some(format!("`{other}` is dev only: name it under [dev-dependencies] of `{name}`"))
        }
        Uses::Named(_) | Uses::All => None,
    }
}

/// The folder of one of our packages.
fn our_crate(package: &str) -> Option<&str> {
    let ours = package.strip_prefix("bellwether-");
    ours.or_else(|| (package == "bellwether").then_some(package))
}

/// Reads the rows `| crate | holds | uses |` of the section "Import table".
fn table(page: &str, findings: &mut Vec<Finding>) -> BTreeMap<String, Uses> {
    let mut rows = BTreeMap::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        let place = format!("{PAGE}:{}", number + 1);
        if line.starts_with('#') {
            inside = line.trim_start_matches('#').trim() == "Import table";
            continue;
        }
        if !inside || !line.starts_with('|') {
            continue;
        }
        let cells: Vec<String> =
            line.trim().trim_matches('|').split('|').map(|c| c.trim().replace('`', "")).collect();
        let [names, _, uses] = cells.as_slice() else {
            findings.push(Finding::new(place, "a row has three cells: crate, holds, uses"));
            continue;
        };
        if names == "crate" || names.starts_with("--") || names.starts_with(":-") {
            continue;
        }
        for name in names.split(',').map(str::trim) {
            let uses = read_uses(uses, &rows);
            if rows.insert(name.to_owned(), uses).is_some() {
                findings.push(Finding::new(place.clone(), format!("`{name}` has a second row")));
            }
        }
    }
    if rows.is_empty() {
        findings.push(Finding::new(PAGE, "the section `Import table` has no rows"));
    }
    rows
}

/// Reads the last cell; `all pure above` means the pure crates whose rows came before.
fn read_uses(cell: &str, above: &BTreeMap<String, Uses>) -> Uses {
    match cell {
        "all" => Uses::All,
        "dev only" => Uses::DevOnly,
        "all pure above" => {
            Uses::Named(above.keys().filter(|name| purity::is_pure(name)).cloned().collect())
        }
        "-" | "" => Uses::Named(BTreeSet::new()),
        names => Uses::Named(names.split(',').map(|name| name.trim().to_owned()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Map\n\n## Import table\n\n| crate | holds | uses |\n|---|---|---|\n\
        | `core` | words | - |\n| `expr` | guards | core |\n| `store` | rows | core |\n\
        | `engine` | steps | all pure above |\n| `bellwether` | program | all |\n\
        | `testkit, tidy` | tests | dev only |\n\n## Next\n\n| core | store | no row |\n";

    fn said(page: &str, manifests: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![(PAGE.to_owned(), page.to_owned())];
        for (name, uses) in manifests {
            files.push((format!("crates/{name}/Cargo.toml"), format!("[dependencies]\n{uses}")));
        }
        let files: Vec<_> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        check(&Repo::of(&files)).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn an_edge_must_be_in_the_table() {
        for (name, uses, said_about) in [
            ("core", "serde = \"1\"", None),
            ("expr", "bellwether-core.workspace = true", None),
            ("core", "bellwether-expr.workspace = true", Some("`core` must not use `expr`")),
            ("core", "x = { package = \"bellwether-expr\" }", Some("`core` must not use `expr`")),
            ("expr", "bellwether-store = { path = \"../store\" }", Some("must not use `store`")),
            ("engine", "bellwether-core = \"0\"\nbellwether-expr = \"0\"", None),
            ("engine", "bellwether-store.workspace = true", Some("must not use `store`")),
            ("bellwether", "bellwether-store.workspace = true", None),
            ("bellwether", "bellwether-testkit.workspace = true", Some("dev only")),
            ("store", "bellwether-testkit.workspace = true", Some("must not use `testkit`")),
            ("store", "[dev-dependencies]\nbellwether-testkit.workspace = true", None),
            ("tidy", "bellwether.workspace = true", None),
            ("store", "bellwether.workspace = true", Some("must not use `bellwether`")),
            ("attic", "", Some("no row for `attic`")),
        ] {
            let got = said(TABLE, &[(name, uses)]);
            match said_about {
                None => assert!(got.is_empty(), "{name} uses {uses}: {got:?}"),
                Some(part) => {
                    assert_eq!(got.len(), 1, "{name} uses {uses}: {got:?}");
                    assert!(got.iter().all(|what| what.contains(part)), "{got:?}");
                }
            }
        }
    }

    #[test]
    fn the_table_itself_must_be_readable() {
        let twice = TABLE.replace("| `store` | rows | core |", "| core | rows | - |");
        let four = TABLE.replace("| rows |", "| rows | and | more |");
        for (page, part) in [
            ("# Map\n", "has no rows"),
            (twice.as_str(), "second row"),
            (four.as_str(), "three cells"),
        ] {
            let got = said(page, &[]);
            assert!(got.iter().any(|what| what.contains(part)), "{part}: {got:?}");
        }
        assert_eq!(check(&Repo::of(&[])).len(), 1, "a missing page is said");
    }
}
