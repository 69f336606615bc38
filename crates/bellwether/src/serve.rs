//! The server: intake, reading API, sign-in and console over one running driver.
//!
//! - In: a data directory that is open for work, and a listener.
//! - Out: answers to requests, until it is asked to end; then the rest is made durable.
//! - Never: reads the journal on the driver's thread, or lets a request wait for ever.

mod api;
mod cards;
pub(crate) mod channels;
pub(crate) mod console;
mod health;
pub(crate) mod intake;
mod metrics;
pub(crate) mod operate;
pub(crate) mod problem;
pub(crate) mod read;
mod settings;
mod start;
mod versions;
mod viewer;

use crate::access::{self, Desk};
use crate::cli::context::{Context, Working};
use crate::config::Config;
use crate::exit::Failure;
use crate::http::tls;
use crate::http::{self, Limits};
use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bellwether_core::Ppm;
use bellwether_runtime::delivery::Again;
use bellwether_runtime::live::{Intake, Live, LiveError};
use bellwether_runtime::trace::Spans;
use intake::Doors;
use metrics::Metrics;
use read::Reading;
use start::Started;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use versions::Versions;

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
    /// Who may send signals, and how they are read.
    pub(crate) doors: Arc<Doors>,
    /// Tells who somebody is and what they may do.
    pub(crate) access: Arc<Desk>,
    /// A made-up company: whoever reaches the loopback address may look, and answer for everybody.
    pub(crate) is_demo: bool,
    /// Has effects tried again, where there is a channel.
    pub(crate) again: Option<Again>,
    /// A proxy ends TLS: an address of this machine says nothing of who asks.
    pub(crate) behind_proxy: bool,
    /// Takes spans, where traces are kept; and the share of those that begin here.
    pub(crate) traces: Option<(Arc<dyn Spans>, Ppm)>,
    /// What pages and the API read.
    pub(crate) reading: Arc<Reading>,
    /// What is counted of the versions of the rules.
    pub(crate) versions: Arc<Versions>,
    /// Whether a second person must agree before rules begin.
    pub(crate) four_eyes: bool,
}

/// Where and how to serve.
pub(crate) struct Serving {
    /// What is configured.
    pub(crate) config: Config,
    /// A made-up company, on loopback: nobody has to sign in.
    pub(crate) is_demo: bool,
}

/// Serves until the program is asked to end. `told` hears the address.
pub(crate) fn run(
    context: &Context,
    driver: Working,
    serving: &Serving,
    told: impl FnOnce(SocketAddr),
) -> Result<()> {
    let started = Started::new(context, driver, serving)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = runtime.context("cannot start")?.block_on(async {
        let listener = http::listen(serving.config.server.listen).await?;
        let address = listener.local_addr().context("cannot listen")?;
        let end = http::asked_to_end();
        told(address);
        if let Some(page) = started.first_page(address) {
            eprintln!("no account yet; make the first one within 24 hours, once, at\n{page}");
        }
        let tidy = tokio::spawn(access::keep_tidy(Arc::clone(&started.app.access)));
        let tls = started.tls.clone();
        let again = tls.clone().map(|tls| tokio::spawn(tls::look_when_told(tls)));
        let routes = routes(Arc::clone(&started.app), Arc::clone(&started.metrics));
        let failed = failed(started.app.live.clone());
        let end = async move {
            tokio::select! { () = end => {}, () = failed => {} }
        };
        http::serve(listener, tls, routes, LIMITS, end).await;
        tidy.abort();
        again.inspect(|again| again.abort());
        anyhow::Ok(())
    });
    let has_failed = started.app.live.has_failed();
    started.end();
    served?;
    match has_failed {
        true => Err(Failure::live(LiveError::Failed).into()),
        false => Ok(()),
    }
}

/// Done once the driver cannot go on: whoever runs the program starts it again.
async fn failed(live: Live) {
    let mut looks = tokio::time::interval(Duration::from_millis(500));
    while !live.has_failed() {
        looks.tick().await;
    }
}

/// Every route of the server.
fn routes(app: Arc<App>, metrics: Arc<Metrics>) -> Router {
    let desk = &app.access;
    let shown = get(metrics::show).with_state(Arc::clone(&metrics));
    let shown = shown.layer(from_fn_with_state(Arc::clone(&app), viewer::guard_figures));
    let seen = Router::new()
        .merge(health::routes())
        .merge(intake::routes())
        .merge(api::routes())
        .merge(console::routes())
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&app), viewer::guard));
    let known = seen.with_state(Arc::clone(&app)).merge(access::routes(desk));
    let known = known.route("/metrics", shown);
    let known = known.layer(from_fn_with_state(Arc::clone(desk), access::identify));
    let known = known.layer(from_fn_with_state(Arc::clone(desk), access::headers));
    known.layer(from_fn_with_state(metrics, metrics::count))
}

async fn nowhere(request: Request) -> Response {
    let refused = api::nowhere();
    if api::is_api(&request) { refused.into_response() } else { console::refused(&refused) }
}

async fn wrong_method(request: Request) -> Response {
    let refused = api::wrong_method(request.method());
    if api::is_api(&request) { refused.into_response() } else { console::refused(&refused) }
}
