//! Rows on their way into files: quoting for CSV, escaping for JSON, order by time.
//!
//! - In: values as text.
//! - Out: one line a row, and the bytes of each export.
//! - Never: writes a file; a row outside the window is dropped, as an export of those days would.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::time::At;

/// The exports, in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Export {
    Accounts,
    Deals,
    Tickets,
    Chats,
    Mail,
    Calendar,
    Orders,
    Invoices,
    Contracts,
    Usage,
    Engagement,
    Procurement,
    Surveys,
    Leads,
    People,
    Outcomes,
}

/// One CSV line without its end. Only what must be quoted is quoted.
pub(crate) fn csv(cells: &[&str]) -> String {
    let mut line = String::new();
    for (position, cell) in cells.iter().enumerate() {
        if position > 0 {
            line.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line
}

/// An amount in minor units as a decimal.
pub(crate) fn money(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100)
}

/// A number of thousandths as a decimal.
pub(crate) fn thousandths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", value.abs() / 1000, value.abs() % 1000)
}

/// A JSON object under construction.
pub(crate) struct Json(String);

impl Json {
    pub(crate) fn new() -> Self {
        Self(String::from("{"))
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote(key, &mut self.0);
        self.0.push(':');
    }

    pub(crate) fn text(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        quote(value, &mut self.0);
        self
    }

    /// A number, a boolean, null, or a nested value that is already JSON.
    pub(crate) fn raw(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        self.0.push_str(value);
        self
    }

    pub(crate) fn maybe(self, key: &str, value: &str) -> Self {
        if value.is_empty() { self.raw(key, "null") } else { self.text(key, value) }
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// All rows so far, each with the instant that places it.
#[derive(Debug)]
pub(crate) struct Sheets {
    rows: BTreeMap<Export, Vec<(At, String)>>,
    end: At,
}

impl Sheets {
    pub(crate) fn new(end: At) -> Self {
        Self { rows: BTreeMap::new(), end }
    }

    /// Adds a row, unless it lies after the window. Says whether it did.
    pub(crate) fn add(&mut self, export: Export, at: At, row: String) -> bool {
        let inside = at < self.end;
        if inside {
            self.rows.entry(export).or_default().push((at, row));
        }
        inside
    }

    /// Rows that are signals: everything but our own directory of people.
    pub(crate) fn signals(&self) -> usize {
        self.rows.iter().filter(|(name, _)| **name != Export::People).map(|(_, r)| r.len()).sum()
    }

    /// The rows of one export in the order of time.
    pub(crate) fn sorted(&mut self, export: Export) -> Vec<String> {
        let mut rows = self.rows.remove(&export).unwrap_or_default();
        rows.sort_by_key(|(at, _)| *at);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, csv, money, thousandths};

    #[test]
    fn only_awkward_cells_are_quoted() {
        assert_eq!(csv(&["a", "b c", ""]), "a,b c,");
        assert_eq!(csv(&["a,b", "say \"x\"", "1\n2"]), "\"a,b\",\"say \"\"x\"\"\",\"1\n2\"");
    }

    #[test]
    fn numbers_and_text_are_written_exactly() {
        assert_eq!(money(-1_005), "-10.05");
        assert_eq!(thousandths(-42), "-0.042");
        let json = Json::new().text("a", "x\"\n\u{1}").raw("b", "null").maybe("c", "").end();
        assert_eq!(json, "{\"a\":\"x\\\"\\n\\u0001\",\"b\":null,\"c\":null}");
    }
}
