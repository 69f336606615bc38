//! The log from the outside: signed, exported, proved, altered, backed up and restored.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use world::World;

fn key(world: &World) -> String {
    let shown = world.run(&["log", "show", "--format", "json"]).ends(0).json();
    shown["keys"].as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned()
}

#[test]
fn a_record_and_its_proof_stand_alone() {
    let world = World::with_deals();
    let said = world.run(&["log", "prove", "3", "--out", "proof"]).ends(0);
    said.says(&["record-3.json", "record-3.tlog-proof", "log check"]);
    let key = key(&world);
    let files = ["proof/record-3.json", "proof/record-3.tlog-proof"];
    let check = |key: &str| world.run(&["log", "check", files[0], files[1], "--key", key]);
    check(&key).ends(0).says(&["entry 2 (the first is 0) of", "bellwether/local/main/"]);
    world.run(&["log", "check", files[0], files[1]]).ends(1).warns(&["log-no-key"]);
    let other = World::with_deals();
    check(&self::key(&other)).ends(2).says(&["not proved", "note-unsigned"]);
    let record = fs::read_to_string(world.path(files[0])).unwrap();
    world.write(files[0], &record.replace("\"seq\":\"", "\"seq\":\"9"));
    check(&key).ends(2).says(&["not proved", "log-proof-invalid"]);
    world.run(&["log", "prove", "99999"]).ends(1).warns(&["log-no-record", "log search"]);
}

#[test]
fn what_cannot_be_used_is_told_with_its_place_and_leaves_nothing() {
    let world = World::with_deals();
    let key = key(&world);
    world.write("junk", "junk");
    fs::create_dir(world.path("empty")).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let bad: [(&[&str], &str, &str); 9] = [
        (&["log", "verify", "nowhere"], "log-no-checkpoint", "nowhere/checkpoint"),
        (&["log", "verify", "empty"], "log-no-checkpoint", "empty/checkpoint"),
        (&["log", "verify", "junk"], "log-file", "junk/checkpoint"),
        (&["log", "verify", "--seen", "nowhere"], "file-unreadable", "nowhere"),
        (&["log", "verify", "--seen", "junk"], "note-format", "junk"),
        (&["log", "check", "junk", "nowhere", "--key", &key], "file-unreadable", "nowhere"),
        (&["log", "export", "junk"], "log-file", "junk"),
        (&["log", "export", "new", "--epoch", "0"], "log-no-epoch", "epoch 0"),
        (&["log", "serve", "--listen", &address], "listen-failed", &address),
    ];
    for (words, code, place) in bad {
        world.run(words).ends(1).warns(&[code, place, "help: "]);
    }
    let said = world.run(&["log", "check", "junk", "junk", "--key", &key]).ends(2);
    said.says(&["not proved: junk: ", "proof-file-format"]);
    said.warns(&["help: "]);
    assert_eq!(fs::read(world.path("junk")).unwrap(), b"junk");
    assert!(!world.path("new").exists() && world::names(world.path("empty")).is_empty());
}

#[test]
fn search_finds_by_person_rule_role_verdict_and_time() {
    let world = World::with_deals();
    let all = world.run(&["log", "search", "--format", "json", "--limit", "9999"]).ends(0).json();
    let count = |words: &[&str]| {
        let words = [&["log", "search", "--format", "json"], words].concat();
        world.run(&words).ends(0).json()["found"].as_u64().unwrap()
    };
    let decided = |member: &str| {
        let leaves = all["records"].as_array().unwrap();
        let first = leaves.iter().flat_map(|one| one["leaf"]["decisions"].as_array()).flatten();
        let found = first.filter_map(|one| one[member].as_str()).next().unwrap().to_owned();
        let has = |one: &&serde_json::Value| {
            let decisions = one["leaf"]["decisions"].as_array();
            decisions.is_some_and(|list| list.iter().any(|one| one[member] == found.as_str()))
        };
        (found.clone(), leaves.iter().filter(has).count() as u64)
    };
    let (rule, by_rule) = decided("rule");
    assert_eq!(count(&["--rule", &rule]), by_rule);
    let (verdict, by_verdict) = decided("outcome");
    assert_eq!(count(&["--verdict", &verdict]), by_verdict);
    assert!(count(&["--role", "cro"]) > 0);
    assert_eq!(count(&["--role", "nobody"]), 0);
    assert_eq!(count(&["--kind", "rules.activated"]), 1);
    assert_eq!(count(&["--until", "1990-01-01"]), 0);
    assert_eq!(count(&["--from", "1990-01-01"]), all["found"].as_u64().unwrap());
    world.run(&["log", "search", "--role", "cro"]).ends(0).says(&["record", "what"]);
}

#[test]
fn an_exported_log_verifies_and_what_was_altered_is_named() {
    let world = World::with_deals();
    let key = key(&world);
    world.run(&["log", "export", "audit"]).ends(0).says(&["records of bellwether/local/main/"]);
    let verify = || world.run(&["log", "verify", "audit", "--key", &key]);
    verify().ends(0).says(&["every one is as it was signed"]);
    let seen = |words: &[&str]| {
        world.run(&[&["log", "verify", "--seen", "audit/checkpoint"], words].concat())
    };
    seen(&["audit"]).ends(0).says(&["the log continues the"]);
    seen(&[]).ends(0).says(&["the log continues the"]);
    let other = World::with_deals();
    let from = other.path("bellwether-data").display().to_string();
    seen(&["--data", &from]).ends(2).says(&["checkpoint-origin"]);
    let text = fs::read_to_string(world.path("audit/checkpoint")).unwrap();
    world.write("audit/checkpoint", &text.replacen('\n', "x\n", 1));
    verify().ends(2).says(&["checkpoint", "verify-checkpoint"]);
    world.write("audit/checkpoint", &text);
    let tile = world::names(world.path("audit/tile/entries/000.p")).pop().unwrap();
    let tile = world.path(&format!("audit/tile/entries/000.p/{tile}"));
    let mut bytes = fs::read(&tile).unwrap();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    fs::write(&tile, bytes).unwrap();
    verify().ends(2).says(&["is not the one that was logged", "verify-entry"]);
    world.run(&["log", "export", "audit", "--epoch", "7"]).ends(1).warns(&["log-no-epoch"]);
}

#[test]
fn a_backup_goes_on_in_a_new_epoch_and_everything_verifies() {
    let world = World::with_deals();
    let records = |world: &World| {
        world.run(&["log", "verify", "--format", "json"]).ends(0).json()["records"]
            .as_u64()
            .unwrap()
    };
    let before = records(&world);
    world.run(&["backup", "copy", "--keys", "copy"]).ends(1).warns(&["backup-together"]);
    world.run(&["backup", "kept", "--keys", "vault"]).ends(0).says(&["data.db", "keys.db"]);
    world.run(&["backup", "kept"]).ends(1).warns(&["store-exists"]);
    world.run(&["log", "rotate-key"]).ends(1).warns(&["log-rotate-unsure"]);
    world.run(&["log", "rotate-key", "--yes"]).ends(0);
    world.run(&["restore", "kept"]).ends(1).warns(&["restore-exists"]);
    world.run(&["restore", "nowhere"]).ends(1).warns(&["restore-missing"]);
    // A backup that was cut short, where the data is lost.
    let whole = fs::read(world.path("kept/data.db")).unwrap();
    let (data, aside) = (world.data("data.db"), world.path("aside"));
    fs::rename(&data, &aside).unwrap();
    let there = world::names(world.data(""));
    for size in [0, 4096, whole.len() / 2, whole.len() - 100] {
        fs::write(world.path("kept/data.db"), &whole[..size]).unwrap();
        let said = world.run(&["restore", "kept"]).ends(1);
        said.warns(&["store-corrupt", "kept/data.db", "help: "]);
        assert_eq!(world::names(world.data("")), there, "nothing is left of {size} bytes");
    }
    fs::write(world.path("kept/data.db"), whole).unwrap();
    fs::rename(&aside, &data).unwrap();
    let keys = world.run(&["restore", "kept", "--keys", "vault"]).ends(1);
    keys.warns(&["restore-exists", "leave `--keys` out"]);
    // By hand, as somebody in a hurry does it.
    fs::copy(world.path("kept/data.db"), world.data("data.db")).unwrap();
    for stray in ["data.db-wal", "data.db-shm"] {
        let _ = fs::remove_file(world.data(stray));
    }
    let refused = world.run(&["link", "acc_1", "acc_2"]).ends(1);
    refused.warns(&["log-rolled-back", "restore --in-place"]);
    world.run(&["log", "verify"]).ends(2).says(&["log-rolled-back"]);
    world.doctor(2, "broken").iter().find(|(_, code)| code == "log-rolled-back").unwrap();
    let said = world.run(&["restore", "--in-place"]).ends(0);
    said.says(&["(epoch 2)", "1 records that were signed are lost"]);
    assert_eq!(records(&world), before + 1);
    world.run(&["restore", "--in-place"]).ends(1).warns(&["restore-not-behind"]);
    let elsewhere = ["restore", "kept", "--data", "new"];
    world.run(&elsewhere).ends(1).warns(&["restore-no-keys"]);
    let no_master = world.run(&[&elsewhere[..], &["--keys", "vault"]].concat()).ends(1);
    no_master.warns(&["key-file-missing", "put the master.key of this data back first"]);
    assert!(!world.path("new/data.db").exists(), "nothing was put in place");
    world.run(&["replay", "--all"]).ends(0);
    let found =
        world.run(&["log", "search", "--kind", "restore.epoch", "--format", "json"]).ends(0);
    let leaf = &found.json()["records"][0]["leaf"];
    assert!(leaf["before"].as_str().unwrap().starts_with("bellwether/local/main/"), "{leaf}");
    world.run(&["log", "export", "first", "--epoch", "1"]).ends(0);
    world.run(&["log", "export", "second"]).ends(0);
    for folder in ["first", "second"] {
        world.run(&["log", "verify", folder]).ends(0);
    }
}

/// A command that answers on a port of its own until the test ends.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(world: &World, words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bellwether"))
            .args(words)
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(world.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { child, address }
    }

    /// The status and the body.
    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), all[end + 4..].to_vec())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_served_is_what_is_exported() {
    let world = World::with_deals();
    world.run(&["log", "export", "audit"]).ends(0);
    let served = Served::start(&world, &["log", "serve"]);
    let bundle = world::names(world.path("audit/tile/entries/000.p")).pop().unwrap();
    let files = [
        "checkpoint".to_owned(),
        "log.vkey".to_owned(),
        format!("tile/0/000.p/{bundle}"),
        format!("tile/entries/000.p/{bundle}"),
    ];
    for file in files {
        let (status, body) = served.get(&format!("/{file}"));
        assert_eq!((status, body), (200, fs::read(world.path(&format!("audit/{file}"))).unwrap()));
    }
    for none in ["/tile/0/001", "/tile/9/000", "/tile/0/000.p/255", "/tile/../data.db", "/x"] {
        assert_eq!(served.get(none).0, 404, "{none}");
    }
}

#[test]
fn a_witness_cosigns_growth_and_raises_alarm_at_a_rollback() {
    let world = World::with_deals();
    let made = world.run(&["witness", "init", "--state", "w", "--name", "cellar"]).ends(0);
    let witness = made.out.split_whitespace().find(|word| word.starts_with("cellar+")).unwrap();
    world.run(&["witness", "trust", "--state", "w", "--log", &key(&world)]).ends(0);
    let served = Served::start(&world, &["witness", "serve", "--state", "w"]);
    let address = &served.address;
    let witnesses =
        format!("witnesses:\n  - url: http://{address}/\n    key: {witness}\n    private: true\n");
    world.write("bellwether-data/witnesses.yaml", &witnesses);
    let first = world.run(&["log", "checkpoint"]).ends(0);
    first.says(&["\u{2014} cellar "]);
    world.run(&["log", "verify", "--witness", witness]).ends(0);
    fs::create_dir(world.path("old")).unwrap();
    for file in ["data.db", "keys.db"] {
        fs::copy(world.data(file), world.path(&format!("old/{file}"))).unwrap();
    }
    world.run(&["log", "rotate-key", "--yes"]).ends(0);
    world.run(&["log", "checkpoint"]).ends(0).says(&["\u{2014} cellar "]);
    // All of it is set back, the keys too: nothing here can tell, but the witness does.
    for file in ["data.db", "keys.db"] {
        fs::copy(world.path(&format!("old/{file}")), world.data(file)).unwrap();
    }
    world.run(&["log", "verify"]).ends(0);
    let refused = world.run(&["log", "checkpoint"]).ends(2);
    refused.warns(&["ALARM: cellar", "witness-rollback"]);
}
