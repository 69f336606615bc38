//! A service desk of 55 kinds of request: each ends at its exact steps.
//!
//! - In: the bundle in `tests/abcd`; the knowledge base in the folder that `ABCD_DATA` names, if it is there.
//! - Out: 55 of 55 sequences, compared step by step.
//! - Never: a sequence that only the bundle's own tests have seen.

#[path = "../examples/tau2/mod.rs"]
#[allow(dead_code, reason = "only reading bundles and JSON is needed here")]
mod tau2;

use bellwether_engine::Rules;
use bellwether_expr::{Slots, literal};
use bellwether_policy::Masks;
use std::path::{Path, PathBuf};
use tau2::data::{Reading, read};
use tau2::judge::files;

fn rules() -> Rules {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/abcd");
    let files = files(&folder).unwrap_or_else(|error| panic!("{error}"));
    Rules::compose(files).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The node that a kind of request reaches, and its steps.
fn steps(rules: &Rules, subflow: &str) -> (String, Vec<String>) {
    let catalogue = rules.catalogue();
    let slot = catalogue.slot("request.subflow").expect("the fact");
    let fact = catalogue.fact(slot).expect("the fact");
    let mut slots = Slots::new(catalogue.len());
    slots.set(slot, literal(subflow, fact.kind, &fact.values).expect("a known subflow"));
    let graph = rules.policy().graphs().first().expect("the graph");
    let verdict = graph.decide(&slots, &mut Masks::default());
    let node = graph.nodes().get(verdict.node).expect("the node");
    let steps = node.human().map(|human| human.steps.clone()).unwrap_or_default();
    (node.name.clone(), steps)
}

#[test]
fn the_bundle_passes_its_own_tests() {
    let outcomes = bellwether_engine::trial::run_tests(&rules());
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(outcomes.len(), 56);
}

#[test]
fn all_55_sequences_are_those_of_the_knowledge_base() {
    let Some(data) = std::env::var_os("ABCD_DATA").map(PathBuf::from) else {
        println!("skipped: ABCD_DATA does not name the folder with kb.json");
        return;
    };
    let known = read(&data.join("kb.json")).unwrap_or_else(|error| panic!("{error}"));
    let rules = rules();
    let mut right = 0;
    for (subflow, sequence) in known.as_object().expect("an object") {
        // Actions are written with `_` here: a name that Cedar can read.
        let sequence: Vec<_> = sequence.items().iter().map(|step| step.words().replace('-', "_")).collect();
        assert_eq!(steps(&rules, subflow), (subflow.clone(), sequence));
        right += 1;
    }
    assert_eq!(right, 55);
}
