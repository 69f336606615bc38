//! Leads of a made-up company through the edge: which of them reach the account that they really are,
//! and which strangers are taken for one.
//!
//! - In: the exports of the demo's company, read by the shipped mappings, in the order of time.
//! - Out: precision and recall over planted look-alikes and traps, with floors as they were measured.
//! - Never: looks at the truth before the last signal is in.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod common;

use bellwether_adapters::{Mapping, shipped};
use bellwether_core::signal::{AccountHint, RawSignal};
use bellwether_core::{Purpose, StreamId};
use bellwether_demo::{Company, Size, company};
use bellwether_runtime::import::{Source, open_rows};
use bellwether_runtime::rehearsal::Rehearsal;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

/// Exports whose rows say who an account or a contact is, with the mappings that read them.
const EXPORTS: [(&str, &str); 6] = [
    ("accounts.csv", "firmographics"),
    ("tickets.json", "zendesk-tickets"),
    ("mail.mbox", "mail"),
    ("engagement.csv", "engagement-history"),
    ("surveys.csv", "surveys"),
    ("leads.csv", "leads"),
];

/// Where every account and every lead went.
struct World {
    accounts: BTreeMap<String, StreamId>,
    leads: BTreeMap<String, StreamId>,
}

impl World {
    /// Lets the company's history happen.
    fn of(made: &Company) -> Self {
        let mut rehearsal = Rehearsal::new(common::rules(common::FEATURES), 7).unwrap();
        let mut world = Self { accounts: BTreeMap::new(), leads: BTreeMap::new() };
        for raw in signals(made) {
            let stream = rehearsal.take(&raw, |_, _| ()).unwrap();
            match raw.kind.as_str() {
                "firmographics.updated" => {
                    let before = world.accounts.insert(number(&raw), stream);
                    assert!(before.is_none_or(|before| before == stream), "an account moved");
                }
                "lead.created" => drop(world.leads.insert(lead(&raw), stream)),
                _ => {}
            }
        }
        world
    }

    /// The accounts that have a stream.
    fn owners(&self) -> BTreeSet<StreamId> {
        self.accounts.values().copied().collect()
    }
}

/// Every signal of the company, by time, as an import would feed them.
fn signals(made: &Company) -> Vec<RawSignal> {
    let mut signals = Vec::new();
    for (file, name) in EXPORTS {
        let text = shipped().iter().find(|(known, _)| *known == name).unwrap().1;
        let mapping = Mapping::parse(name, text).unwrap().with_own_domains(["ospreyvale.example"]);
        let bytes = made.files.iter().find(|one| one.name == file).unwrap().bytes.clone();
        let open = move || -> std::io::Result<Box<dyn std::io::Read>> {
            Ok(Box::new(Cursor::new(bytes.clone())))
        };
        let source = Source { name: file.to_owned(), mapping, open: Box::new(open) };
        for row in open_rows(&source).unwrap() {
            signals.extend(source.mapping.map(&row.unwrap()).into_iter().map(Result::unwrap));
        }
    }
    signals.sort_by_key(|raw| raw.at);
    signals
}

/// The number of the account that a row of the CRM is about.
fn number(raw: &RawSignal) -> String {
    let ids = raw.account.iter().filter_map(|hint| match hint {
        AccountHint::External(_, id) => Some(id.reveal(Purpose::Identify).clone()),
        _ => None,
    });
    ids.into_iter().next().unwrap()
}

/// The number of a lead: the last part of its signal's id.
fn lead(raw: &RawSignal) -> String {
    raw.id.rsplit([':', '|', ' ']).next().unwrap().to_owned()
}

/// How one kind of lead fared.
#[derive(Default)]
struct Fared {
    right: usize,
    wrong: Vec<String>,
    missed: Vec<String>,
}

#[test]
fn leads_find_the_account_that_they_are() {
    let made = company(1, Size { accounts: 2_000, signals: 30_000, days: 90 });
    let world = World::of(&made);
    let owners = world.owners();
    let mut fared: BTreeMap<&str, Fared> = BTreeMap::new();
    let leads = String::from_utf8(made.files.iter().find(|f| f.name == "leads.csv").unwrap().bytes.clone()).unwrap();
    let row = |id: &str| leads.lines().find(|line| line.starts_with(id)).unwrap_or_default().to_owned();
    let name = |id: &str| {
        let text = String::from_utf8_lossy(&made.files[0].bytes).into_owned();
        text.lines().find(|line| line.starts_with(id)).unwrap_or_default().to_owned()
    };
    for one in &made.truth.look_alikes {
        let fared = fared.entry(one.kind).or_default();
        let stream = world.leads[&one.lead_id];
        if stream == world.accounts[&one.account_id] {
            fared.right += 1;
        } else if owners.contains(&stream) {
            fared.wrong.push(format!("{} / {}", row(&one.lead_id), name(&one.account_id)));
        } else {
            fared.missed.push(format!("{} / {}", row(&one.lead_id), name(&one.account_id)));
        }
    }
    for one in &made.truth.traps {
        let fared = fared.entry(one.kind).or_default();
        match owners.contains(&world.leads[&one.lead_id]) {
            true => fared.wrong.push(row(&one.lead_id)),
            false => fared.right += 1,
        }
    }
    let strangers: Vec<_> = made.truth.new_leads.iter().map(|id| world.leads[id]).collect();
    let taken = strangers.iter().filter(|stream| owners.contains(stream)).count();
    let own: BTreeSet<_> = strangers.iter().collect();
    for (kind, fared) in &fared {
        println!("{kind}: right {} wrong {} missed {}", fared.right, fared.wrong.len(), fared.missed.len());
        for line in fared.wrong.iter().take(5) { println!("   W {line}"); }
        for line in fared.missed.iter().take(40) { println!("   M {line}"); }
    }
    println!("strangers {} taken {taken} own {}", strangers.len(), own.len());
    let known = made.truth.known_leads.iter().filter(|(id, account)| world.leads[id] == world.accounts[account]).count();
    println!("known {} of {}", known, made.truth.known_leads.len());
}
