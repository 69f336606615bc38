//! What two sets of rules come to over the same events, for people and programs.

use crate::table::{Table, thousands};
use bellwether_runtime::rollout::shadow::{Both, Compared, Example};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// As one value.
pub(crate) fn json(found: &Compared) -> Value {
    let graph = |(name, count): (&String, &bellwether_runtime::rollout::shadow::Count)| json!({"graph": name, "equal": count.equal, "differ": count.differ});
    let rule = |((graph, rule), both): (&(String, String), &Both)| json!({"graph": graph, "rule": rule, "kept": both.kept, "tried": both.tried});
    let person = |(person, both): (&String, &Both)| json!({"person": person, "kept": both.kept, "tried": both.tried});
    let example = |one: &Example| {
        let side =
            |[rule, node, asked]: &[String; 3]| json!({"rule": rule, "node": node, "asked": asked});
        json!({
            "stream": one.stream.to_string(), "seq": one.seq, "doc": one.doc.to_string(),
            "at": one.at.to_string(), "graph": one.graph, "decision": link(one),
            "kept": side(&one.kept), "tried": side(&one.tried),
        })
    };
    json!({
        "equal": found.records.equal, "differ": found.records.differ, "purged": found.purged,
        "decisions": {"equal": found.decisions.equal, "differ": found.decisions.differ},
        "newly": found.newly(), "no_longer": found.no_longer(),
        "graphs": Value::from_iter(found.graphs.iter().map(graph)),
        "rules": Value::from_iter(found.rules.iter().map(rule)),
        "people": Value::from_iter(found.people.iter().map(person)),
        "examples": Value::from_iter(found.examples.iter().map(example)),
    })
}

/// The page of a decision.
pub(crate) fn link(one: &Example) -> String {
    format!("/decisions/{}/{}", one.stream, one.seq)
}

/// As tables.
pub(crate) fn text(found: &Compared) -> String {
    let all = |count: &bellwether_runtime::rollout::shadow::Count| count.equal + count.differ;
    let mut text = format!(
        "{} of {} decisions come out otherwise; {} of {} records are byte-equal\n",
        thousands(found.decisions.differ),
        thousands(all(&found.decisions)),
        thousands(found.records.equal),
        thousands(all(&found.records)),
    );
    let _ = writeln!(
        text,
        "subjects that somebody is asked about newly: {}, no longer: {}\n",
        thousands(found.newly()),
        thousands(found.no_longer()),
    );
    let mut table = Table::new(&["graph", "rule", ">kept", ">tried", ">change"]);
    for ((graph, rule), both) in &found.rules {
        let rule = if rule.is_empty() { "(none)" } else { rule.as_str() };
        let Both { kept, tried } = *both;
        table.row([graph, rule, &thousands(kept), &thousands(tried), &change(kept, tried)]);
    }
    text.push_str(&table.render());
    let mut table = Table::new(&["asked", ">kept", ">tried", ">change"]);
    for (person, Both { kept, tried }) in &found.people {
        let (change, kept, tried) = (change(*kept, *tried), thousands(*kept), thousands(*tried));
        table.row([person, &kept, &tried, &change]);
    }
    if !table.is_empty() {
        let _ = write!(text, "\n{}", table.render());
    }
    if !found.examples.is_empty() {
        text.push_str("\nthe first that differ:\n");
    }
    for one in &found.examples {
        let said = |[rule, node, asked]: &[String; 3]| match (node.as_str(), asked.as_str()) {
            ("", _) => "nothing".to_owned(),
            (node, "") => format!("{node} by {rule}"),
            (node, asked) => format!("{node} by {rule}, asks {asked}"),
        };
        let (kept, tried) = (said(&one.kept), said(&one.tried));
        let _ = writeln!(text, "  {}  {} {}: {kept} -> {tried}", one.at, one.stream, one.seq);
    }
    text
}

fn change(kept: u64, tried: u64) -> String {
    format!("{:+}", tried as i64 - kept as i64)
}
