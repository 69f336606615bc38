//! The reference of the bundle language: every example in it compiles, and its tests pass.
#![cfg(test)]

use bellwether_adapters::Mapping;
use bellwether_core::Place;
use bellwether_engine::Rules;
use bellwether_expr::Expr;
use bellwether_engine::trial::run_tests;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../../docs/bundle-language.md");

/// The fenced blocks of a page: what stands behind the fence, the line, and the text.
fn blocks(page: &str) -> Vec<(String, u32, String)> {
    let (mut found, mut open) = (Vec::new(), None);
    for (line, text) in (1..).zip(page.lines()) {
        match (text.strip_prefix("```"), &mut open) {
            (Some(what), None) => open = Some((what.to_owned(), line, String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some((_, _, block))) => {
                block.push_str(text);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block does not end");
    found
}

fn compose(files: &BTreeMap<String, String>, line: u32) -> Rules {
    match Rules::compose(files.clone()) {
        Ok(rules) => rules,
        Err(problems) => {
            let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
            panic!("the block of line {line}:\n{}", shown.join("\n"))
        }
    }
}

#[test]
fn every_example_compiles() {
    let (mut files, mut later) = (BTreeMap::new(), Vec::new());
    let (mut mappings, mut expressions) = (0, Vec::new());
    for (what, line, text) in blocks(PAGE) {
        match what.as_str() {
            "yaml mapping" => {
                let parsed = Mapping::parse("mapping.yaml", &text);
                assert!(parsed.is_ok(), "line {line}: {:?}", parsed.err());
                mappings += 1;
            }
            "expressions" => expressions.extend(text.lines().map(|one| (line, one.to_owned()))),
            yaml => {
                let file = yaml.strip_prefix("yaml ").or_else(|| yaml.strip_prefix("cedar "));
                let file = file.unwrap_or_else(|| panic!("line {line}: {yaml}"));
                if files.contains_key(file) {
                    later.push((file.to_owned(), line, text));
                } else {
                    files.insert(file.to_owned(), text);
                }
            }
        }
    }
    let named: BTreeSet<_> = files.keys().map(String::as_str).collect();
    for file in ["actions.yaml", "bundle.yaml", "facts.yaml", "features.yaml", "people.yaml", "rates.yaml"] {
        assert!(named.contains(file), "{file} has no example");
    }
    let rules = compose(&files, 1);
    assert_eq!(rules.warnings(), [], "the example has nothing to look at");
    let outcomes = run_tests(&rules);
    assert!(outcomes.len() >= 3);
    for outcome in outcomes {
        assert!(outcome.passed(), "{}: {:?}", outcome.name, outcome.failures);
    }
    for (file, line, text) in later {
        let mut files = files.clone();
        files.insert(file, text);
        compose(&files, line);
    }
    assert!(mappings > 0 && expressions.len() >= 5);
    for (line, text) in expressions {
        let place = Place { file: "page".to_owned(), line, column: 0 };
        let compiled = Expr::compile_bool(&text, rules.catalogue(), place);
        assert!(compiled.is_ok(), "{text}: {:?}", compiled.err());
    }
}

/// The words in backticks of a column that is headed `key` or `operation`.
fn keys(page: &str) -> BTreeSet<String> {
    let (mut keys, mut column) = (BTreeSet::new(), None);
    for line in page.lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if cells.len() < 3 {
            column = None;
        } else if let Some(head) = cells.iter().position(|cell| ["key", "operation"].contains(cell))
        {
            column = Some(head);
        } else if let Some(cell) = column.and_then(|column| cells.get(column)) {
            let words = cell.split('`').skip(1).step_by(2);
            let word = |word: &str| {
                let key = word.split(':').next().unwrap_or_default();
                key.rsplit('.').next().unwrap_or_default().to_owned()
            };
            keys.extend(words.map(word));
        }
    }
    keys
}

/// Every key of a table stands in an example too, so that none is only told of.
#[test]
fn every_key_has_an_example() {
    let examples: String = blocks(PAGE).into_iter().map(|(_, _, text)| text).collect();
    let keys = keys(PAGE);
    assert!(keys.len() > 50, "{}: {keys:?}", keys.len());
    let missing: Vec<_> =
        keys.iter().filter(|key| !examples.contains(&format!("{key}:"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every place that the glossary names is there: `crate`, `crate/folder` or `crate/file.rs`.
#[test]
fn the_glossary_points_at_what_is_there() {
    let glossary = include_str!("../../../docs/glossary.md");
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let rows = glossary.lines().filter_map(|line| line.split('|').nth(3));
    let places: Vec<_> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(places.len() > 80, "{}", places.len());
    for place in places {
        let (room, file) = place.split_once('/').unwrap_or((place, ""));
        let path = crates.join(room).join("src").join(file);
        assert!(path.exists() || path.with_extension("rs").exists(), "{place}");
    }
}
