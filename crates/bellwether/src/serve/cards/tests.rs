//! Cards as people read them, over a running driver.

use super::*;
use crate::config::Config;
use crate::serve::read::tests::{House, house_with_approval};
use bellwether_core::Purpose;

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
