//! Fifty people who left traces all over are erased by commands; then everything is searched for them.

use crate::planted::strings;
use crate::world::{World, full, untraced};
use bellwether_demo::{DEFAULT_SEED, PlantedPerson, Size, company};
use bellwether_store::{Keys, Options, Store};
use bellwether_testkit::Hunt;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

/// A data directory of the demo, with what it held before anybody left.
struct Desk<'a> {
    world: &'a World,
    data: String,
    wrapped: Vec<(u64, Vec<u8>)>,
    records: Vec<Vec<u8>>,
}

fn records(folder: &Path) -> Vec<Vec<u8>> {
    let store = Store::open(folder, &Options::read_only()).unwrap();
    let mut records = Vec::new();
    let keep = |row: &bellwether_store::Row<'_>| {
        records.push(row.record.to_vec());
        ControlFlow::Continue(())
    };
    store.scan(1, keep).unwrap();
    records
}

impl<'a> Desk<'a> {
    fn new(world: &'a World, name: &str) -> Self {
        let folder = world.data().join(name);
        let keys = Keys::open(&folder, true).unwrap();
        let end = keys.next_free_slot().unwrap();
        let all = keys.block(1..end).unwrap().into_iter();
        let wrapped = all.filter_map(|key| Some((key.slot, key.wrapped?))).collect();
        let records = records(&folder);
        Self { world, data: folder.to_str().unwrap().to_owned(), wrapped, records }
    }

    fn folder(&self) -> &Path {
        Path::new(&self.data)
    }

    /// Everything that is kept of somebody, opened; `None` for whom nobody knows.
    fn open(&self, whom: &[&str]) -> Option<String> {
        let words = ["privacy", "export", "--data", &self.data, "--purpose", "test"];
        let said = self.world.run(&[&words[..], whom].concat());
        if said.err.contains("privacy-unknown") { None } else { Some(said.ends(0).out) }
    }

    /// Erases somebody if they are known; gives back the accounts that stay.
    fn erase(&self, person: &PlantedPerson) -> Vec<String> {
        let words = ["privacy", "erase", "--data", &self.data, "--format", "json", "--yes"];
        let said = self.world.run(&[&words[..], &["--email", &person.email]].concat());
        if said.err.contains("privacy-unknown") {
            return Vec::new();
        }
        let receipt = said.ends(0);
        receipt.lacks("receipt", &Hunt::new(strings(person)));
        let receipt = receipt.json();
        assert_eq!(receipt["state"], "erased", "{receipt}");
        let accounts = receipt["kept_accounts"].as_array().unwrap().iter();
        accounts.map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// Looks for the keys of the erased, as they were wrapped, beside everything else.
    fn add_keys_of(&self, folder: &Path, hunt: &mut Hunt) -> usize {
        let destroyed: BTreeSet<u64> =
            Keys::open(folder, true).unwrap().destroyed().unwrap().into_iter().collect();
        for (slot, wrapped) in self.wrapped.iter().filter(|(slot, _)| destroyed.contains(slot)) {
            hunt.add_bytes(wrapped, &format!("the wrapped key of slot {slot}"));
        }
        destroyed.len()
    }
}

#[test]
fn erased_people_are_nowhere() {
    let size = match full() {
        true => Size::default(),
        false => Size { accounts: 150, signals: 2_500, days: 60 },
    };
    let made = company(DEFAULT_SEED, size);
    assert_eq!(made.truth.people.len(), 50);
    let people: Vec<_> = made.truth.people.iter().step_by(if full() { 1 } else { 5 }).collect();
    let world = World::new();
    let (accounts, signals) = (size.accounts.to_string(), size.signals.to_string());
    world.run(&["demo", "--exit", "--accounts", &accounts, "--signals", &signals]).ends(0);
    let mut hunt = Hunt::new(people.iter().copied().flat_map(strings));
    assert!(made.files.iter().any(|file| hunt.find(&file.bytes).is_some()));
    let desks = ["customers", "prospects"].map(|name| Desk::new(&world, name));
    let mut known = 0;
    for desk in &desks {
        let start = Instant::now();
        let mut stayed = BTreeSet::new();
        for person in people.iter().copied() {
            let own = Hunt::new(strings(person));
            let Some(open) = desk.open(&["--email", &person.email]) else { continue };
            if own.find(open.as_bytes()).is_none() {
                continue;
            }
            known += 1;
            stayed.extend(desk.erase(person));
            let open = desk.open(&["--email", &person.email]).unwrap();
            own.is_not_in("what is kept afterwards", open.as_bytes());
        }
        println!("{}: {:?}", desk.data, start.elapsed());
        // Whatever can still be opened of their companies tells nothing of them.
        for account in &stayed {
            let open = desk.open(&["--subject", account]).unwrap();
            hunt.is_not_in("what is kept of the company", open.as_bytes());
        }
        let keys = desk.add_keys_of(desk.folder(), &mut hunt);
        println!("{} bytes without a trace of {keys} keys", untraced(&hunt, desk.folder()));
        let after = records(desk.folder());
        assert_eq!(after[..desk.records.len()], desk.records[..], "verdicts stay");
        let data = &desk.data;
        let replayed = world.run(&["replay", "--all", "--data", data]).ends(0);
        replayed.says(&["are byte-equal", "erased"]);
        let out = world.run(&["export", "decisions", "--out", "-", "--data", data]).ends(0);
        out.lacks("export", &hunt);
        world.run(&["doctor", "--data", data]).lacks("doctor", &hunt);
    }
    assert!(known >= people.len(), "{known} were found and erased");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Where the log tells of erasures: stream, whose, how many parts.
fn told(folder: &Path) -> Vec<String> {
    let records = records(folder).into_iter().map(|record| String::from_utf8(record).unwrap());
    let mut told: Vec<String> = records
        .filter(|record| record.contains("\"kind\":\"subject.erased\""))
        .map(|record| {
            let json: serde_json::Value = serde_json::from_str(&record).unwrap();
            format!("{} {}", json["stream"], json["erased"])
        })
        .collect();
    told.sort();
    told
}

#[test]
fn an_erasure_that_is_killed_is_finished_by_the_next_command() {
    let made = company(DEFAULT_SEED, Size { accounts: 60, signals: 800, days: 30 });
    let world = World::new();
    world.run(&["demo", "--exit", "--accounts", "60", "--signals", "800"]).ends(0);
    let desk = Desk::new(&world, "customers");
    let person = &made.truth.people[0];
    let erase = |data: &Path| {
        let data = data.to_str().unwrap();
        ["privacy", "erase", "--yes", "--format", "json", "--email", &person.email, "--data", data]
            .map(str::to_owned)
    };
    let calm = world.path("calm");
    copy(desk.folder(), &calm);
    let start = Instant::now();
    world.run(&erase(&calm)).ends(0);
    let (took, tells) = (start.elapsed(), told(&calm));
    assert!(!tells.is_empty());
    let tries = if full() { 200 } else { 16 };
    let mut finished = 0;
    for nth in 0..tries {
        let data = world.path(&format!("try-{nth}"));
        copy(desk.folder(), &data);
        let mut child = world.start(&erase(&data));
        let start = Instant::now();
        while start.elapsed() < took * nth / tries && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let said = world.run(&erase(&data)).ends(0);
        finished += u32::from(said.err.contains("was left unfinished"));
        let mut hunt = Hunt::new(strings(person));
        assert!(desk.add_keys_of(&data, &mut hunt) > 0, "kill {nth} of {tries}");
        untraced(&hunt, &data);
        assert_eq!(told(&data), tells, "told once, kill {nth} of {tries}");
        assert_eq!(world.run(&erase(&data)).ends(0).json()["state"], "already");
        std::fs::remove_dir_all(&data).unwrap();
    }
    println!("{finished} of {tries} were killed in the midst of it");
    assert!(finished > 0, "every kill came too early or too late ({took:?})");
}
