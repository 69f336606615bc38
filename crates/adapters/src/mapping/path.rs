//! Paths: where in a row a value stands.

/// A column, or a way into a document: `requester.email`, `^id` (of the parent),
/// `custom_fields[id=360001].value`, `tags[0]`. A `?` at the end says that a column may be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// As written, without the `?`.
    pub(crate) text: String,
    /// The steps, for documents.
    pub(crate) steps: Vec<Step>,
    /// Whether it starts at the parent of the row.
    pub(crate) parent: bool,
    /// Whether a table may lack it.
    pub(crate) optional: bool,
}

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
    /// The first object of a list whose `key` is `value`.
    Pick {
        key: String,
        value: String,
    },
}

impl Path {
    /// Reads a path; of a table (`flat`) any text is a column's name. The error says what is wrong.
    pub(crate) fn parse(text: &str, flat: bool) -> Result<Self, &'static str> {
        let (name, optional) = match text.strip_suffix('?') {
            Some(name) => (name, true),
            None => (text, false),
        };
        if name.is_empty() {
            return Err("it is empty");
        }
        let path = |steps, parent| Self { text: name.to_owned(), steps, parent, optional };
        if flat {
            return Ok(path(Vec::new(), false));
        }
        let (way, parent) = match name.strip_prefix('^') {
            Some(way) => (way, true),
            None => (name, false),
        };
        let mut steps = Vec::new();
        let mut rest = way;
        while !rest.is_empty() {
            rest = step(rest, &mut steps)?;
        }
        if steps.is_empty() { Err("it is empty") } else { Ok(path(steps, parent)) }
    }

    /// The name of the column.
    pub(crate) fn column(&self) -> &str {
        &self.text
    }
}

/// Reads `name`, `[0]` or `[key=value]`, with the dot that follows.
fn step<'a>(rest: &'a str, steps: &mut Vec<Step>) -> Result<&'a str, &'static str> {
    let rest = if let Some(inside) = rest.strip_prefix('[') {
        let (inside, rest) = inside.split_once(']').ok_or("a `[` is not closed")?;
        steps.push(match (inside.split_once('='), inside.parse()) {
            (Some((key, value)), _) if !key.is_empty() && !value.is_empty() => {
                Step::Pick { key: key.to_owned(), value: value.to_owned() }
            }
            (None, Ok(index)) => Step::Index(index),
            _ => return Err("in `[ ]` stands a number or `key=value`"),
        });
        rest
    } else {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if name.is_empty() {
            return Err("a name is missing between two dots");
        }
        steps.push(Step::Key(name.to_owned()));
        rest
    };
    match rest.strip_prefix('.') {
        Some("") => Err("it ends with a dot"),
        Some(after) => Ok(after),
        None if rest.is_empty() || rest.starts_with('[') => Ok(rest),
        None => Err("after `]` comes a dot"),
    }
}
