//! The shipped mappings on the real data sets that lie beside the repository, where they do.
//!
//! Each test says so when it skips: the data is not part of the repository.

#![cfg(test)]

use bellwether_adapters::{Mapping, Refusal, decompress, rows, shipped};
use bellwether_core::signal::{RawSignal, RawValue};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Instant;

fn mapping(name: &str) -> Mapping {
    let (_, text) = shipped().iter().find(|(known, _)| *known == name).unwrap();
    Mapping::parse(name, text).unwrap()
}

/// All rows of a file; `None` where the data is not there.
fn read(name: &str, file: &str) -> Option<Vec<Vec<Result<RawSignal, Refusal>>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(file);
    let Ok(opened) = File::open(&path) else {
        eprintln!("SKIPPED: there is no {}; nothing was tested", path.display());
        return None;
    };
    let reader = decompress(BufReader::new(opened)).unwrap();
    let mapping = mapping(name);
    let start = Instant::now();
    let rows = rows(reader, file, mapping.format(), &mapping).unwrap();
    let signals: Vec<_> = rows.map(|row| mapping.map(&row.unwrap())).collect();
    let (count, took) = (signals.len(), start.elapsed());
    eprintln!(
        "{file}: {count} rows in {took:?}, {:.0} a second",
        count as f64 / took.as_secs_f64()
    );
    Some(signals)
}

fn distinct<K: Ord>(signals: &[RawSignal], key: impl Fn(&RawSignal) -> K) -> usize {
    signals.iter().map(key).collect::<BTreeSet<_>>().len()
}

fn has(signal: &RawSignal, field: &str) -> bool {
    signal.fields.iter().any(|(name, _)| name == field)
}

#[test]
fn the_incident_log_is_read_whole() {
    let Some(rows) = read("incident-log", "servicenow-incidents/events_dev.csv.gz") else { return };
    assert_eq!(rows.len(), 115_750);
    let signals: Vec<RawSignal> = rows.into_iter().flatten().map(Result::unwrap).collect();
    let of = |kind: &str| signals.iter().filter(|s| s.kind == kind).cloned().collect::<Vec<_>>();
    let updates = of("incident.updated");
    assert_eq!(updates.len(), 115_750);
    assert_eq!(updates.iter().filter(|s| !has(s, "assigned_to")).count(), 22_122);
    assert_eq!(updates.iter().filter(|s| s.account.is_empty()).count(), 29, "no caller");
    assert_eq!(distinct(&updates, |s| s.id.clone()), 115_750, "no update is taken for another");
    // 11,479 share a minute with another one of their incident; the counter tells them apart.
    assert_eq!(distinct(&updates, |s| (s.case.clone(), s.at)), 115_750);
    // Five pairs share a number and a count of modifications, and still say different things.
    let count = |s: &RawSignal| match s.fields.iter().find(|(name, _)| name == "sys_mod_count") {
        Some((_, RawValue::Int(count))) => *count,
        other => panic!("a count, not {other:?}"),
    };
    assert_eq!(distinct(&updates, |s| (s.case.clone(), count(s))), 115_745);

    let outcomes = of("outcome.sla");
    assert_eq!(outcomes.len(), 19_989, "one for each closing row");
    assert_eq!(distinct(&outcomes, |s| s.id.clone()), 19_934, "one for each incident");
    assert_eq!(distinct(&outcomes, |s| format!("{s:?}")), 19_934, "and they agree");
    let missed = |s: &&RawSignal| s.fields.contains(&("missed".into(), RawValue::Bool(true)));
    let missed: BTreeSet<_> = outcomes.iter().filter(missed).map(|s| &s.id).collect();
    assert_eq!(missed.len(), 7_968);
}

#[test]
fn the_pipeline_keeps_deals_of_nobody() {
    let Some(rows) = read("crm-pipeline", "crm-opportunities/sales_pipeline_dev.csv") else {
        return;
    };
    assert_eq!(rows.len(), 7_439);
    let nobody = |row: &&Vec<_>| {
        row.iter().all(|signal: &Result<RawSignal, _>| signal.as_ref().unwrap().account.is_empty())
    };
    assert_eq!(rows.iter().filter(nobody).count(), 1_425);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for signal in rows.into_iter().flatten() {
        *kinds.entry(signal.unwrap().kind).or_default() += 1;
    }
    let expected = [("crm.deal.updated".to_owned(), 7_439), ("outcome.deal".to_owned(), 5_350)];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_small_tables_are_read_whole() {
    for (name, file, count) in [
        ("crm-accounts", "crm-opportunities/accounts.csv", 85),
        ("crm-products", "crm-opportunities/products.csv", 7),
        ("crm-teams", "crm-opportunities/sales_teams.csv", 35),
    ] {
        let Some(rows) = read(name, file) else { return };
        let signals: Vec<_> = rows.into_iter().flatten().map(Result::unwrap).collect();
        assert_eq!(signals.len(), count, "{file}");
    }
}
