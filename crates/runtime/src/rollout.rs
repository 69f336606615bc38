//! Rollout: versions of the rules side by side, and how another one comes into force.
//!
//! Flow: `propose` -> (`approve` by somebody else) -> shadow | canary | in force -> `roll_back`
//!
//! - In: composed rules, who says so and why; the events of the system stream.
//! - Out: [`Rollout`], the versions as the log tells them; changes of the rules that decide, each an event.
//! - Never: changes rules without an event in the same transaction; lets one person do what takes two;
//!   lets rules in shadow write anything.
//!
//! The system stream is the only memory: what is in force after a crash is what its events say.

mod canary;
mod change;
mod error;
mod members;
pub mod shadow;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use canary::{Canary, Share};
pub use change::{Approval, Proposal, Stands, check_begin};
pub use error::RolloutError;
pub use state::{Mode, Rollout, Said, State, Step, Version};
