//! What a signal must be before it is taken: names that are names, words that are words, bounds.

use super::EdgeError;
use bellwether_core::Purpose;
use bellwether_core::signal::{MAX_WORD, RawSignal, RawValue};

/// The longest name, in bytes.
const MAX_NAME: usize = 64;

/// The most that a signal's personal parts may hold together, in bytes.
const MAX_PERSONAL: usize = 1 << 20;

/// The longest event, in bytes.
const MAX_EVENT: usize = 16 << 10;

/// The longest id or number, in bytes.
const MAX_ID: usize = 1 << 10;

/// Refuses what is no signal. Errors name places, never words.
pub(super) fn signal(raw: &RawSignal) -> Result<(), EdgeError> {
    if raw.id.is_empty() {
        return Err(EdgeError::NoId);
    }
    for id in [Some(&raw.id), raw.case.as_ref(), raw.deal.as_ref()].into_iter().flatten() {
        at_most("an id or number", id.len(), MAX_ID)?;
    }
    if !(1..=MAX_NAME).contains(&raw.source.len()) || raw.source.contains(char::is_control) {
        return Err(EdgeError::SourceName);
    }
    if !is_name(&raw.kind) {
        return Err(EdgeError::KindName);
    }
    let fields = raw.fields.iter().map(|(name, _)| ("field", name));
    let parts = raw.personal.iter().map(|(name, _)| ("personal part", name));
    for (nth, (what, name)) in (1..).zip(fields).chain((1..).zip(parts)) {
        if !is_name(name) {
            return Err(EdgeError::FieldName { what, nth });
        }
    }
    for (nth, (_, value)) in (1..).zip(&raw.fields) {
        if matches!(value, RawValue::Word(word) if word.len() > MAX_WORD) {
            return Err(EdgeError::WordLong { nth });
        }
    }
    let words = raw.personal.iter().map(|(_, words)| words.reveal(Purpose::Seal).len()).sum();
    at_most("the personal parts", words, MAX_PERSONAL)
}

/// Refuses two personal parts of one name, of which one would be lost.
pub(super) fn twice<T>(given: &[T], kept: &[T]) -> Result<(), EdgeError> {
    if given.len() == kept.len() { Ok(()) } else { Err(EdgeError::PartTwice) }
}

/// Refuses an event that is too long for the journal.
pub(super) fn event(bytes: &[u8]) -> Result<(), EdgeError> {
    at_most("the event", bytes.len(), MAX_EVENT)
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), EdgeError> {
    if found <= most { Ok(()) } else { Err(EdgeError::TooLarge { what, found, most }) }
}

fn is_name(name: &str) -> bool {
    let fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(fine)
}
