//! The program as a whole: what commands print, how they end, and what they leave on the disk. Every
//! test has a folder of its own.
#![cfg(test)]

mod world;

use serde_json::Value;
use std::fs;
use world::{BUNDLE, World, names};

#[test]
fn a_bad_bundle_is_told_everything_at_once() {
    let world = World::new();
    let [.., (routing, text), _] = BUNDLE;
    let text = text.replace("deal.amount >=", "deal.amuont >=").replace("to: cro", "to: crow");
    world.write(&format!("small/{routing}"), &text);
    world.write("small/bundle.yaml", "bundle: small\nversion: one\nowner: ann\ncurrency: EUR\n");
    world.run(&["policy", "check", "small"]).ends(2).says(&[
        "small/bundle.yaml:2:10: error[policy-version]",
        "small/routing/deal.yaml:11:",
        "error[policy-unknown-node]",
        "did you mean `cro`?",
        "deal.amuont",
        "did you mean `deal.amount`?",
        "to mend",
    ]);
    let json = world.run(&["policy", "check", "small", "--format", "json"]).ends(2).json();
    let problems = json.as_array().unwrap();
    assert!(problems.len() >= 3, "{json}");
    for problem in problems {
        for key in ["code", "file", "line", "message"] {
            assert!(!problem[key].is_null(), "{problem}");
        }
    }
    world.run(&["policy", "check", "smal"]).ends(1).warns(&["smal"]);
}

#[test]
fn a_good_bundle_is_summed_up() {
    let world = World::new();
    let said = world.run(&["policy", "check", "small"]).ends(0);
    said.says(&["small 1.0.0: fine (1 graph, 2 rules,"]);
    let json = world.run(&["policy", "check", "small", "--format", "json"]).ends(0).json();
    assert_eq!(json, Value::Array(Vec::new()));
}

#[test]
fn each_shipped_bundle_is_fine_and_passes_its_tests() {
    let world = World::new();
    let list = world.run(&["policy", "list", "--format", "json"]).ends(0).json();
    let shipped = list.as_array().unwrap();
    assert!(shipped.len() >= 4, "{list}");
    for one in shipped {
        let bundle = one["bundle"].as_str().unwrap();
        assert!(one["about"].as_str().unwrap().ends_with('.'), "{one}");
        world.run(&["policy", "check", bundle]).ends(0).says(&[bundle, "fine"]);
        let tested = world.run(&["policy", "test", bundle]).ends(0);
        assert!(tested.out.contains(" tests passed\n"), "{bundle}: {}", tested.out);
        let facts = world.run(&["facts", "--bundle", bundle, "--format", "json"]).ends(0).json();
        assert!(facts.as_array().unwrap().len() > 3, "{bundle}");
        world.run(&["policy", "show", bundle]).ends(0).says(&[bundle, "asked in turn: "]);
    }
}

#[test]
fn a_failing_test_is_a_finding() {
    let world = World::new();
    let [.., (tests, text)] = BUNDLE;
    world.write(&format!("small/{tests}"), &text.replace("node: cro", "node: desk"));
    world.run(&["policy", "test", "small"]).ends(2).says(&[
        "large",
        "small/tests/deal.yaml:2",
        "expected node `desk`, found `cro`",
        "0 tests passed, 1 failed",
    ]);
}

#[test]
fn routing_is_shown_and_compared() {
    let world = World::new();
    world.run(&["policy", "show", "small", "--graph", "deals"]).ends(0).says(&[
        "R1-large -> cro",
        "when deal.amount >= 500000",
        "because it is large",
        "asked in turn: maria, lee, kim",
    ]);
    let said = world.run(&["policy", "show", "small", "--graph", "deasl"]).ends(1);
    assert!(said.err.contains("did you mean `deals`?"), "{}", said.err);
    for (path, text) in BUNDLE {
        world.write(&format!("new/{path}"), &text.replace("500000", "900000"));
    }
    world.run(&["policy", "diff", "small", "small"]).ends(0).says(&["they say the same"]);
    world.run(&["policy", "diff", "small", "new"]).ends(0).says(&[
        "rule `R1-large` of `deals`",
        "deal.amount >= 900000",
        "1 difference",
    ]);
}

#[test]
fn decisions_come_out_as_they_were_made() {
    let world = World::with_deals();
    world.run(&["export", "decisions", "--out", "all.csv"]).ends(0);
    let text = fs::read_to_string(world.path("all.csv")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("at,stream,seq,graph,doc,outcome,node,rule,asked,"), "{text}");
    let large: Vec<_> = lines.iter().filter(|line| line.contains("R1-large")).collect();
    assert!(large[0].starts_with("2026-02-05T09:00:00Z,account:"), "{text}");
    assert!(
        large[0].contains(",cxo,cro,R1-large,maria,1,operator,yes,,applied,history,"),
        "{text}"
    );

    let piped = world.run(&["export", "decisions", "--out", "-", "--as", "jsonl"]).ends(0);
    let rows = piped.lines();
    assert_eq!(rows.len(), lines.len() - 1, "both forms have the same rows");
    let asked = rows.iter().find(|row| row["rule"] == "R1-large").unwrap();
    assert_eq!(asked["asked"][0], "maria");
    for (words, count) in [
        (&["--changed", "--from", "2026-03-05", "--until", "2026-03-06"][..], 1),
        (&["--graph", "deals", "--changed", "--until", "2026-02-06"], 2),
        (&["--from", "2030-01-01"], 0),
    ] {
        let words = [&["export", "decisions", "--out", "-", "--as", "jsonl"], words].concat();
        let said = world.run(&words).ends(0);
        assert_eq!(said.lines().len(), count, "{words:?}\n{}", said.out);
    }
    let said = world.run(&["export", "decisions", "--out", "x.csv", "--graph", "deal"]).ends(1);
    assert!(said.err.contains("did you mean `deals`?"), "{}", said.err);
    assert_eq!(names(world.path(".")), ["all.csv", "bellwether-data", "crm-deals.csv", "small"]);
}

#[test]
fn a_healthy_directory_is_told_so() {
    let world = World::with_deals();
    let before = names(world.path("bellwether-data"));
    assert_eq!(world.doctor(0, "broken"), []);
    let told = world.run(&["doctor", "--full", "--bundle", "small"]).ends(0);
    assert!(!told.out.contains("tom@us.example"), "{}", told.out);
    told.says(&[
        "integrity (full)",
        "records (all)",
        "small 1.0.0 (shadow) in force",
        "refused rows: 1 row-no-id",
        "nothing is broken",
    ]);
    assert_eq!(names(world.path("bellwether-data")), before, "it changes nothing");
}

#[test]
fn each_breakage_is_named_with_its_code() {
    for (breakage, check, code) in [
        ("no key file", "master key", "key-file-missing"),
        ("another key", "key database", "key-wrong-master"),
        ("half a key", "master key", "key-file-malformed"),
        ("open key", "master key", "key-file-exposed"),
        ("no data.db", "store", "store-missing"),
        ("no keys.db", "key database", "key-database-missing"),
        ("no directory", "data directory", "data-missing"),
        ("torn data.db", "store", "store-corrupt"),
    ] {
        let world = World::with_deals();
        let key = world.data("master.key");
        match breakage {
            "no key file" => fs::remove_file(key).unwrap(),
            "another key" => fs::write(key, "A".repeat(43)).unwrap(),
            "half a key" => fs::write(key, "abc").unwrap(),
            "open key" => world::open_to_others(&key),
            "no data.db" => fs::remove_file(world.data("data.db")).unwrap(),
            "no keys.db" => fs::remove_file(world.data("keys.db")).unwrap(),
            "torn data.db" => {
                fs::write(world.data("data.db"), [7; 8192]).unwrap();
                // As long as its log is there, SQLite reads every page from that.
                let _ = fs::remove_file(world.data("data.db-wal"));
            }
            _ => fs::remove_dir_all(world.path("bellwether-data")).unwrap(),
        }
        let broken = world.doctor(2, "broken");
        let found = broken.iter().find(|(about, _)| about == check).map(|(_, code)| code.as_str());
        assert_eq!(found, Some(code), "{breakage}: {broken:?}");
        world.run(&["doctor"]).ends(2).says(&[code, "help: "]);
    }
}

#[test]
fn a_purge_is_shown_before_it_is_done() {
    let world = World::with_deals();
    world.run(&["privacy", "purge"]).ends(64);
    world.run(&["privacy", "purge", "--dry-run", "--yes"]).ends(64);
    let retention = world.run(&["privacy", "retention"]).ends(0);
    retention.says(&["quarantine", "30d", "journal", "2190d"]);
    let rows = |words: &[&str], table: &str, key: &str| {
        let words = [&["privacy", "purge", "--format", "json"], words].concat();
        let plan = world.run(&words).ends(0).json();
        let line = plan.as_array().unwrap().iter().find(|line| line["table"] == table);
        line.unwrap()[key].as_u64().unwrap()
    };
    let later = "2199-01-01";
    assert_eq!(rows(&["--dry-run"], "quarantine", "rows"), 0);
    assert_eq!(rows(&["--dry-run", "--now", later], "quarantine", "rows"), 1);
    assert_eq!(rows(&["--dry-run", "--now", later], "quarantine", "removed"), 0);
    assert_eq!(rows(&["--yes", "--now", later], "quarantine", "removed"), 1);
    assert_eq!(rows(&["--dry-run", "--now", later], "quarantine", "rows"), 0);
    assert_eq!(rows(&["--yes", "--now", later], "journal", "removed"), 0);
    assert_eq!(world.doctor(0, "broken"), []);
}

const NAMED: &str = "roles: {cro: [maria], desk: [lee, kim]}\nalways: desk\n# Quillon is new.\n\
    people:\n  maria: {name: Maria Quillon, email: m.quillon@us.example}\n  lee: {}\n  kim: {}\n";

#[test]
fn names_of_whom_rules_ask_are_shown_and_erased_and_decide_nothing() {
    let world = World::new();
    world.write("small/people.yaml", NAMED);
    world.run(&["init", "--bundle", "small"]).ends(0);
    world.run(&["import", "crm-deals.csv"]).ends(2);
    let list = ["explain", "--id", "crm=D1", "--list"];
    world.run(&list).ends(0).says(&["maria (Maria Quillon)"]);
    let held = || fs::read(world.data("data.db")).unwrap();
    let holds = |what: &str| held().windows(what.len()).any(|part| part == what.as_bytes());
    world.run(&["privacy", "purge", "--yes"]).ends(0);
    assert!(holds("maria") && !holds("Quillon") && !holds("m.quillon"));

    // The same rules with other details are the same rules.
    world.write("small/people.yaml", &NAMED.replace("Maria", "Marie"));
    let again = world.run(&["features", "activate", "small"]).ends(0);
    assert!(again.err.contains("in force already"), "{}", again.err);
    world.run(&list).ends(0).says(&["maria (Marie Quillon)"]);

    world.run(&["privacy", "forget-staff", "maria"]).ends(64);
    world.run(&["privacy", "forget-staff", "maria", "--yes"]).ends(0);
    world.run(&["privacy", "forget-staff", "maria", "--yes"]).ends(2);
    let said = world.run(&list).ends(0);
    said.says(&["maria"]);
    assert!(!said.out.contains("Quillon"), "{}", said.out);
    world.run(&["replay", "--all"]).ends(0);

    // Whoever leaves the bundle is kept for a while, then purged.
    world.write("small/people.yaml", NAMED);
    world.run(&["features", "activate", "small"]).ends(0);
    world
        .write("small/people.yaml", &NAMED.replace("maria:", "nora:").replace("[maria]", "[nora]"));
    world.run(&["features", "activate", "small"]).ends(0);
    let late = ["privacy", "purge", "--yes", "--format", "json", "--now"];
    for (year, removed) in [("2027-01-01", 0), ("2099-01-01", 1)] {
        let said = world.run(&[&late[..], &[year]].concat()).ends(0).json();
        let staff = said.as_array().unwrap().iter().find(|one| one["table"] == "staff").unwrap();
        assert_eq!(staff["removed"], removed, "{year}: {staff}");
    }
}

#[test]
fn what_counts_through_a_link_is_explained_and_simulated() {
    let world = World::with_deals();
    world.run(&["link", "crm=A3", "crm=A1"]).ends(0);
    let list = world.run(&["link", "--list", "--format", "json"]).ends(0).json();
    let (other, survivor) = (list[0]["account"].clone(), list[0]["survivor"].clone());
    let survivor = survivor.as_str().unwrap();
    let listed = world.run(&["explain", survivor, "--list"]).ends(0);
    listed.says(&["linked: also counts account:", "R1-large", "maria"]);
    let json = world.run(&["explain", survivor, "--list", "--format", "json"]).ends(0).json();
    let decisions = json["decisions"].as_array().unwrap();
    let lines = listed.out.lines().filter(|line| line.contains("deals")).count();
    assert_eq!(decisions.len(), lines, "both forms list the same:\n{}", listed.out);
    assert_eq!(json["links"]["also_counts"].as_array().unwrap().len(), 1, "{json}");
    // The last decision is about a deal of the other account.
    let last = decisions.last().unwrap();
    let seq = last["seq"].to_string();
    let told = world.run(&["explain", survivor, "--seq", &seq, "--format", "json"]).ends(0).json();
    let found = told["decisions"].as_array().unwrap();
    let facts = found.iter().flat_map(|one| one["facts"].as_array().unwrap());
    let from: Vec<_> = facts.flat_map(|fact| fact["from"].as_array().unwrap()).collect();
    let elsewhere = from.iter().filter(|signal| signal["account"] == other);
    let elsewhere: Vec<_> = elsewhere.collect();
    assert!(!elsewhere.is_empty(), "{told}");
    for signal in elsewhere {
        let home = other.as_str().unwrap().trim_start_matches("acc_");
        assert_eq!(signal["stream"], format!("account:{home}"), "{told}");
        assert_eq!(signal["kind"], "crm.deal.updated", "{told}");
    }
    let text = world.run(&["explain", survivor, "--seq", &seq]).ends(0);
    text.says(&["a link with account:", "crm.deal.updated (in acc_"]);
    world
        .run(&["explain", other.as_str().unwrap(), "--list"])
        .ends(0)
        .says(&["linked: its signals count for"]);

    let same = world.run(&["simulate", "--bundle", "small"]).ends(0);
    same.says(&["is the very bundle in force", "newly: 0", "no longer: 0"]);
    for (path, text) in BUNDLE {
        world.write(&format!("new/{path}"), &text.replace("500000", "900"));
    }
    let words = ["simulate", "--bundle", "new", "--format", "json"];
    let tried = world.run(&words).ends(0).json();
    assert_eq!((&tried["same"], &tried["asked_now"]), (&false.into(), &1.into()), "{tried}");
    // Every deal is asked about then, also those of the account that is linked: once where they lay,
    // and once where they count since.
    assert_eq!((&tried["asked_then"], &tried["newly"]), (&7.into(), &6.into()), "{tried}");
    assert_eq!(tried["newly_first"].as_array().unwrap().len(), 6, "{tried}");
}

#[test]
fn names_are_opened_for_a_purpose_only() {
    let world = World::with_deals();
    let export = ["export", "decisions", "--out", "-", "--as", "jsonl"];
    let plain = world.run(&export).ends(0);
    assert!(plain.lines().iter().all(|row| row["source_id"].is_null()), "{}", plain.out);
    world.run(&[&export[..], &["--names", "an audit"]].concat()).ends(64);
    let named = world.run(&[&export[..], &["--names", "audit-7"]].concat()).ends(0);
    let ids: Vec<_> = named.lines().iter().map(|row| row["source_id"].clone()).collect();
    for (nth, id) in ids.iter().enumerate() {
        assert!(id.as_str().is_some_and(|id| id.starts_with("crm=D")), "row {nth}: {}", named.out);
    }
    let found = ["explain", "--id", "crm=A1", "--list", "--names", "audit-7"];
    world.run(&found).ends(0).says(&["(crm=A1)", "deal crm=D1"]);
    for (path, text) in BUNDLE {
        world.write(&format!("new/{path}"), &text.replace("500000", "900"));
    }
    let words = ["simulate", "--bundle", "new", "--names", "audit-7"];
    world.run(&words).ends(0).says(&["crm=A2 deal crm=D2: "]);
    world.run(&["doctor"]).ends(0).says(&["3 for audit-7"]);
}

#[test]
fn a_mapping_is_printed_to_be_copied() {
    let world = World::new();
    world.run(&["mappings", "list"]).ends(0).says(&["zendesk-tickets", "json"]);
    let shown = world.run(&["mappings", "show", "mail"]).ends(0);
    shown.says(&["mapping: mail", "own_domains"]);
    world.write("mine.yaml", &shown.out);
    world.run(&["mappings", "check", "mine.yaml"]).ends(0).says(&["mine.yaml: fine"]);
    world.write("bad.yaml", &shown.out.replace("source:", "sauce:"));
    world.run(&["mappings", "check", "bad.yaml"]).ends(2).says(&["bad.yaml:", "to mend"]);
    let said = world.run(&["mappings", "show", "mial"]).ends(1);
    assert!(
        said.err.contains("[import-no-mapping]") && said.err.contains("`mail`"),
        "{}",
        said.err
    );
}

#[test]
fn an_unknown_bundle_is_told_with_the_nearest_name() {
    let world = World::new();
    for words in [
        &["policy", "check", "customer-escalatoin"][..],
        &["init", "--bundle", "customer-escalatoin"],
        &["facts", "--bundle", "customer-escalatoin"],
    ] {
        let said = world.run(words).ends(1);
        for part in ["[bundle-unknown]", "did you mean `customer-escalation`?", "incident-sla"] {
            assert!(said.err.contains(part), "{words:?}: {}", said.err);
        }
    }
}

#[test]
fn an_activation_says_what_becomes_of_escalations() {
    let world = World::with_deals();
    world.run(&["features", "activate", "small"]).ends(0);
    for (path, text) in BUNDLE {
        let text = text.replace("1.0.0", "1.1.0").replace("to: cro", "to: chief");
        let text = text.replace("cro: {kind", "chief: {kind").replace("node: cro", "node: chief");
        world.write(&format!("new/{path}"), &text);
    }
    let said = world.run(&["features", "activate", "new"]).ends(0);
    said.says(&[
        "small 1.1.0 is in force",
        "1 are at a graph or node that is gone",
        "the role `desk`",
    ]);
    let json = world.run(&["features", "activate", "small", "--format", "json"]).ends(0).json();
    assert_eq!(json["live"], serde_json::json!({"stay": 1, "orphaned": 0}), "{json}");
}

#[test]
fn what_link_cannot_find_is_told_in_its_own_words() {
    let world = World::with_deals();
    let nobody = "acc_00000000000000000000000001";
    let said = world.run(&["link", nobody, "crm=A1"]).ends(1);
    assert!(said.err.contains("SYSTEM=ID") && !said.err.contains("--e"), "{}", said.err);
}
