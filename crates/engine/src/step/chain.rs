//! Who of a node's chain may be asked now.
//!
//! - In: a node, who is there, who has approved in this escalation.
//! - Out: a [`Chain`].
//! - Never: somebody whose approval would be refused: whoever approved for another role is as good as away.

use super::Moving;
use super::version::Version;
use bellwether_core::{Code, DocKey, Timestamp};
use bellwether_policy::{Node, Person};

/// A node's people, first to last; positions are those of the whole chain, whoever of them is there.
pub(super) struct Chain<'n> {
    pub(super) rungs: Vec<&'n Person>,
    /// Of a node that asks for an approval: who has approved for another role.
    spent: Vec<Code>,
    now: Timestamp,
}

impl Chain<'_> {
    /// Whether somebody, of the chain or not, can be asked.
    pub(super) fn may_ask(&self, person: &Person) -> bool {
        person.is_there(self.now) && !self.is_spent(person.code)
    }

    /// Whether somebody has approved for another role.
    pub(super) fn is_spent(&self, person: Code) -> bool {
        self.spent.contains(&person)
    }
}

impl<'a> Moving<'a> {
    /// The chain of a node, for an escalation.
    pub(super) fn chain<'n>(&self, version: Version<'_>, key: DocKey, node: &'n Node) -> Chain<'n>
    where
        'a: 'n,
    {
        let state = self.state.doc(key).and_then(|doc| doc.graph(version.graph.code()));
        let role = node.approval().map(|human| Code::of(&human.role));
        let given = state.zip(role).into_iter().flat_map(|(state, role)| {
            state.approvals.iter().filter(move |given| given.role != role)
        });
        let spent = given.map(|given| given.person).collect();
        Chain { rungs: self.rungs(version, node), spent, now: self.state.time }
    }
}
