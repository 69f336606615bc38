//! Features: what is known about an account, a case or a deal, how fresh, and how complete.
//!
//! Flow: signals -> **features** -> intent, policy, planner
//!
//! - In: facts.yaml and features.yaml as [`Document`](bellwether_core::authored::Document)s, then one
//!   [`Signal`](bellwether_core::Signal) after the other.
//! - Out: a [`FeatureSet`]; per document a [`DocState`]; per question a [`Reading`] of facts in slots,
//!   the next instant at which time alone may change an answer, and which signals made a number.
//! - Never: a clock, a float, text of a customer, or a number that depends on the order in which
//!   signals arrived (within the allowed lateness).

mod bits;
mod buckets;
mod compile;
mod complete;
mod contribute;
mod decay;
mod describe;
mod draft;
mod exp2;
mod flip;
mod fold;
pub mod kinds;
mod layout;
mod newest;
mod origin;
mod plan;
mod read;
mod resolve;
mod ring;
mod set;
mod spec;
mod state;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod told;
mod trust;
#[cfg(test)]
mod trust_tests;
mod values;
mod wire;

pub use draft::Choice;
pub use flip::{Flips, Watched};
pub use fold::{Counted, Registers};
pub use kinds::{FieldDef, KindDef, Kinds};
pub use origin::{Origin, Origins};
pub use read::Reading;
pub use set::{Definition, FeatureSet, compile};
pub use state::DocState;
pub use told::Told;
pub use wire::StateError;
