//! People: roles in order, absences, and the chain of those who are asked.
//!
//! - In: `people.yaml`, read once by [`read`].
//! - Out: [`People`], which knows who is there at an instant and whom a node asks, first to last.
//! - Never: an empty chain. The role named by `always` ends every chain, and loading proves that at
//!   no instant all of it are away.

mod read;
mod write;

pub(crate) use read::{read, unknown_person, unknown_role};

use crate::graph::Node;
use bellwether_core::{Code, Personal, Timestamp};
use std::collections::BTreeMap;

/// A span in which somebody cannot be asked: from its start up to, not including, its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it; [`Timestamp::MAX`] until further notice.
    pub to: Timestamp,
}

/// Somebody who can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The key in `people.yaml`.
    pub key: String,
    /// The key's code, as it stands in state and records.
    pub code: Code,
    /// The name to show.
    pub name: Option<Personal<String>>,
    /// Where to write to.
    pub email: Option<Personal<String>>,
    /// Planned absences.
    pub away: Vec<Away>,
    /// From when on they are gone for good.
    pub left: Option<Timestamp>,
}

impl Person {
    /// Whether they can be asked at an instant.
    pub fn is_there(&self, at: Timestamp) -> bool {
        let gone = self.left.is_some_and(|left| left <= at);
        !gone && !self.away.iter().any(|away| away.from <= at && at < away.to)
    }
}

/// A role and who has it, in the order of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Positions of its people in [`People::persons`].
    pub(crate) members: Vec<usize>,
}

/// Everybody who can be asked, and in which role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub(crate) persons: Vec<Person>,
    pub(crate) roles: BTreeMap<String, Role>,
    /// The names of the roles, in the order of `people.yaml`.
    pub(crate) order: Vec<String>,
    pub(crate) always: String,
    pub(crate) by_code: BTreeMap<Code, usize>,
}

impl People {
    /// Everybody, in the order of `people.yaml`.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// The person with a key's code.
    pub fn person(&self, code: Code) -> Option<&Person> {
        self.persons.get(*self.by_code.get(&code)?)
    }

    /// The roles, by name.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// The names of the roles, in the order of `people.yaml`: among approvals that suffice, those of
    /// earlier roles are asked for.
    pub fn roles_as_written(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// The people of a role, in the order of asking; empty when there is no such role.
    pub fn members(&self, role: &str) -> impl Iterator<Item = &Person> {
        let members = self.roles.get(role).map_or(&[][..], |role| &role.members);
        members.iter().filter_map(|at| self.persons.get(*at))
    }

    /// The role that ends every chain.
    pub fn always(&self) -> &str {
        &self.always
    }

    /// Whom a node asks at an instant, first to last, each once: its role in order, its fallback
    /// roles, the role that is always staffed; without those who are away or gone. Empty for nodes
    /// that ask nobody.
    pub fn chain(&self, node: &Node, at: Timestamp) -> Vec<Code> {
        let mut chain = Vec::new();
        self.chain_into(node, at, &mut chain);
        chain
    }

    /// Everybody whom a node may ask, first to last, whoever of them is there. Empty for nodes that ask
    /// nobody.
    pub fn rungs<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Person> + Clone {
        let chain = node.human().map(|human| human.chain.as_slice()).unwrap_or_default();
        chain.iter().filter_map(|index| self.persons.get(*index))
    }

    /// As [`People::chain`], into a buffer that is emptied first.
    pub fn chain_into(&self, node: &Node, at: Timestamp, chain: &mut Vec<Code>) {
        chain.clear();
        let there = self.rungs(node).filter(|person| person.is_there(at));
        chain.extend(there.map(|person| person.code));
    }

    /// The chain of some roles and the always-staffed one, whoever is there.
    pub(crate) fn chain_of<'a>(&'a self, roles: impl Iterator<Item = &'a str>) -> Vec<usize> {
        let mut chain = Vec::new();
        for role in roles.chain([self.always.as_str()]) {
            for member in self.roles.get(role).into_iter().flat_map(|role| &role.members) {
                if !chain.contains(member) {
                    chain.push(*member);
                }
            }
        }
        chain
    }

    /// The position of a person by key.
    pub(crate) fn index(&self, key: &str) -> Option<usize> {
        self.persons.iter().position(|person| person.key == key)
    }

    /// An instant at which nobody of the always-staffed role is there, if there is one.
    ///
    /// Such a time begins when somebody leaves or goes away, so those instants are all to look at.
    pub(crate) fn unstaffed(&self) -> Option<Timestamp> {
        let starts = self
            .members(&self.always)
            .flat_map(|person| person.away.iter().map(|away| away.from).chain(person.left));
        starts.filter(|at| !self.members(&self.always).any(|person| person.is_there(*at))).min()
    }
}
