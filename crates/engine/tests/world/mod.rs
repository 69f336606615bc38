//! One stream under a small bundle: what it sees, whom it asks, and time.
//!
//! - In: what happens, and when.
//! - Out: the steps, with the rows that a journal would keep.
//! - Never: anything that is not told.

use bellwether_core::effect::AskCause;
use bellwether_core::event::Answer;
use bellwether_core::{Body, Code, DocKey, Effect, EffectKey, Envelope, Escalation, Id, Origin};
use bellwether_engine::{RuleBook, Rules, Scratch, Step, StreamState, step};
use bellwether_testkit::{Happening, event, happens, stream};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const DAY: i64 = 86_400;

pub(crate) fn bundle() -> Arc<Rules> {
    let files = [
        (
            "bundle.yaml",
            "bundle: small\nversion: 1.0.0\nowner: support\ncurrency: EUR\nlateness: 7d\nmode: enforce\n",
        ),
        (
            "facts.yaml",
            "facts:\n  case.priority: {type: int, from: ticket.updated.urgency, scope: case}\n  \
             case.open: {type: bool, from: ticket.updated.open, scope: case, default: true}\n  \
             account.vip: {type: bool, from: firmographics.updated.strategic, default: false}\n\
             signals:\n  ticket.updated: {urgency: int, open: bool}\n",
        ),
        (
            "features.yaml",
            "features:\n  angry_7d: {distinct: conversation, of: chat.message, \
             where: \"sentiment < -0.4\", window: 7d}\n  \
             waiting: {time_since: [ticket.updated], scope: case}\n",
        ),
        (
            "people.yaml",
            "roles: {lead: [lead-1], manager: [manager-1, manager-2], desk: [desk-1]}\n\
             people:\n  lead-1: {name: L}\n  manager-1: {name: M}\n  manager-2: {name: N}\n  \
             desk-1: {name: D}\nalways: desk\n",
        ),
        (
            "routing/case.yaml",
            "graph: case-desk\nsubject: case\nowner: support\nstart: triage\n\
             closed_when: \"!case.open\"\nnodes:\n  triage: {kind: decide, unknown: desk}\n  \
             desk: {kind: human, role: desk, level: 1, ack: 1h}\n  \
             manager: {kind: human, role: manager, level: 2, ack: 2h, act: 1d, fallback: [lead]}\n  \
             nothing: {kind: end}\nrules:\n  \
             - {id: urgent, from: triage, to: manager, when: \"case.priority <= 1\"}\n  \
             - {id: silence, from: triage, to: desk, when: \"waiting >= duration('3d')\"}\n  \
             - {id: else, from: triage, to: nothing, otherwise: true}\n",
        ),
        (
            "routing/account.yaml",
            "graph: outreach\nsubject: account\nowner: success\nstart: look\nnodes:\n  \
             look: {kind: decide, unknown: lead}\n  lead: {kind: human, role: lead, level: 1, ack: 4h}\n  \
             nothing: {kind: end}\nrules:\n  \
             - {id: three-angry, from: look, to: lead, when: \"angry_7d >= 3\"}\n  \
             - {id: else, from: look, to: nothing, otherwise: true}\n",
        ),
    ];
    let files: BTreeMap<String, String> =
        files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    match Rules::compose(files) {
        Ok(rules) => Arc::new(rules),
        Err(problems) => {
            let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
            unreachable!("the bundle of the test is right, but: {}", shown.join("\n"))
        }
    }
}

/// One stream, its rows, and time.
pub(crate) struct World {
    pub(crate) book: RuleBook,
    pub(crate) rules: Arc<Rules>,
    pub(crate) state: StreamState,
    pub(crate) scratch: Scratch,
    pub(crate) rows: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) origin: Origin,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::under(bundle())
    }

    pub(crate) fn under(rules: Arc<Rules>) -> Self {
        Self {
            book: RuleBook::of(Arc::clone(&rules)),
            rules,
            state: StreamState::new(stream(1)),
            scratch: Scratch::default(),
            rows: Vec::new(),
            origin: Origin::Live,
        }
    }

    pub(crate) fn give(&mut self, (bytes, envelope): (Vec<u8>, Envelope)) -> Step {
        let done = step(&mut self.state, &envelope, &self.book, &mut self.scratch).unwrap();
        self.rows.push((bytes, done.record.clone()));
        done
    }

    pub(crate) fn see(&mut self, what: Happening) -> Step {
        self.pass(what.at);
        self.give(what.event_at(self.rules.digest(), what.at, self.origin))
    }

    /// Lets time pass; gives the steps of the timers that fired.
    pub(crate) fn pass(&mut self, until: i64) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(timer) = self.state.next_timer()
            && timer.due.micros() <= until * 1_000_000
        {
            let body = Body::Timer {
                doc: timer.doc,
                kind: timer.kind,
                graph: timer.graph,
                generation: timer.generation,
                due: timer.due,
            };
            let at = timer.due.micros().div_euclid(1_000_000) + 1;
            steps.push(self.give(event(1, self.rules.digest(), at, self.origin, &body)));
        }
        steps
    }

    pub(crate) fn answer(&mut self, at: i64, graph: &str, person: &str, answer: Answer) -> Step {
        let (doc, graph, person) = (case(7), Code::of(graph), Code::of(person));
        let held = self.state.doc(doc).and_then(|doc| doc.graph(graph));
        let ask = held.map_or(EffectKey::NONE, |held| held.ask);
        let body = Body::Answered { doc, graph, ask, person, answer };
        self.give(event(1, self.rules.digest(), at, self.origin, &body))
    }

    pub(crate) fn escalation(&self, doc: DocKey, graph: &str) -> Option<Escalation> {
        self.state.doc(doc)?.graph(Code::of(graph))?.escalation
    }
}

pub(crate) fn case(bits: u128) -> DocKey {
    DocKey::Case(Id::from_bits(bits))
}

pub(crate) fn asked(step: &Step) -> Vec<(Code, AskCause)> {
    let ask = |effect: &Effect| match effect {
        Effect::Ask { person, cause, .. } => Some((*person, *cause)),
        Effect::StandDown { .. } | Effect::Notice { .. } => None,
    };
    step.effects.iter().filter_map(|(_, effect)| ask(effect)).collect()
}

pub(crate) fn ticket(at: i64, urgency: i64) -> Happening {
    happens("ticket.updated", at).case(7).int("urgency", urgency).flag("open", true)
}

pub(crate) fn angry(at: i64, conversation: &str) -> Happening {
    happens("chat.message", at).word("conversation", conversation).ppm("sentiment", -700_000)
}
