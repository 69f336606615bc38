//! Events and records against a JCS library, and back.

use super::*;
use crate::event::{DraftBody, EventDraft, SignalDraft, encode_event};
use crate::write_record;
use bellwether_core::effect::{AskCause, Effect, Timer};
use bellwether_core::record::{Candidate, Decision, Record, Status};
use bellwether_core::signal::RawValue;
use bellwether_core::{EffectKey, Id, StreamId, SubjectId};
use proptest::prelude::*;

fn check_canonical(bytes: &[u8]) {
    let json: Json = serde_json::from_slice(bytes).expect("our own bytes are JSON");
    let canonical = serde_json_canonicalizer::to_vec(&json).expect("canonical");
    assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&canonical));
}

fn round_trip(body: DraftBody<'_>) -> Vec<u8> {
    let draft = EventDraft {
        stream: StreamId::account(AccountId(Id::from_bits(7))),
        at: Timestamp::from_secs(1_700_000_000),
        rules: Digest::of(b"rules"),
        origin: Origin::History,
        seen: Seen::New,
        via: Some(AccountId(Id::from_bits(9))),
        body,
    };
    let (bytes, envelope) = encode_event(&draft);
    check_canonical(&bytes);
    assert_eq!(decode_event(&bytes).as_ref(), Ok(&envelope));
    bytes
}

fn value() -> impl Strategy<Value = RawValue> {
    prop_oneof![
        any::<bool>().prop_map(RawValue::Bool),
        any::<i64>().prop_map(RawValue::Int),
        any::<i64>().prop_map(|raw| RawValue::Ratio(Ppm::new(raw))),
        any::<i64>().prop_map(|raw| RawValue::Time(Timestamp::from_micros(raw))),
        any::<i64>().prop_map(|raw| RawValue::Duration(Duration::from_micros(raw))),
        any::<i64>()
            .prop_map(|raw| RawValue::Money(Money::from_minor(raw, "EUR".parse().unwrap()))),
        any::<String>().prop_map(RawValue::Word),
    ]
}

proptest! {
    #[test]
    fn signals_come_back(
        fields in prop::collection::btree_map("[a-z_.]{1,12}", value(), 0..8),
        (key, content, at, known) in any::<(u64, u64, i64, i64)>(),
        source in any::<String>(),
        case in prop::option::of(any::<u128>()),
    ) {
        let fields: Vec<_> = fields.into_iter().collect();
        round_trip(DraftBody::Signal(SignalDraft {
            key,
            content,
            source: &source,
            kind: "chat.message",
            at: Timestamp::from_micros(at),
            known_at: Timestamp::from_micros(known),
            trust: Trust::CustomerText,
            doc: case.map(|bits| DocKey::Case(Id::from_bits(bits))),
            contact: case.map(|bits| SubjectId(Id::from_bits(bits))),
            matched_by: MatchedBy::Domain,
            fields: &fields,
            commitments: &[("body".to_owned(), Digest::of(b"r"))],
        }));
    }
}

#[test]
fn other_bodies_come_back() {
    let [graph, person] = ["g", "ann"].map(Code::of);
    let doc = DocKey::Deal(Id::from_bits(3));
    let answered = |answer| Body::Answered { doc, graph, person, answer };
    for body in [
        Body::Timer {
            doc,
            kind: TimerKind::Deadline,
            graph,
            generation: 4,
            due: Timestamp::from_secs(9),
        },
        answered(Answer::Accept),
        answered(Answer::Decline(person)),
        answered(Answer::Delegate(person)),
        answered(Answer::Snooze(Timestamp::from_secs(1))),
        answered(Answer::Resolve),
        Body::Folded {
            cause: FoldCause::Link,
            other: Some(StreamId::SYSTEM),
            states: vec![(DocKey::Account, vec![0, 255, 16])],
        },
        Body::RulesActivated { rules: Digest::of(b"next") },
    ] {
        round_trip(DraftBody::Plain(&body));
    }
}

#[test]
fn damaged_events_are_named() {
    let bytes = round_trip(DraftBody::Plain(&Body::RulesActivated { rules: Digest::ZERO }));
    let text = String::from_utf8(bytes).unwrap();
    for (from, to, code) in [
        ("\"v\":1", "\"v\":2", "event-format"),
        ("rules.activated", "rules.deactivated", "event-member"),
        ("{\"at\"", "[\"at\"", "event-not-json"),
        ("\"at\":\"17", "\"at\":\"x17", "event-member"),
    ] {
        let error = decode_event(text.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(error.code(), code, "{from} to {to}");
    }
}

#[test]
fn records_are_canonical_and_readable() {
    let doc = DocKey::Case(Id::from_bits(5));
    let [graph, node, ann] = ["customer-escalation", "review", "ann"].map(Code::of);
    let key = EffectKey::new(1, StreamId::SYSTEM, 3, 0);
    let decision = Decision {
        graph: "customer-escalation",
        doc,
        hit: &[0b101],
        unknown: &[0],
        rule: "R1",
        node: "review",
        outcome: "person",
        candidates: &[Candidate { person: ann, propensity: Ppm::ONE }],
        candidate_count: 1,
        completeness: Ppm::new(750_000),
        confidence: None,
        certificate: None,
        trust: Trust::Partner,
        facts: &[(Code::of("mood"), Timestamp::from_secs(5))],
        overridden_by: None,
        owner: "support",
        supersedes: Some(2),
        evidence: Some(Digest::of(b"e")),
    };
    let record = Record {
        stream: StreamId::SYSTEM,
        seq: 3,
        prev: Digest::ZERO,
        at: Timestamp::from_secs(7),
        stream_time: Timestamp::from_secs(7),
        event: Digest::of(b"event"),
        rules: Digest::of(b"rules"),
        origin: Origin::Live,
        status: Status::Late,
        decisions: &[decision],
        effects: &[(key, Effect::Ask { doc, graph, node, person: ann, cause: AskCause::Decided })],
        timers: &[Timer {
            doc,
            kind: TimerKind::Deadline,
            graph,
            generation: 1,
            due: Timestamp::from_secs(99),
        }],
    };
    let words = |code: Code| match code {
        code if code == ann => Some("ann"),
        code if code == graph => Some("customer-escalation"),
        code if code == node => Some("review"),
        _ => None,
    };
    let mut out = Vec::new();
    write_record(&record, &words, &mut out);
    check_canonical(&out);
    expect_test::expect![[r##"{"at":"7000000","decisions":[{"candidate_count":1,"candidates":[{"person":"ann","ppm":1000000}],"completeness":750000,"doc":"case:00000000000000000000000005","evidence":"P3m7e0NbBTIWUdrv03TNxoHcBvqmXjdOODN7iMoEbeo","facts":[{"as_of":"5000000","fact":"#770727984e4d2398"}],"graph":"customer-escalation","hit":"5","node":"review","outcome":"person","owner":"support","rule":"R1","supersedes":"2","trust":"partner","unknown":"0"}],"effects":[{"cause":"decided","doc":"case:00000000000000000000000005","graph":"customer-escalation","key":"EsHfnCaFNYACNmciUo1rPncw1yk0SDE2KNld_870cIU","kind":"ask","node":"review","person":"ann"}],"engine":1,"event":"uOH4C9cK4HhMeFWkUXMbdF_dtndJ0j9je-kIK3XpV1s","origin":"live","prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","rules":"bGIdGgUTiniI032Saanaji4R5KztL2z9JLBasbnmG7A","seq":"3","status":"late","stream":"system:00000000000000000000000000","stream_time":"7000000","timers":[{"doc":"case:00000000000000000000000005","due":"99000000","generation":1,"graph":"customer-escalation","kind":"deadline"}],"type":"step","v":1}"##]].assert_eq(&String::from_utf8(out).unwrap());
}
