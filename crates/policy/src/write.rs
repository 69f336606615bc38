//! A tree as YAML again, one entry of a section a line.

use bellwether_core::authored::{Kind, Node};
use std::fmt::Write as _;

/// The text of a file whose root is a mapping of sections.
pub(crate) fn yaml(root: &Node) -> String {
    let mut text = String::new();
    for (key, node) in root.entries() {
        quoted(&key.text, &mut text);
        text.push(':');
        match &node.kind {
            Kind::Map(entries) if !entries.is_empty() => {
                text.push('\n');
                for (key, node) in entries {
                    text.push_str("  ");
                    quoted(&key.text, &mut text);
                    text.push_str(": ");
                    flow(node, &mut text);
                    text.push('\n');
                }
            }
            _ => {
                text.push(' ');
                flow(node, &mut text);
                text.push('\n');
            }
        }
    }
    text
}

fn flow(node: &Node, text: &mut String) {
    match &node.kind {
        Kind::Null => text.push_str("null"),
        Kind::Scalar { text: word, quoted: false } => text.push_str(&scalar(word)),
        Kind::Scalar { text: word, .. } => quoted(word, text),
        Kind::List(items) => {
            text.push('[');
            for (nth, item) in items.iter().enumerate() {
                text.push_str(if nth > 0 { ", " } else { "" });
                flow(item, text);
            }
            text.push(']');
        }
        Kind::Map(entries) => {
            text.push('{');
            for (nth, (key, node)) in entries.iter().enumerate() {
                text.push_str(if nth > 0 { ", " } else { "" });
                quoted(&key.text, text);
                text.push_str(": ");
                flow(node, text);
            }
            text.push('}');
        }
    }
}

/// What was written without quotes: plain where it stays the same between brackets, in quotes elsewhere.
pub(crate) fn scalar(word: &str) -> String {
    // A plain `null` would be nothing, and nothing means anything.
    if is_plain(word) && word != "null" {
        return word.to_owned();
    }
    let mut text = String::new();
    quotes(word, &mut text);
    text
}

/// Whether a plain word stays one between brackets.
fn is_plain(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-%/".contains(&byte);
    let starts = word.strip_prefix('-').unwrap_or(word);
    let starts =
        starts.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '/'));
    starts && word.bytes().all(fits)
}

/// What stood in quotes, and names: as a plain word where that is text all the same.
fn quoted(word: &str, text: &mut String) {
    let letter = word.starts_with(|c: char| c.is_ascii_alphabetic());
    match letter && is_plain(word) && !matches!(word, "null" | "true" | "false") {
        true => text.push_str(word),
        false => quotes(word, text),
    }
}

/// A text in double quotes (YAML 1.2.2, 5.7).
fn quotes(word: &str, text: &mut String) {
    text.push('"');
    for letter in word.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            '\n' => text.push_str("\\n"),
            c if c.is_control() || c == '\u{feff}' => {
                let _ = write!(text, "\\U{:08x}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
