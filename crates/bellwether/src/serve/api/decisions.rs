//! `/v1/decisions`: what was decided, and why.

use super::request::{Args, Paging, Segments};
use super::{Elsewhere, Failures, List, NotFound, json};
use crate::cli::explain::told::Told;
use crate::serve::App;
use crate::serve::problem::{Body, Refused};
use crate::serve::read::decisions::{self, Decision, Wanted};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use axum::response::Response;
use bellwether_core::{AccountId, StreamId};
use bellwether_policy::Outcome;
use std::sync::Arc;

/// The longest handle or name of a graph, in characters.
const WORD: usize = 64;
pub(super) const A_STREAM: &str = "a stream such as `account:` and 26 letters and digits";

/// Decisions, newest first. A search that finds little gives short pages, each with where it goes on.
#[utoipa::path(
    get, operation_id = "listDecisions", path = "/v1/decisions", tag = "decisions",
    params(
        ("account" = Option<String>, Query, description = "Of this account.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
        ("person" = Option<String>, Query, description = "That asked this handle.", min_length = 1, max_length = 64),
        ("graph" = Option<String>, Query, description = "Of this graph.", min_length = 1, max_length = 64),
        ("outcome" = Option<OutcomeWord>, Query, description = "With this outcome."),
        ("since" = Option<String>, Query, description = "At this instant or later.", format = DateTime, pattern = "^(19[7-9][0-9]|2[01][0-9]{2})-"),
        ("until" = Option<String>, Query, description = "Before this instant.", format = DateTime, pattern = "^(19[7-9][0-9]|2[01][0-9]{2})-"),
        ("unchanged" = Option<bool>, Query, description = "Also those that said what was said before."),
        ("bellwether-purpose" = Option<String>, Header, description = "Show names, for this purpose; it is written down.", pattern = "^[A-Za-z0-9._#-]{1,64}$"),
        Paging
    ),
    responses((status = 200, description = "Decisions.", body = List<Decision>), Elsewhere, Failures)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    args: Args,
) -> Result<Response, Refused> {
    let known = ["account", "person", "graph", "outcome", "since", "until", "unchanged"];
    args.only(&[&known[..], &["limit", "cursor"]].concat())?;
    let (limit, after) = (args.limit()?, args.cursor()?);
    let wanted = wanted(&args)?;
    let page = app.reading.run(move |desk| {
        let names = desk.names(&viewer, "decisions")?;
        decisions::page(desk, &wanted, &names, limit, after.as_deref())
    });
    Ok(json(&List::from(page.await?)))
}

/// Which decisions a query is about.
pub(crate) fn wanted(args: &Args) -> Result<Wanted, Refused> {
    let account = |text: &str| text.parse::<AccountId>().ok();
    let outcome = |text: &str| Outcome::from_word(text).map(|one| one.as_str().to_owned());
    let account = args.parsed("account", "`acc_` and 26 letters and digits", account)?;
    Ok(Wanted {
        stream: account.map(StreamId::account),
        person: args.text("person", WORD)?.map(str::to_owned),
        graph: args.text("graph", WORD)?.map(str::to_owned),
        outcome: args.parsed("outcome", "cxo, sponsor, person, discover or none", outcome)?,
        since: args.instant("since")?,
        until: args.instant("until")?,
        unchanged: args.flag("unchanged")?,
    })
}

/// What can be decided.
#[derive(utoipa::ToSchema)]
#[schema(as = Outcome, rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the words of the core")]
pub(super) enum OutcomeWord {
    Cxo,
    Sponsor,
    Person,
    Discover,
    None,
}

/// One record with its whole explanation: facts, signals, margins, and who could be asked.
#[utoipa::path(
    get, operation_id = "explainDecision", path = "/v1/decisions/{stream}/{seq}", tag = "decisions",
    params(
        ("stream" = String, Path, description = "The stream.", pattern = "^(account|team|population|person|system):[0-7][0-9a-hjkmnp-tv-z]{25}$"),
        ("seq" = u64, Path, description = "The record's place in it.", minimum = 1, maximum = 9007199254740991u64),
        ("bellwether-purpose" = Option<String>, Header, description = "Show names, for this purpose; it is written down.", pattern = "^[A-Za-z0-9._#-]{1,64}$"),
    ),
    responses(
        (status = 200, description = "The record, derived again.", body = Told),
        (status = 410, description = "What led to it is purged.", body = Body, content_type = "application/problem+json"),
        NotFound, Failures
    )
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let stream: StreamId = path.parsed("stream", A_STREAM)?;
    let seq: u64 = number(&path, "seq")?;
    let told = app.reading.run(move |desk| {
        let names = desk.names(&viewer, &format!("{stream}#{seq}"))?;
        decisions::explain(desk, stream, seq, None, &names)
    });
    Ok(json(&told.await?))
}

/// A number from 1 on that JSON can hold.
pub(crate) fn number(path: &Segments, name: &'static str) -> Result<u64, Refused> {
    let number: u64 = path.parsed(name, "a whole number from 1 on")?;
    let plain = path.text(name).bytes().all(|byte| byte.is_ascii_digit());
    match plain && (1..1 << 53).contains(&number) {
        true => Ok(number),
        false => Err(Refused::wrong(name, "it is out of range", "a whole number from 1 on")),
    }
}
