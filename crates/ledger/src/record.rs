//! The bytes of a record: what one step leaves in the log.
//!
//! - In: a [`Record`], and the words of its codes.
//! - Out: canonical JSON of at most [`MAX_BYTES`]. Where the lists do not fit in, they come apart, and
//!   the record names their digest as `details`.
//! - Never: personal data; nobody's words are in a record to begin with.

mod parts;

pub use parts::write_effect;

use crate::event::{digest, stream};
use crate::json::Object;
use bellwether_core::record::{FORMAT, MAX_BYTES, Record, Status};
use bellwether_core::{Body, Code, Digest};
use std::borrow::Cow;

/// Gives the word of a code where it is known; others are written as `#` and their number.
pub type Words<'a> = &'a dyn Fn(Code) -> Option<&'a str>;

/// Writes a record at the end of a buffer. Gives the bytes of its lists (decisions, effects, moves and
/// timers as one canonical object), if they were too long for it; they belong to the evidence.
pub fn write_record(record: &Record<'_>, words: Words<'_>, out: &mut Vec<u8>) -> Option<Vec<u8>> {
    let start = out.len();
    write(record, words, None, out);
    if out.len() - start <= MAX_BYTES {
        return None;
    }
    let mut details = Vec::new();
    let mut lists = Object::new(&mut details);
    parts::decisions(&mut lists, record, words);
    parts::effects(&mut lists, record, words);
    parts::moves(&mut lists, record, words);
    parts::timers(&mut lists, record, words);
    lists.end();
    out.truncate(start);
    write(record, words, Some(&Digest::of(&details)), out);
    Some(details)
}

fn write(record: &Record<'_>, words: Words<'_>, details: Option<&Digest>, out: &mut Vec<u8>) {
    let whole = details.is_none();
    let mut object = Object::new(out);
    if let (Body::RulesActivated { preimage, .. }, Status::Applied) = (record.body, record.status) {
        // Its digest was compared, so it is the canonical JSON that it was taken of.
        object.key("activated").extend_from_slice(preimage.as_bytes());
    }
    if let Body::Answered { .. } = record.body {
        parts::answer(object.key("answer"), record.body, words);
    }
    object.quoted("at", record.at.micros());
    base(&mut object, record.body);
    if let Body::EpochBegun { before, .. } = record.body {
        object.text("before", before);
    }
    if whole {
        parts::decisions(&mut object, record, words);
    }
    parts::performed(&mut object, record.body, words);
    match details {
        Some(details) => digest(object.key("details"), details),
        None => parts::effects(&mut object, record, words),
    }
    object.number("engine", u64::from(record.engine));
    object.number("epoch", record.epoch);
    if let Body::SubjectErased { subject, parts } = record.body {
        parts::erased(object.key("erased"), *subject, *parts);
    }
    digest(object.key("event"), &record.event);
    if let Body::LogKeyRotated { new, old } = record.body {
        parts::keys(object.key("keys"), new, old);
    }
    object.text("kind", record.body.kind());
    if let Body::EpochBegun { origin, .. } = record.body {
        object.text("log", origin);
    }
    if record.shadow {
        object.text("mode", "shadow");
    }
    if whole {
        parts::moves(&mut object, record, words);
    }
    parts::note(&mut object, record.body);
    object.text("origin", record.origin.as_str());
    if let Body::Folded { other: Some(other), .. } = record.body {
        stream(object.key("other"), *other);
    }
    digest(object.key("prev"), &record.prev);
    digest(object.key("rules"), &record.rules);
    object.quoted("seq", i64::try_from(record.seq).unwrap_or(i64::MAX));
    object.text("status", record.status.as_str());
    stream(object.key("stream"), record.stream);
    if record.stream_time != record.at {
        object.quoted("stream_time", record.stream_time.micros());
    }
    if whole {
        parts::timers(&mut object, record, words);
    }
    object.text("type", leaf_type(record.body));
    object.number("v", u64::from(FORMAT));
    let cause = match record.body {
        Body::Folded { cause, .. } => Some(cause.as_str()),
        _ => None,
    };
    if let Some(why) = record.why.or(cause) {
        object.text("why", why);
    }
    object.end();
}

/// The state that a stream may be derived from.
fn base(object: &mut Object<'_>, body: &Body) {
    if let Body::StreamBase { seq, state } = body {
        let mut base = Object::new(object.key("base"));
        base.number("seq", *seq);
        digest(base.key("state"), state);
        base.end();
    }
}

/// The kind of leaf: most are steps; what concerns the log itself stands under a name of its own.
fn leaf_type(body: &Body) -> &'static str {
    match body {
        Body::RulesActivated { .. }
        | Body::SubjectErased { .. }
        | Body::StreamBase { .. }
        | Body::EpochBegun { .. }
        | Body::LogKeyRotated { .. }
        | Body::Performed { .. }
        | Body::Noted { .. } => body.kind(),
        Body::Signal(_) | Body::Timer { .. } | Body::Answered { .. } | Body::Folded { .. } => {
            "step"
        }
    }
}

/// A record with its lists, for readers: where they stand apart, they are put back in from the evidence
/// of its position (rows of JSON, one a line). What is not found there stays away.
pub fn whole_record<E>(
    record: &[u8],
    evidence: impl FnOnce() -> Result<Option<Vec<u8>>, E>,
) -> Result<Cow<'_, [u8]>, E> {
    let Some(named) = details_of(record) else { return Ok(Cow::Borrowed(record)) };
    let rows = evidence()?.unwrap_or_default();
    let is_named = |row: &&[u8]| Digest::of(row).to_string().as_bytes() == named;
    let Some(details) = rows.split(|byte| *byte == b'\n').find(is_named) else {
        return Ok(Cow::Borrowed(record));
    };
    let lists = details.strip_suffix(b"}").unwrap_or(details);
    let rest = record.strip_prefix(b"{").unwrap_or(record);
    Ok(Cow::Owned([lists, b",", rest].concat()))
}

/// The digest of the lists that stand apart, if they do. A record without them is short, and the name
/// stands before anything that may be long.
fn details_of(record: &[u8]) -> Option<&[u8]> {
    let name = b"\"details\":\"";
    let place = record.windows(name.len()).position(|part| part == name)?;
    let value = record.get(place + name.len()..)?;
    value.get(..value.iter().position(|byte| *byte == b'"')?)
}
