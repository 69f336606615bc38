//! Signing in, proving again who one is, signing out, one-time links, and the way by the provider.

use super::answer::{Asking, Denied, UNDONE, page};
use super::cookie::Cookie;
use super::error::AccessError;
use super::http::Fields;
use super::oidc::Purpose as Why;
use super::origin::{is_own, path_of_ours};
use super::principal::Principal;
use super::profile::account;
use super::session::{Begun, OIDC};
use super::{Desk, pages, profile};
use crate::http::Address;
use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::http::header::{REFRESH, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use bellwether_core::{Personal, Timestamp};
use std::sync::Arc;

/// The routes. What is posted comes from a page of this server, whether somebody is signed in or not.
pub(crate) fn routes(desk: &Arc<Desk>) -> Router {
    Router::new()
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/step-up", get(step_up_page).post(step_up))
        .route("/sign-out", post(sign_out))
        .route("/first", get(link_page).post(take_link))
        .route("/oidc/begin", post(provider_begin))
        .route("/oidc/callback", get(provider_end))
        .merge(profile::routes(desk))
        .route_layer(from_fn_with_state(Arc::clone(desk), from_here))
        .with_state(Arc::clone(desk))
}

async fn from_here(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let posted = request.method() == axum::http::Method::POST;
    if posted && !is_own(request.headers(), &desk.settings) {
        return Denied::of(request.uri(), request.method(), AccessError::Foreign).into_response();
    }
    next.run(request).await
}

fn query(query: Option<&str>) -> Fields {
    Fields::read(query.unwrap_or_default().as_bytes())
}

/// Sends the session's secret, and the browser on its way.
pub(super) fn signed_in(desk: &Desk, begun: &Begun, next: &str) -> Response {
    let seconds = begun.ends.since(desk.now()).micros() / 1_000_000;
    let answer = Redirect::to(path_of_ours(next)).into_response();
    with_cookie(desk, answer, Cookie::Session, &begun.secret, seconds)
}

/// An answer that sets a cookie; for 0 seconds, removes it.
fn with_cookie(
    desk: &Desk,
    mut answer: Response,
    which: Cookie,
    value: &str,
    seconds: i64,
) -> Response {
    if let Some(cookie) = which.set(value, seconds, desk.settings.secure()) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

/// A form again, with what was wrong.
fn again(error: &AccessError, form: pages::Page) -> Response {
    match error.status() {
        401 | 422 => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            (status, form).into_response()
        }
        _ => page(error),
    }
}

async fn sign_in_page(State(desk): State<Arc<Desk>>, RawQuery(asked): RawQuery) -> pages::Page {
    let fields = query(asked.as_deref());
    let undone = !fields.get(UNDONE).is_empty();
    pages::sign_in(path_of_ours(fields.get("next")), desk.oidc.is_some(), undone, None)
}

async fn sign_in(
    State(desk): State<Arc<Desk>>,
    Address(from): Address,
    fields: Fields,
) -> Response {
    let name = Personal::new(fields.get("name").to_owned());
    let password = Personal::new(fields.get("password").to_owned());
    let begun = desk.hash_off(move |desk, now| desk.sign_in(&name, &password, from, now)).await;
    let next = path_of_ours(fields.get("next"));
    match begun {
        Ok(begun) => signed_in(&desk, &begun, next),
        Err(error) => again(&error, pages::sign_in(next, desk.oidc.is_some(), false, Some(&error))),
    }
}

async fn step_up_page(
    State(desk): State<Arc<Desk>>,
    asking: Asking,
    RawQuery(asked): RawQuery,
) -> Result<pages::Page, Denied> {
    let account = account(&asking)?;
    let fields = query(asked.as_deref());
    let provider = desk.is_of_provider(&account.id).map_err(|error| asking.denied(error))?;
    let (next, undone) = (path_of_ours(fields.get("next")), !fields.get(UNDONE).is_empty());
    Ok(pages::step_up(next, &asking.form(), provider, undone, None))
}

async fn step_up(
    State(desk): State<Arc<Desk>>,
    asking: Asking,
    Address(from): Address,
    fields: Fields,
) -> Result<Response, Denied> {
    let account = account(&asking)?.clone();
    let password = Personal::new(fields.get("password").to_owned());
    let begun = desk.hash_off(move |desk, now| desk.step_up(&account, &password, from, now)).await;
    let next = path_of_ours(fields.get("next"));
    Ok(match begun {
        Ok(begun) => signed_in(&desk, &begun, next),
        Err(error) => {
            again(&error, pages::step_up(next, &asking.form(), false, false, Some(&error)))
        }
    })
}

async fn sign_out(
    State(desk): State<Arc<Desk>>,
    asking: Asking,
    fields: Fields,
) -> Result<Response, Denied> {
    let account = account(&asking)?.clone();
    let everywhere = fields.get("everywhere") == "yes";
    let ended = desk.off(move |desk, now| desk.sign_out(&account, everywhere, now)).await;
    ended.map_err(|error| asking.denied(error))?;
    let answer = Redirect::to("/sign-in").into_response();
    Ok(with_cookie(&desk, answer, Cookie::Session, "", 0))
}

async fn link_page(State(desk): State<Arc<Desk>>, RawQuery(asked): RawQuery) -> Response {
    let fields = query(asked.as_deref());
    let secret = fields.get("token");
    match desk.link(secret, desk.now()) {
        Ok(link) => pages::link(secret, &link, None).into_response(),
        Err(error) => page(&error),
    }
}

async fn take_link(State(desk): State<Arc<Desk>>, fields: Fields) -> Response {
    let secret = fields.get("token").to_owned();
    let name = Personal::new(fields.get("name").to_owned());
    let password = Personal::new(fields.get("password").to_owned());
    let taken = secret.clone();
    let begun = desk.hash_off(move |desk, now| desk.take_link(&taken, &name, &password, now)).await;
    match begun {
        Ok(begun) => signed_in(&desk, &begun, "/"),
        Err(error) => match desk.link(&secret, desk.now()) {
            Ok(link) => again(&error, pages::link(&secret, &link, Some(&error))),
            Err(_) => page(&error),
        },
    }
}

async fn provider_begin(
    State(desk): State<Arc<Desk>>,
    asking: Asking,
    Address(from): Address,
    fields: Fields,
) -> Result<Response, Denied> {
    let next = path_of_ours(fields.get("next")).to_owned();
    let why = match &asking.who {
        Principal::Account(account) => Why::StepUp(account.clone()),
        Principal::Nobody | Principal::Service(_) => Why::SignIn,
    };
    let begun = desk.off(move |desk, now| desk.provider()?.begin(why, next, from, now)).await;
    let begun = begun.map_err(|error| asking.denied(error))?;
    let mut answer = pages::to_provider(begun.url.as_str()).into_response();
    if let Ok(go_on) = HeaderValue::from_str(&format!("0; url={}", begun.url)) {
        answer.headers_mut().insert(REFRESH, go_on);
    }
    Ok(with_cookie(&desk, answer, Cookie::Provider, &begun.secret, 600))
}

async fn provider_end(
    State(desk): State<Arc<Desk>>,
    RawQuery(asked): RawQuery,
    headers: axum::http::HeaderMap,
) -> Response {
    let fields = query(asked.as_deref());
    let cookie = Cookie::Provider.read(&headers, desk.settings.secure());
    let secret = cookie.unwrap_or_default().to_owned();
    let done = desk.off(move |desk, now| desk.sign_in_by_provider(&fields, &secret, now)).await;
    let answer = match done {
        Ok((begun, next)) => signed_in(&desk, &begun, &next),
        Err(error) => page(&error),
    };
    with_cookie(&desk, answer, Cookie::Provider, "", 0)
}

impl Desk {
    /// Whether an account proves itself by the provider.
    fn is_of_provider(&self, account: &str) -> Result<bool, AccessError> {
        Ok(self.reader().user(account)?.is_some_and(|user| user.kind == OIDC))
    }

    /// Runs what waits for the disk or the network aside from the requests.
    pub(super) async fn off<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>, Timestamp) -> Result<T, AccessError> + Send + 'static,
    ) -> Result<T, AccessError> {
        let desk = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&desk, desk.now())).await;
        done.unwrap_or(Err(AccessError::Refused))
    }

    /// The same for what hashes a password; only so many at once.
    pub(super) async fn hash_off<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>, Timestamp) -> Result<T, AccessError> + Send + 'static,
    ) -> Result<T, AccessError> {
        let room = Arc::clone(&self.hashing).acquire_owned().await;
        let done = self.off(work).await;
        drop(room);
        done
    }
}
