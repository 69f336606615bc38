//! People: planted ones leave traces where they should, and nowhere else.
//!
//! - In: a small company.
//! - Out: failures that name the person's position, not the person.
//! - Never: accepts a trace in a column that is not personal.

use super::read::{Json, json, json_lines, table, text};
use super::small;
use crate::PERSONAL;

const TABLES: &[&str] = &[
    "accounts.csv",
    "deals.csv",
    "calendar.csv",
    "orders.csv",
    "invoices.csv",
    "usage.csv",
    "engagement.csv",
    "procurement.csv",
    "surveys.csv",
    "leads.csv",
    "people.csv",
    "outcomes.csv",
];

#[test]
fn every_planted_string_is_in_three_files() {
    let made = small();
    assert_eq!(made.truth.people.len(), 50);
    let texts: Vec<(&str, String)> =
        made.files.iter().map(|file| (file.name, text(made, file.name))).collect();
    for (position, person) in made.truth.people.iter().enumerate() {
        for trace in [&person.name, &person.email, &person.phone, &person.secret] {
            let holds = |(_, text): &&(&str, String)| text.contains(trace.as_str());
            let count = texts.iter().filter(holds).count();
            assert!(count >= 3, "person {position} left {trace} in {count} files");
        }
        for name in &person.files {
            let traced = texts.iter().any(|(n, t)| n == name && t.contains(&person.email));
            assert!(traced, "person {position} in {name}");
        }
        let alike = |trace: fn(&crate::PlantedPerson) -> &str| {
            made.truth.people.iter().filter(|other| trace(other).contains(trace(person))).count()
        };
        let unique =
            [alike(|p| &p.name), alike(|p| &p.email), alike(|p| &p.phone), alike(|p| &p.secret)];
        assert_eq!(unique, [1; 4], "person {position} is unique");
    }
    assert!(made.truth.people.iter().filter(|p| p.files.contains(&"leads.csv")).count() >= 20);
}

fn strays(cells: &[&str], made: &crate::Company, place: &str) {
    let all = cells.join("\n");
    for person in &made.truth.people {
        for trace in [&person.name, &person.email, &person.phone, &person.secret] {
            assert!(!all.contains(trace.as_str()), "{place} holds {trace}");
        }
    }
}

#[test]
fn no_planted_string_is_in_a_column_that_is_not_personal() {
    let made = small();
    for name in TABLES {
        let table = table(made, name);
        for column in &table.header {
            if !PERSONAL.contains(&(name, column)) {
                strays(&table.column(column), made, &format!("{name} {column}"));
            }
        }
    }
    let export = json(&text(made, "tickets.json"));
    let tickets: Vec<&Json> = export.at("tickets").list().iter().collect();
    let chats = json_lines(made, "chats.jsonl");
    let clauses = json_lines(made, "contracts.jsonl");
    for (name, rows) in [
        ("tickets.json", tickets),
        ("chats.jsonl", chats.iter().collect()),
        ("contracts.jsonl", clauses.iter().collect()),
    ] {
        let mut cells = Vec::new();
        for row in &rows {
            leaves(name, "", row, &mut cells);
        }
        assert!(cells.len() > rows.len(), "{name} has cells");
        strays(&cells, made, name);
    }
}

/// All values below, but those at personal paths.
fn leaves<'a>(name: &str, path: &str, value: &'a Json, cells: &mut Vec<&'a str>) {
    match value {
        Json::Plain(text) | Json::Text(text) => {
            if !PERSONAL.contains(&(name, path)) {
                cells.push(text);
            }
        }
        Json::List(items) => items.iter().for_each(|item| leaves(name, path, item, cells)),
        Json::Map(pairs) => {
            for (key, item) in pairs {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(name, &path, item, cells);
            }
        }
    }
}
