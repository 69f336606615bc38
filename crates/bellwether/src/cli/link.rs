//! `link`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Arguments.
#[derive(clap::Args)]
pub(crate) struct LinkArgs {}
pub(crate) fn link(_: &Context, _: &LinkArgs) -> Result<Exit> { bail!("not built yet") }
pub(crate) fn unlink(_: &Context, _: &LinkArgs) -> Result<Exit> { bail!("not built yet") }
