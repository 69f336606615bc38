//! Engine: one step from a state and an event to a state, a record and effects.
//!
//! Flow: event -> [`step()`] -> state', record bytes, effects, timers
//!
//! - In: a [`StreamState`], an [`bellwether_core::Envelope`] and the [`RuleBook`] it names its rules in.
//! - Out: a [`Step`]: the record's bytes and digest, effects with keys, timers, evidence.
//! - Never: reads a clock, a file, randomness or a model. Replay, recovery, simulation and the live
//!   path call the same function.

mod boundaries;
pub mod explain;
pub mod memory;
pub mod permit;
pub mod replay;
pub mod rules;
pub mod state;
pub mod step;
pub mod trial;
mod trust;

pub use replay::{Replay, ReplayError};
pub use rules::{RuleBook, Rules};
pub use state::StreamState;
pub use step::{Decided, Scratch, Step, StepError, may_be_forgotten, needs_journal, step};
