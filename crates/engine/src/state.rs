//! The state of one stream: small documents, what was counted, and the head of its records.

mod bytes;

pub use bytes::{StateError, scope_of};

use crate::memory::Memory;
use bellwether_core::effect::{Timer, TimerKind};
use bellwether_core::{Code, Digest, DocKey, EffectKey, Escalation, StreamId, Timestamp};
use bellwether_features::DocState;
use std::collections::{BTreeMap, VecDeque};

/// Everything a stream knows. Replaced only after its record is committed.
#[derive(Clone, Debug)]
pub struct StreamState {
    /// Which stream.
    pub stream: StreamId,
    /// Records so far.
    pub seq: u64,
    /// Digest of the newest record.
    pub head: Digest,
    /// The largest instant seen.
    pub time: Timestamp,
    /// Digest of the rules that the feature states are laid out for; `None` before the first event.
    pub rules: Option<Digest>,
    /// A signal that was no history was counted: what time brings here is real from then on.
    pub live: bool,
    /// Signals that were counted.
    pub memory: Memory,
    /// The account's own document.
    pub account: Option<Doc>,
    /// Cases and deals that are open, and those that ended last.
    pub subs: BTreeMap<DocKey, Doc>,
    /// Fingerprints of cases and deals that ended long ago and were forgotten, the newest last.
    pub forgotten: VecDeque<u32>,
}

/// How many ended cases and deals a stream keeps besides those that a late signal may still reach.
const ENDED_KEPT: usize = 64;

/// How many forgotten ones it can tell from new ones.
const FORGOTTEN_KEPT: usize = 1024;

/// One document: what is known about an account, a case or a deal, and what is under way.
#[derive(Clone, Debug)]
pub struct Doc {
    /// Feature state.
    pub features: DocState,
    /// One entry per graph that has decided about this document.
    pub graphs: Vec<GraphState>,
    /// The re-evaluation timer: its generation and when it is due ([`Timestamp::MAX`] = not set).
    pub wake: (u64, Timestamp),
    /// When the subject ended, if it did.
    pub ended: Option<Timestamp>,
    /// What of the account's facts the guards of cases and deals can tell apart, as last looked at:
    /// equal numbers, equal decisions. On the account's document as it is, on others as they saw it.
    pub told: u64,
}

/// What one graph holds about one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphState {
    /// The graph.
    pub graph: Code,
    /// Its escalation, live or the newest closed one.
    pub escalation: Option<Escalation>,
    /// The seq of the record that opened it; with document and graph it names the escalation.
    pub opened: u64,
    /// The key of the newest ask about it, which an answer must name.
    pub ask: EffectKey,
    /// The rule that led to it.
    pub rule: Code,
    /// Generation of its timers.
    pub generation: u64,
    /// What its timer is for.
    pub waits: TimerKind,
    /// Nobody was really asked: it was opened by imported history.
    pub silent: bool,
    /// The newest decision.
    pub last: Option<LastDecision>,
    /// Digest of the rules whose nodes, deadlines and approvals hold for the escalation, while it is live:
    /// those that opened or raised it. `None` where an engine before 3 did: then it is those in force.
    pub rules: Option<Digest>,
    /// The approvals that were given in it, in order.
    pub approvals: Vec<Approved>,
    /// The level of the node that was refused or denied: only a higher one raises it from there. 0 if none was.
    pub refused: u8,
}

/// An approval that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The role that was asked.
    pub role: Code,
    /// Who gave it.
    pub person: Code,
}

/// What is kept of a graph's newest decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDecision {
    /// The seq of its record.
    pub seq: u64,
    /// The deciding rule; zero if none held.
    pub rule: Code,
    /// The node that was reached.
    pub node: Code,
}

impl StreamState {
    /// A stream that has seen nothing.
    pub fn new(stream: StreamId) -> Self {
        Self {
            stream,
            seq: 0,
            head: Digest::ZERO,
            time: Timestamp::MIN,
            rules: None,
            live: false,
            memory: Memory::default(),
            account: None,
            subs: BTreeMap::new(),
            forgotten: VecDeque::new(),
        }
    }

    /// A document by its key.
    pub fn doc(&self, key: DocKey) -> Option<&Doc> {
        match key {
            DocKey::Account => self.account.as_ref(),
            sub => self.subs.get(&sub),
        }
    }

    /// Forgets the cases and deals that ended first, of those that ended before an instant and wait for
    /// nothing, if there are too many.
    pub(crate) fn forget_ended(&mut self, before: Timestamp) {
        if self.subs.len() <= ENDED_KEPT {
            return;
        }
        let past = |(key, doc): (&DocKey, &Doc)| {
            let ended = doc.ended.filter(|ended| *ended < before)?;
            (!doc.has_live()).then_some((ended, *key))
        };
        let mut ended: Vec<_> = self.subs.iter().filter_map(past).collect();
        ended.sort_unstable();
        for (_, key) in ended.iter().rev().skip(ENDED_KEPT) {
            self.subs.remove(key);
            self.forgotten.push_back(fingerprint(*key));
        }
        let excess = self.forgotten.len().saturating_sub(FORGOTTEN_KEPT);
        self.forgotten.drain(..excess);
    }

    /// Whether a case or deal was known once and is forgotten.
    pub(crate) fn has_forgotten(&self, key: DocKey) -> bool {
        self.forgotten.contains(&fingerprint(key))
    }

    /// Every timer that the stream waits for; live ones only.
    pub fn timers(&self) -> impl Iterator<Item = Timer> {
        self.docs().flat_map(|(key, doc)| doc.timers(key))
    }

    /// Whether a timer belongs to an escalation about which somebody was really asked.
    pub fn is_asked(&self, timer: &Timer) -> bool {
        let graph = self.doc(timer.doc).and_then(|doc| doc.graph(timer.graph));
        graph.is_some_and(|graph| {
            !graph.silent && graph.escalation.is_some_and(|live| live.person().is_some())
        })
    }

    /// The timer that is due first.
    pub fn next_timer(&self) -> Option<Timer> {
        self.timers().min_by_key(|timer| (timer.due, timer.doc, timer.kind, timer.graph))
    }

    /// All documents, the account's first.
    pub fn docs(&self) -> impl Iterator<Item = (DocKey, &Doc)> {
        let account = self.account.iter().map(|doc| (DocKey::Account, doc));
        account.chain(self.subs.iter().map(|(key, doc)| (*key, doc)))
    }
}

/// 32 bits of an id that is random already.
fn fingerprint(key: DocKey) -> u32 {
    match key {
        DocKey::Account => 0,
        DocKey::Case(id) | DocKey::Deal(id) => {
            let [a, b, c, d, ..] = id.to_bytes();
            u32::from_be_bytes([a, b, c, d])
        }
    }
}

impl Doc {
    /// Whether an escalation about it is under way.
    pub fn has_live(&self) -> bool {
        self.graphs.iter().any(|state| state.escalation.is_some_and(|one| one.is_live()))
    }

    /// Sets its re-evaluation timer anew, or cancels it by [`Timestamp::MAX`].
    pub(crate) fn set_wake(&mut self, doc: DocKey, due: Timestamp) -> Timer {
        self.wake = (self.wake.0 + 1, due);
        let (kind, graph, generation) = (TimerKind::Reevaluate, Code::default(), self.wake.0);
        Timer { doc, kind, graph, generation, due }
    }

    /// The timers that it waits for.
    fn timers(&self, doc: DocKey) -> impl Iterator<Item = Timer> {
        let (generation, due) = self.wake;
        let (kind, graph) = (TimerKind::Reevaluate, Code::default());
        let wake = Timer { doc, kind, graph, generation, due };
        let graphs = self.graphs.iter().filter_map(move |state| {
            let due = state.escalation?.due()?;
            let (kind, graph, generation) = (state.waits, state.graph, state.generation);
            Some(Timer { doc, kind, graph, generation, due })
        });
        std::iter::once(wake).chain(graphs).filter(|timer| timer.due != Timestamp::MAX)
    }

    /// A document about which nothing is known yet.
    pub fn new(features: DocState) -> Self {
        Self { features, graphs: Vec::new(), wake: (0, Timestamp::MAX), ended: None, told: 0 }
    }

    /// The state of a graph, made when it is first asked for.
    pub fn graph_mut(&mut self, graph: Code) -> &mut GraphState {
        let nth = match self.graphs.iter().position(|state| state.graph == graph) {
            Some(nth) => nth,
            None => {
                self.graphs.push(GraphState::new(graph));
                self.graphs.len() - 1
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the position was found or made just above")]
        &mut self.graphs[nth]
    }

    /// The state of a graph, if it has decided about this document.
    pub fn graph(&self, graph: Code) -> Option<&GraphState> {
        self.graphs.iter().find(|state| state.graph == graph)
    }
}

impl GraphState {
    fn new(graph: Code) -> Self {
        Self {
            graph,
            escalation: None,
            opened: 0,
            ask: EffectKey::NONE,
            rule: Code::default(),
            generation: 0,
            waits: TimerKind::Deadline,
            silent: false,
            last: None,
            rules: None,
            approvals: Vec::new(),
            refused: 0,
        }
    }
}
