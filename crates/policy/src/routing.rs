//! `routing/*.yaml`: a graph as written, its checks, and the graph that may decide.
//!
//! - In: a document, the people and the fact catalogue.
//! - Out: a [`Graph`](crate::Graph), or everything that is wrong with it.
//! - Never: a graph that loops, ends in doubt, or asks a role that nobody has.

mod approvals;
mod build;
mod check;
mod checkpoints;
mod cycles;
mod draft;
mod permit;
mod wait;

pub(crate) use build::build;
pub(crate) use checkpoints::check_checkpoints;
pub(crate) use cycles::cycles;
pub(crate) use draft::{Names, read};
pub(crate) use permit::approval_twice;
