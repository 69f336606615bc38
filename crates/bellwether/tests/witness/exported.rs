//! What the program exports, checked by the Go program: witnessed, with proofs, and altered.

use super::build_go;
use super::process::Place;
use super::world::{World, names};
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output};

#[test]
fn a_go_program_verifies_what_is_exported() {
    let place = tempfile::tempdir().unwrap();
    let go = match build_go::verifier(place.path()) {
        Ok(go) => go,
        // Past the capture of a passing test: whoever runs the tests must see what was left out.
        Err(why) => {
            let line = format!("SKIPPED a_go_program_verifies_what_is_exported: {why}\n");
            return std::io::stderr().write_all(line.as_bytes()).unwrap();
        }
    };
    let (world, witness) = (World::with_deals(), Place::new());
    // The witness learns of the log as an auditor would: by an export's keys.
    world.run(&["log", "checkpoint"]).ends(0);
    world.run(&["log", "export", "audit"]).ends(0);
    let keys = world.path("audit/log.vkey");
    assert!(witness.run(&["trust", "--log", keys.to_str().unwrap()]).status.success());
    fs::copy(&keys, world.path("log.vkey")).unwrap();
    fs::copy(world.path("audit/checkpoint"), world.path("first-visit")).unwrap();
    world.write("w.vkey", &format!("{}\n", witness.vkey));
    let working = witness.start();
    let (url, key) = (&working.url, &witness.vkey);
    let file = format!("witnesses:\n  - {{url: \"{url}\", key: {key}, private: true}}\n");
    world.write("witnesses.yaml", &file);
    world.run(&["link", "crm=A1", "crm=A2"]).ends(0);
    world.run(&["log", "checkpoint", "--witnesses", "witnesses.yaml"]).ends(0);
    world.run(&["log", "export", "audit"]).ends(0);
    for record in ["1", "3"] {
        world.run(&["log", "prove", record, "--out", "audit/proofs"]).ends(0);
    }
    let run = |args: &[&str]| {
        let mut command = Command::new(&go);
        command.args(["-key", "log.vkey", "-witnesses", "w.vkey"]).args(args);
        command.current_dir(world.path(".")).output().unwrap()
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let fine = run(&["-seen", "first-visit", "-quorum", "0", "audit"]);
    assert_eq!(fine.status.code(), Some(0), "{fine:?}");
    for part in ["proof files: 2 hold", "300 inclusion, 300 consistency hold", "all holds"] {
        assert!(said(&fine).contains(part), "{}", said(&fine));
    }
    let witnessed = run(&["audit"]);
    assert_eq!(witnessed.status.code(), Some(0), "{witnessed:?}");
    assert!(said(&witnessed).contains("witnessed by witness.example at 20"), "{witnessed:?}");
    let proof = ["-entry", "audit/proofs/record-3.json", "audit/proofs/record-3.tlog-proof"];
    assert_eq!(run(&proof).status.code(), Some(0), "{:?}", run(&proof));
    let bundle = names(world.path("audit/tile/entries/000.p")).pop().unwrap();
    let path = world.path(&format!("audit/tile/entries/000.p/{bundle}"));
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let altered = run(&["audit"]);
    assert_eq!(altered.status.code(), Some(2), "{altered:?}");
    let named = format!("differs: tile/entries/000.p/{bundle}: entry ");
    assert!(said(&altered).contains(&named), "{}", said(&altered));
}
