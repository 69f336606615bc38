//! `demo`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Arguments.
#[derive(clap::Args)]
pub(crate) struct DemoArgs {}
pub(crate) fn run(_: &Context, _: &DemoArgs) -> Result<Exit> { bail!("not built yet") }
