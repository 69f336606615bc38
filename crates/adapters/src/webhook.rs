//! Webhooks: whether a delivery is from who it says, by one verifier and a file a scheme.
//!
//! - In: a [`Scheme`] (YAML such as the files in `schemes/`), the request as it came, the live secrets
//!   and the time.
//! - Out: a [`Verified`] with what tells a repetition, or a [`Rejected`] with its reason.
//! - Never: parses the body before it is verified, compares in a time that depends on the secret,
//!   signs with an empty key, shows a secret, or takes what is not signed for proof: an id that is not
//!   signed never tells a repetition.
//!
//! Who calls keeps the delivery ids and refuses one that it has seen.

mod read;
pub(crate) mod shipped;
mod template;
#[cfg(test)]
mod tests;

use crate::headers::{Headers, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bellwether_core::{Duration, Problem, Timestamp, civil};
use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use sha1::Sha1;
use sha2::Sha256;
use std::borrow::Cow;
use std::fmt;
use subtle::ConstantTimeEq;
use template::Part;
use zeroize::Zeroizing;

/// How a sender signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    name: String,
    description: String,
    algorithm: Algorithm,
    encoding: Encoding,
    signature: Where,
    timestamp: Option<Time>,
    id: Option<Where>,
    signed: Vec<Part>,
    secret: SecretForm,
}

/// What is computed over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha1,
    Sha256,
    /// Nothing: the header holds the secret itself.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Hex,
    Base64,
}

/// Where a text is found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Where {
    /// Any of these.
    headers: Vec<String>,
    /// What stands between the items of a list.
    separator: Option<String>,
    /// What stands before the text; items without it are passed over.
    prefix: String,
}

/// When it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Time {
    at: Where,
    /// As [`civil::read`] has it.
    format: &'static str,
    /// How far it may be from now, either way.
    tolerance: Duration,
}

/// How a secret is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SecretForm {
    prefix: String,
    base64: bool,
}

/// A shared secret as its sender writes it. It cannot be printed and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Wraps a secret as soon as it is read.
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The key of a secret as Standard Webhooks writes them: `whsec_` and Base64.
    pub(crate) fn standard(&self) -> Option<Zeroizing<Vec<u8>>> {
        SecretForm { prefix: "whsec_".to_owned(), base64: true }.key(self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The whole address under which the sender knows us, with its query.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a Headers<'a>,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// A delivery that is from who it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Equal for a repetition, and only for one: the sender's id where it is signed, else a digest of
    /// what is signed besides the time. Keep it longer than the sender repeats.
    pub delivery_id: String,
    /// What the sender calls the delivery, to ask him about it. It may not be signed.
    pub called: Option<String>,
    /// When it was signed, where that is signed.
    pub at: Option<Timestamp>,
}

/// Why a delivery is not taken. None of it says anything about the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// A header that the scheme needs is missing, or holds nothing that the scheme reads.
    #[error("the header `{header}` is missing, or not in the form of the scheme")]
    Missing {
        /// The header.
        header: String,
    },
    /// The time of signing cannot be read.
    #[error("the time of signing cannot be read")]
    Time,
    /// It was signed too long ago, or in the future.
    #[error("the delivery was signed at {at}, more than {tolerance} from now")]
    Stale {
        /// When it was signed.
        at: Timestamp,
        /// How far it may be from now.
        tolerance: Duration,
    },
    /// No live secret gives this signature.
    #[error("the signature is not one of ours")]
    Forged,
    /// There is no secret that could verify it.
    #[error("no usable secret is set for this source")]
    NoSecret,
}

impl Rejected {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "webhook-header",
            Self::Time => "webhook-time",
            Self::Stale { .. } => "webhook-stale",
            Self::Forged => "webhook-forged",
            Self::NoSecret => "webhook-no-secret",
        }
    }

    /// The next step for the person who reads it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "does the sender sign, and is the scheme of this source the right one?"
            }
            Self::Time => "is the scheme of this source the right one?",
            Self::Stale { .. } => "compare both clocks; an old delivery is not taken again",
            Self::Forged => {
                "compare the secret with the sender's, and the public address if it is signed"
            }
            Self::NoSecret => "set the source's secret; an empty one is none",
        }
    }
}

impl Scheme {
    /// Reads a scheme. `file` is its name in messages.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        read::scheme(file, text)
    }

    /// The scheme's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose it is, in a sentence.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How long after its signing a delivery may still come; nothing where no time is signed.
    pub fn tolerance(&self) -> Option<Duration> {
        self.timestamp.as_ref().map(|time| time.tolerance)
    }

    /// Whether a secret can be used: not empty, and in the form that the scheme says.
    pub fn accepts(&self, secret: &Secret) -> bool {
        self.secret.key(secret).is_some()
    }
}

impl SecretForm {
    fn key(&self, secret: &Secret) -> Option<Zeroizing<Vec<u8>>> {
        let bare = secret.0.strip_prefix(self.prefix.as_bytes()).unwrap_or(&secret.0);
        let key = match self.base64 {
            true => Zeroizing::new(BASE64.decode(bare.trim_ascii()).ok()?),
            false => Zeroizing::new(bare.to_vec()),
        };
        (!key.is_empty()).then_some(key)
    }
}

/// Whether a request is from somebody who knows one of the secrets, and recent where its time is signed.
/// `now` is when it came.
///
/// # Errors
/// [`Rejected`]; whoever sent it should learn only that it was not taken.
pub fn verify(
    scheme: &Scheme,
    request: &Request<'_>,
    secrets: &[Secret],
    now: Timestamp,
) -> Result<Verified, Rejected> {
    let keys: Vec<_> = secrets.iter().filter_map(|secret| scheme.secret.key(secret)).collect();
    if keys.is_empty() {
        return Err(Rejected::NoSecret);
    }
    let mut given = scheme.signature.all(request.headers).peekable();
    if given.peek().is_none() {
        return Err(scheme.signature.missing());
    }
    let time = scheme.timestamp.as_ref().map(|time| time.at.one(request.headers)).transpose()?;
    let called = scheme.id.as_ref().map(|id| id.one(request.headers));
    let signs_id = scheme.signed.contains(&Part::Id);
    let called = if signs_id { called.transpose()? } else { called.and_then(Result::ok) };
    let filled = template::Filled {
        request,
        time: time.unwrap_or_default(),
        id: called.unwrap_or_default(),
    };
    let message = filled.all(&scheme.signed).ok_or(Rejected::Forged)?;
    let expected: Vec<_> = keys.iter().map(|key| scheme.expected(key, &message)).collect();
    let mut known = subtle::Choice::from(0);
    for (given, expected) in given.flat_map(|given| expected.iter().map(move |it| (given, it))) {
        known |= given.as_bytes().ct_eq(expected);
    }
    if !bool::from(known) {
        return Err(Rejected::Forged);
    }
    let at =
        scheme.timestamp.as_ref().zip(time).map(|(time, text)| time.read(text, now)).transpose()?;
    let delivery_id = match called.filter(|_| signs_id) {
        Some(id) => id.to_owned(),
        None => filled.digest(&scheme.signed).to_string(),
    };
    Ok(Verified { delivery_id, called: called.map(str::to_owned), at })
}

impl Scheme {
    /// The one signature of a message under a key, as it is written.
    fn expected(&self, key: &[u8], message: &[Cow<'_, [u8]>]) -> Zeroizing<Vec<u8>> {
        let parts = message.iter().map(|part| &**part);
        let code = match self.algorithm {
            Algorithm::None => return Zeroizing::new(key.to_vec()),
            Algorithm::Sha1 => mac::<Hmac<Sha1>>(key, parts),
            Algorithm::Sha256 => mac::<Hmac<Sha256>>(key, parts),
        };
        Zeroizing::new(match self.encoding {
            Encoding::Hex => hex::encode(code).into_bytes(),
            Encoding::Base64 => BASE64.encode(code).into_bytes(),
        })
    }
}

/// The keyed code of a message.
pub(crate) fn mac<'a, M: Mac + KeyInit>(
    key: &[u8],
    message: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<u8> {
    // Keys of any length are taken (RFC 2104); an error cannot happen, and would match nothing.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Vec::new() };
    message.into_iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

impl Where {
    /// Every text that stands there.
    fn all<'a>(&'a self, headers: &'a Headers<'a>) -> impl Iterator<Item = &'a str> {
        let values = self.headers.iter().filter_map(|name| header(headers, name));
        let items = values.flat_map(|value| match &self.separator {
            Some(separator) => value.split(separator.as_str()).collect::<Vec<_>>(),
            None => vec![value],
        });
        items
            .filter_map(|item| item.trim().strip_prefix(self.prefix.as_str()))
            .filter(|text| !text.is_empty())
    }

    fn one<'a>(&'a self, headers: &'a Headers<'a>) -> Result<&'a str, Rejected> {
        self.all(headers).next().ok_or_else(|| self.missing())
    }

    fn missing(&self) -> Rejected {
        Rejected::Missing { header: self.headers.first().cloned().unwrap_or_default() }
    }
}

impl Time {
    fn read(&self, text: &str, now: Timestamp) -> Result<Timestamp, Rejected> {
        let at = civil::read(text, self.format, &TimeZone::UTC).map_err(|_| Rejected::Time)?;
        let apart = now.since(at).max(at.since(now));
        match apart <= self.tolerance {
            true => Ok(at),
            false => Err(Rejected::Stale { at, tolerance: self.tolerance }),
        }
    }
}
