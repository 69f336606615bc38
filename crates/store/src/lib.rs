//! Store: one data directory that keeps what was committed, and what can be built again from it.
//!
//! Flow: runtime seals and steps -> **store** -> recovery, console, exports
//!
//! - In: bytes, ids and instants, as rows of one [`Batch`] that is committed whole or not at all.
//! - Out: the same bytes in journal order, by stream, by due instant or by digest.
//! - Never: interprets an event, a record, a state or a sealed payload; reads a clock; draws
//!   randomness; opens the network.
//!
//! The commit path only appends. Snapshots, timers, stream positions and read models are built
//! *behind* it, each up to a position that it remembers, and every reading answers completely by
//! scanning the journal from there. Sealed bytes are useless without the keys, which live in a file
//! of their own ([`Keys`]), so that destroying a key erases its subject from every copy of the data.
//!
//! The `seq`, `pos` and `slot` numbers start at 1; a position is never reused and leaves no gap.

mod access;
mod accounts;
mod backup;
mod batch;
mod behind;
mod commit;
mod doctor;
mod error;
mod gates;
mod guard;
mod identity;
mod import;
mod inbox;
mod intake;
mod journal;
mod keys;
mod log;
mod migrate;
mod model;
mod open;
mod outbox;
mod privacy;
mod purge;
mod retention;
mod rows;
mod schema;
mod shelf;
mod staff;
mod trim;
mod unlisted;
mod witness;

pub use access::Access;
pub use accounts::{
    Accounts, Change, EmergencyRow, LinkRow, SessionRow, TokenRow, Trail, TrailRow, UserRow,
};
pub use backup::{BACKUP_FILES, BESIDE_FILES, back_up_beside};
pub use batch::{Batch, Committed, Entry, NewEffect, Payload};
pub use behind::{Behind, Snapshot, TimerRow};
pub use doctor::{Depth, Footprint, TableSize};
pub use error::StoreError;
pub use gates::GateResult;
pub use guard::Guard;
pub use identity::{Account, Identity, Link};
pub use import::{Import, ImportProgress, NewImport};
pub use inbox::{Delivery, Inbox};
pub use intake::{Quarantined, Tallied, Tally};
pub use journal::{Row, StoredEntry};
pub use keys::{Key, Keys, RingRow};
pub use log::{Checkpoint, Epoch, LogKey, NewEpoch, NewLogKey};
pub use migrate::upgrade;
pub use model::ModelRow;
pub use open::{Meta, Options, Store, View};
pub use outbox::{Asked, OutboxChange, OutboxRow, OutboxStatus};
pub use privacy::{Erasure, Forgotten, Intent, NamedRow, Sealed};
pub use purge::{Overrides, Purgeable, Purged};
pub use retention::{Keep, Pii, RETENTION, Retention};
pub use shelf::Gate;
pub use staff::Staff;
pub use trim::Base;
pub use witness::{Cosigned, Fork, Refused, WitnessState};

#[cfg(test)]
mod tests;
