//! Refold: feature states folded anew from the journal, and given to their streams as events.
//!
//! - In: an account stream; why; an instant.
//! - Out: a `folded` event with the new states, and what differs from the standing ones.
//! - Never: a state that the stream did not get by an event: the states travel in it, so that a
//!   replay needs no second stream.
//!
//! One mechanism serves four causes: backfill after new definitions, links and their undoing (in
//! [`link`]), and the nightly recompute. Accounts that are linked to another one rest and are left
//! alone; so are frozen streams. A stream whose events retention has trimmed cannot be folded anew.

mod compare;
pub mod link;
mod past;

pub(super) use crate::lineage::was_counted;
pub use compare::Difference;
pub(super) use link::Kin;
pub use link::{LinkError, Linked};

use super::Embedded;
use crate::error::DriveError;
use bellwether_core::event::FoldCause;
use bellwether_core::{AccountId, DocKey, StreamId, Timestamp};
use bellwether_engine::StreamState;
use bellwether_store::Row;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What is done to each stream of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Streams whose documents have facts that are missing only because they were defined late.
    Backfill {
        /// Complete streams too.
        all: bool,
    },
    /// Every stream is compared with its journal.
    Recompute {
        /// An event also where nothing differs: it says that somebody looked.
        record: bool,
    },
}

/// What became of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was nothing to do.
    Fine,
    /// It got an event; these documents differed.
    Folded(Vec<Difference>),
    /// Its signals count for another account.
    Rests,
    /// Its records, or those of an account linked to it, cannot be derived again; it takes no events.
    Frozen,
    /// Retention has trimmed events of it.
    Trimmed,
}

impl Embedded {
    /// Goes through every account stream, and commits. `watch` sees each one; it may end the sweep, and
    /// what was done until then stays.
    ///
    /// # Errors
    /// [`DriveError`] when the journal cannot be read or written.
    pub fn sweep(
        &mut self,
        sweep: Sweep,
        at: Timestamp,
        mut watch: impl FnMut(StreamId, &Outcome) -> ControlFlow<()>,
    ) -> Result<(), DriveError> {
        let mut after = 0;
        loop {
            let page = self.store.accounts_after(after, super::BATCH)?;
            let Some(last) = page.last() else { break };
            after = last.slot;
            for account in page {
                let stream = StreamId::account(account.id);
                let held = self.streams.contains_key(&stream);
                let outcome = self.refold(account.id, sweep, at)?;
                if !held && !self.pending.touched.contains(&stream) {
                    self.streams.remove(&stream);
                }
                if self.waiting() >= super::BATCH {
                    self.commit()?;
                }
                if watch(stream, &outcome).is_break() {
                    return self.commit();
                }
            }
        }
        self.commit()
    }

    /// Does to one stream what a sweep does; durable after the next commit.
    ///
    /// # Errors
    /// [`DriveError`] when the journal cannot be read, or the account is not known.
    pub fn refold(
        &mut self,
        account: AccountId,
        sweep: Sweep,
        at: Timestamp,
    ) -> Result<Outcome, DriveError> {
        let stream = StreamId::account(account);
        let slot = self.store.slot_of(account)?.ok_or(LinkError::Unknown(account))?;
        if self.links.survivor(slot) != slot {
            return Ok(Outcome::Rests);
        }
        if self.pending.touched.contains(&stream) {
            self.commit()?;
        }
        self.index()?;
        self.load(stream)?;
        if self.frozen.contains_key(&stream) {
            return Ok(Outcome::Frozen);
        }
        let standing = self.standing(stream);
        if standing.is_empty() {
            return Ok(Outcome::Fine);
        }
        let incomplete =
            |(doc, bytes): (&DocKey, &Vec<u8>)| !self.incomplete(stream, *doc, bytes).is_empty();
        if sweep == (Sweep::Backfill { all: false }) && !standing.iter().any(incomplete) {
            return Ok(Outcome::Fine);
        }
        let links = self.store.links()?;
        let past = match self.past(&self.reach(slot, &links)?) {
            Ok(past) => past,
            Err(DriveError::Trimmed(_)) => return Ok(Outcome::Trimmed),
            Err(DriveError::Frozen(_)) => return Ok(Outcome::Frozen),
            Err(error) => return Err(error),
        };
        let mut folded = self.fold(stream, &past, |doc| standing.contains_key(&doc));
        // A document that only a signal too late has touched has an empty state.
        for doc in standing.keys().filter(|doc| **doc != DocKey::Account) {
            folded.states.entry(*doc).or_insert_with(|| self.blank(stream, *doc));
        }
        let time = self.streams.get(&stream).map_or(at, |state| state.time);
        let differences = self.differences(stream, (&standing, &folded.states), time);
        let (cause, always) = match sweep {
            Sweep::Backfill { .. } => (FoldCause::Backfill, true),
            Sweep::Recompute { record } => (FoldCause::Recompute, record),
        };
        if differences.is_empty() && !always {
            return Ok(Outcome::Fine);
        }
        folded.states.retain(|doc, bytes| standing.get(doc) != Some(&*bytes));
        let states = folded.states.into_iter().collect();
        self.guarded(|driver| driver.give_folded(stream, cause, None, states, (folded.live, at)))?;
        Ok(Outcome::Folded(differences))
    }

    /// A stream as it stands, with what waits for the next commit.
    ///
    /// # Errors
    /// [`DriveError`] when it cannot be read.
    pub fn state(&mut self, stream: StreamId) -> Result<Option<&StreamState>, DriveError> {
        self.load(stream)?;
        Ok(self.streams.get(&stream))
    }

    /// Reads the rows of one stream. The rows behind the index are searched only where the stream is
    /// known to have some there: they may be many, and not one of them its own.
    pub(super) fn rows_of(
        &self,
        stream: StreamId,
        from_seq: u64,
        each: impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), DriveError> {
        if self.behind.is_indexed(stream) {
            self.store.stream_events_indexed(stream, from_seq, each)?;
        } else {
            self.store.stream_events(stream, from_seq, each)?;
        }
        Ok(())
    }

    /// How many documents of every account stream have counted each definition of the rules in force
    /// from their first signal on; accounts of a canary, by what its rules define under the same name: (complete, all), by name.
    ///
    /// # Errors
    /// [`DriveError`] when a stream cannot be read.
    pub fn completeness(&mut self) -> Result<BTreeMap<String, (u64, u64)>, DriveError> {
        let mut counts = BTreeMap::new();
        for definition in self.active.features().definitions() {
            counts.insert(definition.name.clone(), (0, 0));
        }
        self.each_account(|driver, stream| {
            for (doc, bytes) in driver.standing(stream) {
                driver.count((stream, doc), &bytes, &mut counts);
            }
        })?;
        Ok(counts)
    }

    /// Gives the state of every account stream.
    ///
    /// # Errors
    /// [`DriveError`] when a stream cannot be read.
    pub fn each_state(&mut self, mut each: impl FnMut(&StreamState)) -> Result<(), DriveError> {
        self.each_account(|driver, stream| {
            driver.streams.get(&stream).into_iter().for_each(&mut each)
        })
    }

    /// Loads one account stream after the other, and lets those go that were not held before.
    fn each_account(&mut self, mut each: impl FnMut(&Self, StreamId)) -> Result<(), DriveError> {
        let mut after = 0;
        loop {
            let page = self.store.accounts_after(after, super::BATCH)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.slot;
            for account in page {
                let stream = StreamId::account(account.id);
                let held = self.streams.contains_key(&stream);
                self.load(stream)?;
                each(self, stream);
                if !held {
                    self.streams.remove(&stream);
                }
            }
        }
    }

    fn count(
        &self,
        (stream, doc): (StreamId, DocKey),
        bytes: &[u8],
        counts: &mut BTreeMap<String, (u64, u64)>,
    ) {
        let lacking = self.incomplete(stream, doc, bytes);
        let scope = bellwether_engine::state::scope_of(doc);
        for definition in self.ruling(stream).features().definitions() {
            if definition.scope == scope
                && let Some((complete, all)) = counts.get_mut(&definition.name)
            {
                *all += 1;
                *complete += u64::from(!lacking.contains(&definition.name));
            }
        }
    }

    fn blank(&self, stream: StreamId, doc: DocKey) -> Vec<u8> {
        let (features, mut bytes) = (self.ruling(stream).features(), Vec::new());
        let scope = bellwether_engine::state::scope_of(doc);
        features.encode(&features.new_state(scope), &mut bytes);
        bytes
    }
}
