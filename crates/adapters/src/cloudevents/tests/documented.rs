//! The page on signals: every example in it is taken.

use super::*;
use bellwether_core::Type;

const PAGE: &str = include_str!("../../../../../docs/signals.md");

/// The rows of the table below a heading, as cells.
fn rows(head: &str) -> Vec<Vec<&'static str>> {
    let lines = PAGE.lines().skip_while(|line| *line != head).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn code(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_kind_and_its_data() {
    let rows = rows("| kinds | example of `data` |");
    assert!(rows.len() > 10);
    for row in rows {
        for kind in code(row[0]) {
            let data = code(row[1]).next().unwrap();
            let event = format!(
                r#"{{"specversion":"1.0","id":"1","source":"helpdesk","type":"{kind}","data":{data}}}"#
            );
            let read = structured(&event).unwrap_or_else(|fault| panic!("{kind}: {fault}"));
            assert_eq!(read.taken[0].signal.kind, kind);
        }
    }
}

#[test]
fn every_type_of_field() {
    let rows = rows("| a field holds | as in | rules read it as |");
    for row in &rows {
        let kind = code(row[2]).next().and_then(Type::from_word).unwrap();
        for value in code(row[1]) {
            let event = format!(
                r#"{{"specversion":"1.0","id":"1","source":"helpdesk","type":"a.b","data":{{"fields":{{"x":{value}}}}}}}"#
            );
            let read = structured(&event).unwrap_or_else(|fault| panic!("{value}: {fault}"));
            assert_eq!(read.taken[0].signal.fields[0].1.value().kind(), kind, "{value}");
        }
    }
    assert_eq!(rows.len(), Type::ALL.len());
}

#[test]
fn the_event_of_the_first_command() {
    let (_, rest) = PAGE.split_once("-d '").unwrap();
    let (event, _) = rest.split_once("}}'").unwrap();
    assert_eq!(structured(&format!("{event}}}}}")).unwrap().taken.len(), 1);
}
