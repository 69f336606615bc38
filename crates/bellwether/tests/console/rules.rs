//! Pages and API about the rules: versions, differences, proofs, exceptions, and what if.

use crate::served::{Answer, Served};
use crate::world::{BUNDLE, World};
use bellwether_core::Timestamp;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;

/// An instant so many days from now.
fn days(from_now: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_secs(i64::try_from(now).unwrap() + from_now * DAY).to_string()
}

/// The small bundle, with overrides that are live, end soon, are over and are to come.
fn with_overrides(world: &World) {
    let one = |(id, what): (&str, &str), from: i64, until: i64| {
        format!(
            "  - {{id: {id}, graph: deals, from: {}, until: {}, {what}, when: \"deal.amount >= 900000000\", \
             reason: a test, ticket: T-1, author: lee, approver: kim}}\n",
            days(from),
            days(until)
        )
    };
    let all = [
        one(("live", "approvals: [desk]"), -1, 60),
        one(("soon", "route: cro"), -9, 9),
        one(("past", "route: cro"), -60, -30),
        one(("next", "route: cro"), 20, 60),
    ];
    world.write("small/overrides/all.yaml", &format!("overrides:\n{}", all.concat()));
}

/// Deals of the last weeks, and one of a year ago.
fn deals() -> String {
    let head = "deal_id,modified_at,account_id,stage,amount,currency,probability_percent,technical_fit,decision_maker_met,owner_email\n";
    let row = |id: usize, ago: i64, amount: u64| {
        format!("D{id},{},A{id},discovery,{amount},EUR,20,50,no,tom@us.example\n", days(-ago))
    };
    let rows =
        [row(1, 365, 100_000), row(2, 30, 100_000), row(3, 20, 600_000), row(4, 10, 200_000)];
    format!("{head}{}", rows.concat())
}

fn world() -> World {
    let world = World::new();
    with_overrides(&world);
    world.run(&["init", "--bundle", "small"]).ends(0);
    world.write("crm-deals.csv", &deals());
    world.run(&["import", "crm-deals.csv"]).ends(0);
    world
}

/// A second version, in shadow.
fn proposed(world: &World) {
    for (path, text) in BUNDLE {
        let text = text.replace("1.0.0", "1.1.0").replace("500000", "900");
        world.write(&format!("next/{path}"), &text);
    }
    let words = ["policy", "apply", "next", "--shadow", "--reason", "a test", "--by", "ann"];
    world.run(&words).ends(0);
}

fn json_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// The text of a page's main part: what stands between tags, a line each.
fn text(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    let main = page.body.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let parts = main.split('<').filter_map(|part| part.split_once('>'));
    let lines = parts.map(|(_, text)| text.trim()).filter(|text| !text.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_page_and_answer_is_there_for_readers_and_for_nobody_else() {
    let world = world();
    proposed(&world);
    let served = Served::start(&world);
    let listed = json_of(&served.get("/v1/rules"));
    let rules: Vec<_> = listed["items"].as_array().unwrap().iter().collect();
    assert_eq!(rules.len(), 2, "{listed}");
    let digest = |nth: usize| rules[nth]["rules"].as_str().unwrap().to_owned();
    let made = ["access", "token", "create", "--label", "x", "--scope", "metrics"];
    let other = world.run(&made).ends(0).out;
    let other = other.split_whitespace().find(|word| word.starts_with("bw_")).unwrap().to_owned();
    let mut paths = vec!["/rules".to_owned(), "/rules/what-if".to_owned()];
    paths.extend(["/v1/rules", "/v1/rules/numbers"].map(str::to_owned));
    for nth in 0..2 {
        for part in ["", "/diff", "/proofs", "/overrides"] {
            paths.push(format!("/rules/{}{part}", digest(nth)));
            if !part.is_empty() {
                paths.push(format!("/v1/rules/{}{part}", digest(nth)));
            }
        }
    }
    for path in &paths {
        let page = served.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        for never in ["<script", " style=", " onclick"] {
            assert!(!page.body.contains(never), "{path} has {never}");
        }
        let status = served.get_as(&other, path).status;
        assert_eq!(status, 403, "{path} for who may not read decisions");
        let status = served.get_as("", path).status;
        assert!([401, 303].contains(&status), "{path} for nobody: {status}");
    }
    let asked = "{\"number\": \"deals/R1-large/1\", \"value\": \"900\"}";
    let kind = "content-type: application/json";
    let status = served.send_as(&other, "POST", "/v1/rules/what-if", &[kind], asked).status;
    assert_eq!(status, 403);
    let none = "A".repeat(43);
    for part in ["/diff", "/proofs", "/overrides"] {
        assert_eq!(served.get(&format!("/v1/rules/{none}{part}")).status, 404);
        assert_eq!(served.get(&format!("/rules/{none}{part}")).status, 404);
        assert_eq!(served.get(&format!("/v1/rules/none{part}")).status, 422);
    }
}

#[test]
fn a_version_is_told_beside_the_rules_in_force() {
    let world = world();
    proposed(&world);
    let served = Served::start(&world);
    let listed = json_of(&served.get("/v1/rules"));
    let next = listed["items"][0]["rules"].as_str().unwrap();
    let now = listed["items"][1]["rules"].as_str().unwrap();
    let diff = json_of(&served.get(&format!("/v1/rules/{next}/diff")));
    assert_eq!(diff["in_force"], now);
    let changes = diff["changes"].as_array().unwrap();
    let limit = changes.iter().find(|one| one["what"] == "rule `R1-large` of `deals`").unwrap();
    assert!(limit["old"].as_str().unwrap().contains("deal.amount >= 500000"), "{limit}");
    assert!(limit["new"].as_str().unwrap().contains("deal.amount >= 900"), "{limit}");
    let moved = diff["moved"].as_array().unwrap();
    assert!(moved[0].as_str().unwrap().starts_with("deals: newly escalates: now cro"), "{diff}");
    let same = text(&served.get(&format!("/rules/{now}/diff")));
    assert!(same.contains("They say the same."), "{same}");

    let proofs = json_of(&served.get(&format!("/v1/rules/{now}/proofs")));
    assert_eq!(proofs["has_boundaries"], false, "{proofs}");
    let graphs = proofs["graphs"].as_array().unwrap();
    assert!(graphs.len() > 4 && graphs.iter().any(|one| one["holds"] == true), "{proofs}");

    let found = json_of(&served.get(&format!("/v1/rules/{now}/overrides")));
    let states = found["overrides"].as_array().unwrap().iter();
    let states: Vec<_> =
        states.map(|one| format!("{} {}", one["id"], one["state"]).replace('"', "")).collect();
    assert_eq!(states, ["live live", "soon expiring", "past overdue", "next to come"]);
    assert_eq!(found["overrides"][0]["owner"], "ann", "{found}");
}

#[test]
fn a_number_is_moved_and_what_moves_with_it_is_told() {
    let world = world();
    let served = Served::start(&world);
    let numbers = json_of(&served.get("/v1/rules/numbers"));
    assert_eq!(
        numbers["items"],
        json!([{"id": "deals/R1-large/1", "text": "deal.amount >= 500000", "value": "500000"}])
    );
    let kind = "content-type: application/json";
    let ask = |value: &str| {
        let body = json!({"number": "deals/R1-large/1", "value": value}).to_string();
        served.send("POST", "/v1/rules/what-if", &[kind], &body)
    };
    let found = json_of(&ask("150000"));
    // The deal of a year ago is no decision of the last quarter.
    assert_eq!((&found["accounts"], &found["of_accounts"]), (&json!(4), &json!(4)), "{found}");
    let told = &found["found"];
    assert_eq!((&told["decisions"], &told["moved"]), (&json!(3), &json!(1)), "{found}");
    assert_eq!(told["subjects"][0]["by"][0]["is"], "cro", "{found}");
    assert_eq!(told["examples"].as_array().unwrap().len(), 1, "{found}");
    assert!(told["examples"][0]["account_name"].is_null(), "no name without a purpose: {found}");
    let same = json_of(&ask("500_000"));
    assert_eq!(same["found"]["moved"], 0, "{same}");
    for (value, status, code) in
        [("5 || true", 422, "http-value"), ("-5", 422, "http-value"), ("3d", 422, "expr-")]
    {
        let refused = ask(value);
        assert_eq!(refused.status, status, "{value}: {}", refused.body);
        let problem: Value = serde_json::from_str(&refused.body).unwrap();
        assert!(problem["code"].as_str().unwrap().starts_with(code), "{value}: {problem}");
    }
    let gone = json!({"number": "deals/R9/1", "value": "5"}).to_string();
    let refused = served.send("POST", "/v1/rules/what-if", &[kind], &gone);
    assert_eq!(refused.status, 409, "{}", refused.body);

    let form = "content-type: application/x-www-form-urlencoded";
    let own = format!("origin: http://{}", served.address);
    let body = "number=deals%2FR1-large%2F1&value=150000";
    let page = served.send("POST", "/rules/what-if", &[form, &own], body);
    let shown = text(&page);
    for part in
        ["1 of 3 decisions come out otherwise.", "newly escalates: 1 deal, to cro", "4 accounts"]
    {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    let page =
        served.send("POST", "/rules/what-if", &[form, &own], "number=deals%2FR1-large%2F1&value=x");
    assert!(text(&page).contains("this is no number of rules"));
    let page = text(&served.get("/rules/what-if"));
    expect_test::expect![[r#"
        What if
        Show names
        Choose a number of the rules in force and say what it could be instead: you see which decisions of the last 91 days would have come out otherwise. Nothing is changed, and nobody is asked.
        Number
        deals/R1-large/1: 500000 in deal.amount &gt;= 500000
        Instead
        Look what moves"#]].assert_eq(&page);
}

#[test]
fn an_action_is_tried_on_the_page_and_by_the_api() {
    let world = World::new();
    world.run(&["policy", "init", "mine", "--from", "customer-escalation"]).ends(0);
    let file = "mine/boundaries/concessions.cedar";
    let text_of = std::fs::read_to_string(world.path(file)).unwrap();
    world.write(file, &text_of.replacen("2027-06-30", "2026-01-31", 1));
    world.run(&["init", "--bundle", "mine"]).ends(0);
    let served = Served::start(&world);
    let listed = json_of(&served.get("/v1/rules"));
    let rules = listed["items"][0]["rules"].as_str().unwrap();
    let overdue = json_of(&served.get(&format!("/v1/rules/{rules}/overrides")));
    assert_eq!(
        overdue["overdue"][0]["owner"], "head-of-support",
        "a boundary is to be looked at again: {overdue}"
    );
    let proofs = text(&served.get(&format!("/rules/{rules}/proofs")));
    assert!(proofs.contains("No report came with this version."), "{proofs}");

    let facts = json!({
        "case.category": "missing_part", "case.safety_risk": false, "case.legal_effect": false,
        "case.protected_trait": false, "account.legal_hold": false, "account.vulnerable": false,
        "account.bereaved": false, "concession_headroom": 400, "completeness": 1,
    });
    let kind = "content-type: application/json";
    let act = |act: Value| {
        let body = json!({"facts": facts, "act": act}).to_string();
        served.send("POST", "/v1/policy/try", &[kind], &body)
    };
    let sure = json!({"action": "issue_refund", "parameters": {"amount": 90}, "confidence": 0.95, "calibrated": true});
    let found = json_of(&act(sure));
    assert_eq!(found["boundary"]["decision"], "allow", "{found}");
    assert_eq!(found["boundary"]["by"], json!(["refund.small"]), "{found}");
    assert_eq!(found["verdicts"], json!([]), "no graph was named");
    for (wish, status) in [
        (json!({"action": "issue_refund"}), 409),
        (json!({"action": "issue_refund", "parameters": {"amount": 9, "x": 1}}), 409),
        (json!({"action": "issue_refund", "parameters": {"amount": 9}, "approved": ["x"]}), 409),
        (json!({"action": "issue_refund", "parameters": {"amount": 9}, "confidence": 2}), 422),
        (json!({"action": "fly"}), 409),
    ] {
        assert_eq!(act(wish.clone()).status, status, "{wish}");
    }
    let page = text(&served.get("/try?act=issue_refund"));
    for part in ["amount", "concession_headroom", "The confidence is calibrated", "finance_analyst"]
    {
        assert!(page.contains(part), "`{part}` is not in\n{page}");
    }
    let form = "content-type: application/x-www-form-urlencoded";
    let own = format!("origin: http://{}", served.address);
    let mut body = "graph=case-escalation&act%3Aaction=issue_refund&act%3Aset%3Aamount=90&act%3Aconfidence=0.95".to_owned();
    for (name, value) in facts.as_object().unwrap() {
        body.push_str(&format!("&{name}={}", value.to_string().trim_matches('"')));
    }
    let page = text(&served.send("POST", "/try", &[form, &own], &body));
    assert!(page.contains("issue_refund: needs approval; no permit allows it"), "{page}");
    body.push_str("&act%3Acalibrated=yes");
    let page = text(&served.send("POST", "/try", &[form, &own], &body));
    assert!(page.contains("issue_refund: allowed by refund.small"), "{page}");
}

#[test]
fn what_may_loosen_is_marked_wherever_differences_are_told() {
    let world = World::new();
    world.run(&["policy", "init", "mine", "--from", "customer-escalation"]).ends(0);
    world.run(&["init", "--bundle", "mine"]).ends(0);
    let permit = "@id(\"refund.cent\") @owner(\"head-of-support\") @review(\"2099-01-31\")\n\
        @reason(\"a cent\")\n\
        permit (principal, action == Bellwether::Action::\"issue_refund\", resource)\n\
        when { context.amount == 1 && context.calibrated && context.confidence >= 990000 };\n";
    world.write("mine/boundaries/cents.cedar", permit);
    let marked = |changes: &Value| {
        let changes = changes.as_array().unwrap().iter();
        let loosens: Vec<bool> = changes.map(|one| one["loosens"].as_bool().unwrap()).collect();
        assert_eq!(loosens, [true], "the new permit, and nothing else");
    };
    let plan = world.run(&["policy", "plan", "mine", "--format", "json"]).ends(0).json();
    marked(&plan["changes"]);
    let words = ["policy", "apply", "mine", "--shadow", "--reason", "a test", "--by", "ann"];
    world.run(&words).ends(0);
    let served = Served::start(&world);
    let rules = plan["planned"]["rules"].as_str().unwrap();
    marked(&json_of(&served.get(&format!("/v1/rules/{rules}/diff")))["changes"]);
    let page = text(&served.get(&format!("/rules/{rules}/diff")));
    assert!(page.contains("loosens, unless it is proved not to"), "{page}");
    let openapi = served.get("/v1/openapi.json").body;
    let openapi: Value = serde_json::from_str(&openapi).unwrap();
    let told = &openapi["components"]["schemas"]["RulesDifference"]["properties"]["loosens"];
    assert_eq!(told["type"], "boolean", "{told}");
}
