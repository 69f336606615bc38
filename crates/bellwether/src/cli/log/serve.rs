//! `log serve`: the log over HTTP as c2sp.org/tlog-tiles says, straight from the database.

use super::failed;
use crate::cli::context::Context;
use crate::exit::Exit;
use crate::http::{self, Limits};
use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bellwether_ledger::tree::Tile;
use bellwether_store::{Epoch, StoreError, View};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Nothing is sent to a log that is only read.
const LIMITS: Limits = Limits {
    head: Duration::from_secs(10),
    request: Duration::from_secs(30),
    body: 1 << 10,
    connections: 512,
};

/// What never changes may be kept by whoever stands between.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_NOW: &str = "no-cache";

/// Where to answer.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// The address; port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7481")]
    listen: SocketAddr,
}

/// The log, read anew for each request: a reader costs little, and never holds the writer up.
struct Log {
    data: PathBuf,
}

pub(super) fn run(context: &Context, args: &ServeArgs) -> Result<Exit> {
    let store = context.read()?;
    let origin = store.epoch().map_err(|error| failed(error.into()))?.origin;
    drop(store);
    let log = Arc::new(Log { data: context.data.clone() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start")?.block_on(async {
        let listener = TcpListener::bind(args.listen).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", args.listen))?;
        let address = listener.local_addr().context("cannot listen")?;
        println!("http://{address}/");
        eprintln!("{origin}: serving checkpoint and tiles; Ctrl-C ends it");
        http::serve(listener, routes(log), LIMITS, http::asked_to_end()).await;
        eprintln!("ended");
        Ok(Exit::Fine)
    })
}

fn routes(log: Arc<Log>) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/log.vkey", get(keys))
        .route("/tile/{*path}", get(tile))
        .with_state(log)
}

impl Log {
    fn read<T>(
        &self,
        read: impl FnOnce(&View, &Epoch) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let view = View::open(&self.data)?;
        let epoch = view.epoch()?;
        read(&view, &epoch)
    }
}

/// Reads in a thread where waiting is fine.
async fn answer(
    log: Arc<Log>,
    kind: &'static str,
    keep: &'static str,
    read: impl FnOnce(&View, &Epoch) -> Result<Option<Vec<u8>>, StoreError> + Send + 'static,
) -> Response {
    let found = tokio::task::spawn_blocking(move || log.read(read)).await;
    match found {
        Ok(Ok(Some(bytes))) => {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], bytes).into_response()
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => {
            tracing::error!(code = error.code(), "The log could not be read.");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn checkpoint(State(log): State<Arc<Log>>) -> Response {
    let read =
        |view: &View, epoch: &Epoch| Ok(view.last_checkpoint(epoch.number)?.map(|kept| kept.note));
    answer(log, "text/plain; charset=utf-8", FOR_NOW, read).await
}

async fn keys(State(log): State<Arc<Log>>) -> Response {
    let read = |view: &View, _: &Epoch| {
        let keys = view.log_keys()?.into_iter().map(|key| key.vkey + "\n");
        Ok(Some(keys.collect::<String>().into_bytes()))
    };
    answer(log, "text/plain; charset=utf-8", FOR_NOW, read).await
}

async fn tile(State(log): State<Arc<Log>>, Path(path): Path<String>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Only what was signed: the rest may still be a batch that never was.
    let read = move |view: &View, epoch: &Epoch| {
        let signed = view.last_checkpoint(epoch.number)?.map_or(0, |kept| kept.head.size);
        if tile.is_within(signed) { view.tile(epoch, tile) } else { Ok(None) }
    };
    answer(log, "application/octet-stream", FOR_EVER, read).await
}
