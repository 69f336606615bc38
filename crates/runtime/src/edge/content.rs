//! The content hash: tells whether a repeated signal says the same, without keeping what it said.
//!
//! It covers what the event says, in a canonical form: each piece led by its length and its kind. Of
//! personal parts it covers the commitments, whose keys go with their subjects: whoever keeps the
//! tenant's keys cannot test a guess of the words once a subject is erased. It does not cover the stamp,
//! the account or the ways to find it, which may differ when a signal is repeated.

use crate::keys::{Message, TenantKeys};
use bellwether_core::SubjectId;
use bellwether_core::signal::RawValue;
use bellwether_ledger::SignalDraft;

/// First 64 bits of the keyed hash; fields and commitments come sorted. `owner` is who answers for what
/// it is about, or that nobody does, where it says so.
pub(super) fn hash(
    keys: &TenantKeys,
    signal: &SignalDraft<'_>,
    owner: Option<Option<SubjectId>>,
) -> u64 {
    let mut canon = Canon(keys.content.message());
    canon.text(b'k', signal.kind);
    canon.number(b't', signal.at.micros());
    canon.number(b'n', signal.known_at.micros());
    canon.text(b'r', signal.trust.as_str());
    if let Some(doc) = signal.doc {
        canon.text(b'D', &doc.to_string());
    }
    if let Some(contact) = signal.contact {
        canon.bytes(b'P', &contact.0.to_bytes());
    }
    if let Some(owner) = owner {
        canon.bytes(b'O', &owner.map(|owner| owner.0.to_bytes()).unwrap_or_default());
    }
    for (name, value) in signal.fields {
        canon.text(b'f', name);
        canon.value(value);
    }
    for (name, commitment) in signal.commitments {
        canon.text(b'p', name);
        canon.bytes(b'c', commitment.as_bytes());
    }
    canon.0.end_u64()
}

/// The canonical form, hashed while it is written.
struct Canon(Message);

impl Canon {
    fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.0.raw(&[tag]);
        self.0.part(bytes);
    }

    fn text(&mut self, tag: u8, text: &str) {
        self.bytes(tag, text.as_bytes());
    }

    fn number(&mut self, tag: u8, number: i64) {
        self.0.raw(&[tag]);
        self.0.raw(&number.to_be_bytes());
    }

    fn value(&mut self, value: &RawValue) {
        match value {
            RawValue::Bool(yes) => self.number(b'0', i64::from(*yes)),
            RawValue::Int(number) => self.number(b'1', *number),
            RawValue::Ratio(ratio) => self.number(b'2', ratio.get()),
            RawValue::Time(time) => self.number(b'3', time.micros()),
            RawValue::Duration(span) => self.number(b'4', span.micros()),
            RawValue::Word(word) => self.text(b'5', word),
            RawValue::Money(money) => {
                self.text(b'6', money.currency().as_str());
                self.number(b'7', money.minor());
            }
        }
    }
}
