//! `serve`: the server, until it is asked to end.

use super::context::Context;
use crate::exit::Exit;
use crate::serve::{self, Serving};
use anyhow::Result;
use std::net::SocketAddr;

/// Where to answer.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// The address instead of the configured one; port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub(super) fn run(context: &Context, args: &ServeArgs) -> Result<Exit> {
    let config = context.config_with(args.listen)?.config;
    let driver = context.open()?;
    let scheme = if config.server.tls.is_some() { "https" } else { "http" };
    let public_url = config.server.public_url.clone();
    let serving = Serving { config, is_demo: false };
    eprintln!("note: {}", context.config_origin());
    serve::run(context, driver, &serving, |address| {
        // What people type; an address of this machine alone is none of that.
        match public_url.filter(|_| !address.ip().is_loopback()) {
            Some(url) => println!("{url}/"),
            None => println!("{scheme}://{address}/"),
        }
        eprintln!("serving at {address}; Ctrl-C ends it");
    })?;
    eprintln!("ended");
    Ok(Exit::Fine)
}
