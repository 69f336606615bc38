//! Tidy: the rules of this repository that a tool can keep.
//!
//! - In: the text of every file of the repository, as a [`Repo`].
//! - Out: a list of [`Finding`]s; each names a place, what is wrong and how to mend it.
//! - Never: builds the program, reaches the network, or changes a file (but `TIDY_UPDATE=1` rewrites
//!   the ratchet list).
//!
//! Every check is a function from a [`Repo`] to findings, so its own tests hand it a small invented
//! repository and show that it can fail. `tests/repository.rs` runs all checks on the real one.

pub mod codes;
pub mod docs;
pub mod functions;
pub mod headers;
pub mod imports;
pub mod lexer;
pub mod manifest;
pub mod purity;
pub mod ratchet;
pub mod repo;
pub mod words;

pub use repo::Repo;

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// A path from the root of the repository, with `:line` where one is known.
    pub place: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Finding {
    /// A finding at a place.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}
