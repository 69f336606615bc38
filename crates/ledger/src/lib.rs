//! Ledger: the canonical bytes of events and records, and the chain over them.
//!
//! - In: an [`event::EventDraft`] from the edge, or a [`bellwether_core::Record`] from the engine.
//! - Out: RFC 8785 JSON, written directly in order; the same bytes are stored, hashed and verified.
//! - Never: parses what it wrote in order to hash it again; lets personal text into a record.
//!
//! The chain: a record holds the digest of the record before it in its stream, so the digest of the
//! newest record (the stream's head) stands for all of them.
//!
//! The log: the committed bytes of all streams stand in one Merkle tree ([`tree`]).

pub mod event;
pub mod json;
pub mod note;
pub mod record;
pub mod tree;
pub mod verify;
pub mod witness;

mod decode;

pub use decode::{DecodeError, decode_event};
pub use event::{DraftBody, EventDraft, SignalDraft, encode_event, mark_failed};
pub use record::{whole_record, write_effect, write_record};
