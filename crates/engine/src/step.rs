//! One step: an event moves one stream, and leaves one record.
//!
//! Order within a step: is it known already? count it; evaluate every graph whose subject it touched;
//! move the escalations; set the timers; write the record. The caller commits record and effects
//! together, and keeps the new state only then.

mod draft;
mod escalate;
mod evaluate;
mod relayout;

use draft::Room;
pub use draft::{Decided, Scratch};

use crate::memory::Known;
use crate::rules::{RuleBook, Rules};
use crate::state::{Doc, StreamState, scope_of};
use bellwether_core::effect::{AskCause, Timer, TimerKind};
use bellwether_core::escalation::Closing;
use bellwether_core::event::{Answer, Seen};
use bellwether_core::record::{Record, Status};
use bellwether_core::{
    Body, Code, Digest, DocKey, Effect, EffectKey, Envelope, Escalation, Origin, Signal, Timestamp,
};
use bellwether_features::Counted;
use bellwether_ledger::write_record;
use bellwether_policy::Mode;

/// What one step gives. Nothing of it has happened yet.
#[derive(Clone, Debug)]
pub struct Step {
    /// Position of the record in its stream.
    pub seq: u64,
    /// The record's bytes.
    pub record: Vec<u8>,
    /// Their digest: the stream's new head.
    pub digest: Digest,
    /// What was done with the event.
    pub status: Status,
    /// What each graph decided, in the order of the graphs.
    pub decided: Vec<Decided>,
    /// Effects to perform after the commit.
    pub effects: Vec<(EffectKey, Effect)>,
    /// Timers to set after the commit.
    pub timers: Vec<Timer>,
    /// Evidence rows to keep, each named by its digest in the record.
    pub evidence: Vec<Vec<u8>>,
}

/// A fault of the driver: nothing was decided, the state must be thrown away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The event names rules that the book does not hold.
    #[error("the event names the rules {0}, which are not loaded")]
    UnknownRules(Digest),
    /// The event belongs to another stream.
    #[error("the event belongs to another stream than the state")]
    OtherStream,
}

impl StepError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownRules(_) => "step-unknown-rules",
            Self::OtherStream => "step-other-stream",
        }
    }
}

/// The epoch of the log that effect keys name; a restore starts a new one.
pub const FIRST_EPOCH: u64 = 1;

/// Whether the driver must look into the journal before this event can be stepped, because its key
/// lies below what the stream remembers; the answer is stamped into the event.
pub fn needs_journal(state: &StreamState, signal: &Signal) -> bool {
    state.memory.look_up(signal.key, signal.content, signal.at) == Known::Unsure
}

/// Moves a stream by one event.
///
/// # Errors
/// [`StepError`] when the driver gave the wrong state or rules; the state is then not to be used.
pub fn step(
    state: &mut StreamState,
    event: &Envelope,
    book: &RuleBook,
    scratch: &mut Scratch,
) -> Result<Step, StepError> {
    if state.stream != event.stream {
        return Err(StepError::OtherStream);
    }
    let rules = book.get(&event.rules).ok_or(StepError::UnknownRules(event.rules))?;
    if state.rules != Some(event.rules) {
        relayout::adopt(state, event.rules, rules, book)?;
    }
    state.seq += 1;
    state.time = state.time.max(event.at);
    let room = scratch.room(rules);
    let mut moving = Moving { state, event, rules, scratch: room };
    let status = moving.apply();
    Ok(finish(state, event, rules, status, room))
}

/// The parts of a step that are passed along while it is under way.
struct Moving<'a> {
    state: &'a mut StreamState,
    event: &'a Envelope,
    rules: &'a Rules,
    scratch: &'a mut Room,
}

impl Moving<'_> {
    fn apply(&mut self) -> Status {
        match &self.event.body {
            Body::Signal(signal) => self.signal(signal),
            Body::Timer { doc, kind, graph, generation, .. } => {
                self.timer(*doc, *kind, *graph, *generation)
            }
            Body::Answered { doc, graph, person, answer } => {
                self.answered(*doc, *graph, *person, *answer)
            }
            Body::Folded { states, .. } => self.folded(states),
            Body::RulesActivated { .. } => Status::Applied,
        }
    }

    fn signal(&mut self, signal: &Signal) -> Status {
        match (self.state.memory.look_up(signal.key, signal.content, signal.at), self.event.seen) {
            // The driver also knows what came here through a link; the memory does not.
            (Known::Same, _) | (_, Seen::Same) => return Status::Duplicate,
            (Known::Other, _) | (_, Seen::Other) => return Status::Conflict,
            (Known::Unsure, Seen::Unasked) => return Status::Refused,
            (Known::New, _) | (Known::Unsure, Seen::New) => {}
        }
        self.state.memory.insert(signal.key, signal.content, signal.at);
        let counted = self.count(signal);
        let status = match counted {
            Counted::Applied { .. } => Status::Applied,
            Counted::Late { .. } => Status::Late,
            Counted::TooLate => return Status::TooLate,
        };
        self.evaluate(signal.doc, Some(signal), status);
        status
    }

    /// Counts a signal in the account's document and in the case's or deal's; the later of the two
    /// says whether it was late.
    fn count(&mut self, signal: &Signal) -> Counted {
        let (features, meta) = (self.rules.features(), self.rules.policy().meta());
        let (time, lateness, rates) = (self.state.time, meta.lateness, self.rules.policy().rates());
        let new = |doc| Doc::new(features.new_state(scope_of(doc)));
        let account = self.state.account.get_or_insert_with(|| new(DocKey::Account));
        let registers = &mut self.scratch.registers;
        let state = &mut account.features;
        let counted = features.fold_with(registers, state, signal, time, lateness, rates);
        let Some(doc) = signal.doc else { return counted };
        if !self.state.subs.contains_key(&doc) && !features.knows_in(scope_of(doc), signal.kind) {
            // What says nothing about a case or deal does not open one.
            return counted;
        }
        let sub = self.state.subs.entry(doc).or_insert_with(|| new(doc));
        let state = &mut sub.features;
        match features.fold_with(registers, state, signal, time, lateness, rates) {
            late @ Counted::Late { .. } => late,
            _ => counted,
        }
    }

    fn timer(&mut self, doc: DocKey, kind: TimerKind, graph: Code, generation: u64) -> Status {
        let Some(found) = self.doc_mut(doc) else { return Status::Stale };
        match kind {
            TimerKind::Reevaluate => {
                if found.wake.0 != generation {
                    return Status::Stale;
                }
                found.wake.1 = Timestamp::MAX;
            }
            TimerKind::Deadline | TimerKind::Snooze => {
                if found.graph(graph).is_none_or(|state| state.generation != generation) {
                    return Status::Stale;
                }
            }
        }
        let sub = (doc != DocKey::Account).then_some(doc);
        let woken = (kind != TimerKind::Reevaluate).then_some((kind, graph));
        self.evaluate_after(sub, None, Status::Applied, woken);
        if woken.is_some() {
            self.settle_orphan(doc, graph, generation);
        }
        Status::Applied
    }

    /// An escalation whose timer moved nothing has lost its graph or node to other rules. It ends, and
    /// the role that is always staffed hears of it: a timer that stands still would fire for ever.
    fn settle_orphan(&mut self, doc: DocKey, graph: Code, generation: u64) {
        let at = self.state.time;
        let Some(found) = self.doc_mut(doc) else { return };
        let state = found.graph_mut(graph);
        if state.generation != generation || state.escalation.is_none_or(|one| !one.is_live()) {
            return;
        }
        let silent = state.silent;
        state.escalation = Some(Escalation::Closed { at, how: Closing::StoodDown });
        state.generation += 1;
        let (generation, kind, due) = (state.generation, TimerKind::Deadline, Timestamp::MAX);
        self.scratch.timers.push(Timer { doc, kind, graph, generation, due });
        let people = self.rules.policy().people();
        let staffed = people.members(people.always()).find(|person| person.is_there(at));
        if let Some(person) = staffed.filter(|_| !silent && self.may_act()) {
            let (node, person, cause) = (Code::of("undecided"), person.code, AskCause::Fallback);
            self.scratch.effects.push(Effect::Ask { doc, graph, node, person, cause });
        }
    }

    /// Whether what is decided is also done: not for history, and not by rules in shadow.
    fn may_act(&self) -> bool {
        let enforced = self.rules.policy().meta().mode == Mode::Enforce;
        self.event.origin == Origin::Live && enforced
    }

    fn answered(&mut self, doc: DocKey, graph: Code, person: Code, answer: Answer) -> Status {
        if escalate::answer(self, doc, graph, person, answer) {
            Status::Applied
        } else {
            Status::Refused
        }
    }

    /// Replaces feature states by ones that were folded anew, then decides again. An empty state says
    /// that the document's signals count in another stream from here on.
    fn folded(&mut self, states: &[(DocKey, Vec<u8>)]) -> Status {
        let features = self.rules.features();
        let mut read = Vec::with_capacity(states.len());
        let (gone, kept): (Vec<_>, Vec<_>) = states.iter().partition(|(_, bytes)| bytes.is_empty());
        for (key, bytes) in kept {
            match features.decode(scope_of(*key), bytes) {
                Ok(state) => read.push((*key, state)),
                Err(_) => return Status::Undecided,
            }
        }
        for (key, features) in read {
            match self.doc_mut(key) {
                Some(doc) => doc.features = features,
                None if key == DocKey::Account => self.state.account = Some(Doc::new(features)),
                None => drop(self.state.subs.insert(key, Doc::new(features))),
            }
        }
        gone.iter().for_each(|(key, _)| self.leave(*key));
        if gone.iter().any(|(key, _)| *key == DocKey::Account) {
            return Status::Applied;
        }
        let subs: Vec<_> = self.state.subs.keys().copied().collect();
        if subs.is_empty() {
            self.evaluate(None, None, Status::Applied);
        }
        for sub in subs {
            self.evaluate(Some(sub), None, Status::Applied);
        }
        Status::Applied
    }

    /// A document's signals count elsewhere now: what is under way stands down and no timer is left. A
    /// case or deal is forgotten; the account's document rests as it is, in case that is undone.
    fn leave(&mut self, key: DocKey) {
        for graph in self.rules.policy().graphs() {
            let state = self.state.doc(key).and_then(|doc| doc.graph(graph.code()));
            if state.and_then(|state| state.escalation).is_some_and(|held| held.is_live()) {
                escalate::close(self, graph, key, Closing::StoodDown);
            }
        }
        let Some(doc) = self.doc_mut(key) else { return };
        if doc.wake.1 != Timestamp::MAX {
            doc.wake = (doc.wake.0 + 1, Timestamp::MAX);
            let (generation, due) = doc.wake;
            let (kind, graph) = (TimerKind::Reevaluate, Code::default());
            self.scratch.timers.push(Timer { doc: key, kind, graph, generation, due });
        }
        self.state.subs.remove(&key);
    }

    fn is_silent(&self, key: DocKey, graph: Code) -> bool {
        self.state.doc(key).and_then(|doc| doc.graph(graph)).is_some_and(|state| state.silent)
    }

    fn doc_mut(&mut self, key: DocKey) -> Option<&mut Doc> {
        match key {
            DocKey::Account => self.state.account.as_mut(),
            sub => self.state.subs.get_mut(&sub),
        }
    }
}

/// Writes the record and gives the step.
fn finish(
    state: &mut StreamState,
    event: &Envelope,
    rules: &Rules,
    status: Status,
    scratch: &mut Room,
) -> Step {
    let effects: Vec<_> = std::mem::take(&mut scratch.effects)
        .into_iter()
        .zip(0u32..)
        .map(|(effect, nth)| (EffectKey::new(FIRST_EPOCH, state.stream, state.seq, nth), effect))
        .collect();
    let decisions = scratch.decisions(rules);
    let record = Record {
        stream: state.stream,
        seq: state.seq,
        prev: state.head,
        at: event.at,
        stream_time: state.time,
        event: event.digest,
        rules: event.rules,
        origin: event.origin,
        status,
        decisions: &decisions,
        effects: &effects,
        timers: &scratch.timers,
    };
    let mut bytes = Vec::with_capacity(768);
    write_record(&record, &|code| rules.word(code), &mut bytes);
    let digest = Digest::of(&bytes);
    state.head = digest;
    Step {
        seq: state.seq,
        record: bytes,
        digest,
        status,
        decided: scratch.decided(rules),
        effects,
        timers: scratch.timers.clone(),
        evidence: std::mem::take(&mut scratch.evidence),
    }
}
