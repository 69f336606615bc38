//! Runtime: where things happen. The edge, the driver, the clock.
//!
//! Flow: adapter -> [`edge`] -> [`embedded`] -> store; [`rehearsal`] does the same without a store
//!
//! - In: signals as adapters understood them; instants from whoever may ask the clock.
//! - Out: committed events and records, timers, effects that wait in the outbox.
//! - Never: decides anything. It gives events to the engine and keeps what comes back.

pub mod base;
mod cover;
pub mod delivery;
pub mod edge;
pub mod embedded;
mod error;
pub mod identity;
pub mod import;
pub mod keys;
pub mod lineage;
pub mod live;
pub mod log;
pub mod names;
mod owners;
pub mod privacy;
pub mod rehearsal;
pub mod rollout;
pub mod seal;
pub mod shelf;
pub mod sources;
pub mod staff;
pub mod trace;
pub mod transport;
mod wiring;
pub mod witness;

pub use wiring::reading_edge;

pub use error::DriveError;
pub use wiring::StoredKeys;
