//! What a source calls an account, a case or a deal: sealed once, with the first signal that says it.
//!
//! Elsewhere these ids stand only as keyed hashes. Sealed under the account's key, they can be shown to
//! somebody who is allowed to, until the account is erased or its parts are past their retention.

use super::{ACCOUNT_NAME, About, AccountRow, Commitments, Edge, EdgeError, Learnt, Payload};
use crate::identity::{self, Blind, How};
use crate::keys::{TenantKeys, Vault};
use crate::seal::{Context, SealError};
use bellwether_core::signal::{AccountHint, RawSignal};
use bellwether_core::{Personal, Purpose, StreamId};
use std::borrow::Cow;

/// Which of a signal's ids a sealed part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Called {
    /// The account's, in a system.
    Account,
    /// The case's number.
    Case,
    /// The deal's number.
    Deal,
}

impl Called {
    const ALL: [Self; 3] = [Self::Account, Self::Case, Self::Deal];

    /// The part that holds it.
    const fn part(self) -> &'static str {
        match self {
            Self::Account => "source_id.account",
            Self::Case => "source_id.case",
            Self::Deal => "source_id.deal",
        }
    }
}

impl Edge {
    /// Seals what the source calls the account, case or deal, for the account alone; `told` is what the
    /// signal taught when it was taken before.
    pub(super) fn seal_ids(
        &mut self,
        raw: &RawSignal,
        about: &About,
        told: &[Learnt],
        (stream, event): (StreamId, u64),
        (commitments, payloads): (&mut Commitments, &mut Vec<Payload>),
    ) -> Result<(), EdgeError> {
        let is_id = |(_, _, how): &&Learnt| matches!(how, How::External | How::Case | How::Deal);
        let learnt: Vec<&Learnt> = about.learnt.iter().chain(told).filter(is_id).collect();
        if learnt.is_empty() {
            return Ok(());
        }
        let ids = new_ids(self.vault.tenant(), raw, &learnt);
        let sealer = self.vault.sealer(&[about.keeper])?;
        for (field, id) in ids {
            // A mapping may have a part of this name: it goes before.
            if commitments.iter().any(|(part, _)| part == field) {
                continue;
            }
            let (at, id) = (Context { stream, event, field }, id.reveal(Purpose::Seal).as_bytes());
            commitments.push((field.to_owned(), sealer.commit(&at, id)));
            let (slots, sealed) = (vec![about.keeper], sealer.seal(&at, id)?);
            payloads.push(Payload { part: field.to_owned(), slots, sealed });
        }
        commitments.sort_by(|(one, _), (next, _)| one.cmp(next));
        payloads.sort_by(|one, next| one.part.cmp(&next.part));
        Ok(())
    }

    /// The account's row, where it is new or its name was learnt.
    pub(super) fn account_rows(
        &mut self,
        raw: &RawSignal,
        about: &About,
        stream: StreamId,
    ) -> Result<Vec<AccountRow>, EdgeError> {
        let named = about.via.is_none() && about.learnt.iter().any(|(_, _, how)| *how == How::Name);
        if !about.new && !named {
            return Ok(Vec::new());
        }
        let name_sealed = match best_word(&raw.account) {
            Some(name) => {
                let sealer = self.vault.sealer(&[about.slot])?;
                let at = Context { stream, event: 0, field: ACCOUNT_NAME };
                Some(sealer.seal(&at, name.as_bytes())?)
            }
            None => None,
        };
        Ok(vec![AccountRow { slot: about.slot, id: about.account, name_sealed }])
    }
}

/// The ids of a signal that are new, as `SYSTEM=ID`, by the name of their part.
fn new_ids(
    keys: &TenantKeys,
    raw: &RawSignal,
    learnt: &[&Learnt],
) -> Vec<(&'static str, Personal<String>)> {
    let is_new = |how, blind| learnt.iter().any(|(known, _, by)| *by == how && *known == blind);
    let system = raw.numbers.as_deref().unwrap_or(&raw.source);
    let mut given: Vec<(Called, How, Blind, Personal<String>)> = Vec::new();
    for hint in &raw.account {
        if let AccountHint::External(system, id) = hint {
            let id = id.reveal(Purpose::Seal);
            let blind = identity::blind_external(keys, &[system], id);
            let text = Personal::new(format!("{system}={id}"));
            given.push((Called::Account, How::External, blind, text));
        }
    }
    let numbers = [
        (Called::Case, How::Case, "case:", &raw.case),
        (Called::Deal, How::Deal, "deal:", &raw.deal),
    ];
    for (called, how, kind, number) in numbers {
        if let Some(number) = number {
            let blind = identity::blind_external(keys, &[kind, system], number);
            given.push((called, how, blind, Personal::new(format!("{system}={number}"))));
        }
    }
    let mut ids: Vec<(&'static str, Personal<String>)> = Vec::new();
    for (called, how, blind, id) in given {
        // Of several ids of an account in one signal the first is enough to find it again.
        if is_new(how, blind) && ids.iter().all(|(part, _)| *part != called.part()) {
            ids.push((called.part(), id));
        }
    }
    ids
}

/// Opens a sealed row of the store, if it holds such an id: `SYSTEM=ID`. `event` is the key of the signal
/// that it came with.
///
/// # Errors
/// As [`crate::seal::open`].
pub fn open_source_id(
    vault: &Vault,
    stream: StreamId,
    event: u64,
    row: &[u8],
) -> Option<(Called, Result<Personal<String>, SealError>)> {
    let end = row.iter().position(|byte| *byte == 0)?;
    let (part, sealed) = (row.get(..end)?, row.get(end + 1..)?);
    let called = Called::ALL.into_iter().find(|called| called.part().as_bytes() == part)?;
    let at = Context { stream, event, field: called.part() };
    Some((called, super::taken::text(vault, &at, sealed)))
}

/// The best word for an account: its name, else its domain.
pub(super) fn best_word(hints: &[AccountHint]) -> Option<Cow<'_, str>> {
    let name = hints.iter().find_map(|hint| match hint {
        AccountHint::Name(name) => Some(Cow::from(name.reveal(Purpose::Seal).trim())),
        _ => None,
    });
    let domain = || {
        hints.iter().find_map(|hint| match hint {
            AccountHint::Domain(text)
            | AccountHint::DomainOf(text)
            | AccountHint::Contact(text) => {
                identity::normal::company_domain(text.reveal(Purpose::Seal)).map(Cow::from)
            }
            _ => None,
        })
    };
    name.filter(|name| !name.is_empty()).or_else(domain)
}
