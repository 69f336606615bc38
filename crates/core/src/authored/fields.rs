//! Reading a mapping key by key: what is missing, of the wrong shape or misspelt becomes a problem.

use super::tree::{Document, Key, Kind, Node};
use crate::problem::{Place, Problem, nearest};
use crate::{Duration, Ppm};

/// A mapping that is being read. [`Fields::finish`] reports the keys that nobody asked for.
pub struct Fields<'a> {
    document: &'a Document,
    node: &'a Node,
    entries: &'a [(Key, Node)],
    asked: Vec<&'a str>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// Starts to read a node that should be a mapping; anything else is a problem and reads as empty.
    pub fn new(document: &'a Document, node: &'a Node, problems: &'a mut Vec<Problem>) -> Self {
        if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
            let message = format!("expected a mapping, found {}", node.kind.name());
            problems.push(Problem::new("yaml-shape", message).at(document.place(node)));
        }
        let entries = node.entries();
        Self { document, node, entries, asked: Vec::new(), problems }
    }

    /// The place of the mapping itself.
    pub fn place(&self) -> Place {
        self.document.place(self.node)
    }

    /// The place of a node of this document.
    pub fn place_of(&self, node: &Node) -> Place {
        self.document.place(node)
    }

    /// The document that is read.
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// The list of problems, for readers of parts.
    pub fn problems(&mut self) -> &mut Vec<Problem> {
        self.problems
    }

    /// Adds a problem at a node.
    pub fn refuse(&mut self, code: &'static str, node: &Node, message: impl Into<String>) {
        self.problems.push(Problem::new(code, message).at(self.document.place(node)));
    }

    /// The node of a key, if it is there and says something.
    pub fn node(&mut self, name: &'a str) -> Option<&'a Node> {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        self.entries
            .iter()
            .find(|(key, node)| key.text == name && node.kind != Kind::Null)
            .map(|(_, node)| node)
    }

    /// The node of a key that must be there.
    pub fn required(&mut self, name: &'a str) -> Option<&'a Node> {
        let node = self.node(name);
        if node.is_none() {
            let place = self.place();
            let problem = Problem::new("yaml-missing-key", format!("`{name}` is missing here"));
            self.problems.push(problem.at(place).help(format!("add a line `{name}: ...`")));
        }
        node
    }

    /// A single value as text.
    pub fn text(&mut self, name: &'a str) -> Option<&'a str> {
        let node = self.node(name)?;
        self.scalar(name, node)
    }

    /// A single value that must be there, as text.
    pub fn required_text(&mut self, name: &'a str) -> Option<&'a str> {
        let node = self.required(name)?;
        self.scalar(name, node)
    }

    fn scalar(&mut self, name: &str, node: &'a Node) -> Option<&'a str> {
        match &node.kind {
            Kind::Scalar { text, .. } => Some(text),
            other => {
                let message = format!("`{name}` should be a single value, not {}", other.name());
                self.refuse("yaml-shape", node, message);
                None
            }
        }
    }

    /// A value read by `read`; what it cannot read is a problem that says what was `expected`.
    pub fn parsed<T>(
        &mut self,
        name: &'a str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(name)?;
        let text = self.scalar(name, node)?;
        let value = read(text);
        if value.is_none() {
            let message = format!("`{name}: {text}` cannot be read: expected {expected}");
            self.refuse("yaml-value", node, message);
        }
        value
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'a str) -> Option<bool> {
        self.parsed(name, "true or false", |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    /// A whole number.
    pub fn int(&mut self, name: &'a str) -> Option<i64> {
        self.parsed(name, "a whole number", |text| text.replace('_', "").parse().ok())
    }

    /// A span such as `4h` or `30d`.
    pub fn duration(&mut self, name: &'a str) -> Option<Duration> {
        self.parsed(name, "a span such as 15m, 4h or 30d", Duration::parse)
    }

    /// A ratio such as `0.85` or `85%`.
    pub fn ratio(&mut self, name: &'a str) -> Option<Ppm> {
        self.parsed(name, "a ratio such as 0.85 or 85%", Ppm::parse)
    }

    /// One word of a closed list, looked up by `read`.
    pub fn word<T>(
        &mut self,
        name: &'a str,
        known: &[&str],
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(name)?;
        let text = self.scalar(name, node)?;
        let value = read(text);
        if value.is_none() {
            let message = format!("`{name}: {text}` is none of: {}", known.join(", "));
            let problem = Problem::new("yaml-value", message).at(self.document.place(node));
            self.problems.push(problem.nearest(text, known.iter().copied()));
        }
        value
    }

    /// A list of nodes; a single value counts as a list of one.
    pub fn list(&mut self, name: &'a str) -> &'a [Node] {
        self.node(name).map(Node::items).unwrap_or_default()
    }

    /// A list of texts with their nodes; a single value counts as a list of one.
    pub fn texts(&mut self, name: &'a str) -> Vec<(&'a str, &'a Node)> {
        let items = self.list(name);
        items.iter().filter_map(|item| Some((self.scalar(name, item)?, item))).collect()
    }

    /// The entries of a mapping under a key, in the order written.
    pub fn entries(&mut self, name: &'a str) -> &'a [(Key, Node)] {
        match self.node(name) {
            Some(Node { kind: Kind::Map(entries), .. }) => entries,
            Some(other) => {
                let message = format!("`{name}` should be a mapping, not {}", other.kind.name());
                self.refuse("yaml-shape", other, message);
                &[]
            }
            None => &[],
        }
    }

    /// All entries of this mapping, whatever their keys; nothing is reported as unknown afterwards.
    pub fn all(&mut self) -> &'a [(Key, Node)] {
        self.asked.extend(self.entries.iter().map(|(key, _)| key.text.as_str()));
        self.entries
    }

    /// Reports every key that nobody asked for, with the nearest known one.
    pub fn finish(self) {
        for (key, _) in self.entries {
            if !self.asked.contains(&key.text.as_str()) {
                let message = format!("`{}` is not known here", key.text);
                let problem = Problem::new("yaml-unknown-key", message);
                let problem = problem.at(self.document.place_of_key(key));
                self.problems.push(match nearest(&key.text, self.asked.iter().copied()) {
                    Some(close) => problem.help(format!("did you mean `{close}`?")),
                    None => problem.help(format!("known here: {}", self.asked.join(", "))),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let text = "nmae: x\nwindow: 3y\nmode: sahdow\nlist: {a: 1}\n";
        let document = Document::read("f.yaml", text).unwrap();
        let mut problems = Vec::new();
        let mut fields = Fields::new(&document, &document.root, &mut problems);
        assert_eq!(fields.required_text("name"), None);
        assert_eq!(fields.duration("window"), None);
        let known = ["shadow", "enforce"];
        assert_eq!(fields.word("mode", &known, |word| known.iter().position(|k| *k == word)), None);
        assert!(fields.texts("list").is_empty());
        fields.finish();
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        expect_test::expect![[r#"
            f.yaml:1:1: error[yaml-missing-key]: `name` is missing here
              help: add a line `name: ...`
            f.yaml:2:9: error[yaml-value]: `window: 3y` cannot be read: expected a span such as 15m, 4h or 30d
            f.yaml:3:7: error[yaml-value]: `mode: sahdow` is none of: shadow, enforce
              help: did you mean `shadow`?
            f.yaml:4:7: error[yaml-shape]: `list` should be a single value, not a mapping
            f.yaml:1:1: error[yaml-unknown-key]: `nmae` is not known here
              help: did you mean `name`?"#]]
        .assert_eq(&shown.join("\n"));
    }
}
