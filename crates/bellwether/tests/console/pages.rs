//! Every page is there, says what it is to the browser, and every refusal is a problem.

use crate::served::Served;
use crate::world::World;
use serde_json::Value;

const PAGES: [&str; 14] = [
    "/",
    "/escalations",
    "/escalations?state=all",
    "/accounts",
    "/accounts?q=crm%3DA1",
    "/decisions",
    "/decisions?outcome=cxo",
    "/sources",
    "/outbox",
    "/log",
    "/try",
    "/names",
    "/help",
    "/errors/http-value",
];

#[test]
fn pages_are_whole_without_scripts_and_inline_styles() {
    let world = World::with_deals();
    let served = Served::start(&world);
    for path in PAGES {
        let page = served.get(path);
        let there = page.status == 200 || (page.status == 303 && path.contains("q="));
        assert!(there, "{path}: {}", page.status);
        if page.status == 303 {
            assert!(page.header("location").starts_with("/accounts/acc_"), "one account, one step");
            continue;
        }
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        for must in
            ["<html lang=\"en\">", "<main id=\"main\"", "<nav", "<footer>", "class=\"skip\""]
        {
            assert!(page.body.contains(must), "{path} has no {must}");
        }
        for never in ["<script", " style=", "javascript:", " onclick", "<style"] {
            assert!(!page.body.contains(never), "{path} has {never}");
        }
    }
    let page = served.get("/");
    let style = page.body.split("href=\"").find_map(|part| part.strip_prefix("/assets/"));
    let style = style.and_then(|part| part.split('"').next()).unwrap();
    let file = served.get(&format!("/assets/{style}"));
    assert_eq!((file.status, file.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(file.header("cache-control").contains("immutable"));
}

#[test]
fn every_refusal_is_a_problem() {
    let world = World::with_deals();
    let served = Served::start(&world);
    let json = ["content-type: application/json"];
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    let acc = format!("/v1/accounts/acc_{}", "0".repeat(26));
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, u16, &'a str);
    let table: [Row<'_>; 13] = [
        ("GET", "/v1/nowhere", &[], "", 404, "http-not-found"),
        ("GET", &acc, &[], "", 404, "http-not-found"),
        ("DELETE", "/v1/facts", &[], "", 405, "http-method"),
        ("GET", "/v1/accounts/quillon", &[], "", 422, "http-value"),
        ("GET", "/v1/accounts?limit=201", &[], "", 422, "http-value"),
        ("GET", "/v1/accounts?limit=1&limit=2", &[], "", 422, "http-value"),
        ("GET", "/v1/accounts?quillon=1", &[], "", 422, "http-value"),
        ("GET", "/v1/accounts?cursor=quillon", &[], "", 409, "http-cursor"),
        ("GET", "/v1/accounts", &["bellwether-purpose: quillon & co"], "", 422, "http-value"),
        ("POST", "/v1/policy/try", &["content-type: text/plain"], "{}", 415, "http-content-type"),
        ("POST", "/v1/policy/try", &json, "{quillon", 400, "http-json"),
        ("POST", "/v1/policy/try", &json, "{\"quillon\": 1}", 422, "http-value"),
        ("POST", "/v1/policy/try", &json, &large, 413, "http-too-large"),
    ];
    for (method, path, headers, body, status, code) in table {
        let answer = served.send(method, path, headers, body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["code"], code, "{method} {path}");
        assert_eq!(problem["type"], format!("/errors/{code}"), "{method} {path}");
        assert_eq!(problem["status"], status, "{method} {path}");
        assert!(!answer.body.contains("quillon"), "{method} {path} tells what was sent");
        assert_eq!(served.get(problem["type"].as_str().unwrap()).status, 200, "{code} has no page");
    }
    assert_eq!(served.send("DELETE", "/v1/facts", &[], "").header("allow"), "GET,HEAD");
}

#[test]
fn forms_of_other_sites_change_nothing() {
    let world = World::with_deals();
    let served = Served::start(&world);
    let form = "content-type: application/x-www-form-urlencoded";
    let own = format!("origin: http://{}", served.address);
    for (headers, status) in [
        (vec![form, "sec-fetch-site: cross-site"], 403),
        (vec![form, "origin: http://evil.example"], 403),
        (vec![form, "origin: null"], 403),
        (vec![form, "sec-fetch-site: same-origin"], 303),
        (vec![form, &own], 303),
        (vec!["content-type: text/plain", &own], 415),
    ] {
        let answer = served.send("POST", "/names", &headers, "purpose=audit-1&back=//evil.example");
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.header("set-cookie").is_empty(), status != 303, "{headers:?}");
        if status == 303 {
            assert_eq!(answer.header("location"), "/", "only pages of this site");
        }
    }
}

#[test]
fn what_the_api_says_of_itself_is_whole() {
    let world = World::with_deals();
    let served = Served::start(&world);
    let described: Value = serde_json::from_str(&served.get("/v1/openapi.json").body).unwrap();
    assert_eq!(described["openapi"], "3.1.0");
    let mut ids = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            ids.push(format!("{} {method} {path}", operation["operationId"].as_str().unwrap()));
            for status in ["422", "500", "503"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{path} says nothing of {status}"
                );
            }
        }
    }
    ids.sort();
    expect_test::expect![[r#"
        answerEscalation post /v1/escalations/{stream}/{doc}/{graph}/answer
        changeRules post /v1/rules/{rules}/{change}
        compareRules get /v1/rules/{rules}/shadow
        countOutbox get /v1/outbox/counts
        diffRules get /v1/rules/{rules}/diff
        explainDecision get /v1/decisions/{stream}/{seq}
        getAccount get /v1/accounts/{account}
        getCheckpoint get /v1/log/checkpoint
        getEscalation get /v1/escalations/{stream}/{doc}/{graph}
        getLog get /v1/log
        getProof get /v1/log/proof/{pos}
        listAccounts get /v1/accounts
        listDecisions get /v1/decisions
        listEscalations get /v1/escalations
        listFacts get /v1/facts
        listNumbers get /v1/rules/numbers
        listOutbox get /v1/outbox
        listQuarantine get /v1/quarantine
        listRules get /v1/rules
        listSources get /v1/sources
        listTimeline get /v1/accounts/{account}/timeline
        overridesOfRules get /v1/rules/{rules}/overrides
        proofsOfRules get /v1/rules/{rules}/proofs
        replayStream get /v1/replay/{stream}
        retryEffect post /v1/outbox/{pos}/{nth}/retry
        settleEffect post /v1/outbox/{pos}/{nth}/settle
        stopSending post /v1/stop
        tryPolicy post /v1/policy/try
        whatIf post /v1/rules/what-if"#]]
    .assert_eq(&ids.join("\n"));
}

#[test]
fn a_proof_that_was_downloaded_checks_elsewhere() {
    let world = World::with_deals();
    let key = world.run(&["log", "show", "--format", "json"]).ends(0).json();
    let served = Served::start(&world);
    let (proof, record) = (served.get("/log/proof/2"), served.get("/log/record/2"));
    assert!(proof.header("content-disposition").contains("record-2.tlog-proof"));
    drop(served);
    world.write("record-2.tlog-proof", &proof.body);
    world.write("record-2.json", &record.body);
    let key = key["keys"][0]["key"].as_str().unwrap();
    world.run(&["log", "check", "record-2.json", "record-2.tlog-proof", "--key", key]).ends(0);
}
