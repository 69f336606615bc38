//! Hidden words: unlisted fields are sealed; parts of ids, and fields that are only compared, become digests under subjects' keys.
//!
//! A digest of its own for each account (and, where the word is personal, for its person) is enough to
//! tell that two signals of theirs name the same thing, and says nothing once a key is destroyed.

use super::{About, Edge, EdgeError, Payload};
use crate::keys::{Message, Slot};
use crate::seal::{Context, Sealer};
use bellwether_core::signal::{RawSignal, RawValue};
use bellwether_core::{Purpose, StreamId};
use std::borrow::Cow;
use std::sync::Arc;

/// Typed fields, sorted by name.
pub(super) type Fields<'a> = Cow<'a, [(String, RawValue)]>;

impl About {
    /// Everybody whom the signal names: the account whose keys matched, before any link, then the
    /// person. Links come and go; what a signal is sealed under stays.
    pub(super) fn slots(&self) -> Vec<Slot> {
        std::iter::once(self.keeper).chain(self.contact.map(|(slot, _)| slot)).collect()
    }
}

impl Edge {
    /// The sealer of everybody whom a signal names, where something of it is to be hidden.
    pub(super) fn sealer_of(
        &mut self,
        raw: &RawSignal,
        about: &About,
    ) -> Result<Option<Arc<Sealer>>, EdgeError> {
        let hidden = &raw.hidden;
        let open = raw.personal.is_empty() && hidden.id.is_empty() && hidden.fields.is_empty();
        if open && hidden.unknown.is_none() {
            return Ok(None);
        }
        Ok(Some(self.vault.sealer(&about.slots())?))
    }

    /// The key of a signal whose id names nobody: equal for the same id of the same source.
    pub fn signal_key(&self, source: &str, id: &str) -> u64 {
        self.begin_key(source, id).end_u64()
    }

    fn begin_key(&self, source: &str, id: &str) -> Message {
        let mut message = self.vault.tenant().signal.message();
        message.part(source.as_bytes());
        message.raw(id.as_bytes());
        message
    }

    /// The key of a signal: equal for the same id of the same source, and of the same subjects where the
    /// id names somebody.
    pub(super) fn key_of(&self, raw: &RawSignal, sealer: Option<&Sealer>) -> u64 {
        let mut message = self.begin_key(&raw.source, &raw.id);
        if let Some(sealer) = sealer {
            for part in &raw.hidden.id {
                message.raw(sealer.digest(part.reveal(Purpose::Identify).as_bytes()).as_bytes());
            }
        }
        message.end_u64()
    }

    /// The typed fields, with digests in the place of hidden words.
    pub(super) fn fields_of<'a>(
        &mut self,
        raw: &'a RawSignal,
        about: &About,
        sealer: Option<&Sealer>,
    ) -> Result<Fields<'a>, EdgeError> {
        let Some(everybody) = sealer.filter(|_| !raw.hidden.fields.is_empty()) else {
            return Ok(super::sorted(&raw.fields));
        };
        let account = self.vault.sealer(&[about.keeper])?;
        let mut fields = raw.fields.clone();
        for field in &raw.hidden.fields {
            let sealer = if field.personal { everybody } else { &account };
            let digest = sealer.digest(field.word.reveal(Purpose::Identify).as_bytes());
            fields.push((field.name.clone(), RawValue::Word(digest.to_string())));
        }
        Ok(Cow::Owned(super::sorted(&fields).into_owned()))
    }
}

/// Where unlisted fields are sealed. No part of a signal can be called so.
const UNLISTED: &str = "~unlisted";

/// Seals what the mapping does not list.
pub(super) fn unlisted(
    sealer: &Sealer,
    about: &About,
    stream: StreamId,
    event: u64,
    raw: &RawSignal,
) -> Result<Option<Payload>, EdgeError> {
    let Some(words) = &raw.hidden.unknown else { return Ok(None) };
    let at = Context { stream, event, field: UNLISTED };
    let sealed = sealer.seal(&at, words.reveal(Purpose::Seal).as_bytes())?;
    Ok(Some(Payload { part: UNLISTED.to_owned(), slots: about.slots(), sealed }))
}
