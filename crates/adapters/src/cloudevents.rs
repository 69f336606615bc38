//! CloudEvents 1.0 over HTTP: how other programs tell what happened.
//!
//! - In: the headers and the body of one request in any of the three content modes (structured, binary,
//!   batch), and what its sender may do ([`Intake`]). The form of `data` is described in `docs/signals.md`.
//! - Out: [`Read`]: signals, each with its place in the batch and its trace, and what was refused of a
//!   batch, event by event. A fault of the request as a whole is a [`Fault`].
//! - Never: takes trust, or the name of another source, from the event; builds a tree of the body; lets
//!   a float near an amount; quotes a value or a name of the event in a fault.
//!
//! The common case is one pass from bytes to typed parts. Only a request in which something is wrong is
//! read a second time, slowly, to say exactly where.

mod binary;
mod fault;
#[cfg(test)]
mod tests;
mod understand;
mod value;
mod wire;

use crate::headers::{Headers, header, is_json, media_type};
use bellwether_core::{RawSignal, Timestamp, Trust};
use fault::{fault, too_many};
use serde::Deserialize;
use serde::de::DeserializeSeed;
use serde_json::value::RawValue;
use wire::{Batch, Event};

pub use fault::Fault;

/// The longest body that the caller may hand over, in bytes.
pub const MAX_BODY: usize = 1 << 20;

/// The most events in a batch.
pub const MAX_BATCH: usize = 1_000;

/// The deepest nesting of a body.
pub const MAX_DEPTH: usize = crate::MAX_DEPTH;

/// The most fields of a signal.
pub const MAX_FIELDS: usize = 128;

/// What the sender of a request may do, by its token.
#[derive(Clone, Copy, Debug)]
pub struct Intake<'a> {
    /// The source that it may speak for; an event's `source` is this, or this and more after a `/`.
    pub source: &'a str,
    /// Who could have written what it sends.
    pub trust: Trust,
    /// When the request came: the time of events that have none.
    pub accepted: Timestamp,
    /// Our own mail domains, lower case: they never lead to a customer.
    pub own_domains: &'a [String],
}

/// What was understood of a request.
#[derive(Debug, Default)]
pub struct Read {
    /// What was taken, in the order sent.
    pub taken: Vec<Taken>,
    /// What was refused of a batch: the place from 0, and why. The others stand.
    pub refused: Vec<(usize, Fault)>,
}

/// A signal as it came.
#[derive(Debug)]
pub struct Taken {
    /// Its place in the request, from 0.
    pub index: usize,
    /// The signal.
    pub signal: RawSignal,
    /// The W3C `traceparent` of the event as it was sent: whoever goes on with the trace reads it.
    pub trace_parent: Option<String>,
    /// The W3C `tracestate` that goes with it.
    pub trace_state: Option<String>,
    /// How many extension attributes nobody reads.
    pub unlisted: usize,
}

/// What stands before the names of attributes and of the parts of the data in a pointer.
struct Pointers {
    attribute: &'static str,
    data: &'static str,
}

const BODY: Pointers = Pointers { attribute: "/", data: "/data" };

/// In the binary mode the body is the data.
const HEADERS: Pointers = Pointers { attribute: "ce-", data: "" };

/// Reads a request.
///
/// # Errors
/// What is wrong with the request as a whole, with the status to answer: 415 for a content type that is
/// not understood, 413 for too many events, 400 or 403 for a single event that is refused.
pub fn read(headers: &Headers<'_>, body: &[u8], how: &Intake<'_>) -> Result<Read, Fault> {
    let written = header(headers, "content-type").unwrap_or_default();
    let kind = media_type(written).unwrap_or_default();
    let text = || {
        std::str::from_utf8(body).map_err(|_| {
            fault("intake-not-json", "the body is not UTF-8").help("send JSON in UTF-8")
        })
    };
    match kind.as_str() {
        "application/cloudevents-batch+json" => batch(text()?, how),
        "application/cloudevents+json" => {
            let text = text()?;
            let event = serde_json::from_str(text).map_err(|_| what_is_wrong::<Event<'_>>(text))?;
            one(event, how, &BODY)
        }
        kind if is_json(kind) && header(headers, "ce-specversion").is_some() => {
            one(binary::event(headers, text()?)?, how, &HEADERS)
        }
        kind => Err(content_type(kind, headers)),
    }
}

fn content_type(kind: &str, headers: &Headers<'_>) -> Fault {
    let help = "send `application/cloudevents+json`, `application/cloudevents-batch+json`, or \
                `application/json` with `ce-` headers, in UTF-8";
    let what = match header(headers, "ce-specversion") {
        Some(_) => "the data of this event is not JSON in UTF-8",
        None if is_json(kind) => "this is JSON, but neither a structured event nor `ce-` headers",
        None => "this content type is not understood",
    };
    Fault { status: 415, ..fault("intake-content-type", what).help(help) }
}

fn one(event: Event<'_>, how: &Intake<'_>, at: &Pointers) -> Result<Read, Fault> {
    let taken = understand::event(event, 0, how, at)?;
    Ok(Read { taken: vec![taken], refused: Vec::new() })
}

fn batch(text: &str, how: &Intake<'_>) -> Result<Read, Fault> {
    // Short events have about 200 bytes; the list rarely grows.
    let taken = Vec::with_capacity((text.len() / 200).min(MAX_BATCH));
    let mut read = Read { taken, refused: Vec::new() };
    let mut reader = serde_json::Deserializer::from_str(text);
    let taker = |index, event| read.take(index, Ok(event), how);
    if Batch(taker).deserialize(&mut reader).and_then(|()| reader.end()).is_ok() {
        return Ok(read);
    }
    // Something is of the wrong shape: now each event is read for itself.
    let parts: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| Fault::of(None, &error))?;
    if parts.len() > MAX_BATCH {
        return Err(too_many(wire::TOO_LONG));
    }
    let mut read = Read::default();
    for (index, part) in parts.into_iter().map(RawValue::get).enumerate() {
        let before = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let wrong = |_| what_is_wrong::<Event<'_>>(part).after(text.get(..before));
        read.take(index, serde_json::from_str(part).map_err(wrong), how);
    }
    Ok(read)
}

impl Read {
    /// Takes an event of a batch, or notes why not.
    fn take(&mut self, index: usize, event: Result<Event<'_>, Fault>, how: &Intake<'_>) {
        match event.and_then(|event| understand::event(event, index, how, &BODY)) {
            Ok(taken) => self.taken.push(taken),
            Err(fault) => self.refused.push((index, fault.inside(index))),
        }
    }
}

/// Reads again, slowly, what could not be read, and says where it is wrong.
fn what_is_wrong<'a, T: Deserialize<'a>>(text: &'a str) -> Fault {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut reader);
    match read {
        Err(error) => Fault::of(Some(error.path()), error.inner()),
        // Only what follows it was wrong.
        Ok(_) => match reader.end() {
            Err(error) => Fault::of(None, &error),
            Ok(()) => fault("intake-not-json", "this could not be read"),
        },
    }
}
