//! `overrides/*.yaml`: exceptions with a reason, an end, and two people who answer for them.
//!
//! - In: documents; the graphs, roles and actions that they may speak of.
//! - Out: an [`Override`] for each; those of a graph are compiled into it, those of an action stand beside its
//!   boundaries; all end by themselves.
//! - Never: one without an end, or by one person alone; one that lets something pass unless the owner of the
//!   graph signs it.

mod action;
mod read;

pub(crate) use action::{Ruling, rulings};
pub(crate) use read::{check_about, read};

use crate::read::Word;
use bellwether_core::{Duration, Place, Timestamp};

/// The longest that an override may last.
const LONGEST_OVERRIDE: Duration = Duration::from_days(180);

/// What an override is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The decisions of a graph, by its name.
    Graph(String),
    /// An action of the agent, by its name.
    Action(String),
}

/// What an override does while it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overrides {
    /// The node of this name is reached; without the owner's signature only if it is of a higher level.
    Route(String),
    /// It is forbidden.
    Forbid,
    /// These roles must approve first, in order.
    Approvals(Vec<String>),
}

/// An exception from what the rules say, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Its id, unique in the bundle; stands in records.
    pub id: String,
    /// What it is about.
    pub about: About,
    /// What it does.
    pub overrides: Overrides,
    /// The condition as written; empty means always.
    pub when: String,
    /// The first instant at which it holds.
    pub from: Timestamp,
    /// The first instant at which it holds no more.
    pub until: Timestamp,
    /// Why there is one.
    pub reason: String,
    /// Where that was asked for; may be empty.
    pub ticket: String,
    /// Who wrote it.
    pub author: String,
    /// Who approved it; somebody else.
    pub approver: String,
    /// The owner who signs that it may also let something pass.
    pub owner_signs: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// An override as it was read, with the places of its parts.
pub(crate) struct Draft {
    pub(crate) one: Override,
    pub(crate) about: Word,
    pub(crate) when: Option<Word>,
    pub(crate) route: Option<Word>,
    pub(crate) approvals: Vec<Word>,
    pub(crate) owner_signs: Option<Word>,
}

impl Override {
    /// The condition with its time, as one expression.
    pub(crate) fn condition(&self) -> String {
        let when = if self.when.is_empty() { "true" } else { &self.when };
        let (from, until) = (self.from, self.until);
        format!("({when}) && now >= timestamp('{from}') && now < timestamp('{until}')")
    }

    /// Whether it holds at an instant, as far as its time goes.
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}
