//! Words: rows that say what somebody is called, although they are sealed for others.
//!
//! - In: a subject with the addresses and ids by which it is known.
//! - Out: rows of events that name the subject and hold nothing but such a word, such as the owner's
//!   address in a deal; of fields that no mapping lists, those in which one stands.
//! - Never: touches what others wrote.

use super::{Subject, slots_of_row, split};
use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::identity::normal;
use crate::keys::Slot;
use crate::seal::{self, Context};
use bellwether_core::{Body, Purpose, StreamId};
use bellwether_ledger::decode_event;
use bellwether_store::{NamedRow, Sealed};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A signal that names somebody by a random id.
pub(super) struct Place {
    pub(super) pos: u64,
    stream: StreamId,
    key: u64,
    slot: Slot,
}

impl Embedded {
    /// The signals that name somebody.
    pub(super) fn places_of(&self, subject: &Subject) -> Result<Vec<Place>, DriveError> {
        let ids: Vec<(Slot, String)> =
            subject.slots.iter().map(|(slot, id)| (*slot, format!("\"{id}\""))).collect();
        let mut places = Vec::new();
        self.store().scan(1, |row| {
            let names = |(_, id): &&(Slot, String)| {
                row.event.windows(id.len()).any(|it| it == id.as_bytes())
            };
            if let Some((slot, _)) = ids.iter().find(names)
                && let Ok(event) = decode_event(row.event)
                && let Body::Signal(signal) = event.body
            {
                let (pos, stream, key, slot) = (row.pos, row.stream, signal.key, *slot);
                places.push(Place { pos, stream, key, slot });
            }
            ControlFlow::Continue(())
        })?;
        Ok(places)
    }

    /// The rows of these signals that are sealed for others alone and say what the subject is called.
    pub(super) fn rows_naming(
        &self,
        subject: &Subject,
        places: &[Place],
    ) -> Result<Vec<NamedRow>, DriveError> {
        let words = subject.words.iter().map(|word| comparable(word.reveal(Purpose::Identify)));
        let known: BTreeSet<String> = words.collect();
        let mut found = Vec::new();
        for Place { pos, stream, key, slot } in places {
            self.store().sealed_at(*pos, |table, id, row| {
                let own = slots_of_row(row).iter().any(|slot| subject.slots.contains_key(slot));
                let Some((field, sealed)) = split(row).filter(|_| !own) else { return };
                let at = Context { stream: *stream, event: *key, field };
                let Ok(opened) = seal::open(self.edge_ref().vault(), &at, sealed) else { return };
                let words = opened.reveal(Purpose::Identify);
                if calls(&known, words, table == Sealed::Payload) {
                    found.push(NamedRow { table, id, slot: *slot });
                }
            })?;
        }
        Ok(found)
    }
}

/// Whether a text is one of the subject's addresses or ids, or at least has an address of it.
fn calls(known: &BTreeSet<String>, text: &[u8], alone: bool) -> bool {
    match (alone, std::str::from_utf8(text)) {
        (true, Ok(text)) => known.contains(&comparable(text)),
        (true, Err(_)) => false,
        (false, _) => normal::addresses(text).iter().any(|address| known.contains(address)),
    }
}

/// An address in the one way in which it is compared; any other word as it is.
fn comparable(word: &str) -> String {
    normal::address(word).map_or_else(|| word.trim().to_owned(), |address| address.whole())
}
