//! Reading a bundle's folder, or one of the bundles inside the program.

use crate::exit::Problems;
use anyhow::{Context, Result, bail};
use bellwether_core::Problem;
use bellwether_core::problem::nearest;
use bellwether_engine::Rules;
use std::collections::BTreeMap;
use std::path::Path;

/// A bundle inside the program: its name and its files.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) files: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/bundles.rs"));

/// The largest file of a bundle, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// The files of a bundle: a folder, or the name of a shipped one.
pub(crate) fn files(place: &Path) -> Result<BTreeMap<String, String>> {
    if place.is_dir() {
        let mut files = BTreeMap::new();
        read_folder(place, "", &mut files)?;
        return Ok(files);
    }
    let name = place.to_string_lossy();
    if let Some(shipped) = SHIPPED.iter().find(|shipped| shipped.name == name) {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        return Ok(shipped.files.iter().map(own).collect());
    }
    Err(unknown(&name).into())
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
            if entry.metadata()?.len() > MAX_FILE {
                bail!("{} is larger than 4 MiB: no file of a bundle is", entry.path().display());
            }
            let text = std::fs::read_to_string(entry.path())
                .with_context(|| format!("cannot read {}", entry.path().display()))?;
            files.insert(path, text);
        }
    }
    Ok(())
}
