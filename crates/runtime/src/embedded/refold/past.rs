//! The past of a stream: the signals that count for it, read back from the journal and folded anew.
//!
//! - In: a slot, the links, the documents that are wanted.
//! - Out: a [`Folded`]: feature states as bytes. Each signal is folded under the stream time it came
//!   at, in journal order, so that nothing but damage can make the bytes differ from the live ones.
//! - Never: a signal that was not counted when it came, or the same one twice.

use super::super::Embedded;
use crate::error::DriveError;
use crate::keys::Slot;
use crate::lineage::{self, Past, grown, in_order};
use bellwether_core::{AccountId, DocKey, Origin, StreamId};
use bellwether_engine::state::scope_of;
use bellwether_store::Link;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Whose signals count for a stream, and in which streams they lie.
pub(super) struct Reach {
    pub(super) homes: BTreeSet<AccountId>,
    pub(super) places: BTreeSet<StreamId>,
}

/// Feature states that were folded anew.
pub(super) struct Folded {
    /// By document, as the features room writes them; the account's is always there.
    pub(super) states: BTreeMap<DocKey, Vec<u8>>,
    /// Something of it was no history: what follows from it is real.
    pub(super) live: bool,
}

impl Embedded {
    /// Whose signals count for a slot under some links, undone ones among them.
    pub(super) fn reach(&self, slot: Slot, links: &[Link]) -> Result<Reach, DriveError> {
        let live = links.iter().filter(|link| link.undone.is_none());
        let live: Vec<_> = live.map(|link| (link.slot, link.survivor)).collect();
        let homes = grown(slot, &live);
        let mut places = homes.clone();
        while links.iter().any(|link| places.contains(&link.slot) && places.insert(link.survivor)) {
        }
        let ids = |slots: BTreeSet<Slot>| -> Result<Vec<AccountId>, DriveError> {
            let slots: Vec<_> = slots.into_iter().collect();
            Ok(self.store.accounts(&slots)?.into_iter().flatten().map(|known| known.id).collect())
        };
        let places = ids(places)?.into_iter().map(StreamId::account).collect();
        Ok(Reach { homes: ids(homes)?.into_iter().collect(), places })
    }

    /// The signals of some accounts that were counted, wherever they lie, in the order they came.
    ///
    /// # Errors
    /// [`DriveError::Frozen`] names a stream with an event that cannot be read.
    pub(super) fn past(&self, reach: &Reach) -> Result<Vec<Past>, DriveError> {
        let mut found = Vec::new();
        for stream in &reach.places {
            let mut fault = Ok(());
            self.rows_of(*stream, 1, |row| match Past::read(row) {
                Ok(past) => {
                    found.extend(past.filter(|past| reach.homes.contains(&past.home)));
                    ControlFlow::Continue(())
                }
                Err(DriveError::Event(_)) => {
                    fault = Err(DriveError::Frozen(*stream));
                    ControlFlow::Break(())
                }
                Err(error) => {
                    fault = Err(error);
                    ControlFlow::Break(())
                }
            })?;
            fault?;
        }
        Ok(in_order(found))
    }

    /// Folds the signals of the wanted documents anew, by the rules that decide about a stream.
    pub(super) fn fold(
        &self,
        stream: StreamId,
        past: &[Past],
        wanted: impl Fn(DocKey) -> bool,
    ) -> Folded {
        let states = lineage::fold(self.ruling(stream), past, wanted);
        Folded { states, live: past.iter().any(|past| past.origin == Origin::Live) }
    }

    /// The feature states of a stream as they stand, laid out for the rules that decide about it. The
    /// stream must be loaded.
    pub(super) fn standing(&self, stream: StreamId) -> BTreeMap<DocKey, Vec<u8>> {
        let mut states = BTreeMap::new();
        let Some(state) = self.streams.get(&stream) else { return states };
        let Some(laid_out) = state.rules.and_then(|digest| self.book.get(&digest)) else {
            return states;
        };
        let (old, new) = (laid_out.features(), self.ruling(stream).features());
        for (key, doc) in state.docs() {
            let mut bytes = Vec::new();
            old.encode(&doc.features, &mut bytes);
            if old.digest() != new.digest()
                && let Ok(carried) = new.decode(scope_of(key), &bytes)
            {
                bytes.clear();
                new.encode(&carried, &mut bytes);
            }
            states.insert(key, bytes);
        }
        states
    }
}
