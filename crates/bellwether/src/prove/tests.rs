//! What is proved of a company's boundaries, and what a bad solver can make of it: nothing.
//!
//! Tests that need cvc5 say so and pass where there is none; continuous integration has it.

use super::*;
use expect_test::expect;
use std::path::Path;

const SCHEMA: &str = include_str!("tests/schema.cedarschema");
const BOUNDARIES: &str = include_str!("tests/boundaries.cedar");
const INVARIANTS: &str = include_str!("tests/invariants.cedar");

fn subject(boundaries: &str, invariants: &str) -> Subject {
    Subject::read(SCHEMA, boundaries, invariants).unwrap()
}

fn prove_with(
    solver: Option<PathBuf>,
    subject: &Subject,
    older: &[(String, Subject)],
    limit: Duration,
) -> Result<Report, Problem> {
    let bundle = Digest::of(b"seed 7");
    let task = Task { bundle, subject, older, solver, limit };
    run(&task, &ProgressBar::hidden())
}

/// With cvc5, if it is here.
fn prove_here(subject: &Subject, older: &[(String, Subject)]) -> Option<Report> {
    let Some(solver) = find(None) else {
        eprintln!("skipped: there is no cvc5");
        return None;
    };
    Some(prove_with(Some(solver), subject, older, Duration::from_secs(60)).unwrap())
}

/// What is not proved, one a line.
fn left(report: &Report) -> String {
    let line = |one: &Property| match &one.outcome {
        Outcome::Proved => None,
        Outcome::Broken(why) => Some(format!("{} {}: {why}\n", one.kind.as_str(), one.about)),
        Outcome::Open(why) => Some(format!("{} {}? {why}\n", one.kind.as_str(), one.about)),
    };
    report.properties.iter().filter_map(line).collect()
}

#[test]
fn a_clean_set_of_boundaries_is_proved() {
    let Some(report) = prove_here(&subject(BOUNDARIES, INVARIANTS), &[]) else { return };
    eprintln!("{:?}", report.counts);
    assert_eq!(left(&report), "");
    assert!(report.proved() && report.counts.faults == 0, "{:?}", report.counts);
    assert_eq!(report.properties.iter().filter(|one| one.kind == Claim::Holds).count(), 6);
    assert!(report.counts.known >= 10, "{:?}", report.counts);
    let conflicts: Vec<_> = report
        .conflicts
        .iter()
        .map(|one| format!("{}: {} over {}\n", one.action, one.forbid, one.permit))
        .collect();
    expect![[r#"
        confirm_warranty: forbid.legal_hold over warranty.confirm
        confirm_warranty: forbid.safety over warranty.confirm
        engage_cxo: forbid.cxo_fatigue over cxo.engage
        engage_cxo: forbid.legal_hold over cxo.engage
        issue_credit: forbid.legal_hold over concession.finance
        issue_credit: forbid.safety over concession.finance
        issue_credit: forbid.tainted over concession.finance
        issue_refund: forbid.headroom over refund.medium
        issue_refund: forbid.headroom over refund.small
        issue_refund: forbid.legal_hold over concession.finance
        issue_refund: forbid.legal_hold over refund.medium
        issue_refund: forbid.legal_hold over refund.small
        issue_refund: forbid.safety over concession.finance
        issue_refund: forbid.safety over refund.medium
        issue_refund: forbid.safety over refund.small
        issue_refund: forbid.tainted over concession.finance
        issue_refund: forbid.tainted over refund.medium
        issue_refund: forbid.tainted over refund.small
        message_customer: forbid.legal_hold over warranty.confirm
        offer_discount: forbid.legal_hold over concession.finance
        offer_discount: forbid.safety over concession.finance
        offer_discount: forbid.tainted over concession.finance
        reorder_part: forbid.legal_hold over warranty.confirm
        reorder_part: forbid.safety over warranty.confirm
    "#]]
    .assert_eq(&conflicts.concat());
    assert_eq!(
        report::Said::read(&report.json()),
        Some(report::Said { bundle: report.bundle, proved: true })
    );
}

/// One mistake each, and the property that shows it.
#[test]
fn each_mistake_is_found() {
    let plus = |more: &str| format!("{BOUNDARIES}\n{more}");
    let cases = [
        (
            BOUNDARIES.replace("<= 50000 &&", "<= 60000 &&"),
            "holds I1.refund-ceiling: refund.medium",
        ),
        (BOUNDARIES.replace("context.amount_cents > 0 && ", ""), "holds I2.no-negative: "),
        (
            BOUNDARIES.replace(
                "context.amount_cents > context.headroom",
                "context.amount_cents + 1 > context.headroom",
            ),
            "never-errors forbid.headroom: it cannot be evaluated",
        ),
        (
            plus(
                r#"@id("x") permit (principal, action == Bellwether::Action::"issue_refund", resource) when { context.amount_cents > 5 && context.amount_cents < 3 };"#,
            ),
            "not-dead x: it matches no request",
        ),
        (
            plus(
                r#"@id("x") permit (principal, action == Bellwether::Action::"issue_refund", resource) when { context.amount_cents > 0 && context.amount_cents <= 500 && context.approvals.contains(Bellwether::Role::"finance") };"#,
            ),
            "not-shadowed x: concession.finance matches all that it matches, and more",
        ),
        (
            plus(
                r#"@id("x") forbid (principal, action == Bellwether::Action::"engage_cxo", resource) when { !context.consent || !(context.touches_90d < 3) } unless { context.approvals.contains(Bellwether::Role::"cro") };"#,
            ),
            "not-shadowed x: forbid.cxo_fatigue matches exactly the same",
        ),
        (
            plus(
                r#"@id("x") permit (principal, action == Bellwether::Action::"issue_credit", resource) when { resource.safety_risk && context.ev.tainted && context.approvals == [Bellwether::Role::"legal"] };"#,
            ),
            "not-overruled x: everything that it would permit is forbidden",
        ),
    ];
    for (text, expected) in cases {
        let Some(report) = prove_here(&subject(&text, INVARIANTS), &[]) else { return };
        let left = left(&report);
        assert!(left.lines().any(|line| line.starts_with(expected)), "{expected}\n{left}");
        assert_eq!(report.counts.faults, 0, "every counterexample holds for the authorizer");
    }
}

#[test]
fn a_counterexample_is_a_request() {
    let text = BOUNDARIES.replace("<= 50000 &&", "<= 60000 &&");
    let Some(report) = prove_here(&subject(&text, INVARIANTS), &[]) else { return };
    let left = left(&report);
    for part in
        ["issue_refund with amount_cents: ", "approvals: [", "Case {account: ", "Agent {autonomy: "]
    {
        assert!(left.contains(part), "{part}\n{left}");
    }
}

#[test]
fn what_newly_is_allowed_is_shown() {
    let old = || vec![("old".to_owned(), subject(BOUNDARIES, ""))];
    let tighter = BOUNDARIES.replace("<= 50000 &&", "<= 40000 &&");
    let Some(report) = prove_here(&subject(&tighter, ""), &old()) else { return };
    assert_eq!(left(&report), "");
    let looser = BOUNDARIES.replace("context.touches_90d >= 3 ||", "context.touches_90d >= 4 ||");
    let Some(report) = prove_here(&subject(&looser, ""), &old()) else { return };
    let left = left(&report);
    assert!(
        left.starts_with("tightens engage_cxo (old): newly allowed, by cxo.engage: "),
        "{left}"
    );
    assert!(left.contains("touches_90d: 3"), "{left}");
    // An action that the older rules did not know was not allowed by them.
    let more = SCHEMA.replace("action concession;", "action concession; action ship appliesTo { principal: [Agent], resource: [Case], context: { approvals: Set<Role> } };");
    let text = format!(
        "{BOUNDARIES}\n@id(\"ship\") permit (principal, action == Bellwether::Action::\"ship\", resource);"
    );
    let new = Subject::read(&more, &text, "").unwrap();
    let Some(report) = prove_here(&new, &old()) else { return };
    assert!(
        self::left(&report).contains("tightens ship (old): newly allowed, by ship"),
        "{}",
        self::left(&report)
    );
}

/// A script that stands in for a solver.
#[cfg(unix)]
fn script(folder: &Path, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("solver");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Answers every question the same way.
fn always(answer: &str) -> String {
    format!(
        "while read line; do case \"$line\" in '(check-sat)') echo {answer};; '(get-model)') printf '(\\n)\\n';; esac; done"
    )
}

#[cfg(unix)]
#[test]
fn a_bad_solver_proves_nothing() {
    let small = subject(
        r#"@id("a") permit (principal, action == Bellwether::Action::"issue_refund", resource) when { context.amount_cents <= 5 };"#,
        r#"@id("i") @action("issue_refund") permit (principal, action, resource) when { context.amount_cents <= 9 };"#,
    );
    let limit = Duration::from_millis(300);
    for (text, lies, why) in [
        (always("sat"), true, ""),
        (always("unsat"), true, ""),
        (always("unknown"), false, "the solver does not know"),
        (always("'$$$'"), false, "unrecognized solver output"),
        ("exec sleep 60".to_owned(), false, "timeout after 0.3 s"),
        ("read line; exit 3".to_owned(), false, "solver"),
        ("exec yes rubbish-without-end".to_owned(), false, "unrecognized solver output"),
        ("exec cat /dev/zero".to_owned(), false, "it says too much"),
        ("exit 0".to_owned(), false, "solver"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let report = prove_with(Some(script(folder.path(), &text)), &small, &[], limit);
        if lies {
            assert_eq!(report.unwrap_err().code, "prove-solver-lies", "{text}");
            continue;
        }
        let report = report.unwrap();
        let holds = report.properties.iter().find(|one| one.kind == Claim::Holds).unwrap();
        let Outcome::Open(open) = &holds.outcome else { panic!("{text}: {holds:?}") };
        let given_up = open.contains("failed 3 times on end");
        assert!(
            open.contains(why) || given_up || open.contains("EOF") || open.contains("pipe"),
            "{text}: {open}"
        );
        assert!(!report.proved(), "{text}");
    }
}

/// Honest until its tenth answer.
#[cfg(unix)]
#[test]
fn a_solver_that_begins_to_lie_or_dies_is_noticed() {
    let Some(real) = find(None) else { return eprintln!("skipped: there is no cvc5") };
    let folder = tempfile::tempdir().unwrap();
    let real = real.display();
    // It hands its questions on, and from the tenth on says `unsat` whatever the answer is.
    let liar = format!(
        "n=0; '{real}' \"$@\" | while read line; do case \"$line\" in sat|unsat) n=$((n+1)); \
         if [ $n -gt 9 ]; then echo unsat; else echo \"$line\"; fi;; *) echo \"$line\";; esac; done"
    );
    let whole = subject(BOUNDARIES, INVARIANTS);
    let limit = Duration::from_secs(60);
    let lied = prove_with(Some(script(folder.path(), &liar)), &whole, &[], limit);
    assert_eq!(lied.unwrap_err().code, "prove-solver-lies");
    let dies = format!(
        "n=0; '{real}' \"$@\" | while read line; do case \"$line\" in sat|unsat) n=$((n+1)); \
         if [ $n -gt 9 ]; then exit 1; fi;; esac; echo \"$line\"; done"
    );
    let short = Duration::from_secs(2);
    let died = prove_with(Some(script(folder.path(), &dies)), &whole, &[], short).unwrap();
    assert!(!died.proved(), "what was asked as it died is open");
}

#[test]
fn without_a_solver_everything_is_open() {
    let report = prove_with(None, &subject(BOUNDARIES, INVARIANTS), &[], Duration::from_secs(1));
    let report = report.unwrap();
    let [proved, broken, open] = report.numbers();
    assert_eq!((proved, broken), (0, 0));
    assert!(open > 20, "{open}");
    assert_eq!(find(Some(Path::new("/nowhere/cvc5"))), None);
}

#[test]
fn the_report_is_canonical() {
    let one = |kind, about: &str, outcome| Property { kind, about: about.to_owned(), outcome };
    let report = Report {
        bundle: Digest::of(b"x"),
        solver: "cvc5 version 1.0.3".to_owned(),
        properties: vec![
            one(Claim::Holds, "I1", Outcome::Proved),
            one(Claim::Live, "p", Outcome::Broken("it \"never\" matches".to_owned())),
            one(Claim::Tightens, "a (old)", Outcome::Open("timeout".to_owned())),
        ],
        conflicts: Vec::new(),
        implied: vec![report::Implied { invariant: "I2".to_owned(), by: "I1".to_owned() }],
        counts: ask::Counts::default(),
    };
    expect![[r#"
        {"bundle":"LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE","conflicts":[],"format":"bellwether proof 1","implied":[{"by":"I1","invariant":"I2"}],"properties":[{"about":"I1","claim":"holds","result":"proved"},{"about":"p","claim":"not-dead","result":"broken","why":"it \"never\" matches"},{"about":"a (old)","claim":"tightens","result":"not proved","why":"timeout"}],"proved":false,"queries":{"asked":0,"faults":0,"known":0,"repeated":0,"replayed":0,"solver":0},"solver":"cvc5 version 1.0.3"}
    "#]].assert_eq(&report.json());
    let said = report::Said::read(&report.json()).unwrap();
    assert!(!said.proved);
    let forged = report.json().replace("\"proved\":false", "\"proved\":true");
    assert!(!report::Said::read(&forged).unwrap().proved, "the properties are looked at");
}

#[test]
fn an_invariant_that_another_one_implies_is_told() {
    let more = "@id(\"Z1.weaker\") @action(\"issue_refund\")\n\
                permit (principal, action, resource) when { context.amount_cents >= 0 };\n";
    let whole = prove_here(&subject(BOUNDARIES, INVARIANTS), &[]);
    let Some(report) = prove_here(&subject(BOUNDARIES, &format!("{INVARIANTS}\n{more}")), &[])
    else {
        return;
    };
    assert_eq!(whole.unwrap().implied, [], "each of them says something");
    let implied: Vec<_> = report.implied.iter().map(|one| one.invariant.as_str()).collect();
    assert_eq!(implied, ["Z1.weaker"], "{:?}", report.implied);
    assert_eq!(left(&report), "", "it is worth a look, and no fault");
}

#[test]
fn the_shipped_bundles_are_proved() {
    for shipped in crate::bundle::SHIPPED {
        let files = crate::bundle::files(Path::new(shipped.name)).unwrap();
        let Some(subject) = super::subject(&Rules::compose(files).unwrap()) else { continue };
        let Some(report) = prove_here(&subject, &[]) else { return };
        eprintln!("{}: {} properties, {:?}", shipped.name, report.properties.len(), report.counts);
        assert_eq!((left(&report), report.counts.faults), (String::new(), 0), "{}", shipped.name);
    }
}
