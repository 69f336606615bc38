//! Loading: everything wrong is told at once, with its place.

use crate::given::{compile, fine, shown};
use crate::worked::WORKED;
use bellwether_core::Timestamp;

const WRONG: &str = r#"// a file with every kind of mistake
permit (principal, action, resource);
@id("two") @owner("o") @reason("r") @reveiw("x")
permit (principal, action == Bellwether::Action::"issue_refnud", resource) when { context.amonut > 5 };
@id("two") @owner("o") @reason("r") @review("soon")
forbid (principal, action == Bellwether::Action::"issue_refund", resource) when { context.amount > 5 };
@id("velocity") @owner("o") @reason("r") @needs("finanse")
forbid (principal, action == Bellwether::Action::"issue_refund", resource)
when { context.amount + -5 > context.headroom - 1 || context.amount * 2 > 5 }
unless { context.approvals.contains(Bellwether::Role::"finance") };
@id("backwards") @owner("o") @reason("r")
permit (principal, action == Bellwether::Action::"issue_refund", resource)
when { !context.approvals.contains(Bellwether::Role::"finance") };
@id("hidden") @owner("o") @reason("r")
forbid (principal, action == Bellwether::Action::"issue_refund", resource)
when { context.approvals.isEmpty() || context.region like "e*" };
@id("broken") @owner("o") @reason("r")
permit (principal, action, resource) when { context.amount > 5.0 };
@id("role") @owner("o") @reason("r")
permit (principal, action == Bellwether::Action::"issue_refund", resource)
when { context.approvals.contains(Bellwether::Role::"finanse") };
permit (principal"#;

#[test]
fn every_mistake_is_told_with_its_place() {
    let problems = compile(WRONG, "").err().unwrap();
    expect_test::expect![[""]].assert_eq(&shown(&problems));
}

/// The forbid that Cedar would skip when the sum overflows, so that the request would be allowed.
#[test]
fn a_velocity_that_adds_is_refused() {
    let text = WORKED.replace("context.amount > context.headroom", "context.headroom + context.amount > 500000");
    let problems = compile(&text, "").err().unwrap();
    let found: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(found, ["boundary-arithmetic"]);
    let place = problems[0].place.as_ref().map(ToString::to_string);
    assert_eq!(place.as_deref(), Some("boundaries/a.cedar:16:25"));
}

#[test]
fn an_invariant_is_about_its_action() {
    let invariants = r#"
@id("I1") @action("issue_refund") permit (principal, action, resource) when { context.amount > 0 };
@id("I2") @action("*") permit (principal, action, resource) when { context.completeness > 0 };
"#;
    let compiled = compile("", invariants).ok().unwrap();
    let found = compiled.boundaries.invariants().iter();
    let found: Vec<_> = found.map(|one| (one.id.as_str(), one.action.as_deref())).collect();
    assert_eq!(found, [("I1", Some("issue_refund")), ("I2", None)]);
    let wrong = invariants.replace("issue_refund", "issue_refnud").replace("@id(\"I2\")", "");
    let wrong = wrong.replace("context.completeness", "context.amount");
    expect_test::expect![[""]].assert_eq(&shown(&compile("", &wrong).err().unwrap()));
}

#[test]
fn a_review_that_is_due_is_told() {
    let boundaries = fine(WORKED);
    let day = |day: i64| Timestamp::from_micros(day * 86_400_000_000);
    assert_eq!(boundaries.overdue(day(20_848)), []);
    expect_test::expect![[""]].assert_eq(&shown(&boundaries.overdue(day(20_850))));
}

#[test]
fn the_schema_reads_well() {
    expect_test::expect![[""]].assert_eq(fine("").schema_text());
}
