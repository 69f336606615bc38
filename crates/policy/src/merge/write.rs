//! A tree as YAML again, one entry of a section a line.

use bellwether_core::authored::{Kind, Node};
use std::fmt::Write as _;

/// The text of a file whose root is a mapping of sections.
pub(crate) fn yaml(root: &Node) -> String {
    let mut text = String::new();
    let Kind::Map(sections) = &root.kind else { return text };
    for (key, node) in sections {
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
        Kind::Scalar { text: word, quoted: false } if is_plain(word) => text.push_str(word),
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

/// Whether a plain word stays one between brackets.
fn is_plain(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-%/".contains(&byte);
    !word.is_empty() && word.bytes().all(fits) && !word.starts_with(['-', '%', '.'])
}

/// A text in double quotes (YAML 1.2.2, 5.7), as a plain word where it needs none.
fn quoted(word: &str, text: &mut String) {
    let letter = word.starts_with(|c: char| c.is_ascii_alphabetic());
    if letter && is_plain(word) && !matches!(word, "null" | "true" | "false") {
        text.push_str(word);
        return;
    }
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
