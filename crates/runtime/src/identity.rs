//! Identity: which account and which person a signal is about, without keeping what they are called.
//!
//! - In: what an adapter understood of who it is about ([`AccountHint`]), and an [`IdentityStore`]
//!   of blind indexes.
//! - Out: a [`Resolution`]: the slot that is known, how it was found, and what to learn.
//! - Never: compares loosely. Two spellings are the same after [`normal`], or they are not.
//!
//! A blind index is HMAC(blind index key, kind | value), 16 bytes: it finds an equal value again and
//! tells nobody who has not got the key what the value was.
//!
//! Hints are tried in the order given, then the case's and the deal's number, then names. The first
//! that is known wins; one that points elsewhere is a conflict, which is counted and changes nothing.
//! What was unknown is learnt for the account, with three exceptions, because a wrong match is dear:
//! a free-mail domain is never used; the domain of an address is learnt apart and weighed last (see
//! [`mail`]); a name is learnt only beside an id of the account in a system, and once two accounts bear
//! it, it finds nobody. An unknown id beside a name that already stands for another id of the same
//! system is a new account.

mod directory;
mod lists;
mod mail;
pub mod normal;
mod resolve;

pub(crate) use directory::Directory;
pub use directory::{IdentityStore, MemoryIdentities};
pub(crate) use resolve::{Bearers, Hint, resolve};

use crate::keys::{Prf, TenantKeys};
use bellwether_core::Purpose;
use bellwether_core::signal::{AccountHint, MatchedBy, RawSignal};
use normal::Address;

/// A keyed hash of something that names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blind(pub [u8; 16]);

/// What a blind index is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// An account's id in a system.
    External,
    /// The number of a case, standing for its account.
    Case,
    /// The number of a deal, standing for its account.
    Deal,
    /// The id of a signal that had nothing else to go by.
    Event,
    /// A company's domain.
    Domain,
    /// A contact's mail address, standing for the account.
    Contact,
    /// A company's name.
    Name,
    /// A company's name in one system: two ids beside it there are two companies.
    NameWithin,
    /// A mark that a company's name stands for more than one account.
    SharedName,
    /// The domain of somebody's address, standing for the account.
    MailDomain,
    /// A mark that several companies' people write from a domain.
    SharedMailDomain,
    /// A mark that a company's name was said beside the domain of an address.
    NamedMailDomain,
    /// A company's name beside the domain of an address.
    NameAtDomain,
    /// A person: by mail address, or by an id in a source.
    Person,
}

impl How {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::External,
        Self::Case,
        Self::Deal,
        Self::Event,
        Self::Domain,
        Self::Contact,
        Self::Name,
        Self::NameWithin,
        Self::SharedName,
        Self::MailDomain,
        Self::SharedMailDomain,
        Self::NamedMailDomain,
        Self::NameAtDomain,
        Self::Person,
    ];

    /// The word that the store keeps.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "external_id",
            Self::Case => "case",
            Self::Deal => "deal",
            Self::Event => "event",
            Self::Domain => "domain",
            Self::Contact => "contact",
            Self::Name => "name",
            Self::NameWithin => "name_within",
            Self::SharedName => "shared_name",
            Self::MailDomain => "mail_domain",
            Self::SharedMailDomain => "shared_mail_domain",
            Self::NamedMailDomain => "named_mail_domain",
            Self::NameAtDomain => "name_at_domain",
            Self::Person => "person",
        }
    }

    /// How an account that it found was found.
    pub const fn matched_by(self) -> MatchedBy {
        match self {
            Self::External | Self::Case | Self::Deal => MatchedBy::External,
            Self::Domain
            | Self::MailDomain
            | Self::SharedMailDomain
            | Self::NamedMailDomain
            | Self::NameAtDomain => MatchedBy::Domain,
            Self::Contact | Self::Person => MatchedBy::Contact,
            Self::Name | Self::NameWithin | Self::SharedName => MatchedBy::Name,
            Self::Event => MatchedBy::Nobody,
        }
    }
}

/// The blind index of an account's id in a system. Cases, deals and single signals stand for their
/// account as ids in the systems `case:<source>`, `deal:<source>` and `event:<source>`.
pub(crate) fn blind_external(keys: &TenantKeys, system: &[&str], id: &str) -> Blind {
    blind_within(keys, "external", system, id)
}

/// The blind index of a value that has been made comparable.
fn blind(keys: &TenantKeys, how: How, value: &str) -> Blind {
    blind_within(keys, how.as_str(), &[], value)
}

fn blind_within(keys: &TenantKeys, what: &str, system: &[&str], value: &str) -> Blind {
    blind_under(&keys.blind, what, system, value)
}

/// The blind index of what somebody who may sign in is called, by how they do.
pub(crate) fn blind_account(key: &Prf, kind: &str, name: &str) -> Blind {
    blind_under(key, "account", &[kind], &name.trim().to_lowercase())
}

fn blind_under(key: &Prf, what: &str, system: &[&str], value: &str) -> Blind {
    let length: usize = system.iter().map(|piece| piece.len()).sum();
    let mut message = key.message();
    message.part(what.as_bytes());
    message.raw(&(length as u64).to_be_bytes());
    system.iter().for_each(|piece| message.raw(piece.as_bytes()));
    message.raw(value.as_bytes());
    Blind(message.end_short())
}

/// The blind index of a contact's address, standing for the account.
pub(crate) fn blind_contact(keys: &TenantKeys, address: &Address) -> Blind {
    blind(keys, How::Contact, &address.whole())
}

/// The blind index of a company's domain, if it says anything about a company.
pub(crate) fn blind_domain(keys: &TenantKeys, domain: &str) -> Option<Blind> {
    Some(blind(keys, How::Domain, &normal::company_domain(domain)?))
}

/// Blind indexes of the domain of somebody's address: of the account that it stands for, and of the mark
/// that it stands for nobody any more.
pub(crate) fn blind_mail_domain(keys: &TenantKeys, domain: &str) -> Option<[Blind; 2]> {
    let domain = normal::company_domain(domain)?;
    Some([How::MailDomain, How::SharedMailDomain].map(|how| blind(keys, how, &domain)))
}

/// The blind index of a person: a mail address anywhere, any other id within its source.
pub(crate) fn blind_person(keys: &TenantKeys, source: &str, person: &str) -> Option<Blind> {
    match normal::address(person) {
        Some(address) => Some(blind(keys, How::Person, &address.whole())),
        None if person.trim().is_empty() => None,
        None => Some(blind_within(keys, How::Person.as_str(), &[source], person.trim())),
    }
}

/// The ways to find a signal's account, in the order in which they are tried; never empty.
pub(crate) fn hints(keys: &TenantKeys, raw: &RawSignal) -> Vec<Hint> {
    let mut hints = Vec::with_capacity(raw.account.len() + 3);
    let said = raw.account.iter().filter_map(|hint| match hint {
        AccountHint::Name(name) => Some(normal::names(name.reveal(Purpose::Identify))),
        _ => None,
    });
    let called: Vec<String> = said.flatten().collect();
    raw.account.iter().for_each(|hint| strong_hints(keys, hint, &called, &mut hints));
    let within = raw.numbers.as_deref().unwrap_or(&raw.source);
    let numbers = [(How::Case, "case:", &raw.case), (How::Deal, "deal:", &raw.deal)];
    for (how, system, number) in numbers {
        if let Some(number) = number.as_deref().filter(|number| !number.is_empty()) {
            hints.push(Hint::new(blind_external(keys, &[system, within], number), how));
        }
    }
    if hints.is_empty() {
        // A name alone may find an account but is too weak to stand for one.
        hints.push(event_hint(keys, raw));
    }
    names(keys, &raw.account, &mut hints);
    hints
}

/// The signal itself, where there is nothing else to go by.
pub(crate) fn event_hint(keys: &TenantKeys, raw: &RawSignal) -> Hint {
    let parts = raw.hidden.id.iter().map(|part| part.reveal(Purpose::Identify).as_str());
    let id = std::iter::once(raw.id.as_str()).chain(parts).collect::<Vec<_>>().join("\n");
    Hint::new(blind_external(keys, &["event:", &raw.source], &id), How::Event)
}

/// The company's domain of a mail address.
pub(crate) fn domain_of(address: &str) -> Option<String> {
    normal::company_domain(normal::address(address)?.host())
}

/// The blind indexes under which one way to find an account is kept; of somebody's address only the
/// address itself, not its domain.
pub(crate) fn blinds_of(keys: &TenantKeys, hint: &AccountHint) -> Vec<Blind> {
    match hint {
        AccountHint::Contact(contact) => {
            let address = normal::address(contact.reveal(Purpose::Identify));
            address.iter().map(|address| blind_contact(keys, address)).collect()
        }
        AccountHint::Name(name) => {
            let called = normal::names(name.reveal(Purpose::Identify));
            called.iter().map(|name| blind(keys, How::Name, name)).collect()
        }
        _ => {
            let mut hints = Vec::new();
            strong_hints(keys, hint, &[], &mut hints);
            hints.into_iter().map(|hint| hint.blind).collect()
        }
    }
}

/// Every hint but names.
fn strong_hints(keys: &TenantKeys, hint: &AccountHint, called: &[String], hints: &mut Vec<Hint>) {
    match hint {
        AccountHint::External(system, id) => {
            let id = id.reveal(Purpose::Identify);
            if !id.is_empty() {
                hints.push(Hint::new(blind_external(keys, &[system], id), How::External));
            }
        }
        AccountHint::Domain(domain) => {
            hints.extend(domain_hint(keys, domain.reveal(Purpose::Identify), How::Domain, called));
        }
        AccountHint::DomainOf(domain) => {
            let domain = domain.reveal(Purpose::Identify);
            hints.extend(domain_hint(keys, domain, How::MailDomain, called));
        }
        AccountHint::Contact(contact) => {
            if let Some(address) = normal::address(contact.reveal(Purpose::Identify)) {
                hints.push(Hint::new(blind_contact(keys, &address), How::Contact));
                let domain = domain_hint(keys, address.host(), How::MailDomain, called);
                hints.extend(domain.filter(|domain| !hints.contains(domain)));
            }
        }
        AccountHint::Name(_) => {}
    }
}

/// A domain that was said of the account, or that somebody's address has.
fn domain_hint(keys: &TenantKeys, domain: &str, how: How, called: &[String]) -> Option<Hint> {
    let domain = normal::company_domain(domain)?;
    let at = |name: &String| blind_within(keys, How::NameAtDomain.as_str(), &[&domain], name);
    let mail = mail::MailDomain {
        users: blind(keys, How::MailDomain, &domain),
        shared: blind(keys, How::SharedMailDomain, &domain),
        named: blind(keys, How::NamedMailDomain, &domain),
        names: called.iter().map(at).collect(),
    };
    Some(Hint::domain(blind(keys, How::Domain, &domain), how, mail))
}

fn names(keys: &TenantKeys, given: &[AccountHint], hints: &mut Vec<Hint>) {
    for hint in given {
        let AccountHint::Name(name) = hint else { continue };
        for name in normal::names(name.reveal(Purpose::Identify)) {
            let within = given.iter().find_map(|hint| match hint {
                AccountHint::External(system, id) if !id.reveal(Purpose::Identify).is_empty() => {
                    Some(blind_within(keys, How::NameWithin.as_str(), &[system], &name))
                }
                _ => None,
            });
            let shared = blind(keys, How::SharedName, &name);
            hints.push(Hint::named(blind(keys, How::Name, &name), Bearers { shared, within }));
        }
    }
}

#[cfg(test)]
mod tests;
