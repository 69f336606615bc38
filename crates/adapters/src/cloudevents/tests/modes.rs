//! The three modes say the same, and no bytes make the reader stumble.

use super::*;
use bellwether_testkit::Dice;
use serde_json::{Map, Value, json};

/// A word that needs escapes in JSON, in headers or in both.
fn word(dice: &mut Dice) -> String {
    const LETTERS: [char; 12] = ['a', 'B', '7', ' ', '"', '%', '\\', 'é', '😀', '\n', '|', '/'];
    (0..1 + dice.below(8)).map(|_| LETTERS[dice.below(12) as usize]).collect()
}

fn field_value(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => json!(dice.below(2) == 0),
        1 => json!(dice.roll() as i64),
        2 => json!(word(dice)),
        3 => json!({"ratio": format!("{}.{:06}", dice.below(9), dice.below(1_000_000))}),
        4 => {
            json!({"money": format!("-{}.{:02}", dice.below(9999), dice.below(100)), "currency": "EUR"})
        }
        5 => json!({"time": Timestamp::from_secs(dice.below(4_000_000_000) as i64).to_string()}),
        6 => json!({"seconds": dice.below(1_000_000)}),
        _ => json!({"duration": format!("P{}DT{}M", dice.below(400), dice.below(100))}),
    }
}

fn data(dice: &mut Dice) -> Value {
    let mut data = Map::new();
    let mut maybe = |dice: &mut Dice, name: &str, value: fn(&mut Dice) -> Value| {
        if dice.below(2) == 0 {
            let value = value(dice);
            data.insert(name.to_owned(), value);
        }
    };
    maybe(dice, "account", |dice| {
        json!({"external": word(dice), "system": "crm", "domain": "acme.example",
               "email": format!("p{}@acme.example", dice.below(9)), "name": word(dice)})
    });
    maybe(dice, "contact", |dice| json!(word(dice)));
    maybe(dice, "owner", |dice| json!(word(dice)));
    let document = if dice.below(2) == 0 { "case" } else { "deal" };
    maybe(dice, document, |dice| json!(word(dice)));
    maybe(dice, "known_at", |_| json!("2026-11-21T09:30:00.5+01:00"));
    maybe(dice, "fields", |dice| {
        let names = 0..dice.below(9);
        names.map(|nth| (format!("f{nth}"), field_value(dice))).collect::<Map<_, _>>().into()
    });
    maybe(dice, "text", |dice| json!({"subject": word(dice), "body": word(dice)}));
    maybe(dice, "unlisted", |dice| json!({"x": [word(dice), {"y": 1.5}]}));
    data.into()
}

struct Event {
    attributes: Vec<(&'static str, String)>,
    data: Value,
}

fn event(dice: &mut Dice) -> Event {
    let source =
        if dice.below(3) == 0 { format!("helpdesk/{}", word(dice)) } else { "helpdesk".into() };
    let mut attributes = vec![
        ("specversion", "1.0".to_owned()),
        ("id", word(dice) + "x"),
        ("source", source),
        ("type", "ticket.updated".to_owned()),
    ];
    if dice.below(2) == 0 {
        attributes.push(("time", "2026-11-21T10:00:00.123456Z".to_owned()));
    }
    if dice.below(2) == 0 {
        let trace = format!("00-{:032x}-{:016x}-01", dice.roll(), dice.roll());
        attributes.extend([("traceparent", trace), ("tracestate", "v=1".to_owned())]);
    }
    if dice.below(2) == 0 {
        attributes.push(("myextension", word(dice)));
    }
    Event { attributes, data: data(dice) }
}

impl Event {
    fn structured(&self) -> Value {
        let mut all: Map<_, _> = self
            .attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        all.insert("data".to_owned(), self.data.clone());
        all.into()
    }

    /// Headers as the HTTP binding writes them: what is not printable ASCII, and space, `"` and `%`,
    /// as percent signs.
    fn headers(&self) -> Vec<(String, String)> {
        let encode = |text: &str| -> String {
            let byte = |byte: u8| match byte {
                b'!' | b'#'..=b'$' | b'&'..=b'~' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            };
            text.bytes().map(byte).collect()
        };
        let header = |(name, value): &(&str, String)| (format!("Ce-{name}"), encode(value));
        let kind = ("Content-Type".to_owned(), "application/json".to_owned());
        self.attributes.iter().map(header).chain([kind]).collect()
    }

    fn binary(&self) -> Result<Read, Fault> {
        let headers = self.headers();
        let headers: Vec<_> = headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        read(&headers, self.data.to_string().as_bytes(), &how(&[]))
    }
}

fn seen(taken: &Taken) -> String {
    let Taken { signal, trace_parent, trace_state, unlisted, .. } = taken;
    format!("{}\n{trace_parent:?} {trace_state:?} {unlisted}", opened(signal))
}

#[test]
fn the_three_modes_say_the_same() {
    for seed in 1..=400u64 {
        let dice = &mut Dice(seed);
        let events: Vec<Event> = (0..1 + dice.below(12)).map(|_| event(dice)).collect();
        let whole: Vec<Value> = events.iter().map(Event::structured).collect();
        let batch = whole_batch(&json!(whole).to_string()).unwrap();
        assert!(batch.refused.is_empty(), "seed {seed}: {:?}", batch.refused);
        assert_eq!(batch.taken.len(), events.len(), "seed {seed}");
        for (event, taken) in events.iter().zip(&batch.taken) {
            let structured = structured(&event.structured().to_string()).unwrap();
            let binary = event.binary().unwrap();
            assert_eq!(seen(&structured.taken[0]), seen(taken), "seed {seed}");
            assert_eq!(seen(&binary.taken[0]), seen(taken), "seed {seed}");
            assert!(taken.signal.id.ends_with('x'), "seed {seed}");
        }
    }
}

#[test]
fn altered_bytes_are_taken_or_refused() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 1..=20_000u64 {
        let dice = &mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut body = match seed % 2 {
            0 => FULL.as_bytes().to_vec(),
            _ => format!("[{FULL},{}]", event(dice).structured()).into_bytes(),
        };
        for _ in 0..1 + dice.below(4) {
            let at = dice.below(body.len() as u64 - 1) as usize;
            match dice.below(4) {
                0 => body[at] = dice.roll() as u8,
                1 => body[at] = b"{}[]\",:\\0.eu-"[dice.below(13) as usize],
                2 => drop(body.remove(at)),
                _ => body.truncate(at + 2),
            }
        }
        let kind = [
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
            "application/json",
        ];
        let kind = if dice.below(8) == 0 { kind[2] } else { kind[(seed % 2) as usize] };
        let headers = [
            ("content-type", kind),
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "helpdesk"),
            ("ce-type", "a.b"),
        ];
        match read(&headers, &body, &how(&[])) {
            Ok(read) => taken += read.taken.len(),
            Err(fault) => {
                assert!(!fault.to_string().contains("aria"), "seed {seed}: {fault}");
                refused += 1;
            }
        }
    }
    assert!(taken > 1_000 && refused > 1_000, "{taken} {refused}");
}

/// The examples of the HTTP binding 1.0.2, with our source and kinds.
#[test]
fn quoted_and_encoded_headers() {
    for (written, id) in [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("\"a \\\"b\\\" c\"", "a \"b\" c"),
        ("100%25", "100%"),
        ("1%2525", "1%25"),
    ] {
        let headers = [
            ("CE-SpecVersion", "1.0"),
            ("ce-type", "a.b"),
            ("ce-source", "helpdesk"),
            ("ce-id", written),
            ("content-type", "application/json"),
        ];
        let read = read(&headers, b"", &how(&[])).unwrap();
        assert_eq!(read.taken[0].signal.id, id);
    }
}
