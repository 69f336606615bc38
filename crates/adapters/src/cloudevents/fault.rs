//! What is wrong with a request or with one event of a batch.
//!
//! - In: an error of the reader, or a code and a sentence.
//! - Out: a [`Fault`]: a status, a code, where, and a mend.
//! - Never: quotes a value, or a name that is not ours and does not look like a name.

use crate::mapping::check::is_name;
use bellwether_core::{Place, Problem};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use std::fmt;

/// Why a request or an event is refused. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status that fits.
    pub status: u16,
    /// Where in the body, as a JSON pointer (RFC 6901), or the name of a header.
    pub pointer: String,
    /// The code, the sentence, the mend, and line and column of the body where they are known.
    pub problem: Box<Problem>,
}

impl Fault {
    /// What to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.problem.help = help.into();
        self
    }

    /// Where in the event.
    pub(super) fn at(self, pointer: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), ..self }
    }

    /// The same at a key, which is the sender's.
    pub(super) fn at_key(self, pointer: &str, key: &str) -> Self {
        self.at(format!("{pointer}/{}", shown(key)))
    }

    /// The same, as a part of a batch.
    pub(super) fn inside(self, index: usize) -> Self {
        let pointer = format!("/{index}{}", self.pointer);
        Self { pointer, ..self }
    }

    /// Moves the place behind a text that stands before the event.
    pub(super) fn after(mut self, before: Option<&str>) -> Self {
        if let (Some(before), Some(place)) = (before, &mut self.problem.place) {
            let lines = before.bytes().filter(|byte| *byte == b'\n').count();
            let last = before.rsplit('\n').next().unwrap_or_default().len();
            place.column += if place.line == 1 { small(last) } else { 0 };
            place.line += small(lines);
        }
        self
    }

    /// From an error of the reader.
    pub(super) fn of(path: Option<&Path>, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        let fault = match error.classify() {
            Category::Data => of_data(text),
            Category::Eof => fault("intake-not-json", "the body ends too early")
                .help("look for a bracket or a quote that is not closed; was it cut off?"),
            Category::Syntax | Category::Io => {
                fault("intake-not-json", format!("this is not JSON: {text}"))
                    .help("look just before this place")
            }
        };
        let (line, column) = (small(error.line()), small(error.column()));
        let pointer = path.map(pointer).unwrap_or_default();
        fault.at(pointer).placed(Place { file: "body".to_owned(), line, column })
    }

    /// Without line and column, which were those of a part.
    pub(super) fn unplaced(mut self) -> Self {
        self.problem.place = None;
        self
    }

    fn placed(mut self, place: Place) -> Self {
        self.problem.place = (place.line > 0).then_some(place);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.pointer, self.problem)
    }
}

impl std::error::Error for Fault {}

/// A fault of the whole event.
pub(super) fn fault(code: &'static str, message: impl Into<String>) -> Fault {
    let problem = Box::new(Problem::new(code, message));
    Fault { status: 400, pointer: String::new(), problem }
}

/// What the shape of the JSON is wrong in. Our own errors are a code, a space and what may be told;
/// those of the reader end in what was expected, and may quote a value before that.
fn of_data(text: &str) -> Fault {
    let (code, told) = text.split_once(' ').unwrap_or((text, ""));
    match code {
        "intake-duplicate-key" => {
            fault("intake-duplicate-key", "a key stands twice in this object")
                .help("readers differ in which of two they take; send each key once")
        }
        "intake-unknown-key" => {
            let known = told.split(' ').collect::<Vec<_>>().join("`, `");
            fault("intake-unknown-key", "there is a key in this object that is not known here")
                .help(format!("known are: `{known}`; the rest belongs into `unlisted`"))
        }
        "intake-too-deep" => fault("intake-too-deep", "this is nested deeper than 64 levels")
            .help("send what rules read as `fields`, flat"),
        "intake-base64" => {
            fault("intake-base64", "the event has `data_base64`").help("send `data` as JSON")
        }
        "intake-too-many" => too_many(told),
        "intake-number" => super::value::bare_number(),
        _ => {
            let expected = text.rsplit_once(", expected ").map_or("something else", |(_, it)| it);
            fault("intake-wrong-type", format!("expected {expected}"))
                .help("docs/signals.md shows the form of every part")
        }
    }
}

/// More of something than is taken at once.
pub(super) fn too_many(told: &str) -> Fault {
    let fault = fault("intake-too-many", format!("there are too many {told} at most"));
    Fault { status: 413, ..fault.help("send them in several requests or events") }
}

fn pointer(path: &Path) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", shown(key)),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    };
    path.iter().map(segment).collect()
}

/// A key, unless it may be anybody's words.
fn shown(key: &str) -> &str {
    if is_name(key) { key } else { "?" }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
