//! The tree: events of the YAML parser, put together with places and without surprises.

use crate::problem::{Place, Problem};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

/// The deepest nesting of an authored file.
pub const MAX_DEPTH: usize = 64;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl Node {
    /// The entries of a mapping, in the order written; of anything else none.
    pub fn entries(&self) -> &[(Key, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// An entry of a mapping; a key stands in it once.
    pub fn entry(&self, name: &str) -> Option<&(Key, Self)> {
        self.entries().iter().find(|(key, _)| key.text == name)
    }

    /// The node under a key of a mapping.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.entry(name).map(|(_, node)| node)
    }

    /// As [`Node::get`], to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Kind::Map(entries) = &mut self.kind else { return None };
        entries.iter_mut().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// The items of a list; a mapping or a single value counts as a list of one.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null => &[],
            Kind::Scalar { .. } | Kind::Map(_) => std::slice::from_ref(self),
        }
    }

    /// The text of a single value.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing was written.
    Null,
    /// A word, number or text. Quoted ones are always text.
    Scalar {
        /// As written, without quotes.
        text: String,
        /// Whether it stood in quotes or in a block.
        quoted: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written.
    Map(Vec<(Key, Node)>),
}

impl Kind {
    /// The word for messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar { .. } => "a single value",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// A key of a mapping with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The file as the user named it.
    pub file: String,
    /// Its content.
    pub root: Node,
}

impl Document {
    /// Reads a file's text. An empty file is [`Kind::Null`].
    ///
    /// # Errors
    /// The first syntax error, or every duplicate key, anchor and tag.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut builder = Builder { file, problems: Vec::new(), open: Vec::new(), root: None };
        for event in Parser::new_from_str(text) {
            match event {
                Ok((event, span)) => builder.take(event, span.start),
                Err(error) => {
                    let message = format!("not YAML: {}", error.info());
                    let problem = Problem::new("yaml-syntax", message);
                    builder.problems.push(problem.at(builder.place(*error.marker())));
                    break;
                }
            }
            if builder.problems.iter().any(|problem| problem.code == "yaml-too-deep") {
                break;
            }
        }
        if !builder.problems.is_empty() {
            return Err(builder.problems);
        }
        let nothing = Node { kind: Kind::Null, line: 1, column: 1 };
        Ok(Self { file: file.to_owned(), root: builder.root.unwrap_or(nothing) })
    }

    /// The place of a node in this file.
    pub fn place(&self, node: &Node) -> Place {
        Place { file: self.file.clone(), line: node.line, column: node.column }
    }

    /// The place of a key in this file.
    pub fn place_of_key(&self, key: &Key) -> Place {
        Place { file: self.file.clone(), line: key.line, column: key.column }
    }
}

/// A list or mapping that is not closed yet; in a mapping, a key may wait for its value.
struct Open {
    node: Node,
    key: Option<Key>,
}

struct Builder<'a> {
    file: &'a str,
    problems: Vec<Problem>,
    open: Vec<Open>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn place(&self, marker: Marker) -> Place {
        let (line, column) = position(marker);
        Place { file: self.file.to_owned(), line, column }
    }

    fn refuse(&mut self, code: &'static str, message: &str, help: &str, marker: Marker) {
        let place = self.place(marker);
        self.problems.push(Problem::new(code, message).at(place).help(help));
    }

    fn take(&mut self, event: Event<'_>, marker: Marker) {
        let (line, column) = position(marker);
        let node = |kind| Node { kind, line, column };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_extras(anchor, tag.is_some(), marker);
                let quoted = style != ScalarStyle::Plain;
                let kind = match &*text {
                    "" | "~" | "null" if !quoted => Kind::Null,
                    _ => Kind::Scalar { text: text.into_owned(), quoted },
                };
                self.put(node(kind), marker);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_extras(anchor, tag.is_some(), marker);
                self.start(node(Kind::List(Vec::new())), marker);
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_extras(anchor, tag.is_some(), marker);
                self.start(node(Kind::Map(Vec::new())), marker);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(done) = self.open.pop() {
                    self.put(done.node, marker);
                }
            }
            Event::Alias(_) => {
                self.refuse("yaml-alias", "aliases are not read here", "write it out", marker);
                self.put(node(Kind::Null), marker);
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                let help = "put the second part into a file of its own";
                self.refuse("yaml-documents", "a second document in one file", help, marker);
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => {}
        }
    }

    fn refuse_extras(&mut self, anchor: usize, tagged: bool, marker: Marker) {
        if anchor != 0 {
            self.refuse("yaml-alias", "anchors are not read here", "write it out twice", marker);
        }
        if tagged {
            self.refuse("yaml-tag", "tags are not read here", "leave the `!` tag out", marker);
        }
    }

    fn start(&mut self, node: Node, marker: Marker) {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            self.refuse("yaml-too-deep", &message, "flatten it", marker);
        }
        self.open.push(Open { node, key: None });
    }

    fn put(&mut self, node: Node, marker: Marker) {
        let file = self.file;
        let Some(top) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match &mut top.node.kind {
            Kind::List(items) => items.push(node),
            Kind::Map(entries) => match (top.key.take(), node.kind) {
                (Some(key), kind) => {
                    if let Some((first, _)) = entries.iter().find(|(k, _)| k.text == key.text) {
                        let message = format!("the key `{}` stands here twice", key.text);
                        let place = Place { file: file.into(), line: key.line, column: key.column };
                        let help = format!("it was first written in line {}", first.line);
                        self.problems
                            .push(Problem::new("yaml-duplicate-key", message).at(place).help(help));
                    }
                    entries.push((key, Node { kind, ..node }));
                }
                (None, Kind::Scalar { text, .. }) => {
                    top.key = Some(Key { text, line: node.line, column: node.column });
                }
                (None, _) => {
                    top.key = Some(Key { text: String::new(), line: 0, column: 0 });
                    let help = "a key is one word";
                    self.refuse("yaml-key", "this cannot be a key", help, marker);
                }
            },
            Kind::Null | Kind::Scalar { .. } => {}
        }
    }
}

fn position(marker: Marker) -> (u32, u32) {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (number(marker.line()), number(marker.col()).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let found = Document::read("a.yaml", text).err().unwrap_or_default();
        found.iter().map(|problem| problem.to_string().lines().next().unwrap().to_owned()).collect()
    }

    #[test]
    fn places_are_kept() {
        let document = Document::read("a.yaml", "a:\n  b: [1, \"two\"]\nc:\n").unwrap();
        let mut root = document.root;
        let (key, list) = root.get("a").and_then(|node| node.entry("b")).unwrap();
        assert_eq!((key.line, key.column), (2, 3));
        assert_eq!(list.items()[1].kind, Kind::Scalar { text: "two".into(), quoted: true });
        let texts: Vec<_> = list.items().iter().map(Node::text).collect();
        assert_eq!(texts, [Some("1"), Some("two")]);
        let (one, nothing) = (&list.items()[0], root.get("c").unwrap());
        assert_eq!((one.items().len(), one.entries().len(), one.get("b")), (1, 0, None));
        assert_eq!((nothing.items().len(), nothing.text()), (0, None));
        assert_eq!((list.text(), root.get("b"), root.entries().len()), (None, None, 2));
        root.get_mut("a").unwrap().kind = Kind::Null;
        assert_eq!(root.get("a").unwrap().kind, Kind::Null);
    }

    #[test]
    fn surprises_are_refused() {
        for (text, code) in [
            ("a: 1\na: 2\n", "a.yaml:2:1: error[yaml-duplicate-key]"),
            ("a: &x 1\n", "error[yaml-alias]"),
            ("a: *x\n", "error[yaml-"),
            ("a: !!str 1\n", "error[yaml-tag]"),
            ("a: [1\n", "error[yaml-syntax]"),
            ("a: 1\n---\nb: 2\n", "error[yaml-documents]"),
            ("? [a]\n: 1\n", "error[yaml-key]"),
        ] {
            let found = problems(text);
            assert!(found.first().is_some_and(|first| first.contains(code)), "{text:?}: {found:?}");
        }
        let deep = format!("{}x", "- ".repeat(100));
        assert!(problems(&deep).iter().any(|p| p.contains("yaml-too-deep")));
        assert!(!problems(&"[".repeat(2000)).is_empty());
        assert_eq!(Document::read("a.yaml", "").unwrap().root.kind, Kind::Null);
    }
}
