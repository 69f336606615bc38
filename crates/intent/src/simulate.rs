//! Rehearsals: worlds whose truth is known, in which promises and watches are put to the test.
//!
//! - In: how many runs, and a seed.
//! - Out: how often a promise was broken, how soon a drift was seen, how often quiet was disturbed.
//! - Never: says anything of real cases; it shows that the arithmetic keeps its word.

mod drift;
mod promise;

pub use drift::{Delay, Rehearsal};
pub use promise::{Kept, promise};
