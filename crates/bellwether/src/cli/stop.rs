//! `stop`: the switch that stops all sending, and lets it go on.

use super::Format;
use super::context::{Context, now};
use super::names::read_purpose;
use super::outbox::open;
use crate::exit::{Exit, Failure};
use crate::serve::read::house::sending;
use anyhow::Result;
use bellwether_runtime::delivery;

/// Whether to stop, and who says so.
#[derive(clap::Args)]
pub(crate) struct StopArgs {
    /// Let sending go on.
    #[arg(long)]
    resume: bool,
    /// Who says so, by their handle; it is written to the log.
    #[arg(long, value_name = "HANDLE", default_value = "command", value_parser = read_purpose)]
    by: String,
}

pub(crate) fn run(context: &Context, args: &StopArgs) -> Result<Exit> {
    let mut driver = open(context)?;
    delivery::stop(&mut driver, now(), !args.resume, &args.by).map_err(Failure::drive)?;
    driver.commit().map_err(Failure::drive)?;
    match context.format {
        Format::Json => println!("{}", serde_json::to_string(&sending(driver.store())?)?),
        Format::Text if args.resume => println!("sending goes on"),
        Format::Text => {
            println!("all sending is stopped, also after a restart; what is decided waits");
            println!("  let it go on: bellwether stop --resume");
        }
    }
    Ok(Exit::Fine)
}
