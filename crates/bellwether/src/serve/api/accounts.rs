//! `/v1/accounts`: finding accounts, and what happened to one.

use super::request::{Args, Paging, Segments};
use super::{Elsewhere, Failures, List, NotFound, json};
use crate::serve::App;
use crate::serve::problem::Refused;
use crate::serve::read::accounts::{self, Account, Moment};
use crate::serve::read::decisions::Page;
use crate::serve::viewer::Viewer;
use axum::extract::State;
use axum::response::Response;
use bellwether_core::{AccountId, StreamId};
use std::sync::Arc;

/// The longest text to search for, in characters.
const LONGEST: usize = 254;
const AN_ACCOUNT: &str = "`acc_` and 26 letters and digits";

/// Accounts: all, or those that a name, a mail address, a domain or an id stands for.
#[utoipa::path(
    get, operation_id = "listAccounts", path = "/v1/accounts", tag = "accounts",
    params(
        ("q" = Option<String>, Query, description = "A name, a mail address, a domain, an id in a source (`crm=A-17`), or an account's own id.", min_length = 1, max_length = 254),
        ("bellwether-purpose" = Option<String>, Header, description = "Show names, for this purpose; it is written down.", pattern = "^[A-Za-z0-9._#-]{1,64}$"),
        Paging
    ),
    responses((status = 200, description = "Accounts.", body = List<Account>), Elsewhere, Failures)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&["q", "limit", "cursor"])?;
    let text = args.text("q", LONGEST)?.map(str::to_owned);
    let (limit, after) = (args.limit()?, args.cursor()?);
    let page = app.reading.run(move |desk| {
        let names = desk.names(&viewer, "accounts")?;
        match text {
            Some(text) => {
                let items = accounts::search(desk, &text, &names, limit)?;
                Ok(Page { items, next: None })
            }
            None => accounts::page(desk, &names, limit, after.as_deref()),
        }
    });
    Ok(json(&List::from(page.await?)))
}

/// One account.
#[utoipa::path(
    get, operation_id = "getAccount", path = "/v1/accounts/{account}", tag = "accounts",
    params(
        ("account" = String, Path, description = "The account's id.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
        ("bellwether-purpose" = Option<String>, Header, description = "Show names, for this purpose; it is written down.", pattern = "^[A-Za-z0-9._#-]{1,64}$"),
    ),
    responses((status = 200, description = "The account.", body = Account), NotFound, Failures)
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&[])?;
    let account: AccountId = path.parsed("account", AN_ACCOUNT)?;
    let found = app.reading.run(move |desk| {
        let names = desk.names(&viewer, &account.to_string())?;
        accounts::one(desk, account, &names)
    });
    Ok(json(&found.await?))
}

/// What happened to an account, newest first.
#[utoipa::path(
    get, operation_id = "listTimeline", path = "/v1/accounts/{account}/timeline", tag = "accounts",
    params(
        ("account" = String, Path, description = "The account's id.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
        Paging
    ),
    responses((status = 200, description = "Its records.", body = List<Moment>), Elsewhere, NotFound, Failures)
)]
pub(super) async fn timeline(
    State(app): State<Arc<App>>,
    path: Segments,
    args: Args,
) -> Result<Response, Refused> {
    args.only(&["limit", "cursor"])?;
    let account: AccountId = path.parsed("account", AN_ACCOUNT)?;
    let (limit, after) = (args.limit()?, args.cursor()?);
    let page = app.reading.run(move |desk| {
        let stream = StreamId::account(account);
        if desk.view.last_seq(stream)? == 0 {
            return Err(Refused::not_found("there is no such account"));
        }
        accounts::timeline(desk, stream, limit, after.as_deref())
    });
    Ok(json(&List::from(page.await?)))
}
