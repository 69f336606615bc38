//! Which rules decide: those in force, or for a share of the accounts others.
//!
//! - In: a stream; rules that are to hold from here on.
//! - Out: the digest that its next event names.
//! - Never: keeps other rules than the log says: what a batch changed goes when the batch does.

use super::Embedded;
use crate::edge::Stamp;
use crate::error::DriveError;
use crate::rollout::Canary;
use bellwether_core::{Body, Digest, Origin, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_ledger::decode_event;
use std::sync::Arc;

impl Embedded {
    /// The rules that decide for a share of the accounts, if some do.
    pub fn canary_rules(&self) -> Option<&Arc<Rules>> {
        self.canary.as_ref().map(|canary| &canary.rules)
    }

    /// The same with the share.
    pub(crate) fn canary(&self) -> Option<&Canary> {
        self.canary.as_ref()
    }

    /// Every set of rules that reads signals now: those in force, for a share of the accounts, and in shadow.
    /// An escalation under way keeps the nodes of the rules that opened it; what is known it reads by these.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn readers(&self) -> Result<Vec<Arc<Rules>>, DriveError> {
        let rollout = self.rollout()?;
        let shadows = rollout.in_shadow().filter_map(|version| self.book.get(&version.rules));
        Ok([&self.active].into_iter().chain(self.canary_rules()).chain(shadows).cloned().collect())
    }

    /// The rules that decide about a stream's new events.
    pub(super) fn ruling(&self, stream: StreamId) -> &Arc<Rules> {
        self.book.get(&self.rules_of(stream)).unwrap_or(&self.active)
    }

    /// The digest of the rules that decide about a stream's new events.
    pub fn rules_of(&self, stream: StreamId) -> Digest {
        self.edge.rules_for(stream, self.active.digest())
    }

    /// Lets other rules hold; what held before comes back should the batch fail.
    pub(crate) fn let_decide(&mut self, active: Arc<Rules>, canary: Option<Canary>) {
        self.edge.share(canary.as_ref().map(|canary| canary.share));
        let before = std::mem::replace(&mut self.active, active);
        let before = (before, std::mem::replace(&mut self.canary, canary));
        self.pending.rules.get_or_insert(before);
    }

    /// What waits for the next commit in the house's own stream.
    pub(crate) fn pending_house(&self) -> Result<Vec<(Timestamp, Body)>, DriveError> {
        let waits = self.pending.batch.entries.iter();
        let waits = waits.filter(|entry| entry.stream == StreamId::SYSTEM);
        waits
            .map(|entry| decode_event(&entry.event).map(|event| (event.at, event.body)))
            .collect::<Result<_, _>>()
            .map_err(DriveError::from)
    }

    /// What is stamped on an event of a stream.
    pub(super) fn stamp_of(&self, stream: StreamId, at: Timestamp, origin: Origin) -> Stamp {
        Stamp { rules: self.rules_of(stream), ..self.stamp(at, origin) }
    }
}
