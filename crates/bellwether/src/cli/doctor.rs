//! `doctor`: being written.
use super::context::Context;
use crate::exit::Exit;
use anyhow::{Result, bail};
/// Arguments.
#[derive(clap::Args)]
pub(crate) struct DoctorArgs {}
pub(crate) fn run(_: &Context, _: &DoctorArgs) -> Result<Exit> { bail!("not built yet") }
