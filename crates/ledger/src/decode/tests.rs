//! Events and records against a JCS library, and back.

use super::*;
use crate::event::{DraftBody, EventDraft, SignalDraft, encode_event, mark_failed};
use crate::{whole_record, write_record};
use bellwether_core::effect::{AskCause, Effect, Timer};
use bellwether_core::escalation::Closing;
use bellwether_core::event::{Note, Performed};
use bellwether_core::record::{Candidate, Decision, MAX_BYTES, Move, Record, Status};
use bellwether_core::signal::RawValue;
use bellwether_core::{Escalation, Id, StreamId, SubjectId};
use proptest::prelude::*;

fn check_canonical(bytes: &[u8]) {
    let json: Json = serde_json::from_slice(bytes).expect("our own bytes are JSON");
    let canonical = serde_json_canonicalizer::to_vec(&json).expect("canonical");
    assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&canonical));
}

fn round_trip(body: DraftBody<'_>) -> Vec<u8> {
    let mut draft = EventDraft {
        stream: StreamId::account(AccountId(Id::from_bits(7))),
        at: Timestamp::from_secs(1_700_000_000),
        rules: Digest::of(b"rules"),
        origin: Origin::History,
        epoch: 3,
        seen: Seen::New,
        failed: false,
        via: Some(AccountId(Id::from_bits(9))),
        body,
    };
    let (bytes, envelope) = encode_event(&draft);
    check_canonical(&bytes);
    assert_eq!(decode_event(&bytes).as_ref(), Ok(&envelope));
    draft.failed = true;
    let (failed, envelope) = encode_event(&draft);
    assert_eq!(mark_failed(&bytes).as_ref(), Some(&failed));
    check_canonical(&failed);
    assert_eq!(decode_event(&failed), Ok(envelope));
    bytes
}

fn activated() -> Body {
    let preimage = r#"{"bundle":"x"}"#.to_owned();
    Body::RulesActivated { rules: Digest::of(preimage.as_bytes()), preimage }
}

fn erased() -> Body {
    Body::SubjectErased { subject: SubjectId(Id::from_bits(5)), parts: 12 }
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
    let ask = EffectKey(Digest::of(b"ask"));
    let answered = |answer| Body::Answered { doc, graph, ask, person, answer };
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
        activated(),
        Body::EpochBegun {
            origin: "a/b/e2".into(),
            before: "a/b\n3\nAA==\n\n\u{2014} k x\n".into(),
        },
        Body::LogKeyRotated { new: "a+1+x".into(), old: "a+2+y".into() },
        erased(),
        performed(Performed::GivenUp),
        performed(Performed::Unknown),
        Body::Noted { note: Note::ClockJump, members: Vec::new(), tell: None },
        noted(),
        Body::StreamBase { seq: 9_007_199_254_740_992, state: Digest::of(b"state") },
    ] {
        round_trip(DraftBody::Plain(&body));
    }
}

fn performed(result: Performed) -> Body {
    let (doc, graph) = (DocKey::Case(Id::from_bits(3)), Code::of("g"));
    let (effect, via) = (EffectKey(Digest::of(b"ask")), "mail".to_owned());
    Body::Performed { doc, graph, effect, result, via, attempts: 3 }
}

fn noted() -> Body {
    let members = [("source", "crm"), ("state", "silent")];
    let members = members.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    Body::Noted { note: Note::SourceSilent, members, tell: Some(Code::of("ann")) }
}

#[test]
fn deliveries_and_notes_are_leaves_of_their_own() {
    for (body, parts) in [
        (
            performed(Performed::Refused),
            [
                r#""delivery":{"attempts":3,"doc":"case:00000000000000000000000003","effect":""#,
                r#""result":"refused","via":"mail"}"#,
                r#""type":"effect.result""#,
            ],
        ),
        (
            performed(Performed::Unknown),
            [r#""delivery":{"#, r#""kind":"effect.ambiguous""#, r#""type":"effect.ambiguous""#],
        ),
        (
            noted(),
            [
                r#""kind":"source.silent","note":{"source":"crm","state":"silent"},"origin""#,
                r#""status":"applied""#,
                r#""type":"source.silent""#,
            ],
        ),
    ] {
        let mut out = Vec::new();
        write_record(&plain_record(&body), &|_| None, &mut out);
        check_canonical(&out);
        let record = String::from_utf8(out).unwrap();
        for part in parts {
            assert!(record.contains(part), "{part} in {record}");
        }
    }
}

fn plain_record(body: &Body) -> Record<'_> {
    Record {
        stream: StreamId::SYSTEM,
        seq: 3,
        prev: Digest::ZERO,
        at: Timestamp::from_secs(7),
        stream_time: Timestamp::from_secs(7),
        event: Digest::of(b"event"),
        rules: Digest::of(b"rules"),
        engine: 1,
        shadow: false,
        origin: Origin::Live,
        epoch: 1,
        body,
        status: Status::Applied,
        why: None,
        decisions: &[],
        moves: &[],
        effects: &[],
        timers: &[],
    }
}

#[test]
fn damaged_events_are_named() {
    let bytes = round_trip(DraftBody::Plain(&activated()));
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

/// The fact `mood`, whose word nobody knows.
const FACTS: [(Code, Timestamp); 1] =
    [(Code::from_raw(0x7707_2798_4e4d_2398), Timestamp::from_secs(5))];

fn decision(doc: DocKey) -> Decision<'static> {
    Decision {
        graph: "customer-escalation",
        doc,
        hit: &[0b101],
        unknown: &[0],
        rule: "R1",
        node: "review",
        outcome: "person",
        completeness: Ppm::new(750_000),
        confidence: None,
        certificate: None,
        trust: Trust::Partner,
        facts: &FACTS,
        overridden_by: None,
        owner: "support",
        supersedes: Some(2),
        held_back_by: Some(1),
        evidence: Some(Digest::ZERO),
    }
}

#[test]
fn records_are_canonical_and_readable() {
    let doc = DocKey::Case(Id::from_bits(5));
    let [graph, node, ann] = ["customer-escalation", "review", "ann"].map(Code::of);
    let key = EffectKey::new(1, StreamId::SYSTEM, 3, 0);
    let decision = decision(doc);
    let (at, due) = (Timestamp::from_secs(7), Timestamp::from_secs(99));
    let moved = |to, cause, candidates: Vec<Candidate>| {
        let candidate_count = candidates.len() as u32;
        let (silent, permit) = (false, None);
        Move { doc, graph, opened: 3, to, cause, silent, candidates, candidate_count, permit }
    };
    let moves = [
        moved(
            Escalation::Asked { node, rung: 0, person: ann, at, due },
            Some(AskCause::Decided),
            vec![Candidate { person: ann, propensity: Ppm::ONE }],
        ),
        moved(Escalation::Closed { at, how: Closing::Resolved }, None, Vec::new()),
    ];
    let (cause, ask) = (AskCause::Decided, EffectKey(Digest::of(b"ask")));
    let effects = [
        (key, Effect::Ask { doc, graph, opened: 3, node, person: ann, cause }),
        (key, Effect::StandDown { doc, graph, person: ann, ask }),
    ];
    let reason = Code::of("busy");
    let body = Body::Answered { doc, graph, ask, person: ann, answer: Answer::Decline(reason) };
    let record = Record {
        stream: StreamId::SYSTEM,
        seq: 3,
        prev: Digest::ZERO,
        at: Timestamp::from_secs(7),
        stream_time: Timestamp::from_secs(7),
        event: Digest::of(b"event"),
        rules: Digest::of(b"rules"),
        engine: 1,
        shadow: true,
        origin: Origin::Live,
        epoch: 1,
        body: &body,
        status: Status::Late,
        why: None,
        decisions: &[decision],
        moves: &moves,
        effects: &effects,
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
        code if code == reason => Some("busy"),
        _ => None,
    };
    let mut out = Vec::new();
    write_record(&record, &words, &mut out);
    check_canonical(&out);
    expect_test::expect![[r##"{"answer":{"answer":"decline","ask":"Ly_H8unOE7CbhPY9VNC0pZ9NvUaupB2mcCOBfi0MXlk","doc":"case:00000000000000000000000005","graph":"customer-escalation","person":"ann","reason":"busy"},"at":"7000000","decisions":[{"completeness":750000,"doc":"case:00000000000000000000000005","evidence":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","facts":[["#770727984e4d2398","5000000"]],"graph":"customer-escalation","held_back_by":"1","hit":"5","node":"review","outcome":"person","owner":"support","rule":"R1","supersedes":"2","trust":"partner","unknown":"0"}],"effects":[{"cause":"decided","doc":"case:00000000000000000000000005","graph":"customer-escalation","key":"EsHfnCaFNYACNmciUo1rPncw1yk0SDE2KNld_870cIU","kind":"ask","node":"review","opened":"3","person":"ann"},{"ask":"Ly_H8unOE7CbhPY9VNC0pZ9NvUaupB2mcCOBfi0MXlk","doc":"case:00000000000000000000000005","graph":"customer-escalation","key":"EsHfnCaFNYACNmciUo1rPncw1yk0SDE2KNld_870cIU","kind":"stand_down","person":"ann"}],"engine":1,"epoch":1,"event":"uOH4C9cK4HhMeFWkUXMbdF_dtndJ0j9je-kIK3XpV1s","kind":"answered","mode":"shadow","moves":[{"candidate_count":1,"candidates":[{"person":"ann","ppm":1000000}],"cause":"decided","doc":"case:00000000000000000000000005","due":"99000000","graph":"customer-escalation","node":"review","opened":"3","person":"ann","to":"asked"},{"doc":"case:00000000000000000000000005","graph":"customer-escalation","how":"resolved","opened":"3","to":"closed"}],"origin":"live","prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","rules":"bGIdGgUTiniI032Saanaji4R5KztL2z9JLBasbnmG7A","seq":"3","status":"late","stream":"system:00000000000000000000000000","timers":[{"doc":"case:00000000000000000000000005","due":"99000000","generation":1,"graph":"customer-escalation","kind":"deadline"}],"type":"step","v":1}"##]].assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn a_record_that_is_too_long_names_the_digest_of_its_lists() {
    let body = activated();
    let timer = Timer {
        doc: DocKey::Case(Id::from_bits(5)),
        kind: TimerKind::Deadline,
        graph: Code::of("g"),
        generation: 1,
        due: Timestamp::from_secs(99),
    };
    let timers = vec![timer; 400];
    let record = |timers| Record { timers, ..plain_record(&body) };
    let (mut short, mut long) = (Vec::new(), Vec::new());
    assert_eq!(write_record(&record(&timers[..4]), &|_| None, &mut short), None);
    let details = write_record(&record(&timers), &|_| None, &mut long).unwrap();
    check_canonical(&short);
    check_canonical(&long);
    check_canonical(&details);
    assert!(long.len() <= MAX_BYTES && details.len() > MAX_BYTES);
    let json: Json = serde_json::from_slice(&long).unwrap();
    assert_eq!(json["details"], Digest::of(&details).to_string());
    let rows = [br#"{"facts":{}}"#.as_slice(), details.as_slice()].join(&b'\n');
    let whole = whole_record(&long, || Ok::<_, ()>(Some(rows))).unwrap();
    let json: Json = serde_json::from_slice(&whole).unwrap();
    assert_eq!(json["timers"].as_array().unwrap().len(), timers.len());
    assert_eq!(whole_record(&short, || Err(())), Ok(short.as_slice().into()));
}
