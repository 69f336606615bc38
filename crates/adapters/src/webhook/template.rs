//! What is signed: the parts of a message in their order.
//!
//! - In: a template such as `v0:{timestamp}:{body}`, and a request.
//! - Out: the bytes that the sender signed, and a digest of them without the time.
//! - Never: signs a body only in part.

use super::Request;
use crate::headers::{header, media_type};
use bellwether_core::Digest;
use percent_encoding::percent_decode_str;
use sha2::Sha256;
use std::borrow::Cow;

/// A part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Timestamp,
    Id,
    Method,
    Url,
    /// The address with some escapes undone.
    Uri,
    Body,
    /// Names and values of a form, sorted by name; with any other body, nothing, but then the query of
    /// the address has its SHA-256.
    Form,
}

pub(super) const WORDS: [(&str, Part); 7] = [
    ("timestamp", Part::Timestamp),
    ("id", Part::Id),
    ("method", Part::Method),
    ("url", Part::Url),
    ("uri", Part::Uri),
    ("body", Part::Body),
    ("form", Part::Form),
];

/// The escapes that HubSpot undoes before it signs an address.
const UNDONE: [(&str, &str); 12] = [
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

/// Reads a template. An error names the word that is not known.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let (word, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
        let known = WORDS.iter().find(|(known, _)| *known == word);
        parts.push(known.map(|(_, part)| part.clone()).ok_or_else(|| word.to_owned())?);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

/// What fills a template.
pub(super) struct Filled<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) time: &'a str,
    pub(super) id: &'a str,
}

impl<'a> Filled<'a> {
    /// The bytes of all parts; `None` where the body is not what the address says.
    pub(super) fn all(&self, parts: &'a [Part]) -> Option<Vec<Cow<'a, [u8]>>> {
        parts.iter().map(|part| self.bytes(part)).collect()
    }

    /// A digest of the parts, without the time; of the body alone where nothing is signed.
    pub(super) fn digest(&self, parts: &'a [Part]) -> Digest {
        let kept = parts.iter().filter(|part| !matches!(part, Part::Timestamp | Part::Body));
        let kept: Vec<_> = kept.filter_map(|part| self.bytes(part)).collect();
        let kept = kept.iter().map(|part| &**part);
        Digest::of_parts(kept.chain([self.request.body]))
    }

    fn bytes(&self, part: &'a Part) -> Option<Cow<'a, [u8]>> {
        let text = match part {
            Part::Text(text) => text,
            Part::Timestamp => self.time,
            Part::Id => self.id,
            Part::Method => self.request.method,
            Part::Url => self.request.url,
            Part::Uri => return Some(Cow::Owned(undone(self.request.url).into_bytes())),
            Part::Body => return Some(Cow::Borrowed(self.request.body)),
            Part::Form => return form(self.request).map(Cow::Owned),
        };
        Some(Cow::Borrowed(text.as_bytes()))
    }
}

fn undone(url: &str) -> String {
    let mut text = url.to_owned();
    for (escape, plain) in UNDONE {
        text = text.replace(escape, plain).replace(&escape.to_ascii_lowercase(), plain);
    }
    text
}

/// The pairs of a form, each once, sorted and joined without anything between them. Nothing signs the
/// content type, so a sum in the address must be that of the body, whatever the body is said to be.
fn form(request: &Request<'_>) -> Option<Vec<u8>> {
    let (_, query) = request.url.split_once('?').unwrap_or_default();
    if let Some((_, sum)) = pairs(query).find(|(name, _)| name == b"bodySHA256") {
        let own = hex::encode(<Sha256 as sha2::Digest>::digest(request.body));
        return (sum == own.as_bytes()).then(Vec::new);
    }
    let kind = header(request.headers, "content-type").and_then(media_type);
    if kind.as_deref() != Some("application/x-www-form-urlencoded") {
        return request.body.is_empty().then(Vec::new);
    }
    let mut pairs: Vec<_> = pairs(std::str::from_utf8(request.body).ok()?).collect();
    pairs.sort_unstable();
    pairs.dedup();
    Some(pairs.into_iter().flat_map(|(name, value)| [name, value].concat()).collect())
}

fn pairs(text: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).collect();
    let items = text.split('&').filter(|item| !item.is_empty());
    items.map(move |item| {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        (decode(name), decode(value))
    })
}
