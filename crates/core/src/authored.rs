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

/// Whether a path is that of a file right in a folder, with an ending such as `.yaml`.
pub fn lies_in(path: &str, folder: &str, ending: &str) -> bool {
    path.strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix('/')?.strip_suffix(ending))
        .is_some_and(|name| !name.contains('/'))
}
