//! What looks wrong is held back or refused, listed, shown for a purpose, read again, and erased.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use serde_json::Value;
use std::fs;
use world::World;

const HEAD: &str = "deal_id,modified_at,account_id,stage,amount,currency,probability_percent,\
    technical_fit,decision_maker_met,owner_email";

/// Deals of which the first `bad` have no amount that can be read; `more` is a column beyond the mapping.
fn deals(rows: u32, bad: u32, more: Option<&str>) -> String {
    let mut text = format!("{HEAD}{}\n", more.map_or("", |_| ",hobby"));
    for nth in 0..rows {
        let amount = if nth < bad { "much".to_owned() } else { (nth * 1_000).to_string() };
        text += &format!(
            "D{nth},2026-01-05T09:{:02}:00Z,A{nth},proposal,{amount},EUR,40,50,yes,t@us.example",
            nth % 60
        );
        text += &more.map_or_else(String::new, |more| format!(",{more}"));
        text.push('\n');
    }
    text
}

#[test]
fn a_file_that_looks_wrong_is_held_back_whole() {
    let world = World::new();
    world.run(&["init", "--bundle", "small"]).ends(0);
    world.write("crm-deals.csv", &deals(100, 40, None));
    let dry = world.run(&["import", "crm-deals.csv", "--dry-run"]).ends(2);
    dry.says(&["100 rows give 60 signals", "row-bad-number", "held back by the gate `refused`"]);
    let held = world.run(&["import", "crm-deals.csv"]).ends(2);
    assert!(held.err.contains("gate-refused") && held.err.contains("40 of 100"), "{}", held.err);
    let list = world.run(&["quarantine", "list", "--format", "json"]).ends(0).json();
    assert_eq!(
        (&list["files"][0]["gate"], &list["rows"]),
        (&"refused".into(), &Value::Array(vec![]))
    );
    assert_eq!(list["files"][0]["accepted"], false);
    world.run(&["import", "crm-deals.csv", "--accept-gate", "volume"]).ends(2);
    world.run(&["import", "crm-deals.csv", "--accept-gate", "nonsense"]).ends(64);
    let said = world.run(&["import", "crm-deals.csv", "--accept-gate", "refused"]).ends(2);
    said.says(&["100 rows gave 60 signals", "let through the gate `refused`", "quarantine list"]);
    let list = world.run(&["quarantine", "list", "--format", "json"]).ends(0).json();
    assert_eq!(
        (&list["files"][0]["accepted"], &list["codes"]["row-bad-number"]),
        (&true.into(), &40.into())
    );
    // Every row refused: nobody can let it through.
    world.write("crm-deals.csv", &deals(3, 3, None));
    let none = world.run(&["import", "crm-deals.csv", "--accept-gate", "all_refused"]).ends(2);
    assert!(none.err.contains("gate-all-refused"), "{}", none.err);
    // A column that the last file had in most rows is empty now.
    let empty = deals(60, 0, None).replace("proposal", "").replace("D", "E");
    world.write("crm-deals.csv", &empty);
    let gone = world.run(&["import", "crm-deals.csv"]).ends(2);
    assert!(gone.err.contains("gate-vanished") && gone.err.contains("`stage`"), "{}", gone.err);
    world.run(&["import", "crm-deals.csv", "--accept-gate", "vanished"]).ends(0);
    let left = world.run(&["quarantine", "list", "--format", "json"]).ends(0).json();
    let held = left["files"].as_array().unwrap().iter().filter(|one| one["accepted"] == false);
    assert_eq!(held.count(), 0, "{left}");
}

#[test]
fn refused_rows_are_listed_shown_read_again_and_erased() {
    let world = World::new();
    world.run(&["init", "--bundle", "small"]).ends(0);
    world.write("crm-deals.csv", &deals(20, 3, Some("Quillon's boat")));
    world.run(&["import", "crm-deals.csv"]).ends(2).says(&["17 signals", "row-bad-number"]);
    let list = ["quarantine", "list"];
    let said = world.run(&list).ends(0);
    said.says(&["3  row-bad-number", "`amount` is not a number", "file 1:2"]);
    let show = world.run(&["quarantine", "show", "1"]).ends(0);
    show.says(&["file 1:2", "row-bad-number", "--reveal"]);
    for said in [&said, &show] {
        assert!(!said.out.contains("much") && !said.out.contains("Quillon"), "{}", said.out);
    }
    world.run(&["quarantine", "show", "1", "--reveal", ""]).ends(64);
    let open = world.run(&["quarantine", "show", "1", "--reveal", "case 12"]).ends(0);
    open.says(&["\"much\"", "crm-deals.csv", "Quillon's boat"]);
    let store = bellwether_store::Store::open(
        world.path("bellwether-data"),
        &bellwether_store::Options::read_only(),
    );
    let accesses = store.unwrap().accesses().unwrap();
    assert_eq!(
        (accesses[0].what.as_str(), accesses[0].purpose.as_str()),
        ("quarantine row 1", "case 12")
    );

    // The same mapping refuses them again: they stay, once each.
    world.run(&["quarantine", "retry", "--code", "row-bad-number"]).ends(2);
    let again = world.run(&["quarantine", "list", "--format", "json"]).ends(0).json();
    assert_eq!(again["codes"]["row-bad-number"], 3, "{again}");
    assert_eq!(again["rows"][0]["place"], "file 1:4");

    // A mended one reads what it never listed.
    let (_, shipped) =
        bellwether_adapters::shipped().iter().find(|(name, _)| *name == "crm-deals").unwrap();
    let amount = shipped.lines().find(|line| line.trim_start().starts_with("amount:")).unwrap();
    let mended = shipped.replace(amount, "      hobby: {from: hobby, type: code}");
    world.write("mended.yaml", &mended);
    let retry = ["quarantine", "retry", "--all", "--mapping", "mended.yaml"];
    world.run(&retry).ends(0).says(&["3 rows gave 3 signals"]);
    world.run(&list).ends(0).says(&["nothing is in quarantine"]);
    let none = world.run(&retry).ends(1);
    assert!(none.err.contains("quarantine-none"), "{}", none.err);

    // What is dropped is gone, with its key. D2 was read with other fields above.
    world.write("crm-deals.csv", &deals(30, 2, None));
    let said = world.run(&["import", "crm-deals.csv"]).ends(2);
    said.says(&["duplicate: told before", "conflict: their ids were told before"]);
    world.run(&["quarantine", "drop", "--all"]).ends(64);
    let codes = || world.run(&[&list[..], &["--format", "json"]].concat()).ends(0).json();
    assert_eq!(codes()["codes"], serde_json::json!({"row-bad-number": 2, "signal-conflict": 1}));
    let id = codes()["rows"][0]["id"].to_string();
    world.run(&["quarantine", "drop", &id, "--yes"]).ends(0).says(&["1 rows erased"]);
    assert_eq!(codes()["codes"], serde_json::json!({"row-bad-number": 2}));
    world.run(&["replay", "--all"]).ends(0);
    assert_eq!(world.doctor(0, "broken"), []);
}

#[test]
fn what_a_mapping_does_not_list_is_kept_sealed_for_a_while() {
    let world = World::new();
    world.run(&["init", "--bundle", "small"]).ends(0);
    world.write("crm-deals.csv", &deals(12, 0, Some("Quillon's boat")));
    let dry = world.run(&["import", "crm-deals.csv", "--dry-run"]).ends(0);
    dry.says(&[
        "not listed by the mapping",
        "hobby",
        "kept sealed for 30d",
        "its gates let it pass",
    ]);
    world.run(&["import", "crm-deals.csv"]).ends(0);
    let unlisted = |words: &[&str], key: &str| {
        let words = [&["privacy", "purge", "--format", "json"], words].concat();
        let plan = world.run(&words).ends(0).json();
        plan.as_array().unwrap().iter().find(|one| one["table"] == "unlisted").unwrap()[key].clone()
    };
    assert_eq!(unlisted(&["--dry-run"], "all"), 12);
    let held = fs::read(world.data("data.db")).unwrap();
    assert!(!held.windows(7).any(|part| part == b"Quillon"));
    assert_eq!(unlisted(&["--yes", "--now", "2199-01-01"], "removed"), 12);
    world.run(&["replay", "--all"]).ends(0);
    let (_, shipped) =
        bellwether_adapters::shipped().iter().find(|(name, _)| *name == "crm-deals").unwrap();
    world.write("dropping.yaml", &shipped.replace("format:", "unknown: drop\nformat:"));
    world.write("other.csv", &deals(12, 0, Some("sails")).replace("D", "E"));
    let dry = world.run(&["import", "dropping.yaml=other.csv", "--dry-run"]).ends(0);
    dry.says(&["hobby", "dropped (`unknown: drop`)"]);
    world.run(&["import", "dropping.yaml=other.csv"]).ends(0);
    assert_eq!(unlisted(&["--dry-run"], "all"), 0);
}
