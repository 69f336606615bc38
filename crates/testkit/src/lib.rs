//! Testkit: small worlds for tests. Only ever a dev-dependency.
//!
//! - In: a few words about what happens.
//! - Out: events as the edge would write them, with their bytes; traces of what must be nowhere.
//! - Never: anything random that is not seeded.

mod hunt;

pub use hunt::{Hunt, Searched};

use bellwether_core::event::Seen;
use bellwether_core::record::FIRST_EPOCH;
use bellwether_core::signal::{MatchedBy, RawValue};
use bellwether_core::{
    AccountId, Body, Digest, DocKey, Envelope, Id, Money, Origin, Ppm, StreamId, Timestamp, Trust,
};
use bellwether_ledger::{DraftBody, EventDraft, SignalDraft, encode_event};

/// What a test says of a signal; the rest has sensible values.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Which account.
    pub account: u128,
    /// Which case, if any.
    pub case: Option<u128>,
    /// The kind.
    pub kind: &'static str,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Its key: equal keys are the same signal.
    pub key: u64,
    /// Its fields.
    pub fields: Vec<(String, RawValue)>,
    /// Who could have written it.
    pub trust: Trust,
}

/// A signal about account 1, `at` seconds since 1970.
pub fn happens(kind: &'static str, at: i64) -> Happening {
    Happening {
        account: 1,
        case: None,
        kind,
        at,
        key: bits(format!("{kind}|{at}").as_bytes()),
        fields: Vec::new(),
        trust: Trust::Partner,
    }
}

impl Happening {
    /// About a case.
    #[must_use]
    pub fn case(mut self, case: u128) -> Self {
        self.case = Some(case);
        self
    }

    /// About another account.
    #[must_use]
    pub fn account(mut self, account: u128) -> Self {
        self.account = account;
        self
    }

    /// With a key of its own.
    #[must_use]
    pub fn key(mut self, key: u64) -> Self {
        self.key = key;
        self
    }

    /// A field of any type.
    #[must_use]
    pub fn field(mut self, name: &str, value: RawValue) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value));
        self.fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        self
    }

    /// A word.
    #[must_use]
    pub fn word(self, name: &str, word: &str) -> Self {
        self.field(name, RawValue::Word(word.to_owned()))
    }

    /// A whole number.
    #[must_use]
    pub fn int(self, name: &str, number: i64) -> Self {
        self.field(name, RawValue::Int(number))
    }

    /// A yes or no.
    #[must_use]
    pub fn flag(self, name: &str, yes: bool) -> Self {
        self.field(name, RawValue::Bool(yes))
    }

    /// A ratio in parts per million.
    #[must_use]
    pub fn ppm(self, name: &str, ppm: i64) -> Self {
        self.field(name, RawValue::Ratio(Ppm::new(ppm)))
    }

    /// An amount of euros.
    #[must_use]
    pub fn eur(self, name: &str, minor: i64) -> Self {
        let eur = "EUR".parse().map(|currency| Money::from_minor(minor, currency));
        match eur {
            Ok(money) => self.field(name, RawValue::Money(money)),
            Err(_) => self,
        }
    }

    /// The event as the edge would write it for history.
    pub fn event(&self, rules: Digest) -> (Vec<u8>, Envelope) {
        self.event_at(rules, self.at, Origin::History)
    }

    /// The event as taken in at another instant, live or not.
    pub fn event_at(&self, rules: Digest, at: i64, origin: Origin) -> (Vec<u8>, Envelope) {
        let signal = SignalDraft {
            key: self.key,
            content: content(&self.fields),
            source: "test",
            kind: self.kind,
            at: Timestamp::from_secs(self.at),
            known_at: Timestamp::from_secs(self.at),
            trust: self.trust,
            doc: self.case.map(|case| DocKey::Case(Id::from_bits(case))),
            contact: None,
            matched_by: MatchedBy::External,
            fields: &self.fields,
            commitments: &[],
        };
        encode_event(&EventDraft {
            stream: stream(self.account),
            at: Timestamp::from_secs(at),
            rules,
            origin,
            epoch: FIRST_EPOCH,
            seen: Seen::Unasked,
            failed: false,
            via: None,
            body: DraftBody::Signal(signal),
        })
    }
}

/// The stream of a test account.
pub fn stream(account: u128) -> StreamId {
    StreamId::account(AccountId(Id::from_bits(account)))
}

/// Any other event, with its bytes.
pub fn event(
    account: u128,
    rules: Digest,
    at: i64,
    origin: Origin,
    body: &Body,
) -> (Vec<u8>, Envelope) {
    encode_event(&EventDraft {
        stream: stream(account),
        at: Timestamp::from_secs(at),
        rules,
        origin,
        epoch: FIRST_EPOCH,
        seen: Seen::Unasked,
        failed: false,
        via: None,
        body: DraftBody::Plain(body),
    })
}

fn content(fields: &[(String, RawValue)]) -> u64 {
    bits(format!("{fields:?}").as_bytes())
}

/// The first 64 bits of a digest.
fn bits(bytes: &[u8]) -> u64 {
    Digest::of(bytes).as_bytes().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

/// A small repeatable generator (SplitMix64) for seeded tests.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.roll() % bound }
    }

    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}
