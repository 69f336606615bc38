//! What a request says, read strictly: every refusal is a problem that names the part.

use crate::serve::problem::Refused;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bellwether_core::{Problem, Timestamp};
use serde::de::DeserializeOwned;
use std::str::FromStr;
use utoipa::IntoParams;

/// The most rows of a page, and how many there are where nothing is said.
const MOST_ROWS: usize = 200;
const USUAL_ROWS: usize = 50;

/// Where a list goes on, and how much of it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what `Args` reads")]
pub(crate) struct Paging {
    /// How many rows at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where the list goes on: `next` of the answer before.
    #[param(max_length = 256, min_length = 1)]
    cursor: Option<String>,
}

/// The query of a request.
pub(crate) struct Args(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Args {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Args {
    /// Refuses parameters that the address does not know, or that are said twice.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refused> {
        for (nth, (name, _)) in self.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let help = match known {
                    [] => "this address takes no parameters".to_owned(),
                    known => format!("it knows {}", known.join(", ")),
                };
                return Err(Refused::wrong("query", "a parameter is not known here", help));
            }
            if self.0.iter().take(nth).any(|(before, _)| before == name) {
                return Err(Refused::wrong("query", "a parameter is said twice", "say it once"));
            }
        }
        Ok(())
    }

    /// The text of a parameter; an empty one is refused.
    pub(crate) fn text(&self, name: &'static str, longest: usize) -> Result<Option<&str>, Refused> {
        let Some((_, text)) = self.0.iter().find(|(known, _)| known == name) else {
            return Ok(None);
        };
        match text.chars().count() {
            0 => Err(Refused::wrong(name, "it is empty", "leave it out, or say something")),
            long if long > longest => {
                Err(Refused::wrong(name, "it is too long", format!("{longest} characters at most")))
            }
            _ => Ok(Some(text)),
        }
    }

    /// A parameter as what it stands for.
    pub(crate) fn parsed<T>(
        &self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refused> {
        let Some((_, text)) = self.0.iter().find(|(known, _)| known == name) else {
            return Ok(None);
        };
        let wrong = || Refused::wrong(name, "it cannot be read", format!("expected {expected}"));
        read(text).map(Some).ok_or_else(wrong)
    }

    /// An instant.
    pub(crate) fn instant(&self, name: &'static str) -> Result<Option<Timestamp>, Refused> {
        let read = |text: &str| crate::cli::context::read_time(text).ok();
        self.parsed(name, "an instant such as 2026-11-21T09:00:00Z", read)
    }

    /// Yes or no; no where nothing is said.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, Refused> {
        let read = |text: &str| text.parse().ok();
        Ok(self.parsed(name, "`true` or `false`", read)?.unwrap_or(false))
    }

    /// How many rows.
    pub(crate) fn limit(&self) -> Result<usize, Refused> {
        let read = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|limit| plain && (1..=MOST_ROWS).contains(limit))
        };
        Ok(self.parsed("limit", "a number from 1 to 200", read)?.unwrap_or(USUAL_ROWS))
    }

    /// Where to go on.
    pub(crate) fn cursor(&self) -> Result<Option<String>, Refused> {
        Ok(self.text("cursor", crate::serve::read::cursor::LONGEST)?.map(str::to_owned))
    }
}

/// The variable parts of the path.
pub(crate) struct Segments(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let found = RawPathParams::from_request_parts(parts, state).await;
        let wrong = |_| Refused::wrong("path", "the path is not UTF-8", "encode it as UTF-8");
        let found = found.map_err(wrong)?;
        Ok(Self(found.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()))
    }
}

impl Segments {
    /// The text of a part.
    pub(crate) fn text(&self, name: &'static str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text)
    }

    /// A part as what it stands for.
    pub(crate) fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        expected: &str,
    ) -> Result<T, Refused> {
        let wrong = |_| Refused::wrong(name, "it cannot be read", format!("expected {expected}"));
        self.text(name).parse().map_err(wrong)
    }
}

/// A body in JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let problem = Problem::new("http-content-type", "the body must be JSON");
            let problem = problem.help("send it with `content-type: application/json`");
            return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
        }
        let body = bytes(request, state).await?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let place = format!("body, line {} column {}", error.line(), error.column());
            if error.is_data() {
                let help = "compare it with `/v1/openapi.json`";
                return Refused::wrong(&place, "the body has not the form that is wanted", help);
            }
            let problem = Problem::new("http-json", "the body is not JSON").help("mend it there");
            Refused::new(StatusCode::BAD_REQUEST, problem).at(place)
        })
    }
}

/// A body as it was sent.
pub(crate) async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refused> {
    let body = Bytes::from_request(request, state).await;
    body.map_err(|rejection| {
        match axum::response::IntoResponse::into_response(rejection).status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let problem = Problem::new("http-too-large", "the body is larger than is taken");
                Refused::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    problem.help("send less at once: 1 MiB at most"),
                )
            }
            _ => {
                let problem = Problem::new("http-json", "the body ended too early");
                Refused::new(StatusCode::BAD_REQUEST, problem.help("send all of it"))
            }
        }
    })
}
