//! `POST /v1/signals`: CloudEvents 1.0 in all three content modes.

use super::doors::arrived;
use super::{keep, texts};
use crate::serve::App;
use crate::serve::problem::{Body as ProblemBody, Refused};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bellwether_adapters::cloudevents::Fault;
use bellwether_core::{Personal, Problem};
use bellwether_runtime::live::{Parcel, Understood};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What became of a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// How many signals are durable.
    accepted: usize,
    /// What was refused of a batch; nothing of it was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Refusal>,
}

/// One event of a batch that was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// Its place in the batch, from 0.
    index: usize,
    #[serde(flatten)]
    problem: ProblemBody,
}

pub(super) async fn take(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let source = sender(&app)?;
    let door = app.doors.get(&source).ok_or_else(|| no_door(&source))?;
    let texts = texts(&headers);
    let trace = texts.iter().find(|(name, _)| *name == "traceparent");
    let parcel = Parcel {
        source,
        form: form(&texts),
        at: app.live.now(),
        trace: trace.map(|(_, trace)| (*trace).to_owned()),
        body: Personal::new(body.to_vec()),
        once: None,
    };
    let mut read = door.events(&parcel).map_err(refused)?;
    let faults = std::mem::take(&mut read.refused);
    let refused: Vec<_> = faults
        .into_iter()
        .map(|(index, fault)| Refusal { index, problem: refused(fault).body() })
        .collect();
    let signals = arrived(read, &parcel);
    let accepted = signals.len();
    if accepted > 0 {
        keep(&app, parcel, Understood { signals, refused: None }).await?;
    }
    let status = match accepted > 0 || refused.is_empty() {
        true => StatusCode::ACCEPTED,
        false => StatusCode::BAD_REQUEST,
    };
    let body = serde_json::to_vec(&Accepted { accepted, refused }).unwrap_or_default();
    Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Who sends: the source that the token names.
fn sender(app: &App) -> Result<String, Refused> {
    let mut events = app.doors.of_events();
    events.next().map(str::to_owned).ok_or_else(|| no_door("events"))
}

/// The headers that say how the body is to be read, a line each.
fn form(texts: &[(&str, &str)]) -> String {
    let says = |name: &str| name == "content-type" || name.starts_with("ce-");
    let lines = texts.iter().filter(|(name, _)| says(name));
    lines.map(|(name, value)| format!("{name}: {value}\n")).collect()
}

fn refused(fault: Fault) -> Refused {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::BAD_REQUEST);
    let place = match &fault.problem.place {
        Some(at) => format!("{} (line {}, column {})", fault.pointer, at.line, at.column),
        None => fault.pointer.clone(),
    };
    let refused = Refused::new(status, *fault.problem);
    if place.is_empty() { refused } else { refused.at(place) }
}

pub(super) fn no_door(source: &str) -> Refused {
    let message = format!("there is no source `{source}` that may send here");
    let help = "name it under `[sources]` in `bellwether.toml`";
    Refused::new(StatusCode::NOT_FOUND, Problem::new("intake-source", message).help(help))
}
