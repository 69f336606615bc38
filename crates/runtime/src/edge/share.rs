//! Which rules a signal's event names: the usual ones, or those of a canary that its account is chosen for.

use super::Edge;
use crate::rollout::Share;
use bellwether_core::{Digest, StreamId};

impl Edge {
    /// From here on other rules decide about a share of the accounts, or about none.
    pub(crate) fn share(&mut self, share: Option<Share>) {
        self.share = share;
    }

    /// The rules that decide about a stream, where others than the usual ones may.
    pub(crate) fn rules_for(&self, stream: StreamId, usual: Digest) -> Digest {
        let share = self.share.filter(|share| share.takes(self.vault.tenant(), stream));
        share.map_or(usual, |share| share.rules)
    }
}
