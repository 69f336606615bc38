//! Every request is told who asks, before anything else looks at it.
//!
//! A token wins over a cookie. Whatever a session changes takes a page of this server and the session's
//! own form; no handler can forget that.

use super::answer::Denied;
use super::cookie::Cookie;
use super::error::AccessError;
use super::principal::{Account, Principal};
use super::{Desk, origin, secret, token};
use crate::http::Address;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use openidconnect::url::form_urlencoded;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Forms are small.
const LARGEST_FORM: usize = 1 << 20;

/// The field and the header that carry what only the session's own pages know.
pub(crate) const FORM: &str = "csrf";
const FORM_HEADER: &str = "x-csrf-token";

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let unknown = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(parts.extensions.get().copied().unwrap_or(unknown))
    }
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or(Self::Nobody))
    }
}

/// Finds out who asks, and refuses what no page of ours sent.
pub(crate) async fn identify(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
    next: Next,
) -> Response {
    let who = match who(&desk, request.headers()) {
        Ok(who) => who,
        Err(error) => return Denied::of(request.uri(), request.method(), error).into_response(),
    };
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if let (Principal::Account(account), true) = (&who, changes) {
        let (uri, method) = (request.uri().clone(), request.method().clone());
        request = match own(&desk, account, request).await {
            Some(request) => request,
            None => return Denied::of(&uri, &method, AccessError::Foreign).into_response(),
        };
    }
    request.extensions_mut().insert(who);
    next.run(request).await
}

fn who(desk: &Arc<Desk>, headers: &HeaderMap) -> Result<Principal, AccessError> {
    let now = desk.now();
    // Whatever else stands there belongs to a proxy before us, or to a webhook's own scheme.
    let sent = headers.get(AUTHORIZATION).and_then(|sent| sent.to_str().ok()?.split_once(' '));
    let bearer = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if let Some((_, token)) = bearer.filter(|(_, token)| token.trim().starts_with(token::PREFIX)) {
        return Ok(Principal::Service(desk.service(token.trim(), now)?));
    }
    let secret = Cookie::Session.read(headers, desk.settings.secure());
    let account = secret.map(|secret| desk.holder(secret, now)).transpose()?.flatten();
    Ok(account.map_or(Principal::Nobody, Principal::Account))
}

/// The request again, if a page of this very session made it.
async fn own(desk: &Desk, account: &Account, request: Request) -> Option<Request> {
    if !origin::is_own(request.headers(), &desk.settings) {
        return None;
    }
    let fits = |sent: &[u8]| secret::same(sent, account.form.as_bytes());
    if let Some(sent) = request.headers().get(FORM_HEADER) {
        return fits(sent.as_bytes()).then_some(request);
    }
    let kind = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    if kind.split(';').next()?.trim() != "application/x-www-form-urlencoded" {
        return None;
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_FORM).await.ok()?;
    let sent = Fields::read(&body);
    fits(sent.get(FORM).as_bytes()).then(|| Request::from_parts(parts, Body::from(body)))
}

/// The fields of a form or a query; of a name that stands twice, none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, Option<String>>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(bytes).into_owned() {
            fields.entry(name).and_modify(|twice| *twice = None).or_insert(Some(value));
        }
        Self(fields)
    }

    /// A field; empty where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(Option::as_deref).unwrap_or_default()
    }
}

/// The form that a request posts.
impl<S: Send + Sync> axum::extract::FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let body = Bytes::from_request(request, state).await;
        body.map(|body| Self::read(&body)).map_err(axum::response::IntoResponse::into_response)
    }
}
