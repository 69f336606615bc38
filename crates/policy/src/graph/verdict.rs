//! What a graph decides, and which of its guards held.
//!
//! - In: the guards of a graph, evaluated.
//! - Out: [`Masks`] and a [`Verdict`]; the overrides that may change it.
//! - Never: a name; positions only.

use std::collections::BTreeMap;

/// An override of a graph: an exception that holds for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overruling {
    /// Its id.
    pub id: String,
    /// Why there is one.
    pub reason: String,
    /// The position of its guard, which also knows its time; it stands behind those of rules and waits.
    pub guard: usize,
    /// What it does.
    pub what: Overrules,
}

/// What an override does to a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overrules {
    /// The node at this position is reached.
    Route {
        /// The position.
        node: usize,
        /// The owner signs it: it may also lead to a lower level. Without, it is only taken to a higher one.
        signed: bool,
    },
    /// Approvals come first: for each node that asks people, the position of the first of them.
    Approvals(BTreeMap<usize, usize>),
}

/// What a walk comes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// The rule at this position decides.
    Rule(usize),
    /// The wait at this position has what it waits for.
    Wait(usize),
}

/// What a graph decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The position of the rule that decided, or that could not be evaluated.
    pub rule: Option<usize>,
    /// The position of the node that was reached; never a decide node.
    pub node: usize,
    /// Whether the rule could not be evaluated, so that the `unknown` edge was taken.
    pub doubt: bool,
    /// The position of the override that led elsewhere than the rules.
    pub routed: Option<usize>,
    /// The position of the override that adds approvals.
    pub added: Option<usize>,
}

impl Verdict {
    /// The position of the override that changed the decision, if one did.
    pub fn overridden(&self) -> Option<usize> {
        self.routed.or(self.added)
    }
}

/// Which rules held and which could not be evaluated: one bit a rule, lowest first. Kept between
/// decisions, so that none allocates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    hit: Vec<u64>,
    unknown: Vec<u64>,
}

impl Masks {
    /// Bits of the rules that hold.
    pub fn hit(&self) -> &[u64] {
        &self.hit
    }

    /// Whether a guard holds.
    pub(crate) fn holds(&self, guard: usize) -> bool {
        self.hit.get(guard / 64).is_some_and(|word| word >> (guard % 64) & 1 == 1)
    }

    /// Whether a guard cannot be evaluated.
    pub(crate) fn doubts(&self, guard: usize) -> bool {
        self.unknown.get(guard / 64).is_some_and(|word| word >> (guard % 64) & 1 == 1)
    }

    /// Both masks, to be written.
    pub(crate) fn room(&mut self, words: usize) -> (&mut [u64], &mut [u64]) {
        self.hit.resize(words, 0);
        self.unknown.resize(words, 0);
        (&mut self.hit, &mut self.unknown)
    }

    /// Bits of the rules that cannot be evaluated.
    pub fn unknown(&self) -> &[u64] {
        &self.unknown
    }
}
