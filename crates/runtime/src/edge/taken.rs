//! What the edge gives back for a signal: everything that one transaction has to write.

use super::ACCOUNT_NAME;
use crate::identity::{Blind, How};
use crate::keys::{Slot, Vault};
use crate::seal::{self, Context, SealError};
use bellwether_core::event::Seen;
use bellwether_core::{AccountId, Digest, Envelope, Personal, Purpose, StreamId};

/// Where `seen` belongs in an event's bytes: before `stream`, which nothing but ids and numbers follow.
const AFTER_SEEN: &[u8] = b",\"stream\":\"";

/// A signal, taken in.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The event's canonical bytes.
    pub bytes: Vec<u8>,
    /// What the engine reads.
    pub envelope: Envelope,
    /// Sealed parts, in the order of the event's commitments.
    pub payloads: Vec<Payload>,
    /// Blind indexes to keep, each for a slot. The same one may be told again.
    pub learnt: Vec<(Blind, Slot, How)>,
    /// Accounts to keep.
    pub accounts: Vec<AccountRow>,
    /// Hints pointed to different accounts: to be counted.
    pub conflict: bool,
}

/// An account that became known, or whose name did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its key slot.
    pub slot: Slot,
    /// The id of its stream: random.
    pub id: AccountId,
    /// What it is called, sealed under its own key; [`open_name`] opens it.
    pub name_sealed: Option<Vec<u8>>,
}

/// A personal part, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its name; the event commits to it under the same name.
    pub part: String,
    /// Whose keys open it together: the account's, then the contact's. The sealed bytes name them too.
    pub slots: Vec<Slot>,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

impl Taken {
    /// Writes what the driver found in the journal into the event. Call it once, before anything is
    /// made of the bytes.
    pub fn mark_seen(&mut self, seen: Seen) {
        let word = Seen::ALL.iter().skip(1).find(|(known, _)| *known == seen);
        let place = self.bytes.windows(AFTER_SEEN.len()).rposition(|part| part == AFTER_SEEN);
        if let (Some((_, word)), Some(place)) = (word, place) {
            self.bytes.splice(place..place, format!(",\"seen\":\"{word}\"").into_bytes());
            self.envelope.seen = seen;
            self.envelope.digest = Digest::of(&self.bytes);
        }
    }
}

impl Payload {
    /// The slot under which it is found: the contact's, or the account's where there is no contact.
    pub fn owner(&self) -> Slot {
        self.slots.last().copied().unwrap_or_default()
    }

    /// One row's bytes: the length of the name, the name, the sealed bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // A part's name has at most 64 bytes.
        [&[self.part.len() as u8][..], self.part.as_bytes(), &self.sealed].concat()
    }

    /// The reverse of [`Payload::to_bytes`]; the slots then come in rising order.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first()?;
        let (part, sealed) = rest.split_at_checked(usize::from(*length))?;
        let part = std::str::from_utf8(part).ok()?.to_owned();
        Some(Self { part, slots: seal::slots_of(sealed)?, sealed: sealed.to_vec() })
    }

    /// Opens it; `event` is the key of its event.
    ///
    /// # Errors
    /// As [`seal::open`].
    pub fn open(
        &self,
        vault: &Vault,
        stream: StreamId,
        event: u64,
    ) -> Result<Personal<String>, SealError> {
        text(vault, &Context { stream, event, field: &self.part }, &self.sealed)
    }
}

/// Opens the name of an account.
///
/// # Errors
/// As [`seal::open`].
pub fn open_name(
    vault: &Vault,
    account: AccountId,
    sealed: &[u8],
) -> Result<Personal<String>, SealError> {
    let stream = StreamId::account(account);
    text(vault, &Context { stream, event: 0, field: ACCOUNT_NAME }, sealed)
}

fn text(vault: &Vault, at: &Context<'_>, sealed: &[u8]) -> Result<Personal<String>, SealError> {
    let opened = seal::open(vault, at, sealed)?;
    let text = String::from_utf8(opened.reveal(Purpose::Show).clone());
    text.map(Personal::new).map_err(|_| SealError::Damaged)
}
