//! The binary content mode: attributes are headers, the body is the data.

use super::fault::{Fault, fault};
use super::what_is_wrong;
use super::wire::{Data, Event, IGNORED};
use crate::headers::Headers;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Reads an event of the binary mode; `body` is JSON, or nothing.
pub(super) fn event<'a>(headers: &Headers<'_>, body: &'a str) -> Result<Event<'a>, Fault> {
    let mut event = Event::default();
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let Some(attribute) = name.strip_prefix("ce-") else { continue };
        if seen.contains(&name) {
            return Err(fault("intake-duplicate-key", "this header stands twice")
                .help("send each attribute once")
                .at_header(attribute));
        }
        let text = decode(value).ok_or_else(|| {
            fault("intake-header", "the value of this header is not percent-encoded UTF-8")
                .help("encode spaces, quotes, `%` and what is not ASCII as `%XX`")
                .at_header(attribute)
        })?;
        match event.attribute(attribute) {
            Some((_, kept)) => *kept = Cow::Owned(text),
            None => event.unlisted += usize::from(!IGNORED.contains(&attribute)),
        }
        seen.push(name);
    }
    if !body.trim_ascii().is_empty() {
        let data = serde_json::from_str::<Option<Data<'_>>>(body);
        event.data = data.map_err(|_| what_is_wrong::<Option<Data<'_>>>(body))?.unwrap_or_default();
    }
    Ok(event)
}

impl Fault {
    fn at_header(self, attribute: &str) -> Self {
        let fault = self.at_key("", attribute);
        let pointer = fault.pointer.replacen('/', "ce-", 1);
        fault.at(pointer)
    }
}

/// The value of a header: quoted strings first (RFC 9110, 5.6.4), then percent signs, once.
fn decode(value: &str) -> Option<String> {
    let value = value.trim();
    let bare = match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => {
            let mut bare = String::with_capacity(quoted.len());
            let mut chars = quoted.chars();
            while let Some(next) = chars.next() {
                bare.extend(if next == '\\' { chars.next() } else { Some(next) });
            }
            bare
        }
        None => value.to_owned(),
    };
    percent_decode_str(&bare).decode_utf8().ok().map(Cow::into_owned)
}
