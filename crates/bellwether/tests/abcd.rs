//! A service desk of 55 kinds of request: each ends at its exact steps.
//!
//! - In: the bundle in `tests/abcd`, whose own tests expect the steps of every kind; the knowledge base in the
//!   folder that `ABCD_DATA` names, if it is there.
//! - Out: the bundle does what its tests expect, and they expect what the knowledge base says: 55 of 55.
//! - Never: a knowledge base copied into the repository.

#[path = "../examples/tau2/data.rs"]
#[expect(dead_code, reason = "amounts are not read here")]
mod data;

use bellwether_engine::Rules;
use bellwether_engine::trial::run_tests;
use data::{Reading, files, problems, read};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/abcd")
}

#[test]
fn every_kind_of_request_ends_at_its_steps() {
    let files = files(&folder()).unwrap_or_else(|error| panic!("{error}"));
    let rules = Rules::compose(files).unwrap_or_else(|found| panic!("{}", problems(&found)));
    let outcomes = run_tests(&rules);
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(outcomes.len(), 56, "55 kinds, and one that nobody has read yet");
}

#[test]
fn the_steps_are_those_of_the_knowledge_base() {
    let Some(folder_of_data) = std::env::var_os("ABCD_DATA").map(PathBuf::from) else {
        println!("skipped: ABCD_DATA does not name the folder with kb.json");
        return;
    };
    let known = read(&folder_of_data.join("kb.json")).unwrap_or_else(|error| panic!("{error}"));
    let tests =
        read(&folder().join("tests/subflows.yaml")).unwrap_or_else(|error| panic!("{error}"));
    let known = known.as_object().expect("an object");
    for (subflow, sequence) in known {
        let named =
            |test: &&serde_json::Value| test.at("facts").at("request.subflow").says(subflow);
        let test =
            tests.at("tests").items().iter().find(named).unwrap_or_else(|| panic!("{subflow}"));
        let words = |steps: &serde_json::Value| {
            steps.items().iter().map(Reading::words).collect::<Vec<_>>()
        };
        // Actions are written with `_` here: names that boundaries can use.
        let sequence: Vec<_> = words(sequence).iter().map(|step| step.replace('-', "_")).collect();
        assert_eq!(words(test.at("expect").at("steps")), sequence, "{subflow}");
        assert!(test.at("expect").at("node").says(subflow), "{subflow}");
    }
    assert_eq!(known.len(), 55);
}
