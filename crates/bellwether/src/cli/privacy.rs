//! `privacy`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Commands.
#[derive(clap::Subcommand)]
pub(crate) enum PrivacyCommand { /// Purge.
 Purge }
pub(crate) fn run(_: &Context, _: &PrivacyCommand) -> Result<Exit> { bail!("not built yet") }
