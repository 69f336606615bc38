//! `POST /v1/signals`: CloudEvents 1.0 in all three content modes.

use super::doors::{TRUST, arrived};
use super::{keep, passed_on, texts, traced};
use crate::access::decide::{Action, Resource};
use crate::access::{AccessError, Principal, Scope};
use crate::serve::App;
use crate::serve::problem::{Body as ProblemBody, Refused};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bellwether_adapters::cloudevents::Fault;
use bellwether_core::{Personal, Problem, Trust};
use bellwether_runtime::live::{Parcel, Understood};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The header in which a token of several sources says which one it means.
const SOURCE: &str = "bellwether-source";

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
    who: Principal,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let texts = texts(&headers);
    let (source, trust) = sender(&app, &who, &texts)?;
    let door = app.doors.get(&source).ok_or_else(|| no_door(&source))?;
    let trace = traced(&app, &texts);
    let parcel = Parcel {
        source,
        form: form(&texts, trust),
        at: app.live.now(),
        trace: passed_on(trace.as_ref(), &texts),
        body: Personal::new(body.to_vec()),
        once: None,
    };
    let mut read = door.events(&parcel, trust).map_err(refused)?;
    let faults = std::mem::take(&mut read.refused);
    let refused: Vec<_> = faults
        .into_iter()
        .map(|(index, fault)| Refusal { index, problem: refused(fault).body() })
        .collect();
    let signals = arrived(read, &parcel);
    let accepted = signals.len();
    if accepted > 0 {
        keep(&app, parcel, Understood { signals, refused: None }, trace).await?;
    }
    let status = match accepted > 0 || refused.is_empty() {
        true => StatusCode::ACCEPTED,
        false => StatusCode::BAD_REQUEST,
    };
    let body = serde_json::to_vec(&Accepted { accepted, refused }).unwrap_or_default();
    Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Who sends: the source that the token may write as, and the most that is believed of it. A token of
/// several sources says which one it means in the header `bellwether-source`.
fn sender(app: &App, who: &Principal, texts: &[(&str, &str)]) -> Result<(String, Trust), Refused> {
    let Principal::Service(service) = who else {
        return Err(Refused::from(&AccessError::Nobody));
    };
    // Before anything is said of sources: they are no business of other tokens.
    if !service.scopes.contains(&Scope::SignalsWrite) {
        return Err(Refused::from(&AccessError::Denied));
    }
    let named = texts.iter().find(|(name, _)| *name == SOURCE).map(|(_, source)| *source);
    let only = match service.sources.as_slice() {
        [only] => Some(only.as_str()),
        _ => None,
    };
    let name = named.or(only).ok_or_else(|| {
        let message = "this token may write as several sources, and none is named";
        Refused::wrong(SOURCE, message, "name one in this header")
    })?;
    let Some(door) = app.doors.get(name) else { return Err(no_door(name)) };
    let trust = door.trust.join(service.trust);
    let what = Resource::Source { name, trust };
    match app.access.may(who, Action::WriteSignals, &what, app.live.now()) {
        Ok(()) => Ok((name.to_owned(), trust)),
        Err(_) => Err(Refused::from(&AccessError::Denied)),
    }
}

/// How the body is to be read, a line each: how far its sender is trusted, and headers.
fn form(texts: &[(&str, &str)], trust: Trust) -> String {
    let says = |name: &str| name == "content-type" || name.starts_with("ce-");
    let lines = texts.iter().filter(|(name, _)| says(name));
    let lines = lines.map(|(name, value)| format!("{name}: {value}\n"));
    std::iter::once(format!("{TRUST}{trust}\n")).chain(lines).collect()
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
