//! Decision tables from spreadsheets: what gets into a bundle, what is refused, and what stays as it was.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use std::fs;
use world::World;

const ASK: &[&str] =
    &["policy", "import-table", "limits.csv", "--bundle", "small", "--name", "limit"];

fn asked(more: &[&'static str]) -> Vec<&'static str> {
    [ASK, more].concat()
}

#[test]
fn a_sheet_gets_into_a_bundle_and_decides() {
    let world = World::new();
    let file = world.path("small/thresholds.yaml");
    // As a spreadsheet saves it where the comma is a decimal mark: with a mark for UTF-8, and `\r\n`.
    let sheet = "\u{feff}id;deal.amount;completeness;value;value:chance:ratio;reason\r\n\
                 L1;>= 500000;;10;0.5;\"large; \"\"very\"\"\"\r\nL2;;< 0.5;20;0.25;\r\n;;;;;\r\nL3;;;30;0;the rest\r\n";
    world.write("limits.csv", sheet);
    let printed = world.run(&asked(&["--type", "int", "--print"])).ends(0);
    printed.says(&[
        "thresholds:\n  limit:\n    type: int\n    scope: deal\n    owner: ann\n",
        "reason: L2}",
    ]);
    assert!(!file.exists(), "nothing is written");
    world
        .run(&asked(&["--type", "int"]))
        .ends(0)
        .says(&["threshold.limit: 3 rows", "threshold.chance: 3 rows"]);
    world.run(&["policy", "check", "small"]).ends(0).says(&["fine"]);
    let before = fs::read_to_string(&file).unwrap();
    assert!(before.contains("reason: \"L1: large; \\\"very\\\"\"}"), "{before}");
    world.run(&asked(&["--type", "int"])).ends(2).says(&[
        "error[table-exists]",
        "thresholds.yaml:2:3",
        "--replace",
    ]);
    let noted = before.replace("thresholds:\n", "# Ours.\nthresholds:\n") + "# The end.\n";
    fs::write(&file, &noted).unwrap();
    world.write("limits.csv", "value\tcompleteness\tvalue:chance\n7\t\t1\n");
    let json = world.run(&asked(&["--replace", "--format", "json"])).ends(0).json();
    assert_eq!(
        json,
        serde_json::json!({"tables": ["threshold.limit", "threshold.chance"], "rows": 1})
    );
    let after = fs::read_to_string(&file).unwrap();
    assert!(after.starts_with("# Ours.\nthresholds:\n  limit:\n    type: int\n"), "{after}");
    assert!(after.ends_with("      - {value: 1}\n# The end.\n"), "{after}");
    let free =
        ["policy", "import-table", "limits.csv", "--name", "x", "--type", "int", "--owner", "bo"];
    world.run(&free).ends(0).warns(&["not checked"]);
}

#[test]
fn a_table_that_is_replaced_stays_one_that_a_child_may_make_stricter() {
    let world = World::new();
    world.write("limits.csv", "value\n30\n");
    world.run(&asked(&["--type", "int"])).ends(0);
    let file = world.path("small/thresholds.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("type: int\n", "type: int\n    child: lower\n")).unwrap();
    world.write("limits.csv", "value\n20\n");
    world.run(&asked(&["--replace"])).ends(0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("    child: lower\n") && text.contains("{value: 20}"), "{text}");
    world.run(&asked(&["--replace", "--type", "code"])).ends(2).says(&["remove `child`"]);
}

#[test]
fn everything_wrong_is_told_where_it_stands_in_the_sheet() {
    let world = World::new();
    let refused = |sheet: &[u8], expected: &[&str]| {
        fs::write(world.path("limits.csv"), sheet).unwrap();
        world.run(&asked(&["--type", "int"])).ends(2).says(expected);
        assert!(!world.path("small/thresholds.yaml").exists(), "nothing is written");
    };
    refused(
        b"id,deal.amuont,deal.amount,completeness,value\nA,1,>= many,,1\n\nB,,,\"1,5\",2\nC,,30..20,,3\n",
        &["limits.csv:4:4: error[table-cell]", "1 to mend"],
    );
    refused(
        b"id,deal.amuont,deal.amount,completeness,value\nA,1,>= many,,1\n\nB,,,>= 2,x\nC,,30..20,,3\n",
        &[
            "limits.csv:1:2: error[threshold-column]: there is no fact `deal.amuont`",
            "did you mean `deal.amount`?",
            "limits.csv:2:3: error[threshold-cell]",
            "limits.csv:4:5: error[threshold-cell]",
            "limits.csv:5:3: error[threshold-cell]",
        ],
    );
    refused(b"deal.amount,value\n>= 5,1\n", &["limits.csv:1: error[threshold-gap]", "no row of"]);
    refused(b"deal.amount,value\n,1\n>= 5,2\n", &["limits.csv:3", "error[threshold-unreached]"]);
    refused(b"", &["error[table-empty]"]);
    refused(b"deal.amount,limit\n,1\n", &["error[table-columns]", "`value`"]);
    refused(b"deal.amount,value,value\n,1,2\n", &["limits.csv:1:3: error[row-duplicate-column]"]);
    refused(b"deal.amount,value\n,1,2\n", &["limits.csv:2: error[row-ragged]"]);
    refused(b"deal.amount,value\n\xff,1\n", &["limits.csv:2: error[row-not-utf8]"]);
    let large = [b"value\n".as_slice(), &b"1\n".repeat(2 << 20)].concat();
    refused(&large, &["limits.csv:1: error[table-too-large]", "4 MiB"]);
    world.write("limits.csv", "value\n1\n");
    world.run(ASK).ends(2).says(&["error[table-columns]", "--type"]);
    world.run(&asked(&["--type", "number"])).ends(64);
    fs::remove_file(world.path("limits.csv")).unwrap();
    world.run(ASK).ends(1).warns(&["cannot read limits.csv"]);
}
