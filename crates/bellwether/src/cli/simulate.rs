//! `simulate`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Arguments.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {}
pub(crate) fn run(_: &Context, _: &SimulateArgs) -> Result<Exit> { bail!("not built yet") }
