//! `policy`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Commands.
#[derive(clap::Subcommand)]
pub(crate) enum PolicyCommand { /// Check.
 Check }
pub(crate) fn run(_: &Context, _: &PolicyCommand) -> Result<Exit> { bail!("not built yet") }
