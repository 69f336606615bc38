//! A graph as written: names are not resolved yet, and parts may be missing.

use crate::graph::Outcome;
use crate::read::{
    Word, check_handle, required_choice, required_entries, required_list, required_word, scalar,
    word, words,
};
use bellwether_core::authored::{Document, Fields, Key, Kind, Node};
use bellwether_core::{Duration, Place, Problem};
use bellwether_expr::Scope;

/// A graph as written.
pub(crate) struct DraftGraph {
    pub(crate) name: Option<Word>,
    pub(crate) subject: Option<Scope>,
    pub(crate) owner: Option<Word>,
    pub(crate) start: Option<Word>,
    pub(crate) closed_when: Option<Word>,
    pub(crate) nodes: Vec<DraftNode>,
    pub(crate) rules: Vec<DraftRule>,
    pub(crate) place: Place,
}

/// A node as written; without a kind where that could not be read.
pub(crate) struct DraftNode {
    pub(crate) name: Word,
    pub(crate) kind: Option<DraftKind>,
}

/// What happens at a node, as written.
pub(crate) enum DraftKind {
    Decide { unknown: Option<Word> },
    Discover { within: Option<Duration>, then: Option<Word>, wait: Option<DraftWait> },
    Human(DraftHuman),
    End,
}

impl DraftKind {
    /// The word in files.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Decide { .. } => "decide",
            Self::Discover { wait: Some(_), .. } => "wait",
            Self::Discover { .. } => "discover",
            Self::Human(_) => "human",
            Self::End => "end",
        }
    }
}

/// What a `wait` node waits for, as written.
pub(crate) struct DraftWait {
    pub(crate) facts: Vec<Word>,
    pub(crate) ready: Option<Word>,
}

/// A node that asks people, as written.
pub(crate) struct DraftHuman {
    pub(crate) role: Option<Word>,
    pub(crate) fallback: Vec<Word>,
    pub(crate) level: u8,
    pub(crate) outcome: Outcome,
    pub(crate) ack: Option<Duration>,
    pub(crate) act: Option<Duration>,
    pub(crate) again: Option<Duration>,
    pub(crate) reach: Option<Duration>,
    pub(crate) approvals: Vec<DraftApproval>,
    pub(crate) refused: Option<Word>,
    pub(crate) steps: Vec<Word>,
}

/// An approval that a node needs before it asks, as written.
pub(crate) struct DraftApproval {
    pub(crate) role: Word,
    pub(crate) fallback: Vec<Word>,
    /// How long one person has; as long as the node gives, when not said.
    pub(crate) ack: Option<Duration>,
}

/// A rule as written.
pub(crate) struct DraftRule {
    pub(crate) id: Option<Word>,
    pub(crate) from: Option<Word>,
    pub(crate) to: Option<Word>,
    pub(crate) when: Option<Word>,
    pub(crate) otherwise: bool,
    pub(crate) reason: String,
    pub(crate) place: Place,
}

/// What a graph's tests may speak of, known even where the graph itself is broken. Positions are
/// those of the built graph.
pub(crate) struct Names {
    pub(crate) graph: String,
    pub(crate) subject: Option<Scope>,
    pub(crate) nodes: Vec<String>,
    pub(crate) rules: Vec<String>,
}

impl DraftGraph {
    /// The names in it; what has none is empty.
    pub(crate) fn names(&self) -> Names {
        let text = |word: &Option<Word>| word.as_ref().map_or(String::new(), |w| w.text.clone());
        Names {
            graph: text(&self.name),
            subject: self.subject,
            nodes: self.nodes.iter().map(|node| node.name.text.clone()).collect(),
            rules: self.rules.iter().map(|rule| text(&rule.id)).collect(),
        }
    }
}

/// Reads a routing file.
pub(crate) fn read(document: &Document, problems: &mut Vec<Problem>) -> DraftGraph {
    let mut fields = Fields::new(document, &document.root, problems);
    let place = fields.place();
    let name = required_word(&mut fields, "graph");
    let subjects = Scope::ALL.map(Scope::as_str);
    let subject = required_choice(&mut fields, "subject", &subjects, Scope::from_word);
    let owner = required_word(&mut fields, "owner");
    if let Some(Word { text, place }) = &owner {
        check_handle("the owner of a graph", text, place, fields.problems());
    }
    let start = required_word(&mut fields, "start");
    let closed_when = word(&mut fields, "closed_when");
    let nodes = required_entries(&mut fields, "nodes");
    let rules = required_list(&mut fields, "rules");
    let nodes = nodes.iter();
    let nodes =
        nodes.map(|(key, node)| read_node(document, key, node, fields.problems())).collect();
    let rules = rules.iter().map(|node| read_rule(document, node, fields.problems())).collect();
    fields.finish();
    DraftGraph { name, subject, owner, start, closed_when, nodes, rules, place }
}

const KINDS: [&str; 5] = ["decide", "discover", "wait", "human", "end"];

/// Marks in the names of nodes that no author writes: those that ask before another node is entered.
const RESERVED: [&str; 3] = ["/approval:", "/permit:", "/override:"];

fn read_node(
    document: &Document,
    key: &Key,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> DraftNode {
    let name = Word { text: key.text.clone(), place: document.place_of_key(key) };
    if let Some(mark) = RESERVED.into_iter().find(|mark| name.text.contains(mark)) {
        let message = format!("the node `{}` is named as one that asks before another", name.text);
        let problem = Problem::new("policy-reserved-node", message).at(name.place.clone());
        problems.push(problem.help(format!("leave `{mark}` out of its name")));
    }
    let mut fields = Fields::new(document, node, problems);
    let known = |kind: &str| KINDS.into_iter().find(|known| *known == kind);
    let kind = match required_choice(&mut fields, "kind", &KINDS, known) {
        Some("decide") => Some(read_decide(&mut fields, &name)),
        Some("discover") => Some(read_discover(&mut fields, &name, None)),
        Some("wait") => {
            let facts = required_list(&mut fields, "for").iter();
            let facts = facts.filter_map(|item| scalar(document, item, fields.problems()));
            let facts = facts.collect();
            let ready = required_word(&mut fields, "ready");
            Some(read_discover(&mut fields, &name, Some(DraftWait { facts, ready })))
        }
        Some("human") => Some(DraftKind::Human(read_human(&mut fields, &name))),
        Some(_) => Some(DraftKind::End),
        None => {
            fields.all();
            None
        }
    };
    fields.finish();
    DraftNode { name, kind }
}

fn read_decide(fields: &mut Fields<'_>, name: &Word) -> DraftKind {
    let unknown = word(fields, "unknown");
    if unknown.is_none() {
        let message = format!("`{}` does not say where doubt goes", name.text);
        let problem = Problem::new("policy-missing-unknown", message).at(name.place.clone());
        let help = "add `unknown: <node>`: who looks when a rule cannot be evaluated";
        fields.problems().push(problem.help(help));
    }
    DraftKind::Decide { unknown }
}

/// `wait` is what else a discovery waits for, which is then called a wait.
fn read_discover(fields: &mut Fields<'_>, name: &Word, wait: Option<DraftWait>) -> DraftKind {
    let what = if wait.is_some() { "wait" } else { "discovery" };
    let within = span(fields, "within", name);
    let then = word(fields, "then");
    if within.is_none() {
        let message = format!("the {what} `{}` has no deadline", name.text);
        let problem = Problem::new("policy-missing-deadline", message).at(name.place.clone());
        let help = "add `within: 5d`: how long more is found out";
        fields.problems().push(problem.help(help));
    }
    if then.is_none() {
        let message = format!("nobody decides when the {what} `{}` is over", name.text);
        let problem = Problem::new("policy-missing-then", message).at(name.place.clone());
        let help = "add `then: <node>`: the person who decides with what is known by then";
        fields.problems().push(problem.help(help));
    }
    DraftKind::Discover { within: within.flatten(), then, wait }
}

const HUMAN_OUTCOMES: [Outcome; 3] = [Outcome::Cxo, Outcome::Sponsor, Outcome::Person];

fn read_human(fields: &mut Fields<'_>, name: &Word) -> DraftHuman {
    let role = required_word(fields, "role");
    let fallback = words(fields, "fallback");
    let level = fields.parsed("level", "a whole number from 1 to 9", |text| {
        text.parse().ok().filter(|level| (1..=9).contains(level))
    });
    let outcomes = HUMAN_OUTCOMES.map(Outcome::as_str);
    let outcome = fields.word("outcome", &outcomes, |word| {
        Outcome::from_word(word).filter(|outcome| HUMAN_OUTCOMES.contains(outcome))
    });
    let spans = ["ack", "act", "again", "reach"].map(|key| span(fields, key, name));
    let [ack, act, again, reach] = spans;
    if ack.is_none() {
        let message = format!("`{}` does not say how long a person has to answer", name.text);
        let problem = Problem::new("policy-missing-ack", message).at(name.place.clone());
        let help = "add `ack: 4h`: after that the next of the chain is asked";
        fields.problems().push(problem.help(help));
    }
    let approvals = read_approvals(fields, name);
    let refused = word(fields, "refused");
    let steps = words(fields, "steps");
    if let (Some(refused), true) = (&refused, approvals.is_empty()) {
        let message = format!("`{}` says where a refusal goes, but needs no approval", name.text);
        let problem = Problem::new("policy-refused-node", message).at(refused.place.clone());
        fields.problems().push(problem.help("add `approvals: [role, ..]`, or remove `refused`"));
    }
    let (level, outcome) = (level.unwrap_or(1), outcome.unwrap_or(Outcome::Person));
    let (ack, act, again) = (ack.flatten(), act.flatten(), again.flatten());
    let reach = reach.flatten();
    DraftHuman { role, fallback, level, outcome, ack, act, again, reach, approvals, refused, steps }
}

/// A list of roles; one that says more is a mapping.
fn read_approvals(fields: &mut Fields<'_>, name: &Word) -> Vec<DraftApproval> {
    let document = fields.document();
    let mut approvals: Vec<DraftApproval> = Vec::new();
    for item in fields.list("approvals") {
        let problems = fields.problems();
        let read = if matches!(item.kind, Kind::Map(_)) {
            let mut fields = Fields::new(document, item, problems);
            let role = required_word(&mut fields, "role");
            let fallback = words(&mut fields, "fallback");
            let ack = span(&mut fields, "ack", name).flatten();
            fields.finish();
            role.map(|role| DraftApproval { role, fallback, ack })
        } else {
            let role = scalar(document, item, problems);
            role.map(|role| DraftApproval { role, fallback: Vec::new(), ack: None })
        };
        let Some(read) = read else { continue };
        if approvals.iter().any(|known| known.role.text == read.role.text) {
            let message =
                format!("`{}` needs the approval of `{}` twice", name.text, read.role.text);
            let problem = Problem::new("policy-approval-twice", message);
            let help = "name each role once: nobody approves twice in one escalation";
            fields.problems().push(problem.at(read.role.place).help(help));
        } else {
            approvals.push(read);
        }
    }
    approvals
}

/// A span above zero: `None` when it is not written, `Some(None)` when it cannot be used.
fn span<'a>(fields: &mut Fields<'a>, key: &'a str, name: &Word) -> Option<Option<Duration>> {
    let word = word(fields, key)?;
    let span = Duration::parse(&word.text).filter(|span| *span > Duration::ZERO);
    if span.is_none() {
        let message = format!("`{key}: {}` of `{}` is no span above zero", word.text, name.text);
        let problem = Problem::new("policy-span", message).at(word.place);
        fields.problems().push(problem.help("write a span such as 15m, 4h or 2d"));
    }
    Some(span)
}

fn read_rule(document: &Document, node: &Node, problems: &mut Vec<Problem>) -> DraftRule {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let id = required_word(&mut fields, "id");
    let from = required_word(&mut fields, "from");
    let to = required_word(&mut fields, "to");
    let when = word(&mut fields, "when");
    let otherwise = fields.flag("otherwise");
    let reason = fields.text("reason").unwrap_or_default().to_owned();
    fields.finish();
    let shown = id.as_ref().map_or("this rule".to_owned(), |id| format!("the rule `{}`", id.text));
    if when.is_some() && otherwise == Some(true) {
        let message = format!("{shown} has both `when` and `otherwise`");
        let problem = Problem::new("policy-rule-guard", message).at(place.clone());
        problems.push(problem.help("keep `when`, or keep `otherwise: true` if it always holds"));
    } else if when.is_none() && otherwise != Some(true) {
        let message = format!("{shown} does not say when it holds");
        let problem = Problem::new("policy-rule-guard", message).at(place.clone());
        problems.push(problem.help("add `when: \"<expression>\"`, or `otherwise: true`"));
    }
    let otherwise = otherwise == Some(true);
    DraftRule { id, from, to, when, otherwise, reason, place }
}
