//! Faults: problems of one expression, before it is known where the text stands in its file.

use bellwether_core::problem::nearest;
use bellwether_core::{Place, Problem};
use std::ops::Range;

/// A problem and the bytes it is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    code: &'static str,
    span: Range<usize>,
    message: String,
    help: String,
}

/// A fault; add the mend.
pub(crate) fn fault(code: &'static str, span: Range<usize>, message: impl Into<String>) -> Fault {
    Fault { code, span, message: message.into(), help: String::new() }
}

impl Fault {
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// Adds the known name that is closest, if one is close.
    pub(crate) fn nearest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, known) {
            Some(close) => self.help(format!("did you mean `{close}`?")),
            None => self,
        }
    }

    /// The problem, placed in the file by where the text starts.
    pub(crate) fn problem(self, text: &str, start: &Place) -> Problem {
        let place = place_of(text, self.span.start, start);
        let problem = Problem { place: Some(place), ..Problem::new(self.code, self.message) };
        if self.help.is_empty() { problem } else { problem.help(self.help) }
    }
}

/// Where a byte of the text stands. Lines of a YAML block keep the column they start at; where one
/// is folded (`>`), its line breaks are gone and everything counts from the first line.
fn place_of(text: &str, byte: usize, start: &Place) -> Place {
    let before = text.get(..byte).unwrap_or(text);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let line = start.line.saturating_add(count(before.matches('\n').count()));
    let in_line = before.rsplit('\n').next().unwrap_or(before).chars().count();
    let column = match start.column {
        0 => 0,
        column => column.saturating_add(count(in_line)),
    };
    Place { file: start.file.clone(), line, column }
}
