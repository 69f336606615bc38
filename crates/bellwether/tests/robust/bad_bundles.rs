//! Bundles and mappings that cannot work: refused before anything is changed, with the place and the mend.

use crate::bad_rows::{DEALS, deal};
use crate::world::World;

/// A bundle that is right; each case breaks one of its files.
const RIGHT: [(&str, &str); 6] = [
    ("bundle.yaml", "bundle: small\nversion: 1.0.0\nowner: ann\ncurrency: EUR\n"),
    (
        "facts.yaml",
        "facts:
  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}
  deal.stage: {type: code, from: crm.deal.updated.stage, scope: deal}
signals:
  crm.deal.updated: {verdict: {type: bool, known: close}}
",
    ),
    ("features.yaml", "features:\n  changes: {count: crm.deal.updated, scope: deal}\n"),
    (
        "people.yaml",
        "roles: {cro: [maria], desk: [lee, kim]}\npeople: {maria: {}, lee: {}, kim: {}}\nalways: desk\n",
    ),
    (
        "routing/deal.yaml",
        "graph: deals
subject: deal
owner: ann
start: how
nodes:
  how: {kind: decide, unknown: desk}
  more: {kind: decide, unknown: desk}
  cro: {kind: human, role: cro, level: 2, outcome: cxo, ack: 8h, act: 3d}
  desk: {kind: human, role: desk, level: 1, ack: 1h}
  nothing: {kind: end}
rules:
  - {id: large, from: how, to: cro, when: \"deal.amount >= 500000\"}
  - {id: next, from: how, to: more, otherwise: true}
  - {id: many, from: more, to: cro, when: \"changes >= 9\"}
  - {id: else, from: more, to: nothing, otherwise: true}
",
    ),
    (
        "tests/deal.yaml",
        "tests:\n  - {name: large, graph: deals, facts: {deal.amount: 600000, changes: 1}, expect: {node: cro}}\n",
    ),
];

fn write(world: &World, file: &str, from: &str, to: &str) {
    for (path, text) in RIGHT {
        let broken = text.replace(from, to);
        assert!(path != file || broken != text, "{file} does not hold `{from}`");
        world.write(&format!("small/{path}"), if path == file { &broken } else { text });
    }
}

#[test]
fn a_broken_bundle_is_refused_with_its_place() {
    let table = [
        ("routing/deal.yaml", "to: nothing, otherwise", "to: how, otherwise", "policy-cycle", "6"),
        ("routing/deal.yaml", "deal.amount >=", "deal.amuont >=", "expr-unknown-fact", "12"),
        ("routing/deal.yaml", "deal.amount >= 500000", "deal.stage >= 500000", "expr-type", "12"),
        ("routing/deal.yaml", "changes >= 9", "changes == 'nine'", "expr-type", "14"),
        ("routing/deal.yaml", "changes >= 9", "changes + 9", "expr-type", "14"),
        ("routing/deal.yaml", "changes >= 9", "changes >= ", "expr-syntax", "14"),
        (
            "routing/deal.yaml",
            "otherwise: true}\n  - {id: many",
            "when: \"changes >= 1\"}\n  - {id: many",
            "policy-missing-otherwise",
            "6",
        ),
        ("routing/deal.yaml", "role: cro", "role: crow", "policy-unknown-role", "8"),
        (
            "routing/deal.yaml",
            "owner: ann\n",
            "owner: ann\nowner: tom\n",
            "yaml-duplicate-key",
            "4",
        ),
        ("routing/deal.yaml", "start: how\n", "start: how\nstrat: how\n", "yaml-unknown-key", "5"),
        ("facts.yaml", "facts:\n", "facts:\n\tx: 1\n", "yaml-syntax", "2"),
        (
            "features.yaml",
            "changes: {count: crm.deal.updated, scope: deal}",
            "changes: {last: verdict, of: crm.deal.updated, scope: deal}",
            "feature-hindsight",
            "2",
        ),
        (
            "features.yaml",
            "changes: {count: crm.deal.updated, scope: deal}",
            "changes: {expr: \"other + 1\", type: int, scope: deal}\n  other: {expr: \"changes + 1\", type: int, scope: deal}",
            "feature-cycle",
            "2",
        ),
        (
            "features.yaml",
            "count: crm.deal.updated",
            "sum: stage, of: crm.deal.updated",
            "feature-type",
            "2",
        ),
        ("people.yaml", "roles: {cro: [maria]", "roles: {cro: []", "policy-empty-role", "1"),
        ("bundle.yaml", "currency: EUR", "currency: EURO", "policy-currency", "4"),
    ];
    for (file, from, to, code, line) in table {
        let world = World::new();
        write(&world, file, from, to);
        let said = world.run(&["policy", "check", "small"]).ends(2);
        let all = format!("{}{}", said.out, said.err);
        println!("{code}:\n{all}");
        said.names(code);
        said.says(&[&format!("small/{file}:{line}:"), &format!("[{code}]")]);
        let init = world.run(&["init", "--bundle", "small"]).ends(1);
        init.says(&[&format!("[{code}]")]);
        assert!(!world.data().join("data.db").exists(), "{code}: something was made");
    }
    let world = World::new();
    write(&world, "none", "", "");
    world.run(&["policy", "check", "small"]).ends(0);
}

#[test]
fn a_broken_mapping_is_refused_with_its_place() {
    const MAPPING: &str = "mapping: own\nversion: 1\nsource: crm\nformat: csv\ntimezone: UTC\nsignals:\n  \
        - kind: crm.deal.updated\n    id: [deal_id, modified_at]\n    at: modified_at\n    \
        account: [{external: account_id, system: crm}]\n    deal: deal_id\n    fields:\n      \
        amount: {from: amount, type: money, currency: currency}\n";
    let world = World::new();
    write(&world, "none", "", "");
    world.init("small");
    world.write("deals.csv", format!("{DEALS}{}", deal("D1", 3, "1", "EUR")));
    for (from, to, code, line) in [
        ("timezone: UTC", "timezone: Mars/Olympus", "mapping-timezone", 5),
        ("type: money, currency: currency", "type: gold", "mapping-field", 13),
        ("version: 1", "version: 1\nversion: 2", "yaml-duplicate-key", 3),
        ("deal: deal_id", "dael: deal_id", "yaml-unknown-key", 11),
        ("from: amount", "from: amuont", "row-unknown-column", 1),
    ] {
        let broken = MAPPING.replace(from, to);
        assert_ne!(broken, MAPPING, "{from}");
        world.write("own.yaml", broken);
        let said = world.run(&["import", "own.yaml=deals.csv"]).ends(1);
        println!("{code}:\n{}", said.err);
        said.names(code);
        let file = if code == "row-unknown-column" { "deals.csv" } else { "own.yaml" };
        said.says(&[&format!("{file}:{line}"), "help: "]);
        assert!(world.journal().is_empty());
    }
    world.write("own.yaml", MAPPING);
    world.run(&["import", "own.yaml=deals.csv"]).ends(0);
    assert_eq!(world.journal().len(), 1);
}

#[test]
fn a_rule_may_not_know_what_only_the_end_tells() {
    const MAPPING: &str = "mapping: own\nversion: 1\nsource: crm\nformat: csv\ntimezone: UTC\nsignals:\n  \
        - kind: deal.judged\n    id: [deal_id, modified_at]\n    at: modified_at\n    \
        account: [{external: account_id, system: crm}]\n    deal: deal_id\n    fields:\n      \
        worth: {from: amount, type: money, currency: currency, known: close}\n";
    let world = World::new();
    // The bundle does not say that this field is known late; the mapping does.
    write(&world, "none", "", "");
    let features =
        "features:\n  changes: {count: deal.judged, where: \"worth > 5\", scope: deal}\n";
    world.write("small/features.yaml", features);
    world.write(
        "small/facts.yaml",
        "facts:\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}\n\
         signals: {deal.judged: {worth: money}}\n",
    );
    world.write("small/routing/deal.yaml", RIGHT[4].1.replace("changes >= 9", "deal.amount >= 9"));
    world.write("small/tests/deal.yaml", RIGHT[5].1.replace(", changes: 1", ""));
    world.init("small");
    world.write("own.yaml", MAPPING);
    world.write("deals.csv", format!("{DEALS}{}", deal("D1", 3, "1", "EUR")));
    let said = world.run(&["import", "own.yaml=deals.csv"]).ends(1);
    println!("{}", said.err);
    said.names("feature-hindsight");
    said.says(&["features.yaml:2", "help: ", "known: close"]);
    assert!(world.journal().is_empty());
    // What a kind of the program's own knows late needs no mapping to say it.
    world.write(
        "small/features.yaml",
        features
            .replace("deal.judged, where: \"worth > 5\"", "incident.updated, where: \"made_sla\""),
    );
    world.run(&["policy", "check", "small"]).ends(2).says(&["error[feature-hindsight]"]);
}
