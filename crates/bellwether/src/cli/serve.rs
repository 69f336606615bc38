//! `serve`: the server, until it is asked to end.

use super::context::Context;
use crate::config::Config;
use crate::exit::Exit;
use crate::serve::{self, Serving};
use anyhow::Result;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where to answer.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// The address instead of the configured one; port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The configuration; without it `bellwether.toml` in the data directory, if there is one.
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    config: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &ServeArgs) -> Result<Exit> {
    let config = Config::load(args.config.as_deref(), &context.data)?.config;
    let driver = context.open()?;
    let serving = Serving { listen: args.listen.unwrap_or(config.server.listen), config };
    serve::run(context, driver, &serving, |address| {
        println!("http://{address}/");
        eprintln!("serving; Ctrl-C ends it");
    })?;
    eprintln!("ended");
    Ok(Exit::Fine)
}
