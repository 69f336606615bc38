//! `witness serve`: the desk behind HTTP (c2sp.org/tlog-witness).

use super::failure;
use crate::cli::context::now;
use crate::exit::Exit;
use crate::http::{self, Limits};
use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bellwether_runtime::witness::{Desk, DeskError, PATH, SIZE_TYPE};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A request is a few kilobytes: 63 hashes at most, and a checkpoint with its signatures.
const LIMITS: Limits = Limits {
    head: Duration::from_secs(10),
    request: Duration::from_secs(20),
    body: 32 << 10,
    connections: 512,
};

pub(super) fn run(dir: &Path, listen: SocketAddr) -> Result<Exit> {
    let desk = Arc::new(Desk::open(dir).map_err(failure)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start")?.block_on(async {
        let listener = http::listen(listen).await?;
        let address = listener.local_addr().context("cannot listen")?;
        println!("http://{address}/");
        eprintln!("{}: co-signing; Ctrl-C ends it", desk.key().name());
        http::serve(listener, None, routes(desk), LIMITS, http::asked_to_end()).await;
        eprintln!("ended");
        Ok(Exit::Fine)
    })
}

fn routes(desk: Arc<Desk>) -> Router {
    Router::new().route(&format!("/{PATH}"), post(add_checkpoint)).with_state(desk)
}

async fn add_checkpoint(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let answered = tokio::task::spawn_blocking(move || desk.answer(&body, now())).await;
    match answered {
        Ok(Ok(line)) => {
            tracing::info!("A checkpoint was co-signed.");
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response()
        }
        Ok(Err(refused)) => refusal(&refused),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refusal(refused: &DeskError) -> Response {
    let (code, status) = (refused.code(), refused.status());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status.is_server_error() {
        tracing::error!(code, error = %refused, "A checkpoint could not be looked at.");
        // What fails inside is nobody's business outside.
        return (status, format!("{code}\n")).into_response();
    }
    tracing::warn!(code, "A checkpoint was refused.");
    match refused.size() {
        Some(size) => {
            (status, [(header::CONTENT_TYPE, SIZE_TYPE)], format!("{size}\n")).into_response()
        }
        None => (status, format!("{code}: {refused}\n")).into_response(),
    }
}
