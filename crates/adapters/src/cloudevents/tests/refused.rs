//! What is refused, and how that is said. The bodies stand in `refused.txt`, what is said in
//! `refused_said.txt` (written anew with `UPDATE_EXPECT=1`).

use super::*;
use std::fmt::Write;

/// Lines `what | body`; with `data ` or `field ` before the body, the rest of the event is around it.
const BODIES: &str = include_str!("refused.txt");

/// An event around some data.
fn with(data: &str) -> String {
    let head =
        r#"{"specversion":"1.0","id":"1","source":"helpdesk","type":"ticket.opened","data":"#;
    format!("{head}{data}}}")
}

fn field(value: &str) -> String {
    with(&format!(r#"{{"fields":{{"amount":{value}}}}}"#))
}

/// Bodies that are too long to be written down.
fn made() -> Vec<(String, String)> {
    let event =
        |more: &str| format!(r#"{{"specversion":"1.0","source":"helpdesk","type":"a.b",{more}}}"#);
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let deep = |levels: usize| with(&format!(r#"{{"unlisted":{{"a":{}}}}}"#, nested(levels)));
    let outer = |levels: usize| event(&format!(r#""id":"1","x":{}"#, nested(levels)));
    let many = |count: usize| {
        let fields: Vec<String> = (0..count).map(|nth| format!("\"f{nth}\":1")).collect();
        with(&format!("{{\"fields\":{{{}}}}}", fields.join(",")))
    };
    let long = |count: usize| "x".repeat(count);
    let cases = [
        ("nothing", String::new()),
        ("two lines", with("{\n \"contact\": 5}")),
        ("a long id", event(&format!(r#""id":"{}""#, long(1025)))),
        ("a long word", field(&format!("\"{}\"", "maria".repeat(13)))),
        ("deep", deep(60)),
        ("too deep", deep(61)),
        ("deep outside", outer(62)),
        ("too deep outside", outer(63)),
        ("too deep for any stack", outer(100_000)),
        ("much unlisted", with(&format!(r#"{{"unlisted":{{"a":"{}"}}}}"#, long(70_000)))),
        ("128 fields", many(128)),
        ("129 fields", many(129)),
    ];
    cases.into_iter().map(|(what, body)| (what.to_owned(), body)).collect()
}

#[test]
fn events() {
    let written = BODIES.lines().map(|line| {
        let (what, body) = line.split_once(" | ").unwrap();
        let data = body.strip_prefix("data ").map(with);
        let field = body.strip_prefix("field ").map(field);
        (what.to_owned(), data.or(field).unwrap_or_else(|| body.to_owned()))
    });
    let mut all = String::new();
    for (what, body) in written.chain(made()) {
        match structured(&body) {
            Ok(read) => writeln!(all, "{what}: taken {}", read.taken.len()).unwrap(),
            Err(fault) => {
                let shown = fault.to_string();
                assert!(!shown.to_lowercase().contains("maria"), "{what} quotes: {shown}");
                writeln!(all, "{what}\n  {shown}").unwrap();
            }
        }
    }
    expect_test::expect_file!["refused_said.txt"].assert_eq(&all);
}

#[test]
fn a_bad_event_leaves_the_rest_of_its_batch() {
    let body = format!(
        "[\n{},\n {{\"id\":\"2\",\n \"id\":\"3\"}}, {},\n{},{},5]",
        with("{}"),
        field("0.25"),
        field("{\"time\":\"maria\"}"),
        with("{\"case\":\"9\"}")
    );
    let read = whole_batch(&body).unwrap();
    let indices: Vec<_> = read.taken.iter().map(|taken| taken.index).collect();
    assert_eq!(indices, [0, 4]);
    let said = read.refused.iter().map(|(index, fault)| format!("{index}: {fault}\n"));
    expect_test::expect![[r#"
        1: 400 /1: body:4:5: error[intake-duplicate-key]: a key stands twice in this object
          help: readers differ in which of two they take; send each key once
        2: 400 /2/data/fields/amount: body:4:116: error[intake-number]: a bare number must be whole and within 64 bits
          help: write {"ratio": 0.25}, {"money": "1200.50", "currency": "EUR"} or {"seconds": 1.5}
        3: 400 /3/data/fields/amount: error[intake-time]: this is not a time with its offset
          help: times look like 2026-11-21T09:30:00Z, between 1970 and 2199, with their offset
        5: 400 /5: body:5:215: error[intake-wrong-type]: expected an event, which is an object
          help: docs/signals.md shows the form of every part
    "#]].assert_eq(&said.collect::<String>());
}

/// What is said of a whole request, without the mend.
fn said(kind: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let headers: Vec<_> = headers.iter().copied().chain([("content-type", kind)]).collect();
    let shown = read(&headers, body, &how(&[])).unwrap_err().to_string();
    shown.lines().next().unwrap_or_default().to_owned() + "\n"
}

#[test]
fn content_types() {
    let one = "application/cloudevents+json";
    let version = ("ce-specversion", "1.0");
    let all = [
        said("", &[], b"{}"),
        said("text/plain", &[], b"{}"),
        said(&format!("{one}; charset=latin1"), &[], b"{}"),
        said("application/json", &[], b"{}"),
        said("application/cloudevents+avro", &[], b"{}"),
        said("application/xml", &[version], b"<a/>"),
        said(one, &[], b"{\"a\":\"\xe9\"}"),
    ];
    expect_test::expect![[r#"
        415 : error[intake-content-type]: this content type is not understood
        415 : error[intake-content-type]: this content type is not understood
        415 : error[intake-content-type]: this content type is not understood
        415 : error[intake-content-type]: this is JSON, but neither a structured event nor `ce-` headers
        415 : error[intake-content-type]: this content type is not understood
        415 : error[intake-content-type]: the data of this event is not JSON in UTF-8
        400 : error[intake-not-json]: the body is not UTF-8
    "#]].assert_eq(&all.concat());
}

#[test]
fn whole_requests() {
    let (json, batch) = ("application/json", "application/cloudevents-batch+json");
    let version = ("ce-specversion", "1.0");
    let many = format!("[{}]", vec![with("{}"); 1001].join(","));
    let bad_and_many = format!("[5,{}]", vec![with("{}"); 1000].join(","));
    let all = [
        said(json, &[version, ("ce-type", "a.b")], b"{}"),
        said(json, &[version, ("ce-id", "%ff")], b"{}"),
        said(json, &[version, ("Ce-Specversion", "1.0")], b"{}"),
        said(json, &[version], b"{\"fields\":{\"a\":0.5}}"),
        said(batch, &[], b"{}"),
        said(batch, &[], b"[{\"id\":\"1\"},\n{"),
        said(batch, &[], many.as_bytes()),
        said(batch, &[], bad_and_many.as_bytes()),
    ];
    expect_test::expect![[r#"
        400 ce-id: error[intake-missing]: an attribute that every event needs is missing
        400 ce-id: error[intake-header]: the value of this header is not percent-encoded UTF-8
        400 ce-specversion: error[intake-duplicate-key]: this header stands twice
        400 /fields/a: body:1:18: error[intake-number]: a bare number must be whole and within 64 bits
        400 : body:1: error[intake-wrong-type]: expected a sequence
        400 : body:2:1: error[intake-not-json]: the body ends too early
        413 : error[intake-too-many]: there are too many events in a batch: 1000 at most
        413 : error[intake-too-many]: there are too many events in a batch: 1000 at most
    "#]].assert_eq(&all.concat());
}
