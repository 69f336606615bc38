//! `POST /v1/hooks/{source}`: webhooks, verified by their scheme and read by their mapping.

use super::doors::Kind;
use super::events::no_door;
use super::{keep, passed_on, texts, traced};
use crate::serve::App;
use crate::serve::problem::Refused;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use bellwether_adapters::webhook::{Rejected, Request, verify};
use bellwether_core::{Digest, Personal, Problem};
use bellwether_runtime::live::{Kept, Parcel};
use std::sync::Arc;

/// The form of a parcel that a webhook is. Forms of other sources are others: one reader asks the next.
pub(crate) const FORM: &str = "hook";

/// 202 once it is durable; 200 if it was taken before. Whoever forges learns only that it was not taken.
pub(super) async fn take(
    State(app): State<Arc<App>>,
    Path(source): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let unknown = || no_door(&source);
    let door = app.doors.get(&source).ok_or_else(unknown)?;
    let Kind::Hook { scheme, secrets, mapping } = &door.kind else { return Err(unknown()) };
    let (now, texts) = (app.live.now(), texts(&headers));
    let url = format!("{}{uri}", app.doors.public_url);
    let request = Request { method: "POST", url: &url, headers: &texts, body: &body };
    let verified = verify(scheme, &request, secrets, now).map_err(|why| forged(&source, &why))?;
    let trace = traced(&app, &texts);
    let parcel = Parcel {
        source: source.clone(),
        form: FORM.to_owned(),
        at: now,
        trace: passed_on(trace.as_ref(), &texts),
        body: Personal::new(body.to_vec()),
        once: Some(Digest::of_parts([source.as_bytes(), verified.delivery_id.as_bytes()])),
    };
    let understood = door.rows(mapping, &parcel);
    Ok(match keep(&app, parcel, understood, trace).await? {
        Kept::Now => StatusCode::ACCEPTED,
        Kept::Before => StatusCode::OK,
    })
}

fn forged(source: &str, why: &Rejected) -> Refused {
    tracing::warn!(code = why.code(), source, "A webhook was not taken.");
    let problem = Problem::new(why.code(), why.to_string()).help(why.help());
    let status = match why {
        Rejected::NoSecret => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNAUTHORIZED,
    };
    Refused::new(status, problem)
}
