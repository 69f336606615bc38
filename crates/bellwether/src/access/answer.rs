//! Refusals: a problem (RFC 9457) for programs, a page for people, and the way on.

use super::decide::{Action, Resource, Why};
use super::error::AccessError;
use super::http::FORM;
use super::origin::path_of_ours;
use super::principal::Principal;
use super::{Desk, pages};
use crate::serve::problem::Refused;
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use openidconnect::url::form_urlencoded;
use std::convert::Infallible;
use std::sync::Arc;

/// What a form's page is asked with when what was sent to it was not done, for want of a fresh proof.
pub(crate) const UNDONE: &str = "undone";

/// A refusal, as whoever asked can read it.
#[derive(Debug)]
pub(crate) struct Denied {
    error: Box<AccessError>,
    /// Whether a program asked.
    api: bool,
    /// Where a person goes on after signing in.
    back: Back,
}

impl Denied {
    /// The refusal of a request.
    pub(crate) fn of(uri: &Uri, method: &Method, error: AccessError) -> Self {
        Self { error: Box::new(error), api: is_api(uri.path()), back: Back::of(uri, method) }
    }
}

/// Programs ask below `/v1/` and for figures; people everything else.
fn is_api(path: &str) -> bool {
    path.starts_with("/v1/") || path == "/metrics"
}

/// The way back to what was asked for. What was asked for with GET can be asked for again; a form cannot.
#[derive(Clone, Debug)]
struct Back {
    path: String,
    /// Whether a form was sent: it is not done, and the way back says so.
    form: bool,
}

impl Back {
    fn of(uri: &Uri, method: &Method) -> Self {
        let form = *method != Method::GET;
        let path =
            if form { Some(uri.path()) } else { uri.path_and_query().map(PathAndQuery::as_str) };
        Self { path: path_of_ours(path.unwrap_or("/")).to_owned(), form }
    }

    /// The page that proves who somebody is, and where it goes on.
    fn by(&self, page: &str, next: &str) -> Response {
        let next = form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        let undone = if self.form { format!("&{UNDONE}=1") } else { String::new() };
        Redirect::to(&format!("{page}?next={next}{undone}")).into_response()
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let Self { error, api, back } = self;
        if error.status() >= 500 {
            tracing::error!(code = error.code(), "Access failed: {error}");
        }
        if api {
            return problem(&error);
        }
        match *error {
            AccessError::Nobody => back.by("/sign-in", if back.form { "/" } else { &back.path }),
            // Whatever takes a fresh proof has its form under the same path.
            AccessError::StepUp if back.form => {
                back.by("/step-up", &format!("{}?{UNDONE}=1", back.path))
            }
            AccessError::StepUp => back.by("/step-up", &back.path),
            error => page(&error),
        }
    }
}

/// A refusal for people.
pub(crate) fn page(error: &AccessError) -> Response {
    finish(error, pages::refused(error).into_response())
}

/// A refusal for programs.
fn problem(error: &AccessError) -> Response {
    finish(error, Refused::from(error).into_response())
}

fn finish(error: &AccessError, mut answer: Response) -> Response {
    let status = StatusCode::from_u16(error.status());
    *answer.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    match error {
        AccessError::Throttled { retry_after } => {
            headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after));
        }
        AccessError::Nobody | AccessError::Token => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        _ => {}
    }
    answer
}

/// Who asks, and how a refusal would reach them: what a handler needs to decide by itself.
#[derive(Debug)]
pub(crate) struct Asking {
    /// Who asks.
    pub(crate) who: Principal,
    api: bool,
    back: Back,
}

impl Asking {
    /// Whether they may do it.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn may(
        &self,
        desk: &Desk,
        action: Action,
        what: &Resource<'_>,
    ) -> Result<(), Denied> {
        desk.may(&self.who, action, what, desk.now()).map_err(|why| self.denied(why.into()))
    }

    /// A refusal for whoever asks.
    pub(crate) fn denied(&self, error: AccessError) -> Denied {
        Denied { error: Box::new(error), api: self.api, back: self.back.clone() }
    }

    /// The hidden field that every form of a session carries; without a session, nothing.
    pub(crate) fn form(&self) -> Markup {
        html! {
            @if let Principal::Account(account) = &self.who {
                input type="hidden" name=(FORM) value=(account.form);
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let who = Principal::from_request_parts(parts, state).await?;
        let back = Back::of(&parts.uri, &parts.method);
        Ok(Self { who, api: is_api(parts.uri.path()), back })
    }
}

impl From<Why> for AccessError {
    fn from(why: Why) -> Self {
        match why {
            Why::Nobody => Self::Nobody,
            Why::NotAllowed => Self::Denied,
            Why::StepUp => Self::StepUp,
            Why::FourEyes => Self::FourEyes,
        }
    }
}

/// Lets only those through to these routes who may do something with the house.
pub(crate) fn guarded<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    desk: &Arc<Desk>,
    action: Action,
) -> Router<S> {
    routes.route_layer(from_fn_with_state((Arc::clone(desk), action), guard))
}

async fn guard(
    State((desk, action)): State<(Arc<Desk>, Action)>,
    asking: Asking,
    request: Request,
    next: Next,
) -> Response {
    match asking.may(&desk, action, &Resource::House) {
        Ok(()) => next.run(request).await,
        Err(denied) => denied.into_response(),
    }
}
