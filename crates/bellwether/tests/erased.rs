//! Leaving every store, as an operator does it: by commands.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use std::fs;
use world::World;

const EMAIL: &str = "tom@us.example";

#[test]
fn a_person_is_erased_with_a_receipt_and_twice_changes_nothing() {
    let world = World::with_deals();
    let dry = world.run(&["privacy", "erase", "--email", EMAIL, "--dry-run"]).ends(0);
    dry.says(&["would be destroyed", "6 sealed parts would be removed", "for 3 other accounts ("]);
    let dry = world.run(&["privacy", "erase", "--id", "crm=A1", "--dry-run"]).ends(0);
    dry.says(&["would be erased as a whole", "sealed parts would be removed"]);
    let asked = ["privacy", "erase", "--email", EMAIL, "--dry-run", "--receipt", "r.json"];
    world.run(&asked).ends(64);
    world.run(&["privacy", "erase", "--email", EMAIL]).ends(64);
    let held = world.run(&["privacy", "export", "--email", EMAIL, "--purpose", "r-1"]).ends(0);
    assert_eq!(held.json()["events"].as_array().unwrap().len(), 6, "six deals name the owner");
    assert_eq!(held.json()["refused"].as_array().unwrap().len(), 1);
    let done =
        ["privacy", "erase", "--email", EMAIL, "--yes", "--receipt", "r.json", "--format", "json"];
    let receipt = world.run(&done).ends(0).json();
    let kept: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(world.path("r.json")).unwrap()).unwrap();
    assert_eq!(kept, receipt);
    assert_eq!(
        (receipt["state"].as_str(), receipt["opened_by_hand"].as_u64()),
        (Some("erased"), Some(1))
    );
    let removed = |table: &str| {
        let stores = receipt["stores"].as_array().unwrap().iter();
        stores.clone().find(|one| one["table"] == table).unwrap()["removed"].as_u64()
    };
    let first = &receipt["stores"][0];
    assert!(first["removed"].as_u64() > Some(0), "what lost something comes first: {first}");
    assert_eq!(
        (removed("keys"), removed("quarantine"), removed("identity")),
        (Some(2), Some(1), Some(1))
    );
    assert_eq!((removed("journal"), removed("payload")), (None, Some(6)), "the owner's address");
    assert_eq!(receipt["shared"]["parts"], 6);
    let again = world.run(&done).ends(0).json();
    assert_eq!(again["state"], "already");
    world.run(&["privacy", "erase", "--email", EMAIL, "--yes"]).ends(0).says(&["nothing changed"]);
    let held = world.run(&["privacy", "export", "--email", EMAIL, "--purpose", "r-2"]).ends(0);
    assert!(held.json()["events"].as_array().unwrap().is_empty());
    world.run(&["replay", "--all"]).ends(0).says(&["sealed parts of these events are erased"]);
    world.run(&["doctor"]).says(&["1 by hand for r-1, last at", "1 by hand for r-2, last at"]);
    world.run(&["log", "verify"]).ends(0);
    world.run(&["explain", "--id", "crm=D1"]).ends(0).says(&["its words are erased", ", erased"]);
    // What comes again of them is neither learnt, nor sealed, nor kept as refused.
    let again = fs::read_to_string(world.path("crm-deals.csv")).unwrap().replace("D5,", "D6,");
    world.write("crm-deals.csv", &again);
    let imported = world.run(&["import", "crm-deals.csv", "--format", "json"]).ends(2);
    let statuses = &imported.json()["statuses"];
    assert!(statuses["erased"].as_u64() > Some(0) && statuses["conflict"].is_null(), "{statuses}");
    assert!(!imported.out.contains("too_late"), "an erasure is no news: {}", imported.out);
    world.run(&["privacy", "erase", "--email", EMAIL, "--dry-run"]).ends(0).says(&["erased at"]);
    for account in ["A1", "A2", "A3"] {
        let id = format!("crm={account}");
        let held = world.run(&["privacy", "export", "--id", &id, "--purpose", "r-3"]).ends(0);
        assert!(held.out.contains("crm=D") && !held.out.contains(EMAIL), "{}", held.out);
    }
    let early = ["privacy", "object", "--email", "nobody@any.example"];
    world.run(&early).ends(0).says(&["nobody here is known by it; whoever comes under it is held"]);
    let unknown = ["privacy", "erase", "--email", "nobody@any.example", "--yes"];
    assert!(world.run(&unknown).ends(1).err.contains("privacy-unknown"));
    assert!(!receipt.to_string().contains(EMAIL));
}

#[test]
fn nobody_is_erased_while_an_import_holds_the_directory() {
    let world = World::with_deals();
    let options = bellwether_store::Options::default();
    let held = bellwether_store::Store::open(world.path("bellwether-data"), &options).unwrap();
    let said = world.run(&["privacy", "erase", "--email", EMAIL, "--yes"]).ends(1);
    assert!(said.err.contains("store-locked"), "{}", said.err);
    drop(held);
    world.run(&["privacy", "erase", "--email", EMAIL, "--yes"]).ends(0);
}

#[test]
fn the_master_key_is_rotated_and_a_lost_key_database_is_named() {
    let world = World::with_deals();
    let before = fs::read(world.data("master.key")).unwrap();
    world.run(&["keys", "status"]).ends(0).says(&["never rotated", "keys, 0 of them destroyed"]);
    let rotated = world.run(&["keys", "rotate"]).ends(0);
    rotated.says(&["rotation 1: "]);
    rotated.warns(&["back up keys.db now"]);
    world.run(&["keys", "status"]).ends(0).says(&["rotated 1 times"]);
    assert_ne!(fs::read(world.data("master.key")).unwrap(), before);
    world.run(&["explain", "--id", "crm=D1", "--list", "--names", "r-1"]).ends(0);
    world.run(&["replay", "--all"]).ends(0);
    fs::write(world.data("master.key"), before).unwrap();
    assert!(
        world
            .run(&["explain", "--id", "crm=D1", "--list", "--names", "r-1"])
            .ends(1)
            .err
            .contains("key-wrong-master")
    );
    for file in ["keys.db", "keys.db-wal", "keys.db-shm"] {
        let _ = fs::remove_file(world.data(file));
    }
    for words in [
        &["explain", "--id", "crm=D1", "--list", "--names", "r-1"][..],
        &["keys", "status"],
        &["keys", "rotate"],
    ] {
        assert!(world.run(words).ends(1).err.contains("key-database-missing"), "{words:?}");
    }
    world.run(&["replay", "--all"]).ends(0);
}

#[test]
fn old_events_are_trimmed_to_a_base_and_replay_says_so() {
    let world = World::with_deals();
    let decided = world.run(&["export", "decisions", "--out", "-"]).ends(0).out;
    let later = ["privacy", "purge", "--yes", "--now", "2040-01-01", "--format", "json"];
    let told = world.run(&later).ends(0).json();
    let journal = told.as_array().unwrap().iter().find(|line| line["table"] == "journal").unwrap();
    assert_eq!((journal["rows"].as_u64(), journal["removed"].as_u64()), (Some(9), Some(9)));
    let replay = world.run(&["replay", "--all", "--format", "json"]).ends(0).json();
    assert_eq!((replay["purged"].as_u64(), replay["differ"].as_u64()), (Some(9), Some(0)));
    world.run(&["replay", "--all"]).ends(0).says(&["their events are purged"]);
    assert_eq!(world.run(&["export", "decisions", "--out", "-"]).ends(0).out, decided);
    assert_eq!(world.doctor(0, "broken"), []);
    let gone = world.run(&["explain", "--id", "crm=D1"]).ends(1);
    assert!(gone.err.contains("explain-purged"), "{}", gone.err);
    // The figures go on from the base: what came before still counts.
    let header = fs::read_to_string(world.path("crm-deals.csv")).unwrap();
    let header = header.lines().next().unwrap();
    let row = "D2,2026-04-10T09:00:00Z,A2,proposal,900000,EUR,10,20,no,tom@us.example";
    world.write("crm-deals.csv", &format!("{header}\n{row}\n"));
    world.run(&["import", "crm-deals.csv"]).ends(0);
    world.run(&["explain", "--id", "crm=D2"]).ends(0).says(&["R1-large"]);
    let replay = world.run(&["replay", "--all", "--format", "json"]).ends(0).json();
    assert_eq!((replay["purged"].as_u64(), replay["differ"].as_u64()), (Some(9), Some(0)));
    let again = world.run(&["privacy", "purge", "--dry-run", "--now", "2026-12-31"]).ends(0);
    again.says(&["journal"]);
    world.run(&["log", "verify"]).ends(0);
    world.run(&["privacy", "erase", "--email", EMAIL, "--yes"]).ends(0);
    world.run(&["replay", "--all"]).ends(0);
}

#[test]
fn whoever_was_erased_since_the_backup_stays_erased() {
    let world = World::with_deals();
    world.run(&["backup", "copy"]).ends(0);
    world.run(&["privacy", "erase", "--email", EMAIL, "--yes"]).ends(0);
    for file in ["data.db", "data.db-wal", "data.db-shm"] {
        let _ = fs::remove_file(world.data(file));
    }
    let said = world.run(&["restore", "copy"]).ends(0);
    assert!(said.err.contains("erased again"), "{}", said.err);
    let export = ["privacy", "export", "--email", EMAIL, "--purpose", "r-1"];
    assert!(world.run(&export).ends(0).json()["events"].as_array().unwrap().is_empty());
    world.run(&["import", "crm-deals.csv"]);
    assert!(world.run(&export).ends(0).json()["events"].as_array().unwrap().is_empty());
    world.run(&["log", "verify"]).ends(0);
    world.run(&["replay", "--all"]).ends(0);
}

#[test]
fn a_master_key_from_outside_is_rotated_from_outside() {
    let (first, next) = ("A".repeat(42) + "E", "B".repeat(42) + "E");
    let world = World::new();
    let one = [("BELLWETHER_MASTER_KEY", first.as_str())];
    let two = [("BELLWETHER_MASTER_KEY", next.as_str())];
    let both = [one[0], ("BELLWETHER_MASTER_KEY_NEXT", next.as_str())];
    world.run_with(&one, &["init", "--bundle", "small"]).ends(0);
    assert!(!world.data("master.key").exists());
    world.run_with(&one, &["import", "crm-deals.csv"]).ends(2);
    world.run_with(&one, &["keys", "status"]).ends(0).says(&["the variable BELLWETHER_MASTER_KEY"]);
    assert!(world.run_with(&one, &["keys", "rotate"]).ends(1).err.contains("key-no-next"));
    world.run_with(&both, &["keys", "rotate"]).ends(0).says(&["rotation 1: "]);
    let held = ["privacy", "export", "--email", EMAIL, "--purpose", "r-1"];
    assert!(world.run_with(&one, &held).ends(1).err.contains("key-wrong-master"));
    assert!(world.run_with(&two, &held).ends(0).out.contains(EMAIL));
    let half = [("BELLWETHER_MASTER_KEY", "AAAA")];
    assert!(world.run_with(&half, &held).ends(1).err.contains("key-file-malformed"));
}
