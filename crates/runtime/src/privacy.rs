//! Privacy: who somebody is in every store, and erasing, opening, restricting what is kept of them.
//!
//! - In: a mail address, an id in a system, or a random id.
//! - Out: a [`Subject`], and what was done about it as a [`Receipt`].
//! - Never: removes a sealed part of an event before the keys that open it are destroyed; forgets an
//!   erasure half-way.
//!
//! An erasure is: one transaction that writes its intent down and removes what leads to the subject
//! (hashes of what names them, staff, the account's name, refused rows); the keys; a `subject.erased`
//! event in each stream that loses parts; the sealed parts; both files written anew. Each step may be
//! repeated, so an erasure that was cut short is taken up where it was. Until the keys are destroyed, a
//! copy of the data still opens what the first step removed.

mod again;
mod erase;
mod find;
mod hold;
mod open;
mod words;

pub use erase::{Preview, Receipt, Shared, State, erased_in};
pub use hold::restricted;

use crate::identity::Blind;
use crate::keys::Slot;
use crate::seal;
use bellwether_core::{AccountId, Personal, SubjectId};
use bellwether_store::Erasure;
use std::collections::{BTreeMap, BTreeSet};

/// How somebody is named who wants something done.
#[derive(Clone, Debug)]
pub enum Named {
    /// By a mail address.
    Email(Personal<String>),
    /// By an id in a system.
    External(String, Personal<String>),
    /// By a random id.
    Person(SubjectId),
    /// An account by its random id.
    Account(AccountId),
}

/// Who somebody is in every store.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Key slots that are theirs, with the random id of each.
    pub slots: BTreeMap<Slot, SubjectId>,
    /// Handles of staff whose address it is.
    pub staff: Vec<String>,
    /// Refused rows that name them, by number.
    pub refused: Vec<u64>,
    /// Accounts that go as a whole: they were named themselves, or nobody else is known of them.
    pub accounts: BTreeSet<AccountId>,
    /// Accounts of others that their address stood for; those stay.
    pub kept_accounts: BTreeSet<AccountId>,
    /// What they were called so far is known: refused rows were searched for it.
    pub searched: bool,
    /// They were erased before.
    pub erased: Option<Erasure>,
    /// Blind indexes that name them.
    blinds: BTreeSet<Blind>,
    /// Addresses that led to their accounts, whoever has them. They go with the account, and nobody is
    /// guarded by them: the people whom they name were not erased.
    leads: BTreeSet<Blind>,
    /// Keyed hashes of these.
    hashes: BTreeSet<[u8; 16]>,
    /// Addresses and ids.
    words: Vec<Personal<String>>,
}

impl Subject {
    /// Whether anything is kept of them.
    pub fn is_known(&self) -> bool {
        !self.slots.is_empty() || !self.refused.is_empty()
    }
}

/// Why nothing can be done for somebody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivacyError {
    /// Nothing is kept under this name.
    #[error("nobody is known under what was given")]
    Unknown,
    /// A person and an account are called so.
    #[error("it stands for the person {person} and for the account {account}")]
    Ambiguous {
        /// The person.
        person: SubjectId,
        /// The account.
        account: AccountId,
    },
}

impl PrivacyError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "privacy-unknown",
            Self::Ambiguous { .. } => "privacy-ambiguous",
        }
    }

    /// The next step for the person who reads it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unknown => {
                "try another of their addresses, or `--id SYSTEM=ID` as the source calls them"
            }
            Self::Ambiguous { .. } => "name one of them with `--subject ID`",
        }
    }
}

/// The name of a sealed row, and its sealed bytes.
fn split(row: &[u8]) -> Option<(&str, &[u8])> {
    let end = row.iter().position(|byte| *byte == 0)?;
    Some((std::str::from_utf8(row.get(..end)?).ok()?, row.get(end + 1..)?))
}

/// Whose keys a sealed row of the store needs.
fn slots_of_row(row: &[u8]) -> Vec<Slot> {
    split(row).and_then(|(_, sealed)| seal::slots_of(sealed)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
