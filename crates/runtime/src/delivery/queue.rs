//! The queue: everything that is still to be done, in memory, and what may go next.
//!
//! Effects about one document go out in journal order, one at a time. One that was tried and waits to be
//! tried again holds up what is for the same person, such as the word that they need not act, and nothing
//! else: somebody else must not wait for a channel that is dead. To one person goes one thing at a time, so
//! that whoever gets much keeps nobody else waiting.

use super::attempt::Known;
use bellwether_core::{Code, DocKey, StreamId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// An effect by its place: the position of its record, and which of its effects.
pub type Id = (u64, u32);

/// What effects are about.
type Case = (StreamId, DocKey);

/// An effect that is not done.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) case: Case,
    pub(super) person: Code,
    pub(super) due: Timestamp,
    /// It was looked at once: what comes after it need not wait for it.
    pub(super) tried: bool,
    /// It is under way.
    pub(super) busy: bool,
    /// The channel it waits for, where that is known.
    pub(super) via: Option<String>,
    /// What became of it, which could not be written down yet.
    pub(super) known: Option<Box<Known>>,
}

/// Everything that is not done.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: BTreeMap<Id, Entry>,
    due: BTreeSet<(Timestamp, Id)>,
    cases: BTreeMap<Case, BTreeSet<Id>>,
    people: BTreeSet<Code>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds an effect; one that is there already stays as it is.
    pub(super) fn add(&mut self, id: Id, entry: Entry) {
        if self.entries.contains_key(&id) {
            return;
        }
        self.due.insert((entry.due, id));
        self.cases.entry(entry.case).or_default().insert(id);
        self.entries.insert(id, entry);
    }

    /// The first that is due and may go, and is under way from here on.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        has_room: impl Fn(&str) -> bool,
    ) -> Option<(Id, Option<Box<Known>>)> {
        let due = self.due.iter().take_while(|(due, _)| *due <= now);
        let (due, id) = *due.into_iter().find(|(_, id)| self.may_go(*id, &has_room))?;
        self.due.remove(&(due, id));
        let entry = self.entries.get_mut(&id)?;
        entry.busy = true;
        self.people.insert(entry.person);
        Some((id, entry.known.take()))
    }

    fn may_go(&self, id: Id, has_room: impl Fn(&str) -> bool) -> bool {
        let Some(entry) = self.entries.get(&id) else { return false };
        // Writing down what has happened waits for nobody.
        if entry.known.is_some() {
            return true;
        }
        if self.people.contains(&entry.person)
            || entry.via.as_deref().is_some_and(|via| !has_room(via))
        {
            return false;
        }
        let case = self.cases.get(&entry.case).into_iter().flatten();
        let all = case.filter_map(|id| Some((*id, self.entries.get(id)?)));
        let mut held_up = BTreeSet::new();
        for (other, one) in all {
            if one.busy || one.known.is_some() {
                return false;
            }
            if other < id {
                // What is behind something of its own person is no reason for others to wait.
                let waits = one.tried || held_up.contains(&one.person);
                if !waits || one.person == entry.person {
                    return false;
                }
                held_up.insert(one.person);
            }
        }
        true
    }

    /// It is done.
    pub(super) fn remove(&mut self, id: Id) {
        let Some(entry) = self.entries.remove(&id) else { return };
        self.due.remove(&(entry.due, id));
        if entry.busy {
            self.people.remove(&entry.person);
        }
        if let Some(case) = self.cases.get_mut(&entry.case) {
            case.remove(&id);
            if case.is_empty() {
                self.cases.remove(&entry.case);
            }
        }
    }

    /// It is not done: it waits until then.
    pub(super) fn put_back(&mut self, id: Id, due: Timestamp, change: impl FnOnce(&mut Entry)) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.busy {
            self.people.remove(&entry.person);
        }
        self.due.remove(&(entry.due, id));
        (entry.busy, entry.due) = (false, due);
        change(entry);
        self.due.insert((due, id));
    }

    /// When the next one is due that is not due yet, and since when the oldest is.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let after = (now, (u64::MAX, u32::MAX));
        self.due.range(after..).next().map(|(due, _)| *due)
    }

    /// Since when the oldest has been due.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }
}
