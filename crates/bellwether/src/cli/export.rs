//! `export`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Commands.
#[derive(clap::Subcommand)]
pub(crate) enum ExportCommand { /// Decisions.
 Decisions }
pub(crate) fn run(_: &Context, _: &ExportCommand) -> Result<Exit> { bail!("not built yet") }
