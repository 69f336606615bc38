//! A small world for tests of the driver: one bundle, a data directory with seeded keys, histories.
//!
//! - In: a seed.
//! - Out: signals of several accounts with cases and deals, the same for the same seed.
//! - Never: a clock or chance that is not seeded.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use bellwether_adapters::Mapping;
use bellwether_core::signal::{AccountHint, RawSignal, RawValue};
use bellwether_core::{AccountId, DocKey, Personal, Ppm, Purpose, StreamId, Timestamp, Trust};
use bellwether_engine::state::Doc;
use bellwether_engine::{Replay, Rules};
use bellwether_runtime::embedded::{Embedded, Tenancy};
use bellwether_runtime::import::Source;
use bellwether_runtime::keys::SeededKeys;
use bellwether_testkit::Dice;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// When histories begin.
pub(crate) const START: i64 = 1_760_000_000;

const FACTS: &str = "facts:
  account.vip: {type: bool, from: firmographics.updated.strategic, default: false}
  case.priority: {type: int, from: ticket.updated.urgency, scope: case}
  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}
signals:
  ticket.updated: {urgency: int}
";

/// The features of the bundle; tests add lines to it.
pub(crate) const FEATURES: &str = "features:
  chats_7d: {count: chat.message, window: 7d}
  angry_3d: {count: chat.message, where: \"sentiment < -0.4\", window: 3d}
  all_chats: {count: chat.message}
  angry_cases_7d: {distinct: conversation, of: chat.message, where: \"sentiment < -0.4\", window: 7d}
  mood: {decayed_mean: sentiment, of: [chat.message], half_life: 2d}
  lowest_5d: {min: sentiment, of: chat.message, window: 5d}
  pipeline: {sum: amount, of: crm.deal.updated, window: 30d}
  chat_rate: {rate: chat.message, window: 1d, baseline: 14d}
  quiet: {time_since: [chat.message, ticket.updated]}
  case_chats_2d: {count: chat.message, window: 2d, scope: case}
  case_mood: {decayed_mean: sentiment, of: [chat.message], half_life: 1d, scope: case}
  case_quiet: {time_since: [chat.message, ticket.updated], scope: case}
";

const REST: [(&str, &str); 5] = [
    (
        "bundle.yaml",
        "bundle: small\nversion: 1.0.0\nowner: support\ncurrency: EUR\nlateness: 7d\nmode: enforce\n",
    ),
    (
        "people.yaml",
        "roles: {lead: [lead-1], desk: [desk-1]}\npeople:\n  lead-1: {name: L}\n  desk-1: {name: D}\nalways: desk\n",
    ),
    (
        "routing/case.yaml",
        "graph: case-desk\nsubject: case\nowner: support\nstart: triage\nnodes:\n  \
         triage: {kind: decide, unknown: desk}\n  desk: {kind: human, role: desk, level: 1, ack: 2h}\n  \
         lead: {kind: human, role: lead, level: 2, ack: 1d}\n  nothing: {kind: end}\nrules:\n  \
         - {id: urgent, from: triage, to: lead, when: \"case.priority <= 1 && case_chats_2d >= 2\"}\n  \
         - {id: silence, from: triage, to: desk, when: \"case_quiet >= duration('3d')\"}\n  \
         - {id: else, from: triage, to: nothing, otherwise: true}\n",
    ),
    (
        "routing/account.yaml",
        "graph: outreach\nsubject: account\nowner: success\nstart: look\nnodes:\n  \
         look: {kind: decide, unknown: lead}\n  lead: {kind: human, role: lead, level: 1, ack: 4h}\n  \
         nothing: {kind: end}\nrules:\n  \
         - {id: angry, from: look, to: lead, when: \"angry_cases_7d >= 3 || mood < -0.5\"}\n  \
         - {id: else, from: look, to: nothing, otherwise: true}\n",
    ),
    (
        "routing/deal.yaml",
        "graph: big-deals\nsubject: deal\nowner: sales\nstart: size\nnodes:\n  \
         size: {kind: decide, unknown: lead}\n  lead: {kind: human, role: lead, level: 1, ack: 1d}\n  \
         nothing: {kind: end}\nrules:\n  \
         - {id: big, from: size, to: lead, when: \"deal.amount >= 50000 && quiet < duration('20d')\"}\n  \
         - {id: else, from: size, to: nothing, otherwise: true}\n",
    ),
];

/// Tickets by a row each, of accounts that one or two systems name.
pub(crate) const ROWS: &str = "mapping: rows
version: 1
source: desk
format: csv
signals:
  - kind: ticket.updated
    id: id
    at: at
    account: [{external: account, system: crm}, {external: alias, system: billing}]
    case: case
    fields:
      urgency: {from: urgency, type: int}
";

/// The first line of such rows.
pub(crate) const HEADER: &str = "id,at,account,alias,case,urgency\n";

/// The bundle with these features.
pub(crate) fn rules(features: &str) -> Arc<Rules> {
    let mut files: BTreeMap<String, String> =
        REST.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    files.insert("facts.yaml".to_owned(), FACTS.to_owned());
    files.insert("features.yaml".to_owned(), features.to_owned());
    match Rules::compose(files) {
        Ok(rules) => Arc::new(rules),
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            unreachable!("the bundle of the tests is right")
        }
    }
}

/// A new data directory under the bundle.
pub(crate) fn create(dir: &Path) -> Embedded {
    let tenancy = Tenancy { tenant: "test".to_owned(), region: "local".to_owned() };
    let at = Timestamp::from_secs(START - DAY);
    Embedded::create(dir, Box::new(SeededKeys(7)), &tenancy, rules(FEATURES), at).unwrap()
}

/// The same directory, opened again.
pub(crate) fn reopen(dir: &Path) -> Embedded {
    Embedded::open(dir, Box::new(SeededKeys(7))).unwrap()
}

/// An export that lies in memory, under a mapping.
pub(crate) fn source(mapping: &str, text: &str) -> Source {
    let mapping = Mapping::parse("rows.yaml", mapping).unwrap();
    export("rows.csv", mapping, text.as_bytes())
}

/// The same under a name and a mapping that is read already.
pub(crate) fn export(name: &str, mapping: Mapping, bytes: &[u8]) -> Source {
    let bytes = bytes.to_vec();
    let open =
        move || -> std::io::Result<Box<dyn Read>> { Ok(Box::new(Cursor::new(bytes.clone()))) };
    Source { name: name.to_owned(), mapping, kept: false, open: Box::new(open) }
}

/// A signal of an account of the system `crm`.
pub(crate) fn signal(account: &str, id: &str, kind: &str, at: i64) -> RawSignal {
    RawSignal {
        source: "crm".to_owned(),
        id: id.to_owned(),
        kind: kind.to_owned(),
        at: Timestamp::from_secs(at),
        known_at: None,
        trust: Trust::Partner,
        account: vec![AccountHint::External("crm".to_owned(), Personal::new(account.to_owned()))],
        contact: None,
        owner: None,
        case: None,
        deal: None,
        numbers: None,
        fields: Vec::new(),
        personal: Vec::new(),
        hidden: Default::default(),
    }
}

/// A signal of some account at an instant, as the dice fall: chats and tickets of its cases, deals,
/// what is known of the company.
pub(crate) fn roll(dice: &mut Dice, account: &str, id: &str, at: i64) -> RawSignal {
    let kind = match dice.below(7) {
        0..3 => "chat.message",
        3..5 => "ticket.updated",
        5 => "crm.deal.updated",
        _ => "firmographics.updated",
    };
    let mut raw = signal(account, id, kind, at);
    let case = format!("{account}-{}", dice.below(3));
    match kind {
        "chat.message" => {
            let mood = Ppm::new(dice.below(2_000_000) as i64 - 1_300_000);
            raw.fields.push(("conversation".to_owned(), RawValue::Word(case.clone())));
            raw.fields.push(("sentiment".to_owned(), RawValue::Ratio(mood)));
            raw.case = Some(case);
        }
        "ticket.updated" => {
            let urgency = RawValue::Int(dice.below(4) as i64);
            raw.fields.push(("urgency".to_owned(), urgency));
            raw.case = Some(case);
        }
        "crm.deal.updated" => {
            let minor = dice.below(10_000_000) as i64;
            let amount = bellwether_core::Money::from_minor(minor, "EUR".parse().unwrap());
            raw.fields.push(("amount".to_owned(), RawValue::Money(amount)));
            raw.deal = Some(case);
        }
        _ => raw.fields.push(("strategic".to_owned(), RawValue::Bool(dice.below(2) == 1))),
    }
    raw
}

/// A history of some accounts over some days, by rising instant; ids are the positions.
pub(crate) fn history(seed: u64, accounts: u64, signals: u64, days: i64) -> Vec<RawSignal> {
    let mut dice = Dice(seed);
    let span = (days * DAY) as u64;
    let mut times: Vec<i64> = (0..signals).map(|_| START + dice.below(span) as i64).collect();
    times.sort_unstable();
    let one = |(nth, at): (usize, i64)| {
        let account = format!("a{}", dice.below(accounts));
        roll(&mut dice, &account, &format!("s{nth}"), at)
    };
    times.into_iter().enumerate().map(one).collect()
}

/// What the system calls the account of a signal.
pub(crate) fn account_of(raw: &RawSignal) -> String {
    raw.account.iter().find_map(named).unwrap_or_default()
}

fn named(hint: &AccountHint) -> Option<String> {
    match hint {
        AccountHint::External(_, id) => Some(id.reveal(Purpose::Identify).clone()),
        _ => None,
    }
}

/// The account that the system calls so.
pub(crate) fn account(driver: &mut Embedded, name: &str) -> AccountId {
    *driver.edge().lookup_external("crm", name).unwrap().accounts.first().unwrap()
}

/// Feature states of every document of a stream.
pub(crate) fn states(driver: &mut Embedded, stream: StreamId) -> BTreeMap<DocKey, Vec<u8>> {
    let rules = driver.rules().clone();
    let Some(state) = driver.state(stream).unwrap() else { return BTreeMap::new() };
    let encode = |(key, doc): (DocKey, &Doc)| {
        let mut bytes = Vec::new();
        rules.features().encode(&doc.features, &mut bytes);
        (key, bytes)
    };
    state.docs().map(encode).collect()
}

/// Every record is derived again and compared, byte for byte.
pub(crate) fn assert_replays(driver: &Embedded) {
    let mut replay = Replay::new(driver.book());
    let scanned = driver.store().scan(1, |row| {
        replay.check(row.event, row.record).unwrap();
        ControlFlow::Continue(())
    });
    scanned.unwrap();
}
