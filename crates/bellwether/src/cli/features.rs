//! `features`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Commands.
#[derive(clap::Subcommand)]
pub(crate) enum FeaturesCommand { /// Backfill.
 Backfill }
pub(crate) fn run(_: &Context, _: &FeaturesCommand) -> Result<Exit> { bail!("not built yet") }
