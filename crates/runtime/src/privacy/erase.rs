//! Erasing: intent, keys, events, rows, files; each step may be repeated.

use super::{PrivacyError, Subject, slots_of_row};
use crate::embedded::{BATCH, Embedded};
use crate::error::DriveError;
use crate::keys::Slot;
use bellwether_core::{AccountId, Body, Origin, StreamId, SubjectId, Timestamp};
use bellwether_ledger::decode_event;
use bellwether_store::{Erasure, Forgotten, Intent, NamedRow, Row, Sealed, StoreError, View};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// How many sealed rows are removed in one transaction.
const PIECE: usize = 10_000;

/// Whether an erasure did anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was done now.
    Done,
    /// It had been cut short, and was finished now.
    Resumed,
    /// It was done before: nothing changed.
    Already,
}

/// Sealed parts that named others too: without one of the keys nobody can open them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// How many of the removed parts.
    pub parts: u64,
    /// Other people whom they named.
    pub people: BTreeSet<SubjectId>,
    /// Accounts that they belonged to.
    pub accounts: BTreeSet<AccountId>,
}

/// What an erasure would remove of sealed parts.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How many.
    pub parts: u64,
    /// Those of them that name others too.
    pub shared: Shared,
}

/// What an erasure removed, store by store.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Whether anything was done.
    pub state: State,
    /// The number of the erasure.
    pub erasure: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// When it was finished.
    pub done: Timestamp,
    /// Whose keys are destroyed.
    pub subjects: Vec<SubjectId>,
    /// Accounts that stay, because they are not the person's alone.
    pub kept_accounts: BTreeSet<AccountId>,
    /// Keys that this run destroyed.
    pub keys: u64,
    /// What the intent removed.
    pub forgotten: Forgotten,
    /// Sealed rows that were removed, by table.
    pub sealed: BTreeMap<Sealed, u64>,
    /// Parts that named others too.
    pub shared: Shared,
    /// Where the log tells of it, and how many parts went there.
    pub told: Vec<(StreamId, SubjectId, u64)>,
    /// Streams that are frozen and could not be told.
    pub untold: Vec<StreamId>,
    /// Refused rows were searched for what the person is called.
    pub searched: bool,
}

/// Sealed rows that need the keys of an erasure.
#[derive(Default)]
struct Found {
    rows: BTreeMap<Sealed, Vec<i64>>,
    parts: BTreeMap<(StreamId, Slot), u64>,
    others: BTreeSet<Slot>,
    shared: u64,
}

impl Embedded {
    /// Erases somebody from every store. An erasure that was cut short is finished first.
    ///
    /// # Errors
    /// `privacy-unknown` if nothing is kept of them; what the stores say: then run it again, it goes on
    /// where it was. `store-busy`: the keys are destroyed, but another process reads the files.
    pub fn erase(&mut self, subject: &Subject, at: Timestamp) -> Result<Receipt, DriveError> {
        if let Some(earlier) = &subject.erased {
            let all = subject.slots.keys().all(|slot| earlier.slots.contains(slot));
            match earlier.done {
                None if all => return self.finish_erasure(earlier, None, at),
                None => drop(self.finish_erasure(earlier, None, at)?),
                Some(done) if all => {
                    let mut receipt = self.receipt(earlier, State::Already, done)?;
                    receipt.kept_accounts.clone_from(&subject.kept_accounts);
                    return Ok(receipt);
                }
                Some(_) => {}
            }
        }
        if !subject.is_known() {
            return Err(PrivacyError::Unknown.into());
        }
        self.begin(subject, at)
    }

    /// What erasing somebody would remove, and for whom else that would be gone; nothing is changed.
    ///
    /// # Errors
    /// What stores and keys say.
    pub fn preview_erasure(&self, subject: &Subject) -> Result<Preview, DriveError> {
        let places = self.places_of(subject)?;
        let erasure = Erasure {
            id: 0,
            at: Timestamp::from_micros(0),
            slots: subject.slots.keys().copied().collect(),
            named: self.rows_naming(subject, &places)?,
            done: None,
        };
        let found = self.sealed_for(&erasure)?;
        let parts = found.rows.values().map(|rows| rows.len() as u64).sum();
        Ok(Preview { parts, shared: self.shared(&found)? })
    }

    /// Writes the intent down, and does the rest.
    pub(super) fn begin(
        &mut self,
        subject: &Subject,
        at: Timestamp,
    ) -> Result<Receipt, DriveError> {
        let places = self.places_of(subject)?;
        let intent = Intent {
            slots: subject.slots.keys().copied().collect(),
            hashes: subject.hashes.iter().copied().collect(),
            blinds: subject.blinds.union(&subject.leads).map(|blind| blind.0).collect(),
            named: self.rows_naming(subject, &places)?,
        };
        let (erasure, forgotten) = self.store_mut().begin_erasure(at, &intent)?;
        let mut receipt = self.finish_erasure(&erasure, Some(forgotten), at)?;
        receipt.kept_accounts.clone_from(&subject.kept_accounts);
        receipt.searched = subject.searched;
        Ok(receipt)
    }

    /// Everything after the intent, which removed something just now, or in an earlier run: whatever that
    /// did already is not done again.
    pub(super) fn finish_erasure(
        &mut self,
        erasure: &Erasure,
        begun: Option<Forgotten>,
        at: Timestamp,
    ) -> Result<Receipt, DriveError> {
        let mut keys = self.store().keys()?;
        let state = if begun.is_some() { State::Done } else { State::Resumed };
        let mut receipt = self.receipt(erasure, state, at)?;
        receipt.forgotten = begun.unwrap_or_default();
        for slot in &erasure.slots {
            receipt.keys += u64::from(keys.key(*slot)?.is_some_and(|key| key.wrapped.is_some()));
        }
        keys.put_erased(&self.hashes_of(erasure)?)?;
        keys.destroy_all(&erasure.slots, erasure.at)?;
        self.edge().guard_anew()?;
        let found = self.sealed_for(erasure)?;
        receipt.shared = self.shared(&found)?;
        self.tell_streams(erasure, &found, at, &mut receipt)?;
        for (table, rows) in &found.rows {
            for piece in rows.chunks(PIECE) {
                let removed = self.store_mut().remove_sealed(*table, piece)?;
                *receipt.sealed.entry(*table).or_default() += removed;
            }
        }
        self.write_behind()?;
        self.store_mut().rewrite()?;
        keys.rewrite()?;
        self.store_mut().end_erasure(erasure.id, at)?;
        Ok(receipt)
    }

    fn hashes_of(&self, erasure: &Erasure) -> Result<Vec<[u8; 16]>, DriveError> {
        let guards = self.store().guards()?.into_iter();
        let theirs = guards.filter(|guard| guard.erasure == Some(erasure.id));
        Ok(theirs.map(|guard| guard.hash).collect())
    }

    fn receipt(
        &mut self,
        erasure: &Erasure,
        state: State,
        done: Timestamp,
    ) -> Result<Receipt, DriveError> {
        let vault = self.edge_ref().vault();
        let subjects = erasure.slots.iter().map(|slot| vault.read_id(*slot));
        Ok(Receipt {
            state,
            erasure: erasure.id,
            at: erasure.at,
            done,
            subjects: subjects.collect::<Result<_, _>>()?,
            kept_accounts: BTreeSet::new(),
            keys: 0,
            forgotten: Forgotten::default(),
            sealed: BTreeMap::new(),
            shared: Shared::default(),
            told: Vec::new(),
            untold: Vec::new(),
            searched: true,
        })
    }

    /// The sealed rows that need one of these keys, or name the subject.
    fn sealed_for(&self, erasure: &Erasure) -> Result<Found, DriveError> {
        let slots = &erasure.slots;
        let whose = |row: &NamedRow| ((row.table, row.id), row.slot);
        let by_name: BTreeMap<_, Slot> = erasure.named.iter().map(whose).collect();
        let mut found = Found::default();
        let mut places = Vec::new();
        for table in Sealed::ALL {
            self.store().each_sealed(table, |id, pos, row| {
                let named = slots_of_row(row);
                let own = named.iter().find(|slot| slots.contains(slot));
                if let Some(own) = own.or_else(|| by_name.get(&(table, id))) {
                    found.rows.entry(table).or_default().push(id);
                    places.push((pos, *own));
                    let others = named.iter().filter(|slot| !slots.contains(slot));
                    found.shared += u64::from(others.clone().next().is_some());
                    found.others.extend(others);
                }
            })?;
        }
        for (pos, own) in places {
            if let Some(stream) = self.store().stream_of(pos)? {
                *found.parts.entry((stream, own)).or_default() += 1;
            }
        }
        Ok(found)
    }

    fn shared(&self, found: &Found) -> Result<Shared, DriveError> {
        let mut shared = Shared { parts: found.shared, ..Shared::default() };
        for slot in &found.others {
            let id = self.edge_ref().vault().read_id(*slot)?;
            match self.store().accounts(&[*slot])?.into_iter().flatten().next() {
                Some(account) => drop(shared.accounts.insert(account.id)),
                None => drop(shared.people.insert(id)),
            }
        }
        Ok(shared)
    }

    /// Tells the log, stream by stream; one that was told before is not told again.
    fn tell_streams(
        &mut self,
        erasure: &Erasure,
        found: &Found,
        at: Timestamp,
        receipt: &mut Receipt,
    ) -> Result<(), DriveError> {
        let mut places: Vec<_> =
            found.parts.iter().map(|(place, parts)| (*place, *parts)).collect();
        if let (true, Some(first)) = (places.is_empty(), erasure.slots.first()) {
            places.push(((StreamId::SYSTEM, *first), 0));
        }
        for ((stream, slot), parts) in places {
            let subject = self.edge_ref().vault().read_id(slot)?;
            if receipt.state == State::Resumed && self.was_told(stream, subject, parts)? {
                continue;
            }
            if self.is_frozen(stream)? {
                receipt.untold.push(stream);
                continue;
            }
            self.give(stream, &Body::SubjectErased { subject, parts }, Origin::Live, at)?;
            receipt.told.push((stream, subject, parts));
            if self.waiting() >= BATCH {
                self.commit()?;
            }
        }
        self.commit()
    }

    /// Whether a stream tells of an erasure; for one whose rows are all gone already, whether any does.
    fn was_told(
        &self,
        stream: StreamId,
        subject: SubjectId,
        parts: u64,
    ) -> Result<bool, DriveError> {
        let mut told = false;
        let look = |row: &Row<'_>| {
            told |= told_by(row.event) == Some(subject);
            if told { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match parts {
            0 => self.store().scan(1, look)?,
            _ => self.store().stream_events(stream, 1, look)?,
        }
        Ok(told)
    }
}

/// Whose erasure a stream tells of.
///
/// # Errors
/// What the store says.
pub fn erased_in(store: &View, stream: StreamId) -> Result<BTreeSet<SubjectId>, StoreError> {
    let mut erased = BTreeSet::new();
    store.stream_events(stream, 1, |row| {
        erased.extend(told_by(row.event));
        ControlFlow::Continue(())
    })?;
    Ok(erased)
}

/// Whose erasure an event tells of, if it is such a one.
fn told_by(event: &[u8]) -> Option<SubjectId> {
    let mark = b"\"type\":\"subject.erased\"";
    event.windows(mark.len()).find(|part| part == mark)?;
    match decode_event(event).ok()?.body {
        Body::SubjectErased { subject, .. } => Some(subject),
        _ => None,
    }
}
