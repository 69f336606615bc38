//! `policy init`: a bundle to begin with.
//!
//! - In: an empty or new folder, and perhaps a shipped bundle.
//! - Out: its files, ready to be checked, tested and proved.
//! - Never: writes into a folder that has something in it.

use crate::bundle;
use crate::cli::{Format, context::Context};
use crate::exit::{Exit, Problems};
use anyhow::{Context as _, Result};
use bellwether_core::Problem;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where to begin, and with what.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    /// The folder: a new one, or an empty one.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Copy this shipped bundle instead of the small commented one.
    #[arg(long, value_name = "NAME")]
    from: Option<PathBuf>,
}

/// The small bundle, file by file.
pub(super) const STARTER: [(&str, &str); 10] = [
    ("actions.yaml", include_str!("starter/actions.yaml")),
    ("boundaries/vouchers.cedar", include_str!("starter/boundaries/vouchers.cedar")),
    ("bundle.yaml", include_str!("starter/bundle.yaml")),
    ("facts.yaml", include_str!("starter/facts.yaml")),
    ("invariants/vouchers.cedar", include_str!("starter/invariants/vouchers.cedar")),
    ("people.yaml", include_str!("starter/people.yaml")),
    ("routing/cases.yaml", include_str!("starter/routing/cases.yaml")),
    ("tests/actions.yaml", include_str!("starter/tests/actions.yaml")),
    ("tests/cases.yaml", include_str!("starter/tests/cases.yaml")),
    ("thresholds.yaml", include_str!("starter/thresholds.yaml")),
];

pub(super) fn run(context: &Context, args: &InitArgs) -> Result<Exit> {
    let shown = args.folder.display();
    let files: BTreeMap<String, String> = match &args.from {
        Some(name) => bundle::files(name)?,
        None => STARTER.map(|(path, text)| (path.to_owned(), text.to_owned())).into(),
    };
    let taken = match std::fs::read_dir(&args.folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => args.folder.exists(),
    };
    if taken {
        let problem = Problem::new("bundle-folder-taken", format!("there is something at {shown}"));
        return Err(Problems(vec![problem.help("name a new folder, or an empty one")]).into());
    }
    for (path, text) in &files {
        let file = args.folder.join(path);
        let folder = file.parent().unwrap_or(&args.folder);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&file, text))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    match context.format {
        Format::Json => println!("{}", serde_json::Value::from_iter(files.into_keys())),
        Format::Text => println!("{shown}: {} files", files.len()),
    }
    eprintln!("next: `bellwether policy check {shown}`, then `bellwether policy test {shown}`");
    Ok(Exit::Fine)
}
