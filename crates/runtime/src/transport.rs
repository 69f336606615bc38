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
mod smtp;
mod stream;
mod wire;

pub use address::{is_own, is_public};
pub use smtp::{Login, MailServer, Security, Smtp};
pub use stream::{Line, ReadWrite, Server};
pub use wire::Trusted;

use address::{Allowed, Guarded, Unreached};
use std::fmt;
use std::io::Read as _;
use std::time::Duration;
use ureq::http::uri::Scheme;
use ureq::http::{Response, Uri};
use ureq::{Agent, Body, Error, RequestBuilder, Timeout};

/// Stands for an address that may hold a secret.
const HIDDEN: &str = "(an address that is not shown)";

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

/// A destination: one host. Each request has a connection of its own.
pub struct Peer {
    url: String,
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
    /// The `Retry-After` header, as sent.
    pub retry_after: Option<String>,
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
        /// Whether the request may have arrived all the same.
        sent: bool,
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
        /// Whether the request may have arrived all the same.
        sent: bool,
    },
    /// The certificates to believe cannot be read.
    #[error("the file of certificates cannot be used: {what}")]
    Roots {
        /// What is wrong with it.
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
            Self::Roots { .. } => "transport-roots",
        }
    }

    /// Whether the request may have arrived, for all that is known.
    pub const fn was_sent(&self) -> bool {
        match self {
            Self::Timeout { sent, .. } | Self::Failed { sent, .. } => *sent,
            Self::TooLarge { .. } => true,
            Self::Url { .. } | Self::Private { .. } | Self::Plain { .. } | Self::Roots { .. } => {
                false
            }
        }
    }

    fn unreached(host: String, why: Unreached, tls: bool) -> Self {
        match why {
            Unreached::Refused if tls => Self::Private { host },
            Unreached::Refused => Self::Plain { host },
            Unreached::Timeout => Self::Timeout { host, sent: false },
            Unreached::Failed(what) => Self::Failed { host, what, sent: false },
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
            Self::Roots { .. } => {
                "give a file of certificates in PEM, as `openssl x509` writes them"
            }
        }
    }
}

/// Where a destination may be, and how it is spoken of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Access<'a> {
    /// Its host may have a private address, such as one in the own network.
    pub private: bool,
    /// The only hosts it may be, if any are named: `host`, or `*.domain` for every host below one.
    pub hosts: &'a [String],
    /// What lies behind its host is a secret: it may hold a query, and is never shown.
    pub secret: bool,
    /// Whom its certificate is believed; the public roots if nobody else is named.
    pub trusted: Option<&'a Trusted>,
}

impl Access<'_> {
    fn names(&self, host: &str) -> bool {
        let named = |known: &String| match known.strip_prefix('*') {
            Some(domain) => {
                let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
                domain.starts_with('.') && host.len() > domain.len() && host.ends_with(&domain)
            }
            None => host.eq_ignore_ascii_case(known),
        };
        self.hosts.is_empty() || self.hosts.iter().any(named)
    }
}

impl Peer {
    /// A destination by its address. `private` says that its host may have a private address, such as
    /// one in the own network. Without TLS it must have one, and no other address of it is used.
    ///
    /// # Errors
    /// `transport-url`.
    pub fn new(url: &str, private: bool, limits: Limits) -> Result<Self, TransportError> {
        Self::open(url, &Access { private, ..Access::default() }, limits)
    }

    /// A destination by its address, and what is said of it. Nothing is connected to yet.
    ///
    /// # Errors
    /// `transport-url`, `transport-roots`.
    pub fn open(url: &str, access: &Access<'_>, limits: Limits) -> Result<Self, TransportError> {
        let allowed = |tls| Guarded::new(Allowed::new(tls, access.private), limits);
        Self::guarded(url, access, limits, allowed)
    }

    fn guarded(
        url: &str,
        access: &Access<'_>,
        limits: Limits,
        guarded: impl FnOnce(bool) -> Guarded,
    ) -> Result<Self, TransportError> {
        let shown = if access.secret { HIDDEN } else { url };
        let wrong = |what| TransportError::Url { url: shown.to_owned(), what };
        let uri: Uri = url.parse().map_err(|_| wrong("it is no URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it holds a user or a password"));
        }
        if uri.query().is_some() && !access.secret || url.contains('#') {
            return Err(wrong("it ends in a query or a fragment"));
        }
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        if !tls && uri.scheme() != Some(&Scheme::HTTP) {
            return Err(wrong("it begins with neither https:// nor http://"));
        }
        if !tls && !access.private {
            return Err(wrong("only a private host may be asked without TLS"));
        }
        if !access.names(authority.host()) {
            return Err(wrong("its host is not among those that are allowed"));
        }
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("bellwether")
            .max_response_header_size(16 << 10)
            .max_idle_connections(0)
            .timeout_global(Some(limits.whole))
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect.saturating_mul(2)));
        let trusted = access.trusted.cloned().map_or_else(Trusted::public, Ok)?;
        let guarded = guarded(tls);
        let opening = wire::Opening { guarded: guarded.clone(), trusted, limits };
        let agent = Agent::with_parts(config.build(), opening, guarded);
        let host = authority.host().to_owned();
        Ok(Self { url: url.to_owned(), host, tls, limits, agent })
    }

    /// Its host, for messages.
    pub fn host(&self) -> &str {
        &self.host
    }

    fn at(&self, path: &str) -> String {
        match path {
            "" => self.url.clone(),
            path => format!("{}/{path}", self.url.trim_end_matches('/')),
        }
    }

    /// Sends a body to a path below the destination's address, and wants the whole answer.
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
        self.whole(with(self.agent.post(self.at(path)), headers).send(body))
    }

    /// Asks for a path, with its query, below the destination's address.
    ///
    /// # Errors
    /// As [`Peer::post`].
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, TransportError> {
        self.whole(with(self.agent.get(self.at(path)), headers).call())
    }

    /// Sends a body with headers to a path below the destination's address, or to that itself. Of the
    /// answer's body only the start is read, and if it breaks off, what came before: the status has
    /// arrived all the same.
    ///
    /// # Errors
    /// [`TransportError`]; any status is an answer.
    pub fn send(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, TransportError> {
        let answered = with(self.agent.post(self.at(path)), headers).send(body);
        let (mut answer, rest) = self.head(answered)?;
        let mut start = rest.into_body().into_reader().take(self.limits.answer);
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = start.read(&mut piece) {
            answer.body.extend_from_slice(piece.get(..count).unwrap_or_default());
        }
        Ok(answer)
    }

    fn whole(&self, answered: Result<Response<Body>, Error>) -> Result<Answer, TransportError> {
        let (mut answer, rest) = self.head(answered)?;
        let read = rest.into_body().with_config().limit(self.limits.answer).read_to_vec();
        answer.body = read.map_err(|error| self.failed(error))?;
        Ok(answer)
    }

    /// Everything but the body, which is still to be read.
    fn head(
        &self,
        answered: Result<Response<Body>, Error>,
    ) -> Result<(Answer, Response<Body>), TransportError> {
        let answered = answered.map_err(|error| self.failed(error))?;
        let text = |name| {
            let value = answered.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned)
        };
        let answer = Answer {
            status: answered.status().as_u16(),
            content_type: text("content-type").unwrap_or_default(),
            retry_after: text("retry-after"),
            body: Vec::new(),
        };
        Ok((answer, answered))
    }

    fn failed(&self, error: Error) -> TransportError {
        let host = self.host.clone();
        match error {
            Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                TransportError::Timeout { host, sent: false }
            }
            Error::Timeout(_) => TransportError::Timeout { host, sent: true },
            Error::BodyExceedsLimit(most) => TransportError::TooLarge { host, most },
            Error::Other(why) => match why.downcast::<Unreached>() {
                Ok(why) => TransportError::unreached(host, *why, self.tls),
                Err(why) => TransportError::Failed { host, what: why.to_string(), sent: true },
            },
            Error::BadUri(_) | Error::Http(_) | Error::HostNotFound | Error::ConnectionFailed => {
                TransportError::Failed { host, what: error.to_string(), sent: false }
            }
            other => TransportError::Failed { host, what: other.to_string(), sent: true },
        }
    }
}

fn with<B>(request: RequestBuilder<B>, headers: &[(&str, &str)]) -> RequestBuilder<B> {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({})", self.host)
    }
}

#[cfg(test)]
mod tests;
