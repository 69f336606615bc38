//! The provider over the one way out, and the claims that are read of its tokens.

use bellwether_core::Timestamp;
use bellwether_runtime::transport::{Limits, Peer, TransportError};
use openidconnect::http::header::CONTENT_TYPE;
use openidconnect::http::{Method, Response};
use openidconnect::url::Url;
use openidconnect::{AdditionalClaims, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), whole: Duration::from_secs(10), answer: 1 << 20 };

/// Hosts that a provider may spread its addresses over.
const MOST_HOSTS: usize = 8;

/// Why a provider did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the provider names what cannot be asked")]
    Request,
}

/// The provider's hosts.
pub(super) struct Web {
    private: bool,
    peers: Mutex<BTreeMap<String, Arc<Peer>>>,
}

impl Web {
    pub(super) fn new(private: bool) -> Self {
        Self { private, peers: Mutex::default() }
    }

    /// Asks, as the library wants it asked.
    pub(super) fn ask(&self, request: HttpRequest) -> Result<HttpResponse, WebError> {
        let url: Url = request.uri().to_string().parse().map_err(|_| WebError::Request)?;
        let peer = self.peer(&url.origin().ascii_serialization())?;
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        let path = path.trim_start_matches('/');
        let headers = request.headers().iter();
        let headers: Option<Vec<_>> =
            headers.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let headers = headers.ok_or(WebError::Request)?;
        let answer = match *request.method() {
            Method::GET => peer.get(path, &headers)?,
            Method::POST => peer.post_with(path, &headers, request.body())?,
            _ => return Err(WebError::Request),
        };
        let built = Response::builder()
            .status(answer.status)
            .header(CONTENT_TYPE, answer.content_type)
            .body(answer.body);
        built.map_err(|_| WebError::Request)
    }

    fn peer(&self, origin: &str) -> Result<Arc<Peer>, WebError> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get(origin) {
            return Ok(Arc::clone(peer));
        }
        if peers.len() >= MOST_HOSTS {
            return Err(WebError::Request);
        }
        let peer = Arc::new(Peer::new(origin, self.private, LIMITS)?);
        peers.insert(origin.to_owned(), Arc::clone(&peer));
        Ok(peer)
    }
}

/// Claims beyond the standard ones: any may hold the groups.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Claims {
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl AdditionalClaims for Claims {}

impl Claims {
    /// The groups that a claim lists: one text, or several.
    pub(super) fn groups(&self, claim: &str) -> Vec<String> {
        match self.others.get(claim) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => {
                several.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// An instant as the library counts time.
pub(super) fn moment(at: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp_micros(at.micros())
}
