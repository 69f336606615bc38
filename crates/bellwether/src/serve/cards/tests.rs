//! Cards as people read them, over a running driver.

use super::*;
use crate::config::Config;
use crate::serve::read::tests::{House, house_of, house_with_approval, with_approval};
use bellwether_core::Purpose;
use bellwether_engine::Rules;
use std::sync::Arc;

/// The cards of everything that is to be told, in the order in which it came up.
fn cards(house: &House) -> Vec<String> {
    let prepared = house.read(|desk| {
        let config = Config::load(None, &desk.context().data, None)?.config;
        let rows = desk.view.effects_after((0, 0), 99)?;
        rows.iter().map(|row| prepare(desk, &config, row)).collect::<Result<Vec<_>, _>>()
    });
    let told = |prepared| match prepared {
        Prepared::Unwanted => "nobody wants it any more".to_owned(),
        Prepared::Card { card, .. } => {
            let lines = [&card.title].into_iter().chain(&card.text);
            let lines = lines.map(|line| line.reveal(Purpose::Show).as_str());
            let lines = lines.filter(|line| !line.starts_with("If nobody answers by"));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    prepared.unwrap().into_iter().map(told).collect()
}

#[test]
fn an_approval_is_asked_for_by_name_and_says_what_follows() {
    let house = house_with_approval(2);
    expect_test::expect![[r#"
        Approve or refuse: It is large: Quillon 0 Works
        You are asked because it is large.
        Nothing is done before you approve it.
        If you approve, cro is asked; if you refuse, it goes to desk.

        Approve or refuse: It is large: Quillon 1 Works
        You are asked because it is large.
        Nothing is done before you approve it.
        If you approve, cro is asked; if you refuse, it goes to desk."#]]
    .assert_eq(&cards(&house).join("\n\n"));
    let said = |ask: &str, answer: &str| serde_json::json!({"answer": answer, "ask": ask, "reason": "busy"});
    let (key, ask) = house.first();
    let approve = serde_json::json!({"answer": "accept", "ask": ask});
    assert_eq!(house.answer("lee", &key, approve).unwrap(), "asked maria");
    let (key, ask) = house.first();
    assert_eq!(house.answer("lee", &key, said(&ask, "decline")).unwrap(), "asked lee");
    expect_test::expect![[r#"
        nobody wants it any more

        nobody wants it any more

        No need to act any more: Quillon 0 Works
        Somebody else is asked now.

        It is large: Quillon 0 Works
        You are asked because it is large.
        Whoever had to approve it before you has done so.

        It is large: Quillon 1 Works
        You are asked because it is large.
        It needed an approval, which was refused."#]]
    .assert_eq(&cards(&house).join("\n\n"));
    house.running.stop();
}

#[test]
fn a_card_keeps_the_words_of_the_rules_that_opened_its_escalation() {
    let words =
        |title: &str| format!("messages:\n  - {{graph: deals, title: \"{title}: {{reason}}\"}}\n");
    let house = house_of(with_approval(&[("messages/all.yaml", &words("Before"))]), 1);
    let told = "Approve or refuse: Before: it is large";
    let first = |house: &House| cards(house)[0].lines().next().unwrap_or_default().to_owned();
    assert_eq!(first(&house), told);
    // Others come into force meanwhile: who is asked, why, and in which words is said as it was.
    let text = with_approval(&[])["routing/deal.yaml"].replace("it is large", "it is dear");
    let text = text.replace("approvals: [desk], refused: desk, ", "");
    let head = "bundle: small\nversion: 1.1.0\nowner: ann\ncurrency: EUR\nmode: enforce\n";
    let files = with_approval(&[
        ("messages/all.yaml", &words("After")),
        ("routing/deal.yaml", &text),
        ("bundle.yaml", head),
    ]);
    let rules = Arc::new(Rules::compose(files).unwrap());
    house.running.live().call(move |driver, at| driver.activate(Arc::clone(&rules), at)).unwrap();
    assert_eq!(first(&house), told);
    assert!(cards(&house)[0].contains("If you approve, cro is asked;"), "{:?}", cards(&house));
    house.running.stop();
}

#[test]
fn an_approver_hears_that_the_boundaries_are_asked_after_them() {
    let permits = "@id(\"all\") @owner(\"ann\") @reason(\"it may\") @review(\"2099-01-01\")\n\
        permit (principal, action == Bellwether::Action::\"call\", resource)\n\
        when { context.approvals.contains(Bellwether::Role::\"cro\") };\n";
    let actions =
        "actions:\n  call: {description: a call, subject: deal, context: {amount: deal.amount}}\n";
    let with = |permit: &str| {
        let text = with_approval(&[])["routing/deal.yaml"]
            .replace("ack: 8h,", &format!("ack: 8h, {permit},"));
        with_approval(&[
            ("routing/deal.yaml", &text),
            ("actions.yaml", actions),
            ("boundaries/calls.cedar", permits),
        ])
    };
    let permit = "permit: {action: call, approvals: [cro], denied: desk}";
    let house = house_of(with(permit), 1);
    let said = |house: &House| cards(house)[0].lines().last().unwrap_or_default().to_owned();
    assert_eq!(
        said(&house),
        "If you approve, cro is asked, unless the boundaries want another approval first or do not allow it; \
         if you refuse, it goes to desk."
    );
    // And whoever of the executives approves then is the last.
    let (key, ask) = house.first();
    let approve = serde_json::json!({"answer": "accept", "ask": ask});
    assert_eq!(house.answer("lee", &key, approve).unwrap(), "asked maria");
    let last = cards(&house).pop().unwrap();
    assert_eq!(
        last.lines().last(),
        Some(
            "If you approve, cro is asked, unless the boundaries do not allow it; if you refuse, it goes to desk."
        )
    );
    house.running.stop();
}
