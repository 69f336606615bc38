//! The server: intake, reading API, sign-in and console over one running driver.
//!
//! - In: a data directory that is open for work, and a listener.
//! - Out: answers to requests, until it is asked to end; then the rest is made durable.
//! - Never: reads the journal on the driver's thread, or lets a request wait for ever.

mod health;
pub(crate) mod intake;
mod problem;

use crate::cli::context::{Context, Working, now};
use crate::config::Config;
use crate::exit::{Failure, Problems};
use crate::http::{self, Limits};
use anyhow::{Context as _, Result};
use axum::Router;
use bellwether_runtime::live::{self, Intake, Live, Settings};
use intake::Doors;
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
    /// Who may send signals, and how they are read.
    pub(crate) doors: Arc<Doors>,
}

/// Where and how to serve.
pub(crate) struct Serving {
    /// The address; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// Everything else.
    pub(crate) config: Config,
}

/// Serves until the program is asked to end. `told` hears the address.
pub(crate) fn run(
    context: &Context,
    driver: Working,
    serving: &Serving,
    told: impl FnOnce(SocketAddr),
) -> Result<()> {
    let doors = Arc::new(Doors::open(&serving.config).map_err(Problems)?);
    let reader = Arc::clone(&doors);
    let settings = Settings {
        clock: Arc::new(now),
        most_waiting: serving.config.intake.most_waiting,
        reader: Box::new(move |parcel| reader.read(parcel)),
    };
    let running = live::start(driver, settings).map_err(Failure::live)?;
    let app = Arc::new(App {
        live: running.live().clone(),
        intake: running.intake().clone(),
        data: context.data.clone(),
        doors,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("cannot start")?.block_on(async {
        let listener = TcpListener::bind(serving.listen).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", serving.listen))?;
        told(listener.local_addr().context("cannot listen")?);
        http::serve(listener, routes(app), LIMITS, http::asked_to_end()).await;
        anyhow::Ok(())
    })?;
    running.stop();
    Ok(())
}

/// Every route of the server.
fn routes(app: Arc<App>) -> Router {
    Router::new().merge(health::routes()).merge(intake::routes()).with_state(app)
}
