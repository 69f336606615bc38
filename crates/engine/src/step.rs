//! One step: an event moves one stream, and leaves one record.
//!
//! Order within a step: is it known already? count it; evaluate every graph whose subject it touched;
//! move the escalations; set the timers; write the record. The caller commits record and effects
//! together, and keeps the new state only then.
//!
//! What differs between engines stands behind `engine >= 2` and the like: records of rules that were activated under an
//! older number are still derived as they were.

mod answer;
mod chain;
mod draft;
mod escalate;
mod evaluate;
mod leave;
mod notify;
mod permit;
mod relayout;
mod version;

use draft::Room;
pub use draft::{Decided, Scratch};

use crate::memory::Known;
use crate::rules::{RuleBook, Rules};
use crate::state::{Doc, StreamState, scope_of};
use bellwether_core::effect::{Timer, TimerKind};
use bellwether_core::event::Seen;
use bellwether_core::record::{Permitted, Record, Status};
use bellwether_core::{
    Body, Code, Digest, DocKey, Effect, EffectKey, Envelope, Origin, Signal, Timestamp,
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
    /// What the boundaries were asked before a node was entered, and said.
    pub permits: Vec<Permitted>,
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

/// Whether the driver must look into the journal before this event can be stepped, because its key
/// lies below what the stream remembers; the answer is stamped into the event.
pub fn needs_journal(state: &StreamState, signal: &Signal) -> bool {
    state.memory.look_up(signal.key, signal.content, signal.at) == Known::Unsure
}

/// Whether a signal that the stream does not remember may be one that it has forgotten, with another time.
/// The driver looks into the journal and, if that knows it, stamps so into the event.
pub fn may_be_forgotten(state: &StreamState, signal: &Signal) -> bool {
    state.memory.may_have_forgotten(signal.key)
        && state.memory.look_up(signal.key, signal.content, signal.at) == Known::New
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
    let unknown = StepError::UnknownRules(event.rules);
    let (rules, engine) = book.with_engine(&event.rules).ok_or(unknown)?;
    if state.rules != Some(event.rules) {
        relayout::adopt(state, event.rules, rules, book)?;
    }
    state.seq += 1;
    if event.body.is_news() {
        state.time = state.time.max(event.at);
    }
    let room = scratch.room(rules);
    let mut moving = Moving { state, event, rules, book, engine, scratch: room };
    let (status, why) =
        if event.failed { (Status::Undecided, Some("step-failed")) } else { moving.apply() };
    if status == Status::Undecided {
        moving.notify_always(DocKey::Account, Code::of("undecided"));
    }
    Ok(finish(state, event, (rules, engine), (status, why), room))
}

/// What was done with an event, and in a word why not, where it was refused or not decided.
type Done = (Status, Option<&'static str>);

/// The parts of a step that are passed along while it is under way.
struct Moving<'a> {
    state: &'a mut StreamState,
    event: &'a Envelope,
    rules: &'a Rules,
    book: &'a RuleBook,
    engine: u32,
    scratch: &'a mut Room,
}

impl Moving<'_> {
    fn apply(&mut self) -> Done {
        match &self.event.body {
            Body::Signal(signal) => self.signal(signal),
            Body::Timer { doc, kind, graph, generation, .. } => {
                (self.timer(*doc, *kind, *graph, *generation), None)
            }
            Body::Answered { doc, graph, ask, person, answer } => {
                match answer::answer(self, (*doc, *graph), *ask, *person, *answer) {
                    Ok(()) => (Status::Applied, None),
                    Err(why) => (Status::Refused, Some(why)),
                }
            }
            Body::Folded { states, .. } => self.folded(states),
            Body::RulesActivated { rules, preimage }
                if *rules == Digest::of(preimage.as_bytes()) =>
            {
                (Status::Applied, None)
            }
            Body::RulesActivated { .. } => (Status::Refused, Some("rules-differ")),
            Body::Performed { doc, graph, effect, result, .. } => {
                if result.failed() {
                    answer::unreached(self, (*doc, *graph), *effect);
                }
                (Status::Applied, None)
            }
            Body::SubjectErased { .. }
            | Body::StreamBase { .. }
            | Body::EpochBegun { .. }
            | Body::LogKeyRotated { .. } => (Status::Applied, None),
            Body::Noted { note, tell, .. } => {
                if let Some(person) = tell {
                    self.tell(*note, *person);
                }
                (Status::Applied, None)
            }
        }
    }

    fn signal(&mut self, signal: &Signal) -> Done {
        match (self.state.memory.look_up(signal.key, signal.content, signal.at), self.event.seen) {
            // The driver also knows what came here through a link; the memory does not.
            (Known::Same, _) | (_, Seen::Same) => return (Status::Duplicate, None),
            (Known::Other, _) | (_, Seen::Other) => return (Status::Conflict, None),
            (Known::Unsure, Seen::Unasked) => {
                return (Status::Refused, Some("journal-unasked"));
            }
            (Known::New, _) | (Known::Unsure, Seen::New) => {}
        }
        self.state.memory.insert(signal.key, signal.content, signal.at);
        let counted = self.count(signal);
        let status = match counted {
            Counted::Applied { .. } => Status::Applied,
            Counted::Late { .. } => Status::Late,
            Counted::TooLate => return (Status::TooLate, None),
        };
        self.state.live |= self.event.origin == Origin::Live;
        if !signal.is_held() {
            self.evaluate(signal.doc, Some(signal), status);
        }
        (status, None)
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
        if counted == Counted::TooLate && self.engine >= 2 {
            // What is not counted opens nothing: engine 1 opened an empty case that never ended.
            return counted;
        }
        if !self.state.subs.contains_key(&doc) && !features.knows_in(scope_of(doc), signal.kind) {
            // What says nothing about a case or deal does not open one.
            return counted;
        }
        let forgotten = self.state.has_forgotten(doc);
        let sub = self.state.subs.entry(doc).or_insert_with(|| match forgotten {
            // What it had counted is gone: it reads as missing, so doubt brings a person.
            true => Doc::new(features.forgotten_state(scope_of(doc))),
            false => new(doc),
        });
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
            if self.engine >= 3 && self.waits(doc, graph, generation) {
                escalate::goes_on(self, doc, graph, kind);
            }
            self.settle_orphan(doc, graph, generation);
        }
        Status::Applied
    }

    /// Adds an effect, and gives its key.
    fn effect(&mut self, effect: Effect) -> EffectKey {
        let (epoch, stream, seq) = (self.event.epoch, self.state.stream, self.state.seq);
        let nth = u32::try_from(self.scratch.effects.len()).unwrap_or(u32::MAX);
        let key = EffectKey::new(epoch, stream, seq, nth);
        self.scratch.effects.push((key, effect));
        key
    }

    /// Whether what is decided is also done: not for history, and not by rules in shadow.
    fn may_act(&self) -> bool {
        let enforced = self.rules.policy().meta().mode == Mode::Enforce;
        self.event.origin == Origin::Live && enforced
    }

    /// Replaces feature states by ones that were folded anew, then decides again. An empty state says
    /// that the document's signals count in another stream from here on.
    fn folded(&mut self, states: &[(DocKey, Vec<u8>)]) -> Done {
        let features = self.rules.features();
        let mut read = Vec::with_capacity(states.len());
        let (gone, kept): (Vec<_>, Vec<_>) = states.iter().partition(|(_, bytes)| bytes.is_empty());
        for (key, bytes) in kept {
            match features.decode(scope_of(*key), bytes) {
                Ok(state) => read.push((*key, state)),
                Err(_) => return (Status::Undecided, Some("state-unreadable")),
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
            return (Status::Applied, None);
        }
        if self.engine >= 2 {
            let given: Vec<_> = states.iter().map(|(key, _)| *key).collect();
            self.evaluate_given(&given);
            return (Status::Applied, None);
        }
        // Engine 1 decided about every document, and about the account with each of them.
        let subs: Vec<_> = self.state.subs.keys().copied().collect();
        if subs.is_empty() {
            self.evaluate(None, None, Status::Applied);
        }
        for sub in subs {
            self.evaluate(Some(sub), None, Status::Applied);
        }
        (Status::Applied, None)
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
    (rules, engine): (&Rules, u32),
    (status, why): Done,
    scratch: &mut Room,
) -> Step {
    let decisions = scratch.decisions(rules);
    let record = Record {
        stream: state.stream,
        seq: state.seq,
        prev: state.head,
        at: event.at,
        stream_time: state.time,
        event: event.digest,
        rules: event.rules,
        engine,
        shadow: rules.policy().meta().mode == Mode::Shadow,
        origin: event.origin,
        epoch: event.epoch,
        body: &event.body,
        status,
        why,
        decisions: &decisions,
        moves: &scratch.moves,
        effects: &scratch.effects,
        timers: &scratch.timers,
    };
    let mut bytes = Vec::with_capacity(768);
    let details = write_record(&record, &|code| rules.word(code), &mut bytes);
    let digest = Digest::of(&bytes);
    state.head = digest;
    let decided = scratch.decided(rules);
    scratch.evidence.extend(details);
    Step {
        seq: state.seq,
        record: bytes,
        digest,
        status,
        decided,
        permits: scratch.moves.iter().filter_map(|moved| moved.permit.clone()).collect(),
        effects: std::mem::take(&mut scratch.effects),
        timers: scratch.timers.clone(),
        evidence: std::mem::take(&mut scratch.evidence),
    }
}
