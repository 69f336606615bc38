//! Telling accounts of their owners: somebody left, or came back, and what they own hears of it.
//!
//! - In: signals that were just counted.
//! - Out: `owner.status` signals in the accounts' streams, in the same batch; what is too much for one
//!   batch follows after it.
//! - Never: the same change twice to the same account, nor one that lies in the future.

use super::refold::was_counted;
use super::{BATCH, Embedded};
use crate::error::DriveError;
use crate::owners::{Heard, Owed, Owners, Said, kept_tenures};
use bellwether_core::record::Status;
use bellwether_core::{Body, Origin, StreamId, SubjectId, Timestamp};
use bellwether_engine::needs_journal;
use std::ops::ControlFlow;

/// How many accounts are told in the batch of the change itself.
const AT_ONCE: usize = BATCH;

/// How far the driver's time has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The instant of what was taken last: history begins anew with each import.
    at: Timestamp,
    /// What lies after it has not happened yet.
    now: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Self { at: Timestamp::MAX, now: Timestamp::MAX }
    }
}

impl Embedded {
    /// Says what time it is for whoever feeds history: what lies ahead of it is told when it comes.
    pub(crate) fn set_now(&mut self, now: Timestamp) {
        self.clock.now = now;
    }

    /// Time passes: who leaves meanwhile, as was said before, is heard of now.
    pub(super) fn pass(&mut self, origin: Origin, at: Timestamp) -> Result<(), DriveError> {
        if origin == Origin::Live {
            self.clock.now = at;
        }
        let (before, at) = (self.clock.at, at.min(self.clock.now));
        self.clock.at = at;
        for person in self.edge.tenures().between(before, at) {
            self.tell(person, origin, at, AT_ONCE)?;
        }
        Ok(())
    }

    /// Tells everybody of whatever has happened by now, as history.
    pub(crate) fn tell_all(&mut self) -> Result<(), DriveError> {
        self.clock.at = self.clock.now;
        self.tell_rest(Origin::History, self.clock.now)
    }

    /// Heeds what a counted signal says of our people: whoever must hear of it is told.
    pub(super) fn heed(
        &mut self,
        heard: Heard,
        status: Status,
        origin: Origin,
        at: Timestamp,
    ) -> Result<(), DriveError> {
        if let Some(tenure) = heard.tenure {
            self.edge.tenures_mut().note(tenure);
            self.owners.note_tenure(tenure);
            self.tell(tenure.person, origin, at, AT_ONCE)?;
        }
        let counted = matches!(status, Status::Applied | Status::Late);
        let Some(owned) = heard.owned.filter(|_| counted) else { return Ok(()) };
        let (tenures, kept) = (self.edge.tenures(), Some(&*self.store));
        match self.owners.own(owned, tenures, self.clock.at, kept)? {
            Some(owed) => self.tell_one(&owed, origin, at),
            None => Ok(()),
        }
    }

    /// Tells accounts of a person's last change, so many at most; says whether more may be left.
    fn tell(
        &mut self,
        person: SubjectId,
        origin: Origin,
        at: Timestamp,
        most: usize,
    ) -> Result<bool, DriveError> {
        let (tenures, kept) = (self.edge.tenures(), Some(&*self.store));
        let owed = self.owners.owed(person, tenures, self.clock.at, kept, most)?;
        let ahead = tenures.latest(person, Timestamp::MAX) != tenures.latest(person, self.clock.at);
        let more = owed.len() == most;
        if !more && !ahead {
            self.owners.untold.remove(&person);
        }
        owed.iter().try_for_each(|owed| self.tell_one(owed, origin, at))?;
        Ok(more)
    }

    /// Tells one account; the stream gets an event as of any other signal.
    fn tell_one(&mut self, owed: &Owed, origin: Origin, at: Timestamp) -> Result<(), DriveError> {
        let account = owed.place.account;
        // What is new in this batch is in no table yet, and has no links.
        let survivor = match self.store.slot_of(account)? {
            Some(slot) if self.links.survivor(slot) != slot => {
                self.account(self.links.survivor(slot), account)?
            }
            _ => account,
        };
        let stream = StreamId::account(survivor);
        self.load(stream)?;
        let Some(state) = self.streams.get(&stream).filter(|_| !self.frozen.contains_key(&stream))
        else {
            return Ok(());
        };
        let lateness = self.ruling(stream).policy().meta().lateness;
        let time = if origin == Origin::Live { state.time.max(at) } else { state.time };
        let notice = owed.notice(survivor, owed.at(time, lateness));
        if origin == Origin::History {
            self.fire_stream(stream, notice.at, origin)?;
        }
        let mut stamp = self.stamp(at, origin);
        let (mut bytes, mut event) = self.edge.notice(&notice, stamp);
        let Body::Signal(signal) = event.body.clone() else { return Ok(()) };
        if self.streams.get(&stream).is_some_and(|state| needs_journal(state, &signal)) {
            stamp.seen = self.look_in_journal(stream, &signal)?;
            (bytes, event) = self.edge.notice(&notice, stamp);
        }
        self.pending.batch.at = self.pending.batch.at.max(event.at);
        self.step(&event, bytes, Vec::new())?;
        if let Some(said) = Said::of(&signal, Some(owed.cause.person)) {
            self.owners.note(owed.place.clone(), said);
        }
        Ok(())
    }

    /// Tells whoever has not heard yet, batch by batch; the last one waits for a commit.
    ///
    /// # Errors
    /// [`DriveError`] when a commit fails; it is then told later.
    pub(super) fn tell_rest(&mut self, origin: Origin, at: Timestamp) -> Result<(), DriveError> {
        for person in self.owners.untold.clone() {
            while self.guarded(|driver| driver.tell(person, origin, at, BATCH))?
                && self.waiting() > 0
            {
                self.commit()?;
            }
        }
        Ok(())
    }

    /// Reads who left and who owns what: the models, then the rows of the journal that they do not hold.
    pub(super) fn read_owners(&mut self) -> Result<(), DriveError> {
        let mut owners = Owners::default();
        self.store.scan(self.store.covered_pos()? + 1, |row| {
            owners.read(row.event, was_counted(row.record));
            ControlFlow::Continue(())
        })?;
        for tenure in kept_tenures(&self.store)?.into_iter().chain(owners.heard()) {
            self.edge.tenures_mut().note(tenure);
            owners.untold.insert(tenure.person);
        }
        owners.commit();
        self.owners = owners;
        self.edge.commit();
        Ok(())
    }
}
