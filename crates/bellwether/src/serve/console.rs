//! The console: pages for people, made on the server, whole without a script.
//!
//! - In: requests of whoever may look; forms of our own pages.
//! - Out: HTML that any browser shows, under a policy that allows no script but our own and no style inline.
//! - Never: writes text from outside unescaped; changes anything by a link; takes a form from another site.

mod accounts;
mod answer;
mod channels;
mod decision;
mod docs;
mod escalations;
mod house;
mod layout;
mod log;
mod names;
mod outbox;
mod parts;
mod rules;
mod trial;
mod version;
mod what_if;

use super::App;
use super::problem::{Refused, title};
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use bellwether_core::Problem;
pub(crate) use escalations::sentence;
use layout::Frame;
pub(crate) use layout::alone;
use maud::{Markup, html};
pub(super) use parts::words;
use std::sync::Arc;

/// Nothing from elsewhere, no inline style, no inline script, and no page of ours in another's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The routes of the console.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(escalations::waiting))
        .route("/escalations", get(escalations::list))
        .route("/escalations/{stream}/{doc}/{graph}", get(escalations::one))
        .route("/escalations/{stream}/{doc}/{graph}/answer", get(answer::ask).post(answer::give))
        .route("/accounts", get(accounts::search))
        .route("/accounts/{account}", get(accounts::one))
        .route("/decisions", get(decision::list))
        .route("/decisions/{stream}/{seq}", get(decision::one))
        .route("/sources", get(house::sources))
        .route("/outbox", get(outbox::list))
        .route("/outbox/stop", get(outbox::ask).post(outbox::stop))
        .route("/outbox/{pos}/{nth}/retry", post(outbox::retry))
        .route("/outbox/{pos}/{nth}/settle", post(outbox::settle))
        .route("/rules", get(rules::list))
        .route("/rules/what-if", get(what_if::form).post(what_if::run))
        .route("/rules/{rules}", get(rules::one))
        .route("/rules/{rules}/diff", get(version::diff))
        .route("/rules/{rules}/proofs", get(version::proofs))
        .route("/rules/{rules}/overrides", get(version::overrides))
        .route("/rules/{rules}/{change}", get(rules::ask).post(rules::act))
        .route("/log", get(log::state))
        .route("/log/proof/{pos}", get(log::proof))
        .route("/log/record/{pos}", get(log::record))
        .route("/try", get(trial::form).post(trial::run))
        .route("/names", get(names::ask).post(names::keep))
        .route("/names/hide", post(names::hide))
        .route("/help", get(docs::index))
        .route("/help/{page}", get(docs::page))
        .route("/errors/{code}", get(docs::error))
        .route("/assets/{file}", get(layout::asset))
}

/// A page, with what every page says to the browser.
fn page(status: StatusCode, body: Markup) -> Response {
    let mut response = (status, Html(body.into_string())).into_response();
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A problem as a page.
pub(super) fn refused(refused: &Refused) -> Response {
    let code = refused.problem.code;
    let body = html! {
        section.card.problem {
            p.lead { (refused.problem.message) "." }
            @if let Some(place) = &refused.place { p.muted { "Where: " code { (place) } } }
            @if !refused.problem.help.is_empty() { p { strong { "What to do: " } (refused.problem.help) } }
            p { a href={ "/errors/" (code) } { "What " code { (code) } " means" } }
        }
    };
    let mut response = page(refused.status, Frame::bare(&title(code)).page(&body));
    if let Some(seconds) = refused.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What a handler of a page gives: a page, or a problem as one.
type Shown = Result<Response, Page>;

/// A problem that is shown as a page.
struct Page(Refused);

impl<E: Into<Refused>> From<E> for Page {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        refused(&self.0)
    }
}

/// A form that one of our pages sent.
struct Form(Vec<(String, String)>);

impl Form {
    /// Reads it, if it comes from this site.
    async fn read(request: Request) -> Result<Self, Refused> {
        let headers = request.headers();
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let site = text(HeaderName::from_static("sec-fetch-site"));
        let own = |origin: &str| {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST)
        };
        let fine = match (site, text(header::ORIGIN)) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => own(origin),
            (None, None) => true,
        };
        if !fine {
            let problem = Problem::new("http-other-site", "another site sent this form");
            let problem = problem.help("open the page here and send it again");
            return Err(Refused::new(StatusCode::FORBIDDEN, problem));
        }
        let kind = text(header::CONTENT_TYPE).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            let problem = Problem::new("http-content-type", "this is not a form of these pages");
            let problem = problem.help("send it with the page's own button");
            return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
        }
        let body: Bytes = super::api::request::bytes(request, &()).await?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }

    /// A field that is there and not empty.
    fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
    }
}

/// Sends the browser to another page of ours after a form.
fn go(to: &str) -> Response {
    // Only a path of this site.
    let fine = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    let to = HeaderValue::from_str(if fine { to } else { "/" });
    let to = to.unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}
