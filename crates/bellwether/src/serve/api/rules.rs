//! `/v1/rules`: versions of the rules, what a shadow has come to, and which one decides.

use super::request::{Args, Json, Segments};
use super::{BadBody, Elsewhere, Failures, Forbidden, List, NotFound, json};
use crate::access::Principal;
use crate::rollout::shown::Shown;
use crate::rollout::{Done, compared};
use crate::serve::App;
use crate::serve::problem::Refused;
use crate::serve::read::rules::{self, Changing};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse as _, Response};
use bellwether_core::Digest;
use std::sync::Arc;

/// The versions of the rules, the newest first.
#[utoipa::path(
    get, operation_id = "listRules", path = "/v1/rules", tag = "policy",
    responses((status = 200, description = "Versions.", body = List<Shown>), Failures)
)]
pub(super) async fn list(State(app): State<Arc<App>>, args: Args) -> Result<Response, Refused> {
    args.only(&[])?;
    let watched = Arc::clone(&app.versions);
    let items = app.reading.run(move |desk| rules::versions(desk, &watched)).await?;
    Ok(json(&List { items, next: None }))
}

/// What a version in shadow has come to so far: what `replay --bundle` of the same rules finds.
#[utoipa::path(
    get, operation_id = "compareRules", path = "/v1/rules/{rules}/shadow", tag = "policy",
    params(("rules" = String, Path, description = "The digest of the rules.", pattern = "^[A-Za-z0-9_-]{43}$")),
    responses((status = 200, description = "Counts and examples.", body = serde_json::Value), NotFound, Failures)
)]
pub(super) async fn shadow(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let digest: Digest = path.parsed("rules", "a digest of 43 characters")?;
    let found = app.versions.shadow(digest);
    let found = found.ok_or_else(|| Refused::not_found("no such rules are in shadow"))?;
    Ok(json(&compared::json(&found)))
}

/// What is to be done with a version.
#[derive(utoipa::ToSchema)]
#[schema(as = RulesAct, rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the words of a path")]
pub(super) enum Act {
    Begin,
    Approve,
    Rollback,
    Withdraw,
}

/// Changes how a version stands: `begin`, `approve`, `rollback` to it, or `withdraw`. It takes an admin or
/// an approver who proved of late who they are; where two must agree, who approves is not who proposed, and
/// says how the version waits to begin (`mode`, `percent`): should it wait otherwise by now, nothing is done.
#[utoipa::path(
    post, operation_id = "changeRules", path = "/v1/rules/{rules}/{change}", tag = "policy", request_body = Changing,
    params(
        ("rules" = String, Path, description = "The digest of the rules, or its first six characters or more.", pattern = "^[A-Za-z0-9_-]{6,43}$"),
        ("change" = Act, Path, description = "What is to be done.")
    ),
    responses((status = 200, description = "It is written down; this is how they stand now.", body = Done), Forbidden, NotFound, Elsewhere, BadBody, Failures)
)]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    (viewer, who): (Viewer, Principal),
    (uri, path): (Uri, Segments),
    args: Args,
    Json(said): Json<Changing>,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let (name, change) = (path.text("rules").to_owned(), path.text("change").to_owned());
    let asked = rules::guarded(&app, (&viewer, &who), (&uri, &Method::POST), (&name, &change));
    if let Err(denied) = asked.await? {
        return Ok(denied.into_response());
    }
    let four_eyes = app.four_eyes;
    let done = app
        .reading
        .run(move |desk| rules::change(desk, (&viewer, four_eyes), (name, &change), said));
    Ok(json(&done.await?))
}
