//! Loading: everything wrong is told at once, with its place.

use crate::given::{compile, fine, shown};
use crate::worked::WORKED;
use bellwether_boundary::Boundaries;
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
    expect_test::expect![[r#"
        boundaries/a.cedar:2:1: error[boundary-annotation]: this policy has no `@id`
          help: write `@id("..")` before it
        boundaries/a.cedar:2:1: error[boundary-annotation]: this policy has no `@owner`
          help: write `@owner("..")` before it
        boundaries/a.cedar:2:1: error[boundary-annotation]: this policy has no `@reason`
          help: write `@reason("..")` before it
        boundaries/a.cedar:3:1: error[boundary-annotation]: `@reveiw` is not known here
          help: did you mean `review`?
        boundaries/a.cedar:3:1: warning[boundary-dead]: for policy `two`, unable to find an applicable action given the policy scope constraints
          help: the schema is made from actions.yaml and people.yaml
        boundaries/a.cedar:3:1: warning[boundary-dead]: for policy `two`, policy is impossible: the policy expression evaluates to false for all valid requests
          help: the schema is made from actions.yaml and people.yaml
        boundaries/a.cedar:4:30: error[boundary-invalid]: for policy `two`, unrecognized action `Bellwether::Action::"issue_refnud"`
          help: did you mean `Bellwether::Action::"issue_refund"`?
        boundaries/a.cedar:5:1: error[boundary-annotation]: `@review("soon")` is no date
          help: write it as 2027-03-31
        boundaries/a.cedar:5:1: error[boundary-duplicate]: two policies have the id `two`
          help: the first stands at boundaries/a.cedar:3:1; rename one of them
        boundaries/a.cedar:7:1: error[boundary-needs]: `velocity` needs `finanse`, which is no role
          help: did you mean `finance`?
        boundaries/a.cedar:7:1: error[boundary-needs]: `velocity` is lifted by `finance`, which its `@needs` does not name
          help: write `@needs("finance")`
        boundaries/a.cedar:7:1: error[boundary-needs]: `velocity` needs `finanse`, but no approval of theirs lifts it
          help: add `unless { context.approvals.contains(Bellwether::Role::"finanse") }`
        boundaries/a.cedar:9:23: error[boundary-arithmetic]: `velocity` calculates (`+`)
          help: a sum can overflow, and a forbid that fails would be skipped: work it out as a feature (such as the headroom that is left) and compare that
        boundaries/a.cedar:9:47: error[boundary-arithmetic]: `velocity` calculates (`-`)
          help: a sum can overflow, and a forbid that fails would be skipped: work it out as a feature (such as the headroom that is left) and compare that
        boundaries/a.cedar:9:69: error[boundary-arithmetic]: `velocity` calculates (`*`)
          help: a sum can overflow, and a forbid that fails would be skipped: work it out as a feature (such as the headroom that is left) and compare that
        boundaries/a.cedar:13:17: error[boundary-approvals]: in `backwards` an approval could turn a yes into a no
          help: ask for approvals only as `context.approvals.contains(Bellwether::Role::"..")`, in the `when` of a permit or the `unless` of a forbid, and not below `!`
        boundaries/a.cedar:16:16: error[boundary-approvals]: in `hidden` an approval could turn a yes into a no
          help: ask for approvals only as `context.approvals.contains(Bellwether::Role::"..")`, in the `when` of a permit or the `unless` of a forbid, and not below `!`
        boundaries/a.cedar:16:54: error[boundary-operator]: `hidden` uses `like`, which boundaries may not
          help: comparisons, `&&`, `||`, `!`, `has`, `in`, `if` and `contains` are all they need
        boundaries/a.cedar:18:64: error[boundary-syntax]: unexpected token `0`
          help: write `permit (principal, action, resource) when { .. };`
        boundaries/a.cedar:21:35: error[boundary-invalid]: for policy `role`: entity `Bellwether::Role::"finanse"` is of an enumerated entity type, but `"finanse"` is not declared as a valid eid
          help: valid entity eids: "manager", "finance", "legal", "technician"
        boundaries/a.cedar:22:18: error[boundary-syntax]: unexpected end of input
          help: write `permit (principal, action, resource) when { .. };`
    "#]].assert_eq(&shown(&problems));
}

/// The forbid that Cedar would skip when the sum overflows, so that the request would be allowed.
#[test]
fn a_velocity_that_adds_is_refused() {
    let text = WORKED
        .replace("context.amount > context.headroom", "context.headroom + context.amount > 500000");
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
    expect_test::expect![[r#"
        invariants/b.cedar:2:1: error[boundary-annotation]: `@action("issue_refnud")` of `I1` is no action
          help: did you mean `issue_refund`?
        invariants/b.cedar:3:2: error[boundary-annotation]: this policy has no `@id`
          help: write `@id("..")` before it
        invariants/b.cedar:3:59: error[boundary-invalid]: for policy `invariants/b.cedar:3:2`, attribute `amount` in context for Bellwether::Action::"reorder_part" not found
          help: did you mean `cost`?
    "#]].assert_eq(&shown(&compile("", &wrong).err().unwrap()));
}

#[test]
fn a_review_that_is_due_is_told() {
    let boundaries = fine(WORKED);
    let day = |day: i64| Timestamp::from_micros(day * 86_400_000_000);
    assert_eq!(boundaries.overdue(day(20_848)), []);
    expect_test::expect![[r#"
        boundaries/a.cedar:18:1: warning[boundary-overdue]: `forbid.legal_hold` was to be looked at again by legal before today
          help: see whether it still holds, then set a later `@review`
    "#]].assert_eq(&shown(&boundaries.overdue(day(20_850))));
}

#[test]
fn the_schema_reads_well() {
    expect_test::expect![[r#"
        namespace Bellwether {
          entity Role enum ["manager", "finance", "legal", "technician"];
          entity Agent, Account, Case, Deal;
          action "concession";
          action "issue_refund" in ["concession"] appliesTo {
            principal: [Agent], resource: [Case],
            context: { confidence: Long, calibrated: Bool, completeness: Long, tainted: Bool, approvals: Set<Role>, amount: Long, headroom: Long, safety_risk: Bool, region: String, legal_hold?: Bool }
          };
          action "issue_credit" in ["concession"] appliesTo {
            principal: [Agent], resource: [Case],
            context: { confidence: Long, calibrated: Bool, completeness: Long, tainted: Bool, approvals: Set<Role>, amount: Long, headroom: Long, safety_risk: Bool, region: String, legal_hold?: Bool }
          };
          action "reorder_part" appliesTo {
            principal: [Agent], resource: [Case],
            context: { confidence: Long, calibrated: Bool, completeness: Long, tainted: Bool, approvals: Set<Role>, cost: Long }
          };
        }
    "#]].assert_eq(fine("").schema_text());
}

#[test]
fn an_invariant_that_is_said_twice_is_pointed_at() {
    let one = |id: &str, action: &str, what: &str| {
        format!(
            "@id(\"{id}\") @action(\"{action}\")\npermit (principal, action, resource)\nwhen {{ {what} }};\n"
        )
    };
    let text = [
        one("a", "issue_refund", "!context.tainted"),
        one("b", "issue_credit", "!context.tainted"),
        one("c", "issue_refund", "!context.tainted && context.calibrated"),
        one("d", "issue_refund", "// again\n  !context.tainted"),
        one("e", "*", "!context.tainted"),
    ];
    let compiled = compile("", &text.concat()).map_err(|problems| shown(&problems)).unwrap();
    expect_test::expect![[r#"
        invariants/b.cedar:10:1: warning[boundary-twice]: the invariant `d` says what `a` says
          help: the first stands at invariants/b.cedar:1:1; remove the one that is about less
        invariants/b.cedar:14:1: warning[boundary-twice]: the invariant `e` says what `a` says
          help: the first stands at invariants/b.cedar:1:1; remove the one that is about less
    "#]]
    .assert_eq(&shown(&compiled.warnings));
}

#[test]
fn differences_are_told_by_what_is_matched() {
    let permit = |id: &str, limit: u32| {
        format!(
            "@id(\"{id}\") @owner(\"o\") @reason(\"r\")\n\
             permit (principal, action in [Bellwether::Action::\"issue_refund\", Bellwether::Action::\"issue_credit\"], \
             resource) when {{ context.amount <= {limit} }};\n"
        )
    };
    let (old, new) =
        (fine(&permit("a", 5)), fine(&format!("{}{}", permit("a", 9), permit("b", 5))));
    let told = |old, new| {
        let found = Boundaries::differences(old, new).into_iter();
        found.map(|one| format!("{} {}\n", one.what, one.loosens)).collect::<String>()
    };
    assert_eq!(told(Some(&old), Some(&old)), "");
    assert_eq!(told(Some(&old), Some(&new)), "boundary `a` true\nboundary `b` true\n");
    assert_eq!(
        told(Some(&new), Some(&old)),
        "boundary `a` true\nboundary `b` false\n",
        "a permit goes"
    );
    assert_eq!(told(None, Some(&old)), "boundary `a` true\n");
    let words = Boundaries::differences(None, Some(&old)).remove(0).new.unwrap();
    let expected =
        "permits any of issue_refund, issue_credit when { context.amount <= 5 }; owner o (r)";
    assert_eq!(words, expected);
}

#[test]
fn a_sign_that_overflows_is_arithmetic() {
    let negated = |number: &str| {
        let text = WORKED
            .replace("context.amount > context.headroom", &format!("context.amount > -({number})"));
        compile(&text, "").err().unwrap_or_default().iter().map(|one| one.code).collect::<Vec<_>>()
    };
    assert_eq!(negated("-9223372036854775807"), Vec::<&str>::new());
    assert_eq!(negated("-9223372036854775808"), ["boundary-arithmetic"]);
}

#[test]
fn an_invariant_is_not_about_two_actions() {
    let about = |action: &str| {
        let text =
            format!("@id(\"I\") @action(\"issue_refund\") permit (principal, {action}, resource);");
        compile("", &text)
    };
    let own = about("action == Bellwether::Action::\"issue_refund\"").ok().unwrap();
    assert_eq!(own.boundaries.invariants().len(), 1);
    for other in
        ["== Bellwether::Action::\"reorder_part\"", "in Bellwether::Action::\"concession\""]
    {
        let problems = about(&format!("action {other}")).err().unwrap();
        assert_eq!(
            problems.iter().map(|one| one.code).collect::<Vec<_>>(),
            ["boundary-annotation"]
        );
    }
}
