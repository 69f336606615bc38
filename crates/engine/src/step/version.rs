//! The version of a graph that an escalation keeps.
//!
//! - In: an escalation, and the rules that events named so far.
//! - Out: the graph whose nodes, deadlines and approvals hold for it: that of the rules which opened or
//!   raised it. Whoever it asks is looked up among the people in force, who may have changed since.
//! - Never: anything else than the rules in force for engines before 3.

use super::Moving;
use crate::rules::keeps_nodes;
use crate::state::GraphState;
use bellwether_core::{Code, Digest, DocKey, Escalation};
use bellwether_policy::{Graph, Node, Person};

/// A graph, and the rules it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    pub(super) graph: &'a Graph,
    pub(super) rules: Digest,
}

impl<'a> Moving<'a> {
    /// A graph of the rules in force.
    pub(super) fn newest(&self, graph: &'a Graph) -> Version<'a> {
        Version { graph, rules: self.event.rules }
    }

    /// The graph that an escalation keeps; `None` when there is none in these rules.
    pub(super) fn held(&self, state: &GraphState) -> Option<Version<'a>> {
        let live = state.escalation.is_some_and(|one| Escalation::is_live(&one));
        let kept = state.rules.filter(|kept| live && *kept != self.event.rules);
        match kept.and_then(|kept| Some((kept, self.book.get(&kept)?))) {
            Some((kept, rules)) => {
                let graph = rules.policy().graph(state.graph)?;
                Some(Version { graph, rules: kept })
            }
            None => self.rules.policy().graph(state.graph).map(|graph| self.newest(graph)),
        }
    }

    /// Whether a version is that of the rules in force.
    pub(super) fn is_newest(&self, version: Version<'_>) -> bool {
        version.rules == self.event.rules
    }

    /// Everybody whom a node may ask, first to last, whoever of them is there.
    pub(super) fn rungs<'n>(&self, version: Version<'_>, node: &'n Node) -> Vec<&'n Person>
    where
        'a: 'n,
    {
        let people = self.rules.policy().people();
        if self.is_newest(version) {
            people.rungs(node).collect()
        } else {
            people.rungs_by_role(node).collect()
        }
    }

    /// Notes which rule leads an escalation on, and from when on it keeps which version.
    pub(super) fn set_rule(&mut self, key: DocKey, version: Version<'_>, rule: Code) {
        let pinned = keeps_nodes(self.engine);
        if let Some(doc) = self.doc_mut(key) {
            let state = doc.graph_mut(version.graph.code());
            state.rule = rule;
            state.rules = pinned.then_some(version.rules);
        }
    }
}
