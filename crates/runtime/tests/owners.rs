//! Owners: a lead whose owner left is flagged, whichever file is read first, and live.
//!
//! - In: the exports of the demo's company by the shipped mappings, under the shipped bundle; and small
//!   live histories of people who leave and come back.
//! - Out: exactly the planted leads are flagged; the same in every order; replay gives the same bytes.
//! - Never: an address of ours, or a plain hash of one, in an event or a record.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_adapters::{Mapping, shipped};
use bellwether_core::signal::RawSignal;
use bellwether_core::{Body, Code, Digest, Origin, Personal, StreamId, Timestamp, Trust};
use bellwether_demo::{Company, DEFAULT_SEED, Size, company};
use bellwether_engine::Rules;
use bellwether_ledger::decode_event;
use bellwether_runtime::edge::OWNER_STATUS;
use bellwether_runtime::embedded::{Embedded, Tenancy};
use bellwether_runtime::import::{Options, Source, import, open_rows};
use bellwether_runtime::keys::SeededKeys;
use bellwether_runtime::rehearsal::Rehearsal;
use common::{DAY, START};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// The shipped bundle about prospects.
fn bundle() -> Arc<Rules> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/prospect-to-cxo");
    let mut files = BTreeMap::new();
    for folder in ["", "routing", "boundaries", "invariants"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "yaml" || end == "cedar") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    Arc::new(Rules::compose(files).unwrap())
}

fn create(dir: &Path) -> Embedded {
    let tenancy = Tenancy { tenant: "test".to_owned(), region: "local".to_owned() };
    let at = Timestamp::from_secs(START - DAY);
    Embedded::create(dir, Box::new(SeededKeys(7)), &tenancy, bundle(), at).unwrap()
}

fn source(made: &Company, file: &str, name: &str) -> Source {
    let (_, text) = shipped().iter().find(|(known, _)| *known == name).unwrap();
    let mapping = Mapping::parse(name, text).unwrap().with_own_domains(["ospreyvale.example"]);
    let bytes = &made.files.iter().find(|one| one.name == file).unwrap().bytes;
    common::export(file, mapping, bytes)
}

const LEADS: [(&str, &str); 2] = [("leads.csv", "leads"), ("accounts.csv", "firmographics")];
const DIRECTORY: [(&str, &str); 1] = [("people.csv", "people-directory")];

fn feed(driver: &mut Embedded, made: &Company, files: &[(&str, &str)]) {
    let sources: Vec<_> = files.iter().map(|(file, name)| source(made, file, name)).collect();
    let now = Timestamp::from_secs(START + 800 * DAY);
    let options = Options { now, budget: 1 << 26, accept: Vec::new() };
    let report = import(driver, &sources, options, |_| ControlFlow::Continue(())).unwrap();
    assert!(report.refused.is_empty() && report.signals > 0);
}

/// Whether the newest lead of a stream is flagged.
fn is_flagged(driver: &mut Embedded, stream: StreamId) -> bool {
    let rules = Arc::clone(driver.rules());
    let Some(state) = driver.state(stream).unwrap() else { return false };
    let Some(doc) = &state.account else { return false };
    let (features, mut reading) = (rules.features(), rules.features().reading());
    let (time, rates) = (state.time, rules.policy().rates());
    features.read(&mut doc.features.clone(), None, None, time, rates, &mut reading);
    let slot = rules.catalogue().slot("lead.owner_left").unwrap();
    reading.slots.get(slot) == Some(1)
}

/// Every account's stream that has leads, with the numbers of its newest one.
fn newest_leads(driver: &mut Embedded, made: &Company) -> BTreeMap<StreamId, String> {
    let truth = &made.truth;
    let looks = truth.look_alikes.iter().map(|one| &one.lead_id);
    let known = truth.known_leads.iter().map(|(lead, _)| lead);
    let traps = truth.traps.iter().map(|one| &one.lead_id);
    let all = looks.chain(known).chain(traps).chain(&truth.new_leads);
    let keys: BTreeMap<u64, String> = all
        .map(|lead| {
            (driver.edge().signal_key("leads", &format!("lead.created|{lead}")), lead.clone())
        })
        .collect();
    let mut newest: BTreeMap<StreamId, ((Timestamp, u64), String)> = BTreeMap::new();
    let scanned = driver.store().scan(1, |row| {
        let event = decode_event(row.event).unwrap();
        if let Body::Signal(signal) = &event.body
            && let Some(lead) = keys.get(&signal.key)
        {
            let place = (signal.at, signal.key);
            if newest.get(&event.stream).is_none_or(|(known, _)| *known < place) {
                newest.insert(event.stream, (place, lead.clone()));
            }
        }
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    newest.into_iter().map(|(stream, (_, lead))| (stream, lead)).collect()
}

/// Nobody's address, in clear or as a hash that anybody can make.
fn assert_says_nothing(driver: &Embedded, made: &Company) {
    let people = source(made, "people.csv", "people-directory");
    let mut secrets = vec!["ospreyvale".to_owned()];
    for row in open_rows(&people).unwrap() {
        for raw in people.mapping.map(&row.unwrap()) {
            let email =
                raw.unwrap().contact.unwrap().reveal(bellwether_core::Purpose::Show).clone();
            secrets.push(Digest::of(email.as_bytes()).to_string());
            secrets.push(Code::of(&email).to_string());
            secrets.push(Code::of(&email).raw().to_string());
        }
    }
    let scanned = driver.store().scan(1, |row| {
        for bytes in [row.event, row.record] {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{text}");
        }
        ControlFlow::Continue(())
    });
    scanned.unwrap();
}

fn count(driver: &Embedded, what: &str) -> usize {
    let mut found = 0;
    let scanned = driver.store().scan(1, |row| {
        found += usize::from(String::from_utf8_lossy(row.event).contains(what));
        found += usize::from(String::from_utf8_lossy(row.record).contains(what));
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    found
}

#[test]
fn exactly_the_planted_leads_are_flagged_whichever_file_comes_first() {
    let made = company(DEFAULT_SEED, Size { accounts: 800, signals: 8_000, days: 90 });
    let ownerless = made.truth.ownerless_leads.iter();
    let ownerless: BTreeSet<&String> = ownerless.map(|(lead, _)| lead).collect();
    let together: Vec<_> = LEADS.into_iter().chain(DIRECTORY).collect();
    let orders: [&[&[_]]; 3] = [&[&LEADS, &DIRECTORY], &[&DIRECTORY, &LEADS], &[&together]];
    let mut all = BTreeSet::new();
    for order in orders {
        let dir = tempfile::tempdir().unwrap();
        let mut driver = create(dir.path());
        for files in order {
            feed(&mut driver, &made, files);
            drop(driver);
            driver = Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
        }
        let newest = newest_leads(&mut driver, &made);
        let (mut flagged, mut fine) = (BTreeSet::new(), 0);
        for (stream, lead) in newest {
            let is = is_flagged(&mut driver, stream);
            assert_eq!(is, ownerless.contains(&lead), "{lead}");
            fine += usize::from(!is);
            flagged.extend(is.then_some(lead));
        }
        assert!(flagged.len() >= 10 && fine > 400, "{} flagged, {fine} not", flagged.len());
        assert!(count(&driver, "L1-owner-left") >= flagged.len(), "the deal desk hears of each");
        println!("{} flagged, {fine} not, {} notices", flagged.len(), count(&driver, OWNER_STATUS));
        assert_says_nothing(&driver, &made);
        common::assert_replays(&driver);
        all.insert(flagged);
    }
    assert_eq!(all.len(), 1, "the same in every order");
}

#[test]
fn a_rehearsal_flags_the_same_ones() {
    let made = company(DEFAULT_SEED, Size { accounts: 300, signals: 3_000, days: 90 });
    let mut signals: Vec<RawSignal> = Vec::new();
    for (file, name) in LEADS.into_iter().chain(DIRECTORY) {
        let source = source(&made, file, name);
        for row in open_rows(&source).unwrap() {
            signals.extend(source.mapping.map(&row.unwrap()).into_iter().map(Result::unwrap));
        }
    }
    signals.sort_by_key(|raw| raw.at);
    let mut rehearsal = Rehearsal::new(bundle(), 7).unwrap();
    let mut asked = BTreeSet::new();
    for raw in &signals {
        rehearsal
            .take(raw, |event, step| {
                if step.decided.iter().any(|one| one.rule == Code::of("L1-owner-left")) {
                    asked.insert(event.stream);
                }
            })
            .unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    feed(&mut driver, &made, &[LEADS[0], LEADS[1], DIRECTORY[0]]);
    let newest = newest_leads(&mut driver, &made);
    let flagged = newest.into_keys().filter(|stream| is_flagged(&mut driver, *stream)).count();
    assert!(flagged > 3 && asked.len() >= flagged, "{} of {flagged}", asked.len());
}

fn lead(account: &str, id: &str, owner: &str, day: i64) -> RawSignal {
    let mut raw = common::signal(account, id, "lead.created", START + day * DAY);
    raw.owner = Some(Personal::new(owner.to_owned()));
    raw
}

fn person(email: &str, kind: &str, day: i64) -> RawSignal {
    let mut raw = common::signal("", &format!("{kind}|{email}|{day}"), kind, START + day * DAY);
    raw.account.clear();
    raw.contact = Some(Personal::new(email.to_owned()));
    raw.trust = Trust::Operator;
    raw
}

fn take(driver: &mut Embedded, raw: &RawSignal, day: i64) {
    driver.take(raw, Origin::Live, Timestamp::from_secs(START + day * DAY)).unwrap();
    driver.commit().unwrap();
}

fn flagged(driver: &mut Embedded, account: &str) -> bool {
    let id = common::account(driver, account);
    is_flagged(driver, StreamId::account(id))
}

#[test]
fn whoever_leaves_is_told_once_and_whoever_comes_back_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    for account in ["a", "b"] {
        take(&mut driver, &lead(account, &format!("{account}1"), "ann@us.example", 1), 1);
    }
    take(&mut driver, &lead("c", "c1", "bob@us.example", 1), 1);
    let gone = person("Ann@us.example", "person.left", 5);
    take(&mut driver, &gone, 5);
    let shown = |driver: &mut Embedded| ["a", "b", "c"].map(|account| flagged(driver, account));
    assert_eq!(shown(&mut driver), [true, true, false]);
    // Said again, and after a start: nobody hears it twice.
    take(&mut driver, &gone, 6);
    drop(driver);
    let mut driver = Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
    let now = Timestamp::from_secs(START + 6 * DAY);
    driver.tick(now, Origin::Live).unwrap();
    take(&mut driver, &gone, 7);
    assert_eq!(count(&driver, OWNER_STATUS), 2);
    // A newer lead has an owner who is here; a later one of the same owner has not.
    take(&mut driver, &lead("a", "a2", "bob@us.example", 8), 8);
    take(&mut driver, &lead("c", "c2", "ann@us.example", 8), 8);
    assert_eq!(shown(&mut driver), [false, true, true]);
    // She is back: what she still owns hears of it.
    driver.write_behind().unwrap();
    take(&mut driver, &person("ann@us.example", "person.returned", 9), 9);
    assert_eq!(shown(&mut driver), [false, false, false]);
    assert_eq!(count(&driver, OWNER_STATUS), 4);
    take(&mut driver, &person("ann@us.example", "person.left", 12), 12);
    assert_eq!(shown(&mut driver), [false, true, true]);
    // A lead that is told late, from before she left: the newest one counts.
    take(&mut driver, &lead("b", "b0", "bob@us.example", 6), 13);
    assert_eq!(shown(&mut driver), [false, true, true]);
    // Nobody owns it any more, so nobody's leaving is said of it.
    take(&mut driver, &lead("b", "b3", "", 14), 14);
    assert_eq!(shown(&mut driver), [false, false, true]);
    common::assert_replays(&driver);
}

#[test]
fn a_partner_cannot_say_who_left_and_the_future_has_not_come() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    take(&mut driver, &lead("a", "a1", "ann@us.example", 1), 1);
    let mut claim = person("ann@us.example", "person.left", 2);
    claim.trust = Trust::Partner;
    take(&mut driver, &claim, 2);
    assert!(!flagged(&mut driver, "a"));
    // She will leave on day 9.
    take(&mut driver, &person("ann@us.example", "person.left", 9), 3);
    assert!(!flagged(&mut driver, "a"));
    drop(driver);
    let mut driver = Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
    driver.tick(Timestamp::from_secs(START + 4 * DAY), Origin::Live).unwrap();
    assert!(!flagged(&mut driver, "a"));
    driver.tick(Timestamp::from_secs(START + 9 * DAY), Origin::Live).unwrap();
    assert!(flagged(&mut driver, "a"));
    common::assert_replays(&driver);
}

#[test]
fn accounts_beyond_one_batch_hear_of_it_after_a_crash() {
    const ACCOUNTS: usize = 1_100;
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    let at = Timestamp::from_secs(START + DAY);
    for nth in 0..ACCOUNTS {
        let account = format!("a{nth}");
        driver.take(&lead(&account, &account, "ann@us.example", 1), Origin::Live, at).unwrap();
    }
    driver.commit().unwrap();
    driver.write_behind().unwrap();
    take(&mut driver, &person("ann@us.example", "person.left", 5), 5);
    let told = count(&driver, OWNER_STATUS);
    assert!(told > 0 && told < ACCOUNTS, "{told}");
    // The process ends before the rest is told.
    drop(driver);
    let mut driver = Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
    for _ in 0..2 {
        driver.tick(Timestamp::from_secs(START + 6 * DAY), Origin::Live).unwrap();
        assert_eq!(count(&driver, OWNER_STATUS), ACCOUNTS, "each once");
    }
    assert!((0..ACCOUNTS).all(|nth| flagged(&mut driver, &format!("a{nth}"))));
    common::assert_replays(&driver);
}

#[test]
fn a_linked_account_hears_of_the_owners_of_both() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    take(&mut driver, &lead("a", "a1", "ann@us.example", 2), 2);
    take(&mut driver, &lead("b", "b1", "bob@us.example", 1), 2);
    let (a, b) = (common::account(&mut driver, "a"), common::account(&mut driver, "b"));
    let at = Timestamp::from_secs(START + 3 * DAY);
    driver.link(a, b, at).unwrap();
    take(&mut driver, &person("ann@us.example", "person.left", 4), 4);
    assert!(is_flagged(&mut driver, StreamId::account(b)), "the newest lead is hers");
    driver.unlink(a, Timestamp::from_secs(START + 5 * DAY)).unwrap();
    assert!(is_flagged(&mut driver, StreamId::account(a)));
    assert!(!is_flagged(&mut driver, StreamId::account(b)));
    common::assert_replays(&driver);
}

#[test]
fn a_dropped_batch_tells_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mut driver = create(dir.path());
    take(&mut driver, &lead("a", "a1", "ann@us.example", 1), 1);
    let at = Timestamp::from_secs(START + 2 * DAY);
    driver.take(&person("ann@us.example", "person.left", 2), Origin::Live, at).unwrap();
    assert!(flagged(&mut driver, "a"));
    // Without a commit it never happened.
    drop(driver);
    let mut driver = Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
    assert!(!flagged(&mut driver, "a"));
    take(&mut driver, &lead("b", "b1", "ann@us.example", 3), 3);
    assert!(!flagged(&mut driver, "b"));
}
