//! Decisions under way, and the room that one step works in.

use crate::rules::Rules;
use bellwether_core::effect::{AskCause, Timer};
use bellwether_core::record::{Decision, Move};
use bellwether_core::{Code, Digest, DocKey, Effect, EffectKey, Ppm, Timestamp, Trust};
use bellwether_features::{Reading, Registers};
use bellwether_policy::{Graph, Masks, Outcome, Verdict};

/// What one graph decided about one subject, for drivers and reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The graph.
    pub graph: Code,
    /// The subject.
    pub doc: DocKey,
    /// The rule that decided; zero if none held.
    pub rule: Code,
    /// The node that was reached.
    pub node: Code,
    /// What the node means.
    pub outcome: Outcome,
    /// Whether a rule could not be evaluated.
    pub doubt: bool,
    /// Whether rule, node or doubt differ from the decision before.
    pub changed: bool,
    /// Who was asked in this step and why now, if somebody was (also by imported history).
    pub asked: Option<(Code, AskCause)>,
    /// The seq of the decision that this one replaces because of a late signal.
    pub supersedes: Option<u64>,
}

/// A decision under way; positions instead of names.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) graph: usize,
    pub(super) doc: DocKey,
    pub(super) verdict: Verdict,
    pub(super) masks: Masks,
    pub(super) completeness: Ppm,
    pub(super) trust: Trust,
    pub(super) facts: Vec<(Code, Timestamp)>,
    pub(super) supersedes: Option<u64>,
    pub(super) held_back_by: Option<u64>,
    pub(super) evidence: Option<Digest>,
    pub(super) changed: bool,
    pub(super) asked: Option<(Code, AskCause)>,
}

/// Buffers that are kept between steps, so that deciding does not allocate. One per thread; what is in
/// it between steps means nothing.
#[derive(Default)]
pub struct Scratch(Option<Room>);

impl Scratch {
    /// The buffers, laid out for some rules.
    pub(super) fn room(&mut self, rules: &Rules) -> &mut Room {
        let layout = rules.features().digest();
        if self.0.as_ref().is_some_and(|room| room.layout != layout) {
            self.0 = None;
        }
        let room = self.0.get_or_insert_with(|| Room::new(rules));
        room.begin();
        room
    }
}

/// The buffers of one step.
pub(super) struct Room {
    layout: Digest,
    pub(super) reading: Reading,
    /// Whom the reading is of, if anything was read in this step.
    pub(super) read: Option<DocKey>,
    pub(super) registers: Registers,
    drafts: Vec<Draft>,
    used: usize,
    pub(super) moves: Vec<Move>,
    pub(super) effects: Vec<(EffectKey, Effect)>,
    pub(super) timers: Vec<Timer>,
    pub(super) evidence: Vec<Vec<u8>>,
}

impl Room {
    fn new(rules: &Rules) -> Self {
        Self {
            layout: rules.features().digest(),
            reading: rules.features().reading(),
            read: None,
            registers: rules.features().registers(),
            drafts: Vec::new(),
            used: 0,
            moves: Vec::new(),
            effects: Vec::new(),
            timers: Vec::new(),
            evidence: Vec::new(),
        }
    }

    fn begin(&mut self) {
        self.used = 0;
        self.read = None;
        self.moves.clear();
        self.effects.clear();
        self.timers.clear();
        self.evidence.clear();
    }

    /// A draft to fill; its buffers are empty. Together with the reading it is decided on.
    pub(super) fn draft(&mut self, graph: usize, doc: DocKey) -> (&mut Draft, &Reading) {
        if self.used == self.drafts.len() {
            self.drafts.push(Draft::default());
        }
        self.used += 1;
        #[expect(clippy::indexing_slicing, reason = "one was pushed just above where it lacked")]
        let draft = &mut self.drafts[self.used - 1];
        draft.reset(graph, doc);
        (draft, &self.reading)
    }

    /// The draft that was given last.
    pub(super) fn last_draft(&mut self) -> Option<&mut Draft> {
        self.drafts.get_mut(self.used.checked_sub(1)?)
    }

    fn filled(&self) -> &[Draft] {
        self.drafts.get(..self.used).unwrap_or_default()
    }

    pub(super) fn decisions<'a>(&'a self, rules: &'a Rules) -> Vec<Decision<'a>> {
        let graphs = rules.policy().graphs();
        let decision = |draft: &'a Draft| {
            let graph = graphs.get(draft.graph)?;
            let node = graph.nodes().get(draft.verdict.node)?;
            let rule = draft.verdict.rule.and_then(|rule| graph.rules().get(rule));
            Some(Decision {
                graph: graph.name(),
                doc: draft.doc,
                hit: draft.masks.hit(),
                unknown: draft.masks.unknown(),
                rule: rule.map_or("", |rule| &rule.id),
                node: &node.name,
                outcome: node.outcome.as_str(),
                completeness: draft.completeness,
                confidence: None,
                certificate: None,
                trust: draft.trust,
                facts: &draft.facts,
                overridden_by: overridden(graph, &draft.verdict),
                owner: graph.owner(),
                supersedes: draft.supersedes,
                held_back_by: draft.held_back_by,
                evidence: draft.evidence,
            })
        };
        self.filled().iter().filter_map(decision).collect()
    }

    pub(super) fn decided(&self, rules: &Rules) -> Vec<Decided> {
        let graphs = rules.policy().graphs();
        let decided = |draft: &Draft| {
            let graph = graphs.get(draft.graph)?;
            let node = graph.nodes().get(draft.verdict.node)?;
            Some(Decided {
                graph: graph.code(),
                doc: draft.doc,
                rule: rules.rule_code(draft.graph, draft.verdict.rule),
                node: node.code,
                outcome: node.outcome,
                doubt: draft.verdict.doubt,
                changed: draft.changed,
                asked: draft.asked,
                supersedes: draft.supersedes,
            })
        };
        self.filled().iter().filter_map(decided).collect()
    }
}

/// The id of the override that changed a decision.
fn overridden<'a>(graph: &'a Graph, verdict: &Verdict) -> Option<&'a str> {
    graph.overrides().get(verdict.overridden()?).map(|one| one.id.as_str())
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            graph: 0,
            doc: DocKey::Account,
            verdict: Verdict::default(),
            masks: Masks::default(),
            completeness: Ppm::default(),
            trust: Trust::System,
            facts: Vec::new(),
            supersedes: None,
            held_back_by: None,
            evidence: None,
            changed: false,
            asked: None,
        }
    }
}

impl Draft {
    fn reset(&mut self, graph: usize, doc: DocKey) {
        self.graph = graph;
        self.doc = doc;
        self.facts.clear();
        self.supersedes = None;
        self.held_back_by = None;
        self.evidence = None;
        self.asked = None;
    }
}
