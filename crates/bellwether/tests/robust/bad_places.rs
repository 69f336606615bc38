//! Directories that cannot be worked in: another master key, no right to write, no room left.

use crate::bad_rows::{DEALS, deal, small};
use crate::history::{export, incidents};
use crate::world::{Said, World};
use std::fs;
use std::process::Command;

const IMPORT: [&str; 4] = ["import", "deals.csv", "--mapping", "crm-deals"];

#[test]
fn another_master_key_opens_nothing() {
    let world = World::new();
    world.run(&["init", "--bundle", "incident-sla"]).ends(0);
    world.write("deals.csv", format!("{DEALS}{}", deal("D1", 3, "1", "EUR")));
    let other = World::new();
    other.run(&["init", "--bundle", "incident-sla"]).ends(0);
    let key = other.data().join("master.key");
    let mut command = world.command(&IMPORT);
    command.env("BELLWETHER_MASTER_KEY_FILE", &key);
    let said = Said::of(&command.output().unwrap()).ends(1);
    said.names("key-wrong-master");
    said.says(&["help: "]);
    assert!(world.journal().is_empty());
    world.run(&IMPORT).ends(0);
    assert_eq!(world.journal().len(), 1);
}

#[test]
fn no_data_directory_and_no_file_are_told() {
    let world = World::new();
    let said = world.run(&IMPORT).ends(1);
    said.names("import-unreadable");
    world.write("deals.csv", DEALS);
    let said = world.run(&IMPORT).ends(1);
    said.names("data-missing");
    said.says(&["help: ", "bellwether init"]);
    let said = world.run(&["import", "deals.csv", "--mapping", "crm-daels"]).ends(1);
    said.names("import-no-mapping");
    said.says(&["did you mean `crm-deals`?"]);
}

#[test]
fn a_file_under_another_ones_mapping_leaves_nothing_unfinished() {
    let world = small();
    world.write("deals.csv", format!("{DEALS}{}", deal("D1", 3, "1", "EUR")));
    let said = world.run(&["import", "deals.csv", "--mapping", "leads"]).ends(1);
    said.says(&["error[", "help: "]);
    assert_eq!(world.import(), None);
    world.run(&IMPORT).ends(0);
}

#[test]
fn a_directory_without_the_right_to_write_is_told() {
    let world = small();
    world.write("deals.csv", format!("{DEALS}{}", deal("D1", 3, "1", "EUR")));
    let mut command = world.command(&IMPORT);
    if !as_a_stranger(&world, &mut command) {
        println!("skipped: this user may write anywhere, and may not become another");
        return;
    }
    let Ok(ended) = command.output() else {
        println!("skipped: another user may not run the program where it lies");
        return;
    };
    let said = Said::of(&ended).ends(1);
    println!("{}", said.err);
    said.says(&["help: "]);
    assert!(
        said.err.contains("[store-read-only]") || said.err.contains("[store-io]"),
        "{}",
        said.err
    );
    assert!(world.journal().is_empty());
    world.run(&IMPORT).ends(0);
}

/// Lets the program run without the right to write here; `false` where that cannot be had.
#[cfg(unix)]
fn as_a_stranger(world: &World, command: &mut Command) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    let folder = world.path(".");
    let of = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    if fs::metadata(&folder).unwrap().uid() != 0 {
        return false;
    }
    of(&folder, 0o755);
    of(&world.data(), 0o755);
    for file in fs::read_dir(world.data()).unwrap() {
        of(&file.unwrap().path(), 0o644);
    }
    command.uid(65_534).gid(65_534);
    true
}

#[cfg(not(unix))]
fn as_a_stranger(_: &World, _: &mut Command) -> bool {
    false
}

#[test]
fn a_full_disk_stops_the_import_and_more_room_lets_it_go_on() {
    let world = World::new();
    world.write("log.csv", export(&incidents(4, 900)));
    // A file system of its own, seen by this one process and its children only.
    world.write(
        "full.sh",
        "mkdir -p data && mount -t tmpfs -o size=6m none data 2>/dev/null || exit 77\n\
         \"$1\" init --seed-not-secret 7 --bundle incident-sla || exit 78\n\
         \"$1\" import log.csv --mapping incident-log && exit 79\n\
         echo \"ended with $?\"\n\
         mount -o remount,size=200m data || exit 80\n\
         \"$1\" import log.csv --mapping incident-log || exit 81\n\
         \"$1\" replay --all || exit 82\n",
    );
    let mut command = world.command(&["--version"]);
    let program = command.get_program().to_owned();
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "sh", "full.sh"]).arg(program).current_dir(world.path("."));
    for (name, value) in command.env("LC_ALL", "C").get_envs() {
        value.map(|value| shell.env(name, value));
    }
    let ended = shell.output();
    let Ok(ended) = ended.map(|ended| (ended.status.code(), Said::of(&ended))) else {
        println!("skipped: there is no `unshare`");
        return;
    };
    let (code, said) = ended;
    if code == Some(77) || said.err.contains("unshare failed") || said.err.contains("not permitted")
    {
        println!("skipped: no small file system can be mounted here: {}", said.err);
        return;
    }
    let said = said.ends(0);
    println!("{}{}", said.out, said.err);
    said.names("store-full");
    said.says(&["ended with 1\n", "help: ", "had been imported before", "are byte-equal"]);
}
