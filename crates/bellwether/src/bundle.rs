//! Reading a bundle's folder, with its parents, or one of the bundles inside the program.
//!
//! - In: a folder, or a shipped bundle's name.
//! - Out: its files, and beside them its lock and its proof; nothing is believed of those here.
//! - Never: reads a file above 4 MiB, or more than four bundles of a chain.

mod child;

use crate::exit::Problems;
use crate::{lock, prove};
use anyhow::{Context, Result, bail};
use bellwether_core::authored::Document;
use bellwether_core::problem::nearest;
use bellwether_core::{Digest, Place, Problem};
use bellwether_engine::Rules;
use bellwether_policy::Files;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A bundle inside the program: its name and its files.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) files: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/bundles.rs"));

/// The largest file of a bundle, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// The most bundles of a chain: the enterprise's, and three on top of it.
const MOST_IN_CHAIN: usize = 4;

/// A bundle as it lies in its folder.
pub(crate) struct Source {
    /// The files of the folder itself.
    pub(crate) own: BTreeMap<String, String>,
    /// The digest of the parent's files, if there is a parent.
    pub(crate) parent: Option<Digest>,
    /// The files that decide: the own ones on top of the parent's.
    pub(crate) files: BTreeMap<String, String>,
    /// The text of `BUNDLE.lock`.
    pub(crate) lock: Option<String>,
    /// The text of `PROOF.json`.
    pub(crate) proof: Option<String>,
}

/// Which rules they are, for programs: the bundle's name and version, and the digest.
pub(crate) fn told(rules: &Rules) -> serde_json::Value {
    let meta = rules.policy().meta();
    let digest = rules.digest().to_string();
    serde_json::json!({"bundle": meta.name, "version": meta.version, "rules": digest})
}

/// The files that decide of a bundle: a folder, or the name of a shipped one.
pub(crate) fn files(place: &Path) -> Result<BTreeMap<String, String>> {
    Ok(source(place)?.files)
}

/// A bundle with its lock and its proof: a folder, or the name of a shipped one.
///
/// # Errors
/// `bundle-unknown`, `bundle-parent-*`, `merge-*`, and what the system says.
pub(crate) fn source(place: &Path) -> Result<Source> {
    if !place.is_dir() {
        let own = shipped(place)?;
        return Ok(Source { files: own.clone(), own, parent: None, lock: None, proof: None });
    }
    let chain = chain(place)?;
    let mut chain = chain.into_iter().rev();
    let (folder, mut files) = chain.next().unwrap_or_default();
    let (mut own, mut own_folder, mut parent) = (files.clone(), folder, None);
    for (folder, child) in chain {
        parent = Some(bellwether_policy::digest(&files));
        files = merged(&files, &child)?;
        (own, own_folder) = (child, folder);
    }
    let (lock, proof) =
        (beside(&own_folder, lock::FILE)?, beside(&own_folder, prove::report::FILE)?);
    Ok(Source { own, parent, files, lock, proof })
}

/// The files of a bundle's parent, if it has one.
pub(crate) fn parent(place: &Path) -> Result<Option<BTreeMap<String, String>>> {
    if !place.is_dir() {
        return Ok(None);
    }
    let chain = chain(place)?;
    chain.get(1).map(|(folder, _)| files(folder)).transpose()
}

/// The files that decide when `own` are those of a bundle's folder.
///
/// # Errors
/// Those of [`source`].
pub(crate) fn with_own(place: &Path, own: &Files) -> Result<Files> {
    parent(place)?.map_or_else(|| Ok(own.clone()), |parent| merged(&parent, own))
}

/// A child's files on top of its parent's.
fn merged(parent: &Files, child: &Files) -> Result<Files> {
    let mut problems = child::check(parent, child);
    match bellwether_policy::merge(parent, child) {
        Ok(merged) if problems.is_empty() => Ok(merged),
        Ok(_) => Err(Problems(problems).into()),
        Err(found) => {
            problems.extend(found);
            Err(Problems(problems).into())
        }
    }
}

/// The files of a parent, and those of both although the child permits something: to show what that would
/// allow. Nothing where the child is refused for another reason.
pub(crate) fn with_permits(
    place: &Path,
) -> Option<(BTreeMap<String, String>, BTreeMap<String, String>)> {
    let chain = place.is_dir().then(|| chain(place).ok()).flatten()?;
    let [(_, child), (parent, _), ..] = chain.as_slice() else { return None };
    let parent = files(parent).ok()?;
    let merged = bellwether_policy::merge(&parent, child).ok()?;
    Some((parent, merged))
}

/// The folders of a chain with their files, the youngest child first.
fn chain(place: &Path) -> Result<Vec<(PathBuf, BTreeMap<String, String>)>> {
    let mut chain: Vec<(PathBuf, BTreeMap<String, String>)> = Vec::new();
    let mut folder = place.to_owned();
    loop {
        let real = std::fs::canonicalize(&folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        let mut files = BTreeMap::new();
        read_folder(&real, "", &mut files)?;
        let next = head(&files, "parent");
        chain.push((real.clone(), files));
        let Some((parent, at)) = next else { return Ok(chain) };
        let wanted = real.join(&parent);
        let refuse = |problem: Problem, help: &str| {
            Err(Problems(vec![problem.at(at.clone()).help(help)]).into())
        };
        if !wanted.is_dir() {
            let message = format!("there is no folder `{parent}` beside this bundle");
            return refuse(
                Problem::new("bundle-parent-missing", message),
                "`parent` is a path such as `../enterprise`",
            );
        }
        let wanted = std::fs::canonicalize(&wanted)?;
        if chain.iter().any(|(known, _)| *known == wanted) {
            let message = format!("`{parent}` is a child of this bundle itself");
            return refuse(
                Problem::new("bundle-parent-cycle", message),
                "name a parent that stands above it",
            );
        }
        if chain.len() == MOST_IN_CHAIN {
            let message = format!("more than {MOST_IN_CHAIN} bundles stand on each other");
            return refuse(
                Problem::new("bundle-parent-deep", message),
                "put some of them together",
            );
        }
        folder = wanted;
    }
}

/// What `bundle.yaml` says under a name, and where.
pub(crate) fn head(files: &BTreeMap<String, String>, name: &str) -> Option<(String, Place)> {
    let document = Document::read("bundle.yaml", files.get("bundle.yaml")?).ok()?;
    let node = document.root.get(name)?;
    Some((node.text()?.to_owned(), document.place(node)))
}

/// A file beside those that decide, if it is there.
fn beside(folder: &Path, name: &str) -> Result<Option<String>> {
    let path = folder.join(name);
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        _ => read_file(&path).map(Some),
    }
}

/// The text of a bundle's file, or of what it links to.
fn read_file(path: &Path) -> Result<String> {
    let cannot = || format!("cannot read {}", path.display());
    if std::fs::metadata(path).with_context(cannot)?.len() > MAX_FILE {
        bail!("{} is larger than 4 MiB: no file of a bundle is", path.display());
    }
    std::fs::read_to_string(path).with_context(cannot)
}

/// The files of a shipped bundle.
fn shipped(place: &Path) -> Result<BTreeMap<String, String>> {
    let name = place.to_string_lossy();
    let Some(shipped) = SHIPPED.iter().find(|shipped| shipped.name == name) else {
        return Err(unknown(&name).into());
    };
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    Ok(shipped.files.iter().map(own).collect())
}

/// Neither a folder nor one of ours: the nearest name, and which there are.
fn unknown(name: &str) -> Problems {
    let known = SHIPPED.iter().map(|shipped| shipped.name);
    let all = known.clone().collect::<Vec<_>>().join(", ");
    let help = match nearest(name, known) {
        Some(close) => format!("did you mean `{close}`? shipped are: {all}"),
        None => format!("name a folder, or a shipped one: {all}"),
    };
    let message = format!("there is no folder and no shipped bundle `{name}`");
    Problems(vec![Problem::new("bundle-unknown", message).help(help)])
}

/// Reads, checks and composes a bundle.
pub(crate) fn load(place: &Path) -> Result<Rules> {
    Rules::compose(files(place)?).map_err(|problems| Problems(problems).into())
}

fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && prefix.is_empty() {
                read_folder(&entry.path(), &path, files)?;
            }
        } else if name.ends_with(".yaml") || name.ends_with(".cedar") {
            files.insert(path, read_file(&entry.path())?);
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_is_as_large_as_what_it_leads_to_and_what_cannot_be_read_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("mine")).unwrap();
        std::fs::write(at("mine/bundle.yaml"), "bundle: mine\n").unwrap();
        assert!(source(&at("mine")).unwrap().lock.is_none());
        std::fs::File::create(at("large")).unwrap().set_len(MAX_FILE + 1).unwrap();
        let refused = || source(&at("mine")).err().unwrap().to_string();
        for name in ["mine/facts.yaml", "mine/BUNDLE.lock"] {
            symlink(at("large"), at(name)).unwrap();
            assert!(refused().contains("larger than 4 MiB"), "{name}: {}", refused());
            std::fs::remove_file(at(name)).unwrap();
        }
        symlink(at("mine/BUNDLE.lock"), at("mine/BUNDLE.lock")).unwrap();
        assert!(refused().contains("cannot read"), "{}", refused());
    }
}
