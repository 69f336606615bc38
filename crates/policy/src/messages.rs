//! `messages/*.yaml`: the words in which people are asked.
//!
//! - In: documents, and the names of graphs with their nodes.
//! - Out: [`Message`]s: a title and lines with [`Blank`]s, each for the asks of a graph, a node, or all.
//! - Never: takes from a card who is asked until when, and what an answer does: these words only come before.
//!
//! Like every file of a bundle they belong to its digest, so a card's words have the version of its rules.

use crate::read::{Word, required_list, word};
use crate::routing::Names;
use bellwether_core::authored::{Document, Fields, Node};
use bellwether_core::{Place, Problem};

/// What is filled in when a card is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// What the account is called.
    Account,
    /// What its source calls the case or deal.
    Subject,
    /// Why somebody is asked, in the words of the rule.
    Reason,
    /// The rule.
    Rule,
    /// Until when somebody has to answer.
    Due,
}

impl Blank {
    /// All blanks.
    pub const ALL: [Self; 5] = [Self::Account, Self::Subject, Self::Reason, Self::Rule, Self::Due];

    /// The word between braces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Subject => "subject",
            Self::Reason => "reason",
            Self::Rule => "rule",
            Self::Due => "due",
        }
    }

    /// The blank of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|blank| blank.as_str() == word)
    }
}

/// A text with blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Each text with the blank behind it.
    parts: Vec<(String, Option<Blank>)>,
}

impl Template {
    /// The text with its blanks filled in. What is filled in is not looked at for blanks again.
    pub fn fill(&self, value: impl Fn(Blank) -> String) -> String {
        let one = |(text, blank): &(String, Option<Blank>)| {
            format!("{text}{}", blank.map(&value).unwrap_or_default())
        };
        self.parts.iter().map(one).collect()
    }

    /// Reads `{word}` as a blank. The error is the word that is none.
    fn read(text: &str) -> Result<Self, &str> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, behind) = after.split_once('}').ok_or(after)?;
            let blank = Blank::from_word(word).ok_or(word)?;
            parts.push((before.to_owned(), Some(blank)));
            rest = behind;
        }
        parts.push((rest.to_owned(), None));
        Ok(Self { parts })
    }
}

/// Words for the asks of some nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The graph; none means all.
    pub graph: Option<String>,
    /// The node; none means all.
    pub node: Option<String>,
    /// The title of the card, where it is to be another.
    pub title: Option<Template>,
    /// What is said before the rest.
    pub text: Vec<Template>,
    /// Where it is written.
    pub place: Place,
}

impl Message {
    /// Whether it is about the asks of a node.
    pub fn fits(&self, graph: &str, node: &str) -> bool {
        let all = |name: &Option<String>, asked: &str| name.as_ref().is_none_or(|own| own == asked);
        all(&self.graph, graph) && all(&self.node, node)
    }
}

/// Reads a file of messages. `graphs` are the names of the graphs with their nodes, where all could be read.
pub(crate) fn read(
    document: &Document,
    graphs: Option<&[Names]>,
    into: &mut Vec<Message>,
    problems: &mut Vec<Problem>,
) {
    let mut fields = Fields::new(document, &document.root, problems);
    for item in required_list(&mut fields, "messages") {
        let Some(message) = read_one(document, item, graphs, fields.problems()) else { continue };
        let same =
            |known: &&Message| (&known.graph, &known.node) == (&message.graph, &message.node);
        if let Some(first) = into.iter().find(same) {
            let problem = Problem::new("message-twice", "two messages are about the same asks");
            let help = format!("the first stands at {}; put them together", first.place);
            fields.problems().push(problem.at(message.place.clone()).help(help));
        }
        into.push(message);
    }
    fields.finish();
}

fn read_one(
    document: &Document,
    node: &Node,
    graphs: Option<&[Names]>,
    problems: &mut Vec<Problem>,
) -> Option<Message> {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let [graph, asked, title] = ["graph", "node", "title"].map(|key| word(&mut fields, key));
    let lines = crate::read::words(&mut fields, "text");
    fields.finish();
    if title.is_none() && lines.is_empty() {
        let problem = Problem::new("message-empty", "a message without words").at(place);
        problems.push(problem.help("write `title` or `text`, or remove it"));
        return None;
    }
    if let Some(graphs) = graphs {
        problems.extend(check_names(graphs, graph.as_ref(), asked.as_ref()));
    }
    let mut template = |word: &Word| match Template::read(&word.text) {
        Ok(template) => Some(template),
        Err(found) => {
            let message = format!("`{{{found}` is no blank that is filled in");
            let problem = Problem::new("message-blank", message).at(word.place.clone());
            let known = Blank::ALL.map(Blank::as_str);
            let help = format!("these are: {{{}}}", known.join("}, {"));
            problems.push(problem.help(help).nearest(found, known));
            None
        }
    };
    let title = title.as_ref().and_then(&mut template);
    let text = lines.iter().filter_map(&mut template).collect();
    let text_of = |word: Option<Word>| word.map(|word| word.text);
    Some(Message { graph: text_of(graph), node: text_of(asked), title, text, place })
}

/// A graph or a node that is not there; a node is looked for in the graph that is named, or in all.
fn check_names(graphs: &[Names], graph: Option<&Word>, node: Option<&Word>) -> Option<Problem> {
    let asked = |names: &&Names| graph.is_none_or(|graph| graph.text == names.graph);
    let of: Vec<_> = graphs.iter().filter(asked).collect();
    let (what, word, known): (_, _, Vec<&str>) = match (graph, node) {
        (Some(graph), _) if of.is_empty() => {
            ("graph", graph, graphs.iter().map(|names| names.graph.as_str()).collect())
        }
        (_, Some(node)) => {
            ("node", node, of.iter().flat_map(|names| &names.nodes).map(String::as_str).collect())
        }
        _ => return None,
    };
    if known.contains(&word.text.as_str()) {
        return None;
    }
    let message = format!("there is no {what} `{}`", word.text);
    let problem = Problem::new("message-unknown", message).at(word.place.clone());
    Some(problem.help(format!("known here: {}", known.join(", "))).nearest(&word.text, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graphs() -> [Names; 1] {
        let (nodes, rules) = (vec!["cfo".to_owned(), "cro".to_owned()], Vec::new());
        [Names { graph: "deals".to_owned(), subject: None, nodes, rules }]
    }

    #[test]
    fn blanks_are_filled_once() {
        for (text, filled) in [
            ("plain", "plain"),
            ("{account}: {reason}!", "<{account}>: <{reason}>!"),
            ("a } b", "a } b"),
        ] {
            let template = Template::read(text).unwrap();
            // What is filled in looks like a blank, and stays as it is.
            assert_eq!(template.fill(|blank| format!("<{{{}}}>", blank.as_str())), filled);
        }
        for wrong in ["{acount}", "{", "{}", "{account"] {
            assert!(Template::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = "messages:\n\
                    \x20 - {graph: deals, node: cfo, title: 'An order: {account}', text: ['{reason}.']}\n\
                    \x20 - {graph: deal, title: x}\n\
                    \x20 - {node: cto, title: x}\n\
                    \x20 - {graph: deals}\n\
                    \x20 - {title: 'To {acount}'}\n\
                    \x20 - {graph: deals, node: cfo, text: again}\n";
        let document = Document::read("messages/cards.yaml", text).unwrap();
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        read(&document, Some(&graphs()), &mut found, &mut problems);
        let told: Vec<_> = problems
            .iter()
            .map(|one| (one.code, one.place.as_ref().map_or(0, |at| at.line)))
            .collect();
        let expected = [
            ("message-unknown", 3),
            ("message-unknown", 4),
            ("message-empty", 5),
            ("message-blank", 6),
            ("message-twice", 7),
        ];
        assert_eq!(told, expected);
        assert!(found[0].fits("deals", "cfo") && !found[0].fits("deals", "cro"));
    }
}
