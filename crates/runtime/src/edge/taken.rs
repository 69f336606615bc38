//! What the edge gives back for a signal: everything that one transaction has to write.

use super::{ACCOUNT_NAME, Standing, Tenure};
use crate::identity::{Blind, How};
use crate::keys::{Slot, Vault};
use crate::seal::{self, Context, SealError};
use bellwether_core::{AccountId, Envelope, Personal, Purpose, StreamId, SubjectId};

/// A signal, taken in.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The event's canonical bytes.
    pub bytes: Vec<u8>,
    /// What the engine reads.
    pub envelope: Envelope,
    /// Sealed parts, in the order of the event's commitments.
    pub payloads: Vec<Payload>,
    /// What the mapping does not list, sealed. Nothing commits to it: it is kept for a short time only.
    pub unlisted: Option<Payload>,
    /// Blind indexes to keep, each for a slot. The same one may be told again.
    pub learnt: Vec<(Blind, Slot, How)>,
    /// Accounts to keep.
    pub accounts: Vec<AccountRow>,
    /// Hints pointed to different accounts: to be counted.
    pub conflict: bool,
    /// The account was made by this very signal: nothing of its stream exists.
    pub new: bool,
    /// It says that somebody left, or is back.
    pub tenure: Option<Tenure>,
    /// It says who owns what it is about; or that nobody does.
    pub owner: Option<Option<SubjectId>>,
    /// Its person is treated apart: to be counted.
    pub standing: Option<Standing>,
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

impl Payload {
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

pub(super) fn text(
    vault: &Vault,
    at: &Context<'_>,
    sealed: &[u8],
) -> Result<Personal<String>, SealError> {
    let opened = seal::open(vault, at, sealed)?;
    let text = String::from_utf8(opened.reveal(Purpose::Show).clone());
    text.map(Personal::new).map_err(|_| SealError::Damaged)
}
