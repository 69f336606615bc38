//! Retelling: the events of a journal through other rules, under a virtual clock.
//!
//! - In: rows of a journal, in order.
//! - Out: streams as these rules would have moved them; what could not be retold, by count.
//! - Never: fires a timer of the journal: these rules set their own. Writes nothing, asks nobody.
//!
//! A link and its undoing are folded anew from the signals that were counted here, with the layout of
//! these rules, as the driver does it. Backfills and recomputes have nothing to do: these rules have
//! counted every signal from the first on.

use super::streams::Streams;
use crate::embedded::plain_event;
use crate::embedded::refold::link::most_documents;
use crate::error::DriveError;
use crate::lineage::{self, Kinship, Past, in_order};
use bellwether_core::event::{FoldCause, Seen};
use bellwether_core::record::Status;
use bellwether_core::{AccountId, Body, DocKey, Envelope, Origin, StreamId, Timestamp};
use bellwether_engine::state::Doc;
use bellwether_engine::{Rules, Step, StreamState};
use bellwether_ledger::decode_event;
use bellwether_store::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type States = BTreeMap<DocKey, Vec<u8>>;

/// Events of a journal that were not told again, by count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Activations of other rules: one set of rules holds throughout.
    pub activations: u64,
    /// Backfills and recomputes: nothing is missing that they would fill.
    pub refolds: u64,
    /// Events that retention has trimmed: nobody knows what they said.
    pub trimmed: u64,
}

/// A journal told again.
pub struct Retelling {
    streams: Streams,
    kin: Kinship,
    /// What streams counted that have to do with links.
    counted: Vec<Past>,
    /// The documents of the other side of a link under way.
    beyond: BTreeMap<StreamId, BTreeSet<DocKey>>,
    /// Which side of which link or undoing was given: one of many documents makes several events.
    given: BTreeSet<(StreamId, FoldCause, StreamId)>,
    left_out: LeftOut,
    now: Timestamp,
}

impl Retelling {
    /// Nothing told yet; `kin` are the links of the journal's store before any of them was made.
    pub fn new(kin: Kinship, rules: Arc<Rules>) -> Self {
        Self {
            streams: Streams::new(rules),
            kin,
            counted: Vec::new(),
            beyond: BTreeMap::new(),
            given: BTreeSet::new(),
            left_out: LeftOut::default(),
            now: Timestamp::MIN,
        }
    }

    /// Tells one row; `watch` sees every step.
    ///
    /// # Errors
    /// What is wrong with the event, or with the step.
    pub fn tell(
        &mut self,
        row: &Row<'_>,
        watch: impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        let event = (!row.event.is_empty()).then(|| decode_event(row.event)).transpose()?;
        self.tell_event((row.pos, row.seq), event, watch)
    }

    /// The same with the row's event, which whoever tells it to several has read: nothing where retention
    /// trimmed it. `place` is its position in the journal and in its stream.
    ///
    /// # Errors
    /// What is wrong with the step.
    pub fn tell_event(
        &mut self,
        place: (u64, u64),
        event: Option<Envelope>,
        mut watch: impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        let Some(event) = event else {
            self.left_out.trimmed += 1;
            return Ok(());
        };
        match &event.body {
            Body::Signal(_) => self.signal(place, event, &mut watch),
            Body::Answered { .. } => {
                self.now = self.now.max(event.at);
                self.streams.fire(event.stream, event.at, &mut watch)?;
                self.streams.step(&self.mine(event), &mut watch).map(drop)
            }
            Body::Folded { cause, other: Some(other), .. } => {
                self.folded(&event, *cause, *other, &mut watch)
            }
            Body::Folded { other: None, .. } => {
                self.left_out.refolds += 1;
                Ok(())
            }
            Body::RulesActivated { .. } => {
                self.left_out.activations += 1;
                Ok(())
            }
            Body::Timer { .. }
            | Body::SubjectErased { .. }
            | Body::StreamBase { .. }
            | Body::EpochBegun { .. }
            | Body::LogKeyRotated { .. }
            | Body::Performed { .. }
            | Body::Noted { .. } => Ok(()),
        }
    }

    /// Lets the time pass until the last event in every stream.
    ///
    /// # Errors
    /// What is wrong with a step.
    pub fn finish(&mut self, mut watch: impl FnMut(&Envelope, &Step)) -> Result<(), DriveError> {
        self.streams.pass(self.now, &mut watch)
    }

    /// Lets the time until an instant pass in one stream.
    ///
    /// # Errors
    /// What is wrong with a step.
    pub fn wake(
        &mut self,
        stream: StreamId,
        until: Timestamp,
        mut watch: impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        self.streams.fire(stream, until, &mut watch)
    }

    /// The instant of the last event that was told.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What was not told again so far.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// The streams as they stand.
    pub fn streams(&self) -> &BTreeMap<StreamId, StreamState> {
        self.streams.states()
    }

    /// The rules that hold.
    pub fn rules(&self) -> &Arc<Rules> {
        self.streams.rules()
    }

    /// An event as history under these rules.
    fn mine(&self, event: Envelope) -> Envelope {
        Envelope { rules: self.streams.digest(), origin: Origin::History, ..event }
    }

    fn signal(
        &mut self,
        (pos, seq): (u64, u64),
        event: Envelope,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        let (stream, at, origin) = (event.stream, event.at, event.origin);
        self.now = self.now.max(at);
        self.streams.fire(stream, at, watch)?;
        let mut event = self.mine(event);
        let Some(signal) = Streams::signal(&event).cloned() else { return Ok(()) };
        let seen = self.streams.look_up(stream, &signal);
        // What came through a link is known to the journal, whatever the rules.
        if event.seen == Seen::Unasked {
            event.seen = seen.unwrap_or_default();
        }
        let done = self.streams.step(&event, watch)?;
        if matches!(done.status, Status::Applied | Status::Late) && self.kin.knows(stream) {
            let time = self.streams.states().get(&stream).map_or(at, |state| state.time);
            let home = event.via.unwrap_or(AccountId(stream.id));
            self.counted.push(Past { pos, stream, seq, home, time, origin, signal });
        }
        Ok(())
    }

    fn folded(
        &mut self,
        event: &Envelope,
        cause: FoldCause,
        other: StreamId,
        watch: &mut impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        let stream = event.stream;
        let Body::Folded { states, .. } = &event.body else { return Ok(()) };
        if !self.given.insert((stream, cause, other)) {
            return Ok(());
        }
        let undone = if cause == FoldCause::Link { FoldCause::Unlink } else { FoldCause::Link };
        self.given.remove(&(stream, undone, other));
        self.now = self.now.max(event.at);
        self.streams.fire(stream, event.at, watch)?;
        let leaves = states.iter().all(|(_, bytes)| bytes.is_empty());
        let states = match cause {
            FoldCause::Link if leaves => self.leave(stream),
            FoldCause::Link => self.gain(stream, other),
            _ if self.beyond.contains_key(&stream) => self.come_back(stream),
            _ => self.lose(stream, other),
        };
        let most = most_documents(self.rules());
        let mut parts: Vec<_> = states.chunks(most).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        for states in parts {
            let body = Body::Folded { cause, other: Some(other), states };
            let stamp = self.streams.stamp(event.at, Origin::History);
            let (_, event) = plain_event(stream, &body, stamp);
            self.streams.step(&event, watch)?;
        }
        Ok(())
    }

    /// The linked side: its documents go; the account's last, because it rests then.
    fn leave(&mut self, stream: StreamId) -> Vec<(DocKey, Vec<u8>)> {
        self.kin.link(stream);
        let docs: BTreeSet<_> = self.standing(stream).into_keys().collect();
        let subs = docs.iter().copied().filter(|doc| *doc != DocKey::Account);
        let gone = subs.chain([DocKey::Account]).map(|doc| (doc, Vec::new())).collect();
        self.beyond.insert(stream, docs);
        gone
    }

    /// The side that counts both from here on.
    fn gain(&mut self, stream: StreamId, other: StreamId) -> Vec<(DocKey, Vec<u8>)> {
        let standing = self.standing(stream);
        let leaving = self.beyond.remove(&other).unwrap_or_default();
        let wanted = |doc| standing.contains_key(&doc) || leaving.contains(&doc);
        changed(self.fold(stream, wanted), &standing).into_iter().collect()
    }

    /// The side that counted both: what came from the other one alone goes.
    fn lose(&mut self, stream: StreamId, other: StreamId) -> Vec<(DocKey, Vec<u8>)> {
        let standing = self.standing(stream);
        self.kin.unlink(other);
        let back = self.fold(other, |doc| standing.contains_key(&doc));
        let kept = self.fold(stream, |doc| standing.contains_key(&doc));
        let goes = |doc: &&DocKey| **doc != DocKey::Account && !kept.contains_key(doc);
        let gone = back.keys().filter(goes).map(|doc| (*doc, Vec::new()));
        let mut states: Vec<_> = gone.collect();
        states.extend(changed(kept, &standing));
        self.beyond.insert(other, standing.into_keys().collect());
        states
    }

    /// The linked side again: everything that is its own.
    fn come_back(&mut self, stream: StreamId) -> Vec<(DocKey, Vec<u8>)> {
        let rested = self.standing(stream);
        let beyond = self.beyond.remove(&stream).unwrap_or_default();
        let wanted = |doc| beyond.contains(&doc) || rested.contains_key(&doc);
        self.fold(stream, wanted).into_iter().collect()
    }

    /// The states of a stream, folded anew from what counts for it.
    fn fold(&self, stream: StreamId, wanted: impl Fn(DocKey) -> bool) -> States {
        let homes = self.kin.homes(stream);
        let past = self.counted.iter().filter(|past| homes.contains(&past.home)).cloned();
        lineage::fold(self.rules(), &in_order(past.collect()), wanted)
    }

    /// The states of a stream as they stand.
    fn standing(&self, stream: StreamId) -> States {
        let features = self.rules().features();
        let state = self.streams().get(&stream);
        let docs = state.into_iter().flat_map(StreamState::docs);
        let encode = |(key, doc): (DocKey, &Doc)| {
            let mut bytes = Vec::new();
            features.encode(&doc.features, &mut bytes);
            (key, bytes)
        };
        docs.map(encode).collect()
    }
}

/// The account's state, and those that are not what stands.
fn changed(mut states: States, standing: &States) -> States {
    states.retain(|doc, bytes| *doc == DocKey::Account || standing.get(doc) != Some(&*bytes));
    states
}
