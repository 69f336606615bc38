//! Every mistake that a bundle can have: said at once, each with its place and its mend.

use crate::good;
use bellwether_core::Severity;
use bellwether_policy::{Files, compile};
use std::collections::BTreeSet;

/// The files of the bad bundle.
fn files() -> Files {
    [
        ("bundle.yaml", include_str!("bundle.yaml")),
        ("actions.yaml", include_str!("actions.yaml")),
        ("rates.yaml", include_str!("rates.yaml")),
        ("people.yaml", include_str!("people.yaml")),
        ("routing/a-names.yaml", include_str!("routing/a-names.yaml")),
        ("routing/b-ways.yaml", include_str!("routing/b-ways.yaml")),
        ("routing/c-twin.yaml", include_str!("routing/c-twin.yaml")),
        ("routing/d-broken.yml", include_str!("routing/d-broken.yml")),
        ("tests/wrong.yaml", include_str!("tests/wrong.yaml")),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into()
}

fn shown(files: &Files) -> Vec<String> {
    match compile(files, &mut good::catalogue()) {
        Ok(compiled) => compiled.warnings.iter().map(ToString::to_string).collect(),
        Err(problems) => {
            assert!(problems.iter().any(|problem| problem.severity == Severity::Error));
            problems.iter().map(ToString::to_string).collect()
        }
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    expect_test::expect_file!["problems.txt"].assert_eq(&shown(&files()).join("\n"));
}

/// The good bundle with one file changed.
fn changed(path: &str, old: &str, new: &str) -> Files {
    let mut files = good::files();
    match (old, files.get_mut(path)) {
        ("", _) if new.is_empty() => drop(files.remove(path)),
        ("", _) => drop(files.insert(path.to_owned(), new.to_owned())),
        (old, Some(text)) => {
            assert!(text.contains(old), "{path} has no `{old}`");
            *text = text.replace(old, new);
        }
        (_, None) => panic!("there is no {path}"),
    }
    files
}

/// Of a bundle with one mistake only that mistake is said, and it is said once.
#[test]
fn one_mistake_is_said_alone() {
    let mut said = Vec::new();
    for (path, old, new) in ONE {
        let problems = shown(&changed(path, old, new));
        assert_eq!(problems.len(), 1, "{path}: `{old}` becomes `{new}`: {problems:#?}");
        said.extend(problems);
    }
    expect_test::expect_file!["one.txt"].assert_eq(&format!("{}\n", said.join("\n")));
}

const DEALS: &str = "routing/prospect.yaml";
const CASES: &str = "routing/case.yaml";

/// A file, what is replaced in it (nothing: all of it), and by what (nothing: it is removed).
const ONE: &[(&str, &str, &str)] = &[
    ("people.yaml", "", ""),
    ("bundle.yaml", "", ""),
    ("tests/deals.yaml", "", ""),
    ("peple.yaml", "", "roles: {}"),
    ("routng/a.yaml", "", "graph: a"),
    ("boundary/a.cedar", "", "permit (principal, action, resource);"),
    ("facts.yml", "", "facts: {}"),
    ("routing/sub/deep.yaml", "", "graph: a"),
    ("overrides/x.yml", "", "overrides: []"),
    ("invariants/v.ceder", "", "permit (principal, action, resource);"),
    ("boundaries/stop.cdr", "", "forbid (principal, action, resource);"),
    ("boundaries/a.cedar", "", "permit (principal, action, resource);"),
    ("bundle.yaml", "1.2.0", "1.2"),
    ("bundle.yaml", "EUR", "EURO"),
    ("rates.yaml", "GBP", "EUR"),
    ("rates.yaml", "2026-07-01", "2026-01-01"),
    ("people.yaml", "always: escalation_manager", ""),
    ("people.yaml", "always: escalation_manager", "always: escalation_manger"),
    ("people.yaml", "[lee, kim]", "kim"),
    ("people.yaml", "kim: {", "kim: {away: {from: 2027-01-01}, "),
    ("people.yaml", "kim", "\"kim@acme.example\""),
    ("bundle.yaml", "owner: head-of-support", "owner: Kim Lee"),
    (DEALS, "owner: revops", "owner: kim@acme.example"),
    (DEALS, "start: qualify", "start: review"),
    (DEALS, "then: review", "then: size"),
    (DEALS, "then: review", "then: discover"),
    (DEALS, "unknown: discover", "unknown: qualify"),
    (DEALS, "id: S2-large", "id: R1-strategic"),
    (DEALS, "completeness < 0.6", "completeness < case.safety_risk"),
    (DEALS, "500000 && account.strategic", "500000 && account.strategc"),
    (CASES, "neg_7d >= 3", "neg_7d >= 3 && has(deal.amount)"),
    (CASES, "kind: human, role: field_technician", "kind: human, role: field_technicain"),
    (CASES, "to: review, when", "to: triage, when"),
    (CASES, "nothing: {kind: end}", "nothing: {kind: end}\n  extra: {kind: end}"),
    ("tests/deals.yaml", "name: little is known", "name: amount unknown"),
    ("tests/deals.yaml", "completeness: 50%", "case.safety_risk: true"),
];

/// Every code of this crate is produced by one of the bundles above.
#[test]
fn every_code_has_its_mistake() {
    let sources = [
        include_str!("../../src/actions.rs"),
        include_str!("../../src/bundle.rs"),
        include_str!("../../src/policy.rs"),
        include_str!("../../src/read.rs"),
        include_str!("../../src/scope.rs"),
        include_str!("../../src/cases/read.rs"),
        include_str!("../../src/people/read.rs"),
        include_str!("../../src/routing/build.rs"),
        include_str!("../../src/routing/check.rs"),
        include_str!("../../src/routing/draft.rs"),
        include_str!("../../src/routing/wait.rs"),
        include_str!("../../src/overrides/read.rs"),
    ];
    let codes: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| source.split('"'))
        .filter(|text| text.starts_with("policy-") || text.starts_with("action-"))
        .filter(|text| !text.contains(' '))
        .collect();
    let mut said = shown(&files());
    said.extend(ONE.iter().flat_map(|(path, old, new)| shown(&changed(path, old, new))));
    said.extend(shown(&too_large()));
    said.extend(further().iter().flat_map(|(_, files)| shown(files)));
    let never: Vec<_> = codes
        .iter()
        .filter(|code| !said.iter().any(|said| said.contains(&format!("[{code}]"))))
        .collect();
    assert!(never.is_empty(), "no bundle shows {never:?}");
}

/// A code, and a mistake of an override.
const IN_OVERRIDE: [(&str, &str, &str); 11] = [
    ("policy-unknown-role", "approvals: [cro]", "approvals: [cfo]"),
    ("policy-approval-twice", "approvals: [cro]", "approvals: [cro, vp_sales, cro]"),
    ("policy-unknown-graph", "graph: refunds", "graph: refund"),
    ("policy-unknown-action", "graph: refunds", "action: refund"),
    ("policy-unknown-node", "approvals: [cro]", "route: paid"),
    ("policy-override-route", "approvals: [cro]", "route: nothing"),
    ("policy-override-owner", "reason: why", "reason: why, owner_signs: bob"),
    ("policy-override-shape", "approvals: [cro]", "forbid: true"),
    ("policy-override-alone", "approver: bob", "approver: ann"),
    ("policy-override-time", "2027-01-01", "2027-12-01"),
    ("policy-override-time", "2027-01-01", "2026-11-01"),
];

/// A code, and a bundle that has this one mistake in its approvals, waits or overrides.
fn further() -> Vec<(&'static str, Files)> {
    const GRAPH: &str = "graph: refunds\nsubject: account\nowner: ann\nstart: look\nnodes:\n  \
        look: {kind: decide, unknown: hold}\n  \
        hold: {kind: wait, for: [account.strategic], ready: pay, within: 1d, then: pay}\n  \
        pay: {kind: human, role: cro, ack: 1h, approvals: [vp_sales, escalation_manager], refused: nothing}\n  \
        nothing: {kind: end}\nrules:\n  - {id: all, from: look, to: pay, otherwise: true}\n";
    const OVERRIDE: &str = "overrides:\n  - {id: one, graph: refunds, approvals: [cro], from: 2026-12-01, \
        until: 2027-01-01, reason: why, author: ann, approver: bob}\n";
    const FOUR: &str = "pay: {kind: human, role: cro, ack: 1h, approvals: [vp_sales, escalation_manager, cro, field_technician], refused: nothing}";
    const TWO: &str = "pay: {kind: human, role: cro, ack: 1h, approvals: [vp_sales, escalation_manager], refused: nothing}";
    let with = |graph: String, exception: String| {
        let mut files = good::files();
        files.insert("routing/refunds.yaml".to_owned(), graph);
        files.insert("overrides/one.yaml".to_owned(), exception);
        files
    };
    assert_eq!(shown(&with(GRAPH.to_owned(), OVERRIDE.to_owned())), Vec::<String>::new());
    let in_graph = [
        ("policy-approval-twice", "[vp_sales, escalation_manager]", "[vp_sales, vp_sales]"),
        ("policy-unknown-role", "[vp_sales, escalation_manager]", "[vp_sale, escalation_manager]"),
        ("policy-refused-node", "refused: nothing", "refused: hold"),
        ("policy-reserved-node", "nothing", "pay/approval:cro"),
        ("policy-reserved-node", "nothing", "pay/permit:refund"),
        ("policy-reserved-node", "nothing", "pay/override:one/other"),
        ("policy-too-many-checkpoints", TWO, FOUR),
        ("policy-wait-ready", "ready: pay", "ready: nothing"),
        ("policy-wait-nothing", "for: [account.strategic]", "for: []"),
        ("policy-unknown-fact", "for: [account.strategic]", "for: [account.strategc]"),
        ("policy-cycle", "ready: pay", "ready: look"),
    ];
    let swap = |text: &str, old: &str, new: &str| {
        assert!(text.contains(old), "`{old}`");
        text.replace(old, new)
    };
    let mut all: Vec<_> = in_graph
        .map(|(code, old, new)| (code, with(swap(GRAPH, old, new), OVERRIDE.to_owned())))
        .into();
    all.extend(
        IN_OVERRIDE
            .map(|(code, old, new)| (code, with(GRAPH.to_owned(), swap(OVERRIDE, old, new)))),
    );
    let again = OVERRIDE.replace("overrides:\n", "");
    let twice = |second: String| with(GRAPH.to_owned(), format!("{OVERRIDE}{second}"));
    all.push(("policy-override-overlap", twice(again.replace("id: one", "id: two"))));
    let later = again.replace("from: 2026-12-01", "from: 2027-02-01");
    all.push(("policy-duplicate-override", twice(later.replace("2027-01-01", "2027-03-01"))));
    let alone = swap(GRAPH, "role: cro", "role: field_technician");
    let alone = swap(&alone, "[vp_sales, escalation_manager]", "[field_technician2]");
    let mut files = with(alone, OVERRIDE.to_owned());
    let people = files.get("people.yaml").cloned().unwrap_or_default();
    let people = people.replace("roles:\n", "roles:\n  field_technician2: [kim]\n  only: [kim]\n");
    files.insert("people.yaml".to_owned(), people);
    let graph = files.get("routing/refunds.yaml").cloned().unwrap_or_default();
    files.insert(
        "routing/refunds.yaml".to_owned(),
        graph.replace("role: field_technician,", "role: only,"),
    );
    all.push(("policy-approves-own", files));
    all.extend(of_properties());
    all
}

/// The same of properties.
fn of_properties() -> [(&'static str, Files); 2] {
    let of = |(code, forall, asserts): (&'static str, &str, &str)| {
        let text = format!(
            "tests:\n  - {{property: p, graph: prospect-to-cxo, forall: {{{forall}}}, assert: {asserts}}}\n"
        );
        (code, changed("tests/property.yaml", "", &text))
    };
    [
        ("policy-empty-test", "deal.amount: 0..9", "{monotone: neg_7d, outcome: rises}"),
        ("policy-fact-scope", "case.safety_risk: [true, false]", "{never: review}"),
    ]
    .map(of)
}

#[test]
fn each_mistake_of_approvals_waits_and_overrides_is_said() {
    for (code, files) in further() {
        let said = shown(&files);
        assert!(said.iter().any(|one| one.contains(&format!("[{code}]"))), "{code}: {said:#?}");
    }
}

/// Of an action that cannot be read, what others say of it is no second mistake.
#[test]
fn an_action_that_cannot_be_read_is_told_once() {
    const ACTIONS: &str = "actions:\n  refund:\n    subject: deal\n    parameters: {amount: money}\n    \
        context: {stage: deal.stage}\n    optional: [stage]\n    limits: [amount]\n";
    const OVERRIDE: &str = "overrides:\n  - {id: one, action: refund, forbid: true, from: 2026-12-01, \
        until: 2027-01-01, reason: why, author: ann, approver: bob}\n";
    const TEST: &str = "tests:\n  - {name: r, graph: prospect-to-cxo, act: {refund: {amount: 5}}, \
        expect: {decision: deny}}\n";
    let with = |actions: String| {
        let mut files = good::files();
        files.insert("actions.yaml".to_owned(), actions);
        files.insert("overrides/one.yaml".to_owned(), OVERRIDE.to_owned());
        files.insert("tests/act.yaml".to_owned(), TEST.to_owned());
        shown(&files)
    };
    assert_eq!(with(ACTIONS.to_owned()), Vec::<String>::new());
    let mut said = Vec::new();
    for (old, new) in [
        ("amount: money", "amount: mony"),
        ("subject: deal", "subject: dael"),
        ("deal.stage", "deal.stgae"),
        ("{amount: money}", "{amount: money"),
        ("context: {stage: deal.stage}\n    optional: [stage]", "optional: [stage]"),
        ("refund:", "refnud:"),
    ] {
        assert!(ACTIONS.contains(old), "`{old}`");
        said.extend(with(ACTIONS.replace(old, new)));
    }
    expect_test::expect![[r#"
        actions.yaml:4:26: error[yaml-value]: `mony` is none of: bool, int, ratio, money, time, duration, code
          help: did you mean `money`?
        actions.yaml:3:14: error[yaml-value]: `subject: dael` is none of: account, case, deal
          help: did you mean `deal`?
        actions.yaml:5:22: error[policy-unknown-fact]: there is no fact `deal.stgae`
          help: did you mean `deal.stage`?
        actions.yaml:5:12: error[yaml-syntax]: not YAML: while parsing a flow mapping, did not find expected ',' or '}'
        actions.yaml:5:16: error[action-member]: `optional` names `stage`, which this action does not have
          help: add it to `context`, or leave `optional` out
        overrides/one.yaml:2:23: error[policy-unknown-action]: there is no action `refund`
          help: did you mean `refnud`?
        tests/act.yaml:2:45: error[policy-unknown-action]: there is no action `refund`
          help: did you mean `refnud`?"#]].assert_eq(&said.join("\n"));
}

fn too_large() -> Files {
    let mut files = good::files();
    let text = files.get_mut(CASES).unwrap();
    for rule in 0..5_000 {
        let rule =
            format!("- {{id: X{rule}, from: triage, to: review, when: \"neg_7d > {rule}\"}}");
        *text = text.replacen("rules:\n", &format!("rules:\n  {rule}\n"), 1);
    }
    files
}

/// Bundles cut off anywhere are refused or loaded, and never break the program.
#[test]
fn a_torn_file_is_only_a_problem() {
    for path in good::files().keys() {
        for cut in (0..good::files()[path].len()).step_by(5) {
            let mut files = good::files();
            files.get_mut(path).unwrap().truncate(cut);
            if let Err(problems) = compile(&files, &mut good::catalogue()) {
                let stops = problems.iter().any(|problem| problem.severity == Severity::Error);
                assert!(stops, "{path} cut at {cut} is refused without an error");
            }
        }
    }
}
