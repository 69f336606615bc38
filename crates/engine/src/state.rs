//! The state of one stream: small documents, what was counted, and the head of its records.

mod bytes;

pub use bytes::{StateError, scope_of};

use crate::memory::Memory;
use bellwether_core::effect::{Timer, TimerKind};
use bellwether_core::{Code, Digest, DocKey, Escalation, StreamId, Timestamp};
use bellwether_features::DocState;
use std::collections::BTreeMap;

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
    /// Signals that were counted.
    pub memory: Memory,
    /// The account's own document.
    pub account: Option<Doc>,
    /// Cases and deals that are open.
    pub subs: BTreeMap<DocKey, Doc>,
}

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
}

/// What one graph holds about one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphState {
    /// The graph.
    pub graph: Code,
    /// Its escalation, live or the newest closed one.
    pub escalation: Option<Escalation>,
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
    /// First 64 bits of the digest of its masks.
    pub masks: u64,
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
            memory: Memory::default(),
            account: None,
            subs: BTreeMap::new(),
        }
    }

    /// A document by its key.
    pub fn doc(&self, key: DocKey) -> Option<&Doc> {
        match key {
            DocKey::Account => self.account.as_ref(),
            sub => self.subs.get(&sub),
        }
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

impl Doc {
    /// Whether an escalation about it is under way.
    pub fn has_live(&self) -> bool {
        self.graphs.iter().any(|state| state.escalation.is_some_and(|one| one.is_live()))
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
        Self { features, graphs: Vec::new(), wake: (0, Timestamp::MAX), ended: None }
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
            rule: Code::default(),
            generation: 0,
            waits: TimerKind::Deadline,
            silent: false,
            last: None,
        }
    }
}
