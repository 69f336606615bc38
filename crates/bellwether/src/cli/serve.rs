//! `serve`: the server, until it is asked to end.

use super::context::Context;
use crate::exit::Exit;
use crate::serve::{self, Serving};
use anyhow::Result;
use std::net::SocketAddr;

/// Where to answer.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// The address; port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7480")]
    listen: SocketAddr,
}

pub(super) fn run(context: &Context, args: &ServeArgs) -> Result<Exit> {
    let driver = context.open()?;
    let serving = Serving { listen: args.listen, access: crate::access::Settings::default() };
    serve::run(context, driver, &serving, |address| {
        println!("http://{address}/");
        eprintln!("serving; Ctrl-C ends it");
    })?;
    eprintln!("ended");
    Ok(Exit::Fine)
}
