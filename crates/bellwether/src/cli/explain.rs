//! `explain`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Arguments.
#[derive(clap::Args)]
pub(crate) struct ExplainArgs {}
pub(crate) fn run(_: &Context, _: &ExplainArgs) -> Result<Exit> { bail!("not built yet") }
