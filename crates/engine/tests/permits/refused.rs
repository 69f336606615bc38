//! Permits that do not fit their graph, their action or its boundaries.
//!
//! - In: bundles with one mistake each.
//! - Out: its code, with a place.
//! - Never: a mistake that is found out when somebody is to be asked.

use crate::{FACTS, files, overridden, with};
use bellwether_core::Severity;
use bellwether_engine::Rules;

#[test]
fn what_does_not_fit_is_refused_when_the_bundle_is_composed() {
    let table = [
        (with("routing/case.yaml", "[vp, legal]", "[vp]"), "permit-approvals"),
        (with("boundaries/a.cedar", "Action::\"engage\"", "Action::\"visit\""), "boundary-invalid"),
        (with("routing/case.yaml", "action: engage", "action: visit"), "permit-approvals"),
        (with("routing/case.yaml", "action: engage", "action: refund"), "policy-permit-action"),
        (with("routing/case.yaml", "action: engage", "action: engaged"), "policy-unknown-action"),
        (
            with("actions.yaml", "engage:\n    subject: case", "engage:\n    subject: deal"),
            "policy-permit-action",
        ),
        (with("routing/case.yaml", "denied: desk", "denied: exec"), "policy-denied-node"),
        (with("routing/case.yaml", "denied: desk", "denied: nothing"), "policy-denied-node"),
        (with("routing/case.yaml", "denied: desk", "denied: dsek"), "policy-unknown-node"),
        (with("routing/case.yaml", ", denied: desk", ""), "yaml-missing-key"),
        (with("routing/case.yaml", "[vp, legal]", "[vp, legl]"), "policy-unknown-role"),
        (with("routing/case.yaml", "[vp, legal]", "[vp, legal, vp]"), "policy-approval-twice"),
        (
            with("routing/case.yaml", "permit: {", "approvals: [vp], permit: {"),
            "policy-approval-twice",
        ),
        (
            with("bundle.yaml", "lateness: 7d", "lateness: 7d\ncheckpoints: 1"),
            "policy-too-many-checkpoints",
        ),
        (overridden("approvals: [cfo]"), "permit-approvals"),
        (overridden("forbid: true, when: \"case.amonut > 1\""), "expr-unknown-fact"),
    ];
    for (files, code) in table {
        let problems = Rules::compose(files).err().unwrap_or_default();
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert!(codes.contains(&code), "{code}: {codes:?}");
        assert!(problems.iter().all(|problem| problem.place.is_some()), "{code}");
    }
    let mut without = files();
    without.remove("boundaries/a.cedar");
    let problems = Rules::compose(without).err().unwrap();
    let message = problems.iter().find(|problem| problem.code == "permit-approvals").unwrap();
    expect_test::expect![[r#"
        routing/case.yaml:9:3: error[permit-approvals]: `exec` needs `engage`, which no boundary is about
          help: permit it in boundaries/*.cedar, or leave `permit` out"#]].assert_eq(&message.to_string());
    let problems = Rules::compose(with("routing/case.yaml", "[vp, legal]", "[vp]")).err().unwrap();
    expect_test::expect![[r#"
        routing/case.yaml:9:3: error[permit-approvals]: `engage` may want the approval of `legal`, whom `exec` does not ask
          help: add `legal` to `approvals` of the permit of `exec`"#]].assert_eq(&problems[0].to_string());
}

/// A bundle with mistakes of which none has to do with another.
fn broken(path: &str, text: &str) -> Vec<String> {
    let mut files = overridden("forbid: true, when: \"case.amount + 1\"");
    let graph = files.get("routing/case.yaml").unwrap().replace("start: triage", "start: desk");
    let graph = graph.replace("case.priority <= 3", "waiting > duration('1d')");
    files.insert("routing/case.yaml".to_owned(), graph);
    let actions = files.get("actions.yaml").unwrap().replace("sum: money", "sum: mony");
    files.insert("actions.yaml".to_owned(), actions);
    let cedar = files.get("boundaries/a.cedar").unwrap().replace("@owner(\"bob\")", "");
    files.insert("boundaries/a.cedar".to_owned(), cedar);
    files.insert(path.to_owned(), text.to_owned());
    let problems = Rules::compose(files).err().unwrap_or_default();
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|one| format!("{} {}", one.place.as_ref().unwrap(), one.code)).collect()
}

#[test]
fn a_file_that_cannot_be_read_hides_no_mistake_of_another() {
    let facts = FACTS.replace("urgency, scope: case", "urgncy, scope: case");
    let exception = "overrides/freeze.yaml:2:55 expr-type";
    let rest = ["routing/case.yaml:4:8 policy-start", "boundaries/a.cedar:8:1 boundary-annotation"];
    // Without facts nothing can be said of a condition that reads one.
    for (path, text, own, with_facts) in [
        (
            "features.yaml",
            "features:\n  waiting: {time_since: [ticket.updated]\n",
            &["features.yaml:3:1 yaml-syntax"][..],
            true,
        ),
        (
            "features.yaml",
            "features:\n  waiting: {time_snice: [ticket.updated]}\n",
            &["features.yaml:2:13 yaml-unknown-key", "features.yaml:2:3 feature-operation"],
            true,
        ),
        ("thresholds.yaml", "thresholds: [", &["thresholds.yaml:2:1 yaml-syntax"], true),
        ("facts.yaml", &facts, &["facts.yaml:2:36 feature-unknown-field"], false),
        ("facts.yaml", "facts: {", &["facts.yaml:2:1 yaml-syntax"], false),
    ] {
        let known = Some(exception).filter(|_| with_facts).into_iter();
        let own = own.iter().copied().chain(["actions.yaml:6:45 yaml-value"]);
        let expected: Vec<_> = own.chain(known).chain(rest).collect();
        assert_eq!(broken(path, text), expected, "{path}: {text}");
    }
}
