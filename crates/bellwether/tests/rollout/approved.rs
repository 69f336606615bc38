//! Two people and a lock: who signed proposes, another one who signed approves, and both mean one bundle.

use super::{apply, states, version};
use crate::world::World;

/// A house that asks for two people and one signature of ann's or bob's.
fn house() -> World {
    let world = World::with_deals();
    let key = |name: &str| {
        let made = world.run(&["policy", "keygen", &format!("{name}.key")]).ends(0);
        made.out.trim().to_owned()
    };
    let signers = [key("ann"), key("bob")].map(|key| format!("\"{key}\"")).join(", ");
    let rules = format!("[rules]\nsigners = [{signers}]\nsignatures = 1\nfour_eyes = true\n");
    world.write("bellwether-data/bellwether.toml", &rules);
    world
}

fn sign(world: &World, folder: &str, by: &str) {
    world.run(&["policy", "sign", folder, "--key", &format!("{by}.key")]).ends(0);
}

#[test]
fn an_approval_is_of_the_bundle_and_the_way_that_were_proposed() {
    let world = house();
    version(&world, "next", "1.1.0", "900");
    sign(&world, "next", "ann");
    let asked = world.run(&apply("next", &["--canary", "50"])).ends(0);
    asked.says(&["waits for a second person", "--bundle next --reason \"...\""]);
    world.run(&apply("next", &["--canary", "50"])).ends(1).warns(&["wait for a second person"]);
    let digest = asked.out.split(' ').next().unwrap();
    let approve = |folder: &str, how: &[&str]| {
        let words = ["policy", "approve", digest, "--bundle", folder, "--reason", "agreed"];
        world.run(&[&words[..], how].concat())
    };
    // Whoever signed another bundle has not agreed to this one.
    sign(&world, "small", "ann");
    sign(&world, "small", "bob");
    approve("small", &[]).ends(1).warns(&["rollout-other-bundle"]);
    let refused = approve("next", &[]).ends(1);
    refused.warns(&["rollout-same-person", "only ann has signed next", "let bob sign it"]);
    sign(&world, "next", "bob");
    approve("next", &["--enforce"]).ends(1).warns(&["rollout-not-proposed", "canary 50 %"]);
    assert_eq!(states(&world), ["small 1.0.0 in_force", "small 1.1.0 proposed"]);
    approve("next", &["--canary", "50"]).ends(0).says(&["a share of the accounts"]);
    assert_eq!(states(&world), ["small 1.0.0 in_force", "small 1.1.0 canary"]);
    let said = world.run(&["policy", "status", "--format", "json"]).ends(0).json();
    assert_eq!(
        (&said[1]["proposed"]["by"], &said[1]["approved"]["by"]),
        (&"ann".into(), &"bob".into())
    );
    // A canary's leaf says of what its digest was taken, and not that it is in force.
    world.run(&["doctor"]).says(&["small 1.0.0 (shadow) in force since"]);
    // What two signed begins at once, and what waits begins as it waits.
    world.run(&apply("next", &["--enforce"])).ends(0).says(&["is in force"]);
    version(&world, "more", "1.2.0", "800");
    sign(&world, "more", "bob");
    let asked = world.run(&apply("more", &[])).ends(0);
    let digest = asked.out.split(' ').next().unwrap();
    sign(&world, "more", "ann");
    let words = ["policy", "approve", digest, "--bundle", "more", "--reason", "agreed"];
    world.run(&words).ends(0).says(&["is in force"]);
    assert_eq!(states(&world).last().unwrap(), "small 1.2.0 in_force");
}

#[test]
fn a_shadow_may_be_older_and_needs_no_signature() {
    let world = house();
    version(&world, "aged", "0.9.0", "900");
    sign(&world, "aged", "ann");
    let plan = world.run(&["policy", "plan", "aged", "--format", "json"]).ends(2).json();
    let codes: Vec<_> =
        plan["problems"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["rollout-downgrade"], "it is said once");
    world.run(&apply("aged", &["--shadow"])).ends(0).says(&["decides in shadow"]);
    world.run(&apply("aged", &[])).ends(1).warns(&["rollout-downgrade"]);
    world.write("bellwether-data/bellwether.toml", "[rules]\nfour_eyes = true\n");
    version(&world, "next", "1.1.0", "900");
    world.run(&apply("next", &[])).ends(1).warns(&["rollout-signer"]);
    world.run(&apply("next", &["--shadow"])).ends(0).says(&["decides in shadow"]);
    let said = world.run(&["policy", "status", "--format", "json"]).ends(0).json();
    assert_eq!(said[2]["proposed"]["by"], "ann", "by the word of whoever says so");
}

#[test]
fn a_lock_names_no_proof_that_is_none() {
    let world = house();
    version(&world, "next", "1.1.0", "900");
    // Its graphs promise too much, which stands in no lock; of boundaries there is nothing to prove.
    world.run(&["policy", "prove", "next", "--out", "next/PROOF.json"]).ends(2);
    sign(&world, "next", "ann");
    let verify = ["policy", "verify", "next", "--signer", "ann.key.pub", "--require-proof"];
    world.run(&verify).ends(0).says(&["small 1.1.0 is what ann signed"]);
    world.write("next/PROOF.json", "{}");
    let sign = |more: &[&str]| {
        world.run(&[&["policy", "sign", "next", "--key", "ann.key"][..], more].concat())
    };
    sign(&[]).ends(1).warns(&["lock-proof-other"]);
    std::fs::remove_file(world.path("next/PROOF.json")).unwrap();
    sign(&["--expires", "2026-01-01"]).ends(1).warns(&["lock-expired", "has passed", "--expires"]);
    sign(&["--expires", "2190-01-01"]).ends(0);
    let other = sign(&["--expires", "2190-02-01"]).ends(0);
    other.warns(&["the date until which signatures hold was changed since the last lock"]);
    // Nor is a date that passed meanwhile taken over from the last lock.
    let lock = world.path("next/BUNDLE.lock");
    let text = std::fs::read_to_string(&lock).unwrap();
    assert!(text.contains("expires 2190-02-01"), "{text}");
    std::fs::write(&lock, text.replace("expires 2190-", "expires 2020-")).unwrap();
    sign(&[]).ends(1).warns(&["lock-expired", "2020-02-01"]);
    std::fs::write(&lock, text).unwrap();
    world.write("next/people.yaml", "roles: {}\n");
    let refused = sign(&[]).ends(1);
    refused.warns(&["people.yaml"]);
}

#[test]
fn what_is_missing_after_a_change_is_said() {
    let world = World::with_deals();
    for (folder, number, window) in [("next", "1.1.0", "1d"), ("more", "1.2.0", "2d")] {
        version(&world, folder, number, "900");
        let counts = format!("{{count: crm.deal.updated, scope: deal, window: {window}}}");
        let features = format!("features:\n  deal.moves: {counts}\n");
        world.write(&format!("{folder}/features.yaml"), &features);
        let said = world.run(&apply(folder, &[])).ends(0);
        said.says(&["is in force", "deal.moves", "missing until `bellwether features backfill`"]);
    }
    let back = ["policy", "rollback", "--reason", "too many calls", "--by", "kim"];
    world.run(&back).ends(0).says(&["deal.moves", "features backfill"]);
    let back = world.run(&back).ends(0);
    assert!(!back.out.contains("missing"), "the first version counts nothing: {}", back.out);
}
