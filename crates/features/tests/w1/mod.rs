//! W1, the benchmark's world: its accounts and signals as the engine reads them.
//!
//! The data lies in $PEERS_DATA (or /tmp/peers-data); where it is not, everything here is skipped.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "a test that reads the benchmark's files, where they are"
)]

use bellwether_core::authored::Document;
use bellwether_core::signal::MatchedBy;
use bellwether_core::{Code, Field, Signal, Timestamp, Trust, Value};
use bellwether_features::FeatureSet;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

/// The facts of W1.
pub(crate) fn set() -> FeatureSet {
    let facts = Document::read("facts.yaml", include_str!("facts.yaml")).unwrap();
    let features = Document::read("features.yaml", include_str!("features.yaml")).unwrap();
    FeatureSet::compile(&facts, Some(&features), &[]).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>())
    })
}

/// Where the data lies, if it is there.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var("PEERS_DATA").unwrap_or_else(|_| "/tmp/peers-data".to_owned());
    let folder = PathBuf::from(folder);
    let there = folder.join("w1-signals.jsonl").exists() && folder.join("w1-facts.jsonl").exists();
    if !there {
        eprintln!(
            "skipped: no W1 data in {}; bench-peers' `run.sh DATA` makes it",
            folder.display()
        );
    }
    there.then_some(folder)
}

/// The first `limit` lines of a file.
pub(crate) fn lines(path: PathBuf, limit: usize) -> impl Iterator<Item = Json> {
    let file = BufReader::new(std::fs::File::open(path).unwrap());
    file.lines().take(limit).map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

fn signal(key: u64, kind: &str, at: Timestamp, given: &Json, skip: &[&str]) -> Signal {
    let mut fields: Vec<(&str, Value)> = Vec::new();
    for (name, value) in given.as_object().unwrap() {
        let value = match value {
            _ if skip.contains(&name.as_str()) => continue,
            Json::Number(number) => Value::Int(number.as_i64().unwrap()),
            Json::String(word) => Value::Code(Code::of(word)),
            _ => continue,
        };
        fields.push((name, value));
    }
    fields.sort_by_key(|(name, _)| *name);
    let field = |(name, value): (&str, Value)| Field { name: Code::of(name), value };
    Signal {
        key,
        content: key,
        source: Code::of("w1"),
        kind: Code::of(kind),
        at,
        known_at: at,
        trust: Trust::System,
        doc: None,
        contact: None,
        matched_by: MatchedBy::External,
        fields: fields.into_iter().map(field).collect(),
    }
}

/// One signal an account that carries what is known of it, from just before the first signal.
pub(crate) fn accounts(folder: &std::path::Path, start: Timestamp) -> Vec<Signal> {
    let file = lines(folder.join("w1-accounts.jsonl"), usize::MAX);
    let one = |(at, given): (usize, Json)| {
        let before = Timestamp::from_micros(start.micros() - 1);
        let key = u64::MAX - at as u64;
        let mut signal = signal(key, "account", before, &given, &["account", "base"]);
        let mut fields = signal.fields.to_vec();
        let place = fields.iter().position(|field| field.name == Code::of("strategic")).unwrap();
        fields.insert(place, Field { name: Code::of("start"), value: Value::Time(start) });
        signal.fields = fields.into();
        signal
    };
    file.enumerate().map(one).collect()
}

/// The first `limit` signals, each with its account.
pub(crate) fn signals(folder: &std::path::Path, limit: usize) -> Vec<(usize, Signal)> {
    let file = lines(folder.join("w1-signals.jsonl"), limit);
    let one = |given: Json| {
        let number = |name: &str| given[name].as_i64().unwrap();
        let at = Timestamp::from_secs(number("ts"));
        let kind = given["kind"].as_str().unwrap();
        let skip = ["id", "ts", "account", "kind"];
        (number("account") as usize, signal(number("id") as u64, kind, at, &given, &skip))
    };
    file.map(one).collect()
}
