//! Events in all three modes, and what is refused of them.

mod documented;
mod modes;
mod refused;

use super::*;
use bellwether_core::Purpose;
use bellwether_core::signal::AccountHint;

const NOW: Timestamp = Timestamp::from_secs(1_795_255_200);

fn how(own: &[String]) -> Intake<'_> {
    Intake { source: "helpdesk", trust: Trust::Partner, accepted: NOW, own_domains: own }
}

fn structured(body: &str) -> Result<Read, Fault> {
    read(&[("Content-Type", "application/cloudevents+json")], body.as_bytes(), &how(&[]))
}

fn whole_batch(body: &str) -> Result<Read, Fault> {
    let headers = [("content-type", "application/cloudevents-batch+json; charset=utf-8")];
    read(&headers, body.as_bytes(), &how(&[]))
}

/// A signal with its personal parts opened, to be compared.
fn opened(raw: &RawSignal) -> String {
    let hint = |hint: &AccountHint| match hint {
        AccountHint::External(system, id) => {
            format!("external {system} {}", id.reveal(Purpose::Read))
        }
        AccountHint::Domain(it) => format!("domain {}", it.reveal(Purpose::Read)),
        AccountHint::DomainOf(it) => format!("domain of {}", it.reveal(Purpose::Read)),
        AccountHint::Contact(it) => format!("contact {}", it.reveal(Purpose::Read)),
        AccountHint::Name(it) => format!("name {}", it.reveal(Purpose::Read)),
    };
    let personal = |it: &bellwether_core::Personal<String>| it.reveal(Purpose::Read).clone();
    let parts = raw.personal.iter().map(|(name, text)| format!("{name}: {}", personal(text)));
    format!(
        "{} {} {} at {} known {:?} {}\naccount {:?}\ncontact {:?} owner {:?} case {:?} deal {:?}\n{:?}\n{:?}\nunlisted {:?}",
        raw.source,
        raw.id,
        raw.kind,
        raw.at,
        raw.known_at,
        raw.trust,
        raw.account.iter().map(hint).collect::<Vec<_>>(),
        raw.contact.as_ref().map(personal),
        raw.owner.as_ref().map(personal),
        raw.case,
        raw.deal,
        raw.fields,
        parts.collect::<Vec<_>>(),
        raw.hidden.unknown.as_ref().map(personal),
    )
}

/// One event with every part that there is.
const FULL: &str = r#"{
  "specversion": "1.0", "id": "4711", "source": "helpdesk", "type": "ticket.opened",
  "time": "2026-11-21T10:00:00+01:00", "subject": "tickets/4711", "datacontenttype": "application/json",
  "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=b",
  "partitionkey": "x", "sequence": 7,
  "data": {
    "account": {"external": "A-17", "system": "crm", "domain": "https://www.Nordwind.example/",
                "email": "Maria <Maria@nordwind.example>", "name": "Nordwind AG"},
    "contact": "Maria@Nordwind.example", "owner": "jo@us.example", "case": "4711",
    "known_at": "2026-11-21T09:30:00Z",
    "fields": {"priority": "p1", "wants_human": true, "reopens": -2, "gone": null,
               "sentiment": {"ratio": -0.4}, "share": {"ratio": "12.5e-2"},
               "amount": {"money": "1200.50", "currency": "EUR"}, "price": {"currency": "jpy", "money": 700},
               "due_at": {"time": "2026-11-30T00:00:00Z"}, "waited": {"seconds": 90.5},
               "delay": {"duration": "P1DT12H"}},
    "text": {"subject": "Pump broken", "body": "Line one\nLine \u00e9"},
    "unlisted": {"raw": [1, {"x": null}]}
  }
}"#;

#[test]
fn every_part_has_its_place() {
    let read = structured(FULL).unwrap();
    let [taken] = &read.taken[..] else { panic!("{read:?}") };
    assert!(read.refused.is_empty());
    assert_eq!(taken.unlisted, 2, "two attributes that nobody reads");
    assert_eq!(taken.trace_state.as_deref(), Some("a=b"));
    assert_eq!(
        taken.trace_parent.as_deref(),
        Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    );
    expect_test::expect![[r#"
        helpdesk 4711 ticket.opened at 2026-11-21T09:00:00Z known Some(2026-11-21T09:30:00Z) partner
        account ["external crm A-17", "domain nordwind.example", "domain of nordwind.example", "contact maria@nordwind.example", "name Nordwind AG"]
        contact Some("maria@nordwind.example") owner Some("jo@us.example") case Some("4711") deal None
        [("priority", Word("p1")), ("wants_human", Bool(true)), ("reopens", Int(-2)), ("sentiment", Ratio(-0.4)), ("share", Ratio(0.125)), ("amount", Money(Money { minor: 120050, currency: EUR })), ("price", Money(Money { minor: 700, currency: JPY })), ("due_at", Time(2026-11-30T00:00:00Z)), ("waited", Duration(1m30s500000us)), ("delay", Duration(1d12h))]
        ["subject: Pump broken", "body: Line one\nLine é"]
        unlisted Some("{\"raw\": [1, {\"x\": null}]}")"#]].assert_eq(&opened(&taken.signal));
    assert!(!format!("{read:?}").contains("aria"), "Debug shows nobody");
}

#[test]
fn a_bare_event_happened_when_it_came() {
    let read = structured(
        r#"{"specversion":"1.0","id":"a","source":"helpdesk","type":"usage.changed","time":null}"#,
    );
    let read = read.unwrap();
    assert_eq!(read.taken[0].signal.at, NOW);
    assert_eq!(read.taken[0].signal.trust, Trust::Partner, "as the token says");
}

#[test]
fn ids_stay_apart_when_the_source_says_more() {
    let id = |source: &str, id: &str| {
        let event =
            serde_json::json!({"specversion": "1.0", "id": id, "source": source, "type": "a.b"});
        structured(&event.to_string())
            .map(|read| (read.taken[0].signal.source.clone(), read.taken[0].signal.id.clone()))
    };
    let of = |it: &str| Ok(("helpdesk".to_owned(), it.to_owned()));
    assert_eq!(id("helpdesk", "5"), of("5"));
    assert_eq!(id("helpdesk/eu", "5"), of("/eu|5"));
    assert_eq!(id("helpdesk", "/eu|5"), of("/eu\\|5"));
    assert_eq!(id("helpdesk/eu|", "5"), of("/eu\\||5"));
    for other in ["helpdesks", "help", "crm", "", "HELPDESK"] {
        assert!(id(other, "5").is_err(), "{other}");
    }
}

#[test]
fn our_own_domains_lead_to_nobody() {
    let own = ["us.example".to_owned()];
    let body = r#"{"specversion":"1.0","id":"a","source":"helpdesk","type":"email.received",
        "data":{"account":{"domain":"us.example","email":"jo@mail.us.example","name":"Acme"}}}"#;
    let headers = [("content-type", "application/cloudevents+json")];
    let read = read(&headers, body.as_bytes(), &how(&own)).unwrap();
    let personal = bellwether_core::Personal::new("Acme".to_owned());
    assert_eq!(read.taken[0].signal.account, [AccountHint::Name(personal)]);
}
