//! `log serve`: the log over HTTP as c2sp.org/tlog-tiles says, straight from the database. Each epoch is a
//! log of its own below `/epoch/N`, where nothing ever changes but the checkpoint; the newest one also
//! stands at the root, where nothing may be kept by whoever stands between.

use super::checkpoint::quorum;
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
use bellwether_runtime::log::{LogError, own_trust, published};
use bellwether_store::{Checkpoint, Epoch, View};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
const TEXT: &str = "text/plain; charset=utf-8";

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
    /// How many witnesses must have signed what is shown.
    quorum: usize,
}

pub(super) fn run(context: &Context, args: &ServeArgs) -> Result<Exit> {
    let store = context.read()?;
    let origin = store.epoch().map_err(|error| failed(error.into()))?.origin;
    drop(store);
    let log = Arc::new(Log { data: context.data.clone(), quorum: quorum(context)? });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start")?.block_on(async {
        let listener = http::listen(args.listen).await?;
        let address = listener.local_addr().context("cannot listen")?;
        println!("http://{address}/");
        eprintln!("{origin}: serving checkpoint and tiles; Ctrl-C ends it");
        http::serve(listener, None, routes(log), LIMITS, http::asked_to_end()).await;
        eprintln!("ended");
        Ok(Exit::Fine)
    })
}

fn routes(log: Arc<Log>) -> Router {
    Router::new()
        .route("/checkpoint", get(|State(log)| checkpoint(log, None)))
        .route("/log.vkey", get(|State(log)| keys(log, None)))
        .route("/tile/{*path}", get(|State(log), Path(path): Path<String>| tile(log, None, path)))
        .route(
            "/epoch/{epoch}/checkpoint",
            get(|State(log), Path(epoch): Path<u64>| checkpoint(log, Some(epoch))),
        )
        .route(
            "/epoch/{epoch}/log.vkey",
            get(|State(log), Path(epoch): Path<u64>| keys(log, Some(epoch))),
        )
        .route(
            "/epoch/{epoch}/tile/{*path}",
            get(|State(log), Path((epoch, path)): Path<(u64, String)>| {
                tile(log, Some(epoch), path)
            }),
        )
        .with_state(log)
}

/// What is read of an epoch: its bytes, if there are such.
type Found = Result<Option<Vec<u8>>, LogError>;

impl Log {
    /// Reads something of an epoch as far as it is published; the newest one if none is named.
    fn read(
        &self,
        number: Option<u64>,
        read: impl FnOnce(&View, &Epoch, &Checkpoint) -> Found,
    ) -> Found {
        let view = View::open(&self.data)?;
        let epochs = view.epochs()?.into_iter();
        let mut wanted = epochs.filter(|epoch| number.is_none_or(|number| number == epoch.number));
        let Some(epoch) = wanted.next_back() else { return Ok(None) };
        match published(&view, epoch.number, self.quorum) {
            Ok(kept) => read(&view, &epoch, &kept),
            Err(LogError::NoCheckpoint) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Reads in a thread where waiting is fine.
async fn answer(
    log: Arc<Log>,
    epoch: Option<u64>,
    (kind, keep): (&'static str, &'static str),
    read: impl FnOnce(&View, &Epoch, &Checkpoint) -> Found + Send + 'static,
) -> Response {
    let found = tokio::task::spawn_blocking(move || log.read(epoch, read)).await;
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

async fn checkpoint(log: Arc<Log>, epoch: Option<u64>) -> Response {
    answer(log, epoch, (TEXT, FOR_NOW), |_, _, kept| Ok(Some(kept.note.clone()))).await
}

async fn keys(log: Arc<Log>, epoch: Option<u64>) -> Response {
    let read = |view: &View, epoch: &Epoch, _: &Checkpoint| {
        let keys = own_trust(view, epoch)?.log_keys;
        Ok(Some(keys.iter().map(|key| format!("{key}\n")).collect::<String>().into_bytes()))
    };
    answer(log, epoch, (TEXT, FOR_NOW), read).await
}

async fn tile(log: Arc<Log>, epoch: Option<u64>, path: String) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Only what is published: the rest may still be a batch that never was.
    let read = move |view: &View, epoch: &Epoch, kept: &Checkpoint| {
        let within = tile.is_within(kept.head.size);
        if within { Ok(view.tile(epoch, tile)?) } else { Ok(None) }
    };
    let keep = if epoch.is_some() { FOR_EVER } else { FOR_NOW };
    answer(log, epoch, ("application/octet-stream", keep), read).await
}
