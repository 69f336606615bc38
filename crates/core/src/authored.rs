//! Authored files: YAML 1.2 as a tree in which everything knows its place.
//!
//! - In: the text of a file that a person wrote (bundle, mapping, facts).
//! - Out: a [`Document`] of [`Node`]s, or every problem found; [`Fields`] reads a mapping key by key
//!   and reports what is missing, of the wrong shape, or misspelt.
//! - Never: guesses. Duplicate keys, anchors, tags and deep nesting are refused.

mod fields;
mod tree;

pub use fields::Fields;
pub use tree::{Document, Key, Kind, MAX_DEPTH, Node};
