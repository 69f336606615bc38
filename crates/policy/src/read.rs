//! Words of authored files with their places: what the readers of this crate share.
//!
//! - In: nodes of a document.
//! - Out: [`Word`]s; what has the wrong shape becomes a problem.
//! - Never: decides what a word means.

use bellwether_core::authored::{Document, Fields, Key, Kind, Node};
use bellwether_core::{Place, Problem, Timestamp, civil};
use bellwether_expr::scalar_place;

/// A single value and where its text starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// As written, without quotes.
    pub(crate) text: String,
    /// Where the text starts: behind the quote, if there is one.
    pub(crate) place: Place,
}

impl Word {
    /// The place of a part of the text that starts `offset` bytes in; of a text of several lines,
    /// where it starts.
    pub(crate) fn place_at(&self, offset: usize) -> Place {
        if self.text.contains('\n') {
            return self.place.clone();
        }
        let before = self.text.get(..offset).map_or(0, |part| part.chars().count());
        let column = self.place.column.saturating_add(u32::try_from(before).unwrap_or(0));
        Place { column, ..self.place.clone() }
    }
}

/// Refuses a handle that may name somebody: handles go into records, which nobody can erase. What it
/// says is not repeated.
pub(crate) fn check_handle(what: &str, text: &str, place: &Place, problems: &mut Vec<Problem>) {
    if text.contains(|c: char| c == '@' || c.is_whitespace()) {
        let message = format!("{what} goes into records, and looks like a name or an address here");
        let problem = Problem::new("policy-personal-handle", message).at(place.clone());
        problems.push(problem.help(
            "write a handle without spaces and `@`, such as `desk-1`; names and addresses stand in people.yaml",
        ));
    }
}

/// A node that should be a single value.
pub(crate) fn scalar(
    document: &Document,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Word> {
    let place = scalar_place(document, node);
    match &node.kind {
        Kind::Scalar { text, .. } => Some(Word { text: text.clone(), place }),
        other => {
            let message = format!("expected a single value, found {}", other.name());
            problems.push(Problem::new("yaml-shape", message).at(place));
            None
        }
    }
}

/// A node that should be a list of single values; one alone counts as a list of one.
pub(crate) fn scalars(document: &Document, node: &Node, problems: &mut Vec<Problem>) -> Vec<Word> {
    match &node.kind {
        Kind::List(items) => {
            items.iter().filter_map(|item| scalar(document, item, problems)).collect()
        }
        Kind::Null => Vec::new(),
        _ => scalar(document, node, problems).into_iter().collect(),
    }
}

/// The single value of a key, if it is there.
pub(crate) fn word<'a>(fields: &mut Fields<'a>, name: &'a str) -> Option<Word> {
    let document = fields.document();
    let node = fields.node(name)?;
    scalar(document, node, fields.problems())
}

/// The single value of a key that must be there.
pub(crate) fn required_word<'a>(fields: &mut Fields<'a>, name: &'a str) -> Option<Word> {
    let document = fields.document();
    let node = fields.required(name)?;
    scalar(document, node, fields.problems())
}

/// The single values of a key.
pub(crate) fn words<'a>(fields: &mut Fields<'a>, name: &'a str) -> Vec<Word> {
    let document = fields.document();
    fields.node(name).map_or_else(Vec::new, |node| scalars(document, node, fields.problems()))
}

/// A word of a closed list that must be there.
pub(crate) fn required_choice<'a, T>(
    fields: &mut Fields<'a>,
    name: &'a str,
    known: &[&str],
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let word = required_word(fields, name)?;
    let value = read(&word.text);
    if value.is_none() {
        let message = format!("`{name}: {}` is none of: {}", word.text, known.join(", "));
        let problem = Problem::new("yaml-value", message).at(word.place);
        fields.problems().push(problem.nearest(&word.text, known.iter().copied()));
    }
    value
}

/// The entries of a mapping that must be there, in the order written.
pub(crate) fn required_entries<'a>(fields: &mut Fields<'a>, name: &'a str) -> &'a [(Key, Node)] {
    fields.required(name);
    fields.entries(name)
}

/// The items of a list that must be there; one alone counts as a list of one.
pub(crate) fn required_list<'a>(fields: &mut Fields<'a>, name: &'a str) -> &'a [Node] {
    fields.required(name).map(Node::items).unwrap_or_default()
}

/// What people may write for an instant.
pub(crate) const AN_INSTANT: &str =
    "a date such as 2026-08-01 or a time such as 2026-08-01T09:00:00Z";

/// A date or time in UTC; a bare date is its midnight.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let utc = civil::zone("UTC").ok()?;
    civil::read(text, "iso", &utc).ok()
}
