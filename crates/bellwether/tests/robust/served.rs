//! Signals over HTTP: what is accepted is in the journal, what is not is told where and why.

use crate::server::{SECRET, message};
use crate::world::World;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

const STRUCTURED: (&str, &str) = ("content-type", "application/cloudevents+json");

#[test]
fn every_mode_is_taken_and_what_is_wrong_is_told() {
    let world = World::served("");
    let server = world.serve();
    let one = message("m1", "acme", "-0.5");
    let taken = server.post("/v1/signals", &[STRUCTURED], one.to_string().as_bytes());
    assert_eq!((taken.status, &taken.body), (202, &json!({"accepted": 1})));
    let headers = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "m2"),
        ("ce-source", "crm"),
        ("ce-type", "chat.message"),
    ];
    let binary = server.post("/v1/signals", &headers, one["data"].to_string().as_bytes());
    assert_eq!((binary.status, &binary.body), (202, &json!({"accepted": 1})));
    let mut stranger = message("m4", "acme", "0");
    stranger["source"] = json!("billing");
    let batch = server.send(&[message("m3", "acme", "0"), stranger, json!({"id": 7})]);
    assert_eq!((batch.status, &batch.body["accepted"]), (202, &json!(1)));
    let refused = batch.body["refused"].as_array().unwrap();
    let told: Vec<_> = refused.iter().map(|one| (&one["index"], &one["code"])).collect();
    assert_eq!(
        told,
        [(&json!(1), &json!("intake-source")), (&json!(2), &json!("intake-wrong-type"))]
    );
    // Sent again they are known, and count once.
    assert_eq!(server.send(&[message("m3", "acme", "0")]).status, 202);

    for (path, kind, body, status, code) in [
        ("/v1/signals", "text/plain", "hello", 415, "intake-content-type"),
        ("/v1/signals", STRUCTURED.1, "{\"specversion\": \"0.3\"}", 400, "intake-specversion"),
        ("/v1/signals", STRUCTURED.1, "{\"id\": ", 400, "intake-not-json"),
        ("/v1/hooks/desk", "application/json", "{}", 401, "webhook-header"),
        ("/v1/hooks/nobody", "application/json", "{}", 404, "intake-source"),
        ("/v1/hooks/crm", "application/json", "{}", 404, "intake-source"),
    ] {
        let answer = server.post(path, &[("content-type", kind)], body.as_bytes());
        assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{path} {body}");
        assert!(!answer.body["help"].as_str().unwrap().is_empty(), "{code} says what to do");
    }
    let large = vec![b' '; (1 << 20) + 1];
    assert_eq!(server.post("/v1/signals", &[STRUCTURED], &large).status, 413);
    server.end();
    assert_eq!(world.journal().len(), 4, "three signals, and one that came twice");
    world.run(&["replay", "--all"]).ends(0);
    world.run(&["log", "verify"]).ends(0);
}

fn signed(secret: &str, body: &str) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let code: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={code}")
}

#[test]
fn a_webhook_is_taken_once_if_it_is_signed() {
    let world = World::served("");
    let server = world.serve();
    let body = json!({"tickets": [{
        "id": 4711, "status": "new", "priority": "urgent", "created_at": "2026-11-20T10:00:00Z",
        "organization_id": "A-17", "requester": {"email": "maria@acme.example"},
        "subject": "Pump broken"
    }]});
    let body = body.to_string();
    let post = |signature: &str, body: &str| {
        let headers = [("content-type", "application/json"), ("x-hub-signature-256", signature)];
        server.post("/v1/hooks/desk", &headers, body.as_bytes()).status
    };
    assert_eq!(post(&signed("another secret", &body), &body), 401);
    assert_eq!(post(&signed(SECRET, &body), &body.replace("4711", "4712")), 401);
    assert_eq!(post(&signed(SECRET, &body), &body), 202);
    for _ in 0..3 {
        assert_eq!(post(&signed(SECRET, &body), &body), 200, "its sender repeats it");
    }
    // A body that is signed and means nothing is kept for whoever mends the mapping.
    assert_eq!(post(&signed(SECRET, r#"{"tickets":[{}]}"#), r#"{"tickets":[{}]}"#), 202);
    server.end();
    assert!(!world.journal().is_empty());
    world.run(&["quarantine", "list"]).says(&["desk"]);
}

#[test]
fn beyond_the_configured_rate_senders_are_told_when_to_come_back() {
    let world = World::served("[intake]\nper_second = 5");
    let server = world.serve();
    let batch: Vec<_> = (0..5).map(|n| message(&format!("m{n}"), "acme", "0")).collect();
    assert_eq!(server.send(&batch).status, 202);
    let refused = server.send(&batch);
    assert_eq!((refused.status, &refused.body["code"]), (429, &json!("intake-rate")));
    assert_eq!(refused.retry_after, Some(1));
    server.end();
    assert_eq!(world.journal().len(), 5);
}
