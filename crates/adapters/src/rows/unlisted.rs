//! Unlisted fields: what a row holds beyond its mapping, together as one JSON object.
//!
//! - In: cells of columns that no path names, or a document.
//! - Out: an object of at most [`MAX_UNLISTED`] bytes, or nothing where nothing is left over.
//! - Never: cuts a value; one that does not fit is left out and counted under `(left out)`.

use super::tree::Json;
use crate::mapping::{Path, Step};

/// The most that is kept of a row beyond its mapping, in bytes.
pub const MAX_UNLISTED: usize = 64 << 10;

/// What counts the values that did not fit.
const LEFT_OUT: &str = "(left out)";

/// An object under construction.
#[derive(Default)]
pub(super) struct Unlisted {
    text: String,
    left_out: u32,
}

impl Unlisted {
    /// Adds a text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.add(name, |out| quote(text, out));
    }

    fn add(&mut self, name: &str, value: impl FnOnce(&mut String)) {
        let before = self.text.len();
        self.text.push(if before == 0 { '{' } else { ',' });
        quote(name, &mut self.text);
        self.text.push(':');
        value(&mut self.text);
        // Room for the count and the end.
        if self.text.len() > MAX_UNLISTED - 32 {
            self.text.truncate(before);
            self.left_out += 1;
        }
    }

    /// The object, if there is anything in it.
    pub(super) fn end(mut self) -> Option<String> {
        if self.left_out > 0 {
            let count = self.left_out;
            self.text.push(if self.text.is_empty() { '{' } else { ',' });
            quote(LEFT_OUT, &mut self.text);
            self.text.push_str(&format!(":{count}"));
        }
        if self.text.is_empty() {
            return None;
        }
        self.text.push('}');
        Some(self.text)
    }
}

/// What a document holds beyond some paths.
pub(super) fn beyond<'p>(
    element: &Json<'_>,
    paths: impl Iterator<Item = &'p Path>,
) -> Option<String> {
    let ways: Vec<&[Step]> = paths.map(|path| path.steps.as_slice()).collect();
    let Json::Object(entries) = element else { return None };
    let mut out = Unlisted::default();
    for (name, value) in entries {
        if let Some(left) = left_of(name, value, &ways) {
            out.add(name, |text| write(&left, text));
        }
    }
    out.end()
}

/// What no way reaches of a value; nothing where it is empty or read whole. A list of which a way reads
/// one item is kept whole.
fn left_of<'a>(name: &str, value: &Json<'a>, ways: &[&[Step]]) -> Option<Json<'a>> {
    let step = |way: &&[Step]| matches!(way.first(), Some(Step::Key(key)) if key == name);
    let ways: Vec<&[Step]> =
        ways.iter().filter(|way| step(way)).filter_map(|way| way.get(1..)).collect();
    match value {
        Json::Null => None,
        Json::Bare(_) | Json::Text(_) if ways.iter().any(|way| way.is_empty()) => None,
        Json::Text(text) if text.is_empty() => None,
        Json::List(items) if items.is_empty() => None,
        Json::Object(entries) => {
            let left = entries
                .iter()
                .filter_map(|(key, inner)| Some((key.clone(), left_of(key, inner, &ways)?)));
            let left: Vec<_> = left.collect();
            (!left.is_empty()).then_some(Json::Object(left))
        }
        other => Some(other.clone()),
    }
}

fn write(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bare(text) => out.push_str(text),
        Json::Text(text) => quote(text, out),
        Json::List(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(entries) => {
            out.push('{');
            for (nth, (key, value)) in entries.iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                quote(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// A text as JSON writes it.
pub(super) fn quote(text: &str, out: &mut String) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(document: &str, paths: &[&str]) -> String {
        let paths: Vec<_> = paths.iter().map(|path| Path::parse(path, false).unwrap()).collect();
        beyond(&Json::read(document).unwrap(), paths.iter()).unwrap_or_default()
    }

    #[test]
    fn what_no_path_reads_is_left() {
        let document = r#"{"id":7,"who":{"mail":"a@b.c","tel":"1\"2","age":null},"tags":["x","y"],
            "more":[{"k":1.50}],"none":[],"nil":null,"e":""}"#;
        for (paths, expected) in [
            (
                &["id", "who.mail", "tags[0]"][..],
                r#"{"who":{"tel":"1\"2"},"tags":["x","y"],"more":[{"k":1.50}]}"#,
            ),
            (
                &["id", "who.mail", "who.tel", "tags", "more"],
                r#"{"tags":["x","y"],"more":[{"k":1.50}]}"#,
            ),
        ] {
            assert_eq!(left(document, paths), expected);
        }
        assert_eq!(left(r#"{"id":7,"x":{}}"#, &["id"]), "");
        assert_eq!(left("[1]", &[]), "");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut unlisted = Unlisted::default();
        unlisted.text("a", &"x".repeat(MAX_UNLISTED - 100));
        unlisted.text("b", &"y".repeat(100));
        unlisted.text("c", "z");
        let text = unlisted.end().unwrap();
        assert!(text.len() <= MAX_UNLISTED);
        assert!(text.ends_with(r#","c":"z","(left out)":1}"#));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        assert_eq!(Unlisted::default().end(), None);
    }
}
