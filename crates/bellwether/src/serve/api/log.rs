//! `/v1/log`: the state of the log, its newest checkpoint, and proofs.

use super::decisions::number;
use super::request::{Args, Segments};
use super::{Failures, NotFound, json};
use crate::serve::App;
use crate::serve::problem::{Body, Refused};
use crate::serve::read::log::{self, LogState};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Text of signed notes and proofs.
const TEXT: (header::HeaderName, &str) = (header::CONTENT_TYPE, "text/plain; charset=utf-8");

/// The log as it stands: its epochs, how far each is signed, and by which keys.
#[utoipa::path(
    get, operation_id = "getLog", path = "/v1/log", tag = "log",
    responses((status = 200, description = "The log.", body = LogState), Failures)
)]
pub(super) async fn state(State(app): State<Arc<App>>, args: Args) -> Result<Response, Refused> {
    args.only(&[])?;
    Ok(json(&app.reading.run(log::state).await?))
}

/// The newest checkpoint, as a signed note (c2sp.org/tlog-checkpoint).
#[utoipa::path(
    get, operation_id = "getCheckpoint", path = "/v1/log/checkpoint", tag = "log",
    responses(
        (status = 200, description = "The note.", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 409, description = "Nothing is signed yet.", body = Body, content_type = "application/problem+json"),
        Failures
    )
)]
pub(super) async fn checkpoint(
    State(app): State<Arc<App>>,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let note = app.reading.run(log::checkpoint).await?;
    Ok(([TEXT], note).into_response())
}

/// The proof that a record is in the log, as a file (c2sp.org/tlog-proof).
#[utoipa::path(
    get, operation_id = "getProof", path = "/v1/log/proof/{pos}", tag = "log",
    params(("pos" = u64, Path, description = "The record's place in the log.", minimum = 1, maximum = 9007199254740991u64)),
    responses(
        (status = 200, description = "The proof.", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 409, description = "No checkpoint covers it yet.", body = Body, content_type = "application/problem+json"),
        NotFound, Failures
    )
)]
pub(super) async fn proof(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let pos = number(&path, "pos")?;
    let proof = app.reading.run(move |desk| log::proof(desk, pos)).await?;
    let file = format!("attachment; filename=\"record-{pos}.tlog-proof\"");
    Ok(([TEXT, (header::CONTENT_DISPOSITION, &file)], proof.file).into_response())
}
