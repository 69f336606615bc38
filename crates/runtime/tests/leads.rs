//! Leads of a made-up company through the edge: which of them reach the account that they really are,
//! and which strangers are taken for one.
//!
//! - In: the exports of the demo's company, read by the shipped mappings, in the order of time.
//! - Out: precision and recall over planted look-alikes and traps, with floors as they were measured.
//! - Never: looks at the truth before the last signal is in.
#![cfg(test)]

use bellwether_adapters::{Mapping, shipped};
use bellwether_core::signal::{AccountHint, RawSignal};
use bellwether_core::{Purpose, StreamId};
use bellwether_demo::{Company, DEFAULT_SEED, Size, company};
use bellwether_engine::Rules;
use bellwether_runtime::import::{Source, open_rows};
use bellwether_runtime::rehearsal::Rehearsal;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::Arc;

/// Exports whose rows say who an account or a contact is, with the mappings that read them.
const EXPORTS: [(&str, &str); 6] = [
    ("accounts.csv", "firmographics"),
    ("tickets.json", "zendesk-tickets"),
    ("mail.mbox", "mail"),
    ("engagement.csv", "engagement-history"),
    ("surveys.csv", "surveys"),
    ("leads.csv", "leads"),
];

/// The company's mail providers. They are invented, so no list has them, and it must not matter; `gmx`
/// is on ours.
const PROVIDERS: [&str; 3] = ["postfach.example", "mailbox-home.example", "briefkasten.example"];
const LISTED: &str = "gmx.example";

/// A bundle that reads nothing: only who is who matters here.
const BUNDLE: [(&str, &str); 4] = [
    ("bundle.yaml", "bundle: none\nversion: 1.0.0\nowner: sales\ncurrency: EUR\n"),
    ("facts.yaml", "facts:\n  tier: {type: code, from: firmographics.updated.tier}\n"),
    ("people.yaml", "roles: {desk: [lee]}\npeople: {lee: {}}\nalways: desk\n"),
    (
        "routing/account.yaml",
        "graph: all\nsubject: account\nowner: sales\nstart: look\nnodes:\n  \
         look: {kind: decide, unknown: desk}\n  desk: {kind: human, role: desk, level: 1, ack: 4h}\n  \
         nothing: {kind: end}\nrules:\n  - {id: else, from: look, to: nothing, otherwise: true}\n",
    ),
];

/// Where every account and every lead went.
#[derive(Default)]
struct World {
    accounts: BTreeMap<String, StreamId>,
    leads: BTreeMap<String, StreamId>,
}

impl World {
    /// Lets the company's history happen.
    fn of(made: &Company, providers_listed: bool) -> Self {
        let files = BUNDLE.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let rules = Rules::compose(files.into()).unwrap();
        let mut rehearsal = Rehearsal::new(Arc::new(rules), 7).unwrap();
        let mut world = Self::default();
        for raw in signals(made, providers_listed) {
            let stream = rehearsal.take(&raw, |_, _| ()).unwrap();
            match raw.kind.as_str() {
                "firmographics.updated" => {
                    let before = world.accounts.insert(account(&raw), stream);
                    assert!(before.is_none_or(|before| before == stream), "an account moved");
                }
                "lead.created" => drop(world.leads.insert(lead(&raw), stream)),
                _ => {}
            }
        }
        world
    }

    /// Whether a lead was taken for some account of ours.
    fn taken(&self, lead: &str) -> bool {
        self.accounts.values().any(|account| *account == self.leads[lead])
    }
}

/// Every signal of the company, by time, as an import would feed them.
fn signals(made: &Company, providers_listed: bool) -> Vec<RawSignal> {
    let mut signals = Vec::new();
    for (file, name) in EXPORTS {
        let (_, text) = shipped().iter().find(|(known, _)| *known == name).unwrap();
        let mapping = Mapping::parse(name, text).unwrap().with_own_domains(["ospreyvale.example"]);
        let export = made.files.iter().find(|one| one.name == file).unwrap();
        let mut text = String::from_utf8(export.bytes.clone()).unwrap();
        if providers_listed {
            text = PROVIDERS.iter().fold(text, |text, provider| text.replace(provider, LISTED));
        }
        let open =
            move || -> std::io::Result<Box<dyn Read>> { Ok(Box::new(Cursor::new(text.clone()))) };
        let source = Source { name: file.to_owned(), mapping, open: Box::new(open), kept: false };
        for row in open_rows(&source).unwrap() {
            signals.extend(source.mapping.map(&row.unwrap()).into_iter().map(Result::unwrap));
        }
    }
    signals.sort_by_key(|raw| raw.at);
    signals
}

/// The number of the account that a row of the CRM is about.
fn account(raw: &RawSignal) -> String {
    let mut ids = raw.account.iter().filter_map(|hint| match hint {
        AccountHint::External(_, id) => Some(id.reveal(Purpose::Identify).clone()),
        _ => None,
    });
    ids.next().unwrap()
}

/// The number of a lead: the last part of its signal's id.
fn lead(raw: &RawSignal) -> String {
    raw.id.rsplit([':', '|', ' ']).next().unwrap().to_owned()
}

/// How one kind of lead fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fared {
    right: usize,
    /// Taken for an account that it is not.
    wrong: usize,
    /// Not found.
    missed: usize,
}

/// How the look-alikes and the traps fared, by kind.
fn fared(made: &Company, world: &World) -> BTreeMap<&'static str, Fared> {
    let mut by_kind: BTreeMap<&'static str, Fared> = BTreeMap::new();
    for one in &made.truth.look_alikes {
        let fared = by_kind.entry(one.kind).or_default();
        match world.leads[&one.lead_id] == world.accounts[&one.account_id] {
            true => fared.right += 1,
            false if world.taken(&one.lead_id) => fared.wrong += 1,
            false => fared.missed += 1,
        }
    }
    for one in &made.truth.traps {
        let fared = by_kind.entry(one.kind).or_default();
        match world.taken(&one.lead_id) {
            true => fared.wrong += 1,
            false => fared.right += 1,
        }
    }
    by_kind
}

/// Recall and precision in percent, rounded down: of the look-alikes, and of what was taken for an
/// account.
fn measure(made: &Company, providers_listed: bool) -> (usize, usize) {
    let world = World::of(made, providers_listed);
    let by_kind = fared(made, &world);
    println!("mail providers listed: {providers_listed}\n{:>17} right wrong missed", "kind");
    for (kind, Fared { right, wrong, missed }) in &by_kind {
        println!("{kind:>17} {right:>5} {wrong:>5} {missed:>6}");
    }
    let (looks, traps) = (&made.truth.look_alikes, &made.truth.traps);
    assert_eq!((looks.len(), traps.len()), (300, 300));
    let kinds: BTreeSet<_> = looks.iter().map(|one| one.kind).collect();
    let found: usize = kinds.iter().map(|kind| by_kind[kind].right).sum();
    let wrong: usize = by_kind.values().map(|fared| fared.wrong).sum();
    let known = made.truth.known_leads.iter();
    for (lead, account) in known {
        assert_eq!(world.leads[lead], world.accounts[account], "{lead} is known by its domain");
    }
    let strangers = made.truth.new_leads.iter().filter(|lead| world.taken(lead)).count();
    assert_eq!(strangers, 0, "companies that nobody here has heard of");
    let (recall, precision) = (found * 100 / looks.len(), found * 100 / (found + wrong));
    println!("recall {recall} %, precision {precision} % ({found} found, {wrong} wrong)");
    (recall, precision)
}

#[test]
fn leads_find_the_account_that_they_are() {
    let made = company(DEFAULT_SEED, Size { accounts: 2_000, signals: 20_000, days: 90 });
    for (providers_listed, floor) in [(true, (99, 99)), (false, (99, 99))] {
        let (recall, precision) = measure(&made, providers_listed);
        assert!(recall >= floor.0 && precision >= floor.1, "{recall} {precision}, not {floor:?}");
    }
}
