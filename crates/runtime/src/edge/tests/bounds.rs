//! What is refused, what counts as the same content, and random signals.

use super::*;
use bellwether_core::signal::HiddenField;

#[test]
fn what_is_no_signal_is_refused_without_quoting_it() {
    type Spoil = fn(&mut RawSignal);
    let cases: [(&str, Spoil); 14] = [
        ("edge-no-id", |raw| raw.id.clear()),
        ("edge-too-large", |raw| raw.id = "maria".repeat(300)),
        ("edge-too-large", |raw| raw.case = Some("maria".repeat(300))),
        ("edge-source-name", |raw| raw.source.clear()),
        ("edge-source-name", |raw| raw.source = "maria".repeat(20)),
        ("edge-source-name", |raw| raw.source = "maria\n".into()),
        ("edge-kind-name", |raw| raw.kind = "Ticket maria".into()),
        ("edge-kind-name", |raw| raw.kind.clear()),
        ("edge-field-name", |raw| raw.fields[3].0 = "Name of maria".into()),
        ("edge-field-name", |raw| raw.personal[1].0 = "maria@nordwind".into()),
        ("edge-field-name", |raw| raw.personal[1].0 = "a".repeat(65)),
        ("edge-word-long", |raw| raw.fields[2].1 = RawValue::Word("maria".repeat(13))),
        ("edge-part-twice", |raw| raw.personal[1].0 = "subject".into()),
        ("edge-too-large", |raw| raw.personal[1].1 = personal(&"maria".repeat(250_000))),
    ];
    let mut edge = Disk::default().edge();
    for (nth, (code, spoil)) in cases.into_iter().enumerate() {
        let mut raw = ticket("1");
        spoil(&mut raw);
        let error = edge.take(&raw, stamp()).unwrap_err();
        assert_eq!((error.code(), error.is_refusal()), (code, true), "case {nth}");
        let shown = format!("{error} {error:?} {}", error.help());
        assert!(!shown.contains("maria") && shown.len() > 20, "{shown}");
    }
    assert!(edge.take(&ticket("1"), stamp()).is_ok());
}

#[test]
fn the_first_of_two_fields_counts_and_order_does_not() {
    let mut edge = Disk::default().edge();
    let mut raw = ticket("1");
    let taken = edge.take(&raw, stamp()).unwrap();
    raw.fields.reverse();
    raw.personal.reverse();
    raw.fields.push(("priority".into(), RawValue::Int(99)));
    let again = edge.take(&raw, stamp()).unwrap();
    assert_eq!(signal(&again).fields, signal(&taken).fields);
    assert_eq!(signal(&again).content, signal(&taken).content);
    assert!(words(&again).eq(words(&taken)));
}

#[test]
fn content_tells_every_difference_and_nothing_else() {
    type Change = fn(&mut RawSignal);
    let changes: [Change; 16] = [
        |raw| raw.kind = "ticket.updated".into(),
        |raw| raw.at = Timestamp::from_micros(raw.at.micros() + 1),
        |raw| raw.known_at = Some(Timestamp::from_micros(1)),
        |raw| raw.trust = Trust::System,
        |raw| raw.hidden.fields[0].word = personal("other"),
        |raw| raw.contact = None,
        |raw| raw.owner = None,
        |raw| raw.owner = Some(personal("")),
        |raw| raw.case = None,
        |raw| raw.numbers = Some("itsm".into()),
        |raw| (raw.case, raw.deal) = (None, Some("CS-17".into())),
        |raw| raw.fields[0].1 = RawValue::Int(3),
        |raw| raw.fields[0].1 = RawValue::Ratio(Ppm::new(2)),
        |raw| raw.fields[0].0 = "prioritx".into(),
        |raw| raw.personal[0].1 = personal("Kündigung."),
        |raw| raw.personal[0].0 = "subject2".into(),
    ];
    let ticket = |id: &str| {
        let mut raw = ticket(id);
        let word = personal("thread");
        raw.hidden.fields = vec![HiddenField { name: "thread".into(), word, personal: false }];
        raw
    };
    let mut edge = Disk::default().edge();
    let first = edge.take(&ticket("1"), stamp()).unwrap();
    let mut seen = std::collections::BTreeSet::from([signal(&first).content]);
    for (nth, change) in changes.into_iter().enumerate() {
        let mut raw = ticket("1");
        change(&mut raw);
        let taken = edge.take(&raw, stamp()).unwrap();
        assert_eq!(signal(&taken).key, signal(&first).key, "change {nth}");
        assert!(seen.insert(signal(&taken).content), "change {nth}");
    }
    let later = Stamp { at: Timestamp::from_micros(1), ..stamp() };
    let same = edge.take(&ticket("1"), later).unwrap();
    assert_eq!(signal(&same).content, signal(&first).content, "found, not new, and the same");
    let mut told = ticket("1");
    told.account.truncate(1);
    let same = edge.take(&told, stamp()).unwrap();
    assert_eq!(signal(&same).content, signal(&first).content, "found in another way");
    let other = edge.take(&ticket("2"), stamp()).unwrap();
    assert_ne!(signal(&other).key, signal(&first).key, "another id");
    let mut source = ticket("1");
    source.source = "desk2".into();
    let other = edge.take(&source, stamp()).unwrap();
    assert_ne!(signal(&other).key, signal(&first).key, "another source");
}

fn any_value() -> impl Strategy<Value = RawValue> {
    prop_oneof![
        any::<bool>().prop_map(RawValue::Bool),
        any::<i64>().prop_map(RawValue::Int),
        any::<i64>().prop_map(|raw| RawValue::Time(Timestamp::from_micros(raw))),
        any::<i64>().prop_map(|raw| RawValue::Duration(Duration::from_micros(raw))),
        "\\PC{0,16}".prop_map(RawValue::Word),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_signal_is_taken_and_reads_back(
        id in "\\PC{1,40}",
        source in "[a-z ]{1,20}",
        said in proptest::collection::btree_map("[a-z0-9_.]{1,12}", "[A-Z]{12,40}", 0..5),
        fields in proptest::collection::btree_map("[a-z0-9_.]{1,12}", any_value(), 0..9),
        contact in proptest::option::of("[A-Z]{12,20}"),
        name in "[A-Z]{12,20}",
    ) {
        let mut raw = ticket(&id);
        raw.source = source;
        raw.fields = fields.into_iter().collect();
        raw.contact = contact.as_deref().map(personal);
        raw.account = vec![AccountHint::Name(personal(&name))];
        raw.personal = said.iter().map(|(part, words)| (part.clone(), personal(words))).collect();
        let mut edge = Disk::default().edge();
        let taken = edge.take(&raw, stamp()).unwrap();
        prop_assert_eq!(decode_event(&taken.bytes).unwrap(), taken.envelope.clone());
        let shown = format!("{taken:?} {}", String::from_utf8_lossy(&taken.bytes));
        for secret in said.values().chain(contact.iter()).chain([&name]) {
            prop_assert!(!shown.contains(secret));
        }
        for payload in words(&taken) {
            prop_assert_eq!(&show(payload, &edge, &taken).unwrap(), &said[&payload.part]);
        }
    }
}
