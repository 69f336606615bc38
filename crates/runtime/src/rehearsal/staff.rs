//! Staff: people who answer in a rehearsal, one card after the other.
//!
//! - In: signals in the order of their instants; a [`Conduct`] that says how long somebody works on a card
//!   and what they answer.
//! - Out: a rehearsal that those answers have moved; every node that was waited at, with how it went on.
//! - Never: a clock or chance of its own; two cards at once for one person. Working hours are not looked at.

use super::Rehearsal;
use super::asks::{Asks, Left, Standing};
use crate::embedded::plain_event;
use crate::error::DriveError;
use bellwether_core::event::Answer;
use bellwether_core::signal::RawSignal;
use bellwether_core::{Body, Code, Duration, EffectKey, Envelope, Origin, StreamId, Timestamp};
use bellwether_engine::Step;
use std::collections::BTreeMap;

/// How people work.
pub trait Conduct {
    /// How long this person works on this card.
    fn works_for(&mut self, ask: &Standing) -> Duration;

    /// What they say when they have done so.
    fn answer(&mut self, ask: &Standing) -> Answer;
}

/// What is to happen next.
#[derive(Clone, Copy, Debug)]
enum Todo {
    /// A person has worked on a card.
    Answer(Standing),
    /// A timer of the stream is due.
    Wake(StreamId),
}

/// A rehearsal with people in it.
pub struct Staff<C> {
    world: Rehearsal,
    conduct: C,
    asks: Asks,
    /// Until when each person is busy.
    busy: BTreeMap<Code, Timestamp>,
    agenda: BTreeMap<(Timestamp, u64), Todo>,
    planned: u64,
    /// When each stream is woken next; what the agenda has besides is passed over.
    wakes: BTreeMap<StreamId, Timestamp>,
    left: Vec<Left>,
}

impl<C: Conduct> Staff<C> {
    /// People in a world in which nothing has happened yet.
    pub fn new(world: Rehearsal, conduct: C) -> Self {
        let (asks, busy, agenda, wakes) = Default::default();
        Self { world, conduct, asks, busy, agenda, planned: 0, wakes, left: Vec::new() }
    }

    /// Something happens; whatever people had done by then comes first.
    ///
    /// # Errors
    /// What the rehearsal says.
    pub fn take(&mut self, raw: &RawSignal) -> Result<(), DriveError> {
        self.pass(raw.at)?;
        let stream = self.world.take(raw, |_, _| {})?;
        self.look(stream);
        Ok(())
    }

    /// Lets people work until an instant.
    ///
    /// # Errors
    /// What the rehearsal says.
    pub fn pass(&mut self, until: Timestamp) -> Result<(), DriveError> {
        while let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= until
        {
            let ((at, _), todo) = entry.remove_entry();
            let stream = match todo {
                Todo::Wake(stream) if self.wakes.get(&stream) == Some(&at) => {
                    self.wakes.remove(&stream);
                    stream
                }
                Todo::Wake(_) => continue,
                Todo::Answer(ask) if self.asks.stands(&ask) => {
                    let answer = self.conduct.answer(&ask);
                    self.world.answer(&ask, answer, at, |_, _| {})?;
                    ask.matter.0
                }
                Todo::Answer(_) => continue,
            };
            self.world.wake(stream, at, |_, _| {})?;
            self.look(stream);
        }
        Ok(())
    }

    /// Every node that was waited at and is not any more, in the order in which they were left.
    pub fn left(&self) -> &[Left] {
        &self.left
    }

    /// Everybody who is being asked now.
    pub fn standing(&self) -> impl Iterator<Item = &Standing> {
        self.asks.standing()
    }

    /// How they work.
    pub fn conduct(&self) -> &C {
        &self.conduct
    }

    /// New cards go to the end of their people's piles.
    fn look(&mut self, stream: StreamId) {
        let Some(state) = self.world.streams().get(&stream) else { return };
        let looked = self.asks.look(state);
        let next = state.next_timer().map(|timer| timer.due);
        self.left.extend(looked.left);
        for ask in looked.asked {
            let begins = self.busy.get(&ask.person).copied().unwrap_or(ask.at).max(ask.at);
            let done = begins.plus(self.conduct.works_for(&ask));
            self.busy.insert(ask.person, done);
            self.plan(done, Todo::Answer(ask));
        }
        // Most looks change nothing about the next timer: planned each time, the agenda would never end.
        let planned = match next {
            Some(due) => self.wakes.insert(stream, due),
            None => self.wakes.remove(&stream),
        };
        if let Some(due) = next.filter(|due| planned != Some(*due)) {
            self.plan(due, Todo::Wake(stream));
        }
    }

    fn plan(&mut self, at: Timestamp, todo: Todo) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), todo);
    }
}

impl Rehearsal {
    /// A person answers an ask.
    ///
    /// # Errors
    /// [`DriveError`] when the answer cannot be stepped.
    pub fn answer(
        &mut self,
        ask: &Standing,
        answer: Answer,
        at: Timestamp,
        mut watch: impl FnMut(&Envelope, &Step),
    ) -> Result<Step, DriveError> {
        let ((stream, doc, graph), person) = (ask.matter, ask.person);
        self.streams.fire(stream, at, &mut watch)?;
        let body = Body::Answered { doc, graph, ask: EffectKey::NONE, person, answer };
        let (_, event) = plain_event(stream, &body, self.streams.stamp(at, Origin::History));
        self.streams.step(&event, &mut watch)
    }

    /// Fires the timers of a stream that are due by an instant.
    ///
    /// # Errors
    /// [`DriveError`] when a timer cannot be stepped.
    pub fn wake(
        &mut self,
        stream: StreamId,
        at: Timestamp,
        mut watch: impl FnMut(&Envelope, &Step),
    ) -> Result<(), DriveError> {
        self.streams.fire(stream, at, &mut watch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::tests::{message, rules};

    struct Nobody;

    impl Conduct for Nobody {
        fn works_for(&mut self, _: &Standing) -> Duration {
            Duration::from_days(1)
        }

        fn answer(&mut self, _: &Standing) -> Answer {
            Answer::Resolve
        }
    }

    /// A stream has one timer that comes next, however often it is looked at.
    #[test]
    fn a_timer_is_planned_once() {
        let mut staff = Staff::new(Rehearsal::new(rules(), 3).unwrap(), Nobody);
        for nth in 0..100 {
            staff.take(&message(9, 1_000_000 + nth)).unwrap();
        }
        assert_eq!(staff.standing().count(), 1);
        assert!(staff.agenda.len() <= 3, "{:?}", staff.agenda);
        staff.pass(Timestamp::from_secs(10_000_000)).unwrap();
        assert_eq!(staff.standing().count(), 0);
    }
}
