//! Sources, outbox, the stop switch, quarantine, facts, trials and deriving again.

use super::decisions::A_STREAM;
use super::request::{Args, Json, Paging, Segments};
use super::{BadBody, Elsewhere, Failures, Forbidden, List, NotFound, json};
use crate::cli::facts::{Fact, facts as facts_of};
use crate::cli::quarantine::list::Listed;
use crate::cli::replay::Replayed;
use crate::serve::App;
use crate::serve::problem::Refused;
use crate::serve::read::house::{self, Count, Effect, STATUSES, Sending, Source, Which};
use crate::serve::read::sending::{self, Settling, Stopping};
use crate::serve::read::trial::{self, Trying, Verdicts};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use axum::response::Response;
use bellwether_core::StreamId;
use bellwether_store::OutboxStatus;
use std::sync::Arc;

/// Derives every record of a stream again and compares, byte for byte.
#[utoipa::path(
    get, operation_id = "replayStream", path = "/v1/replay/{stream}", tag = "log",
    params(("stream" = String, Path, description = "The stream.", pattern = "^(account|team|population|person|system):[0-7][0-9a-hjkmnp-tv-z]{25}$")),
    responses((status = 200, description = "How they compare.", body = Replayed), NotFound, Failures)
)]
pub(super) async fn replay(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let stream: StreamId = path.parsed("stream", A_STREAM)?;
    Ok(json(&app.reading.run(move |desk| house::derive(desk, stream)).await?))
}

/// What the rules in force would decide: nothing is kept, nobody is asked.
#[utoipa::path(
    post, operation_id = "tryPolicy", path = "/v1/policy/try", tag = "policy", request_body = Trying,
    responses((status = 200, description = "What would be decided.", body = Verdicts), Elsewhere, BadBody, Failures)
)]
pub(super) async fn trial(
    State(app): State<Arc<App>>,
    args: Args,
    Json(tried): Json<Trying>,
) -> Result<Response, Refused> {
    args.only(&[])?;
    Ok(json(&app.reading.run(move |desk| trial::run(desk, &tried)).await?))
}

/// Sources, what was heard last first.
#[utoipa::path(
    get, operation_id = "listSources", path = "/v1/sources", tag = "house",
    responses((status = 200, description = "Sources.", body = List<Source>), Failures)
)]
pub(super) async fn sources(State(app): State<Arc<App>>, args: Args) -> Result<Response, Refused> {
    args.only(&[])?;
    let items = app.reading.run(house::sources).await?;
    Ok(json(&List { items, next: None }))
}

/// That dead letters are meant.
#[derive(utoipa::ToSchema)]
#[schema(as = DeadLetters)]
#[expect(dead_code, reason = "it describes the only word of a parameter")]
pub(super) enum Dead {
    #[schema(rename = "1")]
    Yes,
}

/// Where an effect may stand.
#[derive(utoipa::ToSchema)]
#[schema(as = EffectStatus, rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the words of the outbox")]
pub(super) enum StatusWord {
    Waiting,
    Sending,
    Done,
    GivenUp,
    Unknown,
    Ambiguous,
    Refused,
    Expired,
}

/// Effects of one status, or dead letters, in the order of the log.
#[utoipa::path(
    get, operation_id = "listOutbox", path = "/v1/outbox", tag = "house",
    params(
        ("status" = Option<StatusWord>, Query, description = "Where they stand; `waiting` where it is not said."),
        ("dead" = Option<Dead>, Query, description = "Only dead letters: what a person has to look at, wherever it stands; not beside `status`."),
        Paging
    ),
    responses((status = 200, description = "Effects.", body = List<Effect>), Elsewhere, Failures)
)]
pub(super) async fn outbox(State(app): State<Arc<App>>, args: Args) -> Result<Response, Refused> {
    args.only(&["status", "dead", "limit", "cursor"])?;
    let (limit, after) = (args.limit()?, args.cursor()?);
    let which = which(&args)?.unwrap_or(Which::In(OutboxStatus::Waiting));
    let page =
        app.reading.run(move |desk| house::effects(desk, which, limit, after.as_deref())).await?;
    Ok(json(&List::from(page)))
}

/// Which effects a query means, if it says so.
pub(crate) fn which(args: &Args) -> Result<Option<Which>, Refused> {
    let words = STATUSES.map(|(_, word)| word).join(", ");
    let status = args.parsed("status", &words, |text| {
        STATUSES.iter().find(|(_, word)| *word == text).map(|(status, _)| Which::In(*status))
    })?;
    let dead = args.parsed("dead", "`1`", |text| (text == "1").then_some(Which::Dead))?;
    match (status, dead) {
        (Some(_), Some(_)) => {
            Err(Refused::wrong("dead", "it says more than one thing", "leave `status` out"))
        }
        (status, dead) => Ok(status.or(dead)),
    }
}

/// Stops all sending, or lets it go on; who did it is written to the log. It takes somebody who proved of
/// late who they are.
#[utoipa::path(
    post, operation_id = "stopSending", path = "/v1/stop", tag = "house", request_body = Stopping,
    responses((status = 200, description = "It is written down; this is how it stands now.", body = Sending), Forbidden, BadBody, Failures)
)]
pub(super) async fn stop(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    args: Args,
    Json(said): Json<Stopping>,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let done = app.reading.run(move |desk| sending::stop(desk, &viewer, said.stopped));
    Ok(json(&done.await?))
}

/// Settles a dead letter: it arrived after all, or nobody wants it any more.
#[utoipa::path(
    post, operation_id = "settleEffect", path = "/v1/outbox/{pos}/{nth}/settle", tag = "house",
    params(
        ("pos" = u64, Path, description = "The record's place in the log."),
        ("nth" = u32, Path, description = "Which effect of it, from 0."),
    ),
    request_body = Settling,
    responses((status = 200, description = "It is written down; this is how the effect stands now.", body = Effect), Forbidden, NotFound, BadBody, Failures)
)]
pub(super) async fn settle(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
    Json(said): Json<Settling>,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let id = effect_id(&path)?;
    Ok(json(&app.reading.run(move |desk| sending::settle(desk, id, said.arrived)).await?))
}

/// Has a dead letter tried again from the first channel on, under the same key.
#[utoipa::path(
    post, operation_id = "retryEffect", path = "/v1/outbox/{pos}/{nth}/retry", tag = "house",
    params(
        ("pos" = u64, Path, description = "The record's place in the log."),
        ("nth" = u32, Path, description = "Which effect of it, from 0."),
    ),
    responses((status = 200, description = "It is tried; this is how the effect stands now.", body = Effect), Forbidden, NotFound, Failures)
)]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let (id, again) = (effect_id(&path)?, app.again.clone());
    Ok(json(&app.reading.run(move |desk| sending::retry(desk, again.as_ref(), id)).await?))
}

/// The effect that a path names.
pub(crate) fn effect_id(path: &Segments) -> Result<sending::Id, Refused> {
    let (pos, nth): (u64, u32) =
        (path.parsed("pos", "a place in the log")?, path.parsed("nth", "a number from 0")?);
    // No record has a place or an effect beyond these.
    if pos > house::LAST.0 || nth > house::LAST.1 {
        return Err(Refused::not_found("there is no such dead letter"));
    }
    Ok((pos, nth))
}

/// How many effects stand where.
#[utoipa::path(
    get, operation_id = "countOutbox", path = "/v1/outbox/counts", tag = "house",
    responses((status = 200, description = "Counts.", body = List<Count>), Failures)
)]
pub(super) async fn counts(State(app): State<Arc<App>>, args: Args) -> Result<Response, Refused> {
    args.only(&[])?;
    let items = app.reading.run(|desk| Ok(house::counts(desk.view)?)).await?;
    Ok(json(&List { items, next: None }))
}

/// Rows that were refused, without their words.
#[utoipa::path(
    get, operation_id = "listQuarantine", path = "/v1/quarantine", tag = "house",
    params(
        ("code" = Option<String>, Query, description = "Only rows that were refused with this code.", pattern = "^[a-z0-9-]{1,64}$"),
        Paging
    ),
    responses((status = 200, description = "Rows.", body = List<Listed>), Elsewhere, Failures)
)]
pub(super) async fn quarantine(
    State(app): State<Arc<App>>,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&["code", "limit", "cursor"])?;
    let (limit, after) = (args.limit()?, args.cursor()?);
    let code = args.parsed("code", "the code of a problem", |text| {
        let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(fine);
        fits.then(|| text.to_owned())
    })?;
    let page = app
        .reading
        .run(move |desk| house::quarantine(desk, code.as_deref(), limit, after.as_deref()));
    Ok(json(&List::from(page.await?)))
}

/// The facts that the rules in force may name.
#[utoipa::path(
    get, operation_id = "listFacts", path = "/v1/facts", tag = "policy",
    responses((status = 200, description = "Facts.", body = List<Fact>), Failures)
)]
pub(super) async fn facts(State(app): State<Arc<App>>, args: Args) -> Result<Response, Refused> {
    args.only(&[])?;
    let items = app.reading.run(|desk| Ok(facts_of(&*desk.rules()?))).await?;
    Ok(json(&List { items, next: None }))
}
