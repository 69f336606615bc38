//! `policy schema`: JSON Schemas (draft 2020-12) of a bundle's files, for editors.
//!
//! - In: nothing.
//! - Out: one schema on stdout under a kind's name each, or a file per kind in a folder.
//! - Never: stands for the check: `policy check` says what a schema cannot.

use crate::exit::Exit;
use anyhow::{Context as _, Result};
use std::path::PathBuf;

/// Where to write them.
#[derive(clap::Args)]
pub(crate) struct SchemaArgs {
    /// A folder for them; without it all go to stdout, as one object by kind of file.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The kinds of file with their schemas.
pub(super) const SCHEMAS: [(&str, &str); 11] = [
    ("actions", include_str!("schemas/actions.json")),
    ("bundle", include_str!("schemas/bundle.json")),
    ("facts", include_str!("schemas/facts.json")),
    ("features", include_str!("schemas/features.json")),
    ("messages", include_str!("schemas/messages.json")),
    ("overrides", include_str!("schemas/overrides.json")),
    ("people", include_str!("schemas/people.json")),
    ("rates", include_str!("schemas/rates.json")),
    ("routing", include_str!("schemas/routing.json")),
    ("tests", include_str!("schemas/tests.json")),
    ("thresholds", include_str!("schemas/thresholds.json")),
];

pub(super) fn run(args: &SchemaArgs) -> Result<Exit> {
    let Some(folder) = &args.out else {
        let all = SCHEMAS.map(|(kind, text)| format!("{kind:?}: {}", text.trim_end()));
        println!("{{{}}}", all.join(",\n"));
        return Ok(Exit::Fine);
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (kind, text) in SCHEMAS {
        let file = folder.join(format!("{kind}.schema.json"));
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    println!("{}: {} schemas", folder.display(), SCHEMAS.len());
    Ok(Exit::Fine)
}
