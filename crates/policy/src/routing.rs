//! `routing/*.yaml`: a graph as written, its checks, and the graph that may decide.
//!
//! - In: a document, the people and the fact catalogue.
//! - Out: a [`Graph`](crate::Graph), or everything that is wrong with it.
//! - Never: a graph that loops, ends in doubt, or asks a role that nobody has.

mod build;
mod check;
mod cycles;
mod draft;
mod wait;

pub(crate) use build::{build, is_visible, wrong_scope};
pub(crate) use check::check_checkpoints;
pub(crate) use cycles::cycles;
pub(crate) use draft::{Names, read};
