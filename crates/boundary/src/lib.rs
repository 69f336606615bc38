//! Boundary: what the agent may do, and who must approve what it may not do alone.
//!
//! - In: the actions and roles of a bundle, the text of its Cedar files, and a [`Request`].
//! - Out: [`Boundaries`], or every [`Problem`](bellwether_core::Problem) of every file; an [`Answer`].
//! - Never: reads a clock, a file or the network; allows because of an error. Cedar skips a `forbid`
//!   that fails, so any failure denies here, and what can fail (arithmetic) is refused at load.
//!
//! One policy set per action is made at load: Cedar has no index of its own, and evaluates them all. So those
//! that are plainly false (`sift`) are left out first.

mod ask;
mod compile;
mod decl;
mod diff;
mod lint;
mod pieces;
mod read;
mod schema;
mod sift;

pub use ask::{Answer, Given, Request};
pub use compile::{Boundaries, Compiled, language};
pub use decl::{ActionDecl, Member, Subject};
pub use diff::Difference;
pub use read::{Boundary, Invariant};
