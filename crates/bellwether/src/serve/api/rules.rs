//! `/v1/rules`: versions of the rules, what a shadow has come to, and which one decides.

use super::request::{Args, Json, Segments};
use super::{BadBody, Elsewhere, Failures, Forbidden, List, NotFound, json};
use crate::access::Principal;
use crate::history::numbers::Number;
use crate::rollout::shown::Shown;
use crate::rollout::{Done, compared};
use crate::serve::App;
use crate::serve::problem::Refused;
use crate::serve::read::rules::{self, Act, Changing};
use crate::serve::read::version::{self, Differences, Exceptions, Proofs};
use crate::serve::read::what_if::{self, Asked, Found};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use utoipa::IntoParams;

/// Which version.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `version::digest` reads")]
pub(super) struct OfVersion {
    /// The digest of the rules.
    #[param(pattern = "^[A-Za-z0-9_-]{43}$")]
    rules: String,
}

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
    params(OfVersion),
    responses((status = 200, description = "Counts and examples.", body = serde_json::Value), NotFound, Failures)
)]
pub(super) async fn shadow(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let found = app.versions.shadow(version::digest(&path)?);
    let found = found.ok_or_else(|| Refused::not_found("no such rules are in shadow"))?;
    Ok(json(&compared::json(&found)))
}

/// What differs between a version and the rules in force.
#[utoipa::path(
    get, operation_id = "diffRules", path = "/v1/rules/{rules}/diff", tag = "policy",
    params(OfVersion),
    responses((status = 200, description = "What differs, in words.", body = Differences), NotFound, Failures)
)]
pub(super) async fn diff(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    Ok(json(&version::of_path(&app, &path, &args, version::differences).await?.1))
}

/// What is proved of a version: of its graphs now, of its boundaries by the report that came with it.
#[utoipa::path(
    get, operation_id = "proofsOfRules", path = "/v1/rules/{rules}/proofs", tag = "policy",
    params(OfVersion),
    responses((status = 200, description = "What holds.", body = Proofs), NotFound, Failures)
)]
pub(super) async fn proofs(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    Ok(json(&version::of_path(&app, &path, &args, version::proved).await?.1))
}

/// The overrides of a version as they stand now, and the boundaries that somebody should look at again.
#[utoipa::path(
    get, operation_id = "overridesOfRules", path = "/v1/rules/{rules}/overrides", tag = "policy",
    params(OfVersion),
    responses((status = 200, description = "Exceptions.", body = Exceptions), NotFound, Failures)
)]
pub(super) async fn overrides(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    Ok(json(&version::of_path(&app, &path, &args, version::exceptions).await?.1))
}

/// The numbers of the rules in force that may be moved in a what-if.
#[utoipa::path(
    get, operation_id = "listNumbers", path = "/v1/rules/numbers", tag = "policy",
    responses((status = 200, description = "Numbers.", body = List<Number>), Failures)
)]
pub(super) async fn numbers(State(app): State<Arc<App>>, args: Args) -> Result<Response, Refused> {
    args.only(&[])?;
    let items = app.reading.run(what_if::numbers).await?;
    Ok(json(&List { items, next: None }))
}

/// Which decisions of the last 91 days would come out otherwise if one number of the rules in force were
/// another. Nothing is changed. One request is looked at at a time, for some seconds at most; the answer says
/// how many accounts that were.
#[utoipa::path(
    post, operation_id = "whatIf", path = "/v1/rules/what-if", tag = "policy", request_body = Asked,
    responses((status = 200, description = "What moves, and how much was looked at.", body = Found), Elsewhere, BadBody, Failures)
)]
pub(super) async fn what_if(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    args: Args,
    Json(asked): Json<Asked>,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let found = app.reading.run(move |desk| what_if::look(desk, &viewer, &asked));
    Ok(json(&found.await?))
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
    let (name, act) = (path.text("rules").to_owned(), Act::read(path.text("change"))?);
    let asked = rules::guarded(&app, (&viewer, &who), (&uri, &Method::POST), (&name, act));
    if let Err(denied) = asked.await? {
        return Ok(denied.into_response());
    }
    let four_eyes = app.four_eyes;
    let done =
        app.reading.run(move |desk| rules::change(desk, (&viewer, four_eyes), (name, act), said));
    Ok(json(&done.await?))
}
