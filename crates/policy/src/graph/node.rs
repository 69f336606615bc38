//! Nodes of a routing graph, and what happens at each.
//!
//! - In: what a bundle says of a node, with names as positions.
//! - Out: [`Node`], which people read and the engine enters.
//! - Never: decides; that is the graph's.

use super::Outcome;
use bellwether_core::{Code, Duration, Place};

/// How long the same rule does not ask again after an escalation has ended, where a node does not say.
pub const AGAIN: Duration = Duration::from_days(7);

/// A node that asks people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Human {
    /// The role that is asked first.
    pub role: String,
    /// The roles that are asked after it, in order.
    pub fallback: Vec<String>,
    /// How high it is: an escalation is raised from a lower to a higher level, never lowered.
    pub level: u8,
    /// How long one person has to take it.
    pub ack: Duration,
    /// How long after taking it something must have moved; by default as long as `again`.
    pub act: Duration,
    /// How long after the end of an escalation the same rule does not ask again.
    pub again: Duration,
    /// Of a node that asks for an approval: the position of the node that is entered once it is given.
    pub approves: Option<usize>,
    /// The position of the first approval that this node needs before it asks.
    pub approval: Option<usize>,
    /// Of a node that asks for an approval: the position of the node that is entered when it is refused;
    /// without one the escalation ends.
    pub refused: Option<usize>,
    /// What the boundaries must allow before this node asks, after its approvals.
    pub permit: Option<NodePermit>,
    /// What is to be done there, in order.
    pub steps: Vec<String>,
    /// Within which time of the decision somebody must hear of it although one is missing; `bundle.yaml`
    /// may say it for all.
    pub reach: Option<Duration>,
    /// Positions in `People::persons`: everybody who may be asked, in order, each once.
    pub(crate) chain: Vec<usize>,
}

/// An action that the boundaries must allow before a node asks anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePermit {
    /// The name of the action.
    pub action: String,
    /// Positions of the nodes that ask for the approvals which the boundaries may want, in the order written.
    pub asks: Vec<usize>,
    /// The position of the node that is entered when it is not allowed: a person who needs no approval.
    pub denied: usize,
}

/// What a `wait` node waits for. Once all of it is known the walk goes on, in the same decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The names of the facts.
    pub facts: Vec<String>,
    /// The position of the guard that holds when all are known; it stands behind those of the rules.
    pub guard: usize,
    /// The position of the decide or human node where it goes on.
    pub node: usize,
}

/// What happens at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Rules decide where it goes on.
    Decide {
        /// Where doubt goes: the position of a human or discover node.
        unknown: usize,
    },
    /// More is found out, for a limited time.
    Discover {
        /// How long.
        within: Duration,
        /// Who decides then: the position of a human or discover node.
        then: usize,
        /// Of a `wait` node: what is waited for.
        ready: Option<Ready>,
    },
    /// People are asked.
    Human(Human),
    /// Nobody is asked.
    End,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The name's code, as it stands in state and effects.
    pub code: Code,
    /// What happens there.
    pub kind: NodeKind,
    /// What reaching it means.
    pub outcome: Outcome,
    /// Where it is written.
    pub place: Place,
}

impl Node {
    /// What the node asks people for, if it asks people.
    pub const fn human(&self) -> Option<&Human> {
        match &self.kind {
            NodeKind::Human(human) => Some(human),
            NodeKind::Decide { .. } | NodeKind::Discover { .. } | NodeKind::End => None,
        }
    }

    /// What it asks for, if it asks for an approval.
    pub fn approval(&self) -> Option<&Human> {
        self.human().filter(|human| human.approves.is_some())
    }

    /// How high it is; 0 where nobody is asked.
    pub const fn level(&self) -> u8 {
        match self.human() {
            Some(human) => human.level,
            None => 0,
        }
    }
}
