//! Two versions of a graph over the same facts: what one decides beside what the other does.
//!
//! - In: two graphs whose facts stand in the same slots; [`Slots`].
//! - Out: each one's [`Verdict`] and [`Masks`].
//! - Never: another verdict than [`Graph::decide`] of each would give.

use crate::graph::{Graph, Masks, Verdict};
use bellwether_expr::{GuardPair, Slots};

/// Two graphs that are decided together.
pub struct Both<'a> {
    old: &'a Graph,
    new: &'a Graph,
    guards: GuardPair,
}

impl<'a> Both<'a> {
    /// Prepares two graphs of one catalogue.
    pub fn new(old: &'a Graph, new: &'a Graph) -> Self {
        Self { old, new, guards: GuardPair::new(&old.guards, &new.guards) }
    }

    /// Decides by both. The conditions that they share are evaluated once.
    pub fn decide(
        &mut self,
        slots: &Slots,
        old: &mut Masks,
        new: &mut Masks,
    ) -> (Verdict, Verdict) {
        self.guards.look(slots);
        let (hit, unknown) = old.room(self.old.guards.words());
        self.guards.one(hit, unknown);
        let (hit, unknown) = new.room(self.new.guards.words());
        self.guards.other(hit, unknown);
        (self.old.verdict(old), self.new.verdict(new))
    }
}
