//! Cards as people read them, over a running driver.

use super::*;
use crate::config::Config;
use crate::serve::read::tests::{House, house_with_approval};
use bellwether_core::Purpose;

/// The cards of everything that is to be told, in the order in which it came up.
fn cards(house: &House) -> Vec<String> {
    let config = Config::default();
    let prepared = house.read(|desk| {
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
    expect_test::expect![[r#""#]].assert_eq(&cards(&house).join("\n\n"));
    let said = |ask: &str, answer: &str| serde_json::json!({"answer": answer, "ask": ask, "reason": "busy"});
    let (key, ask) = house.first();
    let approve = serde_json::json!({"answer": "accept", "ask": ask});
    assert_eq!(house.answer("lee", &key, approve).unwrap(), "asked maria");
    let (key, ask) = house.first();
    assert_eq!(house.answer("lee", &key, said(&ask, "decline")).unwrap(), "asked lee");
    expect_test::expect![[r#""#]].assert_eq(&cards(&house).join("\n\n"));
    house.running.stop();
}
