//! Thresholds from tables to decisions: an executive, a sponsor, or more to be found out.
//!
//! - In: a bundle with tables; amounts, importance and what is known.
//! - Out: the outcome of each case, or what is wrong with a table.
//! - Never: a case that falls between two rows.
#![cfg(test)]

use bellwether_core::{Code, Problem};
use bellwether_engine::Rules;
use bellwether_expr::Slots;
use bellwether_policy::Masks;
use std::collections::BTreeMap;

const TABLE: &str = r#"
thresholds:
  cxo.min_fit:
    type: ratio
    scope: deal
    owner: revops
    reason: the more is at stake, the sooner an executive is worth a call
    rows:
      - {completeness: "< 0.6", value: 2, reason: too little is known for any call}
      - {deal.amount: ">= 2000000", account.strategic: true, value: 0.5}
      - {deal.amount: ">= 2000000", value: 0.65}
      - {deal.amount: "100000..2000000", account.strategic: true, value: 0.7}
      - {deal.amount: "100000..2000000", completeness: ">= 0.8", value: 80%}
      - {value: 0.95}
  sponsor.min_fit:
    type: ratio
    scope: deal
    owner: revops
    hit: unique
    columns: [deal.stage]
    rows:
      - {deal.stage: [proposal, negotiation], value: 0.4}
      - {deal.stage: discovery, value: 0.6}
"#;

fn files(table: &str) -> BTreeMap<String, String> {
    [
        ("bundle.yaml", "bundle: small\nversion: 1.0.0\nowner: ann\ncurrency: EUR\n"),
        (
            "facts.yaml",
            "facts:\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}\n  \
             deal.fit: {type: ratio, from: crm.deal.updated.technical_fit, scope: deal}\n  \
             deal.stage: {type: code, values: [discovery, proposal, negotiation], from: crm.deal.updated.stage, scope: deal}\n  \
             account.strategic: {type: bool, from: firmographics.updated.strategic}\n",
        ),
        (
            "features.yaml",
            "features:\n  deal.reaches_cxo: {expr: \"deal.fit >= threshold.cxo.min_fit\", scope: deal}\n",
        ),
        ("people.yaml", "roles: {cro: [maria], vp: [lee]}\npeople: {maria: {}, lee: {}}\nalways: vp\n"),
        (
            "routing/deal.yaml",
            "graph: deals\nsubject: deal\nowner: ann\nstart: how\nnodes:\n  \
             how: {kind: decide, unknown: learn}\n  \
             cro: {kind: human, role: cro, level: 2, outcome: cxo, ack: 8h}\n  \
             vp: {kind: human, role: vp, level: 1, outcome: sponsor, ack: 1h}\n  \
             learn: {kind: discover, within: 2d, then: vp}\nrules:\n  \
             - {id: R1, from: how, to: cro, when: \"deal.fit >= threshold.cxo.min_fit\"}\n  \
             - {id: R2, from: how, to: vp, when: \"deal.fit >= threshold.sponsor.min_fit\"}\n  \
             - {id: R3, from: how, to: learn, otherwise: true}\n",
        ),
        (
            "tests/deal.yaml",
            "tests:\n  - {name: none, graph: deals, expect: {node: learn, doubt: true}}\n",
        ),
        ("thresholds.yaml", table),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into()
}

#[test]
fn value_importance_and_completeness_choose_among_three_outcomes() {
    let rules = Rules::compose(files(TABLE)).unwrap_or_else(|found| {
        panic!("{}", found.iter().map(|one| format!("{one}\n")).collect::<String>())
    });
    let catalogue = rules.catalogue();
    let graph = rules.policy().graph(Code::of("deals")).unwrap();
    let mut masks = Masks::default();
    for (amount, strategic, completeness, fit, outcome) in [
        (3_000_000, true, 90, 50, "cxo"),
        (3_000_000, true, 90, 49, "sponsor"),
        (3_000_000, false, 90, 64, "sponsor"),
        (3_000_000, false, 90, 65, "cxo"),
        (100_000, true, 60, 70, "cxo"),
        (100_000, false, 80, 80, "cxo"),
        (100_000, false, 79, 94, "sponsor"),
        (99_999, true, 90, 94, "sponsor"),
        (99_999, true, 90, 95, "cxo"),
        (3_000_000, true, 59, 99, "sponsor"),
        (3_000_000, true, 90, 39, "discover"),
    ] {
        let mut slots = Slots::new(catalogue.len());
        for (name, raw) in [
            ("deal.amount", amount * 100),
            ("account.strategic", i64::from(strategic)),
            ("completeness", completeness * 10_000),
            ("deal.fit", fit * 10_000),
            ("deal.stage", Code::of("proposal").raw()),
        ] {
            slots.set(catalogue.slot(name).unwrap(), raw);
        }
        rules.features().choose(&mut slots);
        let verdict = graph.decide(&slots, &mut masks);
        let found = graph.nodes()[verdict.node].outcome.as_str();
        let case = (amount, strategic, completeness, fit);
        assert_eq!((found, verdict.doubt), (outcome, false), "{case:?}");
    }
}

#[test]
fn what_is_wrong_with_a_table_is_told_with_a_case() {
    let head = "thresholds:\n  t:\n    type: ratio\n    scope: deal\n    owner: ann\n    rows:\n";
    let told = |table: &str| {
        let mut files = files(table);
        if !table.contains("cxo.min_fit") {
            files.remove("features.yaml");
        }
        let problems = Rules::compose(files).err().unwrap_or_default();
        // What else is told of the bundle has its own tests.
        let is_of_table = |problem: &&Problem| problem.code.starts_with("threshold-");
        let problems: Vec<_> = problems.iter().filter(is_of_table).collect();
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        let messages = problems.iter().map(|problem| problem.message.clone());
        (codes.join(" "), messages.collect::<Vec<_>>().join("; "))
    };
    for (rows, codes, says) in [
        (
            "      - {deal.amount: \">= 100\", value: 1}\n      - {deal.amount: \"< 99.99\", value: 2}\n",
            "threshold-gap",
            "has a value for deal.amount = 99.99",
        ),
        (
            "      - {deal.stage: [proposal, discovery], value: 1}\n",
            "threshold-gap",
            "has a value for deal.stage = negotiation",
        ),
        (
            "      - {deal.amount: \">= 100\", value: 1}\n      - {deal.amount: \"200..300\", value: 2}\n      - {value: 1}\n",
            "threshold-unreached",
            "earlier rows have them all",
        ),
        (
            "      - {deal.amount: \"300..200\", value: 1}\n      - {completeness: \"> 1\", value: 1}\n      - {value: 1}\n",
            "threshold-cell threshold-cell",
            "no value fits this cell",
        ),
        (
            "      - {deal.amuont: any, value: 1}\n      - {deal.stage: propsal, value: high}\n      - {account.strategic: \">= 1\", value: 1}\n",
            "threshold-column threshold-cell threshold-cell threshold-cell",
            "there is no fact `deal.amuont`",
        ),
        (
            "      - {deal.amount: absent, value: 1}\n      - {deal.amount: \">= 5\", value: 1}\n",
            "threshold-gap",
            "has a value for deal.amount = 4.99",
        ),
    ] {
        let (found, message) = told(&format!("{head}{rows}"));
        assert_eq!(found, codes, "{rows}: {message}");
        assert!(message.contains(says), "{rows}: {message}");
    }
    let (found, message) = told(&TABLE.replace("deal.stage: discovery", "deal.stage: any"));
    assert_eq!(found, "threshold-overlap", "{message}");
}
