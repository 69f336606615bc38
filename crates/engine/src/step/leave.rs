//! Escalations that nothing in force leads on: their rules are gone, or their signals count elsewhere.
//!
//! - In: a timer that moved nothing; a document that leaves the stream.
//! - Out: the escalation ended, and the role that is always staffed told.
//! - Never: a timer that stands still; it would fire for ever.

use super::{Moving, escalate};
use bellwether_core::effect::TimerKind;
use bellwether_core::escalation::{Closing, EscalationEvent};
use bellwether_core::{Code, DocKey, Timestamp};

impl Moving<'_> {
    /// Whether an escalation still stands where its timer found it.
    pub(super) fn waits(&self, doc: DocKey, graph: Code, generation: u64) -> bool {
        let state = self.state.doc(doc).and_then(|doc| doc.graph(graph));
        state.is_some_and(|state| state.generation == generation)
    }

    /// An escalation whose timer moved nothing has lost its graph or node to other rules. It ends, and
    /// the role that is always staffed hears of it: a timer that stands still would fire for ever.
    pub(super) fn settle_orphan(&mut self, doc: DocKey, graph: Code, generation: u64) {
        let at = self.state.time;
        let Some(found) = self.doc_mut(doc) else { return };
        let state = found.graph_mut(graph);
        if state.generation != generation || state.escalation.is_none_or(|one| !one.is_live()) {
            return;
        }
        let silent = state.silent;
        let how = Closing::StoodDown;
        escalate::apply(self, graph, doc, EscalationEvent::Close { at, how }, TimerKind::Deadline);
        if !silent {
            self.notify_always(doc, graph);
        }
    }

    /// A document's signals count elsewhere now: what is under way stands down and no timer is left. A
    /// case or deal is forgotten; the account's document rests as it is, in case that is undone.
    pub(super) fn leave(&mut self, key: DocKey) {
        for graph in self.rules.policy().graphs() {
            self.stand_down(key, graph.code());
        }
        if self.engine >= 3 {
            // Those whose graph is not in force any more.
            let held = self.state.doc(key).into_iter().flat_map(|doc| &doc.graphs);
            let held: Vec<_> = held.map(|state| state.graph).collect();
            held.into_iter().for_each(|graph| self.stand_down(key, graph));
        }
        let Some(doc) = self.doc_mut(key) else { return };
        if doc.wake.1 != Timestamp::MAX {
            let timer = doc.set_wake(key, Timestamp::MAX);
            self.scratch.timers.push(timer);
        }
        self.state.subs.remove(&key);
    }

    fn stand_down(&mut self, key: DocKey, graph: Code) {
        let state = self.state.doc(key).and_then(|doc| doc.graph(graph));
        if state.and_then(|state| state.escalation).is_some_and(|held| held.is_live()) {
            escalate::close(self, graph, key, Closing::StoodDown);
        }
    }
}
