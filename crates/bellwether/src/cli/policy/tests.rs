//! What people read about bundles.

mod begun;
mod differs;

use super::*;
use bellwether_engine::Rules;
use std::collections::BTreeMap;

const PEOPLE: &str = "roles: {cro: [maria, tom], desk: [lee, kim]}
people: {maria: {}, tom: {away: [{from: 2026-08-01, to: 2026-08-15}]}, lee: {}, kim: {}}
always: desk
";

/// A small bundle, with one file replaced.
fn files(path: &str, text: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = [
        ("bundle.yaml", "bundle: small\nversion: 1.0.0\nowner: ann\ncurrency: EUR\n"),
        ("facts.yaml", "facts:\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}\n"),
        ("people.yaml", PEOPLE),
        (
            "routing/deal.yaml",
            "graph: deals\nsubject: deal\nowner: ann\nstart: how\nclosed_when: \"deal.amount == 0\"\n\
             nodes:\n  how: {kind: decide, unknown: desk}\n\
             \x20 cro: {kind: human, role: cro, level: 2, outcome: cxo, ack: 8h, act: 3d}\n\
             \x20 desk: {kind: human, role: desk, level: 1, ack: 1h}\n\
             \x20 look: {kind: discover, within: 2d, then: desk}\n\
             rules:\n\
             \x20 - {id: R1, from: how, to: cro, when: \"deal.amount >= 500000\", reason: it is large}\n\
             \x20 - {id: R2, from: how, to: look, otherwise: true}\n",
        ),
        (
            "tests/deal.yaml",
            "tests:\n  - {name: large, graph: deals, facts: {deal.amount: 600000}, expect: {node: cro}}\n",
        ),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    if !path.is_empty() {
        files.insert(path.to_owned(), text.to_owned());
    }
    files
}

fn rules(path: &str, text: &str) -> Rules {
    Rules::compose(files(path, text)).unwrap()
}

#[test]
fn a_graph_reads_like_a_page() {
    let rules = rules("", "");
    let graphs: Vec<_> = rules.policy().graphs().iter().collect();
    let at = crate::cli::context::read_time("2026-08-02").unwrap();
    expect_test::expect![[r#"
        small 1.0.0, owner ann, shadow, amounts in EUR, signals up to 7d late

        graph deals: about the deal, owner ann
        closed when deal.amount == 0

        how (start): the first rule that holds decides; doubt goes to desk
          R1 -> cro
              when deal.amount >= 500000
              because it is large
          R2 -> look
              otherwise

        cro: asks cro (level 2, outcome cxo); 8h to take it, 3d to act, not again for 7d
          asked in turn: maria, lee, kim

        desk: asks desk (level 1, outcome person); 1h to take it, 7d to act, not again for 7d
          asked in turn: lee, kim

        look: finds out more for 2d, then desk
    "#]]
    .assert_eq(&show::text(&rules, &graphs, at));
}

#[test]
fn a_fine_bundle_is_summed_up() {
    let said = check::summary(&rules("", ""));
    expect_test::expect![
        "small 1.0.0: fine (1 graph, 2 rules, 3 facts, 2 roles, 4 people, 1 test)"
    ]
    .assert_eq(&said);
}

#[test]
fn problems_are_rows_for_programs() {
    let broken = "tests:\n  - {name: x, graph: daels, facts: {}, expect: {node: cro}}\n";
    let problems = Rules::compose(files("tests/deal.yaml", broken)).err().unwrap();
    let json = serde_json::to_string_pretty(&check::json(&problems)).unwrap();
    expect_test::expect![[r#"
        [
          {
            "code": "policy-unknown-graph",
            "severity": "error",
            "file": "tests/deal.yaml",
            "line": 2,
            "column": 22,
            "message": "there is no graph `daels`",
            "help": "did you mean `deals`?"
          }
        ]"#]]
    .assert_eq(&json);
}

#[test]
fn a_failing_test_says_what_happened_instead() {
    let wrong = "tests:\n  - {name: small, graph: deals, facts: {deal.amount: 6}, expect: {node: cro, rule: R1}}\n\
                 \x20 - {name: large, graph: deals, facts: {deal.amount: 600000}, expect: {node: cro}}\n";
    let rules = rules("tests/deal.yaml", wrong);
    let outcomes = bellwether_engine::trial::run_tests(&rules);
    expect_test::expect![[r#"
        failed  place                what happened
        small   tests/deal.yaml:2:5  expected node `cro`, found `look`
                                     expected rule `R1`, found `R2`
                                     `R2` decided
                                     `R1` did not hold: deal.amount is 6.00, not at least 500000: by 499994.00
        1 test passed, 1 failed
    "#]].assert_eq(&trial::text(&outcomes));
}

#[test]
fn a_difference_names_policies_and_facts() {
    let old = rules("", "");
    let facts = "facts:\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal, required: true}\n";
    let said = |new: &Rules| -> Vec<String> {
        diff::changes(&old, new).iter().map(ToString::to_string).collect()
    };
    assert_eq!(said(&rules("", "")), Vec::<String>::new());
    let people = PEOPLE.replace("[maria, tom]", "[tom, maria]");
    expect_test::expect![[r#"
        role `cro`
          was maria, tom
          now tom, maria"#]]
    .assert_eq(&said(&rules("people.yaml", &people)).join("\n"));
    expect_test::expect![[r#"
        fact `deal.amount`
          is worked out differently, see facts.yaml:2:3"#]]
    .assert_eq(&said(&rules("facts.yaml", facts)).join("\n"));
}

#[test]
fn programs_are_told_what_tests_reach() {
    let rules = rules("", "");
    let outcomes = bellwether_engine::trial::run_tests(&rules);
    let choose = |slots: &mut bellwether_expr::Slots| rules.features().choose(slots);
    let covered = bellwether_policy::coverage(rules.policy(), rules.catalogue(), &choose);
    let json = trial::json(&outcomes, &covered);
    assert_eq!(json["tests"][0]["passed"], true, "{json}");
    let coverage = &json["coverage"];
    assert_eq!((&coverage["reached"], &coverage["all"]), (&1.into(), &covered.all.into()));
    assert_eq!(coverage["missing"].as_array().unwrap().len() + 1, covered.all, "{json}");
}
