//! `policy diff --history`: which decisions of a data directory's own history come out otherwise.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use expect_test::expect;
use serde_json::json;
use world::{BUNDLE, World};

/// With deals, and a bundle `new` whose files are those in force but for these words.
fn changed(words: &[(&str, &str)]) -> World {
    let world = World::with_deals();
    for (path, text) in BUNDLE {
        let text = words.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
        world.write(&format!("new/{path}"), &text);
    }
    world
}

#[test]
fn a_lower_limit_is_told_in_words_by_segment_and_with_examples() {
    let world = changed(&[("500000", "900")]);
    let words = ["policy", "diff", "new", "--history", "--by", "deal.amount", "--names", "audit-7"];
    let said = world.run(&words).ends(0);
    let expected = expect![[r#"
        small 1.0.0 -> small 1.0.0; nobody was asked
        5 of 6 decisions come out otherwise

        newly escalates: 4 deals, to cro
        no longer escalates: nothing
        escalates to somebody else: nothing
        escalates sooner or later: 1 deal, to cro

        led to  leads to  decisions
        none    cxo: cro          5

        900.00 to below 500000.00: 5 of 5 decisions

        led to  leads to  decisions
        none    cxo: cro          5

        500000.00 or more: 0 of 1 decisions

        role  asked now  then  change
        cro           1     5      +4

        person  asked now  then  change
        maria           1     5      +4

        such as
          newly: crm=A2 deal crm=D2 at 2026-03-05T09:00:00Z
            was none by R2-else
                deal.amount is 1000.00, not at least 500000: by 499000.00
            now cxo: cro by R1-large
                deal.amount is 1000.00, at least 900: by 100.00
          newly: crm=A1 deal crm=D3 at 2026-04-05T09:00:00Z
            was none by R2-else
                deal.amount is 1000.00, not at least 500000: by 499000.00
            now cxo: cro by R1-large
                deal.amount is 1000.00, at least 900: by 100.00
          newly: crm=A3 deal crm=D4 at 2026-04-06T09:00:00Z
            was none by R2-else
                deal.amount is 1000.00, not at least 500000: by 499000.00
            now cxo: cro by R1-large
                deal.amount is 1000.00, at least 900: by 100.00
          newly: crm=A3 deal crm=D5 at 2026-04-07T09:00:00Z
            was none by R2-else
                deal.amount is 1000.00, not at least 500000: by 499000.00
            now cxo: cro by R1-large
                deal.amount is 1000.00, at least 900: by 100.00
          other time: crm=A1 deal crm=D1 at 2026-01-05T09:00:00Z
            was none by R2-else
                deal.amount is 100000.00, not at least 500000: by 400000.00
            now cxo: cro by R1-large
                deal.amount is 100000.00, at least 900: by 99100.00
    "#]];
    expected.assert_eq(&said.out);
}

#[test]
fn the_history_is_counted_for_programs() {
    let world = changed(&[("500000", "50000"), ("1.0.0", "1.1.0")]);
    let plain = ["policy", "diff", "small", "new", "--history", "--format", "json"];
    let found = world.run(&plain).ends(0).json();
    assert_eq!(found["new"]["version"], "1.1.0", "{found}");
    assert_eq!((&found["decisions"], &found["moved"]), (&json!(6), &json!(1)), "{found}");
}

#[test]
fn whoever_is_asked_instead_is_told() {
    let world = changed(&[("role: cro", "role: desk")]);
    let said = world.run(&["policy", "diff", "new", "--history"]).ends(0);
    said.says(&["escalates to somebody else: 1 deal, to desk instead of cro"]);
    let other = changed(&[("500000", "5000000")]);
    let said = other.run(&["policy", "diff", "new", "--history"]).ends(0);
    said.says(&["newly escalates: nothing", "no longer escalates: 1 deal, to cro"]);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let world = changed(&[]);
    let same = world.run(&["policy", "diff", "new", "--history"]).ends(0);
    same.says(&["0 of 6 decisions come out otherwise"]);
    world.run(&["policy", "diff", "new"]).ends(0).says(&["they say the same"]);
    world.run(&["policy", "diff", "new", "--by", "deal.amount"]).ends(64);
    let said = world.run(&["policy", "diff", "new", "--history", "--by", "deal.amuont"]).ends(1);
    said.warns(&["did you mean `deal.amount`?"]);
    world.run(&["policy", "diff", "small", "new", "small"]).ends(64);
}
