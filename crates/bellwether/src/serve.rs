//! The server: intake, reading API, sign-in and console over one running driver.
//!
//! - In: a data directory that is open for work, and a listener.
//! - Out: answers to requests, until it is asked to end; then the rest is made durable.
//! - Never: reads the journal on the driver's thread, or lets a request wait for ever.

mod health;

use crate::access::{self, Desk};
use crate::cli::context::{Context, Working, now};
use crate::exit::Failure;
use crate::http::{self, Limits};
use anyhow::{Context as _, Result};
use axum::Router;
use axum::middleware::from_fn_with_state;
use bellwether_runtime::live::{self, Intake, Live, Settings};
use bellwether_runtime::names::Names;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Bodies are at most 1 MiB (design: bounded everything).
const LIMITS: Limits = Limits {
    head: Duration::from_secs(10),
    request: Duration::from_secs(30),
    body: 1 << 20,
    connections: 1024,
};

/// What every handler may ask.
pub(crate) struct App {
    /// The running driver.
    pub(crate) live: Live,
    /// Takes parcels in.
    pub(crate) intake: Intake,
    /// The data directory, for readers of their own.
    pub(crate) data: PathBuf,
    /// Tells who somebody is and what they may do.
    pub(crate) access: Arc<Desk>,
}

/// Where and how to serve.
pub(crate) struct Serving {
    /// The address; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// How people and programs sign in.
    pub(crate) access: access::Settings,
}

/// Serves until the program is asked to end. `told` hears the address.
pub(crate) fn run(
    context: &Context,
    mut driver: Working,
    serving: &Serving,
    told: impl FnOnce(SocketAddr),
) -> Result<()> {
    let names = Names::of(driver.edge().vault_mut(), now());
    let names = names.map_err(|error| Failure::drive(error.into()))?;
    let settings = Settings {
        clock: Arc::new(now),
        most_waiting: 100_000,
        reader: Box::new(|_| Ok(Vec::new())),
    };
    let running = live::start(driver, settings).map_err(Failure::live)?;
    let leaf = access::leaf(running.live().clone(), serving.access.owner);
    let desk = Desk::open(&context.data, names, serving.access.clone(), Arc::new(now), leaf);
    let desk = Arc::new(desk.map_err(|error| Failure::access(&error))?);
    let first = desk.first_link(now()).map_err(|error| Failure::access(&error))?;
    let app = Arc::new(App {
        live: running.live().clone(),
        intake: running.intake().clone(),
        data: context.data.clone(),
        access: desk,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("cannot start")?.block_on(async {
        let listener = TcpListener::bind(serving.listen).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", serving.listen))?;
        let address = listener.local_addr().context("cannot listen")?;
        told(address);
        if let Some(secret) = first {
            eprintln!("no account yet; make the first one within 24 hours, once, at");
            eprintln!("{}", serving.access.page(address, &format!("first?token={secret}")));
        }
        tokio::spawn(access::keep_tidy(Arc::clone(&app.access)));
        http::serve(listener, routes(app), LIMITS, http::asked_to_end()).await;
        anyhow::Ok(())
    })?;
    running.stop();
    Ok(())
}

/// Every route of the server.
fn routes(app: Arc<App>) -> Router {
    let desk = &app.access;
    let seen = Router::new().merge(health::routes()).with_state(Arc::clone(&app));
    let known = seen.merge(access::routes(desk));
    let known = known.layer(from_fn_with_state(Arc::clone(desk), access::identify));
    known.layer(from_fn_with_state(Arc::clone(desk), access::headers))
}
