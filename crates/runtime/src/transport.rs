//! Transport: the only sockets out.
//!
//! - In: a destination that was configured, and a request to it.
//! - Out: status and body of the answer, at most as large as asked for.
//! - Never: follows a redirect, uses a proxy that the environment names, connects to a private
//!   address that its configuration does not allow, or without TLS to a public one, or believes a name
//!   twice.
//!
//! A name is looked up and judged in the one step that also connects, so a name that changes between
//! a check and a connection (DNS rebinding) gains nothing.

mod address;
mod stream;

pub use address::{is_own, is_public};
pub use stream::{ReadWrite, Server};

use address::{Allowed, Guarded};
use std::fmt;
use std::time::Duration;
use ureq::http::uri::Scheme;
use ureq::http::{Response, Uri};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Error};

/// How long a destination may take, and how much it may say.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To look up its name and connect, each.
    pub connect: Duration,
    /// For everything, from the name to the last byte of the answer.
    pub whole: Duration,
    /// Bytes of an answer's body.
    pub answer: u64,
}

/// A destination: one host, its connections kept open between requests.
pub struct Peer {
    base: String,
    host: String,
    tls: bool,
    limits: Limits,
    agent: Agent,
}

/// What a destination answered, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type, as sent; empty if none was.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address is no URL that may be used.
    #[error("the address `{url}` cannot be used: {what}")]
    Url {
        /// As configured.
        url: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Every address of the host is private, and it was not allowed to be.
    #[error("the host `{host}` has a private address")]
    Private {
        /// The host.
        host: String,
    },
    /// Every address of the host is public, and it was to be asked without TLS.
    #[error("the host `{host}` has no private address and would be asked without TLS")]
    Plain {
        /// The host.
        host: String,
    },
    /// It took too long.
    #[error("the host `{host}` did not answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// The answer is larger than asked for.
    #[error("the host `{host}` answered more than {most} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// What was allowed.
        most: u64,
    },
    /// No name, no connection, no TLS, or no HTTP.
    #[error("the host `{host}` cannot be asked: {what}")]
    Failed {
        /// The host.
        host: String,
        /// What failed.
        what: String,
    },
}

impl TransportError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "transport-url",
            Self::Private { .. } => "transport-private",
            Self::Plain { .. } => "transport-plain",
            Self::Timeout { .. } => "transport-timeout",
            Self::TooLarge { .. } => "transport-too-large",
            Self::Failed { .. } => "transport-failed",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Url { .. } => {
                "write `https://host/`, or `http://host:port/` with `private: true`"
            }
            Self::Private { .. } => {
                "if that host is meant, add `private: true` where it is configured"
            }
            Self::Plain { .. } => "write `https://`; only a private host may be asked without TLS",
            Self::Timeout { .. } | Self::Failed { .. } => {
                "check that the host is up and that a firewall lets this one through"
            }
            Self::TooLarge { .. } => "check that the address is the right service's",
        }
    }
}

impl Peer {
    /// A destination by its address. `private` says that its host may have a private address, such as
    /// one in the own network. Without TLS it must have one, and no other address of it is used.
    ///
    /// # Errors
    /// `transport-url`.
    pub fn new(url: &str, private: bool, limits: Limits) -> Result<Self, TransportError> {
        let wrong = |what| TransportError::Url { url: url.to_owned(), what };
        let uri: Uri = url.parse().map_err(|_| wrong("it is no URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it holds a user or a password"));
        }
        if uri.query().is_some() || url.contains('#') {
            return Err(wrong("it ends in a query or a fragment"));
        }
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        if !tls && uri.scheme() != Some(&Scheme::HTTP) {
            return Err(wrong("it begins with neither https:// nor http://"));
        }
        if !tls && !private {
            return Err(wrong("only a private host may be asked without TLS"));
        }
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("bellwether")
            .max_response_header_size(16 << 10)
            .timeout_global(Some(limits.whole))
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect));
        let allowed = match (tls, private) {
            (true, false) => Allowed::Public,
            (true, true) => Allowed::Both,
            (false, _) => Allowed::Private,
        };
        let agent =
            Agent::with_parts(config.build(), DefaultConnector::default(), Guarded::new(allowed));
        let (base, host) = (url.trim_end_matches('/').to_owned(), authority.host().to_owned());
        Ok(Self { base, host, tls, limits, agent })
    }

    /// Its host, for messages.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Sends a body to a path below the destination's address.
    ///
    /// # Errors
    /// [`TransportError`]; any status is an answer.
    pub fn post(&self, path: &str, kind: &str, body: &[u8]) -> Result<Answer, TransportError> {
        self.post_with(path, &[("content-type", kind)], body)
    }

    /// The same with other headers.
    ///
    /// # Errors
    /// As [`Peer::post`].
    pub fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, TransportError> {
        let request = self.agent.post(format!("{}/{path}", self.base));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.answer(request.send(body))
    }

    /// Asks for a path, with its query, below the destination's address.
    ///
    /// # Errors
    /// As [`Peer::post`].
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, TransportError> {
        let request = self.agent.get(format!("{}/{path}", self.base));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.answer(request.call())
    }

    fn answer(&self, answered: Result<Response<Body>, Error>) -> Result<Answer, TransportError> {
        let answered = answered.map_err(|error| self.failed(error))?;
        let status = answered.status().as_u16();
        let kind = answered.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let content_type = kind.unwrap_or_default().to_owned();
        let mut body = answered.into_body();
        let body = body.with_config().limit(self.limits.answer).read_to_vec();
        Ok(Answer { status, content_type, body: body.map_err(|error| self.failed(error))? })
    }

    fn failed(&self, error: Error) -> TransportError {
        let host = self.host.clone();
        match error {
            Error::Timeout(_) => TransportError::Timeout { host },
            Error::BodyExceedsLimit(most) => TransportError::TooLarge { host, most },
            Error::Other(why) if why.is::<address::Refused>() => match self.tls {
                true => TransportError::Private { host },
                false => TransportError::Plain { host },
            },
            Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                TransportError::Timeout { host }
            }
            other => TransportError::Failed { host, what: other.to_string() },
        }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({})", self.base)
    }
}

#[cfg(test)]
mod tests;
