//! History: the journal told under two sets of rules, and what comes out otherwise.
//!
//! - In: rows of a journal in their order; the rules as they are and as they are to be.
//! - Out: which decisions move, from where to where; whom it newly asks or no longer; the load on either side.
//! - Never: writes anything or asks anybody. A timer of one side fires before a later one of the other, so
//!   that what is compared is what both say at one instant.
//!
//! Both sides are told from the first signal on: features may differ, and rules set timers of their own, so
//! that deciding both on the facts of one of them would miss what only the other one waits for.

pub(crate) mod example;
pub(crate) mod moves;
pub(crate) mod numbers;
pub(crate) mod shifts;
pub(crate) mod told;

use bellwether_core::{Body, Code, DocKey, Envelope, Signal, StreamId, Timestamp};
use bellwether_engine::explain::read;
use bellwether_engine::{Decided, Rules, Step};
use bellwether_ledger::decode_event;
use bellwether_runtime::DriveError;
use bellwether_runtime::lineage::Kinship;
use bellwether_runtime::rehearsal::Retelling;
use bellwether_store::Row;
use moves::{Moves, Segment, Side};
use shifts::Shifts;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A subject, and the graph that decides about it.
pub(crate) type Matter = (StreamId, DocKey, Code);

/// What would have been asked: who, how often, and about which subjects for the first time when.
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) people: BTreeMap<String, u64>,
    pub(crate) subjects: BTreeMap<(StreamId, DocKey), Asked>,
    pub(crate) shifts: Shifts,
}

/// The first time that somebody would have been asked about a subject.
pub(crate) struct Asked {
    pub(crate) at: Timestamp,
    pub(crate) node: String,
    pub(crate) rule: String,
}

/// Who is asked by a decision, if it asks somebody; reminders and substitutes are no new question.
fn asked(decided: &Decided) -> Option<Code> {
    decided.asked.filter(|(_, cause)| cause.is_decision()).map(|(person, _)| person)
}

impl Load {
    fn note(&mut self, event: &Envelope, step: &Step, rules: &Rules) {
        for decided in &step.decided {
            let Some(person) = asked(decided) else { continue };
            let place = (event.stream, decided.doc, decided.graph);
            self.shifts.asked(place, decided.node, event.at);
            let word = |code: Code| rules.word(code).unwrap_or_default().to_owned();
            *self.people.entry(word(person)).or_default() += 1;
            let asked =
                || Asked { at: event.at, node: word(decided.node), rule: word(decided.rule) };
            self.subjects.entry((event.stream, decided.doc)).or_insert_with(asked);
        }
    }
}

/// The journal under one set of rules.
pub(crate) struct World {
    pub(crate) told: Retelling,
    pub(crate) load: Load,
    side: Side,
}

impl World {
    fn new(kin: &Kinship, rules: Arc<Rules>, moves: &mut Moves) -> Self {
        let load = Load { shifts: Shifts::new(&rules), ..Load::default() };
        let side = moves.side(&rules);
        Self { told: Retelling::new(kin.clone(), rules), load, side }
    }

    /// The rules that hold.
    pub(crate) fn rules(&self) -> &Arc<Rules> {
        self.told.rules()
    }

    fn next_due(&self, stream: StreamId) -> Option<Timestamp> {
        Some(self.told.streams().get(&stream)?.next_timer()?.due)
    }

    fn fact(
        &self,
        fact: &str,
        (stream, doc): (StreamId, DocKey),
        signal: Option<&Signal>,
    ) -> Option<i64> {
        let rules = self.told.rules();
        let slot = rules.catalogue().slot(fact)?;
        let state = self.told.streams().get(&stream)?;
        let (_, _, reading) = read(rules, state, (doc, signal))?;
        reading.slots.get(slot)
    }
}

/// Who hears of what either side decides at one instant.
pub(crate) trait Watch {
    /// These subjects were decided anew on either side.
    fn turn(&mut self, worlds: &[World; 2], turn: &Turn<'_>);
}

/// One instant at which something was decided.
pub(crate) struct Turn<'a> {
    pub(crate) at: Timestamp,
    /// The signal that was counted then, if it was one.
    pub(crate) signal: Option<&'a Signal>,
    /// What was decided otherwise than before, or asked.
    pub(crate) matters: &'a BTreeSet<Matter>,
}

/// Nobody listens.
impl Watch for () {
    fn turn(&mut self, _: &[World; 2], _: &Turn<'_>) {}
}

/// Two sets of rules over one history.
pub(crate) struct History {
    pub(crate) worlds: [World; 2],
    pub(crate) moves: Moves,
    /// What was decided before is history that both sides need, and is not counted.
    since: Timestamp,
}

impl History {
    /// Nothing told yet; `kin` are the links of the journal's store. Decisions are counted from `since` on, and
    /// by what `segment` says.
    pub(crate) fn new(
        kin: &Kinship,
        [old, new]: [Arc<Rules>; 2],
        (since, segment): (Timestamp, Option<Segment>),
    ) -> Self {
        let mut moves = Moves::new(segment);
        let old = World::new(kin, old, &mut moves);
        let new = World::new(kin, new, &mut moves);
        Self { worlds: [old, new], moves, since }
    }

    /// Tells one row to both.
    ///
    /// # Errors
    /// What is wrong with an event, or with a step.
    pub(crate) fn tell(&mut self, row: &Row<'_>, watch: &mut impl Watch) -> Result<(), DriveError> {
        let event = (!row.event.is_empty()).then(|| decode_event(row.event)).transpose()?;
        let timed = event.as_ref().filter(|event| {
            matches!(event.body, Body::Signal(_) | Body::Answered { .. } | Body::Folded { .. })
        });
        if let Some(event) = timed {
            self.wake(row.stream, event.at, watch)?;
        }
        let signal = timed.and_then(|event| match &event.body {
            Body::Signal(signal) => Some(signal),
            _ => None,
        });
        let (place, event) = ((row.pos, row.seq), &event);
        let act = |told: &mut Retelling, seen: &mut dyn FnMut(&Envelope, &Step)| {
            told.tell_event(place, event.clone(), seen)
        };
        self.step(row.stream, signal, act, watch)?;
        Ok(())
    }

    /// The instant of the last event that was told.
    pub(crate) fn now(&self) -> Timestamp {
        let [old, new] = &self.worlds;
        old.told.now().max(new.told.now())
    }

    /// Lets the time until an instant pass in every stream.
    ///
    /// # Errors
    /// What is wrong with a step.
    pub(crate) fn finish(
        &mut self,
        until: Timestamp,
        watch: &mut impl Watch,
    ) -> Result<(), DriveError> {
        let streams: BTreeSet<_> =
            self.worlds.iter().flat_map(|world| world.told.streams().keys().copied()).collect();
        self.finish_some(&streams, until, watch)
    }

    /// The same in some streams.
    ///
    /// # Errors
    /// What is wrong with a step.
    pub(crate) fn finish_some(
        &mut self,
        streams: &BTreeSet<StreamId>,
        until: Timestamp,
        watch: &mut impl Watch,
    ) -> Result<(), DriveError> {
        streams.iter().try_for_each(|stream| self.wake(*stream, until, watch))
    }

    /// Fires the timers of both sides in the order in which they are due.
    fn wake(
        &mut self,
        stream: StreamId,
        until: Timestamp,
        watch: &mut impl Watch,
    ) -> Result<(), DriveError> {
        let next = |worlds: &[World; 2]| {
            worlds
                .iter()
                .filter_map(|world| world.next_due(stream))
                .min()
                .filter(|due| *due <= until)
        };
        while let Some(due) = next(&self.worlds) {
            let fired =
                self.step(stream, None, |told, seen| told.wake(stream, due, seen), watch)?;
            if !fired {
                break;
            }
        }
        Ok(())
    }

    /// Moves both sides, and counts what they then say. Whether anything was stepped at all.
    fn step(
        &mut self,
        stream: StreamId,
        signal: Option<&Signal>,
        mut act: impl FnMut(&mut Retelling, &mut dyn FnMut(&Envelope, &Step)) -> Result<(), DriveError>,
        watch: &mut impl Watch,
    ) -> Result<bool, DriveError> {
        let (mut matters, mut at, since) = (BTreeSet::new(), None, self.since);
        for (nth, World { told, load, side }) in self.worlds.iter_mut().enumerate() {
            let rules = Arc::clone(told.rules());
            let moves = &mut self.moves;
            act(told, &mut |event, step| {
                at = at.max(Some(event.at));
                let counts = event.at >= since;
                if counts {
                    load.note(event, step, &rules);
                }
                for decided in &step.decided {
                    let matter = (event.stream, decided.doc, decided.graph);
                    let place = side.place(decided);
                    let asks = counts && asked(decided).is_some();
                    let moved = moves.stands(nth, matter, place);
                    if asks {
                        moves.asks(nth, matter, place, event.at);
                    }
                    if counts && (moved || decided.changed || asks) {
                        matters.insert(matter);
                    }
                }
            })?;
            told.streams().get(&stream).into_iter().for_each(|state| load.shifts.look(state));
        }
        let Some(at) = at else { return Ok(false) };
        for matter in &matters {
            let value = self.moves.segment().and_then(|segment| {
                let [old, new] = &self.worlds;
                let about = (matter.0, matter.1);
                let fact = |world: &World| world.fact(&segment.fact, about, signal);
                fact(new).or_else(|| fact(old))
            });
            self.moves.count(*matter, at, value);
        }
        if !matters.is_empty() {
            watch.turn(&self.worlds, &Turn { at, signal, matters: &matters });
        }
        Ok(true)
    }
}
