//! Problems over HTTP (RFC 9457): a code, a sentence, the mend, and nobody's data.
//!
//! - In: what a reader, the driver or the request itself was refused for.
//! - Out: `application/problem+json`, or the same as a page of the console.
//! - Never: what somebody sent, a name, or a path of the machine.

use crate::access::AccessError;
use crate::exit::{Failure, Problems};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bellwether_core::Problem;
use bellwether_runtime::DriveError;
use bellwether_runtime::keys::KeyError;
use bellwether_runtime::live::LiveError;
use bellwether_runtime::log::LogError;
use bellwether_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not answered as asked.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) problem: Box<Problem>,
    /// The part of the request: a parameter or a member of the body.
    pub(crate) place: Option<String>,
    /// Seconds after which it is worth trying again.
    pub(crate) retry_after: Option<u64>,
}

/// What was wrong, as RFC 9457 has it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body {
    /// The page that explains it.
    #[serde(rename = "type")]
    #[schema(example = "/errors/http-parameter")]
    kind: String,
    /// The kind of problem in a few words.
    title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, in a sentence without anybody's data.
    detail: String,
    /// For programs; never changes once released.
    code: String,
    /// What to do about it.
    help: String,
    /// The parameter, or the member of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

impl Refused {
    /// A problem with its status.
    pub(crate) fn new(status: StatusCode, problem: Problem) -> Self {
        let place = problem.place.as_ref().map(ToString::to_string);
        Self { status, problem: Box::new(problem), place, retry_after: None }
    }

    /// The part of the request that is meant.
    #[must_use]
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// When to try again, in seconds.
    #[must_use]
    pub(crate) fn again_in(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A parameter or a member of a body that cannot be used.
    pub(crate) fn wrong(place: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        let problem = Problem::new("http-value", message).help(help);
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, problem).at(place)
    }

    /// Nothing is there.
    pub(crate) fn not_found(message: &str) -> Self {
        let help = "check the address; `/v1/openapi.json` lists what there is";
        Self::new(StatusCode::NOT_FOUND, Problem::new("http-not-found", message).help(help))
    }

    /// What the program itself failed at.
    pub(crate) fn inside(code: &'static str, message: String, help: &str) -> Self {
        let status = match code {
            "live-full" | "live-closed" | "store-busy" | "store-locked" | "read-busy" => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            "explain-unknown" | "log-no-record" | "log-no-epoch" | "quarantine-none" => {
                StatusCode::NOT_FOUND
            }
            "explain-purged" | "drive-trimmed" => StatusCode::GONE,
            "log-no-checkpoint" | "log-not-covered" | "checkpoint-unwitnessed" => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let refused = Self::new(status, Problem::new(code, message).help(help));
        if status == StatusCode::SERVICE_UNAVAILABLE { refused.again_in(1) } else { refused }
    }

    /// The document of the problem.
    pub(crate) fn body(&self) -> Body {
        let code = self.problem.code;
        Body {
            kind: format!("/errors/{code}"),
            title: title(code),
            status: self.status.as_u16(),
            detail: self.problem.message.clone(),
            code: code.to_owned(),
            help: self.problem.help.clone(),
            place: self.place.clone(),
        }
    }
}

/// The words of a code: the same for every problem of the kind.
pub(crate) fn title(code: &str) -> String {
    let code = match code {
        "http-not-found" => "nothing there",
        "http-method" => "wrong method",
        "http-value" => "wrong value",
        "http-json" => "not JSON",
        "http-content-type" => "wrong content type",
        "http-too-large" => "too large",
        "http-other-site" => "another site's form",
        "http-cursor" => "unknown cursor",
        "http-failed" => "the server failed",
        "read-busy" => "too busy",
        other => other,
    };
    let mut letters = code.chars().map(|letter| if letter == '-' { ' ' } else { letter });
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.collect::<String>() + &letters.collect::<String>()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (self.status, [kind], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<&AccessError> for Refused {
    /// What fails inside is nobody's business outside.
    fn from(error: &AccessError) -> Self {
        let status = StatusCode::from_u16(error.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = match status.is_server_error() {
            true => "it failed inside; the log says more".to_owned(),
            false => error.to_string(),
        };
        Self::new(status, Problem::new(error.code(), message).help(error.help()))
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::inside(error.code(), error.to_string(), error.help())
    }
}

impl From<DriveError> for Refused {
    fn from(error: DriveError) -> Self {
        Self::inside(error.code(), error.to_string(), error.help())
    }
}

impl From<KeyError> for Refused {
    fn from(error: KeyError) -> Self {
        Self::inside(error.code(), error.to_string(), error.help())
    }
}

impl From<LogError> for Refused {
    fn from(error: LogError) -> Self {
        Self::inside(error.code(), error.to_string(), error.help())
    }
}

impl From<LiveError> for Refused {
    fn from(error: LiveError) -> Self {
        Self::inside(error.code(), error.to_string(), error.help())
    }
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        if let Some(problem) = error.downcast_ref::<Problems>().and_then(|all| all.0.first()) {
            return Self::inside(problem.code, problem.message.clone(), &problem.help);
        }
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return Self::inside(failure.code(), failure.message().to_owned(), failure.help());
        }
        // What it says may name a file of the machine: it goes to the log alone.
        tracing::error!(code = "http-failed", error = %error, "A request failed.");
        let problem = Problem::new("http-failed", "the server could not answer this request");
        let problem = problem.help("look at the server's log, or run `bellwether doctor`");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, problem)
    }
}
