//! What differs between two versions of a policy, as people would list it.
//!
//! - In: two policies with the catalogues of their facts.
//! - Out: a [`Change`] for each rule, node, role, absence, rate, action, exception, message, row of a table or line
//!   of the bundle that differs.
//! - Never: names or addresses of people; remarks and the order of keys, which mean nothing.

mod moved;
mod parts;

pub use moved::{Moved, moved};
pub use parts::diff_tables;

use crate::graph::{Graph, Human, Node, NodeKind, Rule};
use crate::policy::Policy;
use bellwether_core::{Ppm, Timestamp};
use bellwether_expr::Catalogue;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What differs, such as ``rule `R1` of `prospect-to-cxo` ``.
    pub what: String,
    /// How it was; nothing if it is new.
    pub old: Option<String>,
    /// How it is; nothing if it is gone.
    pub new: Option<String>,
    /// Whether more may be allowed than before, unless it is proved that it is not.
    pub loosens: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{}\n  was {old}\n  now {new}", self.what)?,
            (None, Some(new)) => write!(f, "{}\n  new {new}", self.what)?,
            (Some(old), None) => write!(f, "{}\n  gone {old}", self.what)?,
            (None, None) => f.write_str(&self.what)?,
        }
        if self.loosens {
            f.write_str(
                "\n  loosens, unless `policy prove NEW --old OLD` proves that it does not",
            )?;
        }
        Ok(())
    }
}

/// Every difference, sorted by what differs.
pub fn diff(old: (&Policy, &Catalogue), new: (&Policy, &Catalogue)) -> Vec<Change> {
    compared(parts(old.0, old.1), parts(new.0, new.1))
}

/// What is said otherwise, sorted by what it is about.
fn compared(mut old: BTreeMap<String, String>, new: BTreeMap<String, String>) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (what, new) in new {
        let old = old.remove(&what);
        if old.as_ref() != Some(&new) {
            changes.push(Change { what, old, new: Some(new), loosens: false });
        }
    }
    let gone = |(what, old)| Change { what, old: Some(old), new: None, loosens: false };
    changes.extend(old.into_iter().map(gone));
    changes.sort_by(|a, b| a.what.cmp(&b.what));
    changes
}

/// Everything that a policy says, by what it says it about.
fn parts(policy: &Policy, catalogue: &Catalogue) -> BTreeMap<String, String> {
    let meta = policy.meta();
    let mut parts = BTreeMap::new();
    for (key, value) in [
        ("bundle", meta.name.clone()),
        ("version", meta.version.clone()),
        ("owner", meta.owner.clone()),
        ("currency", meta.currency.to_string()),
        ("lateness", meta.lateness.to_string()),
        ("mode", meta.mode.as_str().to_owned()),
        ("always staffed", policy.people().always().to_owned()),
    ] {
        parts.insert(key.to_owned(), value);
    }
    if let Some(reach) = meta.reach {
        parts.insert("reach".to_owned(), reach.to_string());
    }
    for (from, since, ppm) in policy.rates().iter() {
        let since = instant(since);
        parts.insert(format!("rate of {from} from {since}"), Ppm::new(ppm).to_string());
    }
    for role in policy.people().roles() {
        let keys: Vec<_> = policy.people().members(&role.name).map(|p| p.key.as_str()).collect();
        parts.insert(format!("role `{}`", role.name), keys.join(", "));
    }
    for person in policy.people().persons() {
        let span = |away: &crate::Away| format!("{} to {}", instant(away.from), instant(away.to));
        let away: Vec<_> = person.away.iter().map(span).collect();
        parts.insert(format!("absences of `{}`", person.key), listed(&away));
        let left = person.left.map_or("has not left".to_owned(), |left| format!("left {left}"));
        parts.insert(format!("person `{}`", person.key), left);
        if !person.channels.is_empty() {
            parts.insert(format!("channels of `{}`", person.key), person.channels.join(", "));
        }
    }
    for one in policy.overrides() {
        parts.insert(format!("override `{}`", one.id), parts::exception(one));
    }
    for action in policy.actions() {
        parts::action(action, catalogue, &mut parts);
    }
    for one in policy.messages() {
        parts.insert(parts::asks_of(one), parts::words(one));
    }
    policy.graphs().iter().for_each(|graph| graph_parts(graph, &mut parts));
    parts
}

fn instant(at: Timestamp) -> String {
    match at {
        Timestamp::MIN => "ever".to_owned(),
        at => at.to_string(),
    }
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn graph_parts(graph: &Graph, parts: &mut BTreeMap<String, String>) {
    let name = graph.name();
    let closed = graph.closed_when.as_ref().map_or("never", |expr| expr.source());
    let head = format!(
        "about the {}, owner {}, starts at {}, closed when {closed}",
        graph.subject().as_str(),
        graph.owner(),
        node_name(graph, graph.start())
    );
    parts.insert(format!("graph `{name}`"), head);
    for node in graph.nodes() {
        parts.insert(format!("node `{}` of `{name}`", node.name), node_text(graph, node));
    }
    for (index, rule) in graph.rules().iter().enumerate() {
        parts.insert(format!("rule `{}` of `{name}`", rule.id), rule_text(graph, index, rule));
    }
    let order: Vec<_> = graph.rules().iter().map(|rule| rule.id.clone()).collect();
    parts.insert(format!("order of the rules of `{name}`"), listed(&order));
}

fn node_name(graph: &Graph, at: usize) -> &str {
    graph.nodes().get(at).map_or("", |node| &node.name)
}

fn node_text(graph: &Graph, node: &Node) -> String {
    match &node.kind {
        NodeKind::Decide { unknown } => format!("decides, doubt to {}", node_name(graph, *unknown)),
        NodeKind::Discover { within, then, ready: None } => {
            format!("finds out more for {within}, then {}", node_name(graph, *then))
        }
        NodeKind::Discover { within, then, ready: Some(ready) } => format!(
            "waits {within} for {}, ready {}, then {}",
            listed(&ready.facts),
            node_name(graph, ready.node),
            node_name(graph, *then)
        ),
        NodeKind::Human(human) => {
            let Human { role, fallback, level, ack, act, again, reach, .. } = human;
            let (outcome, fallback) = (node.outcome.as_str(), listed(fallback));
            let mut text = format!(
                "asks {role}, level {level}, outcome {outcome}, ack {ack}, act {act}, \
                 again {again}, fallback {fallback}"
            );
            if let Some(reach) = reach {
                let _ = write!(text, ", reach {reach}");
            }
            if let Some(next) = human.approves {
                let _ = write!(text, ", approves {}", node_name(graph, next));
            }
            if let Some(first) = human.approval {
                let _ = write!(text, ", first {}", node_name(graph, first));
            }
            if let Some(refused) = human.refused {
                let _ = write!(text, ", refused to {}", node_name(graph, refused));
            }
            if let Some(permit) = &human.permit {
                let (action, denied) = (&permit.action, node_name(graph, permit.denied));
                let asks = permit.asks.iter().map(|at| node_name(graph, *at)).collect::<Vec<_>>();
                let _ =
                    write!(text, ", permit {action} by {}, denied to {denied}", asks.join(", "));
            }
            if !human.steps.is_empty() {
                let _ = write!(text, ", steps {}", listed(&human.steps));
            }
            text
        }
        NodeKind::End => "asks nobody".to_owned(),
    }
}

fn rule_text(graph: &Graph, index: usize, rule: &Rule) -> String {
    let guard = match graph.guard(index) {
        Some(guard) if !rule.otherwise => format!("when {}", guard.source()),
        _ => "otherwise".to_owned(),
    };
    let reason = if rule.reason.is_empty() { String::new() } else { format!(" ({})", rule.reason) };
    format!("{} -> {} {guard}{reason}", node_name(graph, rule.from), node_name(graph, rule.to))
}
