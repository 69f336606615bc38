//! The past of a stream: the signals that count for it, read back from the journal and folded anew.
//!
//! - In: a slot, the links, the documents that are wanted.
//! - Out: a [`Folded`]: feature states as bytes. Each signal is folded under the stream time it came
//!   at, in journal order, so that nothing but damage can make the bytes differ from the live ones.
//! - Never: a signal that was not counted when it came, or the same one twice.

use super::super::Embedded;
use crate::error::DriveError;
use crate::keys::Slot;
use bellwether_core::{
    AccountId, Body, DocKey, Duration, Envelope, Origin, Signal, StreamId, Timestamp,
};
use bellwether_engine::state::scope_of;
use bellwether_ledger::decode_event;
use bellwether_store::{Link, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Whose signals count for a stream, and in which streams they lie.
pub(super) struct Reach {
    pub(super) homes: BTreeSet<AccountId>,
    pub(super) places: BTreeSet<StreamId>,
}

/// One signal that was counted.
pub(super) struct Past {
    pos: u64,
    pub(super) stream: StreamId,
    /// The stream's time when it was counted.
    time: Timestamp,
    pub(super) origin: Origin,
    pub(super) signal: Signal,
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
        let (mut homes, mut places) = (BTreeSet::from([slot]), BTreeSet::new());
        let live = || links.iter().filter(|link| link.undone.is_none());
        while live().any(|link| homes.contains(&link.survivor) && homes.insert(link.slot)) {}
        places.extend(&homes);
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
    pub(super) fn past(&self, reach: &Reach) -> Result<Vec<Past>, DriveError> {
        let mut found = Vec::new();
        for stream in &reach.places {
            let mut fault = Ok(());
            self.rows_of(*stream, 1, |row| match read(row, &reach.homes) {
                Ok(past) => {
                    found.extend(past);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    fault = Err(error);
                    ControlFlow::Break(())
                }
            })?;
            fault?;
        }
        // The same signal may have come once before a link, and once after it.
        found.sort_by_key(|past| past.pos);
        let mut known = BTreeSet::new();
        found.retain(|past| known.insert(past.signal.key));
        Ok(found)
    }

    /// Folds the signals of the wanted documents anew, by the rules in force.
    pub(super) fn fold(&self, past: &[Past], wanted: impl Fn(DocKey) -> bool) -> Folded {
        let (features, rates) = (self.active.features(), self.active.policy().rates());
        let always = Duration::from_micros(i64::MAX);
        let new = |key| features.new_state(scope_of(key));
        let mut registers = features.registers();
        let mut states = BTreeMap::from([(DocKey::Account, new(DocKey::Account))]);
        for Past { time, signal, .. } in past {
            for key in [DocKey::Account].into_iter().chain(signal.doc.filter(|key| wanted(*key))) {
                let state = states.entry(key).or_insert_with(|| new(key));
                features.fold_with(&mut registers, state, signal, *time, always, rates);
            }
        }
        let encode = |(key, state)| {
            let mut bytes = Vec::new();
            features.encode(&state, &mut bytes);
            (key, bytes)
        };
        let live = past.iter().any(|past| past.origin == Origin::Live);
        Folded { states: states.into_iter().map(encode).collect(), live }
    }

    /// The feature states of a stream as they stand, laid out for the rules in force. The stream must be
    /// loaded.
    pub(super) fn standing(&self, stream: StreamId) -> BTreeMap<DocKey, Vec<u8>> {
        let mut states = BTreeMap::new();
        let Some(state) = self.streams.get(&stream) else { return states };
        let Some(laid_out) = state.rules.and_then(|digest| self.book.get(&digest)) else {
            return states;
        };
        let (old, new) = (laid_out.features(), self.active.features());
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

/// The signal of a row, if it was counted and is of one of these accounts.
fn read(row: &Row<'_>, homes: &BTreeSet<AccountId>) -> Result<Option<Past>, DriveError> {
    if row.event.is_empty() {
        return Err(DriveError::Trimmed(row.stream));
    }
    let Envelope { stream, at, origin, via, body, .. } = decode_event(row.event)?;
    let Body::Signal(signal) = body else { return Ok(None) };
    let home = via.unwrap_or(AccountId(stream.id));
    if !homes.contains(&home) || !was_counted(row.record) {
        return Ok(None);
    }
    let time = stream_time(row.record).unwrap_or(at);
    Ok(Some(Past { pos: row.pos, stream, time, origin, signal }))
}

/// Records are canonical, and quotes within their words are escaped: a member's name in quotes stands
/// nowhere but where the member begins. The last one of a name is the record's own.
fn member<'a>(record: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let place = record.windows(name.len()).rposition(|part| part == name)?;
    let value = record.get(place + name.len()..)?;
    value.get(..value.iter().position(|byte| *byte == b'"')?)
}

/// Whether a record says that its signal was counted.
pub(in super::super) fn was_counted(record: &[u8]) -> bool {
    matches!(member(record, b"\"status\":\""), Some(b"applied" | b"late"))
}

fn stream_time(record: &[u8]) -> Option<Timestamp> {
    let micros = std::str::from_utf8(member(record, b"\"stream_time\":\"")?).ok()?;
    micros.parse().ok().map(Timestamp::from_micros)
}
