//! A batch: rows of all tables that are committed together or not at all.

use crate::{
    Account, Asked, Gate, Identity, ImportProgress, Link, NewLogKey, OutboxChange, Quarantined,
    Staff, Tally,
};
use bellwether_core::{Digest, StreamId, Timestamp};

/// What one commit writes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Batch {
    /// The edge's clock when it was put together; retention counts from here.
    pub at: Timestamp,
    /// Events with their records, in journal order.
    pub entries: Vec<Entry>,
    /// Accounts that became known.
    pub accounts: Vec<Account>,
    /// Identities that became known.
    pub identities: Vec<Identity>,
    /// Accounts that were linked, or unlinked.
    pub links: Vec<Link>,
    /// Slots whose identities, names and quarantined rows are removed: their subject is erased.
    pub forget: Vec<u64>,
    /// Effects whose status the records above speak of.
    pub outbox: Vec<OutboxChange>,
    /// Asks that are on their way to a person, each counted on its day.
    pub asked: Vec<Asked>,
    /// Whom rules ask.
    pub staff: Vec<Staff>,
    /// What was refused.
    pub quarantine: Vec<Quarantined>,
    /// What is counted by name.
    pub tallies: Vec<Tally>,
    /// How far imports came with the entries above.
    pub imports: Vec<ImportProgress>,
    /// Gates that were opened or closed.
    pub gates: Vec<Gate>,
    /// Up to where the inbox is in the entries above, or refused: it is not taken again.
    pub inbox: Option<u64>,
    /// A key of the log that begins to sign, with the entry that says so.
    pub log_key: Option<NewLogKey>,
}

/// One event with its record, and what belongs to its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The stream.
    pub stream: StreamId,
    /// Position within the stream, from 1.
    pub seq: u64,
    /// The event's bytes.
    pub event: Vec<u8>,
    /// The record's bytes: the leaf of the log.
    pub record: Vec<u8>,
    /// Sealed payloads; at most 256.
    pub payloads: Vec<Payload>,
    /// What the mapping does not list, sealed; kept for a short time.
    pub unlisted: Option<Payload>,
    /// The evidence row, when something changed.
    pub evidence: Option<Vec<u8>>,
    /// Effects in the order of the record; at most 256.
    pub effects: Vec<NewEffect>,
    /// W3C `traceparent` of whatever caused it, so that its effects belong to the same trace.
    pub trace: Option<String>,
}

/// Personal data, sealed under the key of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The key slot of the subject.
    pub subject: u64,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

/// An effect that waits to be performed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEffect {
    /// Its stable key.
    pub key: Digest,
    /// What to do.
    pub body: Vec<u8>,
    /// Not before.
    pub due: Timestamp,
}

/// Where a batch landed. Without entries `last_pos` is `first_pos - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Position of the first entry.
    pub first_pos: u64,
    /// Position of the last entry.
    pub last_pos: u64,
}

impl Batch {
    /// An empty batch.
    pub fn new(at: Timestamp) -> Self {
        Self { at, ..Self::default() }
    }

    /// About how many bytes it writes.
    pub fn bytes(&self) -> usize {
        let refused: usize = self.quarantine.iter().map(|row| row.sealed.len()).sum();
        self.entries.iter().map(Entry::bytes).sum::<usize>() + refused
    }

    /// The highest key slot that it names.
    pub(crate) fn highest_slot(&self) -> u64 {
        let payloads = self.entries.iter().flat_map(|entry| &entry.payloads).map(|p| p.subject);
        let accounts = self.accounts.iter().map(|account| account.slot);
        let identities = self.identities.iter().map(|identity| identity.slot);
        let refused = self.quarantine.iter().map(|row| row.subject);
        let unlisted = self.entries.iter().filter_map(|entry| entry.unlisted.as_ref());
        let staff = self.staff.iter().map(|staff| staff.slot).chain(unlisted.map(|u| u.subject));
        payloads.chain(accounts).chain(identities).chain(refused).chain(staff).max().unwrap_or(0)
    }
}

impl Entry {
    /// An entry with nothing beside its event and record.
    pub fn new(stream: StreamId, seq: u64, event: Vec<u8>, record: Vec<u8>) -> Self {
        let (payloads, effects) = (Vec::new(), Vec::new());
        let (unlisted, evidence, trace) = (None, None, None);
        Self { stream, seq, event, record, payloads, unlisted, evidence, effects, trace }
    }

    fn bytes(&self) -> usize {
        let sealed: usize =
            self.payloads.iter().chain(&self.unlisted).map(|p| p.sealed.len()).sum();
        let bodies: usize = self.effects.iter().map(|e| e.body.len()).sum();
        let evidence = self.evidence.as_ref().map_or(0, Vec::len);
        self.event.len() + self.record.len() + sealed + bodies + evidence
    }
}
