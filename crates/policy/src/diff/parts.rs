//! What a policy says beside its graphs, in words: actions, overrides, messages, tables.
//!
//! - In: actions, overrides and messages of a policy, tables of its thresholds.
//! - Out: a text by what it is about, so that two versions can be compared.
//! - Never: where something is written, which changes without meaning anything.

use super::{Change, compared, instant, listed};
use crate::actions::Action;
use crate::messages::{Blank, Message, Template};
use crate::overrides::{About, Override, Overrides};
use crate::thresholds::{Hit, Table};
use bellwether_core::{Code, Type};
use bellwether_expr::Catalogue;
use std::collections::BTreeMap;

/// An action, its parameters, and the facts that its boundaries are told.
pub(super) fn action(action: &Action, catalogue: &Catalogue, parts: &mut BTreeMap<String, String>) {
    let name = &action.name;
    let (about, groups) = (action.subject.as_str(), listed(&action.groups));
    let mut text = format!("about the {about}, groups {groups}, limits {}", listed(&action.limits));
    if !action.description.is_empty() {
        text.push_str(&format!(" ({})", action.description));
    }
    parts.insert(format!("action `{name}`"), text);
    for one in &action.parameters {
        parts.insert(format!("parameter `{}` of `{name}`", one.name), one.kind.to_string());
    }
    for one in &action.context {
        let fact = catalogue.fact(one.slot).map_or("", |fact| &fact.name);
        let need = if one.optional { "optional" } else { "required" };
        let text = format!("{}, from {fact}, {need}", one.kind);
        parts.insert(format!("context `{}` of `{name}`", one.name), text);
    }
}

/// An override in words.
pub(super) fn exception(one: &Override) -> String {
    let does = match &one.overrides {
        Overrides::Route(node) => format!("leads to {node}"),
        Overrides::Forbid => "forbids".to_owned(),
        Overrides::Approvals(roles) => format!("needs {}", roles.join(", ")),
    };
    let about = match &one.about {
        About::Graph(name) => format!("in the graph {name}"),
        About::Action(name) => format!("for the action {name}"),
    };
    let when = if one.when.is_empty() { "always" } else { &one.when };
    let (from, until) = (instant(one.from), instant(one.until));
    let (author, approver) = (&one.author, &one.approver);
    let signed = one.owner_signs.as_deref().map_or(String::new(), |by| format!(", signed by {by}"));
    let ticket = if one.ticket.is_empty() { "" } else { ", " };
    format!(
        "{does} {about} when {when}, {from} to {until}, by {author} and {approver}{signed} ({}{ticket}{})",
        one.reason, one.ticket
    )
}

/// The asks that a message is for.
pub(super) fn asks_of(message: &Message) -> String {
    match (&message.graph, &message.node) {
        (Some(graph), Some(node)) => format!("message for `{node}` of `{graph}`"),
        (Some(graph), None) => format!("message for all of `{graph}`"),
        (None, Some(node)) => format!("message for every `{node}`"),
        (None, None) => "message for all".to_owned(),
    }
}

/// What a message says, with its blanks as they are written.
pub(super) fn words(message: &Message) -> String {
    let blank = |blank: Blank| format!("{{{}}}", blank.as_str());
    let quoted = |text: &Template| format!("'{}'", text.fill(blank));
    let title = message.title.as_ref().map(|title| format!("titled {}", quoted(title)));
    let text: Vec<_> = message.text.iter().map(quoted).collect();
    let text = (!text.is_empty()).then(|| format!("says {}", text.join(", ")));
    title.into_iter().chain(text).collect::<Vec<_>>().join(", ")
}

/// What differs between the tables of two versions: heads, rows by when they fit, and their order. The catalogues
/// know the words of values.
pub fn diff_tables(old: (&[Table], &Catalogue), new: (&[Table], &Catalogue)) -> Vec<Change> {
    compared(tables(old.0, old.1), tables(new.0, new.1))
}

fn tables(tables: &[Table], catalogue: &Catalogue) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    for table in tables {
        let outline = &table.outline;
        let name = &outline.name;
        let mut text = format!(
            "{} of the {}, owner {}, {} row that fits",
            outline.kind,
            outline.scope.as_str(),
            table.owner,
            match table.hit {
                Hit::First => "the first",
                Hit::Unique => "the only",
            }
        );
        if !outline.reason.is_empty() {
            text.push_str(&format!(" ({})", outline.reason));
        }
        parts.insert(format!("table `{name}`"), text);
        for row in &table.rows {
            let value = value(table, row.value, catalogue);
            let reason =
                if row.reason.is_empty() { String::new() } else { format!(" ({})", row.reason) };
            parts
                .insert(format!("row of `{name}` {}", when(&row.when)), format!("{value}{reason}"));
        }
        if table.hit == Hit::First {
            let order: Vec<_> = table.rows.iter().map(|row| when(&row.when)).collect();
            parts.insert(format!("order of the rows of `{name}`"), order.join("; "));
        }
    }
    parts
}

fn when(when: &str) -> String {
    if when == "true" { "for all".to_owned() } else { format!("when {when}") }
}

fn value(table: &Table, raw: i64, catalogue: &Catalogue) -> String {
    let mut words = table.outline.values.iter().filter(|_| table.outline.kind == Type::Code);
    let word = words.find(|word| Code::of(word).raw() == raw);
    word.map_or_else(|| catalogue.show(table.outline.kind, raw), Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thresholds::{Outline, Row};
    use bellwether_core::Place;
    use bellwether_expr::Scope;

    fn table(rows: &[(&str, i64)]) -> Table {
        let place = Place { file: "thresholds.yaml".to_owned(), line: 1, column: 1 };
        let row = |(when, value): &(&str, i64)| Row {
            when: (*when).to_owned(),
            value: *value,
            reason: String::new(),
            place: place.clone(),
        };
        let outline = Outline {
            name: "threshold.limit".to_owned(),
            place: place.clone(),
            kind: Type::Money,
            scope: Scope::Case,
            values: Vec::new(),
            reason: String::new(),
        };
        let rows = rows.iter().map(row).collect();
        Table { outline, owner: "ann".to_owned(), hit: Hit::First, rows }
    }

    #[test]
    fn rows_are_told_by_when_they_fit() {
        let known = Catalogue::default();
        let old = [table(&[("a", 100), ("b", 200), ("true", 0)])];
        let new = [table(&[("b", 250), ("a", 100), ("c", 5), ("true", 0)])];
        let told = |old: &[Table], new: &[Table]| {
            let changes = diff_tables((old, &known), (new, &known));
            changes.iter().map(|change| format!("{change}\n")).collect::<String>()
        };
        expect_test::expect![[r#"
            order of the rows of `threshold.limit`
              was when a; when b; for all
              now when b; when a; when c; for all
            row of `threshold.limit` when b
              was 2.00
              now 2.50
            row of `threshold.limit` when c
              new 0.05
        "#]]
        .assert_eq(&told(&old, &new));
        assert_eq!(told(&old, &old), "");
        assert!(
            told(&[], &old).contains("table `threshold.limit`\n  new money of the case, owner ann")
        );
    }
}
