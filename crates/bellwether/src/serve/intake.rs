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
#[cfg(test)]
pub(crate) use hooks::FORM as HOOK;

use super::App;
use super::problem::Refused;
use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use bellwether_core::Problem;
use bellwether_runtime::live::{Kept, LiveError, Parcel, Understood};
use bellwether_runtime::trace::{Span, TraceContext};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/signals", post(events::take))
        .route("/v1/hooks/{source}", post(hooks::take))
}

/// Makes a parcel durable.
async fn keep(
    app: &App,
    parcel: Parcel,
    understood: Understood,
    trace: Option<Traced>,
) -> Result<Kept, Refused> {
    app.doors.rate.take(understood.signals.len().max(1), app.live.now())?;
    let (from, source) = (parcel.at, parcel.source.clone());
    let (answer, answered) = tokio::sync::oneshot::channel();
    let done = move |kept| drop(answer.send(kept));
    app.intake.offer(parcel, understood, done).map_err(not_taken)?;
    let kept = answered.await.unwrap_or(Err(LiveError::Closed));
    if let (Some((spans, _)), Some(Traced { context, parent })) = (&app.traces, trace) {
        let (until, failed) = (app.live.now(), kept.is_err());
        let members = vec![("source", source)];
        let name = "signal.accept";
        spans.ended(Span { name, context, parent, from, until, members, failed });
    }
    kept.map_err(not_taken)
}

/// The span of a request, and what it belongs to.
struct Traced {
    context: TraceContext,
    parent: Option<[u8; 8]>,
}

/// Goes on with the sender's trace, or begins one where traces are kept.
fn traced(app: &App, texts: &[(&str, &str)]) -> Option<Traced> {
    let (_, sample) = app.traces.as_ref()?;
    let sent = texts.iter().find(|(name, _)| *name == "traceparent");
    match sent.and_then(|(_, text)| TraceContext::parse(text)) {
        Some(sender) => Some(Traced { context: sender.child()?, parent: Some(sender.span) }),
        None => Some(Traced { context: TraceContext::begin(*sample)?, parent: None }),
    }
}

/// What is passed on: the request's own span, else what its sender said.
fn passed_on(trace: Option<&Traced>, texts: &[(&str, &str)]) -> Option<String> {
    let sent = texts.iter().find(|(name, _)| *name == "traceparent");
    let sent = sent.filter(|(_, text)| TraceContext::parse(text).is_some());
    let own = trace.map(|traced| traced.context.to_string());
    own.or_else(|| sent.map(|(_, text)| (*text).to_owned()))
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
