//! Overrides and tests: an exception acts while it lasts, and a test says when it decides.

use crate::good;
use bellwether_expr::Catalogue;
use bellwether_policy::{Files, Policy, TestOutcome, compile, coverage, moved, run_tests};

/// Two exceptions of January: a higher node, and one more approval.
const PAST: &str = "overrides:
  - {id: higher, graph: prospect-to-cxo, route: cro, from: 2026-01-01, until: 2026-02-01, reason: r, author: ann, approver: bob}
  - {id: asks, graph: prospect-to-cxo, approvals: [ceo], from: 2026-01-01, until: 2026-02-01, reason: r, author: ann, approver: bob}
";

fn policy(changes: &[(&str, &str)]) -> (Policy, Catalogue) {
    let mut files: Files = good::files();
    for (path, text) in changes {
        files.insert((*path).to_owned(), (*text).to_owned());
    }
    let mut catalogue = good::catalogue();
    let compiled = compile(&files, &mut catalogue);
    (compiled.unwrap_or_else(|problems| panic!("{problems:?}")).policy, catalogue)
}

fn failed(changes: &[(&str, &str)]) -> Vec<TestOutcome> {
    let (policy, catalogue) = policy(changes);
    let outcomes = run_tests(&policy, &catalogue, &|_| ()).into_iter();
    outcomes.filter(|outcome| !outcome.passed()).collect()
}

#[test]
fn an_override_acts_in_tests_while_it_lasts() {
    let tests = "tests:
  - {name: not yet, graph: prospect-to-cxo, facts: &, expect: {node: sponsor, approvals: []}}
  - {name: now, graph: prospect-to-cxo, given: {at: 2026-01-15}, facts: &, expect: {node: cro, approvals: [ceo]}}
  - {name: over, graph: prospect-to-cxo, given: {at: 2026-02-01}, facts: &, expect: {node: sponsor, approvals: []}}
  - {name: the fact counts, graph: prospect-to-cxo, given: {at: 2026-02-01}, facts: !, expect: {node: cro}}
  - {property: p, graph: prospect-to-cxo, forall: {deal.amount: 100000..400000}, facts: &, assert: {always: sponsor}}
  - {property: q, graph: prospect-to-cxo, forall: {deal.amount: 100000..400000}, facts: !, assert: {always: cro}}
";
    let facts = "deal.amount: 100000, account.strategic: true, deal.stage: offer, completeness: 1";
    let tests = tests.replace('&', &format!("{{{facts}}}"));
    let tests = tests.replace('!', &format!("{{{facts}, now: 2026-01-15}}"));
    assert_eq!(failed(&[("overrides/past.yaml", PAST), ("tests/at.yaml", &tests)]), []);
}

#[test]
fn what_the_tests_reach_is_told_of_their_instant() {
    let rules =
        good::files()["routing/case.yaml"].replace("neg_7d >= 3", "now >= timestamp('2026-01-01')");
    let tests = |at: &str| {
        format!(
            "tests:\n  - {{name: t, graph: customer-escalation, {at}facts: {{case.safety_risk: false}}, expect: {{doubt: false}}}}\n"
        )
    };
    for (at, rule) in [("given: {at: 2026-02-01}, ", "C2-angry"), ("", "C9-else")] {
        let changes = [("routing/case.yaml", rules.as_str()), ("tests/deals.yaml", &tests(at))];
        assert_eq!(failed(&changes), [], "{rule}");
        let (policy, catalogue) = policy(&changes);
        let missing = coverage(&policy, &catalogue, &|_| ()).missing;
        let reached = ["C2-angry", "C9-else"]
            .map(|rule| !missing.contains(&format!("customer-escalation: rule {rule}")));
        assert_eq!(reached, [rule == "C2-angry", rule == "C9-else"], "{missing:?}");
    }
}

#[test]
fn what_a_node_says_to_do_is_looked_at_beside_an_action_too() {
    let actions = "actions: {refund: {subject: deal, parameters: {amount: money}}}\n";
    let tests = "tests:\n  - {name: t, graph: prospect-to-cxo, act: {refund: {amount: 1}}, expect: {steps: [call]}}\n";
    let failed = failed(&[("actions.yaml", actions), ("tests/act.yaml", tests)]);
    assert!(
        failed.iter().any(|one| one.failures[0] == "expected steps `call`, found ``"),
        "{failed:?}"
    );
}

#[test]
fn cases_move_beside_an_override_and_through_a_wait() {
    let shown = |old: &(Policy, Catalogue), new: &(Policy, Catalogue)| {
        let moved = moved((&old.0, &old.1), (&new.0, &new.1));
        moved.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let rules = good::files()["routing/prospect.yaml"]
        .replace("deal.amount >= 100000", "deal.amount >= 50000");
    let past = ("overrides/past.yaml", PAST);
    let told = shown(&policy(&[past]), &policy(&[past, ("routing/prospect.yaml", &rules)]));
    expect_test::expect![[r#"
        prospect-to-cxo: newly escalates: now sponsor (vp_sales), was nothing (nobody)
          such as deal.amount = 50000.00, deal.stage = another word, neg_7d = -1, completeness = 0.6"#]].assert_eq(&told);
    let waiting = |limit: u32| {
        format!(
            "graph: customer-escalation\nsubject: case\nowner: o\nstart: s\nnodes:\n  s: {{kind: decide, unknown: review}}\n  \
             hold: {{kind: wait, for: [neg_7d], ready: t, within: 1d, then: review}}\n  t: {{kind: decide, unknown: review}}\n  \
             field: {{kind: human, role: field_technician, ack: 30m}}\n  review: {{kind: human, role: escalation_manager, ack: 1h}}\n\
             rules:\n  - {{id: A, from: s, to: hold, when: case.safety_risk}}\n  - {{id: B, from: s, to: review, otherwise: true}}\n  \
             - {{id: C, from: t, to: field, when: \"neg_7d > {limit}\"}}\n  - {{id: D, from: t, to: review, otherwise: true}}\n"
        )
    };
    let of = |limit| {
        policy(&[("routing/case.yaml", &waiting(limit)), ("tests/deals.yaml", "tests: []\n")])
    };
    expect_test::expect![[r#"
        customer-escalation: goes elsewhere: now field (field_technician), was review (escalation_manager)
          such as neg_7d = 3, case.safety_risk = true"#]].assert_eq(&shown(&of(3), &of(2)));
    // What is waited for need not be read by any rule.
    let fewer = |limit| waiting(limit).replace("for: [neg_7d]", "for: [account.strategic]");
    let of = |limit| {
        policy(&[("routing/case.yaml", &fewer(limit)), ("tests/deals.yaml", "tests: []\n")])
    };
    assert_eq!(moved((&of(3).0, &of(3).1), (&of(2).0, &of(2).1)).len(), 1);
    let (policy, catalogue) = of(3);
    let graph = policy.graph(bellwether_core::Code::of("customer-escalation")).unwrap();
    let slots =
        good::slots(&catalogue, "case.safety_risk: true, account.strategic: true, neg_7d: 4");
    let verdict = graph.decide(&slots, &mut bellwether_policy::Masks::default());
    let told = graph.explain(&slots, &catalogue, &verdict);
    assert_eq!(told.path, ["s", "hold", "t", "field"]);
}
