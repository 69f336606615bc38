//! Asking the boundaries when an escalation is about to enter a node that needs their leave.
//!
//! - In: the node, what is known of the subject in this step, the approvals that were given.
//! - Out: the node's people are asked, or whoever must approve first, or a person who hears that it is denied.
//! - Never: asked for an event that enters no such node; an approval that counts for another node; silence
//!   where it cannot be told.
//!
//! Nodes, deadlines and roles that may be asked are those of the rules that the escalation keeps. What is
//! allowed is asked of the boundaries in force, each time anew: an approval is leave to ask again.

use super::Moving;
use super::escalate::{Whom, pass_on};
use super::evaluate::origins_of;
use super::version::Version;
use crate::permit::{Wish, permit};
use crate::trial::Judgement;
use bellwether_core::effect::AskCause;
use bellwether_core::record::Permitted;
use bellwether_core::{Code, DocKey, Ppm, Trust};
use bellwether_policy::{Action, Judged, Node, NodePermit};

/// Enters a human node whose own approvals are given: its people are asked if the boundaries of its action
/// allow it; or else the next of those who may lift their no, as far as the node lists them; or else whoever
/// the node names for that.
pub(super) fn arrive<'v>(
    moving: &mut Moving<'_>,
    version: Version<'v>,
    key: DocKey,
    node: &'v Node,
    cause: AskCause,
) {
    let needed = node.human().and_then(|human| human.permit.as_ref());
    let Some(needed) = needed else {
        pass_on(moving, version, key, node.code, Whom::First, cause);
        return;
    };
    let said = moving.judged(version, key, needed);
    let wanted = || version.graph.nodes().get(wanted(version, needed, &said)?);
    let (to, cause) = match said.decision {
        Judged::Allow => (Some(node), cause),
        Judged::Approval if let Some(ask) = wanted() => {
            let first = cause != AskCause::Approved;
            (Some(ask), if first { AskCause::Approve } else { cause })
        }
        Judged::Approval | Judged::Deny | Judged::Doubt => {
            moving.denied(version, key, node.level());
            (version.graph.nodes().get(needed.denied), AskCause::Denied)
        }
    };
    let before = moving.scratch.moves.len();
    if let Some(to) = to {
        pass_on(moving, version, key, to.code, Whom::First, cause);
    }
    if let Some(moved) = moving.scratch.moves.get_mut(before..).and_then(<[_]>::last_mut) {
        moved.permit = Some(told(needed, said));
    }
}

/// The position of the approval to ask for: the first of the cheapest set that the node lists.
fn wanted(version: Version<'_>, needed: &NodePermit, said: &Judgement) -> Option<usize> {
    let asks = |role: &String| {
        let nodes = version.graph.nodes();
        let of = |at: &usize| nodes.get(*at).and_then(Node::human).map(|human| &human.role);
        needed.asks.iter().copied().find(|at| of(at) == Some(role))
    };
    let listed = |set: &&Vec<String>| set.iter().all(|role| asks(role).is_some());
    asks(said.approvals.iter().find(listed)?.first()?)
}

fn told(needed: &NodePermit, said: Judgement) -> Permitted {
    let doubt = said.decision == Judged::Doubt;
    Permitted {
        action: needed.action.clone(),
        decision: said.decision.as_str(),
        by: said.by,
        missing: if doubt { said.errors } else { Vec::new() },
    }
}

impl Moving<'_> {
    /// What the boundaries in force say to an action, with what is known of the subject now.
    fn judged(&mut self, version: Version<'_>, key: DocKey, needed: &NodePermit) -> Judgement {
        let rules = self.rules;
        let action = rules.policy().actions().iter().find(|one| one.name == needed.action);
        let (Some(action), true) = (action, self.read_facts(key, None)) else {
            return Judgement::doubt(vec![needed.action.clone()]);
        };
        let state = self.state.doc(key).and_then(|doc| doc.graph(version.graph.code()));
        let given = state.map(|state| state.approvals.as_slice()).unwrap_or_default();
        let is_given = |role: &&str| given.iter().any(|one| one.role == Code::of(role));
        let approvals = rules.policy().people().roles_as_written().filter(is_given);
        let approvals: Vec<_> = approvals.map(str::to_owned).collect();
        let rule = state.map_or(Code::default(), |state| state.rule);
        let wish = Wish {
            action,
            parameters: &[],
            approvals: &approvals,
            // Nobody reads texts yet, so nothing is sure.
            confidence: Ppm::default(),
            calibrated: false,
            tainted: self.trust(version, key, (action, rule)) < Trust::Operator,
        };
        permit(rules, &wish, &self.scratch.reading.slots).into()
    }

    /// The lowest trust of the facts by which it was decided on the whole way, as they are known now, and of
    /// those by which the action is judged.
    fn trust(&self, version: Version<'_>, key: DocKey, (action, rule): (&Action, Code)) -> Trust {
        let (rules, reading) = (self.rules, &self.scratch.reading);
        let graph = version.graph;
        let Some(origins) = origins_of(self.state, rules, key, reading) else {
            return Trust::CustomerText;
        };
        // The rule may be one of the rules that the escalation keeps, whose facts have places of their own.
        let Some(kept) = self.book.get(&version.rules) else { return Trust::CustomerText };
        let decided = graph.rules().iter().position(|one| Code::of(&one.id) == rule);
        let Some(decided) = decided else { return Trust::CustomerText };
        // Which override led here, if one did, may be over by now.
        let overrides = graph.overrides().iter().map(|one| one.guard);
        let guards = graph.guards_towards(decided).into_iter().chain(overrides);
        let slots = guards.filter_map(|guard| graph.guard(guard)).flat_map(|guard| guard.slots());
        let of_rule = slots.map(|slot| {
            let name = kept.catalogue().fact(*slot).map(|fact| fact.name.as_str());
            let slot = name.and_then(|name| rules.catalogue().slot(name));
            slot.map_or(Trust::CustomerText, |slot| origins.of(slot).trust())
        });
        let of_action = action.context.iter().map(|fact| origins.of(fact.slot).trust());
        of_rule.chain(of_action).fold(Trust::System, Trust::join)
    }

    /// What was approved counts for nothing more, and only a higher level raises it from there.
    fn denied(&mut self, version: Version<'_>, key: DocKey, level: u8) {
        if let Some(doc) = self.doc_mut(key) {
            let state = doc.graph_mut(version.graph.code());
            state.approvals.clear();
            state.refused = level;
        }
    }
}
