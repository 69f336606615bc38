//! A replay by other rules names the first record that differs.

use crate::history::{export, incidents};
use crate::world::World;
use std::fs;
use std::path::Path;

#[test]
fn one_flipped_guard_is_found() {
    let world = World::under("incident-sla");
    world.write("log.csv", export(&incidents(3, 60)));
    world.run(&["import", "log.csv", "--mapping", "incident-log"]).ends(0);
    world.run(&["replay", "--all", "--bundle", "incident-sla"]).ends(0).says(&["are byte-equal"]);

    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/incident-sla");
    copy(&shipped, &world.path("flipped"));
    let file = "flipped/routing/incident.yaml";
    let text = fs::read_to_string(world.path(file)).unwrap();
    let flipped = text.replace("when: \"incident.is_outside\"", "when: \"!incident.is_outside\"");
    assert_ne!(text, flipped);
    world.write(file, flipped);
    let said = world.run(&["replay", "--all", "--bundle", "flipped", "--most", "1"]).ends(2);
    println!("{}", said.out);
    // The first incident is no major one and waits for nobody outside: the guard now takes it.
    let journal = world.journal();
    let ((stream, seq), _) = journal.iter().min_by_key(|(_, (pos, _))| *pos).unwrap();
    said.says(&[&format!("{stream}"), &format!("record {seq}"), "kept:", "derived:"]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
