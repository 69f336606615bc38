//! What a `Cargo.toml` depends on, read line by line.
//!
//! Only the shapes that manifests of this repository use are understood: `name = ...`,
//! `name.workspace = true`, `[dependencies.name]`, and the same under `[target.'...']`.

use std::collections::BTreeMap;

/// Dependencies of the shipped code: key as written -> package name.
/// Development dependencies are free and left out; those of a build script count.
pub fn dependencies(manifest: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut section = Section::Other;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = Section::of(line);
            if let Section::One(key) = &section {
                found.insert(key.clone(), key.clone());
            }
            continue;
        }
        let Some((left, right)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        match &section {
            Section::Other => {}
            Section::One(key) if left.trim() == "package" => {
                found.insert(key.clone(), unquote(right).to_owned());
            }
            Section::One(_) => {}
            Section::Many => {
                let key = left.trim().split('.').next().unwrap_or_default().trim_matches('"');
                let package = renamed(left, right).unwrap_or(key);
                found.insert(key.to_owned(), package.to_owned());
            }
        }
    }
    found
}

/// Where a line stands.
enum Section {
    Other,
    /// A table of dependencies.
    Many,
    /// The table of one dependency.
    One(String),
}

impl Section {
    fn of(line: &str) -> Self {
        let name = line.split(']').next().unwrap_or_default().trim_start_matches('[').trim();
        let last = name.rsplit('.').next().unwrap_or_default();
        for kind in ["dependencies", "build-dependencies"] {
            if name == kind || (name.starts_with("target.") && last == kind) {
                return Self::Many;
            }
            let before = name.strip_suffix(last).and_then(|rest| rest.strip_suffix('.'));
            let inside = before.is_some_and(|table| {
                table == kind
                    || (table.starts_with("target.") && table.rsplit('.').next() == Some(kind))
            });
            if inside {
                return Self::One(last.trim_matches('"').to_owned());
            }
        }
        Self::Other
    }
}

/// The package of `key = { package = "name" }` or `key.package = "name"`.
fn renamed<'a>(left: &str, right: &'a str) -> Option<&'a str> {
    if left.trim().ends_with(".package") {
        return Some(unquote(right));
    }
    let fields = right.trim().strip_prefix('{')?.split(',');
    fields.filter_map(|field| field.split_once('=')).find_map(|(name, value)| {
        (name.trim() == "package").then(|| unquote(value.trim_end_matches([' ', '}'])))
    })
}

fn unquote(value: &str) -> &str {
    value.trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_dependency_is_read() {
        for (manifest, expected) in [
            ("[dependencies]\na = \"1\"\nb.workspace = true", "a=a b=b"),
            ("[dependencies]\na = { workspace = true, features = [\"x\"] } # why", "a=a"),
            ("[dependencies]\na = { package = \"b\", version = \"1\" }", "a=b"),
            ("[dependencies]\na = { version = \"1\", package = \"b\" }", "a=b"),
            ("[dependencies.a]\npackage = \"b\"\nversion = \"1\"", "a=b"),
            ("[build-dependencies]\na = \"1\"", "a=a"),
            ("[target.'cfg(unix)'.dependencies]\na = \"1\"", "a=a"),
            ("[target.'cfg(unix)'.dependencies.a]\nversion = \"1\"", "a=a"),
            ("[dev-dependencies]\na = \"1\"\n[dev-dependencies.b]\nversion = \"1\"", ""),
            ("[package]\nname = \"a\"\n[dependencies]\n# b = \"1\"\n[lints]\nworkspace = true", ""),
        ] {
            let got = dependencies(manifest);
            let got: Vec<_> = got.iter().map(|(key, package)| format!("{key}={package}")).collect();
            assert_eq!(got.join(" "), expected, "{manifest}");
        }
    }
}
