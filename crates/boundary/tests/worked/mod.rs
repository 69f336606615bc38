//! A worked set of boundaries: refunds by size, concessions limited, what only a person may lift.

use crate::given::{fine, random, refund};
use bellwether_boundary::{Answer, Given};

pub(crate) const WORKED: &str = r#"
@id("refund.small") @owner("finance-ops") @reason("Small refunds are the agent's own")
permit (principal, action == Bellwether::Action::"issue_refund", resource)
when { context.amount > 0 && context.amount <= 10000 && context.calibrated && context.confidence >= 850000 };

@id("concession.finance") @owner("finance-ops") @reason("Anything that finance signed")
permit (principal, action in Bellwether::Action::"concession", resource)
when { context.amount > 0 && context.amount <= 1000000 && context.approvals.contains(Bellwether::Role::"finance") };

@id("forbid.tainted") @owner("security") @reason("Outsiders may have written it") @needs("manager")
forbid (principal, action in [Bellwether::Action::"concession"], resource)
when { context.tainted } unless { context.approvals.contains(Bellwether::Role::"manager") };

@id("forbid.headroom") @owner("finance-ops") @reason("More than is left this month") @needs("finance")
forbid (principal, action in Bellwether::Action::"concession", resource)
when { context.amount > context.headroom } unless { context.approvals.contains(Bellwether::Role::"finance") };

@id("forbid.legal_hold") @owner("legal") @reason("Nothing leaves while lawyers look") @review("2027-01-31")
forbid (principal, action in Bellwether::Action::"concession", resource)
when { context has legal_hold && context.legal_hold };

@id("forbid.safety") @owner("service") @reason("Somebody could be hurt") @needs("technician, manager")
forbid (principal, action in Bellwether::Action::"concession", resource)
when { context.safety_risk } unless {
  context.approvals.containsAny([Bellwether::Role::"technician", Bellwether::Role::"manager"])
};
"#;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn approval(sets: &[&[&str]], denied_by: &[&str]) -> Answer {
    let sets = sets.iter().map(|set| names(set)).collect();
    Answer::NeedsApproval { sets, denied_by: names(denied_by) }
}

#[test]
fn refunds_by_size() {
    let boundaries = fine(WORKED);
    let ask = |request| boundaries.ask("issue_refund", &request);
    let small = Answer::Allow { by: names(&["refund.small"]) };
    assert_eq!(ask(refund(9_000, 10_000)), small);
    assert_eq!(ask(refund(10_000, 10_000)), small);
    assert_eq!(ask(refund(10_001, 20_000)), approval(&[&["finance"]], &[]));
    assert_eq!(ask(refund(9_000, 8_999)), approval(&[&["finance"]], &["forbid.headroom"]));
    assert_eq!(
        boundaries.ask("issue_credit", &refund(1, 10)),
        approval(&[&["finance"]], &[]),
        "the small permit is about refunds alone"
    );
    let denied = |by: &[&str]| Answer::Deny { by: names(by), errors: Vec::new() };
    for amount in [0, -1, i64::MIN] {
        assert_eq!(ask(refund(amount, i64::MAX)), denied(&[]), "{amount}");
    }
    assert_eq!(ask(refund(1_000_001, i64::MAX)), denied(&[]), "not even finance");
    assert_eq!(ask(refund(i64::MAX, i64::MAX)), denied(&[]));
    assert_eq!(ask(refund(i64::MAX, i64::MIN)), denied(&["forbid.headroom"]));
    assert_eq!(ask(refund(1, i64::MIN)), approval(&[&["finance"]], &["forbid.headroom"]));
}

#[test]
fn one_approval_may_lift_two_forbids() {
    let boundaries = fine(WORKED);
    let ask = |request| boundaries.ask("issue_refund", &request);
    let mut tainted = refund(9_000, 10_000);
    tainted.tainted = true;
    assert_eq!(ask(tainted.clone()), approval(&[&["manager"]], &["forbid.tainted"]));
    tainted.members[2].1 = Given::Bool(true);
    let both = ["forbid.safety", "forbid.tainted"];
    assert_eq!(ask(tainted.clone()), approval(&[&["manager"]], &both));
    tainted.members[0].1 = Given::Long(20_000);
    tainted.members[1].1 = Given::Long(20_000);
    assert_eq!(ask(tainted.clone()), approval(&[&["manager", "finance"]], &both));
    tainted.approvals = vec!["finance"];
    assert_eq!(ask(tainted), approval(&[&["manager"]], &both));
    let mut risky = refund(9_000, 10_000);
    risky.members[2].1 = Given::Bool(true);
    assert_eq!(ask(risky), approval(&[&["manager"], &["technician"]], &["forbid.safety"]));
    let mut held = refund(9_000, 10_000);
    held.members.push(("legal_hold", Given::Bool(true)));
    let denied = Answer::Deny { by: names(&["forbid.legal_hold"]), errors: Vec::new() };
    assert_eq!(ask(held), denied, "nobody can approve that");
}

#[test]
fn what_is_missing_or_unknown_denies() {
    let boundaries = fine(WORKED);
    let errors = |action: &str, request| match boundaries.ask(action, &request) {
        Answer::Deny { errors, .. } => errors,
        other => panic!("{other:?}"),
    };
    let mut request = refund(1, 1);
    request.members.remove(0);
    assert_eq!(errors("issue_refund", request), ["`amount` is missing"]);
    let mut request = refund(1, 1);
    request.members[0].1 = Given::Word("1");
    request.members.push(("amonut", Given::Long(1)));
    request.members.push(("headroom", Given::Long(2)));
    request.approvals = vec!["finanse"];
    expect_test::expect![[""]].assert_debug_eq(&errors("issue_refund", request));
    assert_eq!(errors("issue_refnud", refund(1, 1)), ["there is no action `issue_refnud`"]);
}

const WORDS: &str = r#"
@id("eu.only") @owner("o") @reason("r")
permit (principal, action == Bellwether::Action::"issue_refund", resource) when { context.region == "eu" };
@id("not.us") @owner("o") @reason("r")
forbid (principal, action == Bellwether::Action::"issue_refund", resource)
when { context.region == "us\"; permit(" };
"#;

const HOSTILE: [&str; 27] = [
    "eu", "us\"; permit(", "eu\"", "eu\\", "eu\0", "\"eu\"", "eu || true", "permit (principal, action, resource);",
    "Eu", " eu", "eu\u{200b}", "\u{435}u", "Bellwether::Role::\"finance\"", "@id(\"eu\")", "*", "\\u{65}u", "};",
    "//", "", "context.region", "${eu}", "' or 1=1", "eu\u{202e}", "🇪🇺", "e\u{301}u", "null", "{\"__entity\":1}",
];

/// Whatever a word says, it is a word: only equality with what an author wrote means anything.
#[test]
fn hostile_words_are_words() {
    let boundaries = fine(WORDS);
    let mut random = random(7);
    for nth in 0..1_000 {
        let word: String = match HOSTILE.get(nth) {
            Some(word) => (*word).to_owned(),
            None => (0..1 + random(4)).map(|_| HOSTILE[random(HOSTILE.len())]).collect(),
        };
        let mut request = refund(1, 1);
        request.members[3].1 = Given::Word(&word);
        let expected = match word.as_str() {
            "eu" => Answer::Allow { by: names(&["eu.only"]) },
            "us\"; permit(" => Answer::Deny { by: names(&["not.us"]), errors: Vec::new() },
            _ => Answer::Deny { by: Vec::new(), errors: Vec::new() },
        };
        assert_eq!(boundaries.ask("issue_refund", &request), expected, "{nth}: {word:?}");
    }
}
