//! Guards: what becomes of a signal about somebody who was erased, is restricted, or has objected.
//!
//! - In: a signal as an adapter understood it, and keyed hashes of who is guarded.
//! - Out: the signal as it may be taken, and how its person stands.
//! - Never: learns anew who was erased; lets a rule read what somebody restricted or objected to.
//!
//! Of who was **erased** a signal keeps what is not personal: no person, no sealed part, and no way to
//! find the account that names them. The signal of somebody who is **restricted** or has **objected** is
//! kept whole and sealed, but under a kind that no rule reads, and under a key of its own, so that the
//! same signal counts if it comes again after that was lifted.

use super::Edge;
use crate::identity::{self, Blind, Hint, normal};
use crate::keys::TenantKeys;
use bellwether_core::signal::{AccountHint, HELD_KINDS, RawSignal, RawValue};
use bellwether_core::{Personal, Purpose};
use bellwether_ledger::json::{self, Object};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How somebody stands who is treated apart; the gravest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// What they do causes no effect.
    Objected,
    /// What they do is stored, and neither used nor shown.
    Restricted,
    /// They are not to be learnt again.
    Erased,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Objected, Self::Restricted, Self::Erased];

    /// The word that the store keeps.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Objected => "objected",
            Self::Restricted => "restricted",
            Self::Erased => "erased",
        }
    }

    /// The standing of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == word)
    }

    /// The kind under which a signal of somebody who stands so is kept. No rule may read it.
    const fn kind(self) -> &'static str {
        match self {
            Self::Objected => HELD_KINDS[0],
            Self::Restricted | Self::Erased => HELD_KINDS[1],
        }
    }
}

/// Where the kind and the fields of a signal are sealed that no rule may read. No part of a mapping can be
/// called so.
const HELD: &str = "~held";

/// Who is treated apart.
#[derive(Debug, Default)]
pub(super) struct Guards(BTreeMap<[u8; 16], Standing>);

/// A signal as it may be taken.
pub(super) struct Treated<'a> {
    pub(super) raw: Cow<'a, RawSignal>,
    pub(super) hints: Vec<Hint>,
    pub(super) standing: Option<Standing>,
}

impl Guards {
    pub(super) fn new(read: Vec<([u8; 16], Standing)>) -> Self {
        let mut guards = Self::default();
        for (hash, standing) in read {
            let known = guards.0.entry(hash).or_insert(standing);
            *known = standing.max(*known);
        }
        guards
    }

    fn of(&self, keys: &TenantKeys, blind: &Blind) -> Option<Standing> {
        self.0.get(&hash(keys, blind)).copied()
    }
}

/// The keyed hash by which a guarded person is told again.
pub(crate) fn hash(keys: &TenantKeys, blind: &Blind) -> [u8; 16] {
    keys.guard.of(&[&blind.0]).first_chunk().copied().unwrap_or_default()
}

impl Edge {
    /// The signal as it may be taken.
    pub(super) fn treat<'a>(&self, raw: &'a RawSignal) -> Treated<'a> {
        let keys = self.vault.tenant();
        if self.guards.0.is_empty() {
            let hints = identity::hints(keys, raw);
            return Treated { raw: Cow::Borrowed(raw), hints, standing: None };
        }
        let of = |blind: &Blind| self.guards.of(keys, blind);
        let person = |named: &Option<Personal<String>>| {
            let named = named.as_ref()?.reveal(Purpose::Identify);
            of(&identity::blind_person(keys, &raw.source, named)?)
        };
        let left = |hint: &AccountHint| {
            let mut blinds = identity::blinds_of(keys, hint).into_iter();
            match (blinds.any(|it| of(&it) == Some(Standing::Erased)), hint) {
                (false, hint) => Some(hint.clone()),
                // The company that an address belongs to is not the person.
                (true, AccountHint::Contact(address)) => {
                    let domain = identity::domain_of(address.reveal(Purpose::Identify))?;
                    Some(AccountHint::DomainOf(Personal::new(domain)))
                }
                (true, _) => None,
            }
        };
        let hints = identity::hints(keys, raw);
        let by_hint = hints.iter().filter_map(|hint| of(&hint.blind)).max();
        let standing = person(&raw.contact).max(by_hint);
        let owner = person(&raw.owner).filter(|standing| *standing == Standing::Erased);
        if standing.max(owner).is_none() {
            return Treated { raw: Cow::Borrowed(raw), hints, standing };
        }
        let mut kept = raw.clone();
        if owner.is_some() {
            self.disown(&mut kept);
        }
        match standing {
            Some(Standing::Erased) => {
                kept.account = raw.account.iter().filter_map(left).collect();
                redact(&mut kept);
            }
            Some(held) => hold(&mut kept, held),
            None => {}
        }
        let mut hints = identity::hints(keys, &kept);
        hints.retain(|hint| of(&hint.blind) != Some(Standing::Erased));
        if hints.iter().all(Hint::is_name) {
            hints.insert(0, identity::event_hint(keys, &kept));
        }
        Treated { raw: Cow::Owned(kept), hints, standing: standing.max(owner) }
    }

    /// Takes an erased owner away, with the parts that are nothing but their address.
    fn disown(&self, raw: &mut RawSignal) {
        let says = |words: &Personal<String>| {
            self.tells_of_erased(words.reveal(Purpose::Identify).as_bytes())
        };
        let alone =
            |words: &Personal<String>| normal::address(words.reveal(Purpose::Identify)).is_some();
        raw.owner = None;
        raw.personal.retain(|(_, words)| !(alone(words) && says(words)));
        raw.hidden.unknown.take_if(|words| says(words));
    }

    /// Whether the address of somebody who was erased stands in a text.
    pub(crate) fn tells_of_erased(&self, text: &[u8]) -> bool {
        if self.guards.0.is_empty() {
            return false;
        }
        let keys = self.vault.tenant();
        normal::addresses(text).iter().any(|address| {
            let person = identity::blind_person(keys, "", address);
            person.and_then(|blind| self.guards.of(keys, &blind)) == Some(Standing::Erased)
        })
    }
}

/// Takes everything personal away.
fn redact(raw: &mut RawSignal) {
    raw.contact = None;
    raw.personal.clear();
    raw.hidden.unknown = None;
    raw.hidden.fields.retain(|field| !field.personal);
}

/// Puts what rules would read under a seal.
fn hold(raw: &mut RawSignal, standing: Standing) {
    let mut out = Vec::new();
    let mut object = Object::new(&mut out);
    let mut fields = Object::new(object.key("fields"));
    for (name, value) in super::sorted(&raw.fields).iter() {
        json::text(fields.key(name), &shown(value));
    }
    fields.end();
    object.text("kind", &raw.kind);
    object.end();
    let words = String::from_utf8(out).unwrap_or_default();
    raw.personal.push((HELD.to_owned(), Personal::new(words)));
    raw.id = format!("{}\n{}", standing.as_str(), raw.id);
    standing.kind().clone_into(&mut raw.kind);
    (raw.fields, raw.hidden.fields, raw.owner) = (Vec::new(), Vec::new(), None);
}

fn shown(value: &RawValue) -> String {
    match value {
        RawValue::Word(word) => word.clone(),
        RawValue::Bool(yes) => yes.to_string(),
        RawValue::Money(money) => format!("{} {}", money.minor(), money.currency().as_str()),
        other => other.value().raw().to_string(),
    }
}
