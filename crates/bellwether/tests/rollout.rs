//! Other rules come into force, as an operator does it: by commands, beside a server, and by a killed one.
#![cfg(test)]

#[path = "rollout/approved.rs"]
mod approved;
#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use world::{BUNDLE, World};

/// Writes the small bundle anew as another version, with another limit.
fn version(world: &World, folder: &str, version: &str, limit: &str) {
    for (path, text) in BUNDLE {
        let text = text.replace("1.0.0", version).replace(">= 500000", &format!(">= {limit}"));
        world.write(&format!("{folder}/{path}"), &text);
    }
}

/// The states of all versions, the oldest first.
fn states(world: &World) -> Vec<String> {
    let said = world.run(&["policy", "status", "--format", "json"]).ends(0).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |row: &Value| format!("{} {}", text(&row["bundle"]), text(&row["state"]));
    said.as_array().unwrap().iter().map(one).collect()
}

fn apply<'a>(folder: &'a str, how: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["policy", "apply", folder, "--reason", "a test", "--by", "ann"];
    words.extend(how);
    words
}

#[test]
fn a_version_goes_the_whole_way_and_back() {
    let world = World::with_deals();
    version(&world, "next", "1.1.0", "900");
    let before = states(&world);
    assert_eq!(before, ["small 1.0.0 in_force"]);
    world.run(&["policy", "plan", "next"]).ends(0).says(&[
        "in force: small 1.0.0",
        "planned:  small 1.1.0",
        "1 test ran",
        "it may be applied",
    ]);
    assert_eq!(states(&world), before, "a plan writes nothing");

    world.run(&apply("next", &["--shadow"])).ends(0).says(&["decides in shadow"]);
    assert_eq!(states(&world), ["small 1.0.0 in_force", "small 1.1.0 shadow"]);
    // What a shadow counts is what a replay of the same rules counts.
    let shadow = world.run(&["policy", "shadow", "--format", "json"]).ends(0).json();
    let replay = ["replay", "--all", "--bundle", "next", "--format", "json"];
    let replay = world.run(&replay).ends(2).json();
    assert_eq!((&shadow["equal"], &shadow["differ"]), (&replay["equal"], &replay["differ"]));
    assert_eq!(shadow, replay["compared"]);
    assert!(shadow["decisions"]["differ"].as_u64().unwrap() > 0, "{shadow}");
    assert!(shadow["newly"].as_u64().unwrap() > 0, "a lower limit asks about more: {shadow}");
    world.run(&["replay", "--all"]).ends(0);

    world.run(&apply("next", &["--canary", "50"])).ends(0).says(&["a share of the accounts"]);
    assert_eq!(states(&world), ["small 1.0.0 in_force", "small 1.1.0 canary"]);
    world.run(&apply("next", &["--enforce"])).ends(0).says(&["is in force"]);
    assert_eq!(states(&world), ["small 1.0.0 was_in_force", "small 1.1.0 in_force"]);
    world.run(&apply("next", &[])).ends(1).warns(&["rollout-already"]);
    world.run(&apply("small", &[])).ends(1).warns(&["rollout-downgrade", "policy rollback"]);

    let back = ["policy", "rollback", "--reason", "too many calls", "--by", "kim"];
    world.run(&back).ends(0).says(&["is in force"]);
    assert_eq!(states(&world), ["small 1.0.0 in_force", "small 1.1.0 was_in_force"]);
    world.run(&["log", "show"]).ends(0).says(&[
        "rules.proposed (shadow)",
        "rules.started (canary 50 %)",
        "rules.rolled_back",
        "kim",
        "too many calls",
    ]);
    world.run(&["log", "verify"]).ends(0);
    world.run(&["replay", "--all"]).ends(0).says(&["are byte-equal"]);
}

#[test]
fn what_may_not_be_applied_leaves_the_rules_as_they_are() {
    let world = World::with_deals();
    version(&world, "aged", "0.9.0", "900");
    version(&world, "broken", "1.1.0", "900");
    world.write("broken/routing/deal.yaml", "graph: deals\n");
    version(&world, "failing", "1.1.0", "700000");
    version(&world, "signed", "1.1.0", "900");
    for (folder, code) in
        [("aged", "rollout-downgrade"), ("broken", "error["), ("failing", "rollout-tests")]
    {
        world.run(&["policy", "plan", folder]).ends(2).says(&[code, "it may not be applied"]);
        world.run(&apply(folder, &[])).ends(1).warns(&[code]);
    }
    world.run(&["policy", "apply", "signed", "--reason", ""]).ends(1).warns(&["rollout-reason"]);
    world.run(&apply("signed", &["--canary", "100"])).ends(64);
    world.run(&["policy", "shadow"]).ends(1).warns(&["rollout-no-shadow"]);
    world.run(&["policy", "rollback", "--reason", "x"]).ends(1).warns(&["rollout-never-in-force"]);
    world
        .run(&["policy", "approve", "abcdef", "--reason", "x"])
        .ends(1)
        .warns(&["rollout-unknown"]);
    // Two people must agree, and a command without a signature is nobody.
    world.write("four.toml", "[rules]\nfour_eyes = true\n");
    let asked = [&apply("signed", &[])[..], &["--config", "four.toml"]].concat();
    world.run(&asked).ends(1).warns(&["rollout-signer"]);
    // Nor may a bundle begin that lacks what the configuration asks for.
    world.write("proof.toml", "[rules]\nrequire_proof = true\n");
    let asked = [&apply("signed", &[])[..], &["--config", "proof.toml"]].concat();
    world.run(&asked).ends(1).warns(&["lock-missing"]);
    let plan = ["policy", "plan", "signed", "--config", "proof.toml"];
    world.run(&plan).ends(2).says(&["lock-missing"]);
    // Nor by the command that asks for nothing.
    for config in ["four.toml", "proof.toml"] {
        let asked = ["features", "activate", "signed", "--config", config];
        world.run(&asked).ends(1).warns(&["features-guarded"]);
    }
    assert_eq!(states(&world), ["small 1.0.0 in_force"]);
}

/// A server; it is killed when the test ends.
struct Server(Child);

impl Server {
    fn start(world: &World) -> Self {
        let mut child = command(world)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.starts_with("http"), "the server did not start");
        Self(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn command(world: &World) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
    command
        .current_dir(world.path("."))
        .env_remove("BELLWETHER_DATA")
        .env_remove("BELLWETHER_MASTER_KEY_FILE")
        .env("BELLWETHER_SERVER_LISTEN", "127.0.0.1:0");
    command
}

#[test]
fn a_running_server_takes_orders() {
    let world = World::with_deals();
    version(&world, "next", "1.1.0", "900");
    let server = Server::start(&world);
    world.run(&apply("next", &["--canary", "10"])).ends(0).says(&["a share of the accounts"]);
    assert_eq!(states(&world), ["small 1.0.0 in_force", "small 1.1.0 canary"]);
    world.run(&apply("next", &[])).ends(0).says(&["is in force"]);
    world.run(&apply("next", &[])).ends(1).warns(&["rollout-already"]);
    let back = ["policy", "rollback", "--reason", "too many calls"];
    world.run(&back).ends(0).says(&["is in force"]);
    assert_eq!(states(&world), ["small 1.0.0 in_force", "small 1.1.0 was_in_force"]);
    assert!(world::names(world.data("orders")).is_empty(), "no order is left behind");
    drop(server);
    world.run(&["replay", "--all"]).ends(0);
    world.run(&["log", "verify"]).ends(0);
}

#[test]
fn a_command_that_is_killed_leaves_the_old_rules_or_the_new_ones() {
    let world = World::with_deals();
    let mut newest = "1.0.0".to_owned();
    for nth in 1..=12u32 {
        let next = format!("1.{nth}.0");
        version(&world, "next", &next, &format!("{}", 900 + nth));
        let mut child = command(&world)
            .args(apply("next", &[]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From before it opens the directory to after it has ended.
        for _ in 0..nth * 4_000 {
            std::thread::yield_now();
        }
        drop(child.kill());
        child.wait().unwrap();
        let all = states(&world);
        let held: Vec<_> = all.iter().filter(|one| one.ends_with(" in_force")).collect();
        let [held] = held.as_slice() else { panic!("{all:?}") };
        let new = format!("small {next} in_force");
        assert!(**held == new || **held == format!("small {newest} in_force"), "{nth}: {all:?}");
        if **held == new {
            newest = next;
        }
        world.run(&["replay", "--all"]).ends(0);
        world.run(&["log", "checkpoint"]).ends(0);
        world.run(&["log", "verify"]).ends(0);
    }
}
