//! What a child may add, and every trick by which it may try to say what the parent says.

use super::*;

fn files(pairs: &[(&str, &str)]) -> Files {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn parent() -> Files {
    files(&[
        (
            "bundle.yaml",
            "bundle: enterprise\nversion: 2.0.0\nowner: ann\ncurrency: EUR\nlateness: 3d\nmode: enforce\ncheckpoints: 2\nreach: 2h\n",
        ),
        (
            "facts.yaml",
            "facts:\n  # kept\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}\n",
        ),
        ("features.yaml", "features: {}\n"),
        (
            "people.yaml",
            "roles: {legal: [lee], desk: [kim]}\npeople: {lee: {name: \"L: é\"}, kim: {}}\nalways: desk\n",
        ),
        ("routing/deal.yaml", "graph: deals\nsubject: deal\n"),
        ("actions.yaml", "actions: {}\n"),
        (
            "thresholds.yaml",
            "thresholds:\n  min: {type: int, child: higher}\n  held: {type: int}\n",
        ),
    ])
}

const HEAD: (&str, &str) = (
    "bundle.yaml",
    "bundle: unit\nversion: 1.0.0\nowner: bob\ncurrency: EUR\nlateness: 3d\nparent: ../enterprise\n\
     mode: enforce\ncheckpoints: 1\nreach: 1h\n",
);

#[test]
fn a_child_adds_under_new_names() {
    let child = files(&[
        HEAD,
        (
            "facts.yaml",
            "facts:\n    case.kind: {type: code, values: [\"on\", b], from: ticket.opened.kind}\n",
        ),
        ("people.yaml", "roles: {field: [sam]}\npeople: {sam: {away: [{from: 2026-08-01}]}}\n"),
        ("routing/case.yaml", "graph: cases\n"),
        ("boundaries/unit.cedar", "forbid (principal, action, resource);"),
        (
            "overrides/own.yaml",
            "overrides:\n  - {id: a, graph: cases, owner_signs: bob, approvals: [field]}\n  \
             - {id: b, graph: deals, route: desk}\n  - {id: c, action: pay, approvals: [legal]}\n",
        ),
    ]);
    let merged = merge(&parent(), &child).unwrap();
    assert_eq!(merged["bundle.yaml"], HEAD.1);
    assert_eq!(merged["features.yaml"], parent()["features.yaml"], "as it was written");
    expect_test::expect![[r##"
        # Put together from the parent's file and the child's.
        roles:
          legal: [lee]
          desk: [kim]
          field: [sam]
        people:
          lee: {name: "L: é"}
          kim: {}
          sam: {away: [{from: 2026-08-01}]}
        always: desk
    "##]]
    .assert_eq(&merged["people.yaml"]);
    let read = |text: &str| Document::read("x", text).unwrap();
    let facts = read(&merged["facts.yaml"]);
    let names: Vec<_> = entries(&facts, "facts").iter().map(|(key, _)| key.text.as_str()).collect();
    assert_eq!(names, ["deal.amount", "case.kind"]);
    // A child of the child sees both as its parent.
    let grandchild = files(&[
        (
            "bundle.yaml",
            "bundle: team\nversion: 1.0.0\nowner: bob\ncurrency: EUR\nlateness: 3d\n\
             mode: enforce\ncheckpoints: 1\nreach: 1h\n",
        ),
        ("people.yaml", "roles: {field: [kim]}\n"),
    ]);
    let problems = merge(&merged, &grandchild).unwrap_err();
    assert_eq!(problems[0].code, "merge-redefines");
}

#[test]
fn a_childs_table_takes_the_place_of_one_that_may_be_stricter() {
    let child = files(&[
        HEAD,
        ("thresholds.yaml", "thresholds: {min: {type: int, owner: bob}, own: {type: int}}\n"),
    ]);
    expect_test::expect![[r#"
        # Put together from the parent's file and the child's.
        thresholds:
          min: {type: int, owner: bob, parent: {type: int, child: higher}}
          held: {type: int}
          own: {type: int}
    "#]]
    .assert_eq(&merge(&parent(), &child).unwrap()["thresholds.yaml"]);
}

/// Each trick: the file, its text, the code that refuses it, and the line.
const TRICKS: &[(&str, &str, &str, u32)] = &[
    ("facts.yaml", "facts:\n  deal.amount: {type: money}\n", "merge-redefines", 2),
    ("features.yaml", "features:\n  deal.amount: {kind: count}\n", "merge-redefines", 2),
    ("facts.yaml", "facts:\n  deal.am0unt: {type: money}\n", "merge-looks-alike", 2),
    ("facts.yaml", "facts:\n  deal.\u{430}mount: {type: money}\n", "merge-looks-alike", 2),
    ("facts.yaml", "facts:\n  deal.größe: {type: money}\n", "merge-looks-alike", 2),
    ("facts.yaml", "facts: {}\nsignals:\n  crm.deal.updated: {}\n", "merge-not-yours", 2),
    ("people.yaml", "roles:\n  legal: [mallory]\n", "merge-redefines", 2),
    ("people.yaml", "roles:\n  Legal: [mallory]\n", "merge-looks-alike", 2),
    ("people.yaml", "roles:\n  lega1: [mallory]\n", "merge-looks-alike", 2),
    ("people.yaml", "people:\n  lee: {email: mallory@else.example}\n", "merge-redefines", 2),
    ("people.yaml", "roles: {field: [sam]}\nalways: field\n", "merge-not-yours", 2),
    ("routing/deal.yaml", "graph: other\n", "merge-redefines", 1),
    ("routing/Deal.yaml", "graph: other\n", "merge-looks-alike", 1),
    ("routing/dea1.yaml", "graph: other\n", "merge-looks-alike", 1),
    ("routing/new.yaml", "graph: deals\n", "merge-redefines", 1),
    ("routing/new.yaml", "subject: deal\ngraph: dea1s\n", "merge-looks-alike", 2),
    ("actions.yaml", "actions: {refund_two: {group: [concession]}}\n", "merge-redefines", 1),
    ("Actions.yaml", "actions: {}\n", "merge-looks-alike", 1),
    ("thresholds.yaml", "thresholds:\n  held: {type: int}\n", "merge-redefines", 2),
    ("thresholds.yaml", "thresholds:\n  m1n: {type: int}\n", "merge-looks-alike", 2),
    ("thresholds.yaml", "thresholds:\n  min: {parent: {}}\n", "merge-not-yours", 2),
    ("rates.yaml", "rates: {}\n", "merge-not-yours", 1),
    ("prompts/a.yaml", "x: 1\n", "merge-not-yours", 1),
    ("mappings/a.yaml", "x: 1\n", "merge-not-yours", 1),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: USD\nlateness: 3d\nmode: enforce\ncheckpoints: 2\nreach: 2h\n",
        "merge-not-yours",
        2,
    ),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: EUR\nmode: enforce\ncheckpoints: 2\nreach: 2h\n",
        "merge-not-yours",
        1,
    ),
    (
        "bundle.yaml",
        "bundle: enterpr1se\ncurrency: EUR\nlateness: 3d\nmode: enforce\ncheckpoints: 2\nreach: 2h\n",
        "merge-looks-alike",
        1,
    ),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: EUR\nlateness: 3d\nmode: shadow\ncheckpoints: 2\nreach: 2h\n",
        "merge-not-yours",
        4,
    ),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: EUR\nlateness: 3d\ncheckpoints: 2\nreach: 2h\n",
        "merge-not-yours",
        1,
    ),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: EUR\nlateness: 3d\nmode: enforce\ncheckpoints: 3\nreach: 2h\n",
        "merge-not-yours",
        5,
    ),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: EUR\nlateness: 3d\nmode: enforce\nreach: 2h\n",
        "merge-not-yours",
        1,
    ),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: EUR\nlateness: 3d\nmode: enforce\ncheckpoints: 2\n",
        "merge-not-yours",
        1,
    ),
    (
        "bundle.yaml",
        "bundle: unit\ncurrency: EUR\nlateness: 3d\nmode: enforce\ncheckpoints: 2\nreach: 3h\n",
        "merge-not-yours",
        6,
    ),
    ("facts.yaml", "facts:\n  unit.size: {type: int, required: true}\n", "merge-not-yours", 2),
    (
        "features.yaml",
        "features:\n  unit.calls:\n    count: a.b\n    required: true\n",
        "merge-not-yours",
        4,
    ),
    (
        "overrides/a.yaml",
        "overrides:\n  - id: a\n    graph: deals\n    owner_signs: ann\n",
        "merge-not-yours",
        4,
    ),
    (
        "overrides/a.yaml",
        "overrides: {id: a, graph: deals, owner_signs: ann}\n",
        "merge-not-yours",
        1,
    ),
    (
        "overrides/a.yaml",
        "overrides:\n  - {id: b, graph: deals, route: desk}\n  - id: a\n    approvals: legal\n    graph: deals\n",
        "merge-not-yours",
        4,
    ),
    ("people.yaml", "roles: {a: [b]\n", "yaml-syntax", 2),
];

#[test]
fn renaming_tricks_are_refused() {
    for (path, text, code, line) in TRICKS.iter().copied() {
        let problems = merge(&parent(), &files(&[HEAD, (path, text)])).expect_err(text);
        let [problem] = problems.as_slice() else { panic!("{text}: {problems:?}") };
        let place = problem.place.as_ref().unwrap();
        assert_eq!(
            (problem.code, place.file.as_str(), place.line),
            (code, path, line),
            "{text}: {problem}"
        );
    }
}

#[test]
fn every_problem_is_told() {
    let child = files(&[
        HEAD,
        ("people.yaml", "roles: {legal: [x], Desk: [y]}\nalways: legal\n"),
        ("rates.yaml", ""),
        ("routing/deal.yaml", ""),
    ]);
    let codes: Vec<_> = merge(&parent(), &child).unwrap_err().iter().map(|one| one.code).collect();
    assert_eq!(
        codes,
        [
            "merge-not-yours",
            "merge-redefines",
            "merge-looks-alike",
            "merge-not-yours",
            "merge-redefines"
        ]
    );
}
