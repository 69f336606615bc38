//! `privacy export`: everything that is kept of somebody, opened.

use super::subject::SubjectArgs;
use crate::cli::context::{Context, now};
use crate::cli::names::read_purpose;
use crate::exit::{Exit, Failure};
use anyhow::{Context as _, Result};
use bellwether_runtime::DriveError;
use bellwether_runtime::privacy::PrivacyError;
use bellwether_store::Access;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

/// Whose data to open, what for, and where to.
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    whom: SubjectArgs,
    /// What for: a word such as `request-2026-17`. It is recorded before anything is opened.
    #[arg(long, value_name = "PURPOSE", value_parser = read_purpose)]
    purpose: String,
    /// The file to write, readable by its owner only; without it, stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(context: &Context, args: &ExportArgs) -> Result<Exit> {
    let mut driver = context.open()?;
    let subject = args.whom.find(&mut driver)?;
    if !subject.is_known() && subject.erased.is_none() {
        return Err(Failure::drive(DriveError::from(PrivacyError::Unknown)).into());
    }
    let ids: Vec<_> = subject.slots.values().map(ToString::to_string).collect();
    let what = format!("everything of {}", ids.join(", "));
    let access = Access { at: now(), what, purpose: args.purpose.clone() };
    driver.note_access(&access).map_err(Failure::drive)?;
    let mut held = driver.open_subject(&subject).map_err(Failure::drive)?;
    if let (Some(erased), Some(object)) = (&subject.erased, held.as_object_mut()) {
        object.insert("erased".to_owned(), erased.at.to_string().into());
    }
    let text = format!("{held:#}\n");
    let Some(file) = &args.out else {
        print!("{text}");
        return Ok(Exit::Fine);
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut open| open.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("written to {}; it holds personal data in the clear", file.display());
    Ok(Exit::Fine)
}
