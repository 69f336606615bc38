//! Proofs about routing graphs, without a solver: what holds although somebody is missing.
//!
//! - In: a checked [`Policy`].
//! - Out: one [`Proof`] for each property and what it is about; where it does not hold, the way through
//!   the nodes with the clock: who is asked when, who is missing, when the promise broke.
//! - Never: a guess. Each proof walks every case there is: every single person, role or channel that may be
//!   missing, known to be away or silent, at every instant at which a planned absence changes the answer.

mod reach;
mod shape;
mod walk;
mod ways;

use crate::graph::Human;
use crate::policy::Policy;
use bellwether_core::{Duration, Problem};
use std::fmt::{self, Write as _};

/// What is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// Somebody hears of it in time although any one person is missing.
    PersonMissing,
    /// Somebody hears of it in time although everybody of any one role is missing.
    RoleMissing,
    /// Somebody hears of it in time although any one channel is down.
    ChannelMissing,
    /// No way leads round in a circle without time passing.
    Deadline,
    /// Every node leads on, whatever its rules yield: true, false or unknown.
    LeadsOn,
    /// No text from outside moves what this rests on.
    Trust,
}

impl Property {
    /// All properties.
    pub const ALL: [Self; 6] = [
        Self::PersonMissing,
        Self::RoleMissing,
        Self::ChannelMissing,
        Self::Deadline,
        Self::LeadsOn,
        Self::Trust,
    ];

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonMissing => "person-missing",
            Self::RoleMissing => "role-missing",
            Self::ChannelMissing => "channel-missing",
            Self::Deadline => "deadline",
            Self::LeadsOn => "leads-on",
            Self::Trust => "trust",
        }
    }

    /// The property as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::PersonMissing => "a person is reached although any one person is missing",
            Self::RoleMissing => "a person is reached although any one role is missing",
            Self::ChannelMissing => "a person is reached although any one channel is down",
            Self::Deadline => "no circle without a deadline",
            Self::LeadsOn => "every node leads on, whatever its rules yield",
            Self::Trust => "no text from outside moves it",
        }
    }
}

/// One step of a way that breaks a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the graph decided.
    pub after: Duration,
    /// What happens.
    pub text: String,
}

/// Whether a property holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What is proved.
    pub property: Property,
    /// What it is about: a graph, or a graph and a node as `graph/node`; of trust, a fact.
    pub about: String,
    /// Whether it holds in every case.
    pub holds: bool,
    /// Where it does not hold: the way that breaks it.
    pub path: Vec<Step>,
    /// Of the properties about reaching a person: after what time somebody is reached in the worst case, or
    /// when the promise broke.
    pub clock: Option<Duration>,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.holds { "holds" } else { "BROKEN" };
        write!(f, "{word:<6}  {}: {}", self.about, self.property.sentence())?;
        if let (true, Some(clock)) = (self.holds, self.clock) {
            write!(f, " (after {clock} at worst)")?;
        }
        for Step { after, text } in &self.path {
            let after = format!("+{after}");
            write!(f, "\n        {after:>8}  {text}")?;
        }
        Ok(())
    }
}

/// Proofs as people read them: those that do not hold first, then a line for each that does.
pub fn render(proofs: &[Proof]) -> String {
    let mut text = String::new();
    let (holding, broken): (Vec<&Proof>, _) = proofs.iter().partition(|proof| proof.holds);
    for proof in broken.iter().chain(&holding) {
        let _ = writeln!(text, "{proof}");
    }
    let _ = writeln!(text, "{} of {} properties hold", holding.len(), proofs.len());
    text
}

/// Proves what can be proved about a policy's graphs and people, in the order of graphs and nodes.
///
/// A node is *reached* when somebody is asked who is there and whose channels work. It must happen within
/// the node's `reach`, or that of the bundle; without either, before its chain of people has ended. The
/// clock starts when the graph decides and is that of the engine: whoever is known to be away is passed over
/// at once, whoever is silent costs the node's `ack`, and a discovery costs its `within`.
pub fn prove(policy: &Policy) -> Vec<Proof> {
    let mut proofs = Vec::new();
    for graph in policy.graphs() {
        proofs.extend(shape::prove(graph));
        proofs.extend(reach::prove(policy, graph));
    }
    proofs
}

/// A warning for each node with a promise that somebody wrote down and that is not kept.
pub(crate) fn warnings(policy: &Policy) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for graph in policy.graphs() {
        let promise = |human: &Human| human.reach.or(policy.meta().reach);
        if graph.nodes().iter().all(|node| node.human().and_then(promise).is_none()) {
            continue;
        }
        let proofs = reach::prove(policy, graph);
        for node in graph.nodes() {
            let Some(reach) = node.human().and_then(promise) else { continue };
            let about = format!("{}/{}", graph.name(), node.name);
            let broken = |proof: &&Proof| proof.about == about && !proof.holds;
            let Some(broken) = proofs.iter().find(broken) else { continue };
            let missing = match broken.property {
                Property::RoleMissing => "role",
                Property::ChannelMissing => "channel",
                _ => "person",
            };
            let message = format!(
                "`{}` promises to reach somebody within {reach}, and does not when one {missing} is missing",
                node.name
            );
            let problem = Problem::new("policy-reach", message).at(node.place.clone()).warning();
            let help = "shorten `ack`, name a fallback role, or promise less";
            warnings.push(problem.help(help));
        }
    }
    warnings
}
