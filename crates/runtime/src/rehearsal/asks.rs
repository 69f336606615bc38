//! Who is being asked: what a step has changed about it.
//!
//! - In: a stream's state after each step.
//! - Out: the asks that are new since the last look, and how long each node was waited at.
//! - Never: anything that the state does not say.

use bellwether_core::{Code, DocKey, Escalation, StreamId, Timestamp};
use bellwether_engine::StreamState;
use std::collections::BTreeMap;

/// An escalation: the subject and the graph.
pub type Matter = (StreamId, DocKey, Code);

/// Somebody who is being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The escalation.
    pub matter: Matter,
    /// The node it stands at.
    pub node: Code,
    /// Who.
    pub person: Code,
    /// When they were asked.
    pub at: Timestamp,
    /// When the first person of this node was asked.
    pub since: Timestamp,
}

/// A node that is not waited at any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Who was asked last, and since when.
    pub from: Standing,
    /// Where the escalation stands now.
    pub to: Escalation,
}

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Asks that are new.
    pub asked: Vec<Standing>,
    /// Nodes that were left.
    pub left: Vec<Left>,
}

/// Everybody who is being asked, over all streams.
#[derive(Clone, Debug, Default)]
pub struct Asks(BTreeMap<Matter, Standing>);

impl Asks {
    /// Compares a stream with how it was at the last look.
    pub fn look(&mut self, state: &StreamState) -> Looked {
        let mut looked = Looked::default();
        for (doc, held) in state.docs() {
            for graph in &held.graphs {
                let Some(escalation) = graph.escalation else { continue };
                let matter = (state.stream, doc, graph.graph);
                self.compare(matter, escalation, &mut looked);
            }
        }
        looked
    }

    fn compare(&mut self, matter: Matter, to: Escalation, looked: &mut Looked) {
        let before = self.0.get(&matter).copied();
        let Escalation::Asked { node, person, at, .. } = to else {
            if let Some(from) = self.0.remove(&matter) {
                looked.left.push(Left { from, to });
            }
            return;
        };
        let same = before.filter(|before| before.node == node);
        let since = same.map_or(at, |before| before.since);
        let now = Standing { matter, node, person, at, since };
        if before == Some(now) {
            return;
        }
        if let (Some(from), None) = (before, same) {
            looked.left.push(Left { from, to });
        }
        self.0.insert(matter, now);
        looked.asked.push(now);
    }

    /// Whether an ask still waits for its answer.
    pub fn stands(&self, ask: &Standing) -> bool {
        self.0.get(&ask.matter) == Some(ask)
    }

    /// Everybody who is being asked now.
    pub fn standing(&self) -> impl Iterator<Item = &Standing> {
        self.0.values()
    }
}
