//! Files on the command line, each with the mapping that says what its rows mean.

use crate::exit::Problems;
use anyhow::{Context as _, Result};
use bellwether_adapters::{Mapping, shipped};
use bellwether_core::Problem;
use bellwether_core::problem::nearest;
use bellwether_engine::Rules;
use bellwether_runtime::import::Source;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files with their mappings.
#[derive(clap::Args)]
pub(crate) struct SourceArgs {
    /// Files to read (CSV, JSON, JSON lines, EML or mbox; gzip is seen by itself). `NAME=FILE` reads a
    /// file by a mapping of its own.
    #[arg(required = true, value_name = "[MAPPING=]FILE")]
    files: Vec<String>,
    /// The mapping of every file that names none: a shipped one, or a file. `--mapping list` shows the
    /// shipped ones.
    #[arg(long, value_name = "NAME|FILE")]
    mapping: Option<String>,
}

impl SourceArgs {
    /// Whether the user asked which mappings there are.
    pub(crate) fn wants_list(&self) -> bool {
        self.mapping.as_deref() == Some("list") || self.files.iter().any(|file| file == "list")
    }

    /// Reads the mappings and finds the files. Every problem is told at once.
    pub(crate) fn sources(&self) -> Result<Vec<Source>> {
        let mut problems = Vec::new();
        let mut sources = Vec::new();
        for file in &self.files {
            let (mapping, path) = match file.split_once('=') {
                Some((mapping, path)) => (Some(mapping.to_owned()), path),
                None => (self.mapping.clone(), file.as_str()),
            };
            let found = match mapping.or_else(|| by_file_name(path)) {
                Some(mapping) => read_mapping(&mapping),
                None => Err(vec![no_mapping(path)]),
            };
            match found {
                Ok(mapping) => sources.push(source(path, mapping)),
                Err(found) => problems.extend(found),
            }
            if !Path::new(path).is_file() {
                let message = format!("there is no file `{path}`");
                let help = "check the path; a folder cannot be read as one";
                problems.push(Problem::new("import-unreadable", message).help(help));
            }
        }
        if problems.is_empty() { Ok(sources) } else { Err(Problems(problems).into()) }
    }
}

fn source(path: &str, mapping: Mapping) -> Source {
    let file = PathBuf::from(path);
    let open = move || -> std::io::Result<Box<dyn Read>> { Ok(Box::new(File::open(&file)?)) };
    Source { name: path.to_owned(), mapping, open: Box::new(open), kept: false }
}

fn no_mapping(path: &str) -> Problem {
    let names: Vec<_> = shipped().iter().map(|(name, _)| *name).collect();
    let message = format!("no mapping says what the rows of `{path}` mean");
    let help = format!("add `--mapping NAME`; shipped are: {}", names.join(", "));
    Problem::new("import-no-mapping", message).help(help)
}

/// A shipped mapping whose name stands in the file's name.
fn by_file_name(path: &str) -> Option<String> {
    let stem = Path::new(path).file_name()?.to_string_lossy().to_lowercase();
    let named = shipped().iter().map(|(name, _)| *name);
    named.filter(|name| stem.starts_with(name)).max_by_key(|name| name.len()).map(str::to_owned)
}

/// A shipped mapping by name, or a mapping's file.
pub(crate) fn read_mapping(name: &str) -> Result<Mapping, Vec<Problem>> {
    if let Some((_, text)) = shipped().iter().find(|(known, _)| *known == name) {
        return Mapping::parse(&format!("{name}.yaml"), text);
    }
    let text = std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"));
    match text {
        Ok(text) => Mapping::parse(name, &text),
        Err(_) => {
            let message = format!("there is no shipped mapping and no file `{name}`");
            let known = shipped().iter().map(|(known, _)| *known);
            let problem = Problem::new("import-no-mapping", message);
            Err(vec![match nearest(name, known) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help("`bellwether mappings list` shows the shipped ones"),
            }])
        }
    }
}

/// The sources that shipped mappings read.
pub(crate) fn known_sources() -> Vec<String> {
    let parsed = shipped().iter().filter_map(|(name, text)| Mapping::parse(name, text).ok());
    let mut sources: Vec<_> = parsed.map(|mapping| mapping.source().to_owned()).collect();
    sources.sort();
    sources.dedup();
    sources
}

/// Refuses features that read what a mapping says is known only when the matter is closed.
pub(crate) fn refuse_hindsight(sources: &[Source], rules: &Rules) -> Result<()> {
    let late: Vec<_> = sources
        .iter()
        .flat_map(|source| source.mapping.schema())
        .filter(|field| field.known_at_close)
        .collect();
    let mut problems = Vec::new();
    for (kind, field, feature, place) in rules.features().reads() {
        if let Some(known) = late.iter().find(|known| known.kind == kind && known.field == field) {
            let message =
                format!("`{feature}` reads `{kind}.{field}`, which is known only at close");
            let help = format!(
                "{} says `known: close`: nobody knows it while deciding; take it out of the feature",
                known.place
            );
            problems.push(Problem::new("feature-hindsight", message).at(place).help(help));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_features::Kinds;
    use std::collections::BTreeSet;

    /// What a shipped mapping gives is what the table of kinds promises, or a bundle could not read it.
    #[test]
    fn shipped_mappings_give_what_the_table_of_kinds_says() {
        // The driver gives one kind by itself.
        let own = bellwether_runtime::edge::OWNER_STATUS.to_owned();
        let (table, mut given) = (Kinds::canonical(), BTreeSet::from([own]));
        let mut wrong = Vec::new();
        for (name, text) in shipped() {
            for field in Mapping::parse(name, text).unwrap().schema() {
                let known = table.kind(&field.kind).and_then(|kind| kind.field(&field.field));
                let said = known.map(|known| (known.kind, known.hindsight));
                if said != Some((field.value, field.known_at_close)) {
                    wrong
                        .push(format!("{}: {}.{}: {said:?}", field.place, field.kind, field.field));
                }
                given.insert(field.kind);
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        let idle: Vec<_> = table.names().filter(|name| !given.contains(*name)).collect();
        assert_eq!(idle, Vec::<&str>::new(), "no shipped mapping gives these");
    }
}
