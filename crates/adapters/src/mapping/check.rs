//! What is checked about a mapping once its parts are read.

use super::convert::convert;
use super::field::{Field, Source};
use super::{Entry, FieldSchema, STAMPED};
use bellwether_core::authored::{Fields, Key, Node};
use bellwether_core::{Problem, signal::MAX_WORD};

/// Adds a problem at a node.
pub(super) fn refuse(
    code: &'static str,
    fields: &mut Fields<'_>,
    node: &Node,
    message: impl Into<String>,
    help: &str,
) {
    let place = fields.place_of(node);
    fields.problems().push(Problem::new(code, message).at(place).help(help));
}

/// A constant that its own type cannot read would refuse every row.
pub(super) fn constant(fields: &mut Fields<'_>, field: &Field) {
    if let Source::Const(text) = &field.from
        && let Err(problem) = convert(field, text, None, &[])
    {
        let message =
            format!("the constant of `{}` cannot be read: {}", field.name, problem.message);
        let place = field.place().clone();
        let problem = Problem::new("mapping-constant", message).at(place);
        fields.problems().push(problem.help("write it as a cell would have it"));
    }
}

/// What the edge stamps beside an `owner` cannot be a field of the row.
pub(super) fn stamped(fields: &mut Fields<'_>, typed: &[Field]) {
    for field in typed {
        if STAMPED.iter().any(|(name, _)| *name == field.name) {
            let message = format!("`{}` is made from `owner:` already", field.name);
            let problem = Problem::new("mapping-field", message).at(field.place().clone());
            fields.problems().push(problem.help("leave one of them out"));
        }
    }
}

/// The same field of the same kind must have one type everywhere.
pub(super) fn types(fields: &mut Fields<'_>, entries: &[Entry]) {
    let schema = entries.iter().flat_map(|e| e.fields.iter().map(|field| field.schema(&e.kind)));
    let schema: Vec<_> = schema.collect();
    for (at, field) in schema.iter().enumerate() {
        let same = |other: &&FieldSchema| {
            other.kind == field.kind && other.field == field.field && other.value != field.value
        };
        if let Some(other) = schema.iter().take(at).find(same) {
            let (kind, name, line) = (&field.kind, &field.field, other.place.line);
            let message = format!("`{kind}` has `{name}` as {} here", field.value);
            let help = format!("in line {line} it is {}: use two names", other.value);
            let problem = Problem::new("mapping-type-conflict", message).at(field.place.clone());
            fields.problems().push(problem.help(help));
        }
    }
}

/// Whether a text can be the name of a field.
pub(crate) fn is_name(text: &str) -> bool {
    let fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(fine)
}

/// Whether a text can be the kind of a signal: names joined by dots.
pub(crate) fn is_kind(text: &str) -> bool {
    text.len() <= MAX_WORD && text.contains('.') && text.split('.').all(is_name)
}

pub(super) fn name(fields: &mut Fields<'_>, key: &Key) {
    if !is_name(&key.text) {
        let place = fields.document().place_of_key(key);
        let problem = Problem::new("mapping-name", format!("`{}` is no name", key.text)).at(place);
        fields.problems().push(problem.help("names are lower case, digits and `_`"));
    }
}

pub(super) fn kind(fields: &mut Fields<'_>, node: &Node, kind: &str) {
    if !is_kind(kind) {
        let message = format!("`{kind}` is no kind");
        refuse("mapping-name", fields, node, message, "kinds look like `ticket.updated`");
    }
}
