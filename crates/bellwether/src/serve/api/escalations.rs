//! `/v1/escalations`: what waits for whom, and answering.

use super::decisions::A_STREAM;
use super::request::{Args, Json, Paging, Segments};
use super::{BadBody, Elsewhere, Failures, List, NotFound, json};
use crate::serve::App;
use crate::serve::problem::{Body, Refused};
use crate::serve::read::answering::{self, Answering};
use crate::serve::read::board::Key;
use crate::serve::read::escalations::{self, Escalation, State as Which, Wanted};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

/// Which states are meant.
#[derive(utoipa::ToSchema)]
#[schema(as = EscalationState, rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the words of the list")]
pub(super) enum StateWord {
    Waiting,
    Asked,
    Accepted,
    Discovering,
    Closed,
    All,
}

/// Escalations: what is due first, then what ended last.
#[utoipa::path(
    get, operation_id = "listEscalations", path = "/v1/escalations", tag = "escalations",
    params(
        ("state" = Option<StateWord>, Query, description = "Which; `waiting` (asked or accepted) where it is not said."),
        ("person" = Option<String>, Query, description = "That this handle has.", min_length = 1, max_length = 64),
        ("overdue" = Option<bool>, Query, description = "Only those whose time is over."),
        ("live" = Option<bool>, Query, description = "Only those about which somebody was really asked; imported history and rules in shadow ask nobody."),
        ("bellwether-purpose" = Option<String>, Header, description = "Show names, for this purpose; it is written down.", pattern = "^[A-Za-z0-9._#-]{1,64}$"),
        Paging
    ),
    responses((status = 200, description = "Escalations.", body = List<Escalation>), Elsewhere, Failures)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&["state", "person", "overdue", "live", "limit", "cursor"])?;
    let (limit, after) = (args.limit()?, args.cursor()?);
    let states = Which::ALL.map(|(_, word)| word).join(", ");
    let wanted = Wanted {
        state: args.parsed("state", &states, Which::from_word)?.unwrap_or_default(),
        person: args.text("person", 64)?.map(str::to_owned),
        overdue: args.flag("overdue")?,
        asked_only: args.flag("live")?,
    };
    let page = app.reading.run(move |desk| {
        let names = desk.names(&viewer, "escalations")?;
        escalations::page(desk, &wanted, &names, limit, after.as_deref())
    });
    Ok(json(&List::from(page.await?)))
}

/// One escalation.
#[utoipa::path(
    get, operation_id = "getEscalation", path = "/v1/escalations/{stream}/{doc}/{graph}", tag = "escalations",
    params(
        ("stream" = String, Path, description = "The stream.", pattern = "^(account|team|population|person|system):[0-7][0-9a-hjkmnp-tv-z]{25}$"),
        ("doc" = String, Path, description = "What it is about.", pattern = "^(account|(case|deal):[0-7][0-9a-hjkmnp-tv-z]{25})$"),
        ("graph" = String, Path, description = "The graph.", pattern = "^[A-Za-z0-9._-]{1,64}$"),
        ("bellwether-purpose" = Option<String>, Header, description = "Show names, for this purpose; it is written down.", pattern = "^[A-Za-z0-9._#-]{1,64}$"),
    ),
    responses((status = 200, description = "The escalation.", body = Escalation), NotFound, Failures)
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let key = key(&path)?;
    let found = app.reading.run(move |desk| {
        let names = desk.names(&viewer, &format!("{} {} {}", key.0, key.1, key.2))?;
        escalations::seen(desk, &viewer, &key, &names)
    });
    Ok(json(&found.await?))
}

/// Answers an escalation: whoever is asked takes it, declines, hands it on, puts it off or ends it.
#[utoipa::path(
    post, operation_id = "answerEscalation", path = "/v1/escalations/{stream}/{doc}/{graph}/answer", tag = "escalations",
    params(
        ("stream" = String, Path, description = "The stream.", pattern = "^(account|team|population|person|system):[0-7][0-9a-hjkmnp-tv-z]{25}$"),
        ("doc" = String, Path, description = "What it is about.", pattern = "^(account|(case|deal):[0-7][0-9a-hjkmnp-tv-z]{25})$"),
        ("graph" = String, Path, description = "The graph.", pattern = "^[A-Za-z0-9._-]{1,64}$"),
    ),
    request_body = Answering,
    responses(
        (status = 200, description = "It is written down; this is how the escalation stands now.", body = Escalation),
        (status = 403, description = "Somebody else is asked.", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "It was answered, or asked anew.", body = Body, content_type = "application/problem+json"),
        NotFound, BadBody, Failures
    )
)]
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
    Json(said): Json<Answering>,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let key = key(&path)?;
    let done = app.reading.run(move |desk| answering::answer(desk, &viewer, &key, &said));
    Ok(json(&done.await?))
}

/// The escalation that a path names.
pub(crate) fn key(path: &Segments) -> Result<Key, Refused> {
    let graph = path.text("graph");
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if graph.is_empty() || graph.len() > 64 || !graph.chars().all(fine) {
        return Err(Refused::wrong("graph", "it cannot be read", "expected the name of a graph"));
    }
    let doc = path.parsed("doc", "`account`, `case:` or `deal:` and 26 letters and digits")?;
    Ok((path.parsed("stream", A_STREAM)?, doc, graph.to_owned()))
}
