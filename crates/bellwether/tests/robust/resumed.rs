//! Stopping and going on, importing again, importing the same in another file.

use crate::history::{export, incidents};
use crate::world::{Said, World};
use std::process::Command;

const IMPORT: [&str; 4] = ["import", "log.csv", "--mapping", "incident-log"];

#[test]
fn ctrl_c_stops_after_a_commit_and_the_next_run_goes_on() {
    let world = World::under("incident-sla");
    let rows = incidents(5, 900);
    world.write("log.csv", export(&rows));
    let before = world.log_size();
    let mut child = world.start(&IMPORT);
    assert!(world.grows(&mut child, before + 400_000), "it was done before it could be stopped");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let said = Said::of(&child.wait_with_output().unwrap()).ends(1);
    said.says(&["stopping after the next commit", "the same command goes on where it was"]);
    let stopped = world.import().unwrap();
    assert!(stopped.offset > 0 && stopped.done.is_none(), "{stopped:?}");

    let json = world.run(&[&IMPORT[..], &["--format", "json"]].concat()).ends(0).json();
    assert_eq!(json["resumed"], stopped.offset, "{json}");
    let done = world.import().unwrap();
    assert_eq!(json["signals"], done.offset);
    assert!(done.done.is_some());

    let journal = world.journal();
    world.run(&IMPORT).ends(0).says(&["was done before; nothing changed"]);
    assert!(world.journal() == journal, "a second import changed something");

    // The same rows in another order are another file, but the same signals.
    let turned: Vec<_> = rows.iter().rev().cloned().collect();
    world.write("copy.csv", export(&turned));
    let words = ["import", "copy.csv", "--mapping", "incident-log", "--format", "json"];
    let json = world.run(&words).ends(0).json();
    assert_eq!(json["statuses"], serde_json::json!({"duplicate": json["signals"]}), "{json}");
    let decisions = ["export", "decisions", "--out", "-", "--changed", "--as", "jsonl"];
    let decided = world.run(&decisions).ends(0).out;
    let whole = World::under("incident-sla");
    whole.write("log.csv", export(&rows));
    whole.run(&IMPORT).ends(0);
    assert_eq!(decided.lines().count(), whole.run(&decisions).ends(0).out.lines().count());
    world.run(&["replay", "--all"]).ends(0).says(&["are byte-equal"]);
}
