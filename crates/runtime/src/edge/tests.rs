//! The edge: bytes that repeat, words that appear nowhere, erasure, and what it does after a crash.

mod bounds;
mod guesses;
mod speed;

use super::*;
use crate::identity::MemoryIdentities;
use crate::keys::{FileKeys, MemoryKeys, SeededKeys};
use crate::seal::commitment;
use bellwether_core::signal::AccountHint;
use bellwether_core::signal::RawValue;
use bellwether_core::{Body, Currency, Duration, Money, Ppm, Signal, Trust};
use bellwether_ledger::decode_event;
use proptest::prelude::*;

/// Databases that outlive an edge.
#[derive(Clone, Default)]
struct Disk {
    keys: MemoryKeys,
    identities: MemoryIdentities,
}

impl Disk {
    fn edge_with(&self, provider: impl KeyProvider + Send + 'static) -> Edge {
        let (keys, identities) = (self.keys.clone(), self.identities.clone());
        Edge::open(Box::new(provider), Box::new(keys), Box::new(identities), "acme").unwrap()
    }

    fn edge(&self) -> Edge {
        self.edge_with(SeededKeys(11))
    }

    /// What the transaction of a batch writes.
    fn write(&self, taken: &[Taken]) {
        for taken in taken {
            let learnt = taken.learnt.iter().map(|(_, slot, _)| *slot);
            let accounts = taken.accounts.iter().map(|account| account.slot);
            let highest = learnt.chain(accounts).max().unwrap_or(0);
            self.identities.keep(&taken.learnt, highest);
        }
    }
}

fn stamp() -> Stamp {
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    Stamp { at, origin: Origin::Live, rules: Digest::of(b"rules"), epoch: 1, seen: Seen::Unasked }
}

const SECRETS: [&str; 7] =
    ["maria", "nordwind", "Kündigung", "leave you", "crm-account-7", "Falkenstein", "nele"];

fn personal(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn ticket(id: &str) -> RawSignal {
    let time = Timestamp::from_micros(1_690_000_000_000_000);
    let money = Money::from_minor(-1_250, "EUR".parse::<Currency>().unwrap());
    RawSignal {
        source: "desk".into(),
        id: id.into(),
        kind: "ticket.opened".into(),
        at: time,
        known_at: None,
        trust: Trust::Partner,
        account: vec![
            AccountHint::External("crm".into(), personal("crm-account-7")),
            AccountHint::Contact(personal("maria@nordwind.example")),
            AccountHint::Name(personal("Falkenstein Nordwind GmbH")),
        ],
        contact: Some(personal("Maria@nordwind.example")),
        owner: Some(personal("Nele.Owner@us.example")),
        case: Some("CS-17".into()),
        deal: None,
        numbers: None,
        fields: vec![
            ("priority".into(), RawValue::Int(2)),
            ("amount".into(), RawValue::Money(money)),
            ("channel".into(), RawValue::Word("mail".into())),
            ("due".into(), RawValue::Time(time)),
            ("sentiment".into(), RawValue::Ratio(Ppm::new(-400_000))),
            ("urgent".into(), RawValue::Bool(true)),
            ("waited".into(), RawValue::Duration(Duration::from_micros(5_000_000))),
        ],
        personal: vec![
            ("subject".into(), personal("Kündigung")),
            ("body".into(), personal("We will leave you. maria, nordwind")),
            ("from".into(), personal("Maria Berg <maria@nordwind.example>")),
        ],
        hidden: Default::default(),
    }
}

fn signal(taken: &Taken) -> &Signal {
    match &taken.envelope.body {
        Body::Signal(signal) => signal,
        other => panic!("{other:?}"),
    }
}

fn show(payload: &Payload, edge: &Edge, taken: &Taken) -> Result<String, &'static str> {
    let stream = taken.envelope.stream;
    let opened = payload.open(edge.vault(), stream, signal(taken).key);
    opened.map(|text| text.reveal(Purpose::Show).clone()).map_err(|error| error.code())
}

#[test]
fn an_event_reads_back_as_it_was_written_and_holds_nobodys_words() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let raw = ticket("1");
    let taken = edge.take(&raw, stamp()).unwrap();
    assert_eq!(decode_event(&taken.bytes).unwrap(), taken.envelope);
    let names: Vec<i64> = signal(&taken).fields.iter().map(|field| field.value.raw()).collect();
    let fields = [
        "amount",
        "channel",
        "due",
        "owner",
        "owner_left",
        "priority",
        "sentiment",
        "urgent",
        "waited",
    ];
    assert_eq!(names.len(), fields.len());
    for (field, name) in signal(&taken).fields.iter().zip(fields) {
        assert_eq!(field.name, bellwether_core::Code::of(name));
    }
    let text = String::from_utf8(taken.bytes.clone()).unwrap();
    let shown = format!("{taken:?} {raw:?} {edge:?} {:?}", taken.payloads);
    for secret in SECRETS {
        assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {text}");
        let sealed = taken.payloads.iter().flat_map(|payload| payload.sealed.clone());
        let sealed = String::from_utf8_lossy(&sealed.collect::<Vec<u8>>()).into_owned();
        assert!(!sealed.contains(secret), "{secret} is not sealed");
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// The parts that the mapping gave.
fn words(taken: &Taken) -> impl Iterator<Item = &Payload> {
    taken.payloads.iter().filter(|payload| !payload.part.starts_with("source_id."))
}

#[test]
fn what_the_source_calls_them_is_sealed_once_for_the_account() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let first = edge.take(&ticket("1"), stamp()).unwrap();
    let again = edge.take_again(first.clone(), &ticket("1"), stamp()).unwrap();
    assert!(again.payloads == first.payloads, "taking it again tells the same");
    let second = edge.take(&ticket("2"), stamp()).unwrap();
    assert_eq!(words(&second).count(), second.payloads.len(), "the ids are known by then");
    let mut shown = Vec::new();
    for payload in &first.payloads {
        let row = [payload.part.as_bytes(), &[0], &payload.sealed].concat();
        let event = signal(&first).key;
        if let Some((called, id)) = open_source_id(edge.vault(), first.envelope.stream, event, &row)
        {
            assert_eq!(payload.slots.len(), 1, "the contact's erasure leaves it");
            shown.push(format!("{called:?} {}", id.unwrap().reveal(Purpose::Show)));
        }
    }
    assert_eq!(shown, ["Account crm=crm-account-7", "Case desk=CS-17"]);
}

#[test]
fn parts_are_committed_to_and_open_again() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let taken = edge.take(&ticket("1"), stamp()).unwrap();
    let parts: Vec<&str> = taken.payloads.iter().map(|payload| payload.part.as_str()).collect();
    assert_eq!(parts, ["body", "from", "source_id.account", "source_id.case", "subject"]);
    for payload in words(&taken) {
        let words = show(payload, &edge, &taken).unwrap();
        let raw = ticket("1");
        let (_, given) = raw.personal.iter().find(|(part, _)| *part == payload.part).unwrap();
        assert_eq!(words, *given.reveal(Purpose::Show));
        // An auditor who is given r and the words finds the commitment in the event's bytes.
        let (stream, event) = (taken.envelope.stream, signal(&taken).key);
        let at = Context { stream, event, field: &payload.part };
        let r = edge.vault().opener(&payload.slots).unwrap().blinding(&at);
        let line = format!("\"{}\":\"{}\"", payload.part, commitment(&r, words.as_bytes()));
        assert!(String::from_utf8(taken.bytes.clone()).unwrap().contains(&line), "{line}");
    }
    let [account] = &taken.accounts[..] else { panic!("one new account") };
    let name = open_name(edge.vault(), account.id, account.name_sealed.as_ref().unwrap()).unwrap();
    assert_eq!(name.reveal(Purpose::Show), "Falkenstein Nordwind GmbH");
}

#[test]
fn erasing_the_contact_leaves_the_event_and_takes_the_words() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let taken = edge.take(&ticket("1"), stamp()).unwrap();
    disk.write(std::slice::from_ref(&taken));
    edge.commit();
    let contact = words(&taken).next().unwrap().slots[1];
    let found = edge.lookup_email("maria@nordwind.example").unwrap();
    assert_eq!((found.contact_slot, found.blinds.len()), (Some(contact), 2));
    edge.vault_mut().destroy(contact, stamp().at).unwrap();
    for payload in words(&taken) {
        assert_eq!(show(payload, &edge, &taken), Err("key-erased"));
    }
    assert_eq!(edge.take(&ticket("2"), stamp()).unwrap_err().code(), "key-erased");
    disk.identities.forget(contact);
    edge.forget();
    let again = edge.take(&ticket("2"), stamp()).unwrap();
    assert_ne!(again.payloads[0].slots[1], contact, "whoever comes back is somebody new");
    assert_eq!(again.envelope.stream, taken.envelope.stream, "the account stays");
    let name = taken.accounts[0].name_sealed.as_ref().unwrap();
    assert!(open_name(edge.vault(), taken.accounts[0].id, name).is_ok(), "and keeps its name");
}

/// A few accounts, told of in several ways.
fn stories(count: usize) -> Vec<RawSignal> {
    let story = |nth: usize| {
        let mut raw = ticket(&nth.to_string());
        let company = nth % 7;
        raw.account = match nth % 4 {
            0 => vec![AccountHint::External("crm".into(), personal(&company.to_string()))],
            1 => vec![AccountHint::Domain(personal(&format!("company{company}.example")))],
            2 => vec![
                AccountHint::External("crm".into(), personal(&company.to_string())),
                AccountHint::Domain(personal(&format!("company{company}.example"))),
            ],
            _ => Vec::new(),
        };
        raw.case = nth.is_multiple_of(3).then(|| (nth / 9).to_string());
        raw.contact = nth.is_multiple_of(2).then(|| personal(&format!("p{}@x.example", nth % 5)));
        raw
    };
    (0..count).map(story).collect()
}

fn take_all(edge: &mut Edge, signals: &[RawSignal]) -> Vec<Taken> {
    signals.iter().map(|raw| edge.take(raw, stamp()).unwrap()).collect()
}

fn bytes(taken: &[Taken]) -> Vec<Vec<u8>> {
    let sealed =
        |taken: &Taken| taken.payloads.iter().flat_map(|part| part.sealed.clone()).collect();
    taken.iter().map(|taken| [taken.bytes.clone(), sealed(taken)].concat()).collect()
}

#[test]
fn the_same_signals_give_the_same_bytes() {
    let signals = stories(200);
    let whole = take_all(&mut Disk::default().edge(), &signals);
    // In one batch, in many, and with a restart after each.
    for (batch, restart) in [(200, false), (7, false), (1, false), (13, true)] {
        let disk = Disk::default();
        let mut edge = disk.edge();
        let mut all = Vec::new();
        for signals in signals.chunks(batch) {
            let taken = take_all(&mut edge, signals);
            disk.write(&taken);
            edge.commit();
            all.extend(taken);
            if restart {
                edge = disk.edge();
            }
        }
        assert_eq!(bytes(&all), bytes(&whole), "batches of {batch}");
    }
}

#[test]
fn after_a_failed_commit_or_a_crash_the_same_slots_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    FileKeys::create(folder.path().join("key")).unwrap();
    let signals = stories(60);
    let (kept, lost) = signals.split_at(25);
    for crash in [false, true] {
        // Real randomness: keys and ids repeat because they were durable before they were used.
        let (disk, keys) = (Disk::default(), FileKeys::at(folder.path().join("key")));
        let mut edge = disk.edge_with(keys.clone());
        disk.write(&take_all(&mut edge, kept));
        edge.commit();
        let first = bytes(&take_all(&mut edge, lost));
        if crash {
            edge = disk.edge_with(keys);
        } else {
            edge.rollback();
        }
        let next = edge.vault().next_slot();
        assert_eq!(bytes(&take_all(&mut edge, lost)), first, "crash: {crash}");
        edge.rollback();
        assert_eq!(edge.vault().next_slot(), next);
    }
}

#[test]
fn a_refused_signal_leaves_no_trace() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let next = edge.vault().next_slot();
    let mut wide = ticket("1");
    wide.fields = (0..400).map(|nth| (format!("f{nth}"), RawValue::Word("w".repeat(60)))).collect();
    assert_eq!(edge.take(&wide, stamp()).unwrap_err().code(), "edge-too-large");
    assert_eq!(edge.vault().next_slot(), next);
    let taken = edge.take(&ticket("1"), stamp()).unwrap();
    assert_eq!(signal(&taken).matched_by, MatchedBy::New);
}

#[test]
fn the_stamp_says_when() {
    let mut edge = Disk::default().edge();
    let mut raw = ticket("1");
    let live = edge.take(&raw, stamp()).unwrap();
    assert_eq!((live.envelope.at, live.envelope.origin), (stamp().at, Origin::Live));
    assert_eq!((signal(&live).at, signal(&live).known_at), (raw.at, raw.at));
    raw.known_at = Some(Timestamp::from_micros(1_695_000_000_000_000));
    let history = edge.take(&raw, Stamp { origin: Origin::History, ..stamp() }).unwrap();
    assert_eq!((history.envelope.at, history.envelope.origin), (raw.at, Origin::History));
    assert_eq!(Some(signal(&history).known_at), raw.known_at);
}

#[test]
fn a_link_leads_the_signal_to_the_survivor() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let mut other = ticket("0");
    other.account = vec![AccountHint::External("erp".into(), personal("1"))];
    (other.case, other.contact) = (None, None);
    let batch = [edge.take(&ticket("1"), stamp()).unwrap(), edge.take(&other, stamp()).unwrap()];
    disk.write(&batch);
    edge.commit();
    let [from, to] = [&batch[0].accounts[0], &batch[1].accounts[0]];
    disk.identities.link(from.slot, to.slot);
    let taken = edge.take(&ticket("2"), stamp()).unwrap();
    assert_eq!(taken.envelope.stream, StreamId::account(to.id));
    assert_eq!(taken.envelope.via, Some(from.id));
    assert_eq!(signal(&taken).matched_by, MatchedBy::Link);
    assert_eq!(decode_event(&taken.bytes).unwrap(), taken.envelope);
    assert_eq!(edge.lookup_external("crm", "crm-account-7").unwrap().accounts, [to.id]);
}

#[test]
fn what_the_journal_said_is_written_into_the_event() {
    for (seen, word) in Seen::ALL {
        let mut edge = Disk::default().edge();
        let first = edge.take(&ticket("1"), stamp()).unwrap();
        let (learnt, accounts) = (first.learnt.clone(), first.accounts.clone());
        let slots = edge.vault().next_slot();
        let taken = edge.take_again(first, &ticket("1"), Stamp { seen, ..stamp() }).unwrap();
        assert_eq!(taken.envelope.seen, seen, "{word}");
        assert_eq!(decode_event(&taken.bytes).unwrap(), taken.envelope, "{word}");
        assert_eq!((taken.learnt, taken.accounts), (learnt, accounts), "{word}");
        assert_eq!(edge.vault().next_slot(), slots, "{word}");
    }
}

#[test]
fn people_are_found_by_what_they_are_called() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let taken = edge.take(&ticket("1"), stamp()).unwrap();
    let (account, contact) = (taken.accounts[0].id, signal(&taken).contact);
    for (email, accounts, contact) in [
        ("MARIA+x@nordwind.example", vec![account], contact),
        ("tom@nordwind.example", vec![account], None),
        ("tom@gmail.com", vec![], None),
        ("no address", vec![], None),
    ] {
        let found = edge.lookup_email(email).unwrap();
        assert_eq!((found.accounts, found.contact), (accounts, contact), "{email}");
    }
    for (system, id, known) in [
        ("crm", "crm-account-7", true),
        ("case:desk", "CS-17", true),
        ("crm", "crm-account-8", false),
        ("desk", "CS-17", false),
    ] {
        let found = edge.lookup_external(system, id).unwrap();
        assert_eq!(!found.accounts.is_empty(), known, "{system} {id}");
    }
    assert_eq!(signal(&taken).doc, Some(edge.case("desk", "CS-17")));
    let documents = [
        edge.case("desk", "1").to_string(),
        edge.deal("desk", "1").to_string(),
        edge.case("crm", "1").to_string(),
        edge.case("des", "k1").to_string(),
    ];
    let ids = documents.iter().map(|text| text.split_once(':').unwrap().1);
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 4);
}
