//! `completions` and `man`: made from the arguments themselves, so they never lag behind.

use super::help::command;
use crate::exit::Exit;
use anyhow::Result;
use clap_complete::Shell;
use std::io;

/// Arguments of `completions`.
#[derive(clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell.
    shell: Shell,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit> {
    clap_complete::generate(args.shell, &mut command(), "bellwether", &mut io::stdout());
    Ok(Exit::Fine)
}

pub(crate) fn manual() -> Result<Exit> {
    clap_mangen::Man::new(command()).render(&mut io::stdout())?;
    Ok(Exit::Fine)
}
