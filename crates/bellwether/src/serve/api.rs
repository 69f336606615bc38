//! The reading API: `/v1`, in JSON, described by `/v1/openapi.json`.
//!
//! - In: requests of whoever may look, with a purpose where names are wanted.
//! - Out: pages with cursors, and problems as RFC 9457 has them.
//! - Never: answers from the driver's thread; tells in a problem what somebody sent.

mod accounts;
pub(crate) mod decisions;
pub(crate) mod escalations;
pub(crate) mod house;
mod log;
pub(crate) mod request;
mod rules;

use super::App;
use super::problem::{Body, Refused};
use super::read::decisions::Page;
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bellwether_core::Problem;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoResponses, OpenApi, ToSchema};

/// A page of a list.
#[derive(Serialize, ToSchema)]
struct List<T: ToSchema> {
    /// The rows.
    items: Vec<T>,
    /// Where the list goes on, as `cursor`; absent at its end. A page may be short although there is more.
    next: Option<String>,
}

impl<T: ToSchema> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next: page.next }
    }
}

/// An answer in JSON.
fn json<T: Serialize>(value: &T) -> Response {
    let kind = (header::CONTENT_TYPE, "application/json");
    ([kind], serde_json::to_vec(value).unwrap_or_default()).into_response()
}

/// What any request may be refused for.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes what `Refused` answers")]
enum Failures {
    /// A parameter cannot be used.
    #[response(status = 422, content_type = "application/problem+json")]
    Value(#[to_schema] Body),
    /// The server failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Inside(#[to_schema] Body),
    /// Too many ask at this moment.
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(#[to_schema] Body),
}

/// Nothing is there.
#[derive(IntoResponses)]
#[response(status = 404, content_type = "application/problem+json")]
#[expect(dead_code, reason = "it describes what `Refused` answers")]
struct NotFound(#[to_schema] Body);

/// They may not, or have to prove again who they are.
#[derive(IntoResponses)]
#[response(status = 403, content_type = "application/problem+json")]
#[expect(dead_code, reason = "it describes what the guard answers")]
struct Forbidden(#[to_schema] Body);

/// What is named is not, or no longer, what stands here.
#[derive(IntoResponses)]
#[response(status = 409, content_type = "application/problem+json")]
#[expect(dead_code, reason = "it describes what `Refused` answers")]
struct Elsewhere(#[to_schema] Body);

/// What a body may be refused for.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes what `Refused` answers")]
enum BadBody {
    /// It is not JSON.
    #[response(status = 400, content_type = "application/problem+json")]
    Syntax(#[to_schema] Body),
    /// It is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    Large(#[to_schema] Body),
    /// It says that it is something else.
    #[response(status = 415, content_type = "application/problem+json")]
    Kind(#[to_schema] Body),
}

/// The description of the API, from the code.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bellwether",
        description = "Who was asked about whom, why, and the proof of it. Signals are sent to /v1/signals as CloudEvents 1.0.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        accounts::list,
        accounts::one,
        accounts::timeline,
        decisions::list,
        decisions::one,
        escalations::list,
        escalations::one,
        escalations::answer,
        house::replay,
        log::state,
        log::checkpoint,
        log::proof,
        house::trial,
        house::sources,
        house::outbox,
        house::counts,
        house::stop,
        house::settle,
        house::retry,
        house::quarantine,
        house::facts,
        rules::list,
        rules::shadow,
        rules::diff,
        rules::proofs,
        rules::overrides,
        rules::numbers,
        rules::what_if,
        rules::change
    ),
    components(schemas(
        Body,
        house::Dead,
        decisions::OutcomeWord,
        escalations::StateWord,
        house::StatusWord
    ))
)]
struct Description;

/// The routes under `/v1`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/openapi.json", get(|| async { json(&Description::openapi()) }))
        .route("/v1/accounts", get(accounts::list))
        .route("/v1/accounts/{account}", get(accounts::one))
        .route("/v1/accounts/{account}/timeline", get(accounts::timeline))
        .route("/v1/decisions", get(decisions::list))
        .route("/v1/decisions/{stream}/{seq}", get(decisions::one))
        .route("/v1/escalations", get(escalations::list))
        .route("/v1/escalations/{stream}/{doc}/{graph}", get(escalations::one))
        .route("/v1/escalations/{stream}/{doc}/{graph}/answer", post(escalations::answer))
        .route("/v1/replay/{stream}", get(house::replay))
        .route("/v1/log", get(log::state))
        .route("/v1/log/checkpoint", get(log::checkpoint))
        .route("/v1/log/proof/{pos}", get(log::proof))
        .route("/v1/policy/try", post(house::trial))
        .route("/v1/sources", get(house::sources))
        .route("/v1/outbox", get(house::outbox))
        .route("/v1/outbox/counts", get(house::counts))
        .route("/v1/outbox/{pos}/{nth}/settle", post(house::settle))
        .route("/v1/outbox/{pos}/{nth}/retry", post(house::retry))
        .route("/v1/stop", post(house::stop))
        .route("/v1/quarantine", get(house::quarantine))
        .route("/v1/facts", get(house::facts))
        .route("/v1/rules", get(rules::list))
        .route("/v1/rules/{rules}/shadow", get(rules::shadow))
        .route("/v1/rules/numbers", get(rules::numbers))
        .route("/v1/rules/what-if", post(rules::what_if))
        .route("/v1/rules/{rules}/diff", get(rules::diff))
        .route("/v1/rules/{rules}/proofs", get(rules::proofs))
        .route("/v1/rules/{rules}/overrides", get(rules::overrides))
        .route("/v1/rules/{rules}/{change}", post(rules::change))
}

/// Nothing is at this address.
pub(super) fn nowhere() -> Refused {
    Refused::not_found("nothing is at this address")
}

/// The address knows no such method.
pub(super) fn wrong_method(method: &Method) -> Refused {
    let message = format!("this address does not answer {}", known(method));
    let problem = Problem::new("http-method", message);
    let problem = problem.help("the header `allow` of this answer says what it does answer");
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, problem)
}

/// A method by its name, if it is one of the usual ones.
fn known(method: &Method) -> &str {
    let usual = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    if usual.contains(method) { method.as_str() } else { "this method" }
}

/// Whether a request is for the API, and not for the console.
pub(super) fn is_api(request: &Request) -> bool {
    request.uri().path().starts_with("/v1/")
}
