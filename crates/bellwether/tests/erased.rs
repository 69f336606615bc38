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
    dry.says(&["would be destroyed"]);
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
    world.run(&["explain", "--id", "crm=D1"]).ends(0).says(&["its words are erased", ", erased"]);
    // What comes again of them is neither learnt, nor sealed, nor kept as refused.
    let again = fs::read_to_string(world.path("crm-deals.csv")).unwrap().replace("D5,", "D6,");
    world.write("crm-deals.csv", &again);
    world.run(&["import", "crm-deals.csv"]).ends(2);
    world.run(&["privacy", "erase", "--email", EMAIL, "--dry-run"]).ends(0).says(&["erased at"]);
    for account in ["A1", "A2", "A3"] {
        let id = format!("crm={account}");
        let held = world.run(&["privacy", "export", "--id", &id, "--purpose", "r-3"]).ends(0);
        assert!(held.out.contains("crm=D") && !held.out.contains(EMAIL), "{}", held.out);
    }
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
    world.run(&["keys", "rotate"]).ends(0).says(&["rotation 1: "]);
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
