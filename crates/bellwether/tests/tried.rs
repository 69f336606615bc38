//! `policy try`: facts and an action in, verdict and boundary decision out.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use world::World;

/// What is tried is decided by the same rules, and nothing is kept.
#[test]
fn an_action_is_tried_against_the_boundaries() {
    let world = World::new();
    let facts = "case.category=missing_part case.safety_risk=false case.legal_effect=false case.protected_trait=false \
                 account.legal_hold=false account.vulnerable=false account.bereaved=true concession_headroom=40 \
                 completeness=1";
    let tried = |more: &str| {
        let facts = facts.split_whitespace().flat_map(|fact| ["--fact", fact]);
        let args = ["policy", "try", "customer-escalation"].into_iter().chain(facts);
        world.run(&args.chain(more.split_whitespace()).collect::<Vec<_>>())
    };
    tried("--act issue_refund --set amount=90 --confidence 0.95 --calibrated").ends(0).says(&[
        "issue_refund: needs approval; forbidden by ethics.bereaved, forbid.headroom",
        "with the approval of escalation_manager and finance_analyst",
    ]);
    let signed = "--act issue_refund --set amount=90 --approved finance_analyst --approved escalation_manager";
    let json = tried(&format!("{signed} --format json")).ends(0).json();
    assert_eq!(json["boundary"]["decision"], "allow", "{json}");
    assert_eq!(json["boundary"]["by"], serde_json::json!(["concession.finance"]), "{json}");
    tried("--act issue_refund --set amount=20000 --format text")
        .ends(0)
        .says(&["denied; forbidden by"]);
    tried("--act issue_refnud").ends(1).warns(&["did you mean `issue_refund`?"]);
    tried("--act issue_refund").ends(1).warns(&["add `--set amount=VALUE`"]);
    tried("--act issue_refund --set amount=x").ends(1).warns(&["try-unknown"]);
    tried("--act issue_refund --set amount=9 --approved finance").ends(1).warns(&["no such role"]);
    tried("--act issue_refund --set amount=9 --confidence 2").ends(64);
    tried("--graph case-escalation --format json")
        .ends(0)
        .says(&["case-escalation", "\"boundary\":null"]);
}

/// Exceptions are listed with how they stand at an instant and who answers for them.
#[test]
fn exceptions_are_listed_as_they_stand() {
    let world = World::new();
    let one = |id: &str, from: &str, until: &str, what: &str| {
        format!(
            "  - {{id: {id}, graph: deals, from: {from}, until: {until}, {what}, reason: {id} year, author: lee, approver: kim}}\n"
        )
    };
    let all = [
        one("live", "2026-11-01", "2027-01-10", "approvals: [desk]"),
        one("soon", "2026-11-01", "2026-12-02", "route: cro"),
        one("past", "2026-06-01", "2026-07-01", "route: nothing, owner_signs: ann"),
        one("next", "2026-12-10", "2027-01-10", "route: cro"),
    ];
    world.write("small/overrides/all.yaml", &format!("overrides:\n{}", all.concat()));
    let words = ["policy", "overrides", "small", "--at", "2026-11-22"];
    expect_test::expect![[r#"
        id    state     about  does              from                  until                 author  approver  owner  reason
        live  live      deals  needs desk        2026-11-01T00:00:00Z  2027-01-10T00:00:00Z  lee     kim       ann    live year
        soon  expiring  deals  leads to cro      2026-11-01T00:00:00Z  2026-12-02T00:00:00Z  lee     kim       ann    soon year
        past  overdue   deals  leads to nothing  2026-06-01T00:00:00Z  2026-07-01T00:00:00Z  lee     kim       ann    past year
        next  to come   deals  leads to cro      2026-12-10T00:00:00Z  2027-01-10T00:00:00Z  lee     kim       ann    next year
    "#]].assert_eq(&world.run(&words).ends(0).out);
    let json = world.run(&[&words[..], &["--format", "json"]].concat()).ends(0).json();
    let states = json.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap());
    assert_eq!(states.collect::<Vec<_>>(), ["live", "expiring", "overdue", "to come"]);
    let none = world.run(&["policy", "overrides", "customer-escalation"]).ends(0);
    none.says(&["the bundle has no overrides"]);
}

/// What an approval would cost is told of rules in force and of rules to come; nothing is changed.
#[test]
fn approvals_are_told_with_what_rests_on_them() {
    let world = World::with_deals();
    world.run(&["policy", "checkpoints"]).ends(0).says(&["no graph asks for an approval"]);
    for (path, text) in world::BUNDLE {
        let text = text.replace("level: 2,", "level: 2, approvals: [legal], refused: desk,");
        let text = text.replace("desk: [lee, kim]", "legal: [lea, leo], desk: [lee, kim]");
        let text = text.replace("{maria: {},", "{maria: {}, lea: {}, leo: {},");
        world.write(&format!("next/{path}"), &text);
    }
    let told = ["policy", "checkpoints", "--bundle", "next"];
    world.run(&told).ends(0).says(&[
        "deals/cro/approval:legal",
        "every proof still holds; nobody has answered it yet",
        "1 approval, 0 could go",
    ]);
    let json = world.run(&[&told[..], &["--format", "json"]].concat()).ends(0).json();
    assert_eq!(json[0]["role"], "legal", "{json}");
    assert_eq!((&json[0]["asked"], &json[0]["could_go"]), (&0.into(), &false.into()), "{json}");
    world.run(&["policy", "checkpoints", "--data", "nowhere"]).ends(1);
}
