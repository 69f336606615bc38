//! Slack: errors inside of a 200, asking after a message, and the vendor's own description.

use super::*;
use std::path::Path;

fn slack() -> Slack {
    Slack::new(personal(TOKEN))
}

#[test]
fn a_200_may_be_a_refusal() {
    for (body, expected) in [
        (
            r#"{"ok":true,"channel":"C1","ts":"17.01"}"#,
            Outcome::Delivered { receipt: Some("17.01".to_owned()) },
        ),
        (r#"{"ok":true}"#, Outcome::Delivered { receipt: None }),
        (
            r#"{"ok":false,"error":"channel_not_found"}"#,
            Outcome::Refused { why: "no-such-address" },
        ),
        (r#"{"ok":false,"error":"invalid_auth"}"#, Outcome::Refused { why: "not-allowed" }),
        (r#"{"ok":false,"error":"something_new"}"#, Outcome::Refused { why: "refused" }),
        (r#"{"ok":false,"error":"ratelimited"}"#, Outcome::Later { after: None, why: "busy" }),
        (
            r#"{"ok":false,"error":"service_unavailable"}"#,
            Outcome::Later { after: None, why: "unavailable" },
        ),
        (r#"{"ok":false,"error":"internal_error"}"#, Outcome::Unknown),
        (r#"{"ok":false}"#, Outcome::Unknown),
        ("<html>", Outcome::Unknown),
        ("", Outcome::Unknown),
    ] {
        assert_eq!(slack().decode(&reply(200, body), NOW), expected, "{body}");
    }
}

#[test]
fn a_message_is_found_by_its_key() {
    let key = card().key;
    let message = |ts: i64, key: &str| {
        let metadata = json!({"event_type": "bellwether_effect", "event_payload": {"key": key}});
        json!({"ts": format!("{ts}.000100"), "text": "x", "metadata": metadata})
    };
    let history = |messages: Vec<Value>, more: bool| {
        json!({"ok": true, "messages": messages, "has_more": more}).to_string()
    };
    let ours = key.to_string();
    let quoted = json!({"ts": "1.0", "text": format!("is {ours} ours?")});
    for (body, expected) in [
        (history(vec![message(9, "x"), message(8, &ours)], true), Reconciled::Done),
        (history(vec![message(9, "x")], false), Reconciled::NotDone),
        (history(vec![], false), Reconciled::NotDone),
        (history(vec![quoted], false), Reconciled::NotDone),
        (history(vec![message(9_000, "x"), message(8_000, "y")], true), Reconciled::Unknown),
        (history(vec![message(9_000, "x"), message(5_000, "y")], true), Reconciled::NotDone),
        (r#"{"ok":false,"error":"missing_scope"}"#.to_owned(), Reconciled::Unknown),
        (history(vec![message(8, &ours)], false).chars().take(60).collect(), Reconciled::Unknown),
    ] {
        assert_eq!(slack().reconciled(key, &reply(200, &body)), expected, "{body}");
    }
}

/// The vendor's description of 2021, where it lies; metadata are newer than it.
#[test]
fn every_field_is_one_of_the_vendors() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs/slack-web.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: there is no {}; nothing was tested", path.display());
        return;
    };
    let spec: Value = serde_json::from_str(&text).unwrap();
    let to = personal("C024BE91L");
    let requests =
        [slack().encode(&card(), &to, NOW).unwrap(), slack().reconcile(card().key, &to).unwrap()];
    for (request, method) in requests.into_iter().zip(["post", "get"]) {
        let Request::Http(request) = request else { panic!() };
        let operation = &spec["paths"][format!("/api/{}", request.path)][method];
        let known: Vec<_> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        let forms = operation["consumes"].as_array().unwrap();
        assert!(forms.iter().any(|form| form == "application/x-www-form-urlencoded"));
        let body = request.body.reveal(Purpose::Notify).clone();
        for (name, _) in form_urlencoded::parse(&body) {
            let newer = ["metadata", "include_all_metadata"].contains(&&*name);
            assert!(newer || known.contains(&&*name), "{}: {name}", request.path);
        }
    }
}
