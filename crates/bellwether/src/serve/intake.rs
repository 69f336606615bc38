//! Taking signals in over HTTP: CloudEvents at `/v1/signals`, webhooks at `/v1/hooks/{source}`.
//!
//! - In: requests of senders that were let in, and the sources as configured ([`Doors`]).
//! - Out: 202 once everything that is said to be accepted is durable; what was refused of it, one by one.
//! - Never: answers 2xx for what could be lost, takes more than may wait, or parses a webhook before its
//!   signature is known to be right.

mod doors;
mod events;
mod hooks;
mod rate;

pub(crate) use doors::Doors;

use super::App;
use super::problem::Refused;
use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use bellwether_core::Problem;
use bellwether_runtime::live::{Kept, LiveError, Parcel, Understood};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/signals", post(events::take))
        .route("/v1/hooks/{source}", post(hooks::take))
}

/// Makes a parcel durable.
async fn keep(app: &App, parcel: Parcel, understood: Understood) -> Result<Kept, Refused> {
    app.doors.rate.take(understood.signals.len(), app.live.now())?;
    let (answer, answered) = tokio::sync::oneshot::channel();
    let done = move |kept| drop(answer.send(kept));
    app.intake.offer(parcel, understood, done).map_err(not_taken)?;
    match answered.await {
        Ok(kept) => kept.map_err(not_taken),
        Err(_) => Err(not_taken(LiveError::Closed)),
    }
}

/// 429 while too much waits, 503 while nothing can be kept.
fn not_taken(error: LiveError) -> Refused {
    use axum::http::StatusCode;
    let (status, again) = match &error {
        LiveError::Full { retry_after, .. } => (StatusCode::TOO_MANY_REQUESTS, *retry_after),
        _ => (StatusCode::SERVICE_UNAVAILABLE, 5),
    };
    let problem = Problem::new(error.code(), error.to_string()).help(error.help());
    Refused::new(status, problem).again_in(again)
}

/// The headers that are text.
fn texts(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}
