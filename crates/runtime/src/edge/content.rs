//! The content hash: tells whether a repeated signal says the same, without keeping what it said.
//!
//! It covers everything that the adapter understood, in a canonical form: each piece led by its length
//! and its kind. It does not cover the stamp or the account, which may differ when a signal is repeated.

use crate::keys::{Message, TenantKeys};
use bellwether_core::signal::{AccountHint, RawSignal, RawValue};
use bellwether_core::{Personal, Purpose};

/// First 64 bits of the keyed hash; fields and parts come sorted.
pub(super) fn hash(
    keys: &TenantKeys,
    raw: &RawSignal,
    fields: &[(String, RawValue)],
    personal: &[(String, Personal<String>)],
) -> u64 {
    let mut canon = Canon(keys.content.message());
    canon.text(b'k', &raw.kind);
    canon.number(b't', raw.at.micros());
    canon.number(b'n', raw.known_at.unwrap_or(raw.at).micros());
    canon.text(b'r', raw.trust.as_str());
    raw.account.iter().for_each(|hint| canon.hint(hint));
    for (tag, text) in [(b'C', &raw.case), (b'D', &raw.deal), (b'S', &raw.numbers)] {
        text.iter().for_each(|text| canon.text(tag, text));
    }
    raw.contact.iter().for_each(|contact| canon.text(b'P', contact.reveal(Purpose::Seal)));
    raw.owner.iter().for_each(|owner| canon.text(b'O', owner.reveal(Purpose::Seal)));
    for (name, value) in fields {
        canon.text(b'f', name);
        canon.value(value);
    }
    for (name, words) in personal {
        canon.text(b'p', name);
        canon.text(b'w', words.reveal(Purpose::Seal));
    }
    canon.0.end_u64()
}

/// The canonical form, hashed while it is written: the words stand nowhere in between.
struct Canon(Message);

impl Canon {
    fn text(&mut self, tag: u8, text: &str) {
        self.0.raw(&[tag]);
        self.0.part(text.as_bytes());
    }

    fn number(&mut self, tag: u8, number: i64) {
        self.0.raw(&[tag]);
        self.0.raw(&number.to_be_bytes());
    }

    fn hint(&mut self, hint: &AccountHint) {
        let (tag, text) = match hint {
            AccountHint::External(system, id) => {
                self.text(b'X', system);
                (b'I', id)
            }
            AccountHint::Domain(text) => (b'M', text),
            AccountHint::DomainOf(text) => (b'd', text),
            AccountHint::Contact(text) => (b'A', text),
            AccountHint::Name(text) => (b'N', text),
        };
        self.text(tag, text.reveal(Purpose::Identify));
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
